from dataclasses import replace
from datetime import timedelta

import pytest

from nightdesk.accounts.audit import Action
from nightdesk.accounts.proof import Proof
from nightdesk.accounts.totp import code_at, step_at
from nightdesk.core.errors import Conflict, InvariantBroken, Missing, Refused, StaleWrite, TooMany
from tests.builders.accounts import ALICE, BOB, NOW, PASSWORD
from tests.unit.accounts.doors import enrolled, member
from tests.unit.accounts.rig import ORIGIN, Rig


@pytest.fixture
def rig() -> Rig:
    return Rig()


def now_code(secret: bytes, steps: int = 0) -> str:
    return code_at(secret, step_at(NOW) + steps)


def refusal(rig: Rig, proof: Proof) -> tuple[str, int]:
    with pytest.raises(Refused) as found:
        rig.prove(ALICE, proof, ORIGIN, NOW)
    return found.value.code, found.value.status


def test_setup_counts_for_nothing_until_a_code_was_shown(rig: Rig) -> None:
    member(rig)
    assert rig.enrol(ALICE).startswith("otpauth://totp/Nightdesk:user")
    assert not rig.desk.securities[ALICE].enrolled
    assert rig.prove(ALICE, Proof(password=PASSWORD), ORIGIN, NOW)


def test_confirm_turns_it_on_and_shows_ten_codes_of_which_digests_are_kept(rig: Rig) -> None:
    member(rig)
    _, codes = enrolled(rig)
    security = rig.desk.securities[ALICE]
    assert security.enrolled
    assert security.two_factor is not None
    assert len(codes) == len(security.two_factor.recovery) == 10
    assert not any(code in repr(rig.desk.securities) for code in codes)
    assert [entry.action for entry in rig.desk.entries] == [Action.TWO_FACTOR_ENABLED]


def test_confirm_with_a_wrong_code_or_without_setup_is_refused(rig: Rig) -> None:
    member(rig)
    for prepare in (lambda: None, lambda: rig.enrol(ALICE)):
        prepare()
        with pytest.raises(Refused) as found:
            rig.confirm(ALICE, "000000", ORIGIN, NOW - timedelta(days=9000))
        assert (found.value.code, found.value.status) == ("INVALID_CODE", 401)
    assert not rig.desk.securities[ALICE].enrolled


def test_setup_and_confirm_of_what_is_on_conflict(rig: Rig) -> None:
    member(rig)
    secret, _ = enrolled(rig)
    for again in (
        lambda: rig.enrol(ALICE),
        lambda: rig.confirm(ALICE, now_code(secret), ORIGIN, NOW),
    ):
        with pytest.raises(Conflict) as found:
            again()
        assert found.value.code == "ALREADY_ENABLED"


def test_setup_anew_makes_another_secret(rig: Rig) -> None:
    member(rig)
    assert rig.enrol(ALICE) != rig.enrol(ALICE)


def test_account_that_does_not_exist_is_missing(rig: Rig) -> None:
    with pytest.raises(Missing):
        rig.enrol(ALICE)


def test_the_code_that_confirmed_does_not_sign_in(rig: Rig) -> None:
    member(rig)
    rig.enrol(ALICE)
    factor = rig.desk.securities[ALICE].two_factor
    assert factor is not None
    code = now_code(rig.totp_vault.open(ALICE, factor.sealed))
    rig.confirm(ALICE, code, ORIGIN, NOW)
    proof = Proof(password=PASSWORD, otp=code)
    assert refusal(rig, proof) == ("INVALID_CREDENTIALS", 401)


def test_a_step_is_accepted_once_and_then_no_older_one(rig: Rig) -> None:
    member(rig)
    secret, _ = enrolled(rig)
    proof = Proof(password=PASSWORD, otp=now_code(secret, 1))
    assert rig.prove(ALICE, proof, ORIGIN, NOW) == rig.desk.securities[ALICE]
    assert refusal(rig, proof) == ("INVALID_CREDENTIALS", 401)
    assert refusal(rig, replace(proof, otp=now_code(secret))) == ("INVALID_CREDENTIALS", 401)
    later = NOW + timedelta(seconds=60)
    fresh = Proof(password=PASSWORD, otp=code_at(secret, step_at(later)))
    assert rig.prove(ALICE, fresh, ORIGIN, later)


def test_a_code_two_steps_old_is_refused(rig: Rig) -> None:
    member(rig)
    secret, _ = enrolled(rig, now=NOW - timedelta(hours=1))
    proof = Proof(password=PASSWORD, otp=now_code(secret, -2))
    assert refusal(rig, proof) == ("INVALID_CREDENTIALS", 401)


def test_a_recovery_code_is_good_once_in_any_spelling(rig: Rig) -> None:
    member(rig)
    _, codes = enrolled(rig)
    typed = codes[3].lower().replace("-", " ")
    rig.prove(ALICE, Proof(password=PASSWORD, recovery_code=typed), ORIGIN, NOW)
    proof = Proof(password=PASSWORD, recovery_code=codes[3])
    assert refusal(rig, proof) == ("INVALID_CREDENTIALS", 401)
    assert rig.prove(ALICE, Proof(password=PASSWORD, recovery_code=codes[4]), ORIGIN, NOW)


