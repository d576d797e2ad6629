"""Runtime settings in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from nightdesk.accounts.audit import Entry
from nightdesk.accounts.setting import MAINTENANCE, Maintenance, Setting, Value, default
from nightdesk.core.errors import StaleWrite
from nightdesk.core.events import Event


@dataclass
class FakeSettings:
    """The port RuntimeSettings. `blocked` is what the desk's gate says of maintenance."""

    kept: dict[str, Setting] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    blocked: bool = False

    def get(self, name: str) -> Value:
        return self.kept.get(name, default(name)).value

    def all(self) -> Sequence[Setting]:
        return list(self.kept.values())

    def stored(self, name: str) -> Setting | None:
        return self.kept.get(name)

    def put(
        self, setting: Setting, *, entries: Sequence[Entry], events: Sequence[Event], now: datetime
    ) -> Setting:
        self._unmoved(setting)
        self.kept[setting.name] = replace(setting, version=setting.version + 1)
        self._told(setting, entries, events)
        return self.kept[setting.name]

    def remove(
        self, setting: Setting, *, entries: Sequence[Entry], events: Sequence[Event], now: datetime
    ) -> None:
        self._unmoved(setting)
        del self.kept[setting.name]
        self._told(default(setting.name), entries, events)

    def _unmoved(self, setting: Setting) -> None:
        stands = self.kept.get(setting.name)
        if (stands.version if stands else 0) != setting.version:
            raise StaleWrite(setting.name)

    def _told(self, setting: Setting, entries: Sequence[Entry], events: Sequence[Event]) -> None:
        self.entries += entries
        self.events += events
        if setting.name == MAINTENANCE:
            self.blocked = setting.value == Maintenance.ENTRIES_OFF
