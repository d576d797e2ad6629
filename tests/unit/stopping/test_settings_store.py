"""Settings in the table: versioned, cached for 30 s, with the desk's gate."""

from datetime import timedelta

import pytest

from nightdesk.accounts.audit import ActorKind, Origin, Source
from nightdesk.accounts.runtime_settings import ChangeSetting, ReadSettings, ResetSetting
from nightdesk.accounts.setting import RULES
from nightdesk.accounts.stop import Level
from nightdesk.adapters.dynamo.audit import EntryItem
from nightdesk.adapters.dynamo.connection import measured
from nightdesk.adapters.dynamo.gates import DynamoGates
from nightdesk.adapters.dynamo.runtime_settings import DynamoRuntimeSettings, SettingItem
from nightdesk.adapters.dynamo.stops import DynamoStopGates
from nightdesk.core.errors import StaleWrite
from nightdesk.core.ids import SYSTEM
from tests.builders.bots import NOW, TRADER
from tests.fakes.clock import FakeClock
from tests.unit.stopping.test_gates import a_stop

ADMIN = Origin(kind=ActorKind.ADMIN, actor=TRADER, source=Source.API)


def change(settings: DynamoRuntimeSettings, name: str, value: object, version: int = 0) -> int:
    return ChangeSetting(settings)(name, value, version, origin=ADMIN, now=NOW).version


def test_a_setting_comes_back_as_it_was_set(settings: DynamoRuntimeSettings) -> None:
    assert change(settings, "llm.allowed_hosts", ["ollama.lan"]) == 1
    assert change(settings, "budget.monthly_usd", "25.5") == 1
    assert change(settings, "budget.monthly_usd", "30", 1) == 2
    found = {one.name: one for one in ReadSettings(settings)()}
    assert list(found) == list(RULES)
    assert found["llm.allowed_hosts"].value == ("ollama.lan",)
    assert found["llm.allowed_hosts"].set_by == TRADER
    assert (str(found["budget.monthly_usd"].value), found["budget.monthly_usd"].version) == (
        "30",
        2,
    )
    assert len(list(EntryItem.query("SYSTEM"))) == 3


def test_one_that_moved_meanwhile_is_stale_and_leaves_no_entry(
    settings: DynamoRuntimeSettings,
) -> None:
    change(settings, "max_users", 60)
    read = settings.stored("max_users")
    assert read is not None
    change(settings, "max_users", 70, 1)
    with pytest.raises(StaleWrite):
        settings.put(read, entries=(), events=(), now=NOW)
    with pytest.raises(StaleWrite):
        settings.remove(read, entries=(), events=(), now=NOW)
    assert settings.get("max_users") == 70
    ResetSetting(settings)("max_users", origin=ADMIN, now=NOW)
    assert settings.get("max_users") == 50
    assert change(settings, "max_users", 80) == 1


def test_values_are_read_once_in_30_seconds(
    settings: DynamoRuntimeSettings, clock: FakeClock
) -> None:
    other = DynamoRuntimeSettings(settings.audit, clock)
    with measured() as consumed:
        for _ in range(5):
            assert settings.get("max_users") == 50
            assert settings.get("maintenance") == "off"
    assert consumed.calls == {"Query": 1}
    change(other, "max_users", 60)
    assert settings.get("max_users") == 50
    clock.forward(30)
    assert settings.get("max_users") == 60


def test_who_sets_it_sees_it_at_once(settings: DynamoRuntimeSettings) -> None:
    assert settings.get("max_users") == 50
    change(settings, "max_users", 60)
    assert settings.get("max_users") == 60


def test_a_stored_value_that_the_table_no_longer_allows_is_the_default(
    settings: DynamoRuntimeSettings,
) -> None:
    for name, value in (("max_users", "many"), ("gone", 5)):
        row = SettingItem("SYSTEM", f"SETTING#{name}", value=value, version=1)
        row.set_by, row.set_at = TRADER, NOW - timedelta(days=1)
        row.save()
    assert settings.get("max_users") == 50
    assert settings.all() == []


def test_maintenance_shuts_the_desks_gate_in_the_same_write_and_opens_it_again(
    settings: DynamoRuntimeSettings, gates: DynamoStopGates
) -> None:
    change(settings, "maintenance", "entries_off")
    assert DynamoGates().shut(TRADER) == "MAINTENANCE"
    change(settings, "maintenance", "api_read_only", 1)
    assert DynamoGates().shut(TRADER) is None
    change(settings, "maintenance", "entries_off", 2)
    gates.put(a_stop(SYSTEM, level=Level.FLATTEN), None, now=NOW)
    assert DynamoGates().shut(TRADER) == "EMERGENCY_STOP"
    ResetSetting(settings)("maintenance", origin=ADMIN, now=NOW)
    assert DynamoGates().shut(TRADER) == "EMERGENCY_STOP"
    gates.lift(a_stop(SYSTEM, level=Level.FLATTEN), now=NOW)
    assert DynamoGates().shut(TRADER) is None
