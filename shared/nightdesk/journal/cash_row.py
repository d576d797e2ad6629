"""A deposit, withdrawal or correction that an owner wrote down."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from nightdesk.core.ids import UserId
from nightdesk.core.money import ZERO, not_negative

MAX_NOTE = 200


class CashKind(StrEnum):
    """What a row tells of."""

    DEPOSIT = "deposit"
    WITHDRAWAL = "withdrawal"
    CORRECTION = "correction"


@dataclass(frozen=True, slots=True, kw_only=True)
class CashRow:
    """One movement of cash. `amount` is positive; a correction's may be negative, never zero.

    `equity_before` is the account's worth just before it in account currency, where the owner
    knows it: days with such flows alone have exact returns, and what the journal adds up to is
    put right by it.
    """

    id: str
    owner: UserId
    account: str
    at: datetime
    asset: str
    amount: Decimal
    kind: CashKind
    equity_before: Decimal | None = None
    note: str = ""
    created_at: datetime

    def __post_init__(self) -> None:
        if not self.amount.is_finite() or self.amount == ZERO:
            raise ValueError("a row of cash moves something")
        if self.kind is not CashKind.CORRECTION and self.amount < ZERO:
            raise ValueError(f"a {self.kind} has a positive amount; its kind is its sign")
        if self.equity_before is not None:
            not_negative("equity_before", self.equity_before)
        if len(self.note) > MAX_NOTE:
            raise ValueError(f"a note has at most {MAX_NOTE} characters")

    @property
    def moved(self) -> Decimal:
        """What it adds to the account's balance."""
        return -self.amount if self.kind is CashKind.WITHDRAWAL else self.amount
