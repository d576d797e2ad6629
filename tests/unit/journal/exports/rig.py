"""A journal in memory, as exports read it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from nightdesk.accounts.audit import Json
from nightdesk.adapters.documents.pdf import ReportLabPrinter
from nightdesk.adapters.documents.xlsx import XlsxWorkbooks
from nightdesk.core.ids import BotId, UserId
from nightdesk.journal.account import ReadAccount
from nightdesk.journal.behaviour.gathering import GatherHistory
from nightdesk.journal.export_making import MakeFile
from nightdesk.journal.export_options import ExportOptions
from nightdesk.journal.export_source import ExportSource
from nightdesk.journal.place import Place
from nightdesk.journal.planning import ReadPlan
from nightdesk.journal.ports.exports import Written
from nightdesk.journal.ports.figures import AccountBot
from nightdesk.journal.report_gathering import GatherReport
from nightdesk.journal.report_habits import ReportHabits
from nightdesk.journal.tag import Tag
from nightdesk.trading.order import Mode
from tests.builders.journal_trades import OWNER
from tests.builders.journal_year import BEGIN, END, Year
from tests.builders.kept import KeptBooks
from tests.builders.market import MemoryCandles
from tests.fakes.findings import FakeDetectorSettings, FakeEquity, FakeFindings, FakeMoods
from tests.fakes.imports import FakeExternalRecords
from tests.fakes.journal import FakeEntries, FakePlans, FakePlaybooks, FakeTags
from tests.fakes.journal_trades import FakeCashRows, FakePreferencesOf, FakeTrades
from tests.fakes.trading import FakeEquity as FakePoints
from tests.unit.journal.analytics.rig import a_point

VIENNA = Place(zone="Europe/Vienna", currency="USDT")
BOT = AccountBot(bot_id=BotId("bot_1"), mode=Mode.LIVE, quote="USDT")


def wanted(**changes: Any) -> ExportOptions:
    return replace(ExportOptions(since=BEGIN, until=END, zone="Europe/Vienna"), **changes)


@dataclass
class Rig:
    """One trader's journal."""

    trades: FakeTrades = field(default_factory=FakeTrades)
    tags: FakeTags = field(default_factory=FakeTags)
    findings: FakeFindings = field(default_factory=FakeFindings)
    books: FakePlaybooks = field(default_factory=FakePlaybooks)
    entries: FakeEntries = field(default_factory=FakeEntries)
    plans: FakePlans = field(default_factory=FakePlans)
    cash: FakeCashRows = field(default_factory=FakeCashRows)
    records: FakeExternalRecords = field(default_factory=FakeExternalRecords)
    points: FakePoints = field(default_factory=FakePoints)
    bots: Sequence[AccountBot] = (BOT,)
    items: dict[Written, list[Mapping[str, Json]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.kept = KeptBooks(self.records, self.cash, self.trades)

    def had(self, year: Year) -> "Rig":
        """Put a year into it."""
        self.trades.add(year.trades)
        for labels in year.labels:
            self.trades.written[labels.owner, labels.trade_id] = labels
        for tag in year.tags:
            self.tags.save(tag, None)
        self.books.put(year.book, None)
        for plan in year.plans:
            self.plans.save(plan)
        for entry in year.entries:
            self.entries.save(entry, None, entry.created_at)
        for row in year.cash:
            self.cash.put(row)
        for at, equity, paid in year.equity:
            self.points.put([replace(a_point(at, equity, paid, BOT), owner=OWNER)])
        self.items[Written.TAGS] = [_told(tag) for tag in year.tags]
        return self

    @property
    def source(self) -> ExportSource:
        return ExportSource(
            trades=self.trades,
            tags=self.tags,
            findings=self.findings,
            books=self.books,
            entries=self.entries,
            cash=self.cash,
            records=self.records,
            preferences=FakePreferencesOf(VIENNA),
        )

    @property
    def report(self) -> GatherReport:
        source = self.source
        gather = GatherHistory(
            trades=self.trades,
            preferences=source.preferences,
            plans=self.plans,
            candles=MemoryCandles(),
            equity=FakeEquity(),
            moods=FakeMoods(),
            tags=self.tags,
        )
        return GatherReport(
            source=source,
            account=ReadAccount(
                lambda owner: self.bots if owner == OWNER else [], self.points, self.kept.read
            ),
            plans=ReadPlan(self.plans, self.trades),
            habits=ReportHabits(gather, FakeDetectorSettings()),
        )

    @property
    def make(self) -> MakeFile:
        return MakeFile(
            source=self.source,
            report=self.report,
            printer=ReportLabPrinter(),
            workbooks=XlsxWorkbooks(),
            items=self.written,
        )

    def written(self, owner: UserId, kind: Written) -> Iterator[Mapping[str, Json]]:
        return iter(self.items.get(kind, []) if owner == OWNER else [])


def _told(tag: Tag) -> Mapping[str, Json]:
    return {"key": f"JTAG#{tag.id}", "name": tag.name}
