"""Passwords changed, forgotten, reset; addresses that are confirmed."""

import re
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from nightdesk.accounts.audit import Action, ActorKind, Origin, Source
from nightdesk.accounts.identity import AccountStatus, Role
from nightdesk.accounts.login import PasswordChangeRequired
from nightdesk.accounts.mailed import MailedToken, Purpose
from nightdesk.accounts.password_change import ONE_TIME_LETTERS
from nightdesk.accounts.profile import Changes
from nightdesk.accounts.session import Pair
from nightdesk.accounts.tokens import Scope
from nightdesk.core.errors import (
    Conflict,
    Invalid,
    Missing,
    Refused,
    StaleWrite,
    StoreUnavailable,
    TooMany,
)
from tests.builders.accounts import ALICE, BOB, NOW, PASSWORD
from tests.unit.accounts.doors import enrolled, member, session_of
from tests.unit.accounts.rig import ORIGIN, Rig, an_attempt

NEW = "a quite different phrase"
LATER = NOW + timedelta(minutes=10)
ADMIN = Origin(kind=ActorKind.ADMIN, actor=BOB, source=Source.API)


@pytest.fixture
def rig() -> Rig:
    rig = Rig()
    member(rig)
    verified(rig)
    return rig


def verified(rig: Rig, at: datetime | None = NOW) -> None:
    rig.desk.profiles[ALICE] = replace(rig.desk.profiles[ALICE], verified_at=at)


def email(rig: Rig) -> str:
    return rig.desk.profiles[ALICE].email


def login(rig: Rig, password: str = PASSWORD, now: datetime = NOW) -> Pair:
    return rig.login(an_attempt(email(rig), password), ORIGIN, now)


def refused(rig: Rig, password: str) -> bool:
    try:
        login(rig, password, LATER)
    except Refused as refusal:
        return refusal.code == "INVALID_CREDENTIALS"
    return False


def change(rig: Rig, pair: Pair, current: str = PASSWORD, new: str = NEW) -> None:
    keep = rig.authenticate(pair.access_token, NOW).session_id
    rig.change_password(ALICE, keep, current, new, origin=ORIGIN, now=NOW)


def kinds(rig: Rig) -> list[object]:
    return [event.data["kind"] for event in rig.desk.events]


def actions(rig: Rig) -> list[Action]:
    return [entry.action for entry in rig.desk.entries]


def test_change_kills_every_access_token_and_keeps_this_session_alone(rig: Rig) -> None:
    here, there = login(rig), login(rig)
    change(rig, here)
    for pair in (here, there):
        with pytest.raises(Refused) as refusal:
            rig.authenticate(pair.access_token, NOW)
        assert refusal.value.code == "TOKEN_REVOKED"
    fresh = rig.refresh(here.refresh_token, ORIGIN, NOW)
    assert rig.authenticate(fresh.access_token, NOW).owner == ALICE
    with pytest.raises(Refused):
        rig.refresh(there.refresh_token, ORIGIN, NOW)
    assert refused(rig, PASSWORD)
    assert login(rig, NEW, LATER)


def test_change_is_written_down_told_and_mailed(rig: Rig) -> None:
    change(rig, login(rig))
    assert Action.PASSWORD_CHANGED in actions(rig)
    assert kinds(rig) == ["password_changed"]
    ((to, letter),) = rig.mailer.sent
    assert (to, "changed" in letter.subject) == (email(rig), True)
    assert NEW not in repr((rig.desk.entries, rig.desk.events, letter.text))


def test_wrong_present_password_is_a_failed_login(rig: Rig) -> None:
    pair = login(rig)
    for _ in range(5):
        with pytest.raises(Refused) as refusal:
            change(rig, pair, current="wrong password")
        assert (refusal.value.code, refusal.value.status) == ("INVALID_CREDENTIALS", 401)
    with pytest.raises(TooMany):
        change(rig, pair)
    assert rig.desk.securities[ALICE].epoch == 1


@pytest.mark.parametrize(
    "new", ["short", PASSWORD, PASSWORD.replace("c", "\uff43", 1), "1q2w3e4r5t6y"]
)
def test_a_weak_or_the_same_password_changes_nothing(rig: Rig, new: str) -> None:
    pair = login(rig)
    with pytest.raises(Invalid) as refusal:
        change(rig, pair, new=new)
    assert (refusal.value.code, refusal.value.field) == ("WEAK_PASSWORD", "new")
    assert rig.authenticate(pair.access_token, NOW)


def one_time(rig: Rig) -> str:
    return rig.reset_password_by_admin(ALICE, ADMIN, NOW)


