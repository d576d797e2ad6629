"""Trades by groups: breakdowns, maps, a month by day, two selections side by side, exits."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from nightdesk.core.errors import Invalid
from nightdesk.journal.analytics import figures_of
from nightdesk.journal.book_stats import Played
from nightdesk.journal.breakdown import Breakdown, Heatmap, Part, breakdown, heatmap, parts
from nightdesk.journal.dimensions import Whole
from nightdesk.journal.exit_analysis import HeldLonger, Reading, held_longer, readings
from nightdesk.journal.looking import Asked, Look, Seen, same_currency
from nightdesk.journal.marks import DAY, EPOCH, on_clock
from nightdesk.journal.modes import modes_of
from nightdesk.journal.place import in_force
from nightdesk.journal.playbook import Playbook, checked
from nightdesk.journal.ports.trades import By
from nightdesk.journal.ports.writing import Playbooks
from nightdesk.journal.saved_metric import Unit
from nightdesk.journal.trade import Check, Status
from nightdesk.performance.comparison import differences
from nightdesk.performance.figure import Figure, Reason, missing
from nightdesk.trading.order import Mode

MOST_CELLS = 2_000
"""Of one map that hold trades."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarDay:
    """A day of the owner's calendar with what was closed on it."""

    day: date
    figures: Mapping[str, Figure]


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """Each day of a month, and all of it."""

    seen: Seen
    month: str
    days: tuple[CalendarDay, ...]
    total: Mapping[str, Figure]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two selections with their trade metrics, and `a` less `b` with intervals.

    Amounts in different currencies have no difference.
    """

    a: Seen
    b: Seen
    metrics_a: Mapping[str, Figure]
    metrics_b: Mapping[str, Figure]
    differences: Mapping[str, Figure]
    shared: int
    """Trades that stand in both: the intervals count them as if they were different ones."""


@dataclass(frozen=True, slots=True)
class ReadBreakdown:
    """Break trades down by a dimension."""

    look: Look
    playbooks: Playbooks

    def __call__(self, asked: Asked, dimension: str, *, min_n: int = 1) -> tuple[Seen, Breakdown]:
        """Return the rows. Raises KeyError for an unknown dimension."""
        seen = self.look(asked)
        whole = self.whole(asked, seen, rules=dimension == "rule")
        return seen, breakdown(dimension, whole, thin_n=seen.preferences.thin_n, min_n=min_n)

    def parts(
        self, asked: Asked, seen: Seen, dimension: str, *, most: int
    ) -> tuple[Sequence[Part], int]:
        """Return the first groups with their trades, as rows are ordered, and how many more.

        Raises KeyError for an unknown dimension.
        """
        whole = self.whole(asked, seen, rules=dimension == "rule")
        return parts(dimension, whole, thin_n=seen.preferences.thin_n, most=most)

    def map(self, asked: Asked, rows: str, columns: str) -> tuple[Seen, Heatmap]:
        """Return where two dimensions meet.

        Raises KeyError; ValueError: one has several groups; Invalid `OUT_OF_RANGE` for more cells
        than a map can show.
        """
        seen = self.look(asked)
        whole = self.whole(asked, seen)
        found = heatmap(rows, columns, whole, thin_n=seen.preferences.thin_n)
        if len(found.cells) > MOST_CELLS:
            text = f"A map has at most {MOST_CELLS:,} cells: ask for a shorter range."
            raise Invalid("OUT_OF_RANGE", text, field="rows", allowed={"max": MOST_CELLS})
        return seen, found

    def whole(self, asked: Asked, seen: Seen, *, rules: bool = False) -> Whole:
        """Return the trades with what tells their groups; checks only where `rules` are asked."""
        tags = self.look.book(asked.owner)
        plain = Whole(counted=seen.counted, place=seen.place, tags=tags)
        if not rules:
            return plain
        books = self._books(asked, seen.counted.played)

        def checks(one: Played) -> Mapping[str, Check]:
            labels = one.labels
            book = books.get((labels.playbook_id or "", labels.playbook_version or 0))
            return {} if book is None else checked(book, one.trade, labels, seen.place)

        texts = {
            f"{book.id}/{rule.id}": rule.text for book in books.values() for rule in book.rules
        }
        return replace(plain, checks=checks, rules=texts)

    def _books(self, asked: Asked, played: Iterable[Played]) -> Mapping[tuple[str, int], Playbook]:
        names = sorted({one.labels.playbook_id for one in played if one.labels.playbook_id})
        versions = (book for name in names for book in self.playbooks.versions(asked.owner, name))
        return {(book.id, book.version): book for book in versions}


@dataclass(frozen=True, slots=True)
class ReadCalendar:
    """Show a month by day."""

    look: Look

    def __call__(self, asked: Asked, month: date | None = None) -> Calendar:
        """Return the days of the month of this day, the present one by default, by close."""
        preferences = self.look.preferences(asked.owner, asked.now)
        place = in_force(preferences.places, asked.now)
        first = (month or place.day(asked.now)).replace(day=1)
        beyond = (first + timedelta(days=31)).replace(day=1)
        filters = replace(
            asked.filters, since=place.midnight(first), until=place.midnight(beyond), by=By.CLOSED
        )
        seen = self.look(replace(asked, filters=filters))
        days = (beyond - first).days
        closed = np.floor_divide(on_clock(seen.counted.columns.closed, place.zone), DAY)
        codes = closed.astype(np.int64) - (first - EPOCH).days
        rows = seen.counted.by(codes, days)
        return Calendar(
            seen=seen,
            month=f"{first:%Y-%m}",
            days=tuple(
                CalendarDay(day=first + timedelta(days=n), figures=rows[n]) for n in range(days)
            ),
            total=seen.counted.total,
        )


@dataclass(frozen=True, slots=True)
class Compare:
    """Put two selections side by side."""

    look: Look

    def __call__(self, a: Asked, b: Asked) -> Comparison:
        """Return both and the differences; where no mode is asked for, both count the same one."""
        if not a.modes and not b.modes:
            mode = self._mode(a, b)
            a, b = in_mode(a, mode), in_mode(b, mode)
        one, two = self.look(a), self.look(b)
        ids = {played.trade.id for played in one.counted.played}
        return Comparison(
            a=one,
            b=two,
            metrics_a=figures_of(one, None),
            metrics_b=figures_of(two, None),
            differences=_less(one, two),
            shared=sum(played.trade.id in ids for played in two.counted.played),
        )

    def _mode(self, a: Asked, b: Asked) -> Mode:
        every = [*self.look.played(a), *self.look.played(b)]
        (mode,) = modes_of(one.trade for one in every if one.trade.status is Status.CLOSED)
        return mode


def _less(a: Seen, b: Seen) -> Mapping[str, Figure]:
    """Return `a` less `b`; nothing is subtracted across currencies."""
    found = differences(a.counted.columns, b.counted.columns)
    if a.view.unit is Unit.MONEY and not same_currency(a.counted.currency, b.counted.currency):
        found["expectancy"] = missing(Reason.OTHER_CURRENCY, found["expectancy"].n)
    return a.counted.had(b.counted.had(found))


def in_mode(asked: Asked, mode: Mode) -> Asked:
    """Return the same question about one mode."""
    any_of = {**asked.filters.any_of, "mode": frozenset({mode.value})}
    return replace(asked, filters=replace(asked.filters, any_of=any_of))


@dataclass(frozen=True, slots=True)
class ReadExitAnalysis:
    """Tell what excursions say about stops, targets and exits."""

    look: Look

    def __call__(self, asked: Asked) -> tuple[Seen, tuple[Reading, ...], tuple[HeldLonger, ...]]:
        """Return the four readings, and what holding longer would have brought."""
        seen = self.look(asked)
        trades = [one.trade for one in seen.counted.played]
        return seen, readings(trades), held_longer(trades)
