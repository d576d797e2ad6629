"""The journal's settings, and the zone and currency that count at a moment."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from nightdesk.accounts.identity import Profile
from nightdesk.core.errors import Invalid, StaleWrite
from nightdesk.core.ids import UserId
from nightdesk.core.money import ZERO
from nightdesk.journal.place import Place, in_force, noted
from nightdesk.journal.ports.writing import PreferencesStore
from nightdesk.journal.preferences import (
    BREAKEVEN_MOST,
    COOLDOWN_MOST,
    THIN_LEAST,
    THIN_MOST,
    Preferences,
)
from nightdesk.journal.versions import expect
from nightdesk.market.timeframe import Timeframe

Profiles = Callable[[UserId], Profile]


@dataclass(frozen=True, slots=True)
class ReadPreferences:
    """Show the settings; zone and currency come from the profile and are noted as they change."""

    store: PreferencesStore
    profiles: Profiles

    def __call__(self, owner: UserId, now: datetime) -> Preferences:
        """Return them, with a change of the profile in effect from the next week on."""
        found, profile = self.store.get(owner), self.profiles(owner)
        places = noted(found.places, profile.time_zone, profile.currency, now)
        if places == found.places:
            return found
        try:
            return self.store.save(replace(found, places=places))
        except StaleWrite:  # somebody else has noted it, or changed a setting
            return self.store.get(owner)


@dataclass(frozen=True, slots=True)
class ReadPlace:
    """Say where an owner counts: what every part of the journal asks for."""

    read: ReadPreferences

    def __call__(self, owner: UserId, now: datetime) -> Place:
        """Return zone and currency in force."""
        return in_force(self.read(owner, now).places, now)


@dataclass(frozen=True, slots=True)
class SetPreferences:
    """Change the settings."""

    read: ReadPreferences

    def __call__(
        self,
        owner: UserId,
        *,
        breakeven_r: Decimal,
        cooldown_minutes: int,
        thin_n: int,
        default_timeframe: Timeframe,
        version: int,
        now: datetime,
    ) -> Preferences:
        """Return them as they now stand.

        Raises Invalid `OUT_OF_RANGE`, Conflict `STALE_VERSION`, StaleWrite.
        """
        _within("breakeven_r", breakeven_r, ZERO, BREAKEVEN_MOST)
        _within("cooldown_minutes", cooldown_minutes, 0, COOLDOWN_MOST)
        _within("thin_n", thin_n, THIN_LEAST, THIN_MOST)
        before = self.read(owner, now)
        expect(before.version, version)
        wanted = replace(
            before,
            breakeven_r=breakeven_r,
            cooldown_minutes=cooldown_minutes,
            thin_n=thin_n,
            default_timeframe=default_timeframe,
        )
        return before if wanted == before else self.read.store.save(wanted)


def _within(name: str, value: Decimal | int, least: Decimal | int, most: Decimal | int) -> None:
    if not least <= value <= most:
        raise Invalid(
            "OUT_OF_RANGE",
            f"It is {least} to {most} here.",
            field=name,
            allowed={"min": str(least), "max": str(most)},
        )
