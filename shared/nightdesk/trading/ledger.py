"""Double entry: every change of money is a posting whose lines sum to zero per asset.

Accounts of one bot, by asset. Balances of what the bot has are positive; where money came from
or went to stands with the opposite sign:

* `cash`, `reserved`, `position`, `dust`: what the bot has.
* `capital`: what its owner put in (negative).
* `fees`: paid to the venue (positive). In quote currency it holds the value of every fee; a fee
  taken in coins stands in the base asset besides.
* `external`: the other side of trades. In quote currency its balance is the cost of what is
  still held, fees excluded.
* `realised`: gross trading result (a gain is negative, as income is).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, localcontext
from enum import StrEnum
from types import MappingProxyType

from nightdesk.core.errors import InvariantBroken
from nightdesk.core.ids import PostingId
from nightdesk.core.money import EXACT, ZERO


class Account(StrEnum):
    """The ledger accounts of one bot."""

    CAPITAL = "capital"
    CASH = "cash"
    RESERVED = "reserved"
    POSITION = "position"
    FEES = "fees"
    REALISED = "realised"
    EXTERNAL = "external"
    DUST = "dust"
    ROUNDING = "rounding"


HELD = frozenset({Account.CASH, Account.RESERVED, Account.POSITION, Account.DUST})
"""Accounts that can never be negative."""


@dataclass(frozen=True, slots=True)
class Line:
    """One side of a posting: `amount` of `asset` added to `account`."""

    account: Account
    asset: str
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """One change. Its id derives from its cause, so the same cause twice is one posting."""

    posting_id: PostingId
    at: datetime
    lines: tuple[Line, ...]

    def __post_init__(self) -> None:
        sums: dict[str, Decimal] = {}
        with localcontext(EXACT):
            for line in self.lines:
                sums[line.asset] = sums.get(line.asset, ZERO) + line.amount
        if any(sums.values()):
            raise InvariantBroken(f"posting {self.posting_id} does not sum to zero: {sums}")


Key = tuple[Account, str]


@dataclass(frozen=True, slots=True)
class Balances:
    """The sum of all postings so far, by account and asset; a missing one is zero."""

    amounts: Mapping[Key, Decimal] = field(default_factory=lambda: MappingProxyType({}))

    def of(self, account: Account, asset: str) -> Decimal:
        """Return one balance."""
        return self.amounts.get((account, asset), ZERO)

    def post(self, postings: Iterable[Posting]) -> "Balances":
        """Return the balances after `postings`. Raises InvariantBroken below zero."""
        amounts = dict(self.amounts)
        with localcontext(EXACT):
            for posting in postings:
                for line in posting.lines:
                    key = (line.account, line.asset)
                    amounts[key] = amounts.get(key, ZERO) + line.amount
        for (account, asset), amount in amounts.items():
            if account in HELD and amount < ZERO:
                raise InvariantBroken(f"{account} {asset} would be {amount}")
        return Balances(MappingProxyType({key: value for key, value in amounts.items() if value}))


def deposit(cause: str, at: datetime, asset: str, amount: Decimal) -> Posting:
    """Money that the owner gives the bot; a negative `amount` is taken back."""
    return Posting(
        posting_id=PostingId(cause),
        at=at,
        lines=(Line(Account.CASH, asset, amount), Line(Account.CAPITAL, asset, -amount)),
    )


def reservation(cause: str, at: datetime, asset: str, amount: Decimal) -> Posting:
    """Cash set aside for an open buy; a negative `amount` is freed again."""
    return Posting(
        posting_id=PostingId(cause),
        at=at,
        lines=(Line(Account.RESERVED, asset, amount), Line(Account.CASH, asset, -amount)),
    )
