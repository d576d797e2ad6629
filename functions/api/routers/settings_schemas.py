"""Bodies and answers of the settings routes."""

from typing import Any, Self

from pydantic import Field

from functions.api.schemas import Answer, Moment, Request
from nightdesk.accounts.setting import Setting, plain

Plain = bool | int | str | list[str]


class SettingIn(Request):
    """A value, against the version that was read; 0 where nobody has set one."""

    value: Plain
    version: int = Field(ge=0)


class SettingOut(Answer):
    """A setting as it stands, and what it may be. `version` 0: its default."""

    name: str
    value: Plain | None
    default: Plain | None
    kind: str
    allowed: dict[str, Any]
    meaning: str
    version: int
    set_by: str | None
    set_at: Moment | None

    @classmethod
    def from_domain(cls, setting: Setting) -> Self:
        """Show a setting beside its rule."""
        rule = setting.rule
        return cls(
            name=setting.name,
            value=plain(setting.value),
            default=plain(rule.default),
            kind=rule.kind.value,
            allowed=dict(rule.allowed),
            meaning=rule.meaning,
            version=setting.version,
            set_by=setting.set_by,
            set_at=setting.set_at,
        )
