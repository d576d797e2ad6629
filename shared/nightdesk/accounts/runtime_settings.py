"""Read and change runtime settings: typed, bounded, versioned, each change in the audit log."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from nightdesk.accounts.audit import Action, Entry, Json, Origin, Target, entries
from nightdesk.accounts.ports import RuntimeSettings
from nightdesk.accounts.setting import (
    MAINTENANCE,
    RULES,
    Ceiling,
    Kind,
    Setting,
    Value,
    default,
    rule_of,
)
from nightdesk.core.errors import StaleWrite
from nightdesk.core.events import Event, event
from nightdesk.core.ids import SYSTEM, UserId
from nightdesk.names import EventType


@dataclass(frozen=True, slots=True)
class ReadSettings:
    """Show every setting, set or not."""

    settings: RuntimeSettings

    def __call__(self) -> Sequence[Setting]:
        """Return them in the order of the table, read consistently."""
        found = {one.name: one for one in self.settings.all()}
        return [found.get(name) or default(name) for name in RULES]


@dataclass(frozen=True, slots=True)
class ChangeSetting:
    """Set one setting against the version that was read."""

    settings: RuntimeSettings
    ceiling: Ceiling = Ceiling()  # noqa: RUF009 - frozen

    def __call__(
        self, name: str, raw: object, version: int, *, origin: Origin, now: datetime
    ) -> Setting:
        """Return it as it now stands. With `maintenance` the desk's gate goes along.

        Raises Invalid (`UNKNOWN_SETTING`, `OUT_OF_RANGE`), StaleWrite.
        """
        rule = rule_of(name)
        value = rule.read(raw)
        self.ceiling.check(name, value)
        before = self.settings.stored(name) or default(name)
        if before.version != version:
            raise StaleWrite(f"{name} has moved meanwhile")
        wanted = Setting(
            name=name,
            value=value,
            version=version,
            set_by=UserId(origin.actor),
            set_at=now,
        )
        return self.settings.put(
            wanted,
            entries=_changed(before, value, origin, now),
            events=_told(wanted, now),
            now=now,
        )


@dataclass(frozen=True, slots=True)
class ResetSetting:
    """Give one setting its default back."""

    settings: RuntimeSettings

    def __call__(self, name: str, *, origin: Origin, now: datetime) -> Setting:
        """Return the default; without a value set nothing happens.

        Raises Invalid `UNKNOWN_SETTING`, StaleWrite.
        """
        after = default(name)
        before = self.settings.stored(name)
        if before is not None:
            self.settings.remove(
                before,
                entries=_changed(before, after.value, origin, now),
                events=_told(after, now),
                now=now,
            )
        return after


def _changed(before: Setting, value: Value, origin: Origin, now: datetime) -> tuple[Entry, ...]:
    """Return what the desk's chain says, and the administrator's own beside it."""
    words: dict[str, str] = {}
    details: dict[str, Json] = {"before": _detail(before.value), "after": _detail(value)}
    if before.rule.kind is Kind.TEXT:  # somebody's words
        words, details = {"before": str(before.value), "after": str(value)}, {}
    return entries(
        Action.SETTING_CHANGED,
        origin,
        now,
        owner=SYSTEM,
        target=Target(kind="setting", id=before.name),
        details=details,
        words=words,
    )


def _detail(value: Value) -> Json:
    return list(value) if isinstance(value, tuple) else value


def _told(setting: Setting, now: datetime) -> tuple[Event, ...]:
    if setting.name != MAINTENANCE:
        return ()
    return (
        event(
            SYSTEM,
            EventType.SYSTEM_MODE_UPDATED,
            now,
            {"maintenance": str(setting.value)},
            cause=f"{setting.name}:{setting.value}:{setting.version}",
        ),
    )
