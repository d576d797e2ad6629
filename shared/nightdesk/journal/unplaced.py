"""What stands in no trade: sales of what nobody is known to have bought, payments of no trade."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from nightdesk.core.ids import InstrumentId

MOST_REFS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Unplaced:
    """Fills or payments of an account in one instrument that are in no trade for one reason.

    `code` is `UNMATCHED_SELL` or `FEE_EXCEEDS_FILL` with the base units left out as `amount`, or
    `UNASSIGNED_FUNDING` with quote currency, positive where received. `count` of them lie from
    `first_at` to `last_at`; `refs` are the ids of the oldest 20, by time.
    """

    account: str
    instrument: InstrumentId
    code: str
    asset: str
    amount: Decimal
    count: int
    first_at: datetime
    last_at: datetime
    refs: tuple[str, ...]
