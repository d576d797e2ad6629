"""What happened outside the desk: fills and movements of accounts and files.

The journal's sync and imports write them; the journal builds trades from the fills, and the tax
room reads both. A record is stored once under its fingerprint, however many sources tell it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Protocol

from nightdesk.core.clock import utc
from nightdesk.core.ids import InstrumentId, UserId, digest, instrument_id
from nightdesk.core.money import ZERO, not_negative, positive
from nightdesk.trading.order import Side

Likeness = tuple[object, ...]
"""Equal for fills which look the same to the second."""


class RecordKind(StrEnum):
    """What a record tells of."""

    FILL = "fill"
    DEPOSIT = "deposit"
    WITHDRAWAL = "withdrawal"
    REWARD = "reward"
    FUNDING = "funding"
    """Funding of a perpetual, interest of a loan: positive was received."""
    TRANSFER = "transfer"
    """Between places of the same owner at the same venue."""
    FEE = "fee"
    PNL = "pnl"
    """Profit or loss that a venue books by itself, without the fills it comes from."""


class Market(StrEnum):
    """What kind of market a fill is of."""

    SPOT = "spot"
    MARGIN = "margin"
    PERP = "perp"
    FUTURE = "future"
    OPTION = "option"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternalRecord:
    """One fill or movement of an account outside the desk.

    A fill: `quantity` of the instrument's base above zero, `price` in quote per base unit above
    zero, `fee` in `fee_asset` (negative: a rebate), `fee_price` in quote per unit of it where
    known. A movement: `quantity` of `asset`, positive came in, and `fee` of the same asset on top;
    `order` of one that books a result is the `ref` of the fill that it is the result of.
    `tax_withheld` is in `tax_asset`. `ref` is the venue's own id, empty if it gave none; `legs`
    are the fingerprints of the rows that a fill without one was joined from. `forced`: by this fill
    the venue liquidated a position. `sources` name who told it, the first one first:
    ``import:<id>``, ``sync:<account>``. Raises ValueError.

    `fingerprint` begins with the `book_mark` of account and instrument, or asset.
    """

    owner: UserId
    fingerprint: str
    kind: RecordKind
    account: str
    at: datetime
    quantity: Decimal
    sources: tuple[str, ...]
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
    seq: int = 0
    stop: Decimal | None = None
    target: Decimal | None = None
    tax_withheld: Decimal | None = None
    tax_asset: str = ""
    legs: tuple[str, ...] = ()
    forced: bool = False
    setup: str = ""
    tags: tuple[str, ...] = ()
    note: str = ""

    def __post_init__(self) -> None:
        utc(self.at)
        if not self.fingerprint or not self.account:
            raise ValueError("a record has a fingerprint and an account")
        if self.tax_withheld is not None:
            not_negative("tax_withheld", self.tax_withheld)
        if self.instrument is not None:
            instrument_id(self.instrument)
        if self.kind is not RecordKind.FILL:
            if not self.asset or not self.quantity.is_finite():
                raise ValueError("a movement has an asset and a finite quantity")
            return
        if self.side is None or self.instrument is None:
            raise ValueError("a fill has a side and an instrument")
        positive("quantity", self.quantity)
        positive("price", self.price)
        if self.fee and not self.fee_asset:
            raise ValueError("a fee is in an asset")

    @property
    def likeness(self) -> Likeness:
        """What two tellings of one fill share: instrument, side, quantity, price, second."""
        where, what = self.instrument or self.asset, self.side or self.kind
        return where, what, self.quantity, self.price, utc(self.at).replace(microsecond=0)


BOOK_DIGITS = 16


@lru_cache(maxsize=1_000)
def book_mark(account: str, where: str) -> str:
    """Return what all fingerprints of one account's records begin with; `where`: what they are of.

    That is the instrument, of a movement without one its asset. So a store keeps what belongs to
    one book together, and finds it without looking at the rest.
    """
    return digest("book", account, where).hex()[:BOOK_DIGITS]


class Put(StrEnum):
    """What putting a record did."""

    ADDED = "added"
    """It was not there, or this source had put it before."""
    JOINED = "joined"
    """Another source had told it; this one now stands beside it."""
    TAKEN = "taken"
    """Its legs belong to other records: nothing was written."""


class ExternalRecords(Protocol):
    """External records of owners, each stored once under its fingerprint."""

    def put(
        self,
        owner: UserId,
        records: Sequence[ExternalRecord],
        source: str,
        *,
        unseen: bool = False,
    ) -> Sequence[Put]:
        """Store each unless its fingerprint, or one of its legs, is taken; then join `source`.

        The answer is in the order of `records`. Again under the same source it is the same, and
        nothing changes. Each counts whole or not at all; a cut in between leaves some. `unseen`:
        whoever asks has looked, and found none of them; the answer is the same, only sooner.
        """
        ...

    def drop(self, owner: UserId, records: Sequence[ExternalRecord], source: str) -> Sequence[bool]:
        """Take `source` from each; one that no source tells any more goes, its legs are free.

        The answer says of each whether it is gone now; what never was there counts as gone.
        """
        ...

    def claim(self, owner: UserId, record: ExternalRecord, fingerprint: str, source: str) -> bool:
        """Note that `record` stands for what `source` tells under `fingerprint`, and joins it.

        From then on that fingerprint is taken, and putting it answers TAKEN. Returns False where
        the record is gone, or the fingerprint is stored or stood for by another one.
        """
        ...

    def taken(self, owner: UserId, fingerprints: Sequence[str]) -> frozenset[str]:
        """Return those that are taken, by records or by legs, read consistently."""
        ...

    def between(self, owner: UserId, since: datetime, until: datetime) -> Iterator[ExternalRecord]:
        """Yield the records with ``since <= at <= until``, oldest first, as they are indexed."""
        ...

    def fills(
        self, owner: UserId, account: str, instrument: InstrumentId
    ) -> Iterator[ExternalRecord]:
        """Yield what one account tells of one instrument, funding too, oldest first.

        Read consistently: what was put just now is among them.
        """
        ...
