"""An import, and records of what happened outside the desk."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from nightdesk.core.ids import InstrumentId, UserId, digest
from nightdesk.journal.imported import Import
from nightdesk.trading.external import ExternalRecord, RecordKind, book_mark
from nightdesk.trading.order import Side

OWNER = UserId("usr_1")
AT = datetime(2026, 3, 5, 14, 30, tzinfo=UTC)


def an_import(**changes: Any) -> Import:
    """One that waits for its file."""
    told: dict[str, Any] = {
        "import_id": "01KAK8E5G00000000000000000",
        "owner": OWNER,
        "filename": "fills.csv",
        "size": 100,
        "account": "mine",
        "created_at": AT,
        "updated_at": AT,
    }
    return Import(**(told | changes))


def a_fill_outside(name: str, **changes: Any) -> ExternalRecord:
    """Half a bitcoin, bought; its fingerprint comes of its book and of `name`."""
    told: dict[str, Any] = {
        "owner": OWNER,
        "kind": RecordKind.FILL,
        "account": "mine",
        "at": AT,
        "quantity": Decimal("0.5"),
        "sources": ("import:a",),
        "instrument": InstrumentId("BTC/EUR@kraken"),
        "side": Side.BUY,
        "price": Decimal("50000.25"),
        "ref": name,
        **changes,
    }
    told.setdefault("fingerprint", book_mark(told["account"], told["instrument"]) + mark(name))
    return ExternalRecord(**told)


def a_deposit(name: str, **changes: Any) -> ExternalRecord:
    """A hundred euros that came."""
    told: dict[str, Any] = {
        "owner": OWNER,
        "fingerprint": mark(name),
        "kind": RecordKind.DEPOSIT,
        "account": "mine",
        "at": AT,
        "quantity": Decimal(100),
        "sources": ("import:a",),
        "asset": "EUR",
    }
    return ExternalRecord(**(told | changes))


def mark(name: str) -> str:
    """Return a fingerprint."""
    return digest(name).hex()
