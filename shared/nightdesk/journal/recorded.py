"""External records as the journal reads them: fills to build trades from, funding, movements."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from nightdesk.core.ids import InstrumentId
from nightdesk.core.quick import quick
from nightdesk.journal.fill import Contract, JournalFill
from nightdesk.journal.movement import Movement
from nightdesk.journal.trade import Action, Charge, ExitReason, Kind, Source
from nightdesk.trading.external import ExternalRecord, Market, RecordKind
from nightdesk.trading.order import Side

IMPORT, SYNC = "import:", "sync:"
ACTIONS = {Side.BUY: Action.BUY, Side.SELL: Action.SELL}
_FILL = quick(JournalFill, ("id", "at", "order", "side", "quantity", "price", "source"))


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What is known of one account in one instrument: what `round_trips.build` takes."""

    contract: Contract
    fills: tuple[JournalFill, ...]
    funding: tuple[Charge, ...]


def history(instrument: InstrumentId, records: Iterable[ExternalRecord]) -> History:
    """Return fills and funding; one fill of a loan or a derivative makes it a market of both sides.

    Funding counts where it was paid in the instrument's quote currency.
    """
    told: Sequence[ExternalRecord] = list(records)
    base, _, rest = instrument.partition("/")
    quote = rest.partition("@")[0]
    markets = {one.market for one in told if one.kind is RecordKind.FILL} - {Market.SPOT}
    market = min(markets, default=Market.SPOT)
    return History(
        contract=Contract(
            instrument=instrument,
            kind=Kind(market.value),
            base=base,
            quote=quote,
            allows_short=market is not Market.SPOT,
        ),
        fills=tuple(fill_of(one) for one in told if one.kind is RecordKind.FILL),
        funding=tuple(
            Charge(id=one.fingerprint, at=one.at, amount=one.quantity)
            for one in told
            if one.kind is RecordKind.FUNDING and one.asset == quote
        ),
    )


def fill_of(record: ExternalRecord) -> JournalFill:
    """Return a fill. Raises ValueError for a movement."""
    if record.side is None or record.price is None:
        raise ValueError(f"{record.fingerprint} is no fill")
    first = record.sources[0]
    return _FILL(
        id=record.fingerprint,
        at=record.at,
        seq=record.seq,
        # fills without an order are orders of their own
        order=record.order or record.fingerprint,
        side=ACTIONS[record.side],
        quantity=record.quantity,
        price=record.price,
        fee=record.fee,
        fee_asset=record.fee_asset or None,
        fee_price=record.fee_price,
        stop=record.stop,
        target=record.target,
        source=source_of(record),
        reason=ExitReason.LIQUIDATION if record.forced else None,
        import_id=first.removeprefix(IMPORT) if first.startswith(IMPORT) else None,
    )


def movement_of(record: ExternalRecord) -> Movement:
    """Return a movement. Raises ValueError for a fill."""
    return Movement(
        id=record.fingerprint,
        account=record.account,
        kind=record.kind,
        at=record.at,
        asset=record.asset,
        amount=record.quantity,
        source=source_of(record),
        fee=record.fee,
        instrument=record.instrument,
        ref=record.ref,
        tax_withheld=record.tax_withheld,
        tax_asset=record.tax_asset,
    )


def source_of(record: ExternalRecord) -> Source:
    """Return who told it first."""
    first = record.sources[0]
    if first.startswith(IMPORT):
        return Source.IMPORT
    return Source.SYNC if first.startswith(SYNC) else Source.MANUAL
