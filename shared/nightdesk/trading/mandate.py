"""What a decision needs of a bot and of its owner's standing; `bots/` and the cycle fill it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from nightdesk.core.ids import BotId, InstrumentId, UserId
from nightdesk.core.money import ZERO
from nightdesk.market.instruments import Rules
from nightdesk.market.timeframe import Timeframe
from nightdesk.risk.limits import BotLimits, OwnerLimits
from nightdesk.risk.verdict import Conditions, Costs, Exposure
from nightdesk.strategies.definition import Definition
from nightdesk.trading.book import Book
from nightdesk.trading.order import Mode


@dataclass(frozen=True, slots=True, kw_only=True)
class Mandate:
    """What one bot may do: its market, strategy version, limits and mode."""

    owner: UserId
    bot_id: BotId
    bot_name: str
    instrument_id: InstrumentId
    timeframe: Timeframe
    strategy: str
    """Pinned version, `id@version`."""
    definition: Definition
    definition_hash: str
    parameters: Mapping[str, object]
    limits: BotLimits
    owner_limits: OwnerLimits
    mode: Mode
    entries_blocked: str | None = None
    """The code that blocks entries (`BOT_NOT_ACTIVE` while paused); exits always work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EquityPoint:
    """A bot's equity at one settle, with what runs along it. Quote currency, flow-adjusted."""

    owner: UserId
    bot_id: BotId
    mode: Mode
    as_of: datetime
    equity: Decimal
    cash: Decimal
    holding: Decimal
    """Base units."""
    mark: Decimal
    realised: Decimal
    unrealised: Decimal
    fees: Decimal
    net_capital: Decimal
    peak: Decimal
    """Highest equity so far, shifted by flows."""
    drawdown: Decimal
    """Fraction below the peak now."""
    max_drawdown: Decimal
    day_start: Decimal
    """Equity as the UTC day began, that of the last point before it; shifted by later flows."""
    trips: int
    wins: int


def settled(book: Book, mark: Decimal, as_of: datetime, before: EquityPoint | None) -> EquityPoint:
    """Return the equity point of `book` at `mark`, carrying on from the point before it."""
    equity = book.equity(mark)
    flow = book.net_capital - (before.net_capital if before else book.net_capital)
    same_day = before is not None and before.as_of.date() == as_of.date()
    carried = before.peak + flow if before else book.net_capital
    peak = max(carried, equity)
    drawdown = (peak - equity) / peak if peak > ZERO else ZERO
    drawdown = drawdown.quantize(Decimal("1e-8"))
    yesterday = before.equity if before else book.net_capital
    day_start = before.day_start if before and same_day else yesterday
    return EquityPoint(
        owner=book.owner,
        bot_id=book.bot_id,
        mode=book.mode,
        as_of=as_of,
        equity=equity,
        cash=book.cash,
        holding=book.holding,
        mark=mark,
        realised=book.realised,
        unrealised=book.unrealised(mark),
        fees=book.fees,
        net_capital=book.net_capital,
        peak=peak,
        drawdown=drawdown,
        max_drawdown=max(drawdown, before.max_drawdown if before else ZERO),
        day_start=day_start + flow,
        trips=book.tally.trips,
        wins=book.tally.wins,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Portfolio:
    """What `decide` needs besides snapshot and mandate: the bot's book, and risk's view.

    `exposure` may be None where nothing is to be entered: it is read only when it is needed,
    because it costs a read of every bot of the owner.
    """

    book: Book
    rules: Rules
    costs: Costs
    reference: Decimal
    """Price that the decision is made at: the newest accepted close."""
    conditions: Conditions
    exposure: Exposure | None = None
    order_life: timedelta = timedelta(minutes=10)
