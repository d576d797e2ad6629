"""Reading the audit log: an owner their own entries, an admin a user's or what is alarming."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from nightdesk.accounts.audit import (
    Action,
    Origin,
    Record,
    Severity,
    Target,
    entries,
)
from nightdesk.accounts.ports import AuditRecords, AuditTrail, Sealer, Users
from nightdesk.accounts.sought import Sought
from nightdesk.core.errors import Invalid
from nightdesk.core.ids import SYSTEM, UserId
from nightdesk.core.pages import Page


@dataclass(frozen=True, slots=True)
class Shown:
    """A record, and its words: None where their key is gone or they are not for this reader."""

    record: Record
    words: Mapping[str, str] | None


@dataclass(frozen=True, slots=True)
class QueryAudit:
    """Show an owner what was done in their account, newest first."""

    records: AuditRecords
    sealer: Sealer

    def __call__(
        self, owner: UserId, sought: Sought, *, limit: int, after: str | None
    ) -> Page[Shown]:
        """Return a page. It may be short while there are more: go on until there is no key."""
        found = self.records.of_owner(owner, sought, limit=limit, after=after)
        shown = [Shown(one, self.sealer.open(one)) for one in found.items]
        return Page(shown, found.next_key)


@dataclass(frozen=True, slots=True)
class QueryAuditEvents:
    """Show an admin the entries of one user, or the alarming ones of all.

    Whoever looks at one user leaves an entry in both chains. Over all users words stay sealed.
    """

    records: AuditRecords
    sealer: Sealer
    users: Users
    trail: AuditTrail

    def __call__(
        self,
        user: UserId | None,
        sought: Sought,
        *,
        origin: Origin,
        now: datetime,
        limit: int,
        after: str | None,
    ) -> Page[Shown]:
        """Return a page, newest first. Raises Missing for an unknown user, Invalid.

        Without a user only `warning` and `critical` entries are known by time.
        """
        if user is None:
            if sought.severity is Severity.INFO:
                raise Invalid("VALIDATION_FAILED", "info needs a user_id", field="severity")
            found = self.records.alarming(sought, limit=limit, after=after)
            return Page([Shown(one, None) for one in found.items], found.next_key)
        if user != SYSTEM:
            self.users.profile(user)
            seen = Target(kind="audit", id=user)
            self.trail.record(entries(Action.ADMIN_READ, origin, now, owner=user, target=seen))
        found = self.records.of_owner(user, sought, limit=limit, after=after)
        return Page([Shown(one, self.sealer.open(one)) for one in found.items], found.next_key)
