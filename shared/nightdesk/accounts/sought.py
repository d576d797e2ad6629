"""What a reader of the audit log looks for. Light: the API imports it to start."""

from dataclasses import dataclass
from datetime import datetime

from nightdesk.accounts.audit import Action, Record, Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """Which entries are wanted: ``since <= at < until``; None is any."""

    since: datetime
    until: datetime
    action: Action | None = None
    severity: Severity | None = None
    target: str | None = None
    """The id of what it was done to."""
    actor: str | None = None

    def fits(self, record: Record) -> bool:
        """Tell whether this record is wanted; times aside."""
        target = record.target["id"] if record.target else None
        return (
            self.action in {None, record.action}
            and self.severity in {None, record.severity}
            and self.target in {None, target}
            and self.actor in {None, record.actor["id"]}
        )
