"""One question to a provider, and what its answer says about the key."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from nightdesk.accounts.credential import Permissions
from nightdesk.adapters.outbound import Outbound, Reply, Unanswered

SILENT = frozenset(
    {
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.TOO_EARLY,
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.UNAVAILABLE_FOR_LEGAL_REASONS,
    }
)
"""Statuses below 500 that say nothing about the key."""

WORDS = (
    "message",
    "msg",
    "error",
    "error_description",
    "detail",
    "description",
    "retMsg",
    "reason",
)
"""Where providers put what went wrong, the first that is text."""


class KeyRefused(Exception):
    """The provider does not take the key, or not for this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Learnt:
    """What a provider said about a key that it takes."""

    permissions: Permissions | None = None
    ip_restricted: bool | None = None
    expires_ms: int | None = None
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """Sends questions. `base_urls` lead a provider's calls elsewhere: a test."""

    http: Outbound
    base_urls: Mapping[str, str] = field(default_factory=dict)

    def __call__(
        self,
        provider: str,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> Reply:
        """Ask one of the desk's own addresses. Raises Blocked, Unanswered."""
        parts = urlsplit(url)
        base = self.base_urls.get(provider, f"{parts.scheme}://{parts.netloc}")
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        return self.http(method, base, target, headers=headers, body=body)

    def own(
        self,
        method: str,
        base: str,
        target: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        hosts: Sequence[str] = (),
    ) -> Reply:
        """Ask an address of the owner's. Raises Blocked, Unanswered."""
        return self.http(method, base, target, headers=headers, body=body, hosts=hosts)


def read(reply: Reply) -> Any:
    """Return the JSON of a good answer. Raises KeyRefused, Unanswered."""
    found = reply.json()
    if HTTPStatus.OK <= reply.status < HTTPStatus.MULTIPLE_CHOICES:
        if found is None:
            raise Unanswered("it answered what nobody can read")
        return found
    judge(reply)
    raise Unanswered(f"HTTP {reply.status}")


def judge(reply: Reply) -> None:
    """Raise what a status other than 2xx says.

    A page instead of JSON comes from a gate before the provider: under 403 it says nothing.
    """
    status, found = reply.status, reply.json()
    if status in SILENT or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise Unanswered(f"HTTP {status}")
    if status < HTTPStatus.BAD_REQUEST:
        raise Unanswered(f"HTTP {status}: it sends elsewhere, and nobody follows")
    if found is None and status == HTTPStatus.FORBIDDEN:
        raise Unanswered(f"HTTP {status}")
    raise KeyRefused(said(found) or f"HTTP {status}")


def said(found: Any) -> str:
    """Return what an error body says, empty if it says nothing in text."""
    if isinstance(found, list):
        return "; ".join(part for part in map(said, found) if part)
    if isinstance(found, str):
        return found
    if not isinstance(found, dict):
        return ""
    for name in WORDS:
        if text := said(found.get(name)):
            return text
    return ""


def body_of(value: object) -> bytes:
    """Return JSON without blanks."""
    return json.dumps(value, separators=(",", ":")).encode()
