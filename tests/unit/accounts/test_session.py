from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from nightdesk.accounts.audit import Action, ActorKind, Outcome
from nightdesk.accounts.identity import AccountStatus
from nightdesk.accounts.session import Pair, genuine, new_refresh_token
from nightdesk.accounts.tokens import RefreshToken, owner_of
from nightdesk.core.errors import Conflict, Missing, Refused
from nightdesk.core.ids import SessionId
from nightdesk.names import EventType
from tests.builders.accounts import ALICE, BOB, NOW, a_session, a_session_id
from tests.unit.accounts.rig import ORIGIN, Rig, an_attempt


@pytest.fixture
def rig() -> Rig:
    return Rig()


def refused(rig: Rig, token: str | None, now: datetime = NOW) -> tuple[str, int]:
    with pytest.raises(Refused) as refusal:
        rig.authenticate(token, now)
    return refusal.value.code, refusal.value.status


def spent(rig: Rig, token: str, now: datetime) -> str:
    with pytest.raises((Refused, Conflict)) as refusal:
        rig.refresh(token, ORIGIN, now)
    return refusal.value.code


def test_no_token_is_unauthenticated(rig: Rig) -> None:
    assert refused(rig, None) == ("UNAUTHENTICATED", 401)
    assert refused(rig, "") == ("UNAUTHENTICATED", 401)


def test_access_token_lives_15_minutes_and_30_seconds(rig: Rig) -> None:
    token = rig.alice().access_token
    edge = NOW + timedelta(minutes=15, seconds=30)
    assert rig.authenticate(token, edge - timedelta(seconds=1))
    assert refused(rig, token, edge) == ("TOKEN_EXPIRED", 401)


def test_token_from_the_future_is_refused_beyond_30_seconds(rig: Rig) -> None:
    token = rig.alice().access_token
    assert rig.authenticate(token, NOW - timedelta(seconds=30))
    assert refused(rig, token, NOW - timedelta(seconds=31)) == ("UNAUTHENTICATED", 401)


def test_each_request_costs_one_batch_read(rig: Rig) -> None:
    token = rig.alice().access_token
    rig.desk.reads.clear()
    rig.authenticate(token, NOW)
    assert rig.desk.reads == {"standing": 1}


@pytest.mark.parametrize(
    ("changes", "answer"),
    [
        ({"status": AccountStatus.BLOCKED}, ("ACCOUNT_BLOCKED", 403)),
        ({"status": AccountStatus.DELETING}, ("TOKEN_REVOKED", 401)),
        ({"status": AccountStatus.DELETED}, ("TOKEN_REVOKED", 401)),
        ({"epoch": 2}, ("TOKEN_REVOKED", 401)),
    ],
)
def test_a_change_of_the_account_holds_from_the_next_request(
    rig: Rig, changes: dict[str, object], answer: tuple[str, int]
) -> None:
    pair = rig.alice()
    owner = pair.security.owner
    rig.desk.securities[owner] = replace(pair.security, **changes)  # type: ignore[arg-type]
    assert refused(rig, pair.access_token) == answer
    assert spent(rig, pair.refresh_token, NOW) == answer[0]


def test_token_of_a_vanished_account_or_session_is_refused(rig: Rig) -> None:
    pair = rig.alice()
    session = rig.desk.sessions.popitem()
    assert refused(rig, pair.access_token) == ("TOKEN_REVOKED", 401)
    rig.desk.sessions[session[0]] = session[1]
    rig.desk.securities.clear()
    assert refused(rig, pair.access_token) == ("UNAUTHENTICATED", 401)
    assert spent(rig, pair.refresh_token, NOW) == "TOKEN_REVOKED"


def test_refresh_gives_a_new_pair_and_the_old_access_token_lives_on(rig: Rig) -> None:
    first = rig.alice()
    second = rig.refresh(first.refresh_token, ORIGIN, NOW)
    assert second.refresh_token != first.refresh_token
    assert rig.authenticate(second.access_token, NOW) == rig.authenticate(first.access_token, NOW)


