"""Which of the things that a venue tells are new, and which are known already under what name.

A fill may be known under another name: imported into an account of another name, or from a file
without ids. A venue's id of a trade has one buyer and one seller, so market, side and id are one
fill. One without an id is the same if market, side, quantity, price and second are; each such
record stands for one fill of the venue's, however many look alike.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from nightdesk.core.ids import UserId
from nightdesk.journal.fingerprint import Ordinals
from nightdesk.journal.importing.draft import Draft
from nightdesk.journal.synced import Sync
from nightdesk.trading.external import ExternalRecord, ExternalRecords, Likeness, RecordKind

SECOND = timedelta(seconds=1)
DIGITS = 18
"""Of a venue's id that counts; a longer one orders nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sorted:
    """What is told: new, known from another source under its name, or under another name."""

    fresh: tuple[ExternalRecord, ...]
    joined: tuple[ExternalRecord, ...]
    same: tuple[tuple[ExternalRecord, ExternalRecord], ...]
    """What is told, and the record that stands for it."""
    again: tuple[ExternalRecord, ...]
    """What this account had told before."""

    @property
    def changes(self) -> bool:
        """Whether anything is to be written."""
        return bool(self.fresh or self.joined or self.same)

    @property
    def count(self) -> int:
        """How many things were told, each once."""
        return sum(map(len, (self.fresh, self.joined, self.same, self.again)))


def sort_known(records: ExternalRecords, sync: Sync, drafts: Sequence[Draft]) -> Sorted:
    """Sort what one page tells. `drafts` have ids of the venue's."""
    told = {one.fingerprint: one for one in (_record(sync, draft) for draft in drafts)}
    if not told:
        return Sorted(fresh=(), joined=(), same=(), again=())
    taken = records.taken(sync.owner, list(told))
    near = _near(records, sync.owner, list(told.values()))
    stored = {one.fingerprint: one for one in near}
    others = _Others([one for one in near if one.fingerprint not in told], sync.source)
    fresh: list[ExternalRecord] = []
    joined: list[ExternalRecord] = []
    again: list[ExternalRecord] = []
    same: list[tuple[ExternalRecord, ExternalRecord]] = []
    for name, one in told.items():
        if name in stored:
            (again if sync.source in stored[name].sources else joined).append(one)
        elif name in taken:
            again.append(one)  # claimed: a record of another name stands for it
        elif (other := others.standing_for(one)) is not None:
            same.append((one, other))
        else:
            fresh.append(one)
    return Sorted(fresh=tuple(fresh), joined=tuple(joined), same=tuple(same), again=tuple(again))


class _Others:
    """Records under other names; each without an id stands for one thing."""

    def __init__(self, records: Sequence[ExternalRecord], source: str) -> None:
        self.named: dict[tuple[str, ...], ExternalRecord] = {}
        self.alike: dict[tuple[str, Likeness], list[ExternalRecord]] = defaultdict(list)
        for one in records:
            if one.ref:
                self.named[_named(one)] = one
            elif source not in one.sources:
                self.alike[_alike(one)].append(one)

    def standing_for(self, told: ExternalRecord) -> ExternalRecord | None:
        """Return the record that is this thing; one without an id is then used up."""
        if (found := self.named.get(_named(told))) is not None:
            return found
        alike = self.alike.get(_alike(told))
        return alike.pop(0) if alike else None


def _named(one: ExternalRecord) -> tuple[str, ...]:
    """Return what the venue's id is unique in; a plain number says nothing by itself."""
    if one.kind is RecordKind.FILL:
        return (one.kind, one.instrument or "", one.side or "", one.ref)
    return (one.kind, one.asset, one.account if one.ref.isdigit() else "", one.ref)


def _alike(one: ExternalRecord) -> tuple[str, Likeness]:
    """Return what it looks like; a movement names no venue, so it is of its own account alone."""
    return ("" if one.kind is RecordKind.FILL else one.account, one.likeness)


def _near(
    records: ExternalRecords, owner: UserId, told: Sequence[ExternalRecord]
) -> Sequence[ExternalRecord]:
    since = min(one.at for one in told).replace(microsecond=0)
    until = max(one.at for one in told) + SECOND
    return list(records.between(owner, since, until))


def _record(sync: Sync, draft: Draft) -> ExternalRecord:
    counted = draft.ref.isascii() and draft.ref.isdigit() and len(draft.ref) <= DIGITS
    fingerprint = draft.fingerprint(Ordinals())
    return draft.record(sync.owner, fingerprint, sync.source, int(draft.ref) if counted else 0)
