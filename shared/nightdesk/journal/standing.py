"""What a part of an account, a bot or an account kept by the journal, has from a moment on."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """`equity` from `at` on, of which `flow` came in (positive) or went out at that moment.

    Without an equity it tells of the flow alone: what there was just before it is not known.
    """

    at: datetime
    part: str
    equity: Decimal | None
    flow: Decimal
