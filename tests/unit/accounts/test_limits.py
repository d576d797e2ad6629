"""The sliding window against a plain model of itself; the numbers that callers are told."""

import copy
from collections import Counter
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightdesk.accounts.limits import (
    LimitClass,
    Spent,
    Taken,
    TakeRequest,
    of_network,
    of_user,
)
from nightdesk.core.errors import StoreUnavailable
from tests.builders.accounts import ALICE, BOB
from tests.contracts.limits import RateCountersContract
from tests.unit.accounts.fakes import FakeRateCounters

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
"""The beginning of a window."""
HERS = of_user(ALICE)

MOMENTS = st.lists(st.integers(0, 180_000), min_size=1, max_size=120).map(sorted)
"""Milliseconds over three windows; so many in so little time are more than any limit here."""
NEAR_AN_EDGE = st.lists(st.integers(57_000, 63_000), min_size=1, max_size=120).map(sorted)


def passes(take: TakeRequest, at: datetime, kind: LimitClass = LimitClass.TRADE) -> bool:
    try:
        take(HERS, kind, at)
    except Spent:
        return False
    return True


def stands(take: TakeRequest, at: datetime, limit: int) -> Taken:
    try:
        return take(HERS, LimitClass.TRADE, at, limit)
    except Spent as spent:
        return spent.taken


def after(milliseconds: int) -> datetime:
    return START + timedelta(milliseconds=milliseconds)


class TestFakeRateCounters(RateCountersContract):
    @pytest.fixture
    def counters(self) -> FakeRateCounters:
        return FakeRateCounters()


