"""Fields under AES-256-GCM with a data key of KMS: the envelope of the vault (accounts, part 8).

KMS gives the data key only for the context {owner, provider, kind} that it was made under; what
the fields are bound to beside that (label, version) is the associated data. So a row that was
moved or changed does not open, whoever tries.
"""

import hashlib
import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from nightdesk.accounts.credential import Fields, SealBroken, SealContext, Sealed
from nightdesk.accounts.ports import Cipher
from nightdesk.core.errors import Misconfigured, StoreUnavailable

CONNECT_SECONDS = 2
READ_SECONDS = 3
NONCE = 12
FORM = b"\x01"
"""Of what a ciphertext begins with: nonce and AES-256-GCM follow."""

KEPT_SECONDS = 300
KEPT_MOST = 64

_BUSY = frozenset({"DependencyTimeoutException", "KMSInternalException", "ThrottlingException"})
_BROKEN = frozenset({"IncorrectKeyException", "InvalidCiphertextException"})


@dataclass(slots=True)
class KmsCipher:
    """The port Cipher. `key_id` is the desk's key by ARN or alias."""

    key_id: str
    _client: Any = field(default=None, repr=False)

    def seal(self, context: SealContext, fields: Fields) -> Sealed:
        """Return the fields under a data key of their own."""
        answer = self._ask(
            "generate_data_key",
            KeyId=self.key_id,
            KeySpec="AES_256",
            EncryptionContext=context.outer,
        )
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - not at start

        nonce = os.urandom(NONCE)
        plain = json.dumps(dict(fields), sort_keys=True, separators=(",", ":")).encode()
        hidden = AESGCM(answer["Plaintext"]).encrypt(nonce, plain, context.inner)
        return Sealed(ciphertext=FORM + nonce + hidden, wrapped=answer["CiphertextBlob"])

    def open(self, context: SealContext, sealed: Sealed) -> Fields:
        """Return the fields. Raises SealBroken where they do not belong here."""
        answer = self._ask(
            "decrypt",
            KeyId=self.key_id,
            CiphertextBlob=sealed.wrapped,
            EncryptionContext=context.outer,
        )
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415

        form, rest = sealed.ciphertext[:1], sealed.ciphertext[1:]
        if form != FORM or len(rest) < NONCE:
            raise SealBroken("a sealed key has no form of ours")
        try:
            plain = AESGCM(answer["Plaintext"]).decrypt(rest[:NONCE], rest[NONCE:], context.inner)
        except (InvalidTag, ValueError):
            raise SealBroken("a sealed key does not belong where it lies") from None
        found: dict[str, str] = json.loads(plain)
        return found

    def reseal(self, context: SealContext, sealed: Sealed) -> Sealed:
        """Return the same fields with their data key wrapped anew; KMS alone sees that key."""
        answer = self._ask(
            "re_encrypt",
            CiphertextBlob=sealed.wrapped,
            SourceEncryptionContext=context.outer,
            DestinationKeyId=self.key_id,
            DestinationEncryptionContext=context.outer,
        )
        return Sealed(ciphertext=sealed.ciphertext, wrapped=answer["CiphertextBlob"])

    def _ask(self, operation: str, **arguments: Any) -> dict[str, Any]:
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

        if self._client is None:
            self._client = _connected()
        try:
            answer: dict[str, Any] = getattr(self._client, operation)(**arguments)
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            if code in _BROKEN:
                raise SealBroken(f"KMS {operation}: {code}") from error
            if code in _BUSY:
                raise StoreUnavailable(f"KMS {operation}: {code}") from error
            raise Misconfigured(f"KMS {operation}: {code}") from error
        except BotoCoreError as error:
            raise StoreUnavailable(f"KMS {operation} was not answered") from error
        return answer


@dataclass(slots=True)
class KeptKeys:
    """A cipher that keeps what it opened for five minutes at most, in memory, by version.

    What is kept is found by the sealed bytes as well: a key that was deleted and saved again
    under an old number is another key.
    """

    cipher: Cipher
    seconds: Callable[[], float] = time.monotonic
    _kept: dict[bytes, tuple[float, Fields]] = field(default_factory=dict, repr=False)

    def open(self, context: SealContext, sealed: Sealed) -> Fields:
        """Return the fields, opened now or within the last five minutes."""
        now = self.seconds()
        self._kept = {name: kept for name, kept in self._kept.items() if kept[0] > now}
        name = hashlib.sha256(repr(context).encode() + sealed.wrapped + sealed.ciphertext).digest()
        if name not in self._kept:
            fields = self.cipher.open(context, sealed)
            if len(self._kept) >= KEPT_MOST:
                self._kept.pop(next(iter(self._kept)))
            self._kept[name] = now + KEPT_SECONDS, fields
        return self._kept[name][1]


def _connected() -> Any:
    """Return a client; region, endpoint and credentials come from the environment."""
    from botocore.config import Config  # noqa: PLC0415
    from botocore.session import get_session  # noqa: PLC0415

    limits = Config(
        connect_timeout=CONNECT_SECONDS, read_timeout=READ_SECONDS, retries={"max_attempts": 2}
    )
    return get_session().create_client("kms", config=limits)
