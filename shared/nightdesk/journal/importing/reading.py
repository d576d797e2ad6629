"""A whole file, front to back: each thing it tells as a record with its identity, or an issue."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain, islice, pairwise

from nightdesk.core.ids import UserId
from nightdesk.journal.fingerprint import Ordinals
from nightdesk.journal.importing.cells import File
from nightdesk.journal.importing.dialect import Unreadable
from nightdesk.journal.importing.draft import Draft, Leg
from nightdesk.journal.importing.issue import Issue, IssueCode, Severity, issue
from nightdesk.journal.importing.joining import Joiner, Taken
from nightdesk.journal.importing.layout import Layout
from nightdesk.journal.importing.lines import RowReader, Told
from nightdesk.journal.preset import Preset
from nightdesk.trading.external import ExternalRecord

MAX_ROWS = 100_000
MAX_BYTES = 10 * 2**20
AHEAD = 200
"""Rows that tell whether a file begins with what is newest."""
DIGITS = 18
"""Of a venue's id that counts; a longer one orders nothing."""
CONTINUED = MAX_BYTES
"""Is added to the places of a file's first second: more than another file has rows of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One record, and the lines of the file that it was told in."""

    record: ExternalRecord
    rows: tuple[int, ...]
    known: bool = False
    """All its legs were brought before."""


@dataclass(slots=True, kw_only=True)
class Reading:
    """One pass over one file. `taken` says which legs are stored; `rows` counts as it goes."""

    owner: UserId
    account: str
    source: str
    now: datetime
    taken: Taken
    rows: int = 0
    _ordinals: Ordinals = field(default_factory=Ordinals)
    _seen: set[bytes] = field(default_factory=set)
    _places: Counter[datetime] = field(default_factory=Counter)

    def __call__(self, raw: bytes, layout: Layout, preset: Preset) -> Iterator[Row | Issue]:
        """Yield what the file tells, legs of one trade joined, last those that need the whole.

        Raises Unreadable for more than 100,000 rows, or none.
        """
        joiner = Joiner(venue=preset.venue, named=preset.grouped_id)
        told = self._lines(raw, layout, preset)
        first = list(islice(told, AHEAD))
        times = [one.at for one in first if not isinstance(one, Issue)]
        step = -1 if _newest_first(times) else 1
        self._places.update({_second(at): CONTINUED for at in times[:1]})
        for one in chain(_aside(chain(first, told), joiner), joiner.joined(self.taken)):
            yield one if isinstance(one, Issue) else self._named(one, step)
        if not self.rows:
            raise Unreadable("there is no row below its header")

    def _lines(self, raw: bytes, layout: Layout, preset: Preset) -> Iterator[Told]:
        file = File(layout=layout, preset=preset, account=self.account, now=self.now)
        reader = RowReader(file)
        for line in layout.rows(raw):
            self.rows += 1
            if self.rows > MAX_ROWS:
                raise Unreadable("it has more than 100,000 rows: export shorter periods")
            if line.cells is None:
                yield issue(line.number, IssueCode.MISSING_COLUMN, value=line.text)
                continue
            yield from reader.read(line.number, line.cells)

    def _named(self, draft: Draft, step: int) -> Row | Issue:
        fingerprint = draft.fingerprint(self._ordinals)
        short = bytes.fromhex(fingerprint)
        if short in self._seen:
            return issue(
                draft.row, IssueCode.DUPLICATE_IN_FILE, value=draft.ref, severity=Severity.NOTE
            )
        self._seen.add(short)
        record = draft.record(self.owner, fingerprint, self.source, self._seq(draft, step))
        return Row(record=record, rows=draft.rows, known=draft.known)

    def _seq(self, draft: Draft, step: int) -> int:
        """Return what orders the fills of one second: the venue's number, or the place in it.

        Where a file was cut inside a second, each piece counts its own rows. What a piece begins
        with goes on where another one ends, so it comes behind that, or before it where the
        newest is first.
        """
        if draft.ref.isascii() and draft.ref.isdigit() and len(draft.ref) <= DIGITS:
            return int(draft.ref)
        second = _second(draft.at)
        self._places[second] += 1
        return step * self._places[second]

    @property
    def fingerprints(self) -> set[bytes]:
        """The identities of all records so far."""
        return self._seen


def _aside(told: Iterable[Told], joiner: Joiner) -> Iterator[Draft | Issue]:
    """Yield what stands by itself; legs are put aside until all are there."""
    for one in told:
        if isinstance(one, Leg):
            joiner.add(one)
        else:
            yield one


def _second(at: datetime) -> datetime:
    return at.replace(microsecond=0)


def _newest_first(times: Iterable[datetime]) -> bool:
    pairs = list(pairwise(times))
    falls = sum(later < earlier for earlier, later in pairs)
    return falls > sum(later > earlier for earlier, later in pairs)
