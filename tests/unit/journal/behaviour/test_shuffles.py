"""Counting in shuffles is fast and therefore another way to count: both must agree."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from time import sleep

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightdesk.journal.behaviour.history import History, Surroundings
from nightdesk.journal.behaviour.registry import DETECTORS
from nightdesk.journal.behaviour.seen import SeenTrade
from nightdesk.journal.behaviour.shuffles import Cells, Shuffled, shuffled
from nightdesk.journal.finding import DetectorId
from nightdesk.journal.trade import Outcome
from tests.builders.behaviour import AT, a_seen

SHUFFLED = (DetectorId.REVENGE, DetectorId.SIZE_ESCALATION, DetectorId.OVERCONFIDENCE)

TRADE = st.tuples(
    st.integers(0, 40),  # minutes since the entry before
    st.integers(0, 60),  # minutes of holding
    st.sampled_from([-300, -120, -100, -50, -10, 0, 10, 90, 100]),
    st.sampled_from([500, 800, 1_000, 1_250, 1_400, 1_500, 2_000]),
    st.sampled_from(["A", "B"]),
    st.sampled_from([True, False, None]),
)


def history(
    rows: Sequence[tuple[int, int, int, int, str, bool | None]], *, first: int = 0
) -> History:
    """Return these trades; those from `first` on are judged."""
    trades, minute = [], 0
    for n, (wait, hold, net, size, instrument, planned) in enumerate(rows):
        minute += wait
        opened = AT + timedelta(minutes=minute)
        trade = a_seen(
            f"t{n:03}",
            minute,
            net,
            closed_at=opened + timedelta(minutes=hold),
            size=float(size),
            instrument=instrument,
            planned=planned,
        )
        trades.append(trade)
    around = Surroundings(equity=[(AT - timedelta(days=1), 24_000.0)])
    return History(trades, around, judge=[one.id for one in trades[first:]])


def flagged(past: History, detector: DetectorId) -> int:
    one = DETECTORS[detector]
    assert one.flags is not None
    return sum(flag.severity.told for flag in one.flags(past, one.used()))


def moved(past: History, order: Sequence[int]) -> History:
    """What was traded, over the same times in another order: how a shuffle is defined."""
    trades = []
    for place, other in zip(past.trades, order, strict=True):
        what = past.trades[other]
        trades.append(
            SeenTrade(
                id=place.id,
                instrument=what.instrument,
                opened_at=place.opened_at,
                closed_at=place.closed_at,
                outcome=what.outcome,
                net=what.net,
                size=what.size,
                planned=what.planned,
            )
        )
    return History(trades, past.around, judge=[one.id for one in past.entries])


@given(st.lists(TRADE, min_size=1, max_size=45), st.data())
def test_each_order_is_counted_as_the_rules_judge_it(
    rows: list[tuple[int, int, int, int, str, bool | None]], data: st.DataObject
) -> None:
    first = data.draw(st.integers(0, len(rows) - 1))
    past = history(rows, first=first)
    own = data.draw(st.permutations(range(first, len(rows))))
    orders = [list(range(len(rows))), [*range(first), *own]]
    cells = Cells(past, np.array(orders))
    for name in SHUFFLED:
        one = DETECTORS[name]
        assert one.counting is not None
        counts = one.counting(past, one.used())(cells)
        assert list(counts) == [flagged(moved(past, order), name) for order in orders]


def a_trader(seed: int, n: int, *, tilted: bool) -> History:
    """A day trader; tilted, every entry after a loss follows soon and is large and unplanned."""
    rng = np.random.default_rng(seed)
    trades: list[SeenTrade] = []
    at, lost = AT, 0
    for place in range(n):
        hot = tilted and lost > 0
        at += timedelta(minutes=float(rng.uniform(2, 10) if hot else rng.exponential(45)))
        size = (
            float(rng.uniform(800, 1_200))
            * (1.3 if hot else 1)
            * (1.5 if lost > 1 and tilted else 1)
        )
        net = float(rng.normal(0, 100))
        closed = at + timedelta(minutes=float(rng.uniform(3, 30)))
        trades.append(
            SeenTrade(
                id=a_seen(f"t{place:04}").id,
                instrument=f"I{rng.integers(4)}",
                opened_at=at,
                closed_at=closed,
                outcome=Outcome.WIN if net > 0 else Outcome.LOSS,
                net=net,
                size=size,
                planned=False if hot else bool(rng.random() < 0.5),
            )
        )
        lost = lost + 1 if net < 0 else 0
        at = closed
    return History(trades)


def found(past: History) -> dict[DetectorId, Shuffled]:
    countings = {}
    for name in SHUFFLED:
        counting = DETECTORS[name].counting
        assert counting is not None
        countings[name] = counting(past, DETECTORS[name].used())
    return shuffled(past, countings)


@pytest.mark.parametrize("name", [DetectorId.REVENGE, DetectorId.SIZE_ESCALATION])
def test_shuffling_a_tilted_trader_drives_the_count_to_its_base(name: DetectorId) -> None:
    past = a_trader(1, 200, tilted=True)
    before = found(past)[name]
    assert before.count > 1.5 * before.expected
    assert before.p < 0.01
    rng = np.random.default_rng(2)
    after = [found(moved(past, rng.permutation(200).tolist()))[name] for _ in range(20)]
    counts = [one.count for one in after]
    assert abs(np.mean(counts) - before.expected) < 3 * np.std(counts) / np.sqrt(20) + 0.5
    assert min(one.p for one in after) > 0.001


def test_the_same_trades_give_the_same_p_and_the_seed_is_told() -> None:
    past = a_trader(3, 60, tilted=False)
    first, again = found(past)[DetectorId.REVENGE], found(past)[DetectorId.REVENGE]
    assert (first.count, first.p, first.seed) == (again.count, again.p, again.seed)
    assert first.by_chance.size == 1_000


def test_blocks_of_shuffles_are_orders_of_their_own_whoever_is_first() -> None:
    past = a_trader(3, 600, tilted=False)  # three blocks and what is left
    again = []
    for slow in (0, 1):
        seen: list[npt.NDArray[np.intp]] = []

        def counting(
            cells: Cells, *, seen: list[npt.NDArray[np.intp]] = seen, slow: int = slow
        ) -> npt.NDArray[np.int64]:
            if len(seen) == slow:
                sleep(0.01)
            seen.append(cells.orders)
            return cells.orders[:, 0]

        again.append(shuffled(past, {"": counting})[""].by_chance)
        orders = np.concatenate(seen[1:])  # behind the trades as they were
        assert len(np.unique(orders, axis=0)) == len(orders) == 1_000
    assert (again[0] == again[1]).all()


def test_what_came_before_stays_where_it_was_and_only_entries_are_counted() -> None:
    whole = a_trader(4, 60, tilted=True)
    past = whole.judging([one.id for one in whole.trades[40:]])
    seen: list[npt.NDArray[np.intp]] = []

    def counting(cells: Cells) -> npt.NDArray[np.int64]:
        seen.append(cells.orders)
        return np.zeros(len(cells.orders), dtype=np.int64)

    assert shuffled(past, {"": counting})[""].n == 20
    orders = np.concatenate(seen)
    assert (orders[:, :40] == np.arange(40)).all()
    assert (np.sort(orders[:, 40:], axis=1) == np.arange(40, 60)).all()
    assert len(np.unique(orders, axis=0)) == 1_001


def test_what_is_settled_is_judged_where_it_was() -> None:
    trades = [a_seen("a"), a_seen("b", 1, size=None), a_seen("c", 2), a_seen("d", 3)]
    past = History(trades, judge=["b", "d"]).settled
    assert ([one.id for one in past.trades], past.judged) == (["a", "c", "d"], [2])


def test_what_is_open_or_unknown_is_not_shuffled() -> None:
    trades = [
        a_seen("a"),
        replace(a_seen("b", 1), closed_at=None, outcome=None, net=None),
        a_seen("c", 2, size=None),
        a_seen("d", 3, net=0.0),
    ]
    assert [one.id for one in History(trades).settled.trades] == ["a", "d"]
