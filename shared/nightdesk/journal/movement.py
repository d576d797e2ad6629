"""A movement of an account: money or coins that came, went or were paid, without a trade."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from nightdesk.core.clock import utc
from nightdesk.core.ids import InstrumentId
from nightdesk.core.money import ZERO
from nightdesk.journal.trade import Source
from nightdesk.trading.external import RecordKind

KINDS = frozenset(RecordKind) - {RecordKind.FILL}


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """One movement: `amount` of `asset`, positive came in; `fee` of the same asset on top.

    `instrument` is what a funding payment belongs to, where the teller said so. Raises ValueError.
    """

    id: str
    account: str
    kind: RecordKind
    at: datetime
    asset: str
    amount: Decimal
    source: Source
    fee: Decimal = ZERO
    instrument: InstrumentId | None = None
    ref: str = ""
    tax_withheld: Decimal | None = None
    tax_asset: str = ""

    def __post_init__(self) -> None:
        utc(self.at)
        if self.kind not in KINDS:
            raise ValueError("a fill is no movement")
        if not self.asset or not self.amount.is_finite() or not self.fee.is_finite():
            raise ValueError("a movement has an asset and finite amounts")