def test_two_requests_with_one_code_have_one_winner(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    member(rig)
    secret, _ = enrolled(rig)
    seen = rig.desk.securities[ALICE]
    proof = Proof(password=PASSWORD, otp=now_code(secret))
    rig.prove(ALICE, proof, ORIGIN, NOW)
    monkeypatch.setattr(type(rig.users), "security", lambda *_: seen)
    assert refusal(rig, proof) == ("INVALID_CREDENTIALS", 401)


def test_right_password_without_a_code_is_told_what_is_missing(rig: Rig) -> None:
    member(rig)
    enrolled(rig)
    assert refusal(rig, Proof(password=PASSWORD)) == ("OTP_REQUIRED", 401)
    assert refusal(rig, Proof(password="wrong")) == ("INVALID_CREDENTIALS", 401)


def test_wrong_codes_lock_like_wrong_passwords(rig: Rig) -> None:
    member(rig)
    secret, _ = enrolled(rig)
    wrong = "000000" if now_code(secret) != "000000" else "000001"
    for _ in range(5):
        refusal(rig, Proof(password=PASSWORD, otp=wrong))
    with pytest.raises(TooMany) as found:
        rig.prove(ALICE, Proof(password=PASSWORD, otp=now_code(secret)), ORIGIN, NOW)
    assert found.value.code == "TOO_MANY_ATTEMPTS"


def test_asking_without_a_code_locks_nobody_out(rig: Rig) -> None:
    member(rig)
    secret, _ = enrolled(rig)
    for _ in range(12):
        assert refusal(rig, Proof(password=PASSWORD)) == ("OTP_REQUIRED", 401)
    assert rig.prove(ALICE, Proof(password=PASSWORD, otp=now_code(secret)), ORIGIN, NOW)


def test_disable_takes_password_and_code_and_is_written_down(rig: Rig) -> None:
    member(rig)
    secret, codes = enrolled(rig)
    for password, code in (("wrong", now_code(secret)), (PASSWORD, codes[0][:-1] + "1")):
        with pytest.raises(Refused) as found:
            rig.disable(ALICE, password, code, ORIGIN, NOW)
        assert (found.value.code, found.value.status) == ("INVALID_CODE", 401)
    assert rig.desk.securities[ALICE].enrolled
    rig.disable(ALICE, PASSWORD, now_code(secret), ORIGIN, NOW)
    assert rig.desk.securities[ALICE].two_factor is None
    assert rig.desk.entries[-1].action is Action.TWO_FACTOR_DISABLED


def test_disable_takes_a_recovery_code_where_the_device_is_lost(rig: Rig) -> None:
    member(rig)
    _, codes = enrolled(rig)
    rig.disable(ALICE, PASSWORD, codes[0], ORIGIN, NOW)
    assert not rig.desk.securities[ALICE].enrolled


def test_what_is_off_cannot_be_disabled_or_renewed(rig: Rig) -> None:
    member(rig)
    for attempt in (
        lambda: rig.disable(ALICE, PASSWORD, "123456", ORIGIN, NOW),
        lambda: rig.renew(ALICE, "123456", ORIGIN, NOW),
    ):
        with pytest.raises(Refused) as found:
            attempt()
        assert found.value.code == "INVALID_CODE"


def test_new_recovery_codes_void_the_old_ones(rig: Rig) -> None:
    member(rig)
    secret, old = enrolled(rig)
    new = rig.renew(ALICE, now_code(secret), ORIGIN, NOW)
    assert not set(new) & set(old)
    assert refusal(rig, Proof(password=PASSWORD, recovery_code=old[0]))[0] == "INVALID_CREDENTIALS"
    assert rig.prove(ALICE, Proof(password=PASSWORD, recovery_code=new[0]), ORIGIN, NOW)
    assert Action.RECOVERY_CODES_RENEWED in [entry.action for entry in rig.desk.entries]


def test_a_secret_moved_to_another_account_does_not_open(rig: Rig) -> None:
    member(rig)
    secret, _ = enrolled(rig)
    factor = rig.desk.securities[ALICE].two_factor
    member(rig, BOB, two_factor=factor)
    with pytest.raises(InvariantBroken):
        rig.prove(BOB, Proof(password=PASSWORD, otp=now_code(secret)), ORIGIN, NOW)


def test_a_stored_fault_counts_as_no_failed_attempt(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    member(rig)
    secret, _ = enrolled(rig)

    def down(*_: object) -> bytes:
        raise StaleWrite("vault")

    with monkeypatch.context() as patched:
        patched.setattr(type(rig.totp_vault), "open", down)
        for _ in range(6):
            with pytest.raises(StaleWrite):
                rig.prove(ALICE, Proof(password=PASSWORD, otp="123456"), ORIGIN, NOW)
    assert rig.prove(ALICE, Proof(password=PASSWORD, otp=now_code(secret)), ORIGIN, NOW)


def test_nothing_that_was_typed_is_shown() -> None:
    assert "654321" not in repr(Proof(password=PASSWORD, otp="654321"))
