"""Words of audit entries, sealed by AES-256-GCM under a key of whom they are about.

KMS wraps that key under the context {owner, kind: audit}; the wrapped form is stored with the
owner, and opened keys are kept here for five minutes. Destroying the stored key erases the words.
"""

import base64
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Protocol

from nightdesk.accounts.audit import Entry, Record, canonical
from nightdesk.core.clock import Clock, iso
from nightdesk.core.errors import Misconfigured, StoreUnavailable
from nightdesk.core.ids import UserId

KEPT = timedelta(minutes=5)
CONNECT_SECONDS = 2
READ_SECONDS = 3
NONCE = 12

_BUSY = frozenset({"DependencyTimeoutException", "KMSInternalException", "ThrottlingException"})


class WrappedKeys(Protocol):
    """Where wrapped keys lie."""

    def get(self, owner: UserId) -> bytes | None:
        """Return the wrapped key of an owner, or None."""
        ...

    def keep(self, owner: UserId, wrapped: bytes) -> bytes:
        """Store a first key, and return the one that stands."""
        ...


@dataclass(slots=True)
class KmsSealer:
    """The port Sealer. `key_id` is the KMS key's alias or ARN."""

    key_id: str
    keys: WrappedKeys
    clock: Clock
    _opened: dict[UserId, tuple[datetime, bytes]] = field(default_factory=dict, repr=False)

    def seal(self, entry: Entry) -> str:
        """Return the private words of an entry, sealed; empty if there are none."""
        words = entry.private
        if not words:
            return ""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - not at start

        nonce, bound = os.urandom(NONCE), _bound(entry.chain, iso(entry.at), entry.action.value)
        cipher = AESGCM(self._key(entry.owner))
        return base64.b64encode(
            nonce + cipher.encrypt(nonce, canonical(dict(words)), bound)
        ).decode()

    def open(self, record: Record) -> Mapping[str, str] | None:
        """Return the words of a record, None if the key they were sealed under is gone."""
        if not record.sealed:
            return {}
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415

        key = self._standing(UserId(record.owner))
        raw, bound = base64.b64decode(record.sealed), _bound(record.chain, record.at, record.action)
        try:
            words = AESGCM(key).decrypt(raw[:NONCE], raw[NONCE:], bound) if key else None
        except InvalidTag:
            return None  # under an older key, or moved here: then the chain does not hold
        return None if words is None else dict(json.loads(words))

    def _key(self, owner: UserId) -> bytes:
        """Return the owner's key, made if there is none."""
        if (found := self._standing(owner)) is not None:
            return found
        answer = _ask("generate_data_key", self.key_id, owner, KeySpec="AES_256")
        stands = self.keys.keep(owner, answer["CiphertextBlob"])
        if stands != answer["CiphertextBlob"]:
            return self._open(owner, stands)
        return self._kept(owner, answer["Plaintext"])

    def _standing(self, owner: UserId) -> bytes | None:
        """Return the key that is stored, opened; one opened just now without asking again."""
        until, key = self._opened.pop(owner, (None, b""))
        if until is not None and self.clock.now() < until:
            self._opened[owner] = until, key
            return key
        wrapped = self.keys.get(owner)
        return self._open(owner, wrapped) if wrapped else None

    def _open(self, owner: UserId, wrapped: bytes) -> bytes:
        answer = _ask("decrypt", self.key_id, owner, CiphertextBlob=wrapped)
        return self._kept(owner, answer["Plaintext"])

    def _kept(self, owner: UserId, key: bytes) -> bytes:
        self._opened[owner] = self.clock.now() + KEPT, key
        return key


def _bound(chain: str, at: str, action: str) -> bytes:
    """Return what the words are bound to: its place in the chain an entry has only later."""
    return f"{chain}|{at}|{action}".encode()


def _ask(operation: str, key_id: str, owner: UserId, **arguments: Any) -> dict[str, Any]:
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - not at start

    context = {"owner": str(owner), "kind": "audit"}
    try:
        answer: dict[str, Any] = getattr(_client(), operation)(
            KeyId=key_id, EncryptionContext=context, **arguments
        )
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        if code in _BUSY:
            raise StoreUnavailable(f"KMS {operation}: {code}") from error
        raise Misconfigured(f"KMS {operation}: {code}") from error
    except BotoCoreError as error:
        raise StoreUnavailable(f"KMS {operation} was not answered") from error
    return answer


@cache
def _client() -> Any:
    """Return the client; region, endpoint and credentials come from the environment."""
    from botocore.config import Config  # noqa: PLC0415
    from botocore.session import get_session  # noqa: PLC0415

    limits = Config(
        connect_timeout=CONNECT_SECONDS, read_timeout=READ_SECONDS, retries={"max_attempts": 2}
    )
    return get_session().create_client("kms", config=limits)


def disconnect() -> None:
    """Drop the client; the next call makes one from the environment as it is then."""
    _client.cache_clear()
