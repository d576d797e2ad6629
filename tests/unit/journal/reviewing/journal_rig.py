"""A journal in memory, from which reviews are made."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from nightdesk.core.ids import BotId, TradeId, UserId
from nightdesk.journal.account import ReadAccount
from nightdesk.journal.behaviour.claiming import JudgeClaims
from nightdesk.journal.behaviour.gathering import GatherHistory
from nightdesk.journal.behaviour.judging import JudgeDay
from nightdesk.journal.book_stats import Played
from nightdesk.journal.finding import DetectorId
from nightdesk.journal.period import Period
from nightdesk.journal.place import Place
from nightdesk.journal.ports.figures import AccountBot
from nightdesk.journal.preferences import Preferences
from nightdesk.journal.review_material import Material
from nightdesk.journal.reviewing.editing import EditExperiment
from nightdesk.journal.reviewing.gathering import GatherFromJournal
from nightdesk.journal.reviewing.making import MakeReview
from nightdesk.journal.reviewing.writing import RulesWriter
from nightdesk.journal.stored import Stored
from nightdesk.journal.trade import Status
from nightdesk.trading.order import Mode
from tests.builders.behaviour import a_finding
from tests.builders.kept import KeptBooks
from tests.builders.market import MemoryCandles
from tests.builders.reviews import OWNER, VIENNA
from tests.fakes.findings import FakeDetectorSettings, FakeFindings, FakeMoods
from tests.fakes.findings import FakeEquity as NoEquity
from tests.fakes.journal import FakePlans, FakePlaybooks, FakeTags
from tests.fakes.journal_trades import FakeTrades
from tests.fakes.reviews import FakeReviews
from tests.fakes.trading import FakeEquity

BOT = BotId("bot_1")


@dataclass
class Journal:
    """One trader in Vienna."""

    trades: FakeTrades = field(default_factory=FakeTrades)
    findings: FakeFindings = field(default_factory=FakeFindings)
    plans: FakePlans = field(default_factory=FakePlans)
    playbooks: FakePlaybooks = field(default_factory=FakePlaybooks)
    tags: FakeTags = field(default_factory=FakeTags)
    reviews: FakeReviews = field(default_factory=FakeReviews)
    moods: FakeMoods = field(default_factory=FakeMoods)
    equity: FakeEquity = field(default_factory=FakeEquity)
    bots: list[AccountBot] = field(default_factory=list)
    kept: KeptBooks = field(default_factory=KeptBooks)
    settings: FakeDetectorSettings = field(default_factory=FakeDetectorSettings)
    places: tuple[Place, ...] = (VIENNA,)

    def preferences(self, owner: UserId) -> Preferences:
        return Preferences(owner=owner, places=self.places, thin_n=7)

    def bots_of(self, owner: UserId) -> Sequence[AccountBot]:
        return self.bots if owner == OWNER else []

    @property
    def history(self) -> GatherHistory:
        return GatherHistory(
            trades=self.trades,
            preferences=self.preferences,
            plans=self.plans,
            candles=MemoryCandles(),
            equity=NoEquity(),
            moods=self.moods,
            tags=self.tags,
        )

    @property
    def judge(self) -> JudgeDay:
        return JudgeDay(self.history, self.preferences, self.settings, self.findings)

    @property
    def gather(self) -> GatherFromJournal:
        return GatherFromJournal(
            trades=self.trades,
            findings=self.findings,
            plans=self.plans,
            playbooks=self.playbooks,
            reviews=self.reviews,
            moods=self.moods,
            account=ReadAccount(self.bots_of, self.equity, self.kept.read),
            tags=self.tags,
            settings=self.settings,
        )

    def material(self, period: Period, now: datetime, owner: UserId = OWNER) -> Material:
        return self.gather(self.preferences(owner), period, now=now)

    @property
    def make(self) -> MakeReview:
        return MakeReview(
            reviews=self.reviews,
            preferences=self.preferences,
            gather=self.gather,
            judge=self.judge,
            claims=JudgeClaims(self.history, self.settings, self.findings),
            writer=RulesWriter(),
        )

    @property
    def edit(self) -> EditExperiment:
        return EditExperiment(reviews=self.reviews, preferences=self.preferences)

    def hold(self, *played: Played, mode: Mode = Mode.LIVE, **changes: Any) -> None:
        """Store trades as they are, of one mode."""
        for one in played:
            trade = replace(one.trade, mode=mode, **changes)
            self.trades.add([Stored(trade=trade, fills_hash="x")])
            self.trades.written[trade.owner, trade.id] = one.labels

    def open(self, one: Played, *, mode: Mode = Mode.LIVE) -> None:
        """Store a trade that has not closed."""
        self.hold(one, mode=mode, closed_at=None, status=Status.OPEN, outcome=None)

    def flag(self, one: Played, detector: DetectorId = DetectorId.REVENGE) -> None:
        """Let a detector have seen a trade, at its entry."""
        trade = one.trade
        found = a_finding(
            owner=trade.owner, detector=detector, at=trade.opened_at, trades=(TradeId(trade.id),)
        )
        self.findings.add(found, None)
