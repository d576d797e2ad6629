"""Rates of fills and funding: what was stored stays, so no past result moves with a new price."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal

from nightdesk.core.quick import altered
from nightdesk.journal.fill import Book, JournalFill
from nightdesk.journal.ports.trades import Rates
from nightdesk.journal.stored import Stored
from nightdesk.journal.trade import Charge

_rated = altered(JournalFill, "rate", "fee_price")


def with_rates(
    fills: Sequence[JournalFill],
    known: Iterable[Stored],
    currency: str,
    book: Book,
    rates: Rates,
) -> list[JournalFill]:
    """Return the fills with their rates: a stored one stays, others are looked up, once for all.

    So is the price of a fee that was paid in neither currency of the pair (journal, 1.2).
    """
    legs = [leg for one in known for leg in one.trade.legs]
    stored = {leg.fill_id: leg.rate for leg in legs if leg.rate is not None}
    prices = {leg.fill_id: leg.fee_price for leg in legs if leg.fee_price is not None}
    quote = book.contract.quote
    found: list[JournalFill] = []
    for fill in fills:
        rate = fill.rate or stored.get(fill.id) or rates(quote, currency, fill.at)
        price = fill.fee_price
        if price is None and fill.fee_elsewhere(book.contract):
            price = prices.get(fill.id) or _price(fill, quote, rates)
        found.append(_rated(fill, rate, price))
    return found


def charges_with_rates(
    charges: Iterable[Charge], known: Iterable[Stored], currency: str, book: Book, rates: Rates
) -> list[Charge]:
    """Return funding and interest with their rates, as `with_rates` does fills."""
    stored = {one.id: one.rate for trade in known for one in trade.trade.charges if one.rate}
    quote = book.contract.quote
    return [
        replace(one, rate=one.rate or stored.get(one.id) or rates(quote, currency, one.at))
        for one in charges
    ]


def _price(fill: JournalFill, quote: str, rates: Rates) -> Decimal | None:
    """Return what a unit of the fee's asset was worth in quote currency at the fill."""
    found = rates(fill.fee_asset, quote, fill.at) if fill.fee_asset else None
    return None if found is None else found.value
