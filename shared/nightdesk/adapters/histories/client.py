"""Signed questions to a venue: ccxt signs, our own client sends and reads.

Addresses are those of ccxt alone. A call is counted against our share before it is made; what the
venue says of its patience holds for every worker.
"""

import importlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from http import HTTPStatus
from typing import Any

from nightdesk.adapters.outbound import Blocked, Reply, Unanswered
from nightdesk.adapters.probes.asking import Ask
from nightdesk.core.errors import (
    Fault,
    RateLimited,
    UnknownInstrument,
    VenueUnavailable,
)
from nightdesk.journal.ports.syncs import KeyRefused
from nightdesk.market.budget import VenueBudget

Json = Any
PATIENCE = 60.0
"""Seconds to wait where a venue that wants patience does not say for how long."""
LOCKED_OUT = 900.0
"""The same for Kraken's lockout, which each call begins anew."""
LONGEST = 3 * 86_400.0
"""No ban lasts longer (Binance's limits): a venue that says so has said something else."""
SLOW_DOWN = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.IM_A_TEAPOT})
"""418 is Binance's ban of an address that went on after a 429."""
KEY_IS_WRONG = ("AuthenticationError", "PermissionDenied", "AccountSuspended", "AccountNotEnabled")

ABOUT_THE_KEY = re.compile(r"invalid signature|permission denied", re.IGNORECASE)
"""What Kraken says of a key, and ccxt knows no class for."""


@dataclass(slots=True, kw_only=True)
class SignedClient:
    """Asks one venue with one key. `server_time` says what the venue's clock shows, in ms."""

    venue: str
    exchange: Any
    ask: Ask
    budget: VenueBudget
    server_time: Callable[["SignedClient"], int] | None = None
    _last_nonce: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self.exchange.nonce = self._nonce

    def __call__(
        self,
        path: str,
        *,
        weight: int,
        api: str = "private",
        method: str = "GET",
        **params: Any,
    ) -> Json:
        """Return the answer's JSON, numbers with decimals as Decimal.

        A clock that the venue does not agree with is set once. Raises RateLimited with how long
        to wait, VenueUnavailable, UnknownInstrument, KeyRefused.
        """
        try:
            return self._asked(path, weight, api, method, params)
        except _ClockDiffers:
            if self.server_time is None:
                raise VenueUnavailable(f"{self.venue} refuses the nonce of this key") from None
            ours, self._last_nonce = int(self.exchange.milliseconds()), 0
            self.exchange.options["timeDifference"] = ours - self.server_time(self)
        try:
            return self._asked(path, weight, api, method, params)
        except _ClockDiffers:
            raise VenueUnavailable(f"{self.venue} does not agree with our clock") from None

    def public(self, url_path: str, base: str) -> Json:
        """Return the JSON of a page that needs no key."""
        return _read(self.venue, self._sent("GET", base + url_path, {}, None))

    def _asked(
        self, path: str, weight: int, api: str, method: str, params: Mapping[str, Any]
    ) -> Json:
        self.budget.take(weight)
        try:
            signed = self.exchange.sign(path, api, method, dict(params))
        except Exception as error:
            raise KeyRefused("the key cannot sign: its form is not the venue's") from error
        body = signed["body"]
        raw = body.encode() if isinstance(body, str) else body
        reply = self._sent(method, signed["url"], signed["headers"], raw)
        self._judge(signed, reply)
        return _read(self.venue, reply)

    def _sent(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> Reply:
        try:
            return self.ask(self.venue, method, url, headers=headers, body=body)
        except (Unanswered, Blocked) as silence:
            raise VenueUnavailable(f"{self.venue} did not answer: {silence}") from silence

    def _judge(self, signed: Mapping[str, Any], reply: Reply) -> None:
        if reply.status in SLOW_DOWN:
            raise self._patience(_told_wait(reply))
        text = reply.body.decode("utf-8", "replace")
        errors = importlib.import_module("ccxt.base.errors")
        try:
            self.exchange.handle_errors(
                reply.status,
                "",
                signed["url"],
                signed["method"],
                dict(reply.headers),
                text or " ",
                reply.json(),
                signed["headers"],
                signed["body"],
            )
        except errors.InvalidNonce as error:
            raise _ClockDiffers from error
        except errors.BaseError as error:
            raise self._fault(errors, error, reply) from error
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            raise VenueUnavailable(f"{self.venue} answered what nobody can read") from error

    def _fault(self, errors: Any, error: Exception, reply: Reply) -> Fault:
        """Return what ccxt's reading of an error means here. No word of the venue's is kept."""
        wrong = tuple(getattr(errors, name) for name in KEY_IS_WRONG)
        name = f"{self.venue} answered {type(error).__name__}"
        if isinstance(error, errors.DDoSProtection | errors.RateLimitExceeded):
            locked = "lockout" in str(error).lower()
            return self._patience(_told_wait(reply) or (LOCKED_OUT if locked else None))
        if isinstance(error, errors.BadSymbol):
            return UnknownInstrument(name)
        if isinstance(error, wrong) or ABOUT_THE_KEY.search(str(error)):
            return KeyRefused(name)
        return VenueUnavailable(name)

    def _patience(self, seconds: float | None) -> RateLimited:
        wait = PATIENCE if seconds is None else seconds
        self.budget.hold(wait)
        return RateLimited(f"{self.venue} wants patience", retry_after=wait)

    def _nonce(self) -> int:
        """Return milliseconds by the venue's clock, each call more than the one before."""
        now = int(self.exchange.milliseconds()) - int(self.exchange.options["timeDifference"])
        self._last_nonce = max(now, self._last_nonce + 1)
        return self._last_nonce


class _ClockDiffers(Exception):
    """The venue says that our clock, or our nonce, is not right."""


def _told_wait(reply: Reply) -> float | None:
    """Return for how many seconds a venue wants to be left alone, where it says so."""
    for name, unit in (("retry-after", 1.0), ("gw-ratelimit-reset", 1_000.0)):
        try:
            return min(LONGEST, max(1.0, float(reply.headers[name]) / unit))
        except (KeyError, ValueError):
            continue
    return None


def _read(venue: str, reply: Reply) -> Json:
    good = HTTPStatus.OK <= reply.status < HTTPStatus.MULTIPLE_CHOICES
    try:
        found = json.loads(reply.body, parse_float=Decimal)
    except ValueError as error:
        raise VenueUnavailable(f"{venue} answered what nobody can read") from error
    if not good:
        raise VenueUnavailable(f"{venue} answered HTTP {reply.status}")
    return found
