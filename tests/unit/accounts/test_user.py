from dataclasses import replace
from datetime import timedelta

import pytest

from nightdesk.accounts.identity import Profile, Role, Security
from nightdesk.accounts.setting import MAX_USERS, default
from nightdesk.accounts.tokens import InvitationToken
from nightdesk.accounts.user import Admission, Candidate
from nightdesk.core.errors import Conflict, Invalid, Missing, Refused
from tests.builders.accounts import ALICE, BOB, NOW, a_candidate
from tests.unit.accounts.rig import ORIGIN, Rig, an_attempt


def invited(rig: Rig, **changes: object) -> Candidate:
    _, token = rig.invite(ALICE, ORIGIN, NOW)
    plain = a_candidate(
        username="bob", email="bob@example.com", operator_token=None, invitation=str(token)
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def made(rig: Rig, candidate: Candidate) -> tuple[Profile, Security]:
    found = rig.register(candidate, ORIGIN, NOW)
    assert found is not None
    return found


def test_operator_token_makes_an_admin() -> None:
    rig = Rig()
    profile, security = made(rig, a_candidate(email=" Alice@EXAMPLE.com"))
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


def test_a_full_desk_takes_nobody_more_and_its_first_admin_always() -> None:
    rig = Rig()
    rig.settings.kept[MAX_USERS] = replace(default(MAX_USERS), value=1)
    rig.alice()
    candidate = invited(rig)
    with pytest.raises(Refused) as refusal:
        rig.register(candidate, ORIGIN, NOW)
    assert refusal.value.code == "REGISTRATION_CLOSED"
    rig.settings.kept[MAX_USERS] = replace(default(MAX_USERS), value=2)
    made(rig, candidate)


def test_invitation_makes_a_trader_once() -> None:
    rig = Rig()
    candidate = invited(rig)
    _, security = made(rig, candidate)
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
    profile, _ = made(rig, a_candidate())
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


def opened() -> Rig:
    return Rig(admission=Admission.OPEN)


def uninvited(**changes: object) -> Candidate:
    return replace(a_candidate(operator_token=None), **changes)  # type: ignore[arg-type]


def test_through_an_open_door_an_account_waits_for_its_address() -> None:
    rig = opened()
    assert rig.register(uninvited(), ORIGIN, NOW) is None
    (security,) = rig.desk.securities.values()
    assert (security.role, security.confirmed) == (Role.TRADER, False)
    assert rig.desk.first_admin is None
    with pytest.raises(Refused) as refusal:
        rig.login(an_attempt(), ORIGIN, NOW)
    assert refusal.value.code == "INVALID_CREDENTIALS"
    rig.verify_email(rig.mailer.token("ndv_"), ORIGIN, NOW)
    assert rig.login(an_attempt(), ORIGIN, NOW).security.confirmed


def test_open_registration_answers_the_same_and_mail_tells_the_rest() -> None:
    rig = opened()
    rig.register(a_candidate(), ORIGIN, NOW)
    rig.hasher.work.clear()
    rig.mailer.sent.clear()
    for candidate, subject in (
        (uninvited(username="bob"), "you have an account"),
        (uninvited(email="bob@example.com"), "choose another username"),
        (uninvited(username="bob", email="bob@example.com"), "confirm your address"),
        (uninvited(username="bob", email="bob@example.com"), "confirm your address"),
    ):
        assert rig.register(candidate, ORIGIN, NOW) is None
        to, letter = rig.mailer.sent[-1]
        assert (to, subject in letter.subject) == (candidate.email, True)
    assert len(rig.mailer.sent) == 4
    assert rig.hasher.work == {"hash": 4}
    assert sorted(each.username for each in rig.desk.profiles.values()) == ["alice", "bob"]


def test_an_open_door_without_mail_is_closed() -> None:
    rig = opened()
    rig.mailer.configured = False
    with pytest.raises(Refused) as refusal:
        rig.register(uninvited(), ORIGIN, NOW)
    assert refusal.value.code == "REGISTRATION_CLOSED"


def test_a_name_that_nobody_confirmed_is_free_after_a_day() -> None:
    rig = opened()
    rig.register(uninvited(), ORIGIN, NOW)
    rig.register(uninvited(email="bob@example.com"), ORIGIN, NOW + timedelta(hours=25))
    assert [each.email for each in rig.desk.profiles.values()] == ["bob@example.com"]


def test_an_invitation_through_an_open_door_is_used_up_as_ever() -> None:
    rig = opened()
    assert made(rig, invited(rig))[1].confirmed
    assert not rig.desk.invitations


def test_registration_without_mail_asks_for_no_confirmation() -> None:
    rig = Rig()
    rig.mailer.configured = False
    rig.register(a_candidate(), ORIGIN, NOW)
    assert not rig.desk.mailed


@pytest.mark.parametrize("role", list(Role))
def test_an_invitation_gives_its_role_and_lasts_its_hours(role: Role) -> None:
    rig = Rig()
    invitation, token = rig.invite(ALICE, ORIGIN, NOW, role=role, life=timedelta(hours=1))
    candidate = a_candidate(operator_token=None, invitation=str(token))
    with pytest.raises(Refused):
        rig.register(candidate, ORIGIN, NOW + timedelta(hours=1))
    assert (made(rig, candidate)[1].role, invitation.role) == (role, role)


def test_registration_and_invitation_are_written_down_in_their_transactions() -> None:
    rig = Rig()
    rig.register(a_candidate(), ORIGIN, NOW)
    rig.register(invited(rig), ORIGIN, NOW)
    withdrawn, _ = rig.invite(ALICE, ORIGIN, NOW, email="carl@example.com")
    rig.withdraw_invitation(ALICE, withdrawn.invitation_id, ORIGIN, NOW)
    assert [entry.action.value for entry in rig.desk.entries] == [
        "user_registered_admin",
        "user_invited",
        "user_registered",
        "user_invited",
        "invitation_withdrawn",
    ]
    assert "example.com" not in str([entry.details for entry in rig.desk.entries])


def test_open_invitations_are_listed_and_the_fifty_first_is_refused() -> None:
    rig = Rig()
    for _ in range(50):
        rig.invite(ALICE, ORIGIN, NOW)
    assert len(rig.list_invitations(NOW)) == 50
    with pytest.raises(Conflict) as conflict:
        rig.invite(ALICE, ORIGIN, NOW)
    assert conflict.value.code == "INVITATION_LIMIT"
    rig.withdraw_invitation(ALICE, rig.list_invitations(NOW)[0].invitation_id, ORIGIN, NOW)
    assert rig.invite(ALICE, ORIGIN, NOW)
    assert rig.list_invitations(NOW + timedelta(hours=72)) == []


def test_a_withdrawn_invitation_is_missing_and_lets_nobody_in() -> None:
    rig = Rig()
    invitation, token = rig.invite(ALICE, ORIGIN, NOW)
    rig.withdraw_invitation(ALICE, invitation.invitation_id, ORIGIN, NOW)
    with pytest.raises(Missing):
        rig.withdraw_invitation(ALICE, invitation.invitation_id, ORIGIN, NOW)
    with pytest.raises(Refused) as refusal:
        rig.register(a_candidate(operator_token=None, invitation=str(token)), ORIGIN, NOW)
    assert refusal.value.code == "INVITATION_INVALID"
