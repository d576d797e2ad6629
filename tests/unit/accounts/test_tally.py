"""The locks of accounts, part 3, against a model that keeps a list and counts."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightdesk.accounts.tally import RULES, Rule, Subject, Tally, network_of
from tests.builders.accounts import NOW

MINUTE = timedelta(minutes=1)


@dataclass
class Model:
    """The page read aloud: five within a quarter of an hour lock, each time twice as long."""

    rule: Rule
    failures: list[datetime] = field(default_factory=list)
    until: datetime | None = None
    locks: int = 0

    def clear(self) -> None:
        self.failures, self.until, self.locks = [], None, 0

    def closed(self, now: datetime) -> bool:
        return self.until is not None and now < self.until

    def attempt(self, now: datetime, good: bool) -> bool:
        """Whether the attempt was let in."""
        newest = max([*self.failures, *([self.until] if self.until else [])], default=now)
        if now - newest >= timedelta(days=1):
            self.clear()
        if self.closed(now):
            return False
        if good:
            self.clear()
            return True
        self.failures.append(now)
        if sum(now - each < self.rule.within for each in self.failures) == self.rule.failures:
            doubled = self.rule.locks * 2**self.locks
            self.until, self.locks = now + min(doubled, self.rule.longest), self.locks + 1
        return True


@given(
    subject=st.sampled_from(list(Subject)),
    steps=st.lists(
        st.tuples(
            st.one_of(
                st.integers(0, 90), st.integers(0, 1200), st.integers(0, 20_000), st.just(90_000)
            ),
            st.sampled_from([False] * 12 + [True]),
        ),
        max_size=1000,
    ),
)
def test_a_thousand_attempts_are_let_in_as_the_model_does(
    subject: Subject, steps: list[tuple[int, bool]]
) -> None:
    rule, now, tally = RULES[subject], NOW, Tally()
    model = Model(rule)
    for seconds, good in steps:
        now += timedelta(seconds=seconds)
        let_in = tally.closed_for(rule, now) is None
        assert let_in == model.attempt(now, good)
        if let_in and good:
            tally = Tally()
        elif let_in:
            tally = tally.counted(rule, now).settled(rule, now)


def failed(times: int, subject: Subject = Subject.PAIR, start: datetime = NOW) -> Tally:
    tally = Tally()
    for n in range(times):
        at = start + timedelta(seconds=n)
        tally = tally.counted(RULES[subject], at).settled(RULES[subject], at)
    return tally


@pytest.mark.parametrize(
    ("subject", "failures", "minutes"),
    [(Subject.PAIR, 5, 15), (Subject.ACCOUNT, 20, 60), (Subject.NETWORK, 50, 15)],
)
def test_the_last_failure_that_is_allowed_locks(
    subject: Subject, failures: int, minutes: int
) -> None:
    rule = RULES[subject]
    last = NOW + timedelta(seconds=failures - 1)
    assert failed(failures - 1, subject).closed_for(rule, last) is None
    assert failed(failures, subject).closed_for(rule, last) == minutes * MINUTE


def test_locks_of_a_pair_double_to_four_hours() -> None:
    rule, now, tally, spans = RULES[Subject.PAIR], NOW, Tally(), []
    for _ in range(7):
        for _ in range(5):
            tally = tally.counted(rule, now).settled(rule, now)
        closed = tally.closed_for(rule, now)
        assert closed is not None
        spans.append(closed // MINUTE)
        now += closed
        assert tally.closed_for(rule, now) is None
    assert spans == [15, 30, 60, 120, 240, 240, 240]


@pytest.mark.parametrize(("subject", "minutes"), [(Subject.ACCOUNT, 60), (Subject.NETWORK, 15)])
def test_other_locks_do_not_double(subject: Subject, minutes: int) -> None:
    rule, now, tally = RULES[subject], NOW, Tally()
    for _ in range(3):
        for _ in range(rule.failures):
            tally = tally.counted(rule, now).settled(rule, now)
        assert tally.closed_for(rule, now) == minutes * MINUTE
        now += minutes * MINUTE


def test_attempts_under_way_close_the_door_before_they_have_failed() -> None:
    rule, tally = RULES[Subject.PAIR], Tally()
    for _ in range(5):
        tally = tally.counted(rule, NOW)
    assert not tally.locked(NOW)
    assert tally.closed_for(rule, NOW + MINUTE) == 14 * MINUTE
    assert tally.forgiven(rule, NOW).closed_for(rule, NOW + MINUTE) is None


def test_a_lock_that_needed_a_good_attempt_goes_with_it() -> None:
    rule, tally = RULES[Subject.NETWORK], Tally()
    for n in range(50):
        tally = tally.counted(rule, NOW + timedelta(seconds=n))
    last = NOW + timedelta(seconds=49)
    tally = tally.settled(rule, last)
    assert tally.locked(last)
    freed = tally.forgiven(rule, NOW)
    assert (freed.locked(last), freed.locks) == (False, 0)


def test_forgiving_what_is_not_there_changes_nothing() -> None:
    tally = failed(5)
    assert tally.forgiven(RULES[Subject.PAIR], NOW + timedelta(hours=3)) == tally
    assert Tally().forgiven(RULES[Subject.PAIR], NOW) == Tally()


def test_a_lock_that_stands_without_the_forgiven_one_stays() -> None:
    rule = RULES[Subject.PAIR]
    tally = failed(5)
    crowded = Tally(
        failures=(*tally.failures, NOW), locked_until=tally.locked_until, locks=tally.locks
    )
    assert crowded.forgiven(rule, NOW).locked(NOW)


def test_nothing_counted_may_be_forgotten_at_once() -> None:
    assert Tally().lapses is None
    assert failed(1).lapses == NOW + timedelta(days=1)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.77", "192.0.2.0/24"),
        ("::ffff:192.0.2.77", "192.0.2.0/24"),
        ("2001:db8:aa:bb:cc::1", "2001:db8:aa::/48"),
        ("testclient", "testclient"),
        ("", ""),
    ],
)
def test_network_is_the_24_or_the_48(address: str, network: str) -> None:
    assert network_of(address) == network


def test_a_rule_whose_lock_is_shorter_than_its_window_is_none() -> None:
    with pytest.raises(ValueError, match="lock"):
        Rule(failures=1, within=2 * MINUTE, locks=MINUTE, longest=MINUTE)
