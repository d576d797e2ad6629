"""Fills to round trips: one pure function for the desk, synced accounts, imports and hand."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from nightdesk.core.ids import BotId, DecisionId, InstrumentId, UserId
from nightdesk.core.money import ZERO, not_negative, positive
from nightdesk.journal.trade import (
    Action,
    Charge,
    ExitReason,
    JournalTrade,
    Kind,
    Rate,
    Side,
    Source,
    StopMark,
)
from nightdesk.trading.order import Mode

BREAKEVEN_R = Decimal("0.10")
"""Closer to zero than this many R is neither won nor lost, unless the owner says otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """What was traded. `min_quantity` is the smallest lot: less is dust once something was sold."""

    instrument: InstrumentId
    kind: Kind
    base: str
    quote: str
    min_quantity: Decimal = ZERO
    allows_short: bool
    inverse: bool = False

    def __post_init__(self) -> None:
        not_negative("min_quantity", self.min_quantity)


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

    def __post_init__(self) -> None:
        positive("quantity", self.quantity)
        positive("price", self.price)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dust:
    """What was left of closed trades, too little to sell. It joins the next trade of its side."""

    bot_id: BotId | None
    side: Side
    quantity: Decimal
    cost: Decimal


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """All trades of an account in one instrument, by opening; what is left, what was met."""

    trades: tuple[JournalTrade, ...] = ()
    dust: tuple[Dust, ...] = ()
    warnings: tuple[Warned, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """Whose fills they are: one owner's account in one instrument."""

    owner: UserId
    account: str
    mode: Mode
    contract: Contract


def build(
    fills: Iterable[JournalFill],
    book: Book,
    *,
    funding: Iterable[Charge] = (),
    stops: Sequence[StopMark] = (),
    target: Decimal | None = None,
    breakeven_r: Decimal = BREAKEVEN_R,
) -> Built:
    """Return the round trips that these fills make, oldest first; bots of one account apart.

    Fills may come in any order and repeatedly. `funding` is interest, too; `stops` are stops
    recorded beside the fills, with their times. An empty or refused input makes no trade.
    """
    raise NotImplementedError
