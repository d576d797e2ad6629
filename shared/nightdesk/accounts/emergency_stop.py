"""The emergency stop: stored at the gate first, carried out afterwards, lifted by a person.

From the write on no entry passes; everything else may be late, lost or repeated without harm.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from nightdesk.accounts.audit import Action, Entry, Json, Origin, Target, entries
from nightdesk.accounts.ports import Peaks, StopGates, StopProgress, StopRunner
from nightdesk.accounts.stop import Level, Progress, Stop
from nightdesk.core.errors import (
    Conflict,
    Fault,
    Invalid,
    Refused,
    StaleWrite,
    StoreUnavailable,
)
from nightdesk.core.events import Event, event
from nightdesk.core.ids import SYSTEM, UserId, ulid
from nightdesk.names import EventType

T = TypeVar("T")

logger = logging.getLogger(__name__)

TRIES = 8
"""Every entry order of the owner checks the gate while it is written, and gets in the way."""
PHRASE = "RESUME TRADING"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What stops an owner: at their own gate, and at the desk's; and how far it has come."""

    own: Stop | None
    desk: Stop | None
    progress: Progress = field(default_factory=Progress)

    @property
    def stop(self) -> Stop | None:
        """The one that counts: the desk's, where there is one."""
        return self.desk or self.own


@dataclass(frozen=True, slots=True)
class ReadStop:
    """Show whether trading is stopped."""

    gates: StopGates
    progress: StopProgress

    def __call__(self, owner: UserId) -> Standing:
        """Return both stops, read consistently, and what came of the one that counts."""
        desk = self.gates.stop(SYSTEM)
        own = self.gates.stop(owner) if owner != SYSTEM else None
        stop = desk or own
        if stop is None:
            return Standing(own=None, desk=None)
        here = stop if owner == SYSTEM else stop.at_gate_of(owner)
        return Standing(own=own, desk=desk, progress=self.progress.read(here))


@dataclass(frozen=True, slots=True)
class Engage:
    """Stop trading. Engaged again it is the same stop, or goes further; it is never refused."""

    gates: StopGates
    runner: StopRunner

    def __call__(
        self,
        owner: UserId,
        *,
        level: Level,
        reason: str,
        admin: bool,
        origin: Origin,
        now: datetime,
    ) -> Stop:
        """Stop an owner, or with SYSTEM the whole desk; `admin`: only admins lift it again.

        When this returns, no entry of theirs is placed any more. That bots are paused and orders
        cancelled follows; should that not begin, asking again begins it. Raises StoreUnavailable
        if the gate could not be written at all.
        """

        def attempt() -> Stop:
            stands = self.gates.stop(owner)
            # the desk's stop at their gate gives way to their own: it outlasts the desk's
            before = None if stands is None or stands.copied else stands
            if before is None:
                wanted = _new(owner, level, reason, admin=admin, origin=origin, now=now)
            else:
                wanted = before.raised(level, admin=admin)
            if wanted != before:
                self.gates.put(
                    wanted,
                    stands,
                    entries=_engaged(wanted, reason, origin, now),
                    events=(told_engaged(wanted, now),),
                    now=now,
                )
            return wanted

        stop = insisting(attempt)
        try:
            self.runner.engage(stop, now)
        except Fault:
            logger.exception("stop %s is at the gate, but not carried out yet", stop.stop_id)
        return stop


@dataclass(frozen=True, slots=True)
class Resume:
    """Lift a stop. What it paused stays paused, unless somebody starts it again."""

    gates: StopGates
    peaks: Peaks
    runner: StopRunner

    def __call__(
        self,
        owner: UserId,
        *,
        reason: str,
        confirm: str,
        restart: bool,
        admin: bool,
        origin: Origin,
        now: datetime,
    ) -> Stop:
        """Return the stop that was lifted. SYSTEM lifts the desk's, and with it all its copies.

        Drawdowns are counted from the present before the gate opens. `restart` is for the copies:
        an owner's own bots are started by the caller. Raises Invalid `CONFIRMATION_WRONG`,
        Conflict `NOT_STOPPED`, Refused `NOT_YOURS_TO_LIFT`.
        """
        if confirm != PHRASE:
            raise Invalid("CONFIRMATION_WRONG", f'Confirm with "{PHRASE}".', field="confirm")

        def attempt() -> Stop:
            stop = self._lifted(owner, admin=admin)
            moved = self.peaks.reset(owner) if owner != SYSTEM else 0
            self.gates.lift(
                stop,
                entries=_resumed(stop, moved, reason, origin, now),
                events=(told_resumed(stop, origin.actor, now),),
                now=now,
            )
            return stop

        stop = insisting(attempt)
        if owner == SYSTEM:
            self.runner.lift(stop, now, restart=restart)
        return stop

    def _lifted(self, owner: UserId, *, admin: bool) -> Stop:
        """Return the stop to lift, or say why there is none for them."""
        stop = self.gates.stop(owner)
        desk = self.gates.stop(SYSTEM) if owner != SYSTEM else None
        if stop is None:
            if desk is not None and not admin:
                raise _not_theirs()
            raise Conflict("NOT_STOPPED", "Trading is not stopped.")
        if not admin and stop.admin:
            raise _not_theirs()
        if stop.copied and desk is not None and desk.stop_id == stop.stop_id:
            raise Conflict("NOT_STOPPED", "Only the whole desk is stopped; lift that stop.")
        return stop


