"""Settings: typed, bounded, versioned, audited; maintenance shuts the desk's gate."""

from decimal import Decimal

import pytest

from nightdesk.accounts.audit import ActorKind, Origin, Severity, Source
from nightdesk.accounts.runtime_settings import ChangeSetting, ReadSettings, ResetSetting
from nightdesk.accounts.setting import RULES, Ceiling, Kind, Value
from nightdesk.core.errors import Invalid, StaleWrite
from tests.builders.accounts import ALICE, NOW
from tests.fakes.settings import FakeSettings

ADMIN = Origin(kind=ActorKind.ADMIN, actor=str(ALICE), source=Source.API, request_id="req_1")


@pytest.fixture
def settings() -> FakeSettings:
    return FakeSettings()


def change(settings: FakeSettings, name: str, value: object, version: int = 0) -> Value:
    return ChangeSetting(settings)(name, value, version, origin=ADMIN, now=NOW).value


def code_of(settings: FakeSettings, name: str, value: object) -> str:
    with pytest.raises(Invalid) as refusal:
        change(settings, name, value)
    return refusal.value.code


@pytest.mark.parametrize(
    ("name", "default"),
    [
        ("registration", "invite"),
        ("max_users", 50),
        ("live_trading_enabled", False),
        ("limits.bots_per_user", 45),
        ("limits.rate.trade", None),
        ("feed.mode", "auto"),
        ("opinion.refresh_minutes", 60),
        ("maintenance", "off"),
        ("metrics.per_owner", False),
        ("websocket.connections", 2000),
        ("venues.enabled", ()),
    ],
)
def test_what_nobody_has_set_is_the_pages_default(
    settings: FakeSettings, name: str, default: Value
) -> None:
    assert settings.get(name) == default
    (shown,) = (one for one in ReadSettings(settings)() if one.name == name)
    assert (shown.value, shown.version) == (default, 0)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("max_users", 1),
        ("max_users", 10_000),
        ("opinion.refresh_minutes", 0),
        ("opinion.refresh_minutes", 1_440),
        ("registration", "closed"),
        ("maintenance", "api_read_only"),
        ("maintenance.message", "Back at nine. Ärger!"),
        ("metrics.per_owner", True),
        ("llm.allowed_hosts", ["ollama.lan", "10.0.0.7"]),
        ("log.levels", ["trade_bots=DEBUG"]),
        ("limits.rate.trade", 60),
    ],
)
def test_a_value_within_its_bounds_is_set_and_audited(
    settings: FakeSettings, name: str, value: object
) -> None:
    stored = change(settings, name, value)
    assert stored == (tuple(value) if isinstance(value, list) else value)
    assert settings.get(name) == stored
    chains = [entry.chain for entry in settings.entries]
    assert chains == ["SYSTEM", f"U#{ALICE}#ACCOUNT"]
    assert {entry.action.severity for entry in settings.entries} == {Severity.CRITICAL}
    assert {entry.action.value for entry in settings.entries} == {"setting_changed"}


def test_an_amount_is_an_exact_one(settings: FakeSettings) -> None:
    assert change(settings, "budget.monthly_usd", "25.50") == Decimal("25.50")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("max_users", 0),
        ("max_users", 10_001),
        ("max_users", "50"),
        ("max_users", True),
        ("opinion.refresh_minutes", 1_441),
        ("opinion.refresh_minutes", -1),
        ("registration", "anyone"),
        ("registration", None),
        ("metrics.per_owner", 1),
        ("venues.enabled", ["KRAKEN"]),
        ("venues.enabled", ["kraken", "kraken"]),
        ("venues.enabled", "kraken"),
        ("venues.enabled", [f"venue{'a' * n}" for n in range(51)]),
        ("llm.allowed_hosts", ["http://ollama.lan"]),
        ("log.levels", ["trade_bots=LOUD"]),
        ("maintenance", "on"),
        ("maintenance.message", "x" * 201),
        ("maintenance.message", "two\nlines"),
        ("budget.monthly_usd", 25.5),
        ("budget.monthly_usd", "1e400"),
        ("budget.monthly_usd", "1000001"),
        ("limits.rate.trade", 0),
    ],
)
def test_a_value_outside_its_bounds_is_refused_and_changes_nothing(
    settings: FakeSettings, name: str, value: object
) -> None:
    assert code_of(settings, name, value) == "OUT_OF_RANGE"
    assert not settings.kept
    assert not settings.entries


def test_unknown_names_are_refused(settings: FakeSettings) -> None:
    assert code_of(settings, "limits.rate.fast", 5) == "UNKNOWN_SETTING"
    with pytest.raises(Invalid):
        ResetSetting(settings)("limits", origin=ADMIN, now=NOW)


def test_nothing_is_set_above_what_the_stage_can_do(settings: FakeSettings) -> None:
    assert code_of(settings, "live_trading_enabled", True) == "OUT_OF_RANGE"
    assert code_of(settings, "registration", "open") == "OUT_OF_RANGE"
    able = ChangeSetting(settings, Ceiling(live=True, mail=True))
    able("live_trading_enabled", True, 0, origin=ADMIN, now=NOW)
    able("registration", "open", 0, origin=ADMIN, now=NOW)
    assert settings.get("registration") == "open"


def test_a_change_against_an_old_version_is_stale(settings: FakeSettings) -> None:
    change(settings, "max_users", 60)
    with pytest.raises(StaleWrite):
        change(settings, "max_users", 70)
    assert change(settings, "max_users", 70, version=1) == 70
    assert settings.kept["max_users"].version == 2


def test_deleting_restores_the_default_and_is_audited_once(settings: FakeSettings) -> None:
    change(settings, "max_users", 60)
    reset = ResetSetting(settings)
    assert reset("max_users", origin=ADMIN, now=NOW).value == 50
    reset("max_users", origin=ADMIN, now=NOW)
    assert settings.get("max_users") == 50
    assert len(settings.entries) == 4
    assert settings.entries[-1].details == {"before": 60, "after": 50}


def test_somebodys_words_are_kept_apart_from_ids_and_numbers(settings: FakeSettings) -> None:
    change(settings, "maintenance.message", "call Ada")
    assert settings.entries[0].words["after"] == "call Ada"
    assert not any("call Ada" in str(entry.details) for entry in settings.entries)


def test_maintenance_shuts_the_desks_gate_and_says_so(settings: FakeSettings) -> None:
    change(settings, "maintenance", "entries_off")
    assert settings.blocked
    change(settings, "maintenance", "api_read_only", version=1)
    assert not settings.blocked
    ResetSetting(settings)("maintenance", origin=ADMIN, now=NOW)
    assert [event.data["maintenance"] for event in settings.events] == [
        "entries_off",
        "api_read_only",
        "off",
    ]


def test_every_default_is_a_value_of_its_own_rule() -> None:
    for rule in RULES.values():
        if rule.default is not None and rule.kind is not Kind.AMOUNT:
            assert rule.read(rule.default) == rule.default
