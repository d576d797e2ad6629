"""What an administrator does to another account: block it, give it a role, limit it.

Whoever is blocked is out with their next request, and trades nothing from the same write on. The
desk is never left without an administrator, not even by two who demote each other at once.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from nightdesk.accounts.audit import Action, Json, Origin, Target, entries
from nightdesk.accounts.directory import Account
from nightdesk.accounts.emergency_stop import insisting
from nightdesk.accounts.identity import AccountStatus, Block, Role, Security
from nightdesk.accounts.limits import LimitClass
from nightdesk.accounts.ports import (
    ApiTokens,
    Directory,
    OwnersBots,
    Sessions,
    Standings,
    Users,
)
from nightdesk.accounts.tokens import TokenScope
from nightdesk.core.errors import Conflict, Missing
from nightdesk.core.events import Event, event
from nightdesk.core.ids import UserId
from nightdesk.names import EventType


@dataclass(frozen=True, slots=True)
class LastAdmin:
    """Keep an administrator at the desk."""

    users: Users
    directory: Directory

    def __call__(self, leaving: Security, origin: Origin) -> UserId | None:
        """Return who must still rule when `leaving` does so no more; None if that is no ruler.

        It is whoever asks, else the oldest other one. Raises Conflict `LAST_ADMIN`.
        """
        if leaving.role is not Role.ADMIN or not leaving.active:
            return None
        asks = self.users.security(UserId(origin.actor)) if origin.actor else None
        rules = asks is not None and asks.role is Role.ADMIN and asks.active
        if asks is not None and rules and asks.owner != leaving.owner:
            return asks.owner
        for one in self.directory.since(None):
            if one.rules and one.owner != leaving.owner:
                return one.owner
        raise Conflict("LAST_ADMIN", "The desk would have no administrator.")


@dataclass(frozen=True, slots=True)
class BlockUser:
    """Shut somebody out, and halt what they trade; what is held is managed to its exit."""

    users: Users
    standings: Standings
    sessions: Sessions
    last: LastAdmin
    bots: OwnersBots

    def __call__(self, owner: UserId, reason: str, origin: Origin, now: datetime) -> int:
        """Return how many bots were paused. Asked again, it pauses what is left.

        When this returns, no request of theirs is served, no entry of theirs is placed, and their
        sessions have ended for good. Raises Missing, Conflict (`SELF`, `LAST_ADMIN`,
        `STATUS_CONFLICT` for an account that is being deleted).
        """
        if origin.actor == owner:
            raise Conflict("SELF", "Nobody blocks themselves.")
        insisting(lambda: self._barred(owner, reason, origin, now))
        return self.bots.pause(owner, now, by=origin.actor)

    def _barred(self, owner: UserId, reason: str, origin: Origin, now: datetime) -> None:
        profile, before = _account(self.users, owner)
        if before.status is AccountStatus.BLOCKED:
            return
        if not before.active:
            raise _leaving(before)
        witness = self.last(before, origin)
        block = Block(at=now, by=UserId(origin.actor), reason=reason)
        after = replace(before.next_epoch(), status=AccountStatus.BLOCKED, block=block)
        ended = [one.session_id for one in self.sessions.of(owner) if one.alive(now)]
        self.standings.change(
            profile,
            before,
            after,
            now,
            witness=witness,
            ended=ended,
            entries=entries(
                Action.USER_BLOCKED,
                origin,
                now,
                owner=owner,
                target=Target(kind="user", id=owner),
                details={"sessions_ended": len(ended)},
                words={"reason": reason},
            ),
            events=[_signed_out(after, "blocked", now)],
        )


@dataclass(frozen=True, slots=True)
class UnblockUser:
    """Let somebody in again. Their bots stay paused until they resume them."""

    users: Users
    standings: Standings

    def __call__(self, owner: UserId, reason: str, origin: Origin, now: datetime) -> Account:
        """Return the account; one that is active stays as it is.

        Raises Missing, Conflict `STATUS_CONFLICT` for an account that is being deleted.
        """

        def attempt() -> Account:
            profile, before = _account(self.users, owner)
            if before.active:
                return profile, before
            if before.status is not AccountStatus.BLOCKED:
                raise _leaving(before)
            after = replace(before, status=AccountStatus.ACTIVE, block=None)
            told = entries(
                Action.USER_UNBLOCKED,
                origin,
                now,
                owner=owner,
                target=Target(kind="user", id=owner),
                words={"reason": reason},
            )
            self.standings.change(profile, before, after, now, entries=told)
            return profile, after

        return insisting(attempt)


@dataclass(frozen=True, slots=True)
class ChangeRole:
    """Make an administrator, or a trader of one. An administrator may step down, not the last."""

    users: Users
    standings: Standings
    sessions: Sessions
    tokens: ApiTokens
    last: LastAdmin

    def __call__(self, owner: UserId, role: Role, origin: Origin, now: datetime) -> Account:
        """Return the account; one that has the role stays as it is.

        Who loses the role signs in anew, and API tokens for admins are gone with it. Raises
        Missing, Conflict (`LAST_ADMIN`, `STATUS_CONFLICT` unless the account is active).
        """

        def attempt() -> Account:
            profile, before = _account(self.users, owner)
            if before.role is role:
                return profile, before
            if not before.active:
                raise _leaving(before)
            demoted = role is not Role.ADMIN
            witness = self.last(before, origin) if demoted else None
            after = replace(before.next_epoch() if demoted else before, role=role)
            told: dict[str, Json] = {"before": before.role.value, "after": role.value}
            self.standings.change(
                profile,
                before,
                after,
                now,
                witness=witness,
                ended=[
                    one.session_id
                    for one in (self.sessions.of(owner) if demoted else ())
                    if one.alive(now)
                ],
                revoked=[
                    one.token_id
                    for one in (self.tokens.of(owner) if demoted else ())
                    if TokenScope.ADMIN in one.scopes
                ],
                entries=entries(
                    Action.ROLE_CHANGED,
                    origin,
                    now,
                    owner=owner,
                    target=Target(kind="user", id=owner),
                    details=told,
                ),
                events=[_signed_out(after, "role_changed", now)] if demoted else [],
            )
            return profile, after

        return insisting(attempt)


@dataclass(frozen=True, slots=True)
class LimitUser:
    """Give somebody a rate limit of their own, or take it away again."""

    users: Users
    quota: Callable[[LimitClass], int]

    def __call__(
        self, owner: UserId, kind: LimitClass, quota: int | None, origin: Origin, now: datetime
    ) -> Mapping[str, int]:
        """Return the limits of their own, by class; with `quota` None the desk's holds again.

        Raises Missing, StaleWrite.
        """

        def attempt() -> Mapping[str, int]:
            _, before = _account(self.users, owner)
            limits = {name: value for name, value in before.limits.items() if name != kind}
            if quota is not None:
                limits[kind.value] = quota
            if limits == before.limits:
                return limits
            common = self.quota(kind)
            had = before.limits.get(kind, common)
            has = limits.get(kind, common)
            told: dict[str, Json] = {"class": kind.value, "before": had, "after": has}
            action = Action.LIMITS_LOOSENED if has > had else Action.LIMITS_CHANGED
            target = Target(kind="user", id=owner)
            self.users.save_security(
                replace(before, limits=limits),
                entries=entries(action, origin, now, owner=owner, target=target, details=told),
            )
            return limits

        return insisting(attempt)


def _account(users: Users, owner: UserId) -> Account:
    """Return both records. Raises Missing."""
    profile, security = users.profile(owner), users.security(owner)
    if security is None:
        raise Missing("no such account")
    return profile, security


def _leaving(security: Security) -> Conflict:
    return Conflict("STATUS_CONFLICT", f"The account is {security.status}.")


def _signed_out(security: Security, reason: str, now: datetime) -> Event:
    """Tell who holds connections open that every session of this owner has ended."""
    cause = f"epoch {security.epoch}"
    kind = EventType.SESSION_REVOKED
    return event(security.owner, kind, now, {"reason": reason}, cause=cause)
