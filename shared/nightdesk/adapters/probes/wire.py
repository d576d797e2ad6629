"""A probe between two functions: what is asked holds no key in clear, what comes back holds none.

The key travels as it is stored, sealed; only the function that is asked may have it opened.
"""

import base64
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from nightdesk.accounts.credential import (
    Answer,
    Finding,
    Permissions,
    SealContext,
    Sealed,
    Withdraw,
)
from nightdesk.core.clock import from_iso, iso


def question(
    context: SealContext,
    sealed: Sealed,
    *,
    now: datetime,
    private_hosts: Sequence[str],
    code: str | None,
) -> dict[str, Any]:
    """Return the message as `functions.probe_key.messages.Input` reads it."""
    return {
        "as_of": iso(now),
        "owner": str(context.owner),
        "provider": context.provider,
        "kind": context.kind,
        "label": context.label,
        "version": context.version,
        "ciphertext": base64.b64encode(sealed.ciphertext).decode(),
        "wrapped_key": base64.b64encode(sealed.wrapped).decode(),
        "private_hosts": list(private_hosts),
        "code": code,
    }


def heard(found: Mapping[str, Any]) -> Finding:
    """Return the finding that its `Output` holds. Raises LookupError, ValueError."""
    may = found["permissions"]
    until = found["expires_at"]
    return Finding(
        answer=Answer(found["answer"]),
        latency_ms=int(found["latency_ms"]),
        message=found["message"],
        permissions=may
        and Permissions(read=may["read"], trade=may["trade"], withdraw=Withdraw(may["withdraw"])),
        ip_restricted=found["ip_restricted"],
        expires_at=None if until is None else from_iso(until),
    )
