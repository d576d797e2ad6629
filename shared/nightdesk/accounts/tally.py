"""Failed logins counted, and how long they close the door: the arithmetic of accounts, part 3."""

import ipaddress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self

MEMORY = timedelta(days=1)
"""How long a subject that keeps quiet is remembered: then its locks begin at the shortest."""


class Subject(StrEnum):
    """Whose failures are counted: an account from one network, an account, a network."""

    PAIR = "pair"
    ACCOUNT = "account"
    NETWORK = "network"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """So many `failures` within `within` lock for `locks`, twice as long each time to `longest`.

    A lock is never shorter than `within`, so the failures before it do not count after it.
    """

    failures: int
    within: timedelta
    locks: timedelta
    longest: timedelta

    def __post_init__(self) -> None:
        if self.failures < 1 or not self.within <= self.locks <= self.longest:
            raise ValueError("a lock lasts at least as long as failures count")

    def span(self, locks: int) -> timedelta:
        """Return how long the next lock lasts after `locks` others."""
        return min(self.locks * (1 << min(locks, 16)), self.longest)


MINUTES_15, HOUR = timedelta(minutes=15), timedelta(hours=1)

RULES: dict[Subject, Rule] = {
    Subject.PAIR: Rule(failures=5, within=MINUTES_15, locks=MINUTES_15, longest=timedelta(hours=4)),
    Subject.ACCOUNT: Rule(failures=20, within=HOUR, locks=HOUR, longest=HOUR),
    Subject.NETWORK: Rule(failures=50, within=MINUTES_15, locks=MINUTES_15, longest=MINUTES_15),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """The failures of one subject, oldest first, and its lock. `locks` were set so far.

    An attempt is counted before its password is looked at and taken off again if it was good:
    however many run at once, no more than the rule allows get an answer. `version` counts the
    writes; 0 means that nothing is stored.
    """

    failures: tuple[datetime, ...] = ()
    locked_until: datetime | None = None
    locks: int = 0
    version: int = 0

    def locked(self, now: datetime) -> bool:
        """Whether a lock is on."""
        return self.locked_until is not None and now < self.locked_until

    def recent(self, rule: Rule, now: datetime) -> tuple[datetime, ...]:
        """Return the failures that count at `now`."""
        return tuple(at for at in self.failures if now - at < rule.within)

    def closed_for(self, rule: Rule, now: datetime) -> timedelta | None:
        """Return for how long no attempt is let in, None if one is."""
        if self.locked_until is not None and now < self.locked_until:
            return self.locked_until - now
        recent = self.recent(rule, now)
        if len(recent) < rule.failures:
            return None
        return recent[-rule.failures] + rule.within - now

    def counted(self, rule: Rule, now: datetime) -> Self:
        """Return this with one attempt more."""
        kept = self if self._remembered(now) else replace(self, failures=(), locks=0)
        failures = tuple(sorted((*kept.recent(rule, now), now)))
        return replace(kept, failures=failures)

    def settled(self, rule: Rule, now: datetime) -> Self:
        """Return this with the lock that its failures have earned, if they have."""
        if self.locked(now) or len(self.recent(rule, now)) < rule.failures:
            return self
        return replace(self, locked_until=now + rule.span(self.locks), locks=self.locks + 1)

    def forgiven(self, rule: Rule, at: datetime) -> Self:
        """Return this without the attempt of that moment: it was no failure.

        A lock that others set while the attempt still ran goes too, if it needed this one.
        """
        left = list(self.failures)
        if at in left:
            left.remove(at)
        kept = replace(self, failures=tuple(left))
        if self.locked_until is None or not self.locks:
            return kept
        began = self.locked_until - rule.span(self.locks - 1)
        if len([each for each in left if began - each < rule.within]) >= rule.failures:
            return kept
        if at > began or len(left) == len(self.failures):
            return kept
        return replace(kept, locked_until=None, locks=self.locks - 1)

    @property
    def lapses(self) -> datetime | None:
        """When this may be forgotten; None if there is nothing in it."""
        moments = [*self.failures, *([self.locked_until] if self.locked_until else [])]
        return max(moments) + MEMORY if moments else None

    def _remembered(self, now: datetime) -> bool:
        return self.lapses is not None and now < self.lapses


def network_of(address: str) -> str:
    """Return the /24 of an IPv4 address, the /48 of an IPv6 one; any other text as it is."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    width = 24 if found.version == 4 else 48  # noqa: PLR2004 - IPv4
    return str(ipaddress.ip_network((found, width), strict=False))
