"""Rates of fills: what was stored stays, so no past result moves with a new price."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from nightdesk.journal.fill import Book, JournalFill
from nightdesk.journal.ports.trades import Rates
from nightdesk.journal.stored import Stored
from nightdesk.journal.trade import Rate


def with_rates(
    fills: Sequence[JournalFill],
    known: Iterable[Stored],
    currency: str,
    book: Book,
    rates: Rates,
) -> list[JournalFill]:
    """Return the fills with their rates: a stored one stays, others are looked up, once for all."""
    stored: Mapping[str, Rate] = {
        leg.fill_id: leg.rate for one in known for leg in one.trade.legs if leg.rate is not None
    }
    found: list[JournalFill] = []
    for fill in fills:
        rate = fill.rate or stored.get(fill.id) or rates(book.contract.quote, currency, fill.at)
        found.append(replace(fill, rate=rate))
    return found
