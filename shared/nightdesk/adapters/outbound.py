"""HTTP to addresses that users give: resolved once, looked at, and connected to by that address.

No redirect is followed, no proxy of the environment is used, and an answer has at most 1 MiB. TLS
is spoken with the host's name (SNI) and its certificate checked against it, wherever it leads.
"""

import http.client
import json
import socket
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from nightdesk.accounts import urls
from nightdesk.accounts.ports import Resolver
from nightdesk.core.errors import Invalid

CONNECT_SECONDS = 5.0
READ_SECONDS = 30.0
MAX_BODY = 1024 * 1024
CHUNK = 64 * 1024
AGENT = "nightdesk"


class Blocked(Exception):
    """The address leads where nothing may be called. Nothing was sent."""


class Unanswered(Exception):
    """No answer that could be used: the message names no value of the request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came back, whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """Return the body as JSON, None if it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None


def resolve(host: str, port: int) -> Sequence[str]:
    """Return the addresses of a host as the system finds them. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(one[4][0]) for one in found))


@dataclass(frozen=True, slots=True)
class SystemResolver:
    """The port Resolver."""

    def __call__(self, host: str, port: int) -> Sequence[str]:
        """Return the addresses of a host. Raises OSError."""
        return resolve(host, port)


@dataclass(slots=True, kw_only=True)
class Outbound:
    """One client for a few calls. `budget` bounds them all together, in seconds."""

    rules: urls.Rules = field(default_factory=urls.Rules)
    resolver: Resolver = field(default_factory=SystemResolver)
    connect_seconds: float = CONNECT_SECONDS
    read_seconds: float = READ_SECONDS
    budget: float | None = None
    context: ssl.SSLContext | None = None
    clock: Callable[[], float] = time.monotonic
    _until: float | None = field(default=None, init=False)

    def __call__(
        self,
        method: str,
        base: str,
        target: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        hosts: Sequence[str] = (),
    ) -> Reply:
        """Send one request to `base` with `target` (path and query) after its path.

        Raises Blocked for an address that breaks the rules, now as at any call; Unanswered.
        """
        link, addresses = self._looked_at(base, hosts)
        sent = {"User-Agent": AGENT, "Accept-Encoding": "identity", **(headers or {})}
        until = min(self._deadline(), self.clock() + self.connect_seconds + self.read_seconds)
        connection = self._connection(link, addresses)
        try:
            connection.request(method, link.path + target, body=body, headers=sent)
            return self._read(connection, until)
        except TimeoutError as error:
            raise Unanswered("it took too long") from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise Unanswered(type(error).__name__) from error
        finally:
            connection.close()

    def _looked_at(self, base: str, hosts: Sequence[str]) -> tuple[urls.Link, Sequence[str]]:
        try:
            link = urls.link(base, self.rules, hosts=hosts)
            if link.literal is not None:
                return link, [str(link.literal)]
            found = self.resolver(link.host, link.port)
            return link, urls.allowed(found, link.host, self.rules)
        except Invalid as error:
            raise Blocked("this address may not be called") from error
        except OSError as error:
            raise Unanswered("its name leads nowhere") from error

    def _deadline(self) -> float:
        if self._until is None:
            self._until = float("inf") if self.budget is None else self.clock() + self.budget
        return self._until

    def _connection(self, link: urls.Link, addresses: Sequence[str]) -> http.client.HTTPConnection:
        wait = max(0.05, min(self.connect_seconds, self._deadline() - self.clock()))
        read = max(0.05, min(self.read_seconds, self._deadline() - self.clock()))
        if link.scheme == "http":
            return _Pinned(link, addresses, wait, read)
        return _PinnedTls(link, addresses, wait, read, self.context or _trust())

    def _read(self, connection: http.client.HTTPConnection, until: float) -> Reply:
        with connection.getresponse() as answer:
            parts, size = [], 0
            while chunk := answer.read1(CHUNK):
                size += len(chunk)
                if size > MAX_BODY:
                    raise Unanswered("it answered more than 1 MiB")
                if self.clock() > until:
                    raise TimeoutError
                parts.append(chunk)
            if answer.length:  # what was announced and did not come
                raise Unanswered("it broke off")
            headers = {name.lower(): value for name, value in answer.getheaders()}
            return Reply(status=answer.status, headers=headers, body=b"".join(parts))


class _Pinned(http.client.HTTPConnection):
    """A connection to one of the addresses that were looked at, and to no other."""

    def __init__(
        self, link: urls.Link, addresses: Sequence[str], connect: float, read: float
    ) -> None:
        super().__init__(link.host, link.port)
        self._addresses = addresses
        self._connect, self._read = connect, read

    def connect(self) -> None:
        """Connect by address; the first that answers."""
        self.sock = _connected(self._addresses, self.port, self._connect)
        self.sock.settimeout(self._read)


class _PinnedTls(_Pinned):
    """The same with TLS, spoken to the host by its name."""

    def __init__(
        self,
        link: urls.Link,
        addresses: Sequence[str],
        connect: float,
        read: float,
        context: ssl.SSLContext,
    ) -> None:
        super().__init__(link, addresses, connect, read)
        self.default_port = urls.HTTPS  # of the Host header
        self._context = context

    def connect(self) -> None:
        """Connect and shake hands within the time to connect, twice at most."""
        plain = _connected(self._addresses, self.port, self._connect)
        self.sock = self._context.wrap_socket(plain, server_hostname=self.host)
        self.sock.settimeout(self._read)


def _connected(addresses: Sequence[str], port: int, seconds: float) -> socket.socket:
    problem: OSError = OSError("no address")
    for address in addresses:
        try:
            return socket.create_connection((address, port), timeout=seconds)
        except OSError as error:
            problem = error
    raise problem


@cache
def _trust() -> ssl.SSLContext:
    """Return what is trusted: the system's authorities, TLS 1.2 or newer."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
