"""How often a caller may ask: a sliding window, counted in two windows that follow each other.

The estimate over the last window's length is ``previous * (1 - elapsed / window) + count``, where
`count` holds this request too. Refused requests count, up to twice the limit: who goes on
hammering waits, but once they pause never longer than until the end of the next window.
"""

import ipaddress
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from nightdesk.accounts.ports import RateCounters, RuntimeSettings
from nightdesk.accounts.records import Counts
from nightdesk.accounts.setting import RATE
from nightdesk.core.clock import from_millis, millis
from nightdesk.core.errors import TooMany
from nightdesk.core.ids import UserId

MINUTE, HOUR = 60, 3_600

MAX_QUOTA = 10_000
"""The most that a setting or an override may allow in one window."""

SUBSCRIBER = {4: 24, 6: 48}
"""Prefix lengths of a network: what one subscriber or office can choose addresses from."""


class LimitClass(StrEnum):
    """A bucket of requests."""

    AUTH = "auth"
    PUBLIC = "public"
    READ = "read"
    WRITE = "write"
    TRADE = "trade"
    AI = "ai"
    PROBE = "probe"
    PROBE_PROVIDER = "probe_provider"
    TICKET = "ticket"
    HEAVY = "heavy"
    ADMIN = "admin"
    SAFETY = "safety"

    @property
    def quota(self) -> int:
        """How many requests pass in a window, unless a setting or an admin says else."""
        return QUOTAS[self]

    @property
    def window(self) -> int:
        """Return the length of the window, in seconds."""
        return HOUR if self is LimitClass.HEAVY else MINUTE

    @property
    def closed(self) -> bool:
        """Whether requests are refused, not let through, while the counters do not answer."""
        return self in {LimitClass.AUTH, LimitClass.PROBE, LimitClass.PROBE_PROVIDER}


QUOTAS: Mapping[LimitClass, int] = {
    LimitClass.AUTH: 10,
    LimitClass.PUBLIC: 60,
    LimitClass.READ: 120,
    LimitClass.WRITE: 60,
    LimitClass.TRADE: 50,
    LimitClass.AI: 20,
    LimitClass.PROBE: 10,
    LimitClass.PROBE_PROVIDER: 5,
    LimitClass.TICKET: 20,
    LimitClass.HEAVY: 10,
    LimitClass.ADMIN: 120,
    LimitClass.SAFETY: 60,
}


def default_quota(kind: LimitClass) -> int:
    """Return what the table of classes says."""
    return kind.quota


@dataclass(frozen=True, slots=True)
class SetQuotas:
    """Quotas as administrators have set them; else as the table says."""

    settings: RuntimeSettings

    def __call__(self, kind: LimitClass) -> int:
        """Return the quota of a class, at most 30 s old. Raises StoreUnavailable."""
        if kind is LimitClass.PROBE_PROVIDER:
            return kind.quota  # goes with its provider, which cares for no desk
        found = self.settings.get(f"{RATE}{kind}")
        return found if isinstance(found, int) else kind.quota


def of_user(owner: UserId, part: str = "") -> str:
    """Return the subject of what a user does, by session or API token; `part`: of one provider."""
    return f"user:{owner}:{part}" if part else f"user:{owner}"


