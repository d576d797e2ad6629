"""An anchor: the head of a chain, written down where nothing can be overwritten."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import chain, dropwhile

from nightdesk.accounts.audit import Break, Record, first_break
from nightdesk.core.clock import utc

KEPT = timedelta(days=7 * 365 + 2)
"""Seven years from the end of the day on which an entry was written: trades are tax records."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """The head that a chain had at the end of a day."""

    chain: str
    seq: int
    day: date
    hash: str

    def lapsed(self, now: datetime) -> bool:
        """Tell whether every entry up to here may be gone."""
        return self.day + timedelta(days=1) + KEPT <= utc(now).date()


def held(
    name: str, records: Iterable[Record], anchors: Sequence[Anchor], now: datetime
) -> Break | None:
    """Return where a chain first breaks.

    What may have lapsed is not looked at: the walk starts behind the newest anchor that is older
    than entries are kept, and the first record there must follow it.
    """
    hashes: dict[int, str] = {}
    for one in sorted(anchors, key=lambda one: one.seq):
        if hashes.setdefault(one.seq, one.hash) != one.hash:
            return Break(chain=name, seq=one.seq, reason="anchored twice")
    start = max((one.seq for one in anchors if one.lapsed(now)), default=0)
    left = dropwhile(lambda record: record.seq <= start, records)
    first = next(left, None)
    if first is None:
        missing = max(hashes, default=0) > start
        return Break(chain=name, seq=start + 1, reason="missing") if missing else None
    if first.seq != start + 1:
        return Break(chain=name, seq=start + 1, reason="missing")
    known = {seq: found for seq, found in hashes.items() if seq >= start}
    return first_break(name, chain([first], left), anchors=known)