def test_admin_reset_gives_a_password_that_opens_its_change_alone(rig: Rig) -> None:
    old = login(rig)
    password = one_time(rig)
    assert re.fullmatch(f"[{ONE_TIME_LETTERS}]{{20}}", password)
    with pytest.raises(Refused):
        rig.authenticate(old.access_token, NOW)
    with pytest.raises(PasswordChangeRequired) as due:
        login(rig, password)
    assert (due.value.code, due.value.status) == ("PASSWORD_CHANGE_REQUIRED", 403)
    (detail,) = due.value.details
    assert detail["expires_in"] == 600
    token = str(detail["access_token"])
    who = rig.authenticate(token, NOW)
    assert who.scope is Scope.PASSWORD_CHANGE
    with pytest.raises(Refused) as gone:
        rig.authenticate(token, LATER + timedelta(seconds=31))
    assert gone.value.status == 401
    rig.change_password(ALICE, None, password, NEW, origin=ORIGIN, now=NOW)
    assert not rig.list_sessions(ALICE, NOW)
    with pytest.raises(Refused):
        rig.authenticate(token, NOW)
    assert login(rig, NEW).security.must_change_password is False


def test_admin_reset_is_on_both_chains_and_critical(rig: Rig) -> None:
    one_time(rig)
    entries = [each for each in rig.desk.entries if each.action is Action.PASSWORD_RESET_BY_ADMIN]
    assert {each.owner for each in entries} == {ALICE, BOB}
    assert {each.action.severity.value for each in entries} == {"critical"}


def test_two_one_time_passwords_differ(rig: Rig) -> None:
    assert one_time(rig) != one_time(rig)


def test_an_admin_resets_others_alone(rig: Rig) -> None:
    with pytest.raises(Conflict) as conflict:
        rig.reset_password_by_admin(ALICE, replace(ADMIN, actor=ALICE), NOW)
    assert conflict.value.code == "SELF"
    with pytest.raises(Missing):
        rig.reset_password_by_admin(BOB, replace(ADMIN, actor=ALICE), NOW)


def test_forced_change_comes_after_the_second_factor(rig: Rig) -> None:
    enrolled(rig)
    password = one_time(rig)
    with pytest.raises(Refused) as refusal:
        login(rig, password)
    assert refusal.value.code == "OTP_REQUIRED"


def forgot(rig: Rig, address: str, now: datetime = NOW) -> None:
    rig.forgot_password(address, ORIGIN, now)


def token_of(rig: Rig) -> str:
    forgot(rig, email(rig))
    return rig.mailer.token("ndp_")


def test_reset_by_mail_ends_every_session_and_keeps_the_second_factor(rig: Rig) -> None:
    enrolled(rig)
    session = session_of(rig)
    token = token_of(rig)
    rig.reset_password(token, NEW, origin=ORIGIN, now=LATER)
    security = rig.desk.securities[ALICE]
    assert (security.epoch, security.enrolled) == (2, True)
    assert rig.desk.sessions[session].revoked_at == LATER
    assert kinds(rig) == ["password_changed"]
    assert Action.PASSWORD_RESET in actions(rig)


def used(rig: Rig, token: str, now: datetime = NOW) -> tuple[str, int]:
    with pytest.raises(Refused) as refusal:
        rig.reset_password(token, NEW, origin=ORIGIN, now=now)
    return refusal.value.code, refusal.value.status


def test_reset_token_serves_once(rig: Rig) -> None:
    token = token_of(rig)
    rig.reset_password(token, NEW, origin=ORIGIN, now=NOW)
    assert used(rig, token) == ("TOKEN_USED", 410)


def test_reset_token_lives_thirty_minutes(rig: Rig) -> None:
    assert used(rig, token_of(rig), NOW + timedelta(minutes=30)) == ("TOKEN_USED", 410)


def test_a_changed_password_voids_the_resets_before_it(rig: Rig) -> None:
    token = token_of(rig)
    change(rig, login(rig))
    assert used(rig, token) == ("TOKEN_USED", 410)


@pytest.mark.parametrize("text", ["", "x", "ndp_1_" + "a" * 43, "ndv_1_" + "a" * 43, "ndp_1_x" * 9])
def test_a_text_that_is_no_reset_is_used_up(rig: Rig, text: str) -> None:
    assert used(rig, text) == ("TOKEN_USED", 410)


def test_a_weak_password_leaves_the_token_for_another_try(rig: Rig) -> None:
    token = token_of(rig)
    with pytest.raises(Invalid):
        rig.reset_password(token, "short", origin=ORIGIN, now=NOW)
    rig.reset_password(token, NEW, origin=ORIGIN, now=NOW)


def test_a_blocked_owner_resets_nothing(rig: Rig) -> None:
    token = token_of(rig)
    blocked = replace(rig.desk.securities[ALICE], status=AccountStatus.BLOCKED)
    rig.desk.securities[ALICE] = blocked
    assert used(rig, token) == ("ACCOUNT_BLOCKED", 403)


