"""What every Users, Sessions, Invitations and Replies keeps to."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from nightdesk.accounts.identity import AccountStatus, Block, Role, TwoFactor
from nightdesk.accounts.notice import notified
from nightdesk.accounts.ports import (
    ApiTokens,
    Invitations,
    KnownNetworks,
    LoginThrottle,
    MailedTokens,
    Passwords,
    Replies,
    Sessions,
    Users,
)
from nightdesk.accounts.tally import RULES, Subject, Tally
from nightdesk.accounts.tokens import InvitationToken, TokenScope
from nightdesk.core.errors import Conflict, Missing, Refused, StaleWrite
from nightdesk.core.ids import ulid
from tests.builders.accounts import (
    ALICE,
    BOB,
    NOW,
    a_profile,
    a_reply,
    a_security,
    a_session,
    a_session_id,
    an_api_token,
    an_invitation,
)

LATER = NOW + timedelta(seconds=61)


def an_invitation_token(cause: str = "one") -> InvitationToken:
    return InvitationToken.new(ulid(NOW, cause))


class UsersContract:
    def test_security_comes_back_as_it_was_saved(self, users: Users) -> None:
        users.create(a_profile(), a_security())
        read = users.security(ALICE)
        assert read is not None
        wanted = replace(
            read,
            status=AccountStatus.BLOCKED,
            must_change_password=True,
            two_factor=TwoFactor(
                sealed="a.b", confirmed_at=NOW, last_step=58_000_000, recovery=("c" * 64,)
            ),
            block=Block(at=NOW, by=BOB, reason="spam"),
            limits={"read": 7},
        )
        users.save_security(wanted)
        assert users.security(ALICE) == replace(wanted, version=2)

    def test_the_desk_is_full_at_so_many_accounts(self, users: Users) -> None:
        assert not users.full(1)
        users.create(a_profile(), a_security())
        assert users.full(1)
        assert not users.full(2)

    def test_create_then_read_gives_both_records_at_version_1(self, users: Users) -> None:
        profile, security = a_profile(display_name="Alice"), a_security(role=Role.ADMIN)
        users.create(profile, security)
        assert users.profile(ALICE) == replace(profile, version=1)
        assert users.security(ALICE) == replace(security, version=1)
        assert users.by_email("alice@example.com") == ALICE

    def test_first_admin_twice_is_refused_and_stores_nothing(self, users: Users) -> None:
        users.create(a_profile(), a_security())
        with pytest.raises(Refused) as refusal:
            users.create(
                a_profile(owner=BOB, username="bob", email="bob@example.com"),
                a_security(owner=BOB),
            )
        assert refusal.value.code == "OPERATOR_TOKEN_USED"
        assert users.security(BOB) is None
        assert users.by_email("bob@example.com") is None

    @pytest.mark.parametrize(
        ("username", "email", "code"),
        [
            ("alice", "bob@example.com", "USERNAME_TAKEN"),
            ("bob", "alice@example.com", "EMAIL_TAKEN"),
        ],
    )
    def test_create_with_a_taken_name_conflicts_and_keeps_the_invitation(
        self, users: Users, invitations: Invitations, username: str, email: str, code: str
    ) -> None:
        users.create(a_profile(), a_security())
        invitation = an_invitation(an_invitation_token())
        invitations.save(invitation, limit=1, now=NOW)
        with pytest.raises(Conflict) as conflict:
            users.create(
                a_profile(owner=BOB, username=username, email=email),
                a_security(owner=BOB),
                invitation=invitation,
            )
        assert conflict.value.code == code
        assert users.security(BOB) is None
        assert invitations.get(invitation.invitation_id) == invitation

    def test_an_invitation_serves_once(self, users: Users, invitations: Invitations) -> None:
        invitation = an_invitation(an_invitation_token())
        invitations.save(invitation, limit=1, now=NOW)
        users.create(a_profile(), a_security(), invitation=invitation)
        assert invitations.get(invitation.invitation_id) is None
        with pytest.raises(Refused) as refusal:
            users.create(
                a_profile(owner=BOB, username="bob", email="bob@example.com"),
                a_security(owner=BOB),
                invitation=invitation,
            )
        assert refusal.value.code == "INVITATION_INVALID"

    def test_invitations_over_the_limit_conflict_until_one_expires(
        self, invitations: Invitations
    ) -> None:
        invitations.save(an_invitation(an_invitation_token()), limit=1, now=NOW)
        other = an_invitation(an_invitation_token("two"))
        with pytest.raises(Conflict):
            invitations.save(other, limit=1, now=NOW)
        invitations.save(other, limit=1, now=NOW + timedelta(hours=73))

    def test_unknown_users_are_missing(self, users: Users) -> None:
        assert users.by_email("nobody@example.com") is None
        assert users.security(BOB) is None
        with pytest.raises(Missing):
            users.profile(BOB)

    def test_save_security_over_another_write_is_stale(self, users: Users) -> None:
        users.create(a_profile(), a_security())
        read = users.security(ALICE)
        assert read is not None
        users.save_security(read.next_epoch())
        with pytest.raises(StaleWrite):
            users.save_security(read.with_hash("newer"))
        stored = users.security(ALICE)
        assert stored is not None
        assert (stored.epoch, stored.password_hash) == (2, "hash")


class ApiTokensContract:
    def test_standing_has_security_and_token(self, users: Users, tokens: ApiTokens) -> None:
        users.create(a_profile(), a_security())
        token = an_api_token(cidrs=("192.0.2.0/24",), scopes=frozenset(TokenScope))
        tokens.create(token, limit=1, now=NOW)
        standing = tokens.standing(token.token_id)
        assert standing.token == token
        assert standing.security == users.security(ALICE)

    def test_standing_of_strangers_is_empty(self, tokens: ApiTokens) -> None:
        standing = tokens.standing(an_api_token(BOB).token_id)
        assert (standing.security, standing.token) == (None, None)

    def test_of_lists_only_the_owners_oldest_first(self, tokens: ApiTokens) -> None:
        first, second, other = an_api_token(), an_api_token(at=LATER), an_api_token(BOB)
        for token in (second, other, first):
            tokens.create(token, limit=9, now=NOW)
        assert tokens.of(ALICE) == [first, second]

    def test_the_limit_counts_valid_tokens(self, tokens: ApiTokens) -> None:
        tokens.create(an_api_token(), limit=1, now=NOW)
        other = an_api_token(at=LATER)
        with pytest.raises(Conflict) as refusal:
            tokens.create(other, limit=1, now=LATER)
        assert refusal.value.code == "TOKEN_LIMIT"
        tokens.create(other, limit=1, now=NOW + timedelta(days=91))

    def test_removed_is_gone_and_removed_twice_is_missing(self, tokens: ApiTokens) -> None:
        token = an_api_token()
        tokens.create(token, limit=1, now=NOW)
        tokens.remove(token.token_id)
        assert tokens.standing(token.token_id).token is None
        with pytest.raises(Missing):
            tokens.remove(token.token_id)

    def test_last_use_is_kept_and_brings_no_token_back(
        self, users: Users, tokens: ApiTokens
    ) -> None:
        users.create(a_profile(), a_security())
        token = an_api_token()
        with pytest.raises(Missing):
            tokens.used(token.token_id, NOW, "192.0.2.1")
        tokens.create(token, limit=1, now=NOW)
        tokens.used(token.token_id, LATER, "192.0.2.1")
        wanted = replace(token, last_used_at=LATER, last_network="192.0.2.1")
        assert tokens.of(ALICE) == [wanted]

    def test_end_all_takes_the_named_tokens_along(
        self, users: Users, sessions: Sessions, tokens: ApiTokens
    ) -> None:
        users.create(a_profile(), a_security())
        gone, left = an_api_token(), an_api_token(at=LATER)
        for token in (gone, left):
            tokens.create(token, limit=9, now=NOW)
        security = users.security(ALICE)
        assert security is not None
        sessions.end_all(security.next_epoch(), [], NOW, token_ids=[gone.token_id])
        assert tokens.of(ALICE) == [left]


class SessionsContract:
    def test_elevate_holds_and_an_ended_session_is_missing(self, sessions: Sessions) -> None:
        session = a_session()
        with pytest.raises(Missing):
            sessions.elevate(session.session_id, LATER)
        sessions.open(session, now=NOW)
        sessions.elevate(session.session_id, LATER)
        assert sessions.of(ALICE) == [replace(session, elevated_until=LATER)]
        sessions.end(session.session_id, NOW)
        with pytest.raises(Missing):
            sessions.elevate(session.session_id, LATER)

    def test_standing_has_security_and_session(self, users: Users, sessions: Sessions) -> None:
        users.create(a_profile(), a_security())
        session = a_session(device="laptop")
        sessions.open(session, now=NOW)
        standing = sessions.standing(session.session_id)
        assert standing.session == session
        assert standing.security == users.security(ALICE)

    def test_standing_of_strangers_is_empty(self, sessions: Sessions) -> None:
        standing = sessions.standing(a_session_id(BOB))
        assert (standing.security, standing.session) == (None, None)

    def test_open_ends_the_named_sessions(self, sessions: Sessions) -> None:
        old, new = a_session(), a_session(at=LATER)
        sessions.open(old, now=NOW)
        sessions.open(new, ended=[old.session_id], now=LATER)
        ended = sessions.standing(old.session_id).session
        assert ended is not None
        assert ended.revoked_at == LATER
        assert sessions.of(ALICE) == [new]

    def test_of_lists_only_the_owners_oldest_first(self, sessions: Sessions) -> None:
        first, second, other = a_session(), a_session(at=LATER), a_session(BOB)
        for session in (second, other, first):
            sessions.open(session, now=NOW)
        assert sessions.of(ALICE) == [first, second]

    def test_rotate_twice_from_the_same_token_lets_one_win(self, sessions: Sessions) -> None:
        session = a_session()
        sessions.open(session, now=NOW)
        winner = session.rotated("e" * 64, LATER)
        sessions.rotate(winner)
        with pytest.raises(StaleWrite):
            sessions.rotate(session.rotated("f" * 64, LATER))
        assert sessions.standing(session.session_id).session == winner

    def test_rotate_after_the_end_is_stale(self, sessions: Sessions) -> None:
        session = a_session()
        sessions.open(session, now=NOW)
        sessions.end(session.session_id, NOW)
        with pytest.raises(StaleWrite):
            sessions.rotate(session.rotated("e" * 64, LATER))

    def test_end_twice_keeps_the_first_moment(self, sessions: Sessions) -> None:
        session = a_session()
        sessions.open(session, now=NOW)
        sessions.end(session.session_id, NOW)
        sessions.end(session.session_id, LATER)
        ended = sessions.standing(session.session_id).session
        assert ended is not None
        assert ended.revoked_at == NOW

    def test_end_of_an_unknown_session_is_missing(self, sessions: Sessions) -> None:
        with pytest.raises(Missing):
            sessions.end(a_session_id(), NOW)

    def test_end_all_raises_the_epoch_and_ends_all(self, users: Users, sessions: Sessions) -> None:
        users.create(a_profile(), a_security())
        one, two = a_session(), a_session(at=LATER)
        for session in (one, two):
            sessions.open(session, now=NOW)
        security = users.security(ALICE)
        assert security is not None
        sessions.end_all(security.next_epoch(), [one.session_id, two.session_id], LATER)
        assert sessions.of(ALICE) == []
        raised = users.security(ALICE)
        assert raised is not None
        assert raised.epoch == 2

    def test_end_all_over_another_write_is_stale_and_ends_none(
        self, users: Users, sessions: Sessions
    ) -> None:
        users.create(a_profile(), a_security())
        session = a_session()
        sessions.open(session, now=NOW)
        with pytest.raises(StaleWrite):
            sessions.end_all(a_security(version=7, epoch=2), [session.session_id], LATER)
        assert sessions.of(ALICE) == [session]


class RepliesContract:
    def test_claim_again_returns_what_stands(self, replies: Replies) -> None:
        reply = a_reply()
        assert replies.claim(reply) is None
        assert replies.claim(a_reply(request_digest="b" * 64)) == reply

    @pytest.mark.parametrize(
        "other", [{"owner": BOB}, {"route": "POST /api/other"}, {"key": "j" * 16}]
    )
    def test_claim_of_another_owner_route_or_key_is_its_own(
        self, replies: Replies, other: dict[str, str]
    ) -> None:
        replies.claim(a_reply())
        assert replies.claim(a_reply(**other)) is None

    def test_claim_after_expiry_begins_anew(self, replies: Replies) -> None:
        replies.claim(a_reply())
        assert replies.claim(a_reply(started_at=NOW + timedelta(hours=24))) is None

    def test_finished_reply_is_found_and_stays(self, replies: Replies) -> None:
        reply = a_reply()
        replies.claim(reply)
        done = replace(reply, status=201, body='{"ü": 1}'.encode())
        assert replies.finish(done)
        assert not replies.finish(replace(reply, status=500))
        assert not replies.retake(replace(reply, held_until=LATER), reply)
        assert replies.claim(a_reply()) == done

    def test_an_empty_answer_is_kept_empty(self, replies: Replies) -> None:
        replies.claim(a_reply())
        assert replies.finish(a_reply(status=204))
        assert replies.claim(a_reply()) == a_reply(status=204)

    def test_two_retakes_let_one_win_and_fence_the_first_try(self, replies: Replies) -> None:
        reply = a_reply()
        replies.claim(reply)
        again = replace(reply, held_until=LATER + timedelta(seconds=60))
        assert replies.retake(again, reply)
        assert not replies.retake(again, reply)
        assert not replies.finish(replace(reply, status=201))
        assert replies.finish(replace(again, status=201))


class OpenRegistrationContract:
    """Accounts that nobody gave leave to, and addresses that are confirmed."""

    UNTIL = NOW + timedelta(hours=24)

    def test_an_unconfirmed_account_takes_no_invitation_and_not_the_first_admins_place(
        self, users: Users
    ) -> None:
        users.create(a_profile(), a_security(confirmed=False), open_until=self.UNTIL)
        assert users.by_email("alice@example.com") == ALICE
        assert users.first_admin() is None
        stored = users.security(ALICE)
        assert stored is not None
        assert not stored.confirmed

    def test_an_unconfirmed_name_is_taken_for_a_day_and_free_then(self, users: Users) -> None:
        users.create(a_profile(), a_security(confirmed=False), open_until=self.UNTIL)
        late = a_profile(owner=BOB, created_at=self.UNTIL - timedelta(seconds=1))
        with pytest.raises(Conflict):
            users.create(late, a_security(owner=BOB), open_until=self.UNTIL)
        free = a_profile(owner=BOB, created_at=self.UNTIL)
        users.create(free, a_security(owner=BOB), open_until=self.UNTIL + timedelta(days=1))
        assert users.by_email("alice@example.com") == BOB

    def test_a_confirmed_account_lapses_no_more(self, users: Users, mailed: MailedTokens) -> None:
        users.create(a_profile(), a_security(confirmed=False), open_until=self.UNTIL)
        mailed.put("address", b"t" * 32, ALICE, self.UNTIL)
        profile, security = users.profile(ALICE), users.security(ALICE)
        assert security is not None
        users.confirm(
            replace(profile, verified_at=LATER),
            security,
            before=profile.email,
            token=b"t" * 32,
            now=LATER,
        )
        after = users.security(ALICE)
        assert after is not None
        assert after.confirmed
        assert users.profile(ALICE).verified_at == LATER
        with pytest.raises(Conflict):
            users.create(
                a_profile(owner=BOB, created_at=self.UNTIL + timedelta(days=1)),
                a_security(owner=BOB),
                open_until=self.UNTIL + timedelta(days=2),
            )

    def test_a_new_address_takes_the_place_of_the_old_one_once(
        self, users: Users, mailed: MailedTokens
    ) -> None:
        users.create(a_profile(), a_security())
        profile = users.save_profile(replace(users.profile(ALICE), new_email="a2@example.com"))
        assert profile == users.profile(ALICE)
        mailed.put("address", b"t" * 32, ALICE, LATER)
        security = users.security(ALICE)
        assert security is not None
        moved = replace(profile, email="a2@example.com", new_email=None, verified_at=NOW)
        parts = {"before": "alice@example.com", "token": b"t" * 32, "now": NOW}
        users.confirm(moved, security, **parts)  # type: ignore[arg-type]
        assert users.by_email("a2@example.com") == ALICE
        assert users.by_email("alice@example.com") is None
        with pytest.raises(Refused) as refusal:
            users.confirm(users.profile(ALICE), security, **parts)  # type: ignore[arg-type]
        assert (refusal.value.code, refusal.value.status) == ("TOKEN_USED", 410)

    def test_an_address_that_somebody_has_conflicts_and_keeps_all(
        self, users: Users, invitations: Invitations, mailed: MailedTokens
    ) -> None:
        users.create(a_profile(), a_security())
        bob = a_profile(owner=BOB, username="bob", email="bob@example.com")
        users.create(bob, a_security(owner=BOB), open_until=self.UNTIL)
        mailed.put("address", b"t" * 32, BOB, LATER)
        profile, security = users.profile(BOB), users.security(BOB)
        assert security is not None
        with pytest.raises(Conflict) as conflict:
            users.confirm(
                replace(profile, email="alice@example.com", verified_at=NOW),
                security,
                before="bob@example.com",
                token=b"t" * 32,
                now=NOW,
            )
        assert conflict.value.code == "EMAIL_TAKEN"
        assert users.profile(BOB) == profile
        assert mailed.owner("address", b"t" * 32, NOW) == BOB

    def test_save_profile_over_another_write_is_stale(self, users: Users) -> None:
        users.create(a_profile(), a_security())
        read = users.profile(ALICE)
        users.save_profile(replace(read, display_name="One"))
        with pytest.raises(StaleWrite):
            users.save_profile(replace(read, display_name="Two"))
        assert users.profile(ALICE).display_name == "One"

    def test_first_admin_is_who_came_without_an_invitation(self, users: Users) -> None:
        assert users.first_admin() is None
        users.create(a_profile(), a_security())
        assert users.first_admin() == ALICE

    def test_open_invitations_are_listed_and_withdrawn_once(self, invitations: Invitations) -> None:
        invitation = an_invitation(an_invitation_token())
        invitations.save(invitation, limit=1, now=NOW)
        assert list(invitations.open(NOW)) == [invitation]
        assert list(invitations.open(invitation.expires_at)) == []
        invitations.withdraw(invitation.invitation_id)
        assert invitations.get(invitation.invitation_id) is None
        with pytest.raises(Missing):
            invitations.withdraw(invitation.invitation_id)


class MailedTokensContract:
    def test_a_token_leads_to_its_owner_until_then(self, mailed: MailedTokens) -> None:
        mailed.put("reset", b"a" * 32, ALICE, LATER)
        assert mailed.owner("reset", b"a" * 32, NOW) == ALICE
        assert mailed.owner("reset", b"a" * 32, LATER) is None
        assert mailed.owner("reset", b"b" * 32, NOW) is None
        assert mailed.owner("address", b"a" * 32, NOW) is None


class PasswordsContract:
    def test_change_keeps_one_session_and_ends_the_others(
        self, users: Users, sessions: Sessions, passwords: Passwords
    ) -> None:
        users.create(a_profile(), a_security())
        one, two = a_session(), a_session(at=LATER)
        for session in (one, two):
            sessions.open(session, now=NOW)
        read = users.security(ALICE)
        assert read is not None
        passwords.change(
            read.with_password("other"), LATER, keep=one.session_id, ended=[two.session_id]
        )
        standing = sessions.standing(one.session_id)
        assert standing.security is not None
        assert standing.session is not None
        assert (standing.security.epoch, standing.security.password_hash) == (2, "other")
        assert standing.session == replace(one, epoch=2)
        assert sessions.of(ALICE) == [standing.session]

    def test_change_over_another_write_is_stale_and_keeps_the_token(
        self, users: Users, passwords: Passwords, mailed: MailedTokens
    ) -> None:
        users.create(a_profile(), a_security())
        mailed.put("reset", b"t" * 32, ALICE, LATER)
        read = users.security(ALICE)
        assert read is not None
        users.save_security(read.next_epoch())
        with pytest.raises(StaleWrite):
            passwords.change(read.with_password("other"), NOW, keep=None, ended=[], token=b"t" * 32)
        assert mailed.owner("reset", b"t" * 32, NOW) == ALICE

    def test_a_reset_token_serves_once_in_its_time_and_its_owner_alone(
        self, users: Users, passwords: Passwords, mailed: MailedTokens
    ) -> None:
        users.create(a_profile(), a_security())
        mailed.put("reset", b"t" * 32, ALICE, LATER)
        mailed.put("reset", b"b" * 32, BOB, LATER)
        for token, now in ((b"t" * 32, LATER), (b"b" * 32, NOW), (b"x" * 32, NOW)):
            assert _reset(users, passwords, token, now) == "TOKEN_USED"
        assert _reset(users, passwords, b"t" * 32, NOW) is None
        assert _reset(users, passwords, b"t" * 32, NOW) == "TOKEN_USED"

    def test_a_session_that_ended_meanwhile_cannot_be_kept(
        self, users: Users, sessions: Sessions, passwords: Passwords
    ) -> None:
        users.create(a_profile(), a_security())
        session = a_session()
        sessions.open(session, now=NOW)
        sessions.end(session.session_id, NOW)
        read = users.security(ALICE)
        assert read is not None
        with pytest.raises(StaleWrite):
            passwords.change(read.with_password("o"), NOW, keep=session.session_id, ended=[])
        assert users.security(ALICE) == read


def _reset(users: Users, passwords: Passwords, token: bytes, now: datetime) -> str | None:
    read = users.security(ALICE)
    assert read is not None
    try:
        passwords.change(read.with_password("other"), now, keep=None, ended=[], token=token)
    except Refused as refusal:
        return refusal.code
    return None


class ThrottleContract:
    RULE = RULES[Subject.PAIR]

    def test_what_nobody_has_counted_is_not_there(self, throttle: LoginThrottle) -> None:
        assert throttle.read(["a", "b"]) == {}

    def test_a_tally_comes_back_as_it_was_stored(self, throttle: LoginThrottle) -> None:
        tally = Tally(failures=(NOW, LATER), locked_until=LATER, locks=3)
        assert throttle.replace("a", tally, Tally())
        assert throttle.read(["a", "b"]) == {"a": replace(tally, version=1)}

    def test_of_two_writes_over_the_same_tally_one_counts(self, throttle: LoginThrottle) -> None:
        once = Tally().counted(self.RULE, NOW)
        assert throttle.replace("a", once, Tally())
        assert not throttle.replace("a", once, Tally())
        seen = throttle.read(["a"])["a"]
        assert throttle.replace("a", seen.counted(self.RULE, LATER), seen)
        assert not throttle.replace("a", seen.counted(self.RULE, LATER), seen)
        assert throttle.read(["a"])["a"].failures == (NOW, LATER)

    def test_an_emptied_tally_counts_anew(self, throttle: LoginThrottle) -> None:
        throttle.replace("a", Tally().counted(self.RULE, NOW), Tally())
        seen = throttle.read(["a"])["a"]
        assert throttle.replace("a", Tally(), seen)
        empty = throttle.read(["a"]).get("a", Tally())
        assert empty.failures == ()
        assert throttle.replace("a", empty.counted(self.RULE, LATER), empty)
        assert not throttle.replace("a", Tally(), seen)
        assert throttle.read(["a"])["a"].failures == (LATER,)

    def test_a_mark_stands_for_its_time(self, throttle: LoginThrottle) -> None:
        assert throttle.first("a", NOW, LATER)
        assert not throttle.first("a", NOW, LATER)
        assert throttle.first("b", NOW, LATER)
        assert throttle.first("a", LATER, LATER + timedelta(seconds=1))


class NetworksContract:
    def test_a_network_is_known_for_its_time_to_its_owner_alone(
        self, networks: KnownNetworks
    ) -> None:
        networks.remember(ALICE, "n1", NOW, LATER)
        networks.remember(ALICE, "n2", NOW, LATER + timedelta(days=1))
        assert networks.of(ALICE, NOW) == {"n1", "n2"}
        assert networks.of(ALICE, LATER) == {"n2"}
        assert networks.of(BOB, NOW) == frozenset()

    def test_remembering_again_lasts_longer(self, networks: KnownNetworks) -> None:
        networks.remember(ALICE, "n1", NOW, LATER)
        told = notified(ALICE, "login_new_network", NOW, title="t", text="x", cause="c")
        networks.remember(ALICE, "n1", LATER, LATER + timedelta(days=1), events=[told])
        assert networks.of(ALICE, LATER) == {"n1"}
