"""From what building met to what stands in no trade."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, localcontext
from operator import attrgetter

from nightdesk.core.ids import InstrumentId
from nightdesk.core.money import ZERO
from nightdesk.journal.exactly import EXACTLY
from nightdesk.journal.fill import FEE_EXCEEDS_FILL, JournalFill, Warned
from nightdesk.journal.round_trips import UNASSIGNED_FUNDING, UNMATCHED_SELL
from nightdesk.journal.trade import Charge
from nightdesk.journal.unplaced import MOST_REFS, Unplaced


@dataclass(frozen=True, slots=True, kw_only=True)
class _One:
    at: datetime
    ref: str
    code: str
    amount: Decimal


def unplaced_of(
    account: str,
    instrument: InstrumentId,
    warnings: Iterable[Warned],
    fills: Iterable[JournalFill],
    funding: Iterable[Charge],
) -> Sequence[Unplaced]:
    """Return what the building of a book's trades left out, by code: of `Built.warnings`."""
    named, paid = {one.id: one for one in fills}, {one.id: one for one in funding}
    base, _, rest = instrument.partition("/")
    found: dict[str, list[_One]] = {}
    for warning in warnings:
        told = dict(warning.details)
        if warning.code == UNASSIGNED_FUNDING:
            charge = paid[told["id"]]
            one = _One(at=charge.at, ref=charge.id, code=warning.code, amount=charge.amount)
        elif warning.code in {UNMATCHED_SELL, FEE_EXCEEDS_FILL}:
            fill = named[told["fill"]]
            left = Decimal(told["qty"]) if "qty" in told else fill.quantity
            one = _One(at=fill.at, ref=fill.id, code=warning.code, amount=left)
        else:
            continue  # its trade tells it
        found.setdefault(one.code, []).append(one)
    quote = rest.partition("@")[0]
    return [
        _added_up(account, instrument, quote if code == UNASSIGNED_FUNDING else base, some)
        for code, some in sorted(found.items())
    ]


def _added_up(account: str, instrument: InstrumentId, asset: str, some: Iterable[_One]) -> Unplaced:
    ordered = sorted(some, key=attrgetter("at", "ref"))
    with localcontext(EXACTLY):
        amount = sum((one.amount for one in ordered), ZERO)
    return Unplaced(
        account=account,
        instrument=instrument,
        code=ordered[0].code,
        asset=asset,
        amount=amount,
        count=len(ordered),
        first_at=ordered[0].at,
        last_at=ordered[-1].at,
        refs=tuple(one.ref for one in ordered[:MOST_REFS]),
    )
