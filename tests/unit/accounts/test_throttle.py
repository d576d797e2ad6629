"""Logins that fail: locks through Login itself, over fakes; in parallel, over DynamoDB as well."""

import random
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Lock

import pytest

from nightdesk.accounts.audit import Action, Severity
from nightdesk.accounts.identity import AccountStatus
from nightdesk.accounts.tally import RULES, Subject, Tally
from nightdesk.accounts.throttle import TRIES, Throttle
from nightdesk.core.errors import Refused, StoreUnavailable, TooMany
from tests.builders.accounts import ALICE, NOW, PASSWORD
from tests.unit.accounts.doors import enrolled, member
from tests.unit.accounts.fakes import Desk, FakeAudit, FakeNetworks, FakeThrottle
from tests.unit.accounts.rig import ORIGIN, Rig, an_attempt
from tests.unit.accounts.test_tally import Model

HOME, ABROAD = "192.0.2.1", "198.51.100.7"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def rig() -> Rig:
    rig = Rig()
    member(rig)
    rig.hasher.work.clear()
    return rig


@pytest.fixture
def email(rig: Rig) -> str:
    return rig.desk.profiles[ALICE].email


def outcome(
    rig: Rig, email: str, password: str = PASSWORD, *, at: str = HOME, now: datetime = NOW
) -> str:
    """Return the code of what a login comes to; `in` for a session."""
    try:
        rig.login(an_attempt(email, password), replace(ORIGIN, network=at), now)
    except (Refused, TooMany) as refusal:
        return refusal.code
    return "in"


def failures(rig: Rig, email: str, times: int, *, at: str = HOME, now: datetime = NOW) -> None:
    for _ in range(times):
        assert outcome(rig, email, "wrong password", at=at, now=now) == "INVALID_CREDENTIALS"


def test_five_failures_lock_the_pair_for_a_quarter_of_an_hour(rig: Rig, email: str) -> None:
    failures(rig, email, 5)
    with pytest.raises(TooMany) as refusal:
        rig.login(an_attempt(email), ORIGIN, NOW + MINUTE)
    assert (refusal.value.code, refusal.value.retry_after) == ("TOO_MANY_ATTEMPTS", 14 * 60)
    assert outcome(rig, email, now=NOW + 15 * MINUTE) == "in"


def test_neighbours_in_a_network_are_one(rig: Rig, email: str) -> None:
    failures(rig, email, 5, at="192.0.2.1")
    assert outcome(rig, email, at="192.0.2.254") == "TOO_MANY_ATTEMPTS"
    assert outcome(rig, email, at="192.0.3.1") == "in"


def test_a_locked_attempt_costs_no_hash_and_counts_nowhere(rig: Rig, email: str) -> None:
    failures(rig, email, 5)
    tallies = dict(rig.throttle.tallies.read(list(rig.failed.tallies)))
    rig.hasher.work.clear()
    assert outcome(rig, email) == "TOO_MANY_ATTEMPTS"
    assert not rig.hasher.work
    assert rig.failed.tallies == tallies


def test_success_clears_the_pair(rig: Rig, email: str) -> None:
    failures(rig, email, 4)
    assert outcome(rig, email) == "in"
    failures(rig, email, 4)
    assert outcome(rig, email) == "in"


@pytest.mark.parametrize("who", ["nobody@example.com", "nonsense"])
def test_accounts_that_do_not_exist_lock_like_those_that_do(rig: Rig, email: str, who: str) -> None:
    answers = []
    for each in (email, who):
        failures(rig, each, 5)
        with pytest.raises(TooMany) as refusal:
            rig.login(an_attempt(each), ORIGIN, NOW + MINUTE)
        answers.append((str(refusal.value), refusal.value.code, refusal.value.retry_after))
    assert answers[0] == answers[1]


@pytest.mark.parametrize("who", ["nobody@example.com", "nonsense", ""])
def test_known_and_unknown_accounts_cost_the_same_reads_and_hashes(
    rig: Rig, email: str, who: str
) -> None:
    work = []
    for each in (email, who):
        rig.desk.reads.clear()
        rig.hasher.work.clear()
        assert outcome(rig, each, "wrong password") == "INVALID_CREDENTIALS"
        work.append((Counter(rig.desk.reads), Counter(rig.hasher.work)))
    assert work[0] == work[1]
    assert work[0][1] == {"verify": 1}


def test_twenty_failures_from_everywhere_leave_the_door_to_known_networks(
    rig: Rig, email: str
) -> None:
    assert outcome(rig, email, at=HOME) == "in"
    for n in range(20):
        failures(rig, email, 1, at=f"198.51.{n}.1", now=NOW + timedelta(seconds=n))
    later = NOW + MINUTE
    assert outcome(rig, email, at="203.0.113.9", now=later) == "TOO_MANY_ATTEMPTS"
    assert outcome(rig, email, at=HOME, now=later) == "in"
    assert outcome(rig, email, at="203.0.113.9", now=NOW + 61 * MINUTE) == "in"