def of_network(address: str) -> str:
    """Return the subject of who has not signed in: the network of this address.

    What is no address is a subject of its own: it is counted, never let through uncounted.
    """
    try:
        found = ipaddress.ip_address(address.strip().partition("%")[0])
    except ValueError:
        return "network:unknown"
    if found.version == 6 and found.ipv4_mapped:  # noqa: PLR2004 - the version of IP
        found = found.ipv4_mapped
    network = ipaddress.ip_network((found, SUBSCRIBER[found.version]), strict=False)
    return f"network:{network}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """Where a bucket stands after a request: what the headers say.

    `remaining` more requests pass at this moment. `reset` is in seconds: until the present
    window ends or, when nothing remains, until one more request passes if none comes before.
    """

    kind: LimitClass
    limit: int
    remaining: int
    reset: int


class Spent(TooMany):
    """The bucket is empty: 429 `RATE_LIMITED`."""

    def __init__(self, taken: Taken) -> None:
        super().__init__(
            "RATE_LIMITED", f"Too many requests of class {taken.kind}.", retry_after=taken.reset
        )
        self.taken = taken


@dataclass(frozen=True, slots=True)
class TakeRequest:
    """Count a request against the bucket of its subject and class, by one conditional update."""

    counters: RateCounters
    quota: Callable[[LimitClass], int] = default_quota

    def __call__(
        self, subject: str, kind: LimitClass, now: datetime, override: int | None = None
    ) -> Taken:
        """Return where the bucket stands. `override` is an admin's number for this user.

        Raises Spent, and StoreUnavailable or Misconfigured while the counters do not answer.
        """
        limit = self.quota(kind) if override is None else override
        length = kind.window * 1_000
        window, elapsed = divmod(millis(now), length)
        counts = self.counters.count(
            subject,
            kind,
            window,
            most=2 * limit,
            keep_until=from_millis((window + 2) * length),
        )
        at = _Moment(counts=counts, limit=limit, length=length, elapsed=elapsed)
        taken = Taken(kind=kind, limit=limit, remaining=at.room, reset=at.reset)
        if not counts.counted or at.over:
            raise Spent(taken)
        return taken


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What may be asked of somebody else: `most` points in `seconds`."""

    most: int
    seconds: int


@dataclass(frozen=True, slots=True)
class TakeWeight:
    """Count a call to somebody else against what they allow, by one conditional update."""

    counters: RateCounters

    def __call__(
        self, subject: str, kind: str, allowance: Allowance, weight: int, now: datetime
    ) -> int:
        """Return 0 where a call of this weight may be made, else in how many seconds.

        Raises StoreUnavailable or Misconfigured while the counters do not answer.
        """
        length = allowance.seconds * 1_000
        window, elapsed = divmod(millis(now), length)
        counts = self.counters.count(
            subject,
            kind,
            window,
            most=allowance.most,
            keep_until=from_millis((window + 2) * length),
            weight=weight,
        )
        at = _Moment(
            counts=counts, limit=allowance.most, length=length, elapsed=elapsed, weight=weight
        )
        return at.reset if not counts.counted or at.over else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Moment:
    """A bucket at one moment of its window; `length` and `elapsed` in milliseconds.

    Whole numbers throughout: the estimate is compared as its multiple by `length`. `weight` is
    what the next request counts.
    """

    counts: Counts
    limit: int
    length: int
    elapsed: int
    weight: int = 1

    @property
    def _spare(self) -> int:
        """How far the estimate is below the limit."""
        faded = self.counts.previous * (self.length - self.elapsed)
        return (self.limit - self.counts.count) * self.length - faded

    @property
    def over(self) -> bool:
        """Whether the estimate is above the limit."""
        return self._spare < 0

    @property
    def room(self) -> int:
        """How many more requests pass now."""
        return max(0, self._spare // self.length)

    @property
    def reset(self) -> int:
        """Seconds until the window ends or, without room, until there is room for the next."""
        milliseconds = self.length - self.elapsed
        if self.room < self.weight:
            milliseconds = self._until_room()
        return max(1, -(-milliseconds // 1_000))

    def _until_room(self) -> int:
        """Return when ``before * (1 - elapsed / length) + count + weight <= limit`` first holds."""
        room = self.limit - self.counts.count - self.weight
        if room >= 0:  # so it is the previous window that fills the bucket
            return _faded(self.counts.previous, room, self.length) - self.elapsed
        left = self.limit - self.weight
        return self.length - self.elapsed + _faded(self.counts.count, left, self.length)


def _faded(weight: int, room: int, length: int) -> int:
    """Return how far into a window `weight` requests of the one before have faded to `room`."""
    return max(0, -(-length * (weight - room) // weight)) if weight else 0
