"""Orders, fills, books and candles that are valid: a test changes only what it is about."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np

from nightdesk.core.clock import millis
from nightdesk.core.ids import BotId, ClientOrderId, DecisionId, FillId, InstrumentId, UserId
from nightdesk.market.candles import Candles
from nightdesk.market.instruments import Instrument, Quote, Rules, TradingStatus
from nightdesk.market.timeframe import Timeframe
from nightdesk.trading.book import Book, opened
from nightdesk.trading.order import (
    Fill,
    HeldBy,
    Leg,
    Liquidity,
    Mode,
    Order,
    OrderType,
    Side,
    TimeInForce,
)
from nightdesk.trading.position import EntryPlan, Position, Protection

D = Decimal
AS_OF = datetime(2018, 3, 1, 12, tzinfo=UTC)
OWNER = UserId("usr_1")
BOT = BotId("bot_1")
BTC = InstrumentId("BTC/USD@bitstamp")

Bar = tuple[float, float, float, float, float]
"""Open, high, low, close, volume."""


def trading_rules(**changes: Any) -> Rules:
    """Return rules with cents, lots of 1e-8 and a minimum of 10 in money."""
    rules = Rules(
        instrument=Instrument(id=BTC, symbol="btcusd"),
        version="1",
        status=TradingStatus.TRADING,
        tick=D("0.01"),
        lot=D("0.00000001"),
        min_quantity=D("0.0001"),
        min_notional=D(10),
        observed_at=AS_OF - timedelta(hours=1),
        source="test",
    )
    return replace(rules, **changes)


def a_protection(**changes: Any) -> Protection:
    return replace(Protection(stop=D(9_500), target=D(11_000)), **changes)


def a_plan(**changes: Any) -> EntryPlan:
    plan = EntryPlan(protection=a_protection(), planned_risk=D(50), strategy="ma_cross@1")
    return replace(plan, **changes)


def a_buy(**changes: Any) -> Order:
    """Return a sent market buy of 0.1 BTC, decided at 10,000, with 1,100 set aside."""
    fields: dict[str, Any] = {
        "owner": OWNER,
        "bot_id": BOT,
        "client_order_id": ClientOrderId("nd-buy"),
        "decision_id": DecisionId("bot_1.1519905600000.x"),
        "leg": Leg.ENTRY,
        "instrument_id": BTC,
        "mode": Mode.PAPER,
        "side": Side.BUY,
        "type": OrderType.MARKET,
        "quantity": D("0.1"),
        "reference": D(10_000),
        "reserved": D(1_100),
        "rules_version": "1",
        "plan": a_plan(),
        "created_at": AS_OF,
        "sent_at": AS_OF,
        "updated_at": AS_OF,
    }
    return Order(**(fields | changes))


def a_sale(**changes: Any) -> Order:
    """Return a sent market sale of 0.1 BTC."""
    fields: dict[str, Any] = {
        "client_order_id": ClientOrderId("nd-sell"),
        "leg": Leg.EXIT,
        "side": Side.SELL,
        "plan": None,
        "reserved": D(0),
    }
    return a_buy(**(fields | changes))


def a_stop(**changes: Any) -> Order:
    """Return a desk-held stop at 9,500, not sent yet."""
    fields: dict[str, Any] = {
        "client_order_id": ClientOrderId("nd-stop"),
        "leg": Leg.STOP,
        "type": OrderType.STOP,
        "trigger": D(9_500),
        "reference": D(9_500),
        "time_in_force": TimeInForce.GTC,
        "held_by": HeldBy.DESK,
        "sent_at": None,
    }
    return a_sale(**(fields | changes))


def a_target(**changes: Any) -> Order:
    """Return a desk-held take-profit at 11,000, not sent yet."""
    fields: dict[str, Any] = {
        "client_order_id": ClientOrderId("nd-target"),
        "leg": Leg.TARGET,
        "type": OrderType.TAKE_PROFIT,
        "trigger": D(11_000),
        "reference": D(11_000),
    }
    return a_stop(**(fields | changes))


def a_trading_fill(order: Order, **changes: Any) -> Fill:
    """Return a fill of the whole of `order` at its reference, without a fee."""
    fields: dict[str, Any] = {
        "fill_id": FillId(f"{order.client_order_id}-1"),
        "client_order_id": order.client_order_id,
        "owner": order.owner,
        "bot_id": order.bot_id,
        "instrument_id": order.instrument_id,
        "mode": order.mode,
        "side": order.side,
        "leg": order.leg,
        "quantity": order.quantity,
        "price": order.reference,
        "fee": D(0),
        "fee_asset": "USD",
        "fee_value": D(0),
        "liquidity": Liquidity.TAKER,
        "at": AS_OF + timedelta(milliseconds=250),
    }
    return Fill(**(fields | changes))


def an_empty_book(**changes: Any) -> Book:
    book = opened(
        owner=OWNER,
        bot_id=BOT,
        mode=Mode.PAPER,
        instrument_id=BTC,
        timeframe=Timeframe.H1,
        at=AS_OF,
    )
    return replace(book, **changes)


def a_funded_book(amount: int = 10_000) -> Book:
    return an_empty_book().funded("deposit:1", D(amount), AS_OF)[0]


def a_holding_book(protection: Protection | None = None) -> Book:
    """Return a book that holds 0.1 BTC bought at 10,000."""
    plan = a_plan(protection=protection or a_protection())
    book, _ = a_funded_book().intended(order := a_buy(plan=plan), AS_OF)
    fill = a_trading_fill(order)
    book, order, _ = book.bought(order.with_fill(fill, fill.at), fill)
    return book.finished(order, fill.at)[0]


def held(book: Book) -> Position:
    """Return the position that a test knows to be there."""
    assert book.position is not None
    return book.position


def some_candles(
    bars: Sequence[Bar], *, start: datetime = AS_OF, timeframe: Timeframe = Timeframe.H1
) -> Candles:
    """Return candles from `start` on, one after the other."""
    table = np.array(bars, dtype=np.float64).reshape(-1, 5)
    times = millis(start) + np.arange(len(bars), dtype=np.int64) * timeframe.ms
    names = ("open", "high", "low", "close", "volume")
    columns = {name: table[:, i].copy() for i, name in enumerate(names)}
    return Candles(instrument_id=BTC, timeframe=timeframe, open_time=times, **columns)


def a_quote(last: Decimal | str = "10000", at: datetime = AS_OF) -> Quote:
    return Quote(instrument_id=BTC, at=at, last=D(last))
