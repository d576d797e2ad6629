"""What trades are told apart by, as numbers: each thing is asked of the trades once, then coded.

This is the border for words as `columns` is for amounts: what groups trades works on codes alone.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import chain
from zoneinfo import ZoneInfo

import numpy as np

from nightdesk.journal.book_stats import Played
from nightdesk.market.candles import Bools, Floats
from nightdesk.performance.groups import Ints

UNKNOWN = "unknown"
"""The name of trades of which nothing is told, where each has one name."""
HOUR, DAY = 3_600, 86_400
EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """Names, none twice, and which one a row has: a place among `names`, or -1 for none.

    `codes` has shape (m,). `rows`, shape (m,), says whose row it is; without, the i-th trade's.
    """

    names: tuple[str, ...]
    codes: Ints
    rows: Ints | None = None

    @classmethod
    def of(cls, words: Sequence[str], rows: Ints | None = None) -> "Marks":
        """Return the marks of rows that have these names."""
        names = tuple(dict.fromkeys(words))
        place = {name: number for number, name in enumerate(names)}
        codes = np.fromiter(map(place.__getitem__, words), dtype=np.int64, count=len(words))
        return cls(names=names, codes=codes, rows=rows)

    @classmethod
    def of_several(cls, words: Sequence[Sequence[str]]) -> "Marks":
        """Return the marks of trades that have some of these names each, or none."""
        counts = np.fromiter(map(len, words), dtype=np.int64, count=len(words))
        rows = np.repeat(np.arange(len(words), dtype=np.int64), counts)
        return cls.of(list(chain.from_iterable(words)), rows)

    @property
    def found(self) -> tuple[str, ...]:
        """Return the names that some row has."""
        counts = np.bincount(self.codes[self.codes >= 0], minlength=len(self.names))
        return tuple(name for name, count in zip(self.names, counts.tolist(), strict=True) if count)

    @property
    def standing(self) -> int:
        """Return how many trades have a name."""
        inside = self.codes >= 0
        if self.rows is None:
            return int(np.count_nonzero(inside))
        named = np.zeros(self.rows.max(initial=-1) + 1, dtype=bool)
        named[self.rows[inside]] = True
        return int(np.count_nonzero(named))

    def having(self, place: int, count: int) -> Bools:
        """Return which of `count` trades have the name at this place, shape (count,)."""
        named = np.zeros(count, dtype=bool)
        rows = np.flatnonzero(self.codes == place)
        named[rows if self.rows is None else self.rows[rows]] = True
        return named

    def among(self, names: Sequence[str]) -> "Marks":
        """Return the same by places in `names`; a name that is not among them is none."""
        place = {name: number for number, name in enumerate(names)}
        there = [place.get(name, -1) for name in self.names]
        return Marks(names=tuple(names), codes=_moved(self.codes, there), rows=self.rows)

    def renamed(self, become: Callable[[str], str | None]) -> "Marks":
        """Return the same under other names, of which None is left out.

        Where several become one, a trade that had some of them has it once.
        """
        others = [become(name) for name in self.names]
        names = tuple(dict.fromkeys(one for one in others if one is not None))
        place: dict[str | None, int] = {name: number for number, name in enumerate(names)}
        codes = _moved(self.codes, [place.get(one, -1) for one in others])
        if self.rows is None or len(names) == len(others) - others.count(None):
            return Marks(names=names, codes=codes, rows=self.rows)
        kept, width = codes >= 0, max(1, len(names))
        once = np.unique(self.rows[kept] * width + codes[kept])
        return Marks(names=names, codes=once % width, rows=once // width)


def _moved(codes: Ints, places: Sequence[int]) -> Ints:
    """Return where codes have moved to; the last entry is that of -1."""
    moved: Ints = np.array([*places, -1], dtype=np.int64)[codes]
    return moved


class Told:
    """What is told of trades, each thing asked once of all of them."""

    def __init__(self, played: Sequence[Played]) -> None:
        """Take the trades."""
        self._played = played
        self._known: dict[Hashable, Marks] = {}

    def one(self, tell: Callable[[Played], str | None]) -> Marks:
        """Return the one name that each trade has, `UNKNOWN` where nothing is told."""
        if tell not in self._known:
            self._known[tell] = Marks.of([tell(one) or UNKNOWN for one in self._played])
        return self._known[tell]

    def some(self, tell: Callable[[Played], Sequence[str]]) -> Marks:
        """Return the names that each trade has: one, several, or none."""
        if tell not in self._known:
            self._known[tell] = Marks.of_several([tell(one) for one in self._played])
        return self._known[tell]


def on_clock(seconds: Floats, zone: str) -> Floats:
    """Return moments, seconds since the epoch, as seconds that a zone's clock shows; shape (n,).

    The clock is asked once for each day; a day on which it was put forward or back is looked at
    moment by moment.
    """
    if not seconds.size:
        return seconds.copy()
    clock = ZoneInfo(zone)
    days = np.floor_divide(seconds, DAY).astype(np.int64)
    first, last = int(days.min()), int(days.max())
    ahead = np.array([_ahead(float(day * DAY), clock) for day in range(first, last + 2)])
    shift: Floats = ahead[days - first]
    for place in np.flatnonzero(ahead[days - first] != ahead[days - first + 1]).tolist():
        shift[place] = _ahead(float(seconds[place]), clock)
    return np.asarray(seconds + shift)


def _ahead(seconds: float, clock: ZoneInfo) -> float:
    """Return by how many seconds a clock is ahead of UTC at a moment."""
    offset = clock.utcoffset(datetime.fromtimestamp(seconds, UTC).astimezone(clock))
    return 0.0 if offset is None else offset.total_seconds()
