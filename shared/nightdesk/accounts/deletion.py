"""Leaving: an account is shut at once, can be had back for seven days, and is erased then.

What the law wants kept (trades, decisions, the ledger, the audit chains) stays under a pseudonym;
what names a person goes. Each step may be repeated, or cut off anywhere, without harm.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Self

from nightdesk.accounts.administering import LastAdmin
from nightdesk.accounts.audit import (
    Action,
    ActorKind,
    Entry,
    Json,
    Origin,
    Source,
    Target,
    entries,
)
from nightdesk.accounts.departure import GRACE, Deletion, Phase
from nightdesk.accounts.emergency_stop import Engage, insisting
from nightdesk.accounts.exported import Place
from nightdesk.accounts.identity import AccountStatus, Profile, Security
from nightdesk.accounts.ports import ApiTokens, Sessions, Users
from nightdesk.accounts.privacy_ports import (
    Deletions,
    Holdings,
    OwnedFiles,
    OwnersErasing,
    Retirement,
    Workflows,
)
from nightdesk.accounts.stop import Level
from nightdesk.core.clock import iso
from nightdesk.core.errors import Conflict, Invalid, Missing
from nightdesk.core.events import Event, event
from nightdesk.core.ids import UserId, ulid
from nightdesk.names import EventType

WORKFLOW = "deletion"
STOP_REASON = "account deletion"
PAGE_ITEMS = 200
STEP_PAGES = 10
WORKER = "delete_account"


@dataclass(frozen=True, slots=True)
class RequestDeletion:
    """Shut an account, and let it be erased in seven days; `immediate` for administrators."""

    users: Users
    sessions: Sessions
    tokens: ApiTokens
    deletions: Deletions
    holdings: Holdings
    last: LastAdmin
    engage: Engage
    workflows: Workflows

    def __call__(
        self,
        owner: UserId,
        *,
        confirm: str,
        flatten: bool,
        origin: Origin,
        cause: str,
        now: datetime,
        immediate: bool = False,
        reason: str = "",
    ) -> Deletion:
        """Return the deletion; one that waits or runs already is returned as it is.

        Trading is stopped first, the workflow is started next, and only then is the account shut:
        whoever was cut off before that can still ask again. An execution whose deletion was never
        stored finds nothing to do.

        `confirm` is the username. Raises Missing, Invalid `CONFIRMATION_WRONG`; Conflict `SELF`
        (an administrator by the way for others), `LAST_ADMIN`, `OPEN_POSITIONS` (open live
        orders or positions, without `flatten`); StoreUnavailable.
        """
        profile, security = account(self.users, owner)
        if origin.kind is ActorKind.ADMIN and origin.actor == owner:
            raise Conflict("SELF", "Leave by your own account's page.")
        if confirm != profile.username:
            raise Invalid("CONFIRMATION_WRONG", "Confirm with the username.", field="confirm")
        stands = self.deletions.get(owner)
        if security.status in {AccountStatus.DELETING, AccountStatus.DELETED} and stands:
            return stands
        self._free(owner, flatten=flatten)
        self.last(security, origin)
        deletion = Deletion(
            request_id=ulid(now, owner, WORKFLOW, cause),
            owner=owner,
            by=UserId(origin.actor),
            asked_at=now,
            effective_at=now if immediate else now + GRACE,
            flatten=flatten,
        )
        self.engage(
            owner,
            level=Level.FLATTEN if flatten else Level.BLOCK,
            reason=STOP_REASON,
            admin=origin.kind is ActorKind.ADMIN,
            origin=origin,
            now=now,
        )
        self.workflows.start(WORKFLOW, deletion.request_id, Departing.begun(deletion).state)
        insisting(lambda: self._shut(deletion, reason, origin, now))
        return deletion

    def _free(self, owner: UserId, *, flatten: bool) -> None:
        held = [] if flatten else self.holdings.live(owner)
        if held:
            raise Conflict(
                "OPEN_POSITIONS",
                "Live orders or positions are open: close them, or ask with flatten.",
                [{"bot_id": bot_id} for bot_id in held],
            )

    def _shut(self, deletion: Deletion, reason: str, origin: Origin, now: datetime) -> None:
        owner = deletion.owner
        profile, security = account(self.users, owner)
        ended = [one.session_id for one in self.sessions.of(owner) if one.alive(now)]
        revoked = [one.token_id for one in self.tokens.of(owner)]
        self.deletions.begin(
            deletion,
            profile,
            replace(security.next_epoch(), status=AccountStatus.DELETING),
            ended=ended,
            revoked=revoked,
            witness=self.last(security, origin),
            entries=_asked(
                deletion, reason, origin, {"sessions": len(ended), "tokens": len(revoked)}
            ),
            events=(_signed_out(deletion, now),),
        )


@dataclass(frozen=True, slots=True)
class CancelDeletion:
    """Have an account back that waits for its end. Bots stay paused, the stop is lifted apart."""

    users: Users
    deletions: Deletions

    def __call__(self, owner: UserId, origin: Origin, now: datetime) -> None:
        """Cancel it. An account that was blocked is blocked again.

        Raises Conflict `NOT_DELETING` if there is nothing to cancel any more.
        """

        def attempt() -> None:
            deletion = self.deletions.get(owner)
            if deletion is None or deletion.phase is not Phase.WAITING or deletion.due(now):
                raise Conflict("NOT_DELETING", "There is no deletion that can be cancelled.")
            profile, security = account(self.users, owner)
            status = AccountStatus.BLOCKED if security.block else AccountStatus.ACTIVE
            target = Target(kind="deletion", id=deletion.request_id)
            self.deletions.cancel(
                replace(deletion, phase=Phase.CANCELLED),
                profile,
                replace(security, status=status),
                entries=entries(Action.DELETION_CANCELLED, origin, now, owner=owner, target=target),
                now=now,
            )

        insisting(attempt)


class Next(StrEnum):
    """What the workflow does after a step."""

    MORE = "more"
    HELD = "held"
    """It comes back in an hour: something live is still being closed, or it is too early."""
    DONE = "done"


class Stage(StrEnum):
    """What a step works on."""

    BEGIN = "begin"
    ERASE = "erase"
    FINISH = "finish"


@dataclass(frozen=True, slots=True, kw_only=True)
class Departing:
    """What the workflow carries from step to step."""

    owner: UserId
    request_id: str
    as_of: datetime
    effective_at: datetime
    stage: Stage = Stage.BEGIN
    place: Place | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    next: Next = Next.MORE

    @classmethod
    def begun(cls, deletion: Deletion) -> Self:
        """Return the state before the first step."""
        return cls(
            owner=deletion.owner,
            request_id=deletion.request_id,
            as_of=deletion.asked_at,
            effective_at=deletion.effective_at,
        )

    @property
    def state(self) -> dict[str, Json]:
        """Return it as plain JSON."""
        return {
            "owner": self.owner,
            "request_id": self.request_id,
            "as_of": iso(self.as_of),
            "effective_at": iso(self.effective_at),
            "stage": self.stage.value,
            "place": None if self.place is None else asdict(self.place),
            "counts": dict(self.counts),
            "next": self.next.value,
        }


@dataclass(frozen=True, slots=True)
class DeleteAccount:
    """One step of erasing an account whose time has come."""

    deletions: Deletions
    holdings: Holdings
    retire: Retirement
    files: OwnedFiles
    erasing: OwnersErasing

    def __call__(self, state: Departing, now: datetime) -> Departing:
        """Return what the next step starts from.

        A deletion that was cancelled, replaced or never stored is left alone.
        """
        deletion = self.deletions.get(state.owner)
        if deletion is None or deletion.request_id != state.request_id:
            return replace(state, next=Next.DONE)
        if deletion.phase in {Phase.CANCELLED, Phase.DONE}:
            return replace(state, counts=deletion.counts, next=Next.DONE)
        if not deletion.due(now):
            return replace(state, next=Next.HELD)
        match state.stage:
            case Stage.BEGIN:
                return self._begun(deletion, state, now)
            case Stage.ERASE:
                return self._erased(state)
            case Stage.FINISH:
                return self._finished(deletion, state, now)

    def _begun(self, deletion: Deletion, state: Departing, now: datetime) -> Departing:
        if self.holdings.live(deletion.owner):
            return replace(state, next=Next.HELD)
        self.deletions.commence(deletion)
        retired = self.retire(deletion.owner, now)
        # first nobody finds the account any more: else a failed login would seal words anew
        self.deletions.unlist(deletion)
        exports = self.files.destroy(deletion.owner)
        counts = {"retired.BOT": retired, "destroyed.export_files": exports}
        return _going_on(state, counts, stage=Stage.ERASE)

    def _erased(self, state: Departing) -> Departing:
        for _ in range(STEP_PAGES):
            done = self.erasing.step(state.owner, state.place, limit=PAGE_ITEMS)
            state = _going_on(state, done.counts, stage=Stage.ERASE, place=done.place)
            if done.place is None:
                return replace(state, stage=Stage.FINISH)
        return state

    def _finished(self, deletion: Deletion, state: Departing, now: datetime) -> Departing:
        counts = {name: count for name, count in sorted(state.counts.items()) if count}
        done = replace(deletion, phase=Phase.DONE, counts=counts)
        by = Origin(
            kind=ActorKind.SYSTEM,
            actor=WORKER,
            source=Source.WORKFLOW,
            request_id=deletion.request_id,
        )
        details: dict[str, Json] = {"asked_by": deletion.by, "counts": dict(counts)}
        target = Target(kind="user", id=deletion.owner)
        told = entries(
            Action.USER_DELETED, by, now, owner=deletion.owner, target=target, details=details
        )
        self.deletions.finish(done, entries=told)
        return replace(state, counts=counts, next=Next.DONE)


def account(users: Users, owner: UserId) -> tuple[Profile, Security]:
    """Return both records. Raises Missing."""
    security = users.security(owner)
    if security is None:
        raise Missing("no such account")
    return users.profile(owner), security


def _going_on(
    state: Departing, counts: Mapping[str, int], *, stage: Stage, place: Place | None = None
) -> Departing:
    together = Counter(state.counts)
    together.update(counts)
    return replace(state, stage=stage, place=place, counts=dict(together), next=Next.MORE)


def _asked(
    deletion: Deletion, reason: str, origin: Origin, ended: Mapping[str, Json]
) -> tuple[Entry, ...]:
    details: dict[str, Json] = {
        "effective_at": iso(deletion.effective_at),
        "flatten": deletion.flatten,
        "ended": dict(ended),
    }
    return entries(
        Action.DELETION_ASKED,
        origin,
        deletion.asked_at,
        owner=deletion.owner,
        target=Target(kind="deletion", id=deletion.request_id),
        details=details,
        words={"reason": reason} if reason else {},
    )


def _signed_out(deletion: Deletion, now: datetime) -> Event:
    """Tell open connections that they end."""
    data = {"reason": "deleting"}
    kind = EventType.SESSION_REVOKED
    return event(deletion.owner, kind, now, data, cause=deletion.request_id)
