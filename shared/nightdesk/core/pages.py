"""Pages and opaque cursors: signed, bound to owner and route; an edited one opens nothing."""

import base64
import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from nightdesk.core.errors import Permanent
from nightdesk.core.ids import UserId

T = TypeVar("T")

DEFAULT_LIMIT = 50
MAX_LIMIT = 200


class BadCursor(Permanent):
    """A cursor that this owner did not get from this route."""

    code = "BAD_CURSOR"


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some items in order, and the key after which the next page starts (None: no more)."""

    items: Sequence[T]
    next_key: str | None = None


@dataclass(frozen=True, slots=True)
class Cursors:
    """Seals keys into cursors and opens them again. `secret` has at least 32 bytes."""

    secret: bytes

    def seal(self, owner: UserId, route: str, key: str | None) -> str | None:
        """Return the cursor for `key`, or None where there is no next page."""
        if key is None:
            return None
        body = json.dumps([route, key], separators=(",", ":")).encode()
        return _text(self._mac(owner, body) + body)

    def open(self, owner: UserId, route: str, cursor: str | None) -> str | None:
        """Return the key inside. Raises BadCursor if edited, foreign or of another route."""
        if cursor is None:
            return None
        try:
            raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
            mac, body = raw[:16], raw[16:]
            genuine = hmac.compare_digest(mac, self._mac(owner, body))
            sealed_route, key = json.loads(body) if genuine else (None, None)
        except ValueError as error:
            raise BadCursor("the cursor is not one of ours") from error
        if sealed_route != route or not isinstance(key, str):
            raise BadCursor("the cursor is not one of ours")
        return key

    def _mac(self, owner: UserId, body: bytes) -> bytes:
        return hmac.new(self.secret, owner.encode() + b"|" + body, hashlib.sha256).digest()[:16]


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
