"""A sync of an exchange account."""

from typing import Any

from nightdesk.journal.synced import COUNTED, Sync
from tests.builders.imports import AT, OWNER


def a_sync(**changes: Any) -> Sync:
    given: dict[str, Any] = {
        "sync_id": "01KAK8E5G00000000000000000",
        "owner": OWNER,
        "venue": "kraken",
        "label": "main",
        "until": AT,
        "created_at": AT,
        "updated_at": AT,
        "counts": dict.fromkeys(COUNTED, 0),
    }
    return Sync(**(given | changes))
