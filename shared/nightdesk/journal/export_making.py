"""Making what an export asks for, piece by piece."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from nightdesk.accounts.audit import Json
from nightdesk.core.clock import iso
from nightdesk.core.ids import UserId
from nightdesk.journal import sheets
from nightdesk.journal.book_stats import Played
from nightdesk.journal.export import TRADES, cash_csv, csv, fills_csv, findings_csv, trade_row
from nightdesk.journal.export_archive import Part, archived, json_lines
from nightdesk.journal.export_job import ExportJob, ExportKind
from nightdesk.journal.export_options import ExportOptions
from nightdesk.journal.export_source import ExportSource, trades_wanted
from nightdesk.journal.export_text import journal_text
from nightdesk.journal.exporting import Told
from nightdesk.journal.ports.exports import ReportPrinter, Workbooks, Written, WrittenItems
from nightdesk.journal.ports.trades import By
from nightdesk.journal.report import Report
from nightdesk.journal.report_gathering import GatherReport

Maker = Callable[[UserId, ExportOptions, Told], Iterator[bytes]]

HEADS: Mapping[ExportKind, int] = {
    ExportKind.TRADES: 1,
    ExportKind.FILLS: 1,
    ExportKind.CASH: 1,
    ExportKind.FINDINGS: 1,
    ExportKind.TEXT: 1,
}
"""Files of rows, and how many of their pieces are none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MakeFile:
    """Make the file of a job. Trades are read page by page for each file that lists them."""

    source: ExportSource
    report: GatherReport
    printer: ReportPrinter
    workbooks: Workbooks
    items: WrittenItems

    def __call__(self, job: ExportJob, told: Told) -> Iterator[bytes]:
        """Yield it piece by piece; equal jobs over an equal journal are equal bytes."""
        owner, options = job.owner, job.options
        makers: Mapping[ExportKind, Maker] = {
            ExportKind.TRADES: self._trades,
            ExportKind.FILLS: self._fills,
            ExportKind.CASH: self._cash,
            ExportKind.FINDINGS: self._findings,
            ExportKind.TEXT: self._text,
        }
        if job.kind in makers:
            return makers[job.kind](owner, options, told)
        if job.kind is ExportKind.ALL:
            return archived(self._everything(job, makers, told), about(options))
        report = self.report(owner, options, now=job.asked_at)
        if job.kind is ExportKind.REPORT:
            return iter([self.printer(report)])
        return iter([self._workbook(owner, options, report, told)])

    def _everything(
        self, job: ExportJob, makers: Mapping[ExportKind, Maker], told: Told
    ) -> Iterator[Part]:
        """Yield all files one after the other; the figures are gathered once, for two of them."""
        owner, options = job.owner, job.options
        whole = len(makers) + len(Written) + 2
        for done, (kind, make) in enumerate(makers.items()):
            pieces = make(owner, options, part_of(told, done, whole))
            yield Part(name=kind.file.name, pieces=pieces, heads=HEADS[kind])
        for done, written in enumerate(Written, len(makers)):
            told(100 * done // whole)
            lines = json_lines(self.items(owner, written))
            yield Part(name=f"{written.value}.jsonl", pieces=lines, heads=0)
        report = self.report(owner, options, now=job.asked_at)
        told(100 * (whole - 2) // whole)
        yield Part(name=ExportKind.REPORT.file.name, pieces=[self.printer(report)])
        workbook = self._workbook(owner, options, report, part_of(told, whole - 1, whole))
        yield Part(name=ExportKind.WORKBOOK.file.name, pieces=[workbook])

    def _workbook(self, owner: UserId, options: ExportOptions, report: Report, told: Told) -> bytes:
        written = sheets.Written(
            report=report,
            trades=flat(watched(self.source.played(owner, options), options, told)),
            findings=self.source.findings.each(owner, options.since, options.until),
            entries=self.source.written(owner, options),
            words=self.source.words(owner, options),
        )
        return self.workbooks(sheets.sheets(written, options))

    def _trades(self, owner: UserId, options: ExportOptions, told: Told) -> Iterator[bytes]:
        words = self.source.words(owner, options)
        pages = watched(self.source.played(owner, options), options, told)
        return csv(TRADES, (trade_row(one, words, options) for one in flat(pages)), options)

    def _fills(self, owner: UserId, options: ExportOptions, told: Told) -> Iterator[bytes]:
        pages = watched(self.source.played(owner, options), options, told)
        whole = (one for page in pages for one in self.source.whole(owner, page))
        return fills_csv(whole, options)

    def _cash(self, owner: UserId, options: ExportOptions, _told: Told) -> Iterator[bytes]:
        return cash_csv(*self.source.moved(owner, options), options)

    def _findings(self, owner: UserId, options: ExportOptions, _told: Told) -> Iterator[bytes]:
        found = self.source.findings.each(owner, options.since, options.until)
        return findings_csv(found, options)

    def _text(self, owner: UserId, options: ExportOptions, _told: Told) -> Iterator[bytes]:
        return journal_text(self.source.written(owner, options), self.source.book(owner), options)


def about(options: ExportOptions) -> Mapping[str, Json]:
    """Return what a manifest says of all files."""
    filters: dict[str, Json] = {name: [*some] for name, some in sorted(options.filters.items())}
    return {
        "from": iso(options.since),
        "to": iso(options.until),
        "zone": options.zone,
        "numbers": options.numbers.value,
        "unit": options.unit.value,
        "basis": options.basis.value,
        "filters": filters,
    }


def part_of(told: Told, done: int, whole: int) -> Told:
    """Return what tells the progress of one file of several."""
    return lambda percent: told((100 * done + percent) // whole)


def flat(pages: Iterable[Sequence[Played]]) -> Iterator[Played]:
    """Yield the trades of pages."""
    return (one for page in pages for one in page)


def watched(
    pages: Iterable[Sequence[Played]], options: ExportOptions, told: Told
) -> Iterator[Sequence[Played]]:
    """Yield pages of trades, and tell how far through their time they have come."""
    first: datetime | None = None
    by = trades_wanted(options).by
    for page in pages:
        yield page
        moments = [at for one in page if (at := _moment(one, by)) is not None]
        if moments:
            first = first or moments[0]
            told(_percent(first, moments[-1], options.until))


def _moment(one: Played, by: By) -> datetime | None:
    return one.trade.opened_at if by is By.OPENED else one.trade.closed_at


def _percent(first: datetime, now: datetime, last: datetime) -> int:
    return int(100 * ((now - first) / (last - first))) if last > first else 0
