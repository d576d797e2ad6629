"""Addresses that users give: which may be called, by their text and by where they lead.

An address is only ever used after both looks: at its text, and at every IP address that its host
resolved to in the one look-up whose answer is then connected to. So no name can lead inwards, and
none can change its mind in between.
"""

import ipaddress
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from nightdesk.core.errors import Invalid

HTTPS = 443
MAX_LENGTH = 300
MAX_ADDRESSES = 16

HOST = re.compile(
    r"(?=.{4,253}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]"
)
"""A host name with a dot and a last label that begins with a letter: no number is one."""
PATH = re.compile(r"(?:/[A-Za-z0-9._~!$&'()*+,;=:@%-]*)*")
LOOPBACK_NAMES = frozenset({"localhost"})

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_HOME = (ipaddress.ip_address("127.0.0.1"), ipaddress.ip_address("::1"))
_NAT64 = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48"))
_COMPATIBLE = ipaddress.ip_network("::/96")
_TRANSLATED = ipaddress.ip_network("::ffff:0:0:0/96")
_UNICAST = ipaddress.ip_network("2000::/3")
_CLOSED = tuple(
    ipaddress.ip_network(text)
    for text in (
        "100.64.0.0/10",
        "168.63.129.16/32",
        "192.0.0.0/24",
        "192.88.99.0/24",
        "198.18.0.0/15",
        "2001::/23",
        "2001:db8::/32",
        "2002::/16",
        "3fff::/20",
    )
)
"""Beside what `is_global` closes: CGNAT, a cloud's inner host, relays, benchmarks, examples."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What differs by desk. `local`: plain http to loopback is open, stage `local` alone.

    `private_hosts` may lead to a private network: the operator's leave for an Ollama of their own.
    """

    local: bool = False
    private_hosts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """An address that passed the look at its text."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def literal(self) -> Address | None:
        """The IP address that the host is, if it is none by name."""
        return _literal(self.host)

    def __str__(self) -> str:
        """Return the address again."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        usual = HTTPS if self.scheme == "https" else 80
        port = "" if self.port == usual else f":{self.port}"
        return f"{self.scheme}://{host}{port}{self.path}"


def not_allowed(field: str | None = None) -> Invalid:
    """Return the refusal. It says no more: what answers inside is nobody's business."""
    return Invalid("URL_NOT_ALLOWED", "This address may not be called.", field=field)


def link(text: str, rules: Rules, *, hosts: Sequence[str] = (), field: str | None = None) -> Link:
    """Return the address if its text is allowed. Raises Invalid `URL_NOT_ALLOWED`.

    `hosts` are endings that the host must have (`.example.com`) or names that it must be.
    """
    try:
        found = _parsed(text)
    except ValueError as error:
        raise not_allowed(field) from error
    home = _loopback(found.host)
    inside = rules.local and home and found.scheme == "http"
    named = found.literal is None and not inside
    wrong = (
        home and not inside,
        not inside and (found.scheme != "https" or found.port != HTTPS),
        not inside and bool(hosts) and not any(_within(found.host, one) for one in hosts),
        named and not HOST.fullmatch(found.host),
    )
    if any(wrong):
        raise not_allowed(field)
    if found.literal is not None:
        allowed([str(found.literal)], found.host, rules, field=field)
    return found


def allowed(
    addresses: Iterable[str], host: str, rules: Rules, *, field: str | None = None
) -> list[str]:
    """Return the addresses if each may be connected to. Raises Invalid `URL_NOT_ALLOWED`.

    One inner address among public ones refuses them all.
    """
    found = [one.partition("%")[0] for one in addresses]
    if not 0 < len(found) <= MAX_ADDRESSES:
        raise not_allowed(field)
    for text in found:
        try:
            address = ipaddress.ip_address(text)
        except ValueError as error:
            raise not_allowed(field) from error
        if not _open(address, host, rules):
            raise not_allowed(field)
    return found


def public(address: Address) -> bool:
    """Whether an address is of the public internet, and hides no other address in itself."""
    if isinstance(address, ipaddress.IPv6Address):
        hidden = address.ipv4_mapped or address.sixtofour or address.teredo
        inside = any(address in net for net in (*_NAT64, _COMPATIBLE, _TRANSLATED))
        if hidden or inside or address not in _UNICAST:
            return False
    if any(address.version == net.version and address in net for net in _CLOSED):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _open(address: Address, host: str, rules: Rules) -> bool:
    if public(address):
        return True
    if rules.local and address in _HOME and _loopback(host):
        return True
    if host not in rules.private_hosts:
        return False
    inner = address.is_private and not (
        address.is_loopback
        or address.is_link_local
        or address.is_multicast
        or address.is_unspecified
        or address.is_reserved
    )
    mapped = isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None
    return inner and not mapped


def _parsed(text: str) -> Link:
    if not 0 < len(text) <= MAX_LENGTH or not text.isascii():
        raise ValueError("too long, or not ASCII")
    if any(character <= " " or character in '\\"<>^`{|}\x7f' for character in text):
        raise ValueError("characters that no address holds")
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or parts.query or parts.fragment or "?" in text:
        raise ValueError("scheme, query or fragment")
    if "@" in parts.netloc or "%" in parts.netloc or not parts.hostname:
        raise ValueError("user-info, an encoded host, or none")
    if not PATH.fullmatch(parts.path) or ".." in parts.path.split("/"):
        raise ValueError("the path")
    port = parts.port  # raises ValueError out of range
    host = parts.hostname.removesuffix(".") if parts.hostname.count(".") else parts.hostname
    return Link(
        scheme=parts.scheme,
        host=host,
        port=port if port is not None else (HTTPS if parts.scheme == "https" else 80),
        path=parts.path.rstrip("/"),
    )


def _literal(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _loopback(host: str) -> bool:
    found = _literal(host)
    return host in LOOPBACK_NAMES or found in _HOME


def _within(host: str, wanted: str) -> bool:
    return host.endswith(wanted) if wanted.startswith(".") else host == wanted
