"""Valid things of the audit log."""

from datetime import UTC, datetime
from typing import Any

from nightdesk.accounts.audit import (
    Action,
    ActorKind,
    Entry,
    Origin,
    Record,
    Source,
    account_chain,
    linked,
)
from nightdesk.core.ids import UserId

ANN, BEN, ADA = UserId("01ANN"), UserId("01BEN"), UserId("01ADA")
AT = datetime(2026, 11, 21, 12, tzinfo=UTC)


def an_origin(actor: str = ANN, **changes: Any) -> Origin:
    values: dict[str, Any] = {
        "kind": ActorKind.USER,
        "actor": actor,
        "source": Source.API,
        "request_id": "req-1",
        "session_id": "s-1",
    }
    return Origin(**values | changes)


def an_entry(action: Action = Action.BOT_CREATED, **changes: Any) -> Entry:
    owner = changes.get("owner", ANN)
    values: dict[str, Any] = {
        "chain": account_chain(owner),
        "owner": owner,
        "at": AT,
        "action": action,
        "origin": an_origin(owner),
    }
    return Entry(**values | changes)


def a_chain(length: int, **changes: Any) -> list[Record]:
    """Return the records of one chain, from the first on."""
    found: list[Record] = []
    for n in range(length):
        entry = an_entry(**{"details": {"n": n}} | changes)
        found.append(linked(entry, "", found[-1] if found else None))
    return found
