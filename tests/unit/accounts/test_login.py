from dataclasses import replace
from datetime import timedelta

import pytest

from nightdesk.accounts.identity import AccountStatus
from nightdesk.accounts.tokens import RefreshToken
from nightdesk.core.errors import Refused, StaleWrite
from tests.builders.accounts import NOW, PASSWORD, a_candidate
from tests.unit.accounts.rig import ORIGIN, Rig, an_attempt


@pytest.fixture
def rig() -> Rig:
    rig = Rig()
    rig.register(a_candidate(), ORIGIN, NOW)
    rig.hasher.work.clear()
    rig.desk.reads.clear()
    return rig


def refusal_of(rig: Rig, email: str, password: str = PASSWORD) -> Refused:
    with pytest.raises(Refused) as refusal:
        rig.login(an_attempt(email, password), ORIGIN, NOW)
    return refusal.value


def test_login_gives_tokens_that_work(rig: Rig) -> None:
    pair = rig.login(an_attempt(), ORIGIN, NOW)
    who = rig.authenticate(pair.access_token, NOW)
    token = RefreshToken.read(pair.refresh_token)
    assert token is not None
    assert who.session_id == token.session_id
    assert (who.owner, pair.expires_in) == (pair.security.owner, 900)


def test_stored_session_holds_no_token(rig: Rig) -> None:
    pair = rig.login(an_attempt(), ORIGIN, NOW)
    token = RefreshToken.read(pair.refresh_token)
    assert token is not None
    stored = str(rig.desk.sessions) + repr((pair, token, an_attempt()))
    assert token.secret not in stored
    assert pair.access_token not in stored
    assert PASSWORD not in stored


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("alice@example.com", "wrong password here"),
        ("nobody@example.com", PASSWORD),
        ("not an address", PASSWORD),
        ("alice@example.com", ""),
    ],
)
def test_each_wrong_login_gets_one_answer_for_one_hash(rig: Rig, email: str, password: str) -> None:
    refusal = refusal_of(rig, email, password)
    assert (refusal.code, refusal.status) == ("INVALID_CREDENTIALS", 401)
    assert str(refusal) == "E-mail, password or code is wrong."
    assert rig.hasher.work == {"verify": 1}


def test_password_is_compared_in_nfkc(rig: Rig) -> None:
    assert rig.login(an_attempt(password=PASSWORD.replace("c", "\uff43", 1)), ORIGIN, NOW)


def test_blocked_account_is_told_to_its_password_alone(rig: Rig) -> None:
    owner = next(iter(rig.desk.securities))
    blocked = replace(rig.desk.securities[owner], status=AccountStatus.BLOCKED)
    rig.desk.securities[owner] = blocked
    assert refusal_of(rig, "alice@example.com", "wrong password").code == "INVALID_CREDENTIALS"
    assert refusal_of(rig, "alice@example.com").code == "ACCOUNT_BLOCKED"
    assert not rig.desk.sessions


def test_login_under_older_parameters_rehashes(rig: Rig) -> None:
    rig.hasher.parameters = "p3"
    pair = rig.login(an_attempt(), ORIGIN, NOW)
    stored = rig.desk.securities[pair.security.owner]
    assert stored.password_hash.startswith("p3:")
    assert stored.epoch == 1
    rig.login(an_attempt(), ORIGIN, NOW)
    assert rig.hasher.work["hash"] == 1


def test_rehash_that_loses_a_race_lets_the_login_pass(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stale(*_: object) -> None:
        raise StaleWrite("security")

    rig.hasher.parameters = "p3"
    monkeypatch.setattr(type(rig.users), "save_security", stale)
    assert rig.login(an_attempt(), ORIGIN, NOW)


def test_eleventh_session_ends_the_oldest(rig: Rig) -> None:
    pairs = [rig.login(an_attempt(), ORIGIN, NOW + timedelta(seconds=n)) for n in range(11)]
    owner = pairs[0].security.owner
    now = NOW + timedelta(seconds=11)
    assert len(rig.list_sessions(owner, now)) == 10
    with pytest.raises(Refused) as refusal:
        rig.authenticate(pairs[0].access_token, now)
    assert refusal.value.code == "TOKEN_REVOKED"
    assert rig.authenticate(pairs[1].access_token, now)


def test_idle_sessions_make_room_by_themselves(rig: Rig) -> None:
    for n in range(10):
        rig.login(an_attempt(), ORIGIN, NOW + timedelta(seconds=n))
    rig.login(an_attempt(), ORIGIN, NOW + timedelta(days=15))
    assert not [each for each in rig.desk.sessions.values() if each.revoked_at]