@dataclass(frozen=True, slots=True)
class CarryToOwner:
    """Bring the desk's stop to an owner's gate, or take it away from there."""

    gates: StopGates
    peaks: Peaks

    def engage(self, owner: UserId, stop: Stop, *, origin: Origin, now: datetime) -> None:
        """Let the desk's stop stand at an owner's gate, unless their own stands there."""
        copy = stop.at_gate_of(owner)

        def attempt() -> None:
            stands = self.gates.stop(owner)
            if stands is not None and (not stands.copied or stands == copy):
                return
            told = entries_of(Action.EMERGENCY_STOP_ENGAGED, copy, origin, now)
            self.gates.put(copy, stands, entries=told, now=now)

        insisting(attempt)

    def lift(self, owner: UserId, stop_id: str, *, origin: Origin, now: datetime) -> bool:
        """Take it away, drawdowns counted anew; False unless it stood there."""

        def attempt() -> bool:
            stands = self.gates.stop(owner)
            if stands is None or not stands.copied or stands.stop_id != stop_id:
                return False
            moved = self.peaks.reset(owner)
            self.gates.lift(
                stands,
                entries=_resumed(stands, moved, "", origin, now),
                events=(told_resumed(stands, origin.actor, now),),
                now=now,
            )
            return True

        return insisting(attempt)


def insisting(attempt: Callable[[], T]) -> T:
    """Return what `attempt` returns, however many entries get in the way of its write."""
    for _ in range(TRIES - 1):
        try:
            return attempt()
        except (StaleWrite, StoreUnavailable) as fault:
            logger.info("a gate is written anew after %s", type(fault).__name__)
    return attempt()


def told_engaged(stop: Stop, now: datetime) -> Event:
    """Say that trading is stopped."""
    data = {
        "stop_id": stop.stop_id,
        "scope": _scope(stop),
        "level": stop.level.value,
        "reason": stop.reason,
        "by": stop.by,
    }
    cause = f"{stop.stop_id}:{stop.level}:{stop.admin}"
    return event(stop.owner, EventType.EMERGENCY_STOP_ENGAGED, now, data, cause=cause)


def told_resumed(stop: Stop, by: str, now: datetime) -> Event:
    """Say that it was lifted."""
    data = {"stop_id": stop.stop_id, "scope": _scope(stop), "by": by}
    kind = EventType.EMERGENCY_STOP_RESUMED
    return event(stop.owner, kind, now, data, cause=stop.stop_id)


def told_progress(stop: Stop, progress: Progress, now: datetime) -> Event:
    """Say how far it has come."""
    data = {
        "stop_id": stop.stop_id,
        "bots_paused": progress.bots_paused,
        "orders_cancelled": progress.orders_cancelled,
        "positions_closed": progress.positions_closed,
        "failed": progress.failed,
    }
    cause = f"{stop.stop_id}:{sorted(data.items())}"
    return event(stop.owner, EventType.EMERGENCY_STOP_PROGRESS, now, data, cause=cause)


def entries_of(
    action: Action,
    stop: Stop,
    origin: Origin,
    now: datetime,
    *,
    reason: str = "",
    more: dict[str, Json] | None = None,
) -> tuple[Entry, ...]:
    """Return what the audit log says of a stop; the reason is somebody's words."""
    details: dict[str, Json] = {"level": stop.level.value, "scope": _scope(stop), **(more or {})}
    return entries(
        action,
        origin,
        now,
        owner=stop.owner,
        target=Target(kind="emergency_stop", id=stop.stop_id),
        details=details,
        words={"reason": reason} if reason else {},
    )


def _engaged(stop: Stop, reason: str, origin: Origin, now: datetime) -> tuple[Entry, ...]:
    return entries_of(Action.EMERGENCY_STOP_ENGAGED, stop, origin, now, reason=reason)


def _resumed(
    stop: Stop, moved: int, reason: str, origin: Origin, now: datetime
) -> tuple[Entry, ...]:
    more: dict[str, Json] = {"peaks_reset": moved}
    return entries_of(Action.EMERGENCY_STOP_RESUMED, stop, origin, now, reason=reason, more=more)


def _new(
    owner: UserId, level: Level, reason: str, *, admin: bool, origin: Origin, now: datetime
) -> Stop:
    return Stop(
        stop_id=ulid(now, owner, "stop", origin.request_id),
        owner=owner,
        scope=owner,
        level=level,
        by=origin.actor,
        admin=admin,
        reason=reason,
        at=now,
    )


def _scope(stop: Stop) -> str:
    return "global" if stop.scope == SYSTEM else "owner"


def _not_theirs() -> Refused:
    return Refused("NOT_YOURS_TO_LIFT", "An administrator stopped trading, and lifts it.")
