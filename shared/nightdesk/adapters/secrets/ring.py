"""The ring of signing keys. A secret holds it, and it is read on first use, never before.

Two forms. Plain random text is what a deployment generates: its one key is derived from it, so
that no custom resource has to make one. ``{"keys": [{kid, private, public, state}]}`` is what a
rotation writes: raw Ed25519 halves in base64url, state `next`, `current` or `previous`, and
`since` when it has that state.
"""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from nightdesk.adapters.secrets.pepper import derived
from nightdesk.adapters.secrets.store import MIN_LENGTH, SecretText
from nightdesk.core.errors import Misconfigured

FRESH = timedelta(minutes=5)
RELOAD = timedelta(minutes=1)


class KeyState(StrEnum):
    """All three verify; only `current` signs."""

    NEXT = "next"
    CURRENT = "current"
    PREVIOUS = "previous"


@dataclass(frozen=True, slots=True, kw_only=True)
class RingKey:
    """One key pair. Its algorithm is EdDSA over Ed25519, whatever a header may say."""

    kid: str
    private: Ed25519PrivateKey = field(repr=False)
    public: Ed25519PublicKey = field(repr=False)
    state: KeyState

    def jwk(self) -> dict[str, str]:
        """Return the public half as a JWK (RFC 8037)."""
        return {
            "kty": "OKP",
            "crv": "Ed25519",
            "alg": "EdDSA",
            "use": "sig",
            "kid": self.kid,
            "x": key_text(_raw(self.public)),
        }


@dataclass(slots=True)
class KeyRing:
    """The keys by `kid`, kept 5 minutes; an unknown one forces one reload a minute at most."""

    secret: SecretText
    _keys: Mapping[str, RingKey] = field(default_factory=dict, repr=False)
    _loaded_at: datetime | None = None

    def current(self, now: datetime) -> RingKey:
        """Return the key that signs. Raises Misconfigured, StoreUnavailable."""
        for key in self.all(now):
            if key.state is KeyState.CURRENT:
                return key
        raise Misconfigured("the signing ring has no current key")

    def find(self, kid: str, now: datetime) -> RingKey | None:
        """Return the key of this id, or None."""
        keys = self._kept(now, FRESH)
        if kid not in keys:
            keys = self._kept(now, RELOAD)
        return keys.get(kid)

    def all(self, now: datetime) -> Sequence[RingKey]:
        """Return every key."""
        return list(self._kept(now, FRESH).values())

    def _kept(self, now: datetime, age: timedelta) -> Mapping[str, RingKey]:
        if self._loaded_at is None or now - self._loaded_at >= age:
            self._keys = read_ring(self.secret.read())
            self._loaded_at = now
        return self._keys


def read_ring(text: str) -> Mapping[str, RingKey]:
    """Return the keys by id. Raises Misconfigured, and never quotes the secret."""
    try:
        if text.lstrip().startswith("{"):
            keys = [_stored(row) for row in json.loads(text)["keys"]]
        else:
            keys = [_seeded(text.strip())]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Misconfigured(f"the signing ring cannot be read: {type(error).__name__}") from None
    if not keys:
        raise Misconfigured("the signing ring is empty")
    return {key.kid: key for key in keys}


def _seeded(seed: str) -> RingKey:
    if len(seed) < MIN_LENGTH:
        raise ValueError("the seed is too short")
    private = Ed25519PrivateKey.from_private_bytes(derived(seed, "signing/1"))
    public = private.public_key()
    return RingKey(kid=thumbprint(public), private=private, public=public, state=KeyState.CURRENT)


def _stored(row: Mapping[str, Any]) -> RingKey:
    private = Ed25519PrivateKey.from_private_bytes(_bytes(row["private"]))
    public = private.public_key()
    if _raw(public) != _bytes(row["public"]):
        raise ValueError("the halves of a key do not match")
    return RingKey(
        kid=str(row["kid"]), private=private, public=public, state=KeyState(row["state"])
    )


def thumbprint(public: Ed25519PublicKey) -> str:
    """Return the JWK thumbprint of a public key (RFC 7638, members of RFC 8037)."""
    members = {"crv": "Ed25519", "kty": "OKP", "x": key_text(_raw(public))}
    canonical = json.dumps(members, separators=(",", ":"), sort_keys=True)
    return key_text(hashlib.sha256(canonical.encode()).digest())


def _raw(public: Ed25519PublicKey) -> bytes:
    return public.public_bytes(Encoding.Raw, PublicFormat.Raw)


def key_text(raw: bytes) -> str:
    """Return base64url without padding."""
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
