"""Runtime settings, for administrators (accounts, page part 11)."""

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Path

from functions.api.dependencies import Now, OriginDep, access
from functions.api.routers.settings_schemas import SettingIn, SettingOut
from functions.api.schemas import PageOut
from nightdesk import bootstrap
from nightdesk.accounts.identity import Role

if TYPE_CHECKING:
    from nightdesk.accounts.runtime_settings import ChangeSetting, ReadSettings, ResetSetting

router = APIRouter(prefix="/api/admin/settings", tags=["settings"])

ReadSettingsCall = Annotated["ReadSettings", Depends(bootstrap.read_settings)]
ChangeSettingCall = Annotated["ChangeSetting", Depends(bootstrap.change_setting)]
ResetSettingCall = Annotated["ResetSetting", Depends(bootstrap.reset_setting)]

Name = Annotated[str, Path(pattern=r"^[a-z][a-z_.]{1,60}$")]


@router.get("", openapi_extra=access(role=Role.ADMIN, token="never"))
async def settings(call: ReadSettingsCall) -> PageOut[SettingOut]:
    """Show every setting, its default and its bounds."""
    found = [SettingOut.from_domain(setting) for setting in call()]
    return PageOut[SettingOut](items=found, next_cursor=None)


@router.put("/{name}", openapi_extra=access(role=Role.ADMIN, elevated=True))
async def change(
    name: Name, body: SettingIn, call: ChangeSettingCall, origin: OriginDep, now: Now
) -> SettingOut:
    """Set a setting. It is obeyed everywhere within 30 s, `maintenance` at once for entries."""
    return SettingOut.from_domain(call(name, body.value, body.version, origin=origin, now=now))


@router.delete("/{name}", openapi_extra=access(role=Role.ADMIN, elevated=True))
async def reset(name: Name, call: ResetSettingCall, origin: OriginDep, now: Now) -> SettingOut:
    """Give a setting its default back, and show it."""
    return SettingOut.from_domain(call(name, origin=origin, now=now))
