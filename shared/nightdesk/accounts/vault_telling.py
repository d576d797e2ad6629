"""What the vault tells: the audit of a change, and its event."""

from datetime import datetime

from nightdesk.accounts.audit import Action, Entry, Origin, Outcome, Target, entries
from nightdesk.accounts.credential import Credential
from nightdesk.core.events import Event, event
from nightdesk.names import EventType


def audited(
    action: Action,
    one: Credential,
    origin: Origin,
    now: datetime,
    *,
    outcome: Outcome = Outcome.OK,
    code: str | None = None,
    **details: bool,
) -> tuple[Entry, ...]:
    """Return the entries of what was done to one version."""
    return entries(
        action,
        origin,
        now,
        owner=one.owner,
        target=Target(kind="credential", id=f"{one.provider}:{one.label}"),
        outcome=outcome,
        code=code,
        details={"version": one.version, "status": one.status.value, **details},
    )


def told(kind: EventType, one: Credential, now: datetime, cause: str) -> Event:
    """Return the event of what happened to one version, without anything of the key."""
    data = {
        "provider": one.provider,
        "label": one.label,
        "version": one.version,
        "status": one.status.value,
    }
    return event(
        one.owner,
        kind,
        now,
        data,
        cause=f"{one.provider}|{one.label}|{one.version}|{cause}",
        correlation_id=cause or None,
    )
