"""What can be traded, and the venue's rules for it."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from nightdesk.core.ids import InstrumentId, digest, instrument_id
from nightdesk.core.money import fixed, not_negative, positive

RULES_MAX_AGE = timedelta(hours=72)
ASSUMED = "assumed"
"""The source of rules that no venue stated: those of a replay."""
MAJORS = frozenset({"BTC", "ETH"})


class QuoteClass(StrEnum):
    """What kind of money a price is in."""

    FIAT = "fiat"
    STABLE = "stable"
    CRYPTO = "crypto"


class TradingStatus(StrEnum):
    """What the venue lets one do with an instrument."""

    TRADING = "trading"
    CANCEL_ONLY = "cancel_only"
    HALTED = "halted"
    DELISTED = "delisted"


class FeeAsset(StrEnum):
    """What a fee is taken in: the quote currency, or whatever the trade brought in."""

    QUOTE = "quote"
    RECEIVED = "received"


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """A spot market. `symbol` is the venue's own name for it."""

    id: InstrumentId
    symbol: str

    def __post_init__(self) -> None:
        instrument_id(self.id)

    @property
    def base(self) -> str:
        """The asset that is bought and sold."""
        return self.id.partition("/")[0]

    @property
    def quote(self) -> str:
        """The currency of the price."""
        return self.id.partition("/")[2].partition("@")[0]

    @property
    def venue(self) -> str:
        """Where it trades."""
        return self.id.partition("@")[2]

    @property
    def major(self) -> bool:
        """Whether the base is BTC or ETH."""
        return self.base in MAJORS


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """One version of a venue's rules for one instrument; an order names the version it obeyed.

    `tick` is in quote per base unit, `lot` in base units, notionals in quote currency. A maximum
    of None means that the venue names none.
    """

    instrument: Instrument
    version: str
    status: TradingStatus
    tick: Decimal
    lot: Decimal
    min_quantity: Decimal
    min_notional: Decimal
    max_quantity: Decimal | None = None
    max_notional: Decimal | None = None
    fee_asset: FeeAsset = FeeAsset.QUOTE
    quote_class: QuoteClass = QuoteClass.FIAT
    observed_at: datetime
    source: str

    def __post_init__(self) -> None:
        positive("tick", self.tick)
        positive("lot", self.lot)
        not_negative("min_quantity", self.min_quantity)
        not_negative("min_notional", self.min_notional)

    def stale(self, as_of: datetime) -> bool:
        """Tell whether entries may no longer rely on these rules. Assumed ones do not age."""
        return self.source != ASSUMED and as_of - self.observed_at > RULES_MAX_AGE


def versioned(rules: Rules) -> Rules:
    """Return `rules` with the version that their content has, whenever and wherever seen."""
    limits = (rules.max_quantity, rules.max_notional)
    amounts = (rules.tick, rules.lot, rules.min_quantity, rules.min_notional)
    parts = [
        rules.instrument.id,
        rules.instrument.symbol,
        rules.status,
        rules.fee_asset,
        rules.quote_class,
        *(fixed(amount) for amount in amounts),
        *("none" if limit is None else fixed(limit) for limit in limits),
    ]
    return replace(rules, version=digest(*parts).hex()[:16])


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """The price right now, in quote currency; no book is known where a side is None."""

    instrument_id: InstrumentId
    at: datetime
    last: Decimal
    bid: Decimal | None = None
    ask: Decimal | None = None

    def __post_init__(self) -> None:
        positive("last", self.last)
