"""People who are signed in, without the way there: for tests of what comes after."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from nightdesk.accounts.api_token import WantedToken
from nightdesk.accounts.identity import Role, Security
from nightdesk.accounts.tokens import Scope, TokenScope, access_claims
from nightdesk.accounts.totp import code_at, step_at
from nightdesk.core.ids import SessionId, UserId
from tests.builders.accounts import ALICE, NOW, PASSWORD, a_profile, a_security, a_session
from tests.unit.accounts.rig import ORIGIN, Rig


def member(rig: Rig, owner: UserId = ALICE, role: Role = Role.TRADER, **changes: Any) -> Security:
    """Store an account whose password is PASSWORD."""
    name = f"user{owner[-4:].lower()}"
    rig.desk.profiles[owner] = a_profile(
        owner=owner, username=name, email=f"{name}@example.com", version=1
    )
    hashed = rig.hasher.hash(PASSWORD)
    security = a_security(owner=owner, role=role, password_hash=hashed, version=1)
    rig.desk.securities[owner] = replace(security, **changes)
    return rig.desk.securities[owner]


def session_of(rig: Rig, owner: UserId = ALICE, at: datetime = NOW, **changes: Any) -> SessionId:
    """Store a session."""
    session = a_session(owner, at, epoch=rig.desk.securities[owner].epoch, **changes)
    rig.desk.sessions[session.session_id] = session
    return session.session_id


def bearer(rig: Rig, session_id: SessionId, now: datetime = NOW, **changes: Any) -> str:
    """Return an access token of this session."""
    session = rig.desk.sessions[session_id]
    claims = access_claims(session_id, session.epoch, session.amr, now, now)
    return rig.signer.sign(replace(claims, **changes), now)


def signed_in(
    rig: Rig, owner: UserId = ALICE, role: Role = Role.TRADER, *, up: bool = False, **changes: Any
) -> str:
    """Return an access token of a new account, stepped up or not."""
    member(rig, owner, role, **changes)
    until = NOW + timedelta(minutes=10) if up else None
    return bearer(rig, session_of(rig, owner, elevated_until=until))


def changing_password(rig: Rig, owner: UserId = ALICE) -> str:
    """Return the token of somebody who must change the password first."""
    member(rig, owner, must_change_password=True)
    return bearer(rig, session_of(rig, owner), scope=Scope.PASSWORD_CHANGE)


def api_token(
    rig: Rig, owner: UserId = ALICE, *scopes: TokenScope, now: datetime = NOW, **changes: Any
) -> str:
    """Return an API token of an account that is there."""
    wanted = WantedToken(name="bench", scopes=frozenset(scopes or {TokenScope.READ}))
    role = rig.desk.securities[owner].role
    _, text = rig.issue_token(owner, role, replace(wanted, **changes), origin=ORIGIN, now=now)
    return str(text)


def enrolled(rig: Rig, owner: UserId = ALICE, now: datetime = NOW) -> tuple[bytes, tuple[str, ...]]:
    """Turn two-factor sign-in on, a minute ago; return secret and recovery codes."""
    rig.enrol(owner)
    factor = rig.desk.securities[owner].two_factor
    assert factor is not None
    secret = rig.totp_vault.open(owner, factor.sealed)
    before = now - timedelta(minutes=1)
    codes = rig.confirm(owner, code_at(secret, step_at(before)), ORIGIN, before)
    return secret, codes
