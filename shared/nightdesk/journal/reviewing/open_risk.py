"""What open trades put at risk: the initial risk of what is still held, in one currency."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from nightdesk.core.money import ONE, ZERO
from nightdesk.journal.exactly import ratio
from nightdesk.journal.reviewing.counting import NO_RATE
from nightdesk.journal.trade import JournalTrade
from nightdesk.performance.figure import Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenRisk:
    """An amount in `currency`, or the reason why nobody knows it."""

    amount: Decimal | None
    currency: str
    reason: str | None = None


def open_risk(held: Sequence[JournalTrade], own: str) -> OpenRisk:
    """Return what whole open trades may lose together, costs left out.

    Each counts with the share of its initial risk (journal, part 1, rule 9) that is still open, at
    the rates of its entries. Without a rate it is told in the quote currency that all share. A
    trade without a first stop may lose anything: then there is no amount.
    """
    quotes = {one.quote for one in held}
    rates = [_rate(one, own) for one in held]
    currency = own
    if None in rates and len(quotes) == 1:
        currency, rates = quotes.pop(), [ONE] * len(held)
    if any(one.risk.initial_stop is None for one in held):
        return OpenRisk(amount=None, currency=currency, reason=Reason.NO_STOP)
    amounts = [_open(one) * rate for one, rate in zip(held, rates, strict=True) if rate is not None]
    if len(amounts) < len(held):
        return OpenRisk(amount=None, currency=currency, reason=NO_RATE)
    return OpenRisk(amount=sum(amounts, ZERO), currency=currency)


def _open(trade: JournalTrade) -> Decimal:
    """Return what is at risk in quote currency: nothing where the stop is beyond the entry."""
    quantity = trade.quantity
    risk = trade.risk.initial_risk or ZERO
    return risk * ratio(min(quantity.qty_open, quantity.qty_entered), quantity.qty_entered)


def _rate(trade: JournalTrade, own: str) -> Decimal | None:
    """Return the mean rate of its entries, None where one has none."""
    if trade.quote == own:
        return ONE
    paid = worth = ZERO
    for leg in trade.legs:
        if leg.entry:
            if leg.rate is None:
                return None
            paid += leg.price * leg.quantity
            worth += leg.price * leg.quantity * leg.rate.value
    return ratio(worth, paid)
