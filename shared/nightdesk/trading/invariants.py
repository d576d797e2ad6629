"""What must be true of every book (trading §5, Ledger). A broken one halts the bot."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, localcontext

from nightdesk.core.money import EXACT, PLACES_12, ZERO
from nightdesk.trading.book import Book
from nightdesk.trading.ledger import HELD, Account, Balances, Posting
from nightdesk.trading.order import Fill, Order, Side


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """One invariant that does not hold: its number, and both figures in words."""

    number: int
    text: str


def of_book(book: Book, orders: Iterable[Order], mark: Decimal) -> tuple[Broken, ...]:
    """Check what a book and its open orders tell alone: (2), (4), (5), at `mark` per base unit.

    (1) cannot be broken: a posting that does not sum to zero cannot be built.
    """
    found = [
        Broken(number=2, text=f"{account} {asset} is {amount}")
        for (account, asset), amount in sorted(book.balances.amounts.items())
        if account in HELD and amount < ZERO
    ]
    with localcontext(EXACT):
        bounds = sum((order.reserved for order in orders if order.side is Side.BUY), ZERO)
        made = book.net_capital + book.realised + book.unrealised(mark) - book.fees
        equity = book.equity(mark)
    if book.reserved != bounds:
        found.append(Broken(number=4, text=f"reserved {book.reserved}, bounds {bounds}"))
    if abs(equity - made) > PLACES_12:
        found.append(Broken(number=5, text=f"equity {equity}, capital and results {made}"))
    return tuple(found)


def of_history(
    book: Book, postings: Iterable[Posting], fills: Iterable[Fill]
) -> tuple[Broken, ...]:
    """Check a book against all postings and fills there ever were: (3) and (6)."""
    rebuilt = Balances().post(postings)
    with localcontext(EXACT):
        traded = sum((_received(book, fill) for fill in fills), ZERO)
    found = []
    if book.holding != traded:
        found.append(Broken(number=3, text=f"holding {book.holding}, fills {traded}"))
    if rebuilt.amounts != book.balances.amounts:
        found.append(
            Broken(number=6, text=f"rebuilt {_text(rebuilt)}, stored {_text(book.balances)}")
        )
    held = book.balances.of(Account.POSITION, book.base)
    if held != (book.position.quantity if book.position else ZERO):
        found.append(Broken(number=6, text=f"position {book.position}, ledger {held}"))
    return tuple(found)


def of_account(opening: Decimal, free: Decimal, books: Iterable[Book]) -> tuple[Broken, ...]:
    """Check (7): the bots of an account were given what it was opened with and has no more.

    `books` are those of all its bots, retired ones too: one that brought more home than it was
    given stands with a negative capital. An account that is overdrawn is one that gave too much.
    """
    with localcontext(EXACT):
        given = sum((book.net_capital for book in books), ZERO)
        off = free + given != opening or free < ZERO
    text = f"bots were given {given}, {free} is free of {opening}"
    return (Broken(number=7, text=text),) if off else ()


def _received(book: Book, fill: Fill) -> Decimal:
    coins = fill.quantity if fill.side is Side.BUY else -fill.quantity
    return coins - (fill.fee if fill.fee_asset == book.base else ZERO)


def _text(balances: Balances) -> str:
    return " ".join(f"{a}:{asset}={v}" for (a, asset), v in sorted(balances.amounts.items()))
