"""What every Users, Sessions, Invitations and Replies keeps to."""

from dataclasses import replace
from datetime import timedelta

import pytest

from nightdesk.accounts.identity import Role
from nightdesk.accounts.ports import Invitations, Replies, Sessions, Users
from nightdesk.accounts.tokens import InvitationToken
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
    an_invitation,
)

LATER = NOW + timedelta(seconds=61)


def an_invitation_token(cause: str = "one") -> InvitationToken:
    return InvitationToken.new(ulid(NOW, cause))


class UsersContract:
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


class SessionsContract:
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
