from datetime import timedelta

import pytest

from nightdesk.accounts.audit import Action
from nightdesk.accounts.proof import Proof
from nightdesk.accounts.totp import code_at, step_at
from nightdesk.core.errors import Missing, Refused, TooMany
from tests.builders.accounts import ALICE, NOW, PASSWORD
from tests.unit.accounts.doors import bearer, enrolled, member, session_of
from tests.unit.accounts.rig import ORIGIN, Rig


@pytest.fixture
def rig() -> Rig:
    rig = Rig()
    member(rig)
    return rig


def test_step_up_holds_ten_minutes_on_this_session_alone(rig: Rig) -> None:
    this, other = session_of(rig), session_of(rig)
    until = rig.step_up(this, Proof(password=PASSWORD), ORIGIN, NOW)
    assert until == NOW + timedelta(minutes=10)
    who = rig.authenticate(bearer(rig, this), NOW)
    assert who.elevated(until - timedelta(seconds=1))
    assert not who.elevated(until)
    assert not rig.authenticate(bearer(rig, other), NOW).elevated(NOW)
    assert [entry.action for entry in rig.desk.entries] == [Action.STEPPED_UP]


def test_a_refreshed_session_stays_stepped_up_and_a_new_one_is_not(rig: Rig) -> None:
    this = session_of(rig)
    rig.step_up(this, Proof(password=PASSWORD), ORIGIN, NOW)
    stored = rig.desk.sessions[this]
    rig.desk.sessions[this] = stored.rotated("e" * 64, NOW)
    assert rig.authenticate(bearer(rig, this), NOW).elevated(NOW)


def test_wrong_password_elevates_nothing_and_counts(rig: Rig) -> None:
    this = session_of(rig)
    for _ in range(5):
        with pytest.raises(Refused) as found:
            rig.step_up(this, Proof(password="wrong"), ORIGIN, NOW)
        assert (found.value.code, found.value.status) == ("INVALID_CREDENTIALS", 401)
    with pytest.raises(TooMany):
        rig.step_up(this, Proof(password=PASSWORD), ORIGIN, NOW)
    assert rig.desk.sessions[this].elevated_until is None


def test_with_two_factor_on_the_code_is_asked_for_and_used_up(rig: Rig) -> None:
    secret, _ = enrolled(rig)
    this = session_of(rig)
    with pytest.raises(Refused) as found:
        rig.step_up(this, Proof(password=PASSWORD), ORIGIN, NOW)
    assert found.value.code == "OTP_REQUIRED"
    proof = Proof(password=PASSWORD, otp=code_at(secret, step_at(NOW)))
    rig.step_up(this, proof, ORIGIN, NOW)
    with pytest.raises(Refused):
        rig.step_up(this, proof, ORIGIN, NOW)


def test_a_session_that_ended_meanwhile_is_not_elevated(rig: Rig) -> None:
    this = session_of(rig, revoked_at=NOW)
    with pytest.raises(Missing):
        rig.step_up(this, Proof(password=PASSWORD), ORIGIN, NOW)
    assert ALICE in rig.desk.securities
