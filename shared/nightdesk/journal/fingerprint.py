"""The identity of what was told from outside: one hash, whoever tells it and however often.

With an id of the venue it is account, instrument and that id. Without one it is what the row
says (account, instrument, kind, time as written, side, quantity, price, fee) and how many equal
rows stand before it in the file. Nothing that can be edited in the journal is part of it. Its
first digits are those of account and instrument alone: what belongs together lies together.
"""

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal

from nightdesk.core.ids import digest
from nightdesk.core.money import fixed
from nightdesk.trading.external import BOOK_DIGITS, book_mark


def of_venue_id(account: str, instrument: str, venue_id: str) -> str:
    """Return the fingerprint of what the venue itself has named. `instrument`: or the asset."""
    return _of_book(account, instrument, digest("id", account, instrument, venue_id))


def _of_book(account: str, instrument: str, identity: bytes) -> str:
    """Return 64 digits: of the book, and of the identity as many as there is room for."""
    return book_mark(account, instrument) + identity.hex()[BOOK_DIGITS:]


@dataclass(slots=True)
class Ordinals:
    """How often each thing without an id was told so far in one file."""

    seen: Counter[bytes] = field(default_factory=Counter)

    def of_row(
        self,
        *,
        account: str,
        instrument: str,
        kind: str,
        written: str,
        side: str,
        quantity: Decimal,
        price: Decimal | None,
        fee: Decimal,
    ) -> str:
        """Return the fingerprint of the next row that says this."""
        said = digest(
            account,
            instrument,
            kind,
            written,
            side,
            fixed(quantity),
            "" if price is None else fixed(price),
            fixed(fee),
        )
        ordinal = self.seen[said]
        self.seen[said] += 1
        return _of_book(account, instrument, digest("row", said.hex(), str(ordinal)))
