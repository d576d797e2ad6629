"""Worked round trips through the product: fills, funding and candles to trades."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import numpy as np

from nightdesk.core.clock import from_iso, iso, millis
from nightdesk.core.ids import BotId, InstrumentId, UserId
from nightdesk.core.money import fixed
from nightdesk.journal.excursions import measured
from nightdesk.journal.fill import Book, Contract, JournalFill
from nightdesk.journal.round_trips import BREAKEVEN_R, Built, build
from nightdesk.journal.trade import Action, Charge, JournalTrade, Kind, Rate, Source, StopMark
from nightdesk.market.candles import Candles
from nightdesk.market.timeframe import Timeframe
from nightdesk.trading.order import Mode
from tests.reference.compare import Tolerance

TOLERANCE = Tolerance(decimal=Decimal("1e-8"))


def answer(case: Mapping[str, Any], whole: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the product makes of a case, in the shape of `expected`."""
    inputs = case["inputs"]
    contract = contract_of(inputs["instrument"])
    built = build(
        [fill_of(row) for row in inputs["fills"]],
        Book(owner=UserId("u"), account="reference", mode=Mode.LIVE, contract=contract),
        funding=[charge_of(row) for row in inputs.get("funding") or ()],
        stops=[
            StopMark(at=from_iso(row["at"]), price=Decimal(row["price"]))
            for row in inputs.get("stops") or ()
        ],
        breakeven_r=Decimal(str(inputs.get("breakeven_r", BREAKEVEN_R))),
    )
    candles = candles_of(inputs, contract.instrument)
    trades = [shown(measured(trade, candles, candles)) for trade in built.trades]
    return {
        "trades": trades,
        "dust": dust_of(built),
        "warnings": [one.text for one in built.warnings],
    }


def contract_of(row: Mapping[str, Any]) -> Contract:
    """Read an instrument; one that is settled in its base is inverse."""
    settled = row["id"].partition("@")[0].partition(":")[2]
    inverse = row.get("inverse", bool(settled) and settled == row["base"])
    return Contract(
        instrument=InstrumentId(row["id"]),
        kind=Kind(row["kind"]),
        base=row["base"],
        quote=row["quote"],
        min_quantity=Decimal(row.get("min_qty") or 0),
        allows_short=row["allows_short"],
        inverse=bool(inverse),
    )


def fill_of(row: Mapping[str, Any]) -> JournalFill:
    """Read a fill; without a rate the account's currency is the quote currency."""
    at = from_iso(row["at"])
    return JournalFill(
        id=row["id"],
        at=at,
        seq=row.get("seq", 0),
        order=row["order"],
        side=Action(row["side"]),
        quantity=Decimal(row["qty"]),
        price=Decimal(row["price"]),
        fee=Decimal(row.get("fee") or 0),
        fee_asset=row.get("fee_asset"),
        fee_price=amount(row, "fee_price"),
        stop=amount(row, "stop"),
        target=amount(row, "target"),
        source=Source.MANUAL,
        bot_id=BotId(row["bot"]) if row.get("bot") else None,
        rate=Rate(value=Decimal(row.get("fx") or 1), source="case", at=at),
    )


def amount(row: Mapping[str, Any], name: str) -> Decimal | None:
    """Read an amount that may be absent."""
    value = row.get(name)
    return None if value is None else Decimal(value)


def charge_of(row: Mapping[str, Any]) -> Charge:
    """Read a payment of funding."""
    at = from_iso(row["at"])
    rate = Rate(value=Decimal(row.get("fx") or 1), source="case", at=at)
    return Charge(id=row["id"], at=at, amount=Decimal(row["amount"]), rate=rate)


def candles_of(inputs: Mapping[str, Any], instrument: InstrumentId) -> list[Candles]:
    """Read the candles of a case, if it has some."""
    rows = inputs.get("candles") or []
    if not rows:
        return []
    columns = np.array([[float(value) for value in row[1:5]] for row in rows]).T
    opened, high, low, close = (np.ascontiguousarray(column) for column in columns)
    return [
        Candles(
            instrument_id=instrument,
            timeframe=Timeframe(inputs.get("timeframe", "1m")),
            open_time=np.array([millis(from_iso(row[0])) for row in rows], dtype=np.int64),
            open=opened,
            high=high,
            low=low,
            close=close,
            volume=np.zeros(len(rows)),
        )
    ]


def dust_of(built: Built) -> dict[str, str] | None:
    """Return what was left over, as a case has it."""
    if not built.dust:
        return None
    dust = built.dust[-1]  # a case tells of one side
    return {"side": dust.side, "qty": fixed(dust.quantity), "cost": fixed(dust.cost)}


def shown(trade: JournalTrade) -> dict[str, Any]:
    """Return a trade under the names of the specification, amounts as text."""
    found: dict[str, Any] = {
        "side": trade.side.value,
        "status": trade.status.value,
        "opened_at": iso(trade.opened_at),
        "closed_at": iso(trade.closed_at) if trade.closed_at else None,
        "hold_seconds": trade.hold_seconds,
        "outcome": trade.outcome.value if trade.outcome else None,
        "r_reason": trade.reasons.get("r"),
        "fill_ids": list(trade.fill_ids),
        "incomplete": list(trade.incomplete),
    }
    for part in (trade.quantity, trade.money, trade.risk, trade.excursion):
        for name in type(part).__slots__:
            value = getattr(part, name)
            found[name] = fixed(value) if isinstance(value, Decimal) else value
    return found
