"""What a row tells before it has its identity: a fill or a movement, or one leg of a trade."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from nightdesk.core.ids import InstrumentId, UserId
from nightdesk.core.money import ZERO
from nightdesk.core.quick import quick
from nightdesk.journal.fingerprint import Ordinals, of_venue_id
from nightdesk.trading.external import ExternalRecord, Market, RecordKind
from nightdesk.trading.order import Side

_RECORD = quick(
    ExternalRecord, ("owner", "fingerprint", "kind", "account", "at", "quantity", "sources")
)


@dataclass(slots=True, kw_only=True)
class Draft:
    """A fill or movement as `ExternalRecord` has it.

    `rows`: the lines it was told in. `known`: all its legs were brought before.
    """

    rows: tuple[int, ...]
    account: str
    kind: RecordKind
    at: datetime
    written: str
    quantity: Decimal
    instrument: InstrumentId | None = None
    market: Market = Market.SPOT
    side: Side | None = None
    price: Decimal | None = None
    asset: str = ""
    fee: Decimal = ZERO
    fee_asset: str = ""
    fee_price: Decimal | None = None
    order: str = ""
    ref: str = ""
    stop: Decimal | None = None
    target: Decimal | None = None
    tax_withheld: Decimal | None = None
    tax_asset: str = ""
    legs: tuple[str, ...] = ()
    forced: bool = False
    setup: str = ""
    tags: tuple[str, ...] = ()
    note: str = ""
    known: bool = False

    @property
    def row(self) -> int:
        """The first line it was told in."""
        return self.rows[0]

    def fingerprint(self, ordinals: Ordinals) -> str:
        """Return its identity; a row without an id counts its equals in the file."""
        where = self.instrument or self.asset
        if self.ref:
            # a reward and a deposit, a fill and its fee movement may share what the venue names
            named = self.ref if self.kind is RecordKind.FILL else f"{self.kind.value}:{self.ref}"
            return of_venue_id(self.account, where, named)
        if self.legs:
            return of_venue_id(self.account, where, "+".join(sorted(self.legs)))
        return ordinals.of_row(
            account=self.account,
            instrument=where,
            kind=self.kind,
            written=self.written,
            side=self.side or "",
            quantity=self.quantity,
            price=self.price,
            fee=self.fee,
        )

    def record(self, owner: UserId, fingerprint: str, source: str, seq: int) -> ExternalRecord:
        """Return it as it is stored."""
        return _RECORD(
            owner=owner,
            fingerprint=fingerprint,
            kind=self.kind,
            account=self.account,
            at=self.at,
            quantity=self.quantity,
            sources=(source,),
            instrument=self.instrument,
            market=self.market,
            side=self.side,
            price=self.price,
            asset=self.asset,
            fee=self.fee,
            fee_asset=self.fee_asset,
            fee_price=self.fee_price,
            order=self.order,
            ref=self.ref,
            seq=seq,
            stop=self.stop,
            target=self.target,
            tax_withheld=self.tax_withheld,
            tax_asset=self.tax_asset,
            legs=self.legs,
            forced=self.forced,
            setup=self.setup,
            tags=self.tags,
            note=self.note,
        )


@dataclass(slots=True, kw_only=True)
class Leg:
    """One side of a trade: what came (positive) or went of an asset, its fee beside it."""

    row: int
    key: tuple[str, ...]
    fingerprint: str
    account: str
    at: datetime
    written: str
    asset: str
    amount: Decimal
    fee: Decimal
    fee_asset: str
    only_fee: bool
    order: str
    ref: str
