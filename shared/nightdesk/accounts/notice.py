"""What an owner is told about the account: event `notification`, from which notices are made."""

from datetime import datetime

from nightdesk.core.events import Event, event
from nightdesk.core.ids import UserId
from nightdesk.names import EventType


def notified(
    owner: UserId, kind: str, now: datetime, *, title: str, text: str, cause: str
) -> Event:
    """Return the event that tells an owner something critical; one for each `cause`."""
    data = {"kind": kind, "severity": "critical", "title": title, "text": text, "ref": None}
    return event(owner, EventType.NOTIFICATION, now, data, cause=f"{kind}|{cause}")
