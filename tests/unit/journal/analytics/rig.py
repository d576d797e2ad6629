"""A journal in memory, as its figures read it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from nightdesk.accounts.identity import Profile
from nightdesk.core.ids import BotId, UserId
from nightdesk.journal.account import ReadAccount
from nightdesk.journal.book_stats import Played
from nightdesk.journal.looking import Asked, Look, View
from nightdesk.journal.ports.figures import AccountBot
from nightdesk.journal.preferring import ReadPreferences
from nightdesk.journal.trade import JournalTrade, Outcome
from nightdesk.journal.trade_filters import TradeFilters
from nightdesk.trading.mandate import EquityPoint
from nightdesk.trading.order import Mode
from tests.builders.kept import KeptBooks
from tests.builders.market import MemoryCandles
from tests.builders.writing import NOON, OWNER, a_closed_trade, played
from tests.fakes.journal import FakePlaybooks, FakePreferences, FakeTags, FakeWrittenTrades
from tests.fakes.trading import FakeEquity

D = Decimal
NOW = datetime(2025, 6, 1, tzinfo=UTC)
BOT = BotId("bot_1")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@dataclass
class Rig:
    """One trader by default; `zone` and `currency` are those of all."""

    zone: str = "UTC"
    currency: str = "USDT"
    trades: FakeWrittenTrades = field(default_factory=FakeWrittenTrades)
    tags: FakeTags = field(default_factory=FakeTags)
    books: FakePlaybooks = field(default_factory=FakePlaybooks)
    candles: MemoryCandles = field(default_factory=MemoryCandles)
    equity: FakeEquity = field(default_factory=FakeEquity)
    bots: list[AccountBot] = field(default_factory=list)
    kept: KeptBooks = field(default_factory=KeptBooks)

    def __post_init__(self) -> None:
        self.kept.candles = self.candles
        self.preferences = ReadPreferences(FakePreferences(), self.profile)

    @property
    def look(self) -> Look:
        account = ReadAccount(self.bots_of, self.equity, self.kept.read)
        return Look(self.trades, self.tags, self.preferences, account, self.held_of)

    def held_of(self, owner: UserId, now: datetime) -> Sequence[Played]:
        own = (one for one in self.trades.kept if one.trade.owner == owner)
        return [one for one in own if one.trade.closed_at is None]

    def bots_of(self, owner: UserId) -> Sequence[AccountBot]:
        return self.bots if owner == OWNER else []

    def profile(self, owner: UserId) -> Profile:
        return Profile(
            owner=owner,
            username="somebody",
            email="somebody@example.com",
            created_at=NOON,
            time_zone=self.zone,
            currency=self.currency,
        )

    def asked(self, *, owner: UserId = OWNER, view: View | None = None, **filters: Any) -> Asked:
        wanted = TradeFilters(**filters)
        return Asked(owner=owner, filters=wanted, view=view or View(), now=NOW)

    def had(self, *many: Played) -> None:
        self.trades.kept.extend(many)

    def settled(
        self, at: datetime, equity: int, paid: int = 10_000, *, bot: AccountBot | None = None
    ) -> None:
        """Let a bot, a live one, stand at an equity, so much of it having been paid in."""
        which = bot or AccountBot(bot_id=BOT, mode=Mode.LIVE, quote="USDT")
        if which not in self.bots:
            self.bots.append(which)
        self.equity.put([a_point(at, D(equity), D(paid), which)])


def a_point(at: datetime, equity: Decimal, paid: Decimal, bot: AccountBot) -> EquityPoint:
    none = D(0)
    return EquityPoint(
        owner=OWNER,
        bot_id=bot.bot_id,
        mode=bot.mode,
        as_of=at,
        equity=equity,
        cash=equity,
        holding=none,
        mark=D(1),
        realised=none,
        unrealised=none,
        fees=none,
        net_capital=paid,
        peak=equity,
        drawdown=none,
        max_drawdown=none,
        day_start=equity,
        trips=0,
        wins=0,
    )


def a_result(name: str, net: str, r: str | None = None, **changes: Any) -> JournalTrade:
    """Return a closed trade of an hour that brought `net`; R of 10 unless said."""
    amount = D(net)
    of_r = amount / 10 if r is None else D(r)
    outcome = Outcome.WIN if amount > 0 else Outcome.LOSS if amount < 0 else Outcome.BREAKEVEN
    trade = a_closed_trade(name, net=net, r=str(of_r), **{"outcome": outcome} | changes)
    return replace(
        trade,
        money=replace(trade.money, gross_account=amount, fees_account=D(0)),
        risk=replace(trade.risk, initial_risk=D(10)),
    )


def a_week(n: int, **changes: Any) -> list[Played]:
    """Return n trades, a few hours apart: two wins of 20, then a loss of 10."""
    return [
        played(
            a_result(
                f"jt_{place:04d}",
                "-10" if place % 3 == 2 else "20",
                opened_at=NOON + 5 * HOUR * place,
                closed_at=NOON + 5 * HOUR * place + HOUR,
                **changes,
            )
        )
        for place in range(n)
    ]
