"""Runtime settings, and the emergency stop."""

from functools import cache
from typing import TYPE_CHECKING

from nightdesk import settings
from nightdesk.bootstrap.parts import audit_log, clock, started

if TYPE_CHECKING:
    from nightdesk.accounts.runtime_settings import ChangeSetting, ReadSettings, ResetSetting
    from nightdesk.adapters.dynamo.runtime_settings import DynamoRuntimeSettings


@cache
def runtime_settings() -> "DynamoRuntimeSettings":
    """Return what administrators have set."""
    from nightdesk.adapters.dynamo.runtime_settings import DynamoRuntimeSettings

    started(settings.ApiSettings)
    return DynamoRuntimeSettings(audit_log(), clock())


@cache
def read_settings() -> "ReadSettings":
    """Wire ReadSettings."""
    from nightdesk.accounts.runtime_settings import ReadSettings

    return ReadSettings(runtime_settings())


@cache
def change_setting() -> "ChangeSetting":
    """Wire ChangeSetting."""
    from nightdesk.accounts.runtime_settings import ChangeSetting

    return ChangeSetting(runtime_settings())


@cache
def reset_setting() -> "ResetSetting":
    """Wire ResetSetting."""
    from nightdesk.accounts.runtime_settings import ResetSetting

    return ResetSetting(runtime_settings())
