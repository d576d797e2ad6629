"""How long documents of the journal take: a printed report, a workbook, a file of trades."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from bench.figures import Section, Spread, Table, Target, timed
from nightdesk.core.ids import TradeId, UserId
from nightdesk.journal.book_stats import Played
from nightdesk.journal.export import TradeWords, trades_csv
from nightdesk.journal.export_options import ExportOptions
from nightdesk.journal.sheets import Written, sheets
from nightdesk.journal.tag import TagBook
from tests.builders.journal_trades import a_trade, some_labels
from tests.builders.reports import a_report

RUNS = 9
LISTED = 210
"""Trades in the list of the report: with them it has ten pages."""
PAGES = 10
TRADES = 5_000
LIMIT_SECONDS = 1.0


def measure(*, quick: bool = False) -> Section:
    """Print a year, and write its trades for a spreadsheet."""
    from nightdesk.adapters.documents.pdf import ReportLabPrinter
    from nightdesk.adapters.documents.xlsx import XlsxWorkbooks

    report, trades = a_report(trades=LISTED), traded(100 if quick else TRADES)
    words = TradeWords(tags=TagBook(UserId("usr_1"), ()))
    wanted = ExportOptions(
        since=datetime(2025, 1, 1, tzinfo=UTC),
        until=datetime(2026, 1, 1, tzinfo=UTC),
        zone="Europe/Vienna",
    )
    written = Written(report=report, trades=trades, findings=(), entries=(), words=words)
    runs = 2 if quick else RUNS
    pdf = timed(lambda: ReportLabPrinter()(report), runs=runs)
    others: dict[str, Callable[[], object]] = {
        f"workbook, {len(trades):,} trades": lambda: XlsxWorkbooks()(sheets(written, wanted)),
        f"trades.csv, {len(trades):,} trades": lambda: list(trades_csv(trades, words, wanted)),
    }
    rows = {"report": pdf} | {
        name: timed(work, runs=2 if quick else 3) for name, work in others.items()
    }
    return Section(
        name="documents",
        title="Documents",
        how=(
            f"A report of a year with every section and {LISTED} listed trades, {PAGES} pages; "
            "the same year's workbook and file of trades. All in memory, from plain data to bytes."
        ),
        tables=(Table(heads=("document", "seconds"), rows=tuple(map(shown, rows.items()))),),
        targets=(
            Target(
                name=f"report of {PAGES} pages",
                value=round(pdf.middle, 3),
                limit=LIMIT_SECONDS,
                unit="s",
            ),
        ),
    )


def shown(named: tuple[str, Spread]) -> tuple[str, str]:
    """Return a row of the table."""
    name, spread = named
    return name, spread.show(2)


def traded(count: int) -> list[Played]:
    """Return many trades that differ by their ids alone."""
    trade = a_trade()
    each = (replace(trade, id=TradeId(f"jt_{n:026d}")) for n in range(count))
    return [Played(trade=one, labels=some_labels(one)) for one in each]
