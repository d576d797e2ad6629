"""How much of a venue's published limit the desk uses for reading accounts, and when it waits.

The counters stand in the runtime table, so that all workers share them. Part of each limit is left
to trading, and to whatever else runs on the owner's key or from the desk's address.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType

from nightdesk.accounts.limits import Allowance, TakeWeight, of_user
from nightdesk.accounts.ports import VenueHolds
from nightdesk.core.clock import Clock
from nightdesk.core.errors import RateLimited
from nightdesk.core.ids import UserId

KIND = "history"


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """Our share of a published limit. `per_key`: the venue counts by key, else by address."""

    allowance: Allowance
    per_key: bool
    published: str


SHARES: Mapping[str, Share] = MappingProxyType(
    {
        "binance": Share(
            allowance=Allowance(most=3_000, seconds=60),
            per_key=False,
            published="6,000 weight a minute and address",
        ),
        "kraken": Share(
            allowance=Allowance(most=12, seconds=45),
            per_key=True,
            published="a counter of 15 a key that falls by 1 in 3 s, at the lowest tier",
        ),
        "kucoin": Share(
            allowance=Allowance(most=1_000, seconds=30),
            per_key=True,
            published="2,000 weight in 30 s a user, at the lowest tier",
        ),
    }
)


@dataclass(slots=True, kw_only=True)
class VenueBudget:
    """The budget of one key's calls to one venue, for one piece of work."""

    take_weight: TakeWeight
    holds: VenueHolds
    clock: Clock
    owner: UserId
    venue: str
    label: str
    _looked: bool = field(default=False, init=False)

    def take(self, weight: int) -> None:
        """Count a call. Raises RateLimited, with how long to wait, where it must not be made."""
        now = self.clock.now()
        if not self._looked:
            held = self.holds.until(self._subject)
            if held is not None and held > now:
                raise _wait(self.venue, (held - now).total_seconds())
            self._looked = True
        allowance = SHARES[self.venue].allowance
        if wait := self.take_weight(self._subject, KIND, allowance, weight, now):
            raise _wait(self.venue, wait)

    def hold(self, seconds: float) -> None:
        """Leave the venue alone for so long: it has asked for that."""
        until: datetime = self.clock.now() + timedelta(seconds=seconds)
        self.holds.hold(self._subject, until)

    @property
    def _subject(self) -> str:
        if SHARES[self.venue].per_key:
            return of_user(self.owner, f"VENUE#{self.venue}#{self.label}")
        return f"venue:{self.venue}"


def _wait(venue: str, seconds: float) -> RateLimited:
    return RateLimited(f"{venue} is left alone for {seconds:.0f} s", retry_after=seconds)