class Model:
    """Every request remembered; the estimate as the page has it, in fractions."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.seen: Counter[int] = Counter()
        self.accepted: list[int] = []

    def passes(self, at: int) -> bool:
        window, elapsed = divmod(at, 60_000)
        if self.seen[window] < 2 * self.limit:
            self.seen[window] += 1
            faded = self.seen[window - 1] * (1 - Fraction(elapsed, 60_000))
            if faded + self.seen[window] <= self.limit:
                self.accepted.append(at)
                return True
        return False

    def most_within(self, length: int) -> int:
        """Return the most accepted in any span of this many milliseconds."""
        return max(
            (sum(at <= each < at + length for each in self.accepted) for at in self.accepted),
            default=0,
        )


@given(limit=st.integers(1, 40), moments=MOMENTS)
def test_decides_as_the_model_and_never_more_than_the_limit_in_a_window(
    limit: int, moments: list[int]
) -> None:
    take, model = TakeRequest(FakeRateCounters(), lambda kind: limit), Model(limit)
    assert [passes(take, after(at)) for at in moments] == [model.passes(at) for at in moments]
    assert max(Counter(at // 60_000 for at in model.accepted).values(), default=0) <= limit


@given(limit=st.integers(1, 40), moments=NEAR_AN_EDGE)
def test_a_burst_across_the_edge_brings_five_percent_more_at_most(
    limit: int, moments: list[int]
) -> None:
    take, model = TakeRequest(FakeRateCounters(), lambda kind: limit), Model(limit)
    model.accepted = [at for at in moments if passes(take, after(at))]
    assert model.most_within(3_000) <= limit * Fraction(105, 100)


@given(limit=st.integers(1, 40), moments=MOMENTS)
def test_remaining_is_how_many_more_pass_and_reset_is_when_one_does(
    limit: int, moments: list[int]
) -> None:
    take = TakeRequest(FakeRateCounters())
    for at in moments:
        taken = stands(take, after(at), limit)
    more = copy.deepcopy(take)
    found = [stands(more, after(moments[-1]), limit) for _ in range(taken.remaining)]
    assert [each.remaining for each in found] == [*reversed(range(taken.remaining))]
    with pytest.raises(Spent):
        more(HERS, LimitClass.TRADE, after(moments[-1]), limit)
    if taken.remaining == 0:
        passing = after(moments[-1]) + timedelta(seconds=taken.reset)
        if taken.reset > 1:
            with pytest.raises(Spent):
                copy.deepcopy(take)(HERS, LimitClass.TRADE, passing - timedelta(seconds=1), limit)
        take(HERS, LimitClass.TRADE, passing, limit)


def test_the_first_request_has_the_rest_of_the_bucket_until_the_window_ends() -> None:
    taken = TakeRequest(FakeRateCounters())(HERS, LimitClass.TRADE, START + timedelta(seconds=48))
    assert taken == Taken(kind=LimitClass.TRADE, limit=50, remaining=49, reset=12)


def test_whoever_hammers_waits_no_longer_than_to_the_end_of_the_next_window() -> None:
    take = TakeRequest(FakeRateCounters())
    for _ in range(1_000):
        taken = stands(take, START, 50)
    # 100 counted: 100 * (1 - e) + 1 <= 50 from e = 0.51 of the next window on
    assert taken.reset == 60 + 31


def test_a_limit_of_one_passes_once_per_window_at_most() -> None:
    take = TakeRequest(FakeRateCounters(), lambda kind: 1)
    assert [passes(take, START + timedelta(seconds=at)) for at in (0, 1, 119, 180)] == [
        *(True, False, False, True)
    ]


def test_an_override_goes_before_a_setting_and_that_before_the_table() -> None:
    def quota(kind: LimitClass) -> int:
        return 7 if kind is LimitClass.AI else kind.quota

    take = TakeRequest(FakeRateCounters(), quota)
    assert take(HERS, LimitClass.READ, START).limit == 120
    assert take(HERS, LimitClass.AI, START).limit == 7
    assert take(HERS, LimitClass.AI, START, 3).limit == 3


def test_a_spent_bucket_leaves_other_classes_and_users_alone() -> None:
    take = TakeRequest(FakeRateCounters())
    while passes(take, START):
        pass
    assert passes(take, START, LimitClass.SAFETY)
    assert take(of_user(BOB), LimitClass.TRADE, START).remaining == 49


def test_heavy_is_counted_by_the_hour() -> None:
    take = TakeRequest(FakeRateCounters())
    assert [passes(take, START, LimitClass.HEAVY) for _ in range(11)].count(True) == 10
    assert not passes(take, START + timedelta(minutes=59), LimitClass.HEAVY)
    assert passes(take, START + timedelta(minutes=119), LimitClass.HEAVY)


def test_a_refusal_is_429_and_says_when_to_come_back() -> None:
    take = TakeRequest(FakeRateCounters(), lambda kind: 1)
    take(HERS, LimitClass.WRITE, START)
    with pytest.raises(Spent) as refused:
        take(HERS, LimitClass.WRITE, START)
    assert (refused.value.code, refused.value.retry_after) == ("RATE_LIMITED", 120)
    assert (refused.value.taken.limit, refused.value.taken.remaining) == (1, 0)


def test_counters_that_do_not_answer_are_the_callers_to_judge() -> None:
    counters = FakeRateCounters(down=StoreUnavailable("gone"))
    with pytest.raises(StoreUnavailable):
        TakeRequest(counters)(HERS, LimitClass.READ, START)


def test_the_table_of_the_page() -> None:
    assert {kind.value: (kind.quota, kind.window) for kind in LimitClass} == {
        "auth": (10, 60),
        "public": (60, 60),
        "read": (120, 60),
        "write": (60, 60),
        "trade": (50, 60),
        "ai": (20, 60),
        "probe": (10, 60),
        "probe_provider": (5, 60),
        "ticket": (20, 60),
        "heavy": (10, 3_600),
        "admin": (120, 60),
        "safety": (60, 60),
    }
    assert {kind for kind in LimitClass if kind.closed} == {
        *(LimitClass.AUTH, LimitClass.PROBE, LimitClass.PROBE_PROVIDER)
    }


def test_the_page_for_callers_shows_the_table() -> None:
    page = (Path(__file__).parents[3] / "docs/rate_limits.md").read_text()
    rows = [row.strip("|").split("|") for row in page.splitlines() if row.startswith("| `")]
    shown = {cells[0].strip(" `"): (int(cells[2]), int(cells[3])) for cells in rows}
    assert shown == {kind.value: (kind.quota, kind.window) for kind in LimitClass}


@pytest.mark.parametrize(
    ("address", "subject"),
    [
        ("192.0.2.7", "network:192.0.2.0/24"),
        ("192.0.2.250", "network:192.0.2.0/24"),
        ("2001:db8:7:1::9", "network:2001:db8:7::/48"),
        ("::ffff:192.0.2.7", "network:192.0.2.0/24"),
        ("fe80::1%eth0", "network:fe80::/48"),
        ("", "network:unknown"),
        ("testclient", "network:unknown"),
    ],
)
def test_the_subject_of_strangers_is_their_network(address: str, subject: str) -> None:
    assert of_network(address) == subject
