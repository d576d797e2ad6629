"""Fills, books and trades of the journal that are valid: a test changes only what it is about."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np

from nightdesk.core.clock import millis
from nightdesk.core.ids import InstrumentId, UserId
from nightdesk.journal.fill import Book, Contract, JournalFill
from nightdesk.journal.round_trips import build
from nightdesk.journal.trade import Action, JournalTrade, Kind, Labels, Rate, Source
from nightdesk.journal.unplaced import Unplaced
from nightdesk.market.candles import Candles
from nightdesk.market.timeframe import Timeframe
from nightdesk.trading.order import Mode

D = Decimal
AT = datetime(2025, 3, 3, 10, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
OWNER = UserId("usr_1")
ACCOUNT = "binance:main:live"
BTC = InstrumentId("BTC/USDT@binance")
PAR = Rate(value=D(1), source="same", at=AT)


def an_unplaced(**changes: Any) -> Unplaced:
    """Return two sales of half a bitcoin that nobody is known to have bought."""
    row = Unplaced(
        account=ACCOUNT,
        instrument=BTC,
        code="UNMATCHED_SELL",
        asset="BTC",
        amount=D("0.5"),
        count=2,
        first_at=AT,
        last_at=AT + HOUR,
        refs=("a", "b"),
    )
    return replace(row, **changes)


def a_contract(**changes: Any) -> Contract:
    """Return spot BTC in USDT with lots of 0.0001."""
    spot = Contract(
        instrument=BTC,
        kind=Kind.SPOT,
        base="BTC",
        quote="USDT",
        min_quantity=D("0.0001"),
        allows_short=False,
    )
    return replace(spot, **changes)


def a_perp(**changes: Any) -> Contract:
    """Return a market that may be sold short."""
    return a_contract(kind=Kind.PERP, allows_short=True, **changes)


def a_book(contract: Contract | None = None, **changes: Any) -> Book:
    live = Book(owner=OWNER, account=ACCOUNT, mode=Mode.LIVE, contract=contract or a_contract())
    return replace(live, **changes)


def a_fill(
    name: str, side: Action, quantity: str, price: str, *, at: datetime = AT, **changes: Any
) -> JournalFill:
    """Return a fill of an order of its own, free of fees, in an account that counts in USDT."""
    fill = JournalFill(
        id=name,
        at=at,
        order=f"o{name}",
        side=side,
        quantity=D(quantity),
        price=D(price),
        source=Source.SYNC,
        rate=PAR,
    )
    return replace(fill, **changes)


def bought(name: str, quantity: str, price: str, **changes: Any) -> JournalFill:
    return a_fill(name, Action.BUY, quantity, price, **changes)


def sold(name: str, quantity: str, price: str, **changes: Any) -> JournalFill:
    return a_fill(name, Action.SELL, quantity, price, **changes)


def a_trade(**changes: Any) -> JournalTrade:
    """Return a long trade, closed after two hours with 5 R before fees: 500 risked."""
    fills = [
        bought("1", "0.5", "40000", stop=D(39_000), target=D(43_000), fee=D(20)),
        sold("2", "0.5", "45000", at=AT + 2 * HOUR, fee=D(22)),
    ]
    (trade,) = build(fills, a_book()).trades
    return replace(trade, **changes)


def some_labels(trade: JournalTrade, **changes: Any) -> Labels:
    return replace(Labels(owner=trade.owner, trade_id=trade.id), **changes)


def bars(
    rows: Sequence[tuple[datetime, float, float, float, float]],
    timeframe: Timeframe = Timeframe.M1,
    instrument: InstrumentId = BTC,
) -> Candles:
    """Return candles from (open time, open, high, low, close)."""
    columns = np.array([row[1:] for row in rows], dtype=np.float64).reshape(len(rows), 4).T
    opened, high, low, close = (np.ascontiguousarray(column) for column in columns)
    return Candles(
        instrument_id=instrument,
        timeframe=timeframe,
        open_time=np.array([millis(row[0]) for row in rows], dtype=np.int64),
        open=opened,
        high=high,
        low=low,
        close=close,
        volume=np.ones(len(rows)),
    )
