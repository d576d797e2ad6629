"""The cycle cut off at each of its side effects, before or after it, then retried or left."""

from collections.abc import Callable
from functools import cache

import pytest

from nightdesk.core.errors import (
    Fault,
    OutcomeUnknown,
    StaleWrite,
    StoreUnavailable,
    VenueUnavailable,
)
from tests.fakes.desk import OWNER, MemoryDesk
from tests.fakes.faults import EFFECTS, Killed, Saved, Strikes, canonical, record
from tests.unit.trading.stretches import BREAKOUT, TREND, Stretch, check, close

LEASE = 100
"""Seconds after which the lease of a dead worker has run out."""

both_stretches = pytest.mark.parametrize("stretch", [BREAKOUT, TREND], ids=["breakout", "trend"])
before_or_after = pytest.mark.parametrize("after", [False, True], ids=["before", "after"])


class Course:
    """A stretch without a fault: what was stored before each close, and after it."""

    def __init__(self, stretch: Stretch) -> None:
        self.stretch = stretch
        self.saved: list[Saved] = []
        self.records: list[str] = []
        self.effects: list[list[str]] = []
        memory = stretch.desk()
        for as_of in stretch.closes:
            strikes = Strikes()
            self.saved.append(Saved.of(memory))
            close(memory, as_of, strikes=strikes)
            check(memory)
            self.records.append(record(memory))
            self.effects.append(strikes.log)
        self.memory = memory


@cache
def course(stretch: str) -> Course:
    return Course({"breakout": BREAKOUT, "trend": TREND}[stretch])


def course_of(stretch: Stretch) -> Course:
    return course("trend" if stretch is TREND else "breakout")


def cuts(
    plain: Course, fault: Callable[[str], BaseException], *, after: bool, only: frozenset[str]
) -> list[tuple[int, Strikes]]:
    """Return every place to strike: the close, and which of its side effects."""
    return [
        (day, Strikes(at=n + 1, fault=fault, after=after, only=only))
        for day, effects in enumerate(plain.effects)
        for n in range(sum(name in only for name in effects))
    ]


def strike(memory: MemoryDesk, plain: Course, day: int, strikes: Strikes) -> BaseException | None:
    """Go back to before a close and run it with a fault; return what the worker raised."""
    plain.saved[day].back(memory)
    try:
        close(memory, plain.stretch.closes[day], strikes=strikes)
    except (Killed, Fault) as raised:
        return raised
    return None


def economy(memory: MemoryDesk) -> str:
    """Return what a trader has in the end, whatever it took to get there."""
    desk = memory.desk
    lines = {str(key[2]): canonical(posting.lines) for key, posting in desk.kept_postings.items()}
    (book,) = desk.kept.values()
    point = memory.equity.latest(OWNER, book.bot_id)
    assert point is not None
    return "\n".join(
        [
            canonical(desk.kept_fills),
            canonical(lines),
            canonical((book.balances, book.position, book.tally, book.open_orders)),
            canonical((point.as_of, point.equity, point.cash, point.fees, point.trips, point.wins)),
        ]
    )


@both_stretches
def test_a_stretch_without_a_fault_does_what_its_name_says(stretch: Stretch) -> None:
    plain = course_of(stretch)
    fills = [fill.leg for fill in plain.memory.desk.kept_fills.values()]
    assert fills == (["entry", "exit"] if stretch is BREAKOUT else ["entry", "stop"])
    effects = {name for day in plain.effects for name in day}
    assert effects == EFFECTS


@both_stretches
@before_or_after
def test_a_worker_killed_anywhere_and_retried_leaves_what_one_run_leaves(
    stretch: Stretch, *, after: bool
) -> None:
    plain, memory = course_of(stretch), stretch.desk()
    for day, strikes in cuts(plain, Killed, after=after, only=EFFECTS):
        assert isinstance(strike(memory, plain, day, strikes), Killed)
        check(memory)
        memory.clock.forward(LEASE)
        close(memory, stretch.closes[day], holder="the retry")
        assert record(memory) == plain.records[day], (day, strikes.at, strikes.log[-1])


@both_stretches
@before_or_after
def test_a_worker_killed_anywhere_and_never_retried_breaks_nothing(
    stretch: Stretch, *, after: bool
) -> None:
    plain, memory = course_of(stretch), stretch.desk()
    for day, strikes in cuts(plain, Killed, after=after, only=EFFECTS):
        strike(memory, plain, day, strikes)
        check(memory)
        for as_of in stretch.closes[day + 1 :]:
            close(memory, as_of, holder="the next")
            check(memory)
        (book,) = memory.desk.kept.values()
        if day + 1 < len(stretch.closes):
            assert book.in_flight == ()
            assert book.reserved == 0


@both_stretches
@before_or_after
@pytest.mark.parametrize(
    ("fault", "only"),
    [
        (StoreUnavailable, frozenset({"take", "free", "commit", "put"})),
        (StaleWrite, frozenset({"commit"})),
    ],
)
def test_a_table_that_fails_anywhere_and_a_retry_leave_what_one_run_leaves(
    stretch: Stretch, fault: type[Fault], only: frozenset[str], *, after: bool
) -> None:
    plain, memory = course_of(stretch), stretch.desk()
    for day, strikes in cuts(plain, fault, after=after, only=only):
        if strike(memory, plain, day, strikes) is not None:
            check(memory)
            memory.clock.forward(LEASE)
            close(memory, stretch.closes[day], holder="the retry")
        assert record(memory) == plain.records[day], (day, strikes.at, strikes.log[-1])


@both_stretches
@before_or_after
@pytest.mark.parametrize("fault", [OutcomeUnknown, VenueUnavailable])
def test_a_venue_that_fails_in_mid_call_is_asked_at_the_next_close(
    stretch: Stretch, fault: type[Fault], *, after: bool
) -> None:
    plain, memory = course_of(stretch), stretch.desk()
    places = cuts(plain, fault, after=after, only=frozenset({"submit"}))
    assert len(places) == 2
    for day, strikes in places:
        assert strike(memory, plain, day, strikes) is None
        check(memory)
        (book,) = memory.desk.kept.values()
        assert len(book.in_flight) == 1
        for as_of in stretch.closes[day + 1 :]:
            close(memory, as_of, holder="the next")
            check(memory)
        assert economy(memory) == economy(plain.memory)
