"""Valid things of the accounts room."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from nightdesk.accounts.identity import Profile, Role, Security
from nightdesk.accounts.records import ApiToken, Invitation, Reply, Session, opened
from nightdesk.accounts.tokens import InvitationToken, TokenScope, new_session_id, new_token_id
from nightdesk.accounts.user import Candidate
from nightdesk.core.ids import SessionId, UserId

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
ALICE = UserId("01HZZZZZZZZZZZZZZZZZZZA1CE")
BOB = UserId("01HZZZZZZZZZZZZZZZZZZZZB0B")
PASSWORD = "correct horse battery staple"
OPERATOR = "operator-token-of-the-tests-0123456789"


def a_profile(**changes: Any) -> Profile:
    profile = Profile(owner=ALICE, username="alice", email="alice@example.com", created_at=NOW)
    return replace(profile, **changes)


def a_security(**changes: Any) -> Security:
    return replace(Security(owner=ALICE, role=Role.TRADER, password_hash="hash"), **changes)


def a_session(owner: UserId = ALICE, at: datetime = NOW, **changes: Any) -> Session:
    session = opened(
        new_session_id(owner, at), 1, "d" * 64, at, amr=("pwd",), device="", network="192.0.2.1"
    )
    return replace(session, **changes)


def a_session_id(owner: UserId = ALICE) -> SessionId:
    return new_session_id(owner, NOW)


def an_api_token(owner: UserId = ALICE, at: datetime = NOW, **changes: Any) -> ApiToken:
    token = ApiToken(
        token_id=new_token_id(owner, at),
        name="bench",
        digest="d" * 64,
        scopes=frozenset({TokenScope.READ}),
        created_at=at,
        expires_at=at + timedelta(days=90),
    )
    return replace(token, **changes)


def an_invitation(token: InvitationToken, **changes: Any) -> Invitation:
    invitation = Invitation(
        invitation_id=token.invitation_id,
        digest=token.digest,
        role=Role.TRADER,
        invited_by=ALICE,
        created_at=NOW,
        expires_at=NOW + timedelta(hours=72),
    )
    return replace(invitation, **changes)


def a_candidate(**changes: Any) -> Candidate:
    candidate = Candidate(
        username="alice",
        email="alice@example.com",
        password=PASSWORD,
        operator_token=OPERATOR,
    )
    return replace(candidate, **changes)


def a_reply(**changes: Any) -> Reply:
    reply = Reply(
        owner=ALICE,
        route="POST /api/bots",
        key="k" * 16,
        request_digest="a" * 64,
        started_at=NOW,
        held_until=NOW + timedelta(seconds=60),
        expires_at=NOW + timedelta(hours=24),
    )
    return replace(reply, **changes)
