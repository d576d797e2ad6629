from dataclasses import replace
from datetime import timedelta

import pytest

from nightdesk.accounts.identity import Role
from nightdesk.accounts.tokens import InvitationToken
from nightdesk.accounts.user import Admission, Candidate
from nightdesk.core.errors import Conflict, Invalid, Missing, Refused
from tests.builders.accounts import ALICE, BOB, NOW, a_candidate
from tests.unit.accounts.rig import ORIGIN, Rig


def invited(rig: Rig, **changes: object) -> Candidate:
    _, token = rig.invite(ALICE, ORIGIN, NOW)
    plain = a_candidate(
        username="bob", email="bob@example.com", operator_token=None, invitation=str(token)
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def test_operator_token_makes_an_admin() -> None:
    rig = Rig()
    profile, security = rig.register(a_candidate(email=" Alice@EXAMPLE.com"), ORIGIN, NOW)
    assert (profile.username, profile.email) == ("alice", "Alice@example.com")
    assert (security.role, security.owner) == (Role.ADMIN, profile.owner)
    assert rig.read_account(profile.owner)[0].owner == profile.owner


def test_operator_token_twice_is_used() -> None:
    rig = Rig()
    rig.register(a_candidate(), ORIGIN, NOW)
    with pytest.raises(Refused) as refusal:
        rig.register(a_candidate(username="bob", email="bob@example.com"), ORIGIN, NOW)
    assert (refusal.value.code, refusal.value.status) == ("OPERATOR_TOKEN_USED", 403)


@pytest.mark.parametrize("token", ["", "wrong", "ö"])
def test_wrong_operator_token_is_forbidden_and_costs_no_hash(token: str) -> None:
    rig = Rig()
    with pytest.raises(Refused) as refusal:
        rig.register(a_candidate(operator_token=token), ORIGIN, NOW)
    assert refusal.value.code == "FORBIDDEN"
    assert not rig.hasher.work


def test_without_token_or_invitation_registration_is_closed() -> None:
    rig = Rig()
    with pytest.raises(Refused) as refusal:
        rig.register(a_candidate(operator_token=None, password="weak"), ORIGIN, NOW)
    assert refusal.value.code == "REGISTRATION_CLOSED"


def test_closed_desk_refuses_even_an_invitation() -> None:
    rig = Rig(admission=Admission.CLOSED)
    with pytest.raises(Refused) as refusal:
        rig.register(invited(rig), ORIGIN, NOW)
    assert refusal.value.code == "REGISTRATION_CLOSED"


def test_invitation_makes_a_trader_once() -> None:
    rig = Rig()
    candidate = invited(rig)
    _, security = rig.register(candidate, ORIGIN, NOW)
    assert security.role is Role.TRADER
    with pytest.raises(Refused) as refusal:
        rig.register(replace(candidate, username="carl", email="carl@example.com"), ORIGIN, NOW)
    assert refusal.value.code == "INVITATION_INVALID"


@pytest.mark.parametrize("text", ["", "x", "ndi_../../x_" + "a" * 43, "a" * 256])
def test_a_text_that_is_no_invitation_is_invalid(text: str) -> None:
    rig = Rig()
    with pytest.raises(Refused) as refusal:
        rig.register(a_candidate(operator_token=None, invitation=text), ORIGIN, NOW)
    assert refusal.value.code == "INVITATION_INVALID"


def test_a_guessed_secret_of_a_known_invitation_is_invalid() -> None:
    rig = Rig()
    invitation, _ = rig.invite(ALICE, ORIGIN, NOW)
    guess = InvitationToken.new(invitation.invitation_id)
    with pytest.raises(Refused) as refusal:
        rig.register(a_candidate(operator_token=None, invitation=str(guess)), ORIGIN, NOW)
    assert refusal.value.code == "INVITATION_INVALID"
    assert not rig.hasher.work


def test_invitation_expires_after_72_hours() -> None:
    rig = Rig()
    candidate = invited(rig)
    with pytest.raises(Refused) as refusal:
        rig.register(candidate, ORIGIN, NOW + timedelta(hours=72))
    assert refusal.value.code == "INVITATION_INVALID"


def test_invitation_for_an_address_serves_no_other() -> None:
    rig = Rig()
    _, token = rig.invite(ALICE, ORIGIN, NOW, email="bob@EXAMPLE.com")
    candidate = a_candidate(operator_token=None, invitation=str(token))
    with pytest.raises(Refused) as refusal:
        rig.register(candidate, ORIGIN, NOW)
    assert refusal.value.code == "INVITATION_INVALID"
    rig.register(replace(candidate, email="bob@example.com"), ORIGIN, NOW)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"username": "alice"}, "USERNAME_TAKEN"),
        ({"email": "alice@example.com"}, "EMAIL_TAKEN"),
    ],
)
def test_taken_names_conflict_for_the_invited(changes: dict[str, str], code: str) -> None:
    rig = Rig()
    rig.register(a_candidate(), ORIGIN, NOW)
    with pytest.raises(Conflict) as conflict:
        rig.register(invited(rig, **changes), ORIGIN, NOW)
    assert conflict.value.code == code


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"password": "short"}, "WEAK_PASSWORD"),
        ({"username": "A"}, "BAD_FORMAT"),
        ({"email": "nobody"}, "BAD_FORMAT"),
    ],
)
def test_bad_input_of_the_admitted_is_invalid(changes: dict[str, str], code: str) -> None:
    with pytest.raises(Invalid) as refusal:
        Rig().register(a_candidate(**changes), ORIGIN, NOW)
    assert refusal.value.code == code


def test_account_of_a_stranger_is_missing() -> None:
    with pytest.raises(Missing):
        Rig().read_account(BOB)


def test_half_an_account_is_missing() -> None:
    rig = Rig()
    profile, _ = rig.register(a_candidate(), ORIGIN, NOW)
    rig.desk.securities.clear()
    with pytest.raises(Missing):
        rig.read_account(profile.owner)


def test_nothing_typed_is_in_a_repr() -> None:
    rig = Rig()
    invitation, token = rig.invite(ALICE, ORIGIN, NOW)
    texts = repr((a_candidate(), invitation, token))
    assert token.secret not in texts
    assert invitation.digest not in texts
    assert a_candidate().password not in texts


def test_two_first_admins_at_once_make_one(monkeypatch: pytest.MonkeyPatch) -> None:
    rig = Rig()
    hashed = rig.hasher.hash

    def slow(password: str) -> str:
        """Let another registration pass while this one still hashes."""
        monkeypatch.setattr(rig.hasher, "hash", hashed)
        rig.register(a_candidate(username="bob", email="bob@example.com"), ORIGIN, NOW)
        return hashed(password)

    monkeypatch.setattr(rig.hasher, "hash", slow)
    with pytest.raises(Refused) as refusal:
        rig.register(a_candidate(), ORIGIN, NOW)
    assert refusal.value.code == "OPERATOR_TOKEN_USED"
    assert [each.username for each in rig.desk.profiles.values()] == ["bob"]
