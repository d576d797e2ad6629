"""The journal's capture over trading's fakes: a bot that trades, and what becomes of it."""

from dataclasses import dataclass, field
from datetime import timedelta

from nightdesk.journal.hand_fills import FillDraft, TradeDraft
from nightdesk.journal.keeping import KeepTrades
from nightdesk.journal.manual_trade import ByHand
from nightdesk.journal.measuring import MeasureTrade
from nightdesk.journal.planned import TellPlanned
from nightdesk.journal.trade import Action, Kind
from tests.builders.journal_trades import AT, HOUR, D
from tests.builders.market import MemoryCandles
from tests.fakes.journal import FakePlans, FakeTags
from tests.fakes.journal_trades import FakeLater, FakePreferencesOf, FakeRates, FakeTrades

NOW = AT + timedelta(days=2)


@dataclass
class Rig:
    """Everything that keeping trades needs, in memory."""

    trades: FakeTrades = field(default_factory=FakeTrades)
    rates: FakeRates = field(default_factory=FakeRates)
    preferences: FakePreferencesOf = field(default_factory=FakePreferencesOf)
    later: FakeLater = field(default_factory=FakeLater)
    follow: FakeLater = field(default_factory=FakeLater)
    candles: MemoryCandles = field(default_factory=MemoryCandles)
    plans: FakePlans = field(default_factory=FakePlans)
    tags: FakeTags = field(default_factory=FakeTags)

    @property
    def measure(self) -> MeasureTrade:
        return MeasureTrade(self.candles, self.trades, self.preferences)

    @property
    def keep(self) -> KeepTrades:
        return KeepTrades(self.trades, self.measure, self.later, self.follow)

    @property
    def by_hand(self) -> ByHand:
        return ByHand(
            trades=self.trades,
            tags=self.tags,
            measure=self.measure,
            rates=self.rates,
            preferences=self.preferences,
            planned=TellPlanned(self.plans, self.tags, self.preferences),
            follow=self.follow,
        )


def a_draft(**changes: object) -> TradeDraft:
    """Return a spot trade of one BTC from 100 to 110, closed after an hour."""
    given: dict[str, object] = {
        "account": "my ledger",
        "instrument": "BTC/USDT@binance",
        "kind": Kind.SPOT,
        "fills": (
            FillDraft(at=AT, side=Action.BUY, quantity=D(1), price=D(100), fee=D("0.1")),
            FillDraft(at=AT + HOUR, side=Action.SELL, quantity=D(1), price=D(110), fee=D("0.1")),
        ),
        "stop": D(95),
    }
    return TradeDraft(**(given | changes))  # type: ignore[arg-type]