def test_the_owner_is_told_once_that_the_account_is_guarded(rig: Rig, email: str) -> None:
    for n in range(30):
        outcome(rig, email, "wrong password", at=f"198.51.{n}.1")
    (event,) = rig.desk.events
    assert (event.owner, event.type, event.data["kind"]) == (ALICE, "notification", "login_guarded")


def test_a_victim_is_not_locked_out_for_ever(rig: Rig, email: str) -> None:
    """A week of attempts from abroad: the owner's own network enters each day."""
    assert outcome(rig, email, at=HOME) == "in"
    for hour in range(7 * 24):
        now = NOW + timedelta(hours=hour)
        for n in range(25):
            outcome(rig, email, "wrong password", at=f"198.51.{n}.1", now=now)
        if hour % 24 == 23:
            assert outcome(rig, email, at=HOME, now=now + MINUTE) == "in"


def test_a_network_is_forgotten_after_thirty_days(rig: Rig, email: str) -> None:
    assert outcome(rig, email, at=HOME) == "in"
    late = NOW + timedelta(days=30)
    for n in range(20):
        failures(rig, email, 1, at=f"198.51.{n}.1", now=late)
    assert outcome(rig, email, at=HOME, now=late) == "TOO_MANY_ATTEMPTS"


def test_fifty_failures_lock_a_network_for_every_account(rig: Rig, email: str) -> None:
    for n in range(50):
        failures(rig, f"nobody{n}@example.com", 1, at=ABROAD)
    assert outcome(rig, email, at=ABROAD) == "TOO_MANY_ATTEMPTS"
    assert outcome(rig, email, at=HOME) == "in"
    assert outcome(rig, email, at=ABROAD, now=NOW + 15 * MINUTE) == "in"


def test_good_logins_do_not_count_against_a_network(rig: Rig, email: str) -> None:
    for n in range(60):
        assert outcome(rig, email, at=HOME, now=NOW + timedelta(seconds=n)) == "in"
    assert not [each for each in rig.failed.tallies.values() if each.failures]


def test_wrong_codes_count_and_a_missing_one_does_not(rig: Rig, email: str) -> None:
    enrolled(rig)
    for _ in range(9):
        assert outcome(rig, email) == "OTP_REQUIRED"
    for code in ("000000", "recovery"):
        typed = {"otp": code} if code == "000000" else {"recovery_code": code}
        attempt = replace(an_attempt(email), **typed)
        with pytest.raises(Refused) as refusal:
            rig.login(attempt, ORIGIN, NOW)
        assert refusal.value.code == "INVALID_CREDENTIALS"
    failures(rig, email, 3)
    assert outcome(rig, email) == "TOO_MANY_ATTEMPTS"


def test_a_blocked_owner_with_the_right_password_fails_nothing(rig: Rig, email: str) -> None:
    rig.desk.securities[ALICE] = replace(rig.desk.securities[ALICE], status=AccountStatus.BLOCKED)
    for _ in range(9):
        assert outcome(rig, email) == "ACCOUNT_BLOCKED"


def test_a_fault_on_the_way_is_no_failure_of_the_owner(
    rig: Rig, email: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*_: object) -> bool:
        raise StoreUnavailable("down")

    with monkeypatch.context() as patched:
        patched.setattr(type(rig.hasher), "verify", down)
        for _ in range(9):
            with pytest.raises(StoreUnavailable):
                rig.login(an_attempt(email), ORIGIN, NOW)
    assert outcome(rig, email) == "in"


def test_login_entries_say_who_and_locks_are_warnings(rig: Rig, email: str) -> None:
    failures(rig, email, 5)
    assert outcome(rig, email, now=NOW + 20 * MINUTE) == "in"
    actions = [entry.action for entry in rig.desk.entries]
    assert actions.count(Action.LOGIN_FAILED) == 5
    assert actions.count(Action.LOGIN_LOCKED) == 1
    assert actions[-1] is Action.LOGIN
    assert Action.LOGIN_LOCKED.severity is Severity.WARNING
    assert {(entry.owner, entry.origin.actor) for entry in rig.desk.entries} == {(ALICE, ALICE)}


def test_unknown_accounts_make_one_entry_per_network_and_five_minutes(rig: Rig) -> None:
    for n in range(4):
        failures(rig, f"nobody{n}@example.com", 1, at=HOME, now=NOW + n * MINUTE)
    failures(rig, "nobody@example.com", 1, at=ABROAD)
    failures(rig, "nobody@example.com", 1, at=HOME, now=NOW + 5 * MINUTE)
    assert [entry.chain for entry in rig.desk.entries] == ["SYSTEM"] * 3
    assert "nobody" not in str([(each.details, each.words) for each in rig.desk.entries])


