"""The journal as sheets of a workbook: numbers are numbers, dates dates, text is text.

Moments are those of the owner's clock: a workbook knows no time zones, so the heads name it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TypeAlias

from nightdesk.core.clock import utc
from nightdesk.journal.book_stats import Played
from nightdesk.journal.entry import JournalEntry
from nightdesk.journal.export import (
    FINDINGS,
    TRADES,
    TradeWords,
    finding_row,
    joined,
    trade_row,
)
from nightdesk.journal.export_options import ExportOptions
from nightdesk.journal.finding import Finding
from nightdesk.journal.report import Report
from nightdesk.performance.figure import Figure

SheetCell: TypeAlias = str | bool | int | float | Decimal | date | datetime | None
Row: TypeAlias = Sequence[SheetCell]

TRADE_MOMENTS = ("opened_at", "closed_at")
FINDING_MOMENTS = ("at", "found_at")
SUMMARY = ("figure", "unit", "value", "n", "low", "high", "reason", "caveat")
DAYS = ("day", "equity", "flow", "drawdown")
BREAKDOWNS = (
    *("dimension", "name", "n", "net", "net_r", "win_rate", "win_low", "win_high"),
    *("expectancy_r", "expectancy_low", "expectancy_high", "profit_factor", "thin"),
)
ENTRIES = (
    *("entry_id", "occurred_at", "kind", "trade_id", "instrument", "day", "title", "mood"),
    *("confidence", "discipline", "emotions", "tags", "body"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One sheet: rows as long as `heads`, read once. Moments have no zone: they are local."""

    name: str
    heads: tuple[str, ...]
    rows: Iterable[Row]


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What a workbook is filled from, row by row, in the order of each sheet."""

    report: Report
    trades: Iterable[Played]
    findings: Iterable[Finding]
    entries: Iterable[JournalEntry]
    words: TradeWords


def sheets(written: Written, options: ExportOptions) -> tuple[Sheet, ...]:
    """Return the sheets in their order."""
    report = written.report
    return (
        Sheet(name="Summary", heads=SUMMARY, rows=summary(report)),
        Sheet(
            name="Trades",
            heads=zoned(TRADES, TRADE_MOMENTS, options),
            rows=trades(written, options),
        ),
        Sheet(
            name="Days",
            heads=DAYS,
            rows=((one.day, one.equity, one.flow, one.drawdown) for one in report.equity),
        ),
        Sheet(name="Breakdowns", heads=BREAKDOWNS, rows=breakdowns(report)),
        Sheet(
            name="Findings",
            heads=zoned(FINDINGS, FINDING_MOMENTS, options),
            rows=findings(written.findings, options),
        ),
        Sheet(
            name="Entries",
            heads=zoned(ENTRIES, ("occurred_at",), options),
            rows=entries(written, options),
        ),
    )


def zoned(heads: Sequence[str], moments: Sequence[str], options: ExportOptions) -> tuple[str, ...]:
    """Return heads; those of moments say whose clock it is."""
    return tuple(f"{one} ({options.zone})" if one in moments else one for one in heads)


def summary(report: Report) -> Iterator[Row]:
    """Yield the figures, each unit on a line of its own."""
    for row in report.summary:
        units = ((report.currency, row.money), ("R", row.r), ("share", row.percent))
        for unit, figure in units:
            if figure is not None:
                yield figured(row.name, unit, figure)
    for line in (*report.metrics, *report.account, *report.costs, *report.discipline):
        yield figured(line.name, line.quantity.value, line.figure)


def figured(name: str, unit: str, figure: Figure) -> Row:
    """Return one figure in the order of `SUMMARY`."""
    low, high = figure.interval or (None, None)
    return (name, unit, figure.value, figure.n, low, high, figure.reason, figure.caveat)


def trades(written: Written, options: ExportOptions) -> Iterator[Row]:
    """Yield the trades."""
    for one in written.trades:
        cells: list[SheetCell] = list(trade_row(one, written.words, options))
        for name in TRADE_MOMENTS:
            cells[TRADES.index(name)] = wall(getattr(one.trade, name), options)
        yield cells


def breakdowns(report: Report) -> Iterator[Row]:
    """Yield the rows of all breakdowns."""
    for group in report.breakdowns:
        for row in group.rows:
            yield (
                *(group.title, row.name, row.n, row.net.value, row.net_r.value),
                *(row.win_rate.value, *(row.win_rate.interval or (None, None))),
                *(row.expectancy_r.value, *(row.expectancy_r.interval or (None, None))),
                *(row.profit_factor.value, row.thin),
            )


def findings(found: Iterable[Finding], options: ExportOptions) -> Iterator[Row]:
    """Yield the findings, those in shadow left out."""
    for one in found:
        if not one.shadow:
            cells: list[SheetCell] = list(finding_row(one, options))
            for name in FINDING_MOMENTS:
                cells[FINDINGS.index(name)] = wall(getattr(one, name), options)
            yield cells


def entries(written: Written, options: ExportOptions) -> Iterator[Row]:
    """Yield the entries."""
    for one in written.entries:
        yield (
            *(one.id, wall(one.occurred_at, options), one.kind.value, one.trade_id),
            *(one.instrument, one.day, one.title, one.mood, one.confidence, one.discipline),
            *(joined(one.emotions), written.words.named(one.tags), one.body or None),
        )


def wall(moment: datetime | None, options: ExportOptions) -> datetime | None:
    """Return what the owner's clock showed, without its zone."""
    if moment is None:
        return None
    return utc(moment).astimezone(options.clock).replace(tzinfo=None)
