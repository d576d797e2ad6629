"""A report on paper: A4, vectors, embedded fonts, bookmarks. Equal reports are equal bytes."""

import io
from collections.abc import Iterator, Sequence

from reportlab.lib.pagesizes import A4
from reportlab.platypus import (
    BaseDocTemplate,
    CondPageBreak,
    Flowable,
    Frame,
    PageBreak,
    PageTemplate,
    Spacer,
)

from nightdesk.adapters.documents.pdf_parts import (
    MARGIN,
    PAGE_HEIGHT,
    SMALL,
    WIDTH,
    Column,
    Heading,
    NumberedCanvas,
    Picture,
    fitted,
    prose,
    register_fonts,
    table,
)
from nightdesk.adapters.documents.pdf_tables import (
    breakdown,
    falls,
    habits,
    lines,
    listed,
    months,
    plans,
    summary,
)
from nightdesk.journal.charts import Chart
from nightdesk.journal.report import Report
from nightdesk.journal.report_charts import (
    drawdown_chart,
    equity_chart,
    excursion_chart,
    hour_chart,
    r_chart,
)
from nightdesk.journal.report_words import ReportWords, digits_of_money

TALL, LOW = 205.0, 150.0
"""Heights of charts in points."""
ROOM = 110.0
"""A section begins on a new page where less than this is left; more where a chart is first."""
HEADED = 50.0
"""Height of what stands above a chart."""
OF_TRADES, OF_DAYS = "figure of trades", "figure of the account by day"
NONE = "There is nothing of it in this period."


class ReportLabPrinter:
    """The port ReportPrinter."""

    def __call__(self, report: Report) -> bytes:
        """Return the report as PDF."""
        register_fonts()
        out = io.BytesIO()
        document = BaseDocTemplate(
            out,
            pagesize=A4,
            invariant=1,
            title=report.title,
            author="Nightdesk",
            creator="Nightdesk",
            subject=f"{report.since.isoformat()} to {report.until.isoformat()}",
            leftMargin=MARGIN,
            rightMargin=MARGIN,
        )
        frame = Frame(
            *(MARGIN, MARGIN, WIDTH, PAGE_HEIGHT - 2 * MARGIN),
            leftPadding=0,
            rightPadding=0,
            topPadding=0,
            bottomPadding=0,
        )
        document.addPageTemplates(PageTemplate(frames=[frame]))
        document.build(list(story(report)), canvasmaker=footed(report))
        return out.getvalue()


def footed(report: Report) -> type[NumberedCanvas]:
    """Return a canvas whose pages say what they are pages of."""
    period = f"{report.since.isoformat()} to {report.until.isoformat()}"
    foot = fitted(f"{report.title} · {period}", WIDTH * 0.8, size=SMALL)
    return type("Footed", (NumberedCanvas,), {"foot": foot})


def story(report: Report) -> Iterator[Flowable]:
    """Yield the whole report in its order."""
    nets = [one.net for one in report.trades if one.net is not None]
    words = ReportWords(numbers=report.numbers, money_digits=digits_of_money(nets))
    yield from cover(report)
    yield from section(
        "Summary", [*summary(report, words), *lines(report.metrics, words, head=OF_TRADES)]
    )
    account = (
        [*equity(report, words), *lines(report.account, words, head=OF_DAYS)]
        if report.equity
        else []
    )
    yield from section("Equity curve", account)
    yield from section("Drawdown", [*drawdown(report, words), *falls(report.falls, words)])
    yield from section("Months", months(report, words))
    yield from section("Results in R", pictured(results(report, words)))
    yield from section("Excursions", pictured(excursions(report, words)))
    yield from section("Hours and weekdays", pictured(hours(report)))
    for one in report.breakdowns:
        yield from section(f"By {one.title}", breakdown(one, report.shown_in, words))
    yield from section("Behaviour", habits(report.habits, words))
    kept = [*lines(report.discipline, words), *plans(report.plans, words)]
    yield from section("Discipline and plans", kept)
    yield from section("Costs", lines(report.costs, words))
    yield from section("Trades", listed(report, words))
    yield from section("Conventions", closing(report, words))


def cover(report: Report) -> Iterator[Flowable]:
    """Yield the first page: period, scope and conventions."""
    yield Spacer(1, 150)
    yield prose(report.title, 26, bold=True)
    yield prose(f"{report.since.isoformat()} to {report.until.isoformat()}", 14)
    yield prose(f"Days of {report.zone}, amounts in {report.currency}")
    for heading, said in (("What it counts", report.scope), ("Conventions", report.conventions)):
        if said:
            yield Spacer(1, 18)
            yield prose(heading, 10, bold=True)
            yield from (prose(one) for one in said)
    yield PageBreak()


def section(title: str, parts: Sequence[Flowable]) -> Iterator[Flowable]:
    """Yield a heading and what stands below it; a section without content says so."""
    chart = parts[0].chart.height if parts and isinstance(parts[0], Picture) else 0.0
    yield CondPageBreak(max(ROOM, chart + HEADED))
    yield Heading(title)
    yield from parts or [prose(NONE)]
    yield Spacer(1, 10)


def pictured(chart: Chart | None) -> list[Flowable]:
    """Return a chart; none for none."""
    return [] if chart is None else [Picture(chart)]


def equity(report: Report, words: ReportWords) -> list[Flowable]:
    """Return the account by day."""
    chart = equity_chart(
        report.equity,
        report.account_currency or report.currency,
        words.number,
        width=WIDTH,
        height=TALL,
        changes=report.changes,
    )
    return pictured(chart)


def drawdown(report: Report, words: ReportWords) -> list[Flowable]:
    """Return the account below its highest point."""
    chart = drawdown_chart(
        report.equity,
        words.percent,
        width=WIDTH,
        height=LOW,
        changes=report.changes,
    )
    return pictured(chart)


def results(report: Report, words: ReportWords) -> Chart | None:
    """Return the histogram of R."""
    return r_chart(report.r_values, words.number, width=WIDTH, height=TALL)


def excursions(report: Report, words: ReportWords) -> Chart | None:
    """Return the scatter of excursions."""
    return excursion_chart(report.excursions, words.number, width=WIDTH, height=TALL)


def hours(report: Report) -> Chart | None:
    """Return the map of the week."""
    return hour_chart(report.hours, report.shown_in, width=WIDTH, height=TALL)


def closing(report: Report, words: ReportWords) -> list[Flowable]:
    """Return the conventions again, and what the letters beside dashes stand for."""
    said: list[Flowable] = [prose(one) for one in report.conventions]
    if words.used:
        columns = (
            Column(head="letter", share=1, number=False),
            Column(head="reason", share=3, number=False),
            Column(head="why there is no value", share=8, number=False),
        )
        rows = [
            (letter, reason, report.reasons.get(reason, ""))
            for reason, letter in words.used.items()
        ]
        said.append(table(columns, rows))
    return said