def test_two_tabs_have_one_winner_and_one_raced(rig: Rig) -> None:
    first = rig.alice()
    second = rig.refresh(first.refresh_token, ORIGIN, NOW)
    assert spent(rig, first.refresh_token, NOW + timedelta(seconds=10)) == "REFRESH_RACED"
    assert rig.refresh(second.refresh_token, ORIGIN, NOW + timedelta(seconds=10))


def test_two_tabs_at_the_same_moment_have_one_winner(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = rig.alice()
    standing = rig.sessions.standing(a_token(first).session_id)
    rig.refresh(first.refresh_token, ORIGIN, NOW)
    monkeypatch.setattr(type(rig.sessions), "standing", lambda *_: standing)
    assert spent(rig, first.refresh_token, NOW) == "REFRESH_RACED"


@pytest.mark.parametrize("generations", [1, 2, 5])
def test_reuse_of_an_old_token_ends_the_session_and_says_so(rig: Rig, generations: int) -> None:
    first = pair = rig.alice()
    for _ in range(generations):
        pair = rig.refresh(pair.refresh_token, ORIGIN, NOW)
    later = NOW + timedelta(seconds=11)
    assert spent(rig, first.refresh_token, later) == "TOKEN_REVOKED"
    assert spent(rig, pair.refresh_token, later) == "TOKEN_REVOKED"
    assert refused(rig, pair.access_token, later) == ("TOKEN_REVOKED", 401)
    (event,) = rig.desk.events
    assert (event.type, event.data["reason"]) == (
        EventType.SESSION_REVOKED,
        "refresh_token_reused",
    )
    entry = rig.desk.entries[-1]
    assert (entry.action, entry.outcome) == (Action.REFRESH_TOKEN_REUSED, Outcome.REFUSED)
    assert (entry.owner, entry.origin.session_id) == (
        pair.security.owner,
        a_token(first).session_id,
    )


def test_reuse_ends_that_session_alone(rig: Rig) -> None:
    first = rig.alice()
    other = rig.login(an_attempt(), ORIGIN, NOW)
    rig.refresh(first.refresh_token, ORIGIN, NOW)
    spent(rig, first.refresh_token, NOW + timedelta(seconds=11))
    assert rig.authenticate(other.access_token, NOW)


def test_a_guess_under_a_known_session_id_ends_nothing(rig: Rig) -> None:
    pair = rig.alice()
    session_id = a_token(pair).session_id
    guess = f"ndr_{session_id}_{'A' * 43}"
    assert spent(rig, guess, NOW) == "TOKEN_REVOKED"
    assert rig.refresh(pair.refresh_token, ORIGIN, NOW)


def test_a_token_moved_to_another_session_is_not_genuine(rig: Rig) -> None:
    token = new_refresh_token(a_session_id(ALICE), rig.pepper)
    assert genuine(token, rig.pepper)
    assert not genuine(replace(token, session_id=a_session_id(BOB)), rig.pepper)


@pytest.mark.parametrize("text", ["", "ndr_", "ndr_x_y", "x" * 256, "ndr_../SECURITY_" + "a" * 43])
def test_a_text_that_is_no_refresh_token_is_refused(rig: Rig, text: str) -> None:
    assert spent(rig, text, NOW) == "TOKEN_REVOKED"


def test_session_dies_idle_after_14_days(rig: Rig) -> None:
    pair = rig.alice()
    alive = rig.refresh(pair.refresh_token, ORIGIN, NOW + timedelta(days=14, seconds=-1))
    assert spent(rig, alive.refresh_token, NOW + timedelta(days=29)) == "TOKEN_REVOKED"


def test_session_dies_after_90_days_however_busy(rig: Rig) -> None:
    pair = rig.alice()
    for day in range(10, 90, 10):
        pair = rig.refresh(pair.refresh_token, ORIGIN, NOW + timedelta(days=day))
    assert spent(rig, pair.refresh_token, NOW + timedelta(days=90)) == "TOKEN_REVOKED"


def test_logout_holds_from_the_next_request_and_may_be_repeated(rig: Rig) -> None:
    pair = rig.alice()
    who = rig.authenticate(pair.access_token, NOW)
    assert who.session_id is not None
    rig.logout(who.owner, who.session_id, ORIGIN, NOW)
    rig.logout(who.owner, who.session_id, ORIGIN, NOW)
    assert refused(rig, pair.access_token) == ("TOKEN_REVOKED", 401)
    assert spent(rig, pair.refresh_token, NOW) == "TOKEN_REVOKED"


def test_another_owners_session_is_missing(rig: Rig) -> None:
    alice, bob = rig.alice(), rig.bob()
    with pytest.raises(Missing):
        rig.logout(bob.security.owner, a_token(alice).session_id, ORIGIN, NOW)
    assert rig.authenticate(alice.access_token, NOW)


@pytest.mark.parametrize("sid", ["", "x", "../SECURITY", f"{ALICE}-"])
def test_a_text_that_is_no_session_id_is_missing(rig: Rig, sid: str) -> None:
    with pytest.raises(Missing):
        rig.logout(ALICE, SessionId(sid), ORIGIN, NOW)


def test_logout_everywhere_kills_sessions_and_a_login_that_raced_it(rig: Rig) -> None:
    one = rig.alice()
    two = rig.login(an_attempt(), ORIGIN, NOW)
    owner = one.security.owner
    raced = a_session(owner)
    assert rig.logout_everywhere(owner, ORIGIN, NOW) == 2
    rig.sessions.open(raced, now=NOW)
    for pair in (one, two):
        assert refused(rig, pair.access_token) == ("TOKEN_REVOKED", 401)
        assert spent(rig, pair.refresh_token, NOW) == "TOKEN_REVOKED"
    standing = rig.sessions.standing(raced.session_id)
    assert standing.security is not None
    assert standing.security.epoch != raced.epoch
    assert rig.authenticate(rig.login(an_attempt(), ORIGIN, NOW).access_token, NOW)


def test_logout_everywhere_of_a_stranger_is_missing(rig: Rig) -> None:
    with pytest.raises(Missing):
        rig.logout_everywhere(BOB, ORIGIN, NOW)


def test_session_ids_lead_to_their_owner() -> None:
    assert owner_of(a_session_id(BOB)) == BOB
    with pytest.raises(ValueError, match="session id"):
        owner_of(SessionId("x"))


def test_a_session_idles_no_longer_than_it_lives() -> None:
    with pytest.raises(ValueError, match="idles"):
        a_session(idle_until=NOW + timedelta(days=91))


def a_token(pair: Pair) -> RefreshToken:
    token = RefreshToken.read(pair.refresh_token)
    assert token is not None
    return token


def test_logout_is_told_and_everywhere_is_part_of_the_change(rig: Rig) -> None:
    pair = rig.alice()
    owner, sid = pair.security.owner, a_token(pair).session_id
    rig.logout(owner, sid, ORIGIN, NOW)
    rig.logout_everywhere(owner, ORIGIN, NOW)
    told = [entry.action for entry in rig.desk.entries[-2:]]
    assert told == [Action.LOGOUT, Action.LOGOUT_EVERYWHERE]


def test_by_an_admin_it_is_a_forced_logout_in_both_chains(rig: Rig) -> None:
    alice, bob = rig.alice().security.owner, rig.bob().security.owner
    origin = replace(ORIGIN, kind=ActorKind.ADMIN, actor=str(alice))
    rig.logout_everywhere(bob, origin, NOW)
    told = [entry for entry in rig.desk.entries if entry.action is Action.FORCED_LOGOUT]
    assert [entry.owner for entry in told] == [bob, alice]
