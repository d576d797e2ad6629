"""Access tokens as JWTs (RFC 9068): EdDSA, `typ` at+jwt, the key named by `kid`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import jwt

from nightdesk.accounts.session import refused
from nightdesk.accounts.tokens import Claims, Scope, owner_of
from nightdesk.adapters.secrets.ring import KeyRing
from nightdesk.core.ids import SessionId, UserId

AUDIENCE = "nightdesk-api"
TYPE = "at+jwt"
ALGORITHM = "EdDSA"
HEADER = frozenset({"alg", "typ", "kid"})
CLAIMS = (
    "iss", "aud", "sub", "sid", "epoch", "scope", "amr", "auth_time", "iat", "nbf", "exp", "jti",
)  # fmt: skip
MAX_LENGTH = 2048


@dataclass(frozen=True, slots=True)
class JwtSigner:
    """The port TokenSigner over a ring of keys. `issuer` names this desk."""

    ring: KeyRing
    issuer: str

    def sign(self, claims: Claims, now: datetime) -> str:
        """Return the compact JWT under the current key."""
        key = self.ring.current(now)
        payload = {
            "iss": self.issuer,
            "aud": AUDIENCE,
            "sub": claims.owner,
            "sid": claims.session_id,
            "epoch": claims.epoch,
            "scope": claims.scope.value,
            "amr": list(claims.amr),
            "auth_time": _seconds(claims.auth_time),
            "iat": _seconds(claims.issued_at),
            "nbf": _seconds(claims.not_before),
            "exp": _seconds(claims.expires_at),
            "jti": claims.token_id,
        }
        headers = {"kid": key.kid, "typ": TYPE}
        return jwt.encode(payload, key.private, algorithm=ALGORITHM, headers=headers)

    def verify(self, token: str, now: datetime) -> Claims:
        """Return what a genuine token says. Raises Refused 401 for any other."""
        try:
            return _claims(self._opened(token, now))
        except (jwt.PyJWTError, ValueError, KeyError, TypeError, OverflowError, OSError) as error:
            raise refused() from error

    def public_keys(self, now: datetime) -> Sequence[dict[str, str]]:
        """Return the published keys as JWKs, by id."""
        return sorted((key.jwk() for key in self.ring.all(now)), key=lambda key: key["kid"])

    def _opened(self, token: str, now: datetime) -> Mapping[str, Any]:
        if len(token) > MAX_LENGTH:
            raise ValueError("no token of ours is that long")
        header = jwt.get_unverified_header(token)
        if set(header) != HEADER or header["typ"] != TYPE:
            raise ValueError("the header is not one of ours")
        key = self.ring.find(header["kid"], now)
        if key is None:
            raise ValueError("the key is not one of ours")
        payload: Mapping[str, Any] = jwt.decode(
            token,
            key.public,
            algorithms=[ALGORITHM],
            audience=AUDIENCE,
            issuer=self.issuer,
            options={
                "require": list(CLAIMS),
                "verify_exp": False,  # the times are for the room, which is told what time it is
                "verify_nbf": False,
                "verify_iat": False,
            },
        )
        return payload


def _claims(payload: Mapping[str, Any]) -> Claims:
    session_id = SessionId(payload["sid"])
    owner = UserId(payload["sub"])
    if owner_of(session_id) != owner:
        raise ValueError("session and subject belong to different owners")
    epoch, methods = payload["epoch"], payload["amr"]
    if type(epoch) is not int or not isinstance(methods, list):
        raise TypeError("a claim has the wrong type")
    return Claims(
        owner=owner,
        session_id=session_id,
        epoch=epoch,
        scope=Scope(payload["scope"]),
        amr=tuple(str(method) for method in methods),
        auth_time=_moment(payload["auth_time"]),
        issued_at=_moment(payload["iat"]),
        not_before=_moment(payload["nbf"]),
        expires_at=_moment(payload["exp"]),
        token_id=str(payload["jti"]),
    )


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())


def _moment(value: object) -> datetime:
    if type(value) is not int:
        raise TypeError("a time is whole seconds")
    return datetime.fromtimestamp(value, UTC)
