"""Entries of the audit log as they are read: by owner and month, by severity and day, by chain."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from heapq import nlargest

from nightdesk.accounts.audit import Record, Severity
from nightdesk.accounts.sought import Sought
from nightdesk.adapters.dynamo import keys
from nightdesk.adapters.dynamo.audit import ChangedItem, EntryItem, head
from nightdesk.adapters.dynamo.connection import translated
from nightdesk.adapters.dynamo.queries import FIRST, LAST, every, page, rows
from nightdesk.core.ids import UserId
from nightdesk.core.pages import Page

READS = 200
"""Items that one query of a page asks for."""
PLACES = 31
"""Months or days that one page looks through; then it ends, with a key to go on from."""

Place = tuple[Sequence[str], str]
"""Partitions to be merged by time, and the key before all that is in them."""
Places = Callable[[str], Place]
"""From a key in an index to the place that it stands in."""


@dataclass(frozen=True, slots=True)
class DynamoAuditRecords:
    """The port AuditRecords."""

    @translated()
    def of_owner(
        self, owner: UserId, sought: Sought, *, limit: int, after: str | None
    ) -> Page[Record]:
        """Return a page of what concerns an owner, newest first."""

        def place(moment: str) -> Place:
            return (keys.audit_month(owner, moment[:7]),), f"{moment[:7]}-01"

        return _page("by_month", place, sought, limit, after)

    @translated()
    def alarming(self, sought: Sought, *, limit: int, after: str | None) -> Page[Record]:
        """Return a page of warning and critical entries of all owners, newest first."""
        wanted = [sought.severity] if sought.severity else [Severity.WARNING, Severity.CRITICAL]

        def place(moment: str) -> Place:
            return [keys.audit_day(one, moment[:10]) for one in wanted], moment[:10]

        return _page("by_severity", place, sought, limit, after)

    def chain(self, name: str) -> Iterator[Record]:
        """Return the records of a chain in order."""
        with translated():
            for item in every(EntryItem, name, FIRST, LAST, consistent=True):
                yield item.to_domain()

    @translated()
    def head(self, name: str) -> Record | None:
        """Return the newest record of a chain."""
        found = head(name)
        return found.to_domain() if found else None

    @translated()
    def changed(self, day: date) -> Sequence[str]:
        """Return the chains that were appended to on a day."""
        marked = rows(ChangedItem, keys.audit_changed(day.isoformat()), FIRST, LAST)
        return [row["sk"]["S"] for row in marked]


def _page(
    index: str, place_of: Places, sought: Sought, limit: int, after: str | None
) -> Page[Record]:
    """Walk from place to place into the past, until one more than `limit` is found."""
    low, high = keys.feed(sought.since), keys.feed(sought.until)
    if after is not None:
        high = min(high, after)
    found: list[EntryItem] = []
    for _ in range(PLACES):
        if high <= low:
            break
        names, start = place_of(_before(high))
        while True:
            items = _merged(index, names, max(low, start), high)
            for item in items:
                if sought.fits(item.to_domain()):
                    found.append(item)
                if len(found) > limit:
                    return _paged(found[:limit], found[limit - 1].moment)
            if len(items) < READS:
                break
            high = items[-1].moment or ""
        high = start
    return _paged(found, high if high > low else None)


def _paged(found: Sequence[EntryItem], key: str | None) -> Page[Record]:
    return Page([item.to_domain() for item in found], key)


def _before(key: str) -> str:
    """Return the day before which `key` ends if it is a day's start, else the day it is in."""
    day = key[:10]
    at_start = key in {day, f"{day}T00:00:00.000Z"}
    return _day(day, -1) if at_start else day


def _day(text: str, days: int) -> str:
    moment = datetime.fromisoformat(text).replace(tzinfo=UTC) + timedelta(days=days)
    return moment.date().isoformat()


def _merged(index: str, names: Sequence[str], low: str, high: str) -> list[EntryItem]:
    """Return the newest items of these partitions with ``low <= moment < high``."""
    found = [
        item
        for name in names
        for item in page(
            EntryItem,
            name,
            low,
            LAST,
            limit=READS,
            after=high,
            newest_first=True,
            index=index,
            sort_key="moment",
        )[0]
    ]
    return nlargest(READS, found, key=lambda item: item.moment)
