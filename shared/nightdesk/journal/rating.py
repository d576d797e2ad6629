"""Rates of fills and funding: what was stored stays, so no past result moves with a new price.

A fill that is said to be of another moment, or whose fee was in another asset, is rated anew.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal

from nightdesk.core.clock import iso
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
    stored = {leg.fill_id: leg for leg in legs}
    quote = book.contract.quote
    found: list[JournalFill] = []
    for fill in fills:
        leg = stored.get(fill.id)
        if leg is not None and leg.at != fill.at and iso(leg.at) != iso(fill.at):
            leg = None  # stored moments have milliseconds, told ones may have more
        rate = fill.rate or (leg and leg.rate) or rates(quote, currency, fill.at)
        price = fill.fee_price
        if price is None and fill.fee_elsewhere(book.contract):
            same = leg is not None and leg.fee_asset == fill.fee_asset
            price = (leg.fee_price if leg and same else None) or _price(fill, quote, rates)
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
