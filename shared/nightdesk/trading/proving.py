"""Proving a bot's ledger: everything it says follows from its postings and fills (trading §5)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from nightdesk.core.errors import InvariantBroken, StoreUnavailable
from nightdesk.core.ids import BotId, UserId
from nightdesk.core.money import ONE
from nightdesk.trading.book import Book
from nightdesk.trading.invariants import Broken, of_account, of_book, of_history
from nightdesk.trading.order import Mode
from nightdesk.trading.ports import Desk, PoolFunds

INVARIANTS: Mapping[int, str] = MappingProxyType(
    {
        1: "every posting sums to zero in each asset",
        2: "cash, reserved, position and dust are never negative",
        3: "what is held is what was bought, less what was sold and fees taken in coins",
        4: "what is reserved is the sum of the bounds of open buys",
        5: "equity is net capital and realised and unrealised results, less fees",
        6: "balances rebuilt from all postings are those stored",
        7: "all bots of the account were given what it was opened with, less what is free",
    }
)
TRIES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Invariant:
    """One thing that must be true, and what contradicts it."""

    number: int
    rule: str
    findings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What the check of one book found; without `broken` it is sound."""

    book: Book
    postings: int
    fills: int
    broken: tuple[Broken, ...]

    @property
    def invariants(self) -> tuple[Invariant, ...]:
        """Every invariant with its findings, by number."""
        return tuple(
            Invariant(
                number=number,
                rule=rule,
                findings=tuple(one.text for one in self.broken if one.number == number),
            )
            for number, rule in INVARIANTS.items()
        )


@dataclass(frozen=True, slots=True)
class VerifyLedger:
    """Check one bot's book against its whole history and its account. Nothing is repaired."""

    desk: Desk
    account: "ProveAccount"

    def __call__(self, owner: UserId, bot_id: BotId) -> Proof:
        """Return what was found. Raises Missing; StoreUnavailable while the bot keeps trading."""
        for _ in range(TRIES):
            book = self.desk.book(owner, bot_id)
            proof = prove(self.desk, book)
            if self.desk.book(owner, bot_id).version == book.version:
                found = self.account(owner, book.mode, book.quote)
                return replace(proof, broken=(*proof.broken, *found))
        raise StoreUnavailable(f"{bot_id} kept trading while its ledger was read")


@dataclass(frozen=True, slots=True)
class ProveAccount:
    """Check that all bots of an account together have what it gave, and not more."""

    desk: Desk
    pools: PoolFunds

    def __call__(self, owner: UserId, mode: Mode, currency: str) -> tuple[Broken, ...]:
        """Return what contradicts it; nothing where no account was opened.

        Each move of capital moves the account too, in one transaction: while its version stands,
        the books belong to it. Raises StoreUnavailable while capital keeps moving.
        """
        for _ in range(TRIES):
            pot = self.pools.pot(owner, mode, currency)
            if pot is None:
                return ()
            books = self.desk.account_books(owner, mode, currency)
            if self.pools.pot(owner, mode, currency) == pot:
                return of_account(pot.opening, pot.free, books)
        raise StoreUnavailable(f"capital in {currency} kept moving while it was added up")


def prove(desk: Desk, book: Book, *, consistent: bool = True) -> Proof:
    """Check a book as it was read against its open orders and its whole history."""
    owner, bot_id = book.owner, book.bot_id
    orders = desk.orders(owner, bot_id, book.open_orders) if book.open_orders else ()
    broken = of_book(book, orders, ONE)  # the fifth holds at any mark, or at none
    try:
        postings, fills = desk.history(owner, bot_id, consistent=consistent)
    except InvariantBroken as error:  # a stored posting that does not sum to zero
        broken += (Broken(number=1, text=str(error)),)
        return Proof(book=book, postings=0, fills=0, broken=broken)
    try:
        broken += of_history(book, postings, fills)
    except InvariantBroken as error:  # rebuilt, something held is below zero
        broken += (Broken(number=6, text=str(error)),)
    return Proof(book=book, postings=len(postings), fills=len(fills), broken=broken)
