"""What a function is given must be what its settings take."""

from collections.abc import Callable
from typing import Any

import pytest

from infra.cdk.assets.layout import FUNCTIONS
from nightdesk import settings
from nightdesk.names import Env
from tests.infrastructure.templates import Synthesised, functions

SETTINGS: dict[str, type[settings.Settings]] = {
    "api": settings.ApiSettings,
    "plan": settings.PlanSettings,
    "sync_market": settings.SyncMarketSettings,
    "analyse": settings.AnalyseSettings,
    "trade_bots": settings.TradeBotsSettings,
    "watch": settings.WatchSettings,
    "settle": settings.SettleSettings,
    "emergency_stop": settings.EmergencyStopSettings,
    "export": settings.ExportSettings,
    "delete_account": settings.DeleteAccountSettings,
    "audit": settings.AuditSettings,
    "probe_key": settings.ProbeKeySettings,
    "recheck_keys": settings.RecheckKeysSettings,
    "rotate_keys": settings.RotateKeysSettings,
    "notify": settings.NotifySettings,
    "journal": settings.JournalSettings,
    "import_trades": settings.ImportTradesSettings,
    "sync_accounts": settings.SyncAccountsSettings,
    "review": settings.ReviewSettings,
    "screenshot": settings.ScreenshotSettings,
}
POWERTOOLS = {"POWERTOOLS_SERVICE_NAME", "POWERTOOLS_METRICS_NAMESPACE"}


def resolved(name: str, value: Any) -> str:
    """Return what CloudFormation would make of a variable."""
    if isinstance(value, str):
        return value
    return "https://abc.example.com" if name == Env.PUBLIC_URL else "nightdesk-table"


@pytest.mark.parametrize("stage", ["local", "dev", "staging", "prod"])
@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_the_synthesised_environment_loads(
    stage_of: Callable[[str], Synthesised], stage: str, name: str
) -> None:
    variables = functions(stage_of(stage).app)[name]["Environment"]["Variables"]
    assert variables.keys() <= set(Env) | POWERTOOLS
    asked = {field.alias for field in SETTINGS[name].model_fields.values()}
    # a default would do, but which venues there are is the deployment's to say
    assert (Env.ENABLED_VENUES in asked) == (Env.ENABLED_VENUES in variables)
    ours = {key: resolved(key, value) for key, value in variables.items() if key in set(Env)}
    assert SETTINGS[name].model_validate(ours).stage == stage
