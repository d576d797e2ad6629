"""Secrets of second factors in the envelope of the vault, under a context of their own kind."""

import base64
import binascii
from dataclasses import dataclass

from nightdesk.accounts.credential import SealBroken, SealContext, Sealed
from nightdesk.accounts.ports import Cipher
from nightdesk.core.ids import UserId

KIND = "totp"
FIELD = "secret"


@dataclass(frozen=True, slots=True)
class SealedTotp:
    """The port TotpVault over the cipher of the vault: two texts of base64, joined by a dot."""

    cipher: Cipher

    def seal(self, owner: UserId, secret: bytes) -> str:
        """Return the secret sealed for this owner."""
        sealed = self.cipher.seal(_context(owner), {FIELD: base64.b64encode(secret).decode()})
        parts = (sealed.wrapped, sealed.ciphertext)
        return ".".join(base64.b64encode(part).decode() for part in parts)

    def open(self, owner: UserId, sealed: str) -> bytes:
        """Return the secret. Raises SealBroken for what belongs to another owner."""
        try:
            parts = [base64.b64decode(part, validate=True) for part in sealed.split(".")]
            wrapped, ciphertext = parts
        except (ValueError, binascii.Error) as error:
            raise SealBroken("a sealed second factor has no form of ours") from error
        fields = self.cipher.open(_context(owner), Sealed(ciphertext=ciphertext, wrapped=wrapped))
        return base64.b64decode(fields[FIELD])


def _context(owner: UserId) -> SealContext:
    return SealContext(owner=owner, provider=KIND, kind=KIND, label="main", version=1)
