"""Fills as the journal takes them, from wherever they came: sorted, made single, netted, cut."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal, localcontext

from nightdesk.core.clock import iso
from nightdesk.core.ids import BotId, DecisionId, InstrumentId, UserId
from nightdesk.core.money import ZERO, fixed, floor_to, not_negative, positive
from nightdesk.journal.exactly import EXACTLY, PLACES_18
from nightdesk.journal.trade import Action, ExitReason, Kind, Rate, Source
from nightdesk.trading.order import Mode

DUPLICATE_FILL = "DUPLICATE_FILL"
FEE_EXCEEDS_FILL = "FEE_EXCEEDS_FILL"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """What was traded, and the least of it that can be sold: less is dust after an exit.

    `lot` and `min_quantity` are base units, `min_notional` is quote currency.
    """

    instrument: InstrumentId
    kind: Kind
    base: str
    quote: str
    min_quantity: Decimal = ZERO
    lot: Decimal | None = None
    min_notional: Decimal = ZERO
    allows_short: bool
    inverse: bool = False
    """Whether it is settled in its base asset: a gain is then no linear function of the price."""

    def __post_init__(self) -> None:
        not_negative("min_quantity", self.min_quantity)
        not_negative("min_notional", self.min_notional)
        if self.lot is not None:
            positive("lot", self.lot)

    def dust(self, left: Decimal, price: Decimal) -> bool:
        """Tell whether `left` base units are too little to sell at `price`."""
        whole = left if self.lot is None else floor_to(left, self.lot)
        return whole <= ZERO or whole < self.min_quantity or whole * price < self.min_notional


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """Whose fills they are: one owner's account in one instrument."""

    owner: UserId
    account: str
    mode: Mode
    contract: Contract


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalFill:
    """One fill, wherever it came from. `id` is unique in its account and instrument.

    `fee` is in `fee_asset` (None: quote currency), negative for a rebate; `fee_price` is the price
    of that asset in quote currency at the fill, None where it is not known. `stop` and `target`
    stood when it happened. `rate` is account currency per quote currency then. `reference` is the
    price it was decided at, `reason` why an exit was made.
    """

    id: str
    at: datetime
    seq: int = 0
    order: str
    side: Action
    quantity: Decimal
    price: Decimal
    fee: Decimal = ZERO
    fee_asset: str | None = None
    fee_price: Decimal | None = None
    stop: Decimal | None = None
    target: Decimal | None = None
    source: Source
    bot_id: BotId | None = None
    strategy_version: str | None = None
    decision_id: DecisionId | None = None
    import_id: str | None = None
    rate: Rate | None = None
    reference: Decimal | None = None
    reason: ExitReason | None = None
    planned_risk: Decimal | None = None
    """What the desk sized this fill's part of an entry with, costs included."""
    ends: bool = False
    """Whether the desk holds nothing after it that it could sell, whatever the rules say now."""

    def __post_init__(self) -> None:
        positive("quantity", self.quantity)
        positive("price", self.price)
        for name in ("stop", "target", "fee_price", "reference"):
            if (value := getattr(self, name)) is not None:
                positive(name, value)

    def effect(self, contract: Contract) -> Decimal:
        """Return by how many base units it moves the position: a fee in coins is netted."""
        if self.fee_asset != contract.base:
            return self.quantity
        return self.quantity - self.side.sign * self.fee

    def fee_elsewhere(self, contract: Contract) -> bool:
        """Tell whether a fee was paid in neither currency of the pair."""
        return bool(self.fee) and self.fee_asset not in {None, contract.base, contract.quote}

    def fee_value(self, contract: Contract) -> Decimal | None:
        """Return the fee in quote currency; None where the price of its asset is not known."""
        if self.fee_elsewhere(contract):
            return None if self.fee_price is None else self.fee * self.fee_price
        return self.fee * self.price if self.fee_asset == contract.base else self.fee

    def cut(self, effect: Decimal, contract: Contract) -> "tuple[JournalFill, JournalFill]":
        """Return the part that moves the position by `effect`, and the rest.

        The fee is cut by quantity; what the division leaves goes to the rest, so nothing is lost.
        """
        with localcontext(EXACTLY):
            fee = (self.fee * effect / self.effect(contract)).quantize(PLACES_18)
            in_coins = self.fee_asset == contract.base
            quantity = effect + self.side.sign * fee if in_coins else effect
            first = replace(self, quantity=quantity, fee=fee, ends=False)
            rest = replace(self, quantity=self.quantity - quantity, fee=self.fee - fee)
        return first, rest


@dataclass(frozen=True, slots=True, kw_only=True)
class Warned:
    """Something that was met while building; `text` is `CODE: key=value …`."""

    code: str
    details: tuple[tuple[str, str], ...] = ()

    @property
    def text(self) -> str:
        """Return the one line of it."""
        pairs = " ".join(f"{name}={value}" for name, value in self.details)
        return f"{self.code}: {pairs}" if pairs else self.code


def warned(code: str, **details: str) -> Warned:
    """Build a warning."""
    return Warned(code=code, details=tuple(details.items()))


def in_order(
    fills: Iterable[JournalFill], contract: Contract
) -> tuple[list[JournalFill], list[Warned]]:
    """Return each fill once, by (time, seq, id), and what was met.

    Of fills that share an id and differ the first in that order counts, however they came in.
    """
    kept: dict[str, JournalFill] = {}
    met: list[Warned] = []
    told = list(fills)
    # what else a fill says is asked where two share an id: it takes longer than all of the sorting
    alone = len({fill.id for fill in told}) == len(told)
    for fill in sorted(told, key=_named if alone else _place):
        if fill.id in kept:
            met.append(warned(DUPLICATE_FILL, id=fill.id))
        elif fill.effect(contract) <= ZERO:
            met.append(warned(FEE_EXCEEDS_FILL, fill=fill.id))
        else:
            kept[fill.id] = fill
    return list(kept.values()), met


def _named(fill: JournalFill) -> tuple[datetime, int, str]:
    return fill.at, fill.seq, fill.id


def _place(fill: JournalFill) -> tuple[tuple[datetime, int, str], tuple[str, ...]]:
    return _named(fill), tuple(_told(fill))


def _told(fill: JournalFill) -> Iterator[str]:
    """Yield all that a trade is built from, as text."""
    yield from (fill.id, iso(fill.at), str(fill.seq), fill.order, fill.side.value)
    amounts = (fill.quantity, fill.price, fill.fee, fill.fee_price, fill.stop, fill.target)
    yield from ("-" if one is None else fixed(one) for one in amounts)
    yield from (fill.fee_asset or "-", fill.source.value, fill.bot_id or "-", fill.reason or "-")
    yield "-" if fill.rate is None else fixed(fill.rate.value)
    yield from (fill.import_id or "-", "ends" if fill.ends else "-")
