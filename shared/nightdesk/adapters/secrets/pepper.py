"""The desk pepper: digests of what is looked up, and keys derived from it."""

import hmac
from dataclasses import dataclass

from nightdesk.adapters.secrets.store import SecretText
from nightdesk.core.pages import Cursors


@dataclass(frozen=True, slots=True)
class Pepper:
    """HMAC-SHA-256 under the pepper; the port Digests."""

    secret: SecretText

    def digest(self, kind: str, text: str) -> bytes:
        """Return the 32 bytes of `text` as a thing of this `kind`."""
        return hmac.digest(self._key("lookup"), f"{kind}|{text}".encode(), "sha256")

    def cursors(self) -> Cursors:
        """Return what seals cursors, under a key of its own."""
        return Cursors(self._key("cursors"))

    def _key(self, purpose: str) -> bytes:
        return derived(self.secret.read(), purpose)


def derived(secret: str, purpose: str) -> bytes:
    """Return 32 bytes for one purpose: one block of HKDF-Expand with SHA-256 (RFC 5869).

    `secret` is random text of full entropy, so the extract step has nothing to add.
    """
    return hmac.digest(secret.encode(), f"nightdesk/{purpose}".encode() + b"\x01", "sha256")