def test_reset_lets_a_locked_owner_in_from_the_network_of_the_reset(rig: Rig) -> None:
    for n in range(25):
        origin = replace(ORIGIN, network=f"198.51.{n}.1")
        with pytest.raises((Refused, TooMany)):
            rig.login(an_attempt(email(rig), "wrong password"), origin, NOW)
    for _ in range(3):
        with pytest.raises(TooMany):
            login(rig)
    rig.reset_password(token_of(rig), NEW, origin=ORIGIN, now=NOW)
    assert login(rig, NEW)


@pytest.mark.parametrize("who", ["unverified", "nobody", "nonsense", "blocked"])
def test_who_is_not_entitled_gets_no_mail_for_the_same_work(rig: Rig, who: str) -> None:
    work: list[Counter[str]] = []
    rig.desk.reads.clear()
    forgot(rig, email(rig))
    work.append(Counter(rig.desk.reads))
    rig.mailer.sent.clear()
    if who == "unverified":
        verified(rig, None)
    if who == "blocked":
        blocked = replace(rig.desk.securities[ALICE], status=AccountStatus.BLOCKED)
        rig.desk.securities[ALICE] = blocked
    address = {"nobody": "nobody@example.com", "nonsense": "nonsense"}.get(who, email(rig))
    rig.desk.reads.clear()
    forgot(rig, address, LATER)
    work.append(Counter(rig.desk.reads))
    assert [to for to, _ in rig.mailer.sent] == [None]
    assert work[0] == work[1]
    assert not rig.hasher.work["verify"]


def test_a_mailbox_is_sent_one_reset_a_minute(rig: Rig) -> None:
    for seconds in (0, 1, 59, 60):
        forgot(rig, email(rig), NOW + timedelta(seconds=seconds))
    assert [to is not None for to, _ in rig.mailer.sent] == [True, False, False, True]


def test_mail_that_does_not_leave_changes_no_answer(rig: Rig) -> None:
    rig.mailer.fault = StoreUnavailable("SES is down")
    forgot(rig, email(rig))
    change(rig, login(rig))
    assert login(rig, NEW)


def test_who_asks_for_a_reset_is_written_down_once_in_five_minutes(rig: Rig) -> None:
    for seconds in (0, 60, 120):
        forgot(rig, email(rig), NOW + timedelta(seconds=seconds))
        forgot(rig, "nobody@example.com", NOW + timedelta(seconds=seconds))
    assert [entry.owner for entry in rig.desk.entries] == [ALICE, "SYSTEM"]


def test_tokens_do_not_show_themselves() -> None:
    token = MailedToken.new(Purpose.RESET, "1")
    assert token.secret not in repr(token)
    assert MailedToken.read(Purpose.RESET, str(token)) == token
    assert MailedToken.read(Purpose.ADDRESS, str(token)) is None


def update(rig: Rig, *, elevated: bool = True, now: datetime = NOW, **wanted: str) -> None:
    version = rig.desk.profiles[ALICE].version
    changes = Changes(version=version, **wanted)
    rig.update_account(ALICE, changes, elevated=elevated, origin=ORIGIN, now=now)


def test_profile_takes_names_places_and_currencies(rig: Rig) -> None:
    update(
        rig,
        elevated=False,
        display_name="  Zoë 東京 🚀 ",
        locale="en-ZA",
        time_zone="Africa/Johannesburg",
        currency="ZAR",
    )
    profile = rig.desk.profiles[ALICE]
    assert (profile.display_name, profile.locale) == ("Zoë 東京 🚀", "en-ZA")
    assert (profile.time_zone, profile.currency) == ("Africa/Johannesburg", "ZAR")
    (entry,) = rig.desk.entries
    assert entry.details == {"fields": ["display_name", "locale", "time_zone", "currency"]}


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("display_name", "a\nb"),
        ("display_name", "a\u202eb"),
        ("display_name", "a\u2066b"),
        ("display_name", "a\u2028b"),
        ("display_name", "a\x00b"),
        ("display_name", "x" * 65),
        ("locale", "EN"),
        ("locale", "en_ZA"),
        ("time_zone", "Mars/Base"),
        ("time_zone", "../../etc/passwd"),
        ("time_zone", ""),
        ("currency", "usd"),
        ("currency", "BTC"),
    ],
)
def test_what_is_none_of_these_is_refused_by_its_field(rig: Rig, field: str, text: str) -> None:
    before = rig.desk.profiles[ALICE]
    with pytest.raises(Invalid) as refusal:
        rig.update_account(
            ALICE,
            replace(Changes(version=1), **{field: text}),  # type: ignore[arg-type]
            elevated=True,
            origin=ORIGIN,
            now=NOW,
        )
    assert (refusal.value.code, refusal.value.field) == ("BAD_FORMAT", field)
    assert rig.desk.profiles[ALICE] == before