def test_login_from_a_new_network_is_told_but_not_the_first_of_all(rig: Rig, email: str) -> None:
    assert outcome(rig, email, at=HOME) == "in"
    assert outcome(rig, email, at="192.0.2.200") == "in"
    assert not rig.desk.events
    assert outcome(rig, email, at=ABROAD) == "in"
    assert outcome(rig, email, at=ABROAD) == "in"
    (event,) = rig.desk.events
    assert event.data["kind"] == "login_new_network"
    assert "198.51.100.0/24" in str(event.data["text"])


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_thousand_random_logins_are_let_in_as_the_model_says(
    rig: Rig, email: str, seed: int
) -> None:
    dice = random.Random(seed)
    emails = [email, "nobody@example.com"]
    networks = [f"198.51.{n}.1" for n in range(3)]
    pairs = {(e, n): Model(RULES[Subject.PAIR]) for e in emails for n in networks}
    accounts = {e: Model(RULES[Subject.ACCOUNT]) for e in emails}
    places = {n: Model(RULES[Subject.NETWORK]) for n in networks}
    known: dict[str, datetime] = {}
    now, seen = NOW, Counter[str]()
    for _ in range(1_000):
        now += timedelta(seconds=dice.choice([0, 1, 20, 60, 400]))
        who, place, good = dice.choice(emails), dice.choice(networks), dice.random() < 0.03
        own = who == email and place in known
        models = [places[place], pairs[who, place]] + ([] if own else [accounts[who]])
        closed = any(model.closed(now) for model in models)
        counted = models if not own or accounts[who].closed(now) else [*models, accounts[who]]
        password = PASSWORD if good else "wrong password"
        found = outcome(rig, who, password, at=place, now=now)
        seen[found] += 1
        assert (found == "TOO_MANY_ATTEMPTS") == closed
        if found == "in":
            pairs[who, place].clear()
            known[place] = now
        elif not closed:
            for model in counted:
                model.attempt(now, good=False)
    assert min(seen[each] for each in ("in", "TOO_MANY_ATTEMPTS", "INVALID_CREDENTIALS")) > 0


class SlowTallies(FakeThrottle):
    """Tallies that many threads share: each write is compared and done in one step."""

    def __init__(self) -> None:
        super().__init__(Desk())
        self.lock = Lock()

    def replace(self, key: str, tally: Tally, seen: Tally, **more: object) -> bool:
        with self.lock:
            return super().replace(key, tally, seen)


def let_in_at_once(throttle: Throttle, times: int, fail: bool) -> int:
    """Return how many of so many attempts at the same moment were let in."""

    def attempt(_: int) -> int:
        try:
            trial = throttle.enter("alice@example.com", HOME, ALICE, NOW)
        except TooMany:
            return 0
        if fail:
            throttle.failed(trial, ORIGIN, NOW)
        return 1

    with ThreadPoolExecutor(16) as pool:
        return sum(pool.map(attempt, range(times)))


@pytest.mark.parametrize("fail", [True, False])
def test_parallel_failures_count_exactly(rig: Rig, fail: bool) -> None:
    tallies = SlowTallies()
    throttle = Throttle(tallies, FakeNetworks(Desk()), rig.pepper, FakeAudit(Desk()))
    assert let_in_at_once(throttle, 200, fail) == 5
    pair = next(each for each in tallies.tallies.values() if each.locks or len(each.failures) == 5)
    assert len(pair.failures) == 5


def test_attempts_under_way_that_pass_give_their_places_back(rig: Rig, email: str) -> None:
    trials = [rig.throttle.enter(email, HOME, ALICE, NOW) for _ in range(5)]
    assert outcome(rig, email) == "TOO_MANY_ATTEMPTS"
    rig.throttle.passed(trials[0], NOW)
    assert outcome(rig, email) == "in"


@pytest.mark.parametrize("step", ["enter", "passed", "failed"])
def test_tallies_that_never_hold_still_are_a_fault_not_an_open_door(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    trials = [rig.throttle.enter("a@example.com", HOME, ALICE, NOW) for _ in range(5)]
    if step == "enter":
        rig.throttle.undone(trials.pop())
    steps: dict[str, Callable[[], object]] = {
        "enter": lambda: rig.throttle.enter("a@example.com", HOME, ALICE, NOW),
        "passed": lambda: rig.throttle.passed(trials[0], NOW),
        "failed": lambda: rig.throttle.failed(trials[0], ORIGIN, NOW),
    }
    tried = Counter[str]()

    def overtaken(*_: object, **__: object) -> bool:
        tried["replace"] += 1
        return False

    monkeypatch.setattr(FakeThrottle, "replace", overtaken)
    with pytest.raises(StoreUnavailable):
        steps[step]()
    assert tried["replace"] == TRIES
