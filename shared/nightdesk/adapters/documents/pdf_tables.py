"""The tables of a printed report."""

from collections.abc import Sequence

from reportlab.platypus import Flowable

from nightdesk.adapters.documents.pdf_parts import SMALL, Column, prose, table
from nightdesk.journal.report import (
    Breakdown,
    Habit,
    Line,
    PlanDay,
    Quantity,
    Report,
    SummaryRow,
)
from nightdesk.journal.report_words import ReportWords
from nightdesk.performance.drawdown import Drawdown

FINE = 6.4
"""Size of the list of trades."""


def summary(report: Report, words: ReportWords) -> list[Flowable]:
    """Return the figures that exist in money, R and percent."""
    columns = (
        Column(head="", share=3, number=False),
        Column(head=report.currency, share=2),
        Column(head="R", share=2),
        Column(head="%", share=2),
        Column(head="n", share=1),
        Column(head="n of R", share=1),
    )

    def row(one: SummaryRow) -> tuple[str, ...]:
        given = one.money or one.percent
        return (
            one.name,
            words.figure(one.money, Quantity.MONEY, unit=False),
            words.figure(one.r, Quantity.R, unit=False),
            words.figure(one.percent, Quantity.SHARE, unit=False),
            *("" if figure is None else words.number(figure.n, 0) for figure in (given, one.r)),
        )

    return [table(columns, [row(one) for one in report.summary])] if report.summary else []


def lines(rows: Sequence[Line], words: ReportWords, *, head: str = "figure") -> list[Flowable]:
    """Return figures by name, with interval and n."""
    columns = (
        Column(head=head, share=4, number=False),
        Column(head="value (95 % interval)", share=4),
        Column(head="n", share=1),
        Column(head="to keep in mind", share=3, number=False),
    )
    shown = [
        (
            one.name,
            words.with_interval(one.figure, one.quantity),
            str(one.figure.n),
            (one.figure.caveat or "").replace("_", " ").lower(),
        )
        for one in rows
    ]
    return [table(columns, shown)] if rows else []


def falls(rows: Sequence[Drawdown], words: ReportWords) -> list[Flowable]:
    """Return the deepest falls and their days."""
    columns = (
        Column(head="depth", share=2),
        Column(head="highest point", share=2),
        Column(head="lowest point", share=2),
        Column(head="recovered", share=2),
        Column(head="days under water", share=2),
    )
    shown = [
        (
            words.value(one.depth, Quantity.SHARE),
            words.day(one.peak),
            words.day(one.trough),
            words.day(one.recovered) or "not yet",
            words.number(one.days_underwater, 0),
        )
        for one in rows
    ]
    return [table(columns, shown)] if rows else []


def months(report: Report, words: ReportWords) -> list[Flowable]:
    """Return one row for each month."""
    rows = report.months
    columns = (
        Column(head="month", share=2, number=False),
        Column(head="trades", share=1),
        Column(head="win rate", share=2),
        Column(head=f"result, {report.shown_in}", share=2),
        Column(head="R", share=2),
        Column(head="account return", share=2),
    )
    shown = [
        (
            one.label,
            words.number(one.n, 0),
            words.figure(one.win_rate, Quantity.SHARE),
            words.figure(one.net, Quantity.MONEY),
            words.figure(one.r, Quantity.R),
            words.figure(one.account_return, Quantity.SHARE),
        )
        for one in rows
    ]
    return [table(columns, shown)] if rows else []


def breakdown(one: Breakdown, shown_in: str, words: ReportWords) -> list[Flowable]:
    """Return the rows of a breakdown; thin ones are grey."""
    columns = (
        Column(head=one.title, share=4, number=False),
        Column(head="n", share=1),
        Column(head=f"result, {shown_in}", share=2.6),
        Column(head="R", share=2),
        Column(head="win rate (95 %)", share=4),
        Column(head="expectancy (95 %)", share=4),
        Column(head="profit factor", share=2.3),
    )
    shown = [
        (
            row.name,
            words.number(row.n, 0),
            words.figure(row.net, Quantity.MONEY),
            words.figure(row.net_r, Quantity.R),
            words.with_interval(row.win_rate, Quantity.SHARE),
            words.with_interval(row.expectancy_r, Quantity.R),
            words.figure(row.profit_factor, Quantity.RATIO),
        )
        for row in one.rows
    ]
    if not one.rows:
        return []
    thin = [place for place, row in enumerate(one.rows) if row.thin]
    said = [prose(one.proven, SMALL)] if one.proven else []
    if thin:
        said.append(prose("Rows in grey are thin: too few trades to compare.", SMALL))
    return [table(columns, shown, pale=thin), *said]


def habits(rows: Sequence[Habit], words: ReportWords) -> list[Flowable]:
    """Return claims against their base rates, and each in its own words."""
    columns = (
        Column(head="detector", share=4, number=False),
        Column(head="standing", share=2, number=False),
        Column(head="seen", share=2),
        Column(head="base rate", share=2),
        Column(head="p", share=2),
    )
    shown = [
        (
            one.name,
            one.severity,
            f"{one.x} of {one.n}" if one.x is not None and one.n else "",
            "" if one.base is None else words.value(one.base, Quantity.SHARE),
            "" if one.p is None else words.number(one.p, 4),
        )
        for one in rows
    ]
    if not rows:
        return []
    return [table(columns, shown), *(prose(f"{one.name}: {one.text}", SMALL) for one in rows)]


def plans(rows: Sequence[PlanDay], words: ReportWords) -> list[Flowable]:
    """Return the planned days."""
    columns = (
        Column(head="planned day", share=2, number=False),
        Column(head="breaking trades", share=2),
        Column(head="plan", share=2, number=False),
        Column(head="broken", share=6, number=False),
    )
    shown = [(words.day(one.day), str(one.trades), one.state, one.broken) for one in rows]
    return [table(columns, shown)] if rows else []


def listed(report: Report, words: ReportWords) -> list[Flowable]:
    """Return the list of trades, and where the rest is when it is cut."""
    columns = (
        Column(head="opened", share=2.7, number=False),
        Column(head="closed", share=2.7, number=False),
        Column(head="instrument", share=3.8, number=False),
        Column(head="side", share=1.2, number=False),
        Column(head="quantity", share=1.8),
        Column(head="entry", share=1.8),
        Column(head="exit", share=1.8),
        Column(head="net", share=1.8),
        Column(head="R", share=1.2),
        Column(head="setup", share=3.0, number=False),
    )
    shown = [
        (
            *(words.moment(one.opened_at), words.moment(one.closed_at) or "open"),
            *(one.instrument, one.side, words.amount(one.quantity), words.amount(one.avg_entry)),
            words.amount(one.avg_exit),
            "" if one.net is None else words.value(one.net, Quantity.MONEY),
            "" if one.r is None else words.value(one.r, Quantity.R, unit=False),
            one.setup,
        )
        for one in report.trades
    ]
    if not report.trades:
        return []
    said = f"{len(shown)} of {words.number(report.trades_in_all, 0)} trades"
    if len(shown) < report.trades_in_all:
        said += f"; the others are in {report.csv_name}"
    return [table(columns, shown, size=FINE), prose(f"{said}.", SMALL)]
