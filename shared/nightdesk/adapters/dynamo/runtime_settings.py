"""Runtime settings in the desk table, read through a cache of 30 s."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Self

from pynamodb.attributes import UnicodeAttribute
from pynamodb.exceptions import DoesNotExist

from nightdesk.accounts.audit import Entry
from nightdesk.accounts.privacy import nobodys
from nightdesk.accounts.setting import MAINTENANCE, RULES, Maintenance, Setting, Value, plain
from nightdesk.accounts.setting import default as default_of
from nightdesk.adapters.dynamo import keys
from nightdesk.adapters.dynamo.attributes import IntegerAttribute, JsonAttribute, MomentAttribute
from nightdesk.adapters.dynamo.audit import DynamoAudit
from nightdesk.adapters.dynamo.connection import translated
from nightdesk.adapters.dynamo.gates import GateItem
from nightdesk.adapters.dynamo.outbox import EventItem
from nightdesk.adapters.dynamo.queries import LAST, rows
from nightdesk.adapters.dynamo.tables import DeskItem
from nightdesk.adapters.dynamo.transactions import Write
from nightdesk.core.clock import Clock
from nightdesk.core.errors import Invalid, StaleWrite, StoreUnavailable
from nightdesk.core.events import Event
from nightdesk.core.ids import UserId

AGE = timedelta(seconds=30)

logger = logging.getLogger(__name__)


class SettingItem(DeskItem, discriminator="SETTING"):
    """One setting that was set, under SYSTEM."""

    privacy = nobodys()

    value = JsonAttribute()
    version = IntegerAttribute()
    set_by = UnicodeAttribute()
    set_at = MomentAttribute()

    @classmethod
    def from_domain(cls, setting: Setting) -> Self:
        """Build the row as the next version."""
        return cls(
            keys.SYSTEM,
            keys.setting(setting.name),
            value=plain(setting.value),
            version=setting.version + 1,
            set_by=setting.set_by,
            set_at=setting.set_at,
        )

    def to_domain(self) -> Setting | None:
        """Build the noun, checked again; None for what the table no longer knows or allows."""
        name = self.sk.removeprefix(keys.SETTINGS)
        try:
            value = RULES[name].read(self.value)
        except (KeyError, Invalid):
            logger.warning("a stored setting is none of ours: %s", name)
            return None
        return Setting(
            name=name,
            value=value,
            version=self.version,
            set_by=UserId(self.set_by),
            set_at=self.set_at,
        )


@dataclass(slots=True)
class DynamoRuntimeSettings:
    """The port RuntimeSettings. One query reads them all, every 30 s at most."""

    audit: DynamoAudit
    clock: Clock
    _read_at: datetime | None = field(default=None, init=False)
    _values: dict[str, Value] = field(default_factory=dict, init=False)

    def get(self, name: str) -> Value:
        """Return a value at most 30 s old, or older while the table does not answer."""
        fallback = default_of(name).value
        now = self.clock.now()
        if self._read_at is None or not timedelta(0) <= now - self._read_at < AGE:
            try:
                self._values = {one.name: one.value for one in self.all()}
            except StoreUnavailable:
                if self._read_at is None:
                    raise
                logger.warning("settings are older than %s", AGE)
            else:
                self._read_at = now
        return self._values.get(name, fallback)

    @translated()
    def all(self) -> Sequence[Setting]:
        """Return what was set, read consistently."""
        low = keys.SETTINGS
        found = rows(SettingItem, keys.SYSTEM, low, low + LAST, consistent=True)
        settings = (SettingItem.from_raw_data(row).to_domain() for row in found)
        return [one for one in settings if one is not None]

    @translated()
    def stored(self, name: str) -> Setting | None:
        """Return one that was set, read consistently, or None."""
        try:
            item = SettingItem.get(keys.SYSTEM, keys.setting(name), consistent_read=True)
        except DoesNotExist:
            return None
        return item.to_domain()

    @translated()
    def put(
        self, setting: Setting, *, entries: Sequence[Entry], events: Sequence[Event], now: datetime
    ) -> Setting:
        """Store it over its version; the desk's gate goes along with `maintenance`."""
        stale = StaleWrite(f"{setting.name} has moved meanwhile")
        unmoved = (
            SettingItem.version == setting.version
            if setting.version
            else DeskItem.pk.does_not_exist()
        )

        def build() -> Write:
            write = Write()
            write.put(SettingItem.from_domain(setting), unmoved, stale)
            _beside(write, setting, events, now)
            return write

        self.audit.commit(build, entries)
        self._read_at = None
        return replace(setting, version=setting.version + 1)

    @translated()
    def remove(
        self, setting: Setting, *, entries: Sequence[Entry], events: Sequence[Event], now: datetime
    ) -> None:
        """Forget it; without `maintenance` the desk's gate is open."""
        stale = StaleWrite(f"{setting.name} has moved meanwhile")

        def build() -> Write:
            write = Write()
            place = SettingItem(keys.SYSTEM, keys.setting(setting.name))
            write.delete(place, SettingItem.version == setting.version, stale)
            _beside(write, default_of(setting.name), events, now)
            return write

        self.audit.commit(build, entries)
        self._read_at = None


def _beside(write: Write, setting: Setting, events: Sequence[Event], now: datetime) -> None:
    """Add the events, and the gate where the setting shuts or opens it."""
    for event in events:
        taken = StaleWrite("told before")
        write.put(EventItem.from_domain(event, now), DeskItem.pk.does_not_exist(), taken)
    if setting.name != MAINTENANCE:
        return
    shut = setting.value == Maintenance.ENTRIES_OFF
    change = GateItem.blocked.set({"code": "MAINTENANCE"}) if shut else GateItem.blocked.remove()
    gate = GateItem(keys.SYSTEM, keys.GATE)
    # an update that makes the item sets no discriminator by itself
    write.update(gate, [change, GateItem.kind.set(GateItem)], None, StaleWrite("the gate moved"))