def test_an_older_version_is_stale_and_no_change_writes_nothing(rig: Rig) -> None:
    with pytest.raises(StaleWrite):
        rig.update_account(ALICE, Changes(version=9), elevated=True, origin=ORIGIN, now=NOW)
    update(rig)
    assert (rig.desk.profiles[ALICE].version, rig.desk.entries) == (1, [])


def verify(rig: Rig, token: str, now: datetime = NOW) -> None:
    rig.verify_email(token, ORIGIN, now)


def test_a_new_address_counts_once_it_is_confirmed(rig: Rig) -> None:
    old = email(rig)
    update(rig, email="New@EXAMPLE.com")
    profile = rig.desk.profiles[ALICE]
    assert (profile.email, profile.new_email) == (old, "New@example.com")
    assert [to for to, _ in rig.mailer.sent] == ["New@example.com"]
    verify(rig, rig.mailer.token("ndv_"), LATER)
    profile = rig.desk.profiles[ALICE]
    assert (profile.email, profile.new_email, profile.verified_at) == (
        "New@example.com",
        None,
        LATER,
    )
    assert Action.EMAIL_CHANGED in actions(rig)
    assert kinds(rig) == ["email_changed"]
    assert rig.mailer.sent[-1][0] == old


def test_a_new_address_needs_step_up_mail_and_to_be_free(rig: Rig) -> None:
    with pytest.raises(Refused) as refusal:
        update(rig, elevated=False, email="new@example.com")
    assert refusal.value.code == "STEP_UP_REQUIRED"
    member(rig, BOB)
    with pytest.raises(Conflict) as conflict:
        update(rig, email=rig.desk.profiles[BOB].email)
    assert conflict.value.code == "EMAIL_TAKEN"
    rig.mailer.configured = False
    with pytest.raises(Conflict) as conflict:
        update(rig, email="new@example.com")
    assert conflict.value.code == "MAIL_NOT_CONFIGURED"
    rig.mailer.configured = True
    with pytest.raises(Invalid):
        update(rig, email="a@example.com\r\nBcc: b@example.com")


def test_an_address_that_waits_no_more_is_not_confirmed(rig: Rig) -> None:
    update(rig, email="one@example.com")
    token = rig.mailer.token("ndv_")
    update(rig, email="two@example.com")
    with pytest.raises(Refused) as refusal:
        verify(rig, token)
    assert (refusal.value.code, refusal.value.status) == ("TOKEN_USED", 410)
    verify(rig, rig.mailer.token("ndv_"))
    assert email(rig) == "two@example.com"


def test_an_address_taken_meanwhile_conflicts(rig: Rig) -> None:
    update(rig, email="new@example.com")
    member(rig, BOB)
    rig.desk.profiles[BOB] = replace(rig.desk.profiles[BOB], email="new@example.com")
    with pytest.raises(Conflict) as conflict:
        verify(rig, rig.mailer.token("ndv_"))
    assert conflict.value.code == "EMAIL_TAKEN"


def test_the_present_address_is_confirmed_by_asking_for_it_again(rig: Rig) -> None:
    verified(rig, None)
    update(rig, email=email(rig))
    verify(rig, rig.mailer.token("ndv_"))
    assert rig.desk.profiles[ALICE].verified_at == NOW
    assert actions(rig) == [Action.EMAIL_VERIFIED]
    assert not rig.desk.events


@pytest.mark.parametrize("late", [timedelta(hours=24), timedelta(days=9)])
def test_confirmation_lives_a_day_and_serves_once(rig: Rig, late: timedelta) -> None:
    verified(rig, None)
    update(rig, email=email(rig))
    token = rig.mailer.token("ndv_")
    with pytest.raises(Refused):
        verify(rig, token, NOW + late)
    verify(rig, token)
    with pytest.raises(Refused) as refusal:
        verify(rig, token)
    assert refusal.value.code == "TOKEN_USED"


def test_confirmation_of_a_vanished_account_is_used_up(rig: Rig) -> None:
    update(rig, email="new@example.com")
    token = rig.mailer.token("ndv_")
    rig.desk.profiles.clear()
    with pytest.raises(Refused):
        verify(rig, token)
    rig.desk.securities.clear()
    with pytest.raises(Refused):
        verify(rig, token)


@pytest.mark.parametrize("role", list(Role))
def test_letters_have_plain_subjects_and_no_word_that_was_typed(rig: Rig, role: Role) -> None:
    member(rig, BOB, role)
    update(rig, email="new@example.com")
    forgot(rig, email(rig))
    change(rig, login(rig))
    for to, letter in rig.mailer.sent:
        assert letter.subject.startswith("Nightdesk: ")
        assert str(to) not in letter.text
        assert rig.desk.profiles[ALICE].username not in letter.text
        assert letter.text not in repr(letter)
