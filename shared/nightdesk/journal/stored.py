"""A trade as it is kept, and how it is told whether a rebuild changed anything."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from nightdesk.core.clock import iso
from nightdesk.core.ids import TradeId, digest
from nightdesk.core.money import fixed
from nightdesk.journal.fill import JournalFill
from nightdesk.journal.trade import JournalTrade, Labels, Leg

HIDDEN_FOR = timedelta(days=30)
"""How long a hidden trade is kept, and may be brought back."""
FILLS_GONE = ""
"""Stands for the hash of a trade that was hidden because its fills are gone, not by its owner."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A trade with what made it. `fills` are those written by hand: nobody else keeps them.

    `fills_hash` identifies what it was built from. A trade with `voided_at` is hidden, and kept
    for a while. One whose first fill is another trade's now has `moved_to` alone to tell. `former`
    names the trades that moved into this one, with what was written of them and is not all here.
    """

    trade: JournalTrade
    fills_hash: str
    fills: tuple[JournalFill, ...] = ()
    voided_at: datetime | None = None
    moved_to: TradeId | None = None
    former: tuple[Labels, ...] = ()


def written(labels: Labels) -> Labels:
    """Return what a person wrote of a trade, without what the desk noted beside it."""
    return replace(labels, planned=None, updated_at=None, version=0)


def taking_in(heir: Stored, other: Stored, left: Labels) -> Stored:
    """Return a trade that another one moves into; `left` is what is not written of it, too.

    Again, it is the same.
    """
    names = {heir.trade.id, *(one.trade_id for one in heir.former)}
    former = list(heir.former)
    for one in (*other.former, written(left)):
        if one.trade_id not in names or not (one.blank or one in former):
            names.add(one.trade_id)
            former.append(one)
    return replace(heir, former=tuple(former))


def built_from(trade: JournalTrade) -> str:
    """Return what identifies the fills, charges and stops of a trade, and how it was judged."""
    return digest(*_told(trade)).hex()


def _told(trade: JournalTrade) -> Iterator[str]:
    yield from (trade.id, trade.account, trade.mode, trade.side, trade.outcome or "-")
    yield "open" if trade.closed_at is None else iso(trade.closed_at)
    yield from (trade.exit_reason or "-", trade.strategy_version or "-", *trade.decision_ids)
    for leg in trade.legs:
        yield from _of_leg(leg)
    for charge in trade.charges:
        rate = None if charge.rate is None else charge.rate.value
        yield from (charge.id, iso(charge.at), fixed(charge.amount), _text(rate))
    for mark in trade.risk.stops:
        yield from (iso(mark.at), fixed(mark.price))
    money, quantity = trade.money, trade.quantity
    amounts = (quantity.qty_carried, quantity.cost_carried, money.slippage)
    yield from (_text(one) for one in (*amounts, trade.risk.planned_risk, trade.risk.target))


def _of_leg(leg: Leg) -> Iterator[str]:
    yield from (leg.fill_id, leg.order, iso(leg.at), leg.action, "in" if leg.entry else "out")
    rate = None if leg.rate is None else leg.rate.value
    amounts = (leg.quantity, leg.price, leg.fee, leg.stop, leg.target, rate)
    yield from (_text(one) for one in amounts)
    if leg.fee_price is not None:
        yield fixed(leg.fee_price)


def _text(amount: Decimal | None) -> str:
    return "-" if amount is None else fixed(amount)
