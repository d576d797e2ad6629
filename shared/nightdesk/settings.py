"""Typed settings, read from the environment once, late, in bootstrap.

A missing variable, or one of ours that is unknown, stops the function at its start by name;
importing a module needs none.
"""

import os
import re
from functools import cache
from typing import Annotated, Literal, TypeVar

from pydantic import (
    AfterValidator,
    AnyHttpUrl,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
)

from nightdesk.core.errors import Misconfigured
from nightdesk.names import Env

PREFIX = "NIGHTDESK_"

TableName = Annotated[str, Field(min_length=3, max_length=255)]


def _listed(value: object) -> object:
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


Names = Annotated[tuple[str, ...], BeforeValidator(_listed)]

ORIGIN = re.compile(r"https?://(?:[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?")
"""As browsers write it: no path, no upper case, and never `*` or `null`."""


def _exact_origins(origins: tuple[str, ...]) -> tuple[str, ...]:
    wrong = [origin for origin in origins if not ORIGIN.fullmatch(origin)]
    if wrong:
        raise ValueError(f"exact origins like https://desk.example.com, not {', '.join(wrong)}")
    return origins


ExactOrigins = Annotated[Names, AfterValidator(_exact_origins)]


class Settings(BaseModel):
    """What every function has."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, defer_build=True)

    stage: Literal["local", "dev", "staging", "prod"] = Field(alias=Env.STAGE)
    version: str = Field(alias=Env.VERSION, default="0.0.0")
    commit: str = Field(alias=Env.COMMIT, default="")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        alias=Env.LOG_LEVEL, default="INFO"
    )
    trace_rate: float = Field(alias=Env.TRACE_RATE, default=0.05, ge=0, le=1)


class VenueSettings(Settings):
    """What a function has that asks venues for prices."""

    enabled_venues: Names = Field(alias=Env.ENABLED_VENUES, default=("binance", "kraken", "kucoin"))
    venue_timeout: int = Field(alias=Env.VENUE_TIMEOUT_SECONDS, default=10, ge=3, le=20)
    replay_folder: str | None = Field(alias=Env.REPLAY_FOLDER, default=None)
    """Recorded candles instead of live venues; `recorded` names the product's own."""


class PlanSettings(Settings):
    """functions.plan."""

    desk_table: TableName = Field(alias=Env.DESK_TABLE)
    runtime_table: TableName = Field(alias=Env.RUNTIME_TABLE)


class SyncMarketSettings(VenueSettings):
    """functions.sync_market."""

    desk_table: TableName = Field(alias=Env.DESK_TABLE)
    market_table: TableName = Field(alias=Env.MARKET_TABLE)


class AnalyseSettings(Settings):
    """functions.analyse."""

    market_table: TableName = Field(alias=Env.MARKET_TABLE)


class TradeBotsSettings(VenueSettings):
    """functions.trade_bots."""

    desk_table: TableName = Field(alias=Env.DESK_TABLE)
    market_table: TableName = Field(alias=Env.MARKET_TABLE)
    runtime_table: TableName = Field(alias=Env.RUNTIME_TABLE)


class WatchSettings(VenueSettings):
    """functions.watch."""

    desk_table: TableName = Field(alias=Env.DESK_TABLE)
    market_table: TableName = Field(alias=Env.MARKET_TABLE)


class SettleSettings(Settings):
    """functions.settle."""

    desk_table: TableName = Field(alias=Env.DESK_TABLE)
    market_table: TableName = Field(alias=Env.MARKET_TABLE)


class AuditSettings(Settings):
    """functions.audit."""

    audit_table: TableName = Field(alias=Env.AUDIT_TABLE)
    anchor_bucket: str = Field(alias=Env.ANCHOR_BUCKET, min_length=3)


class ResealSettings(Settings):
    """The command that wraps the vault's keys anew."""

    desk_table: TableName = Field(alias=Env.DESK_TABLE)
    vault_key: str = Field(alias=Env.VAULT_KEY, min_length=1)


class ResetAdminSettings(Settings):
    """The command that gives an admin a one-time password."""

    desk_table: TableName = Field(alias=Env.DESK_TABLE)
    audit_table: TableName = Field(alias=Env.AUDIT_TABLE)
    pepper_secret: str = Field(alias=Env.PEPPER_SECRET, min_length=1)
    vault_key: str = Field(alias=Env.VAULT_KEY, min_length=1)


class RotateSettings(Settings):
    """The command that turns the ring of signing keys."""

    desk_table: TableName = Field(alias=Env.DESK_TABLE)
    audit_table: TableName = Field(alias=Env.AUDIT_TABLE)
    signing_secret: str = Field(alias=Env.SIGNING_SECRET, min_length=1)
    vault_key: str = Field(alias=Env.VAULT_KEY, min_length=1)


class RotateKeysSettings(Settings):
    """functions.rotate_keys."""

    audit_table: TableName = Field(alias=Env.AUDIT_TABLE)
    signing_secret: str = Field(alias=Env.SIGNING_SECRET, min_length=1)


class ProbeKeySettings(Settings):
    """functions.probe_key."""

    vault_key: str = Field(alias=Env.VAULT_KEY, min_length=1)


class EmergencyStopSettings(VenueSettings):
    """functions.emergency_stop."""

    desk_table: TableName = Field(alias=Env.DESK_TABLE)
    market_table: TableName = Field(alias=Env.MARKET_TABLE)
    runtime_table: TableName = Field(alias=Env.RUNTIME_TABLE)
    audit_table: TableName = Field(alias=Env.AUDIT_TABLE)


class ExportSettings(Settings):
    """functions.export."""

    desk_table: TableName = Field(alias=Env.DESK_TABLE)
    market_table: TableName = Field(alias=Env.MARKET_TABLE)
    audit_table: TableName = Field(alias=Env.AUDIT_TABLE)
    vault_key: str = Field(alias=Env.VAULT_KEY, min_length=1)
    anchor_bucket: str = Field(alias=Env.ANCHOR_BUCKET, min_length=3)
    exports_bucket: str = Field(alias=Env.EXPORTS_BUCKET, min_length=3)
    enabled_venues: Names = Field(alias=Env.ENABLED_VENUES, default=())


class DeleteAccountSettings(Settings):
    """functions.delete_account."""

    desk_table: TableName = Field(alias=Env.DESK_TABLE)
    audit_table: TableName = Field(alias=Env.AUDIT_TABLE)
    runtime_table: TableName = Field(alias=Env.RUNTIME_TABLE)
    exports_bucket: str = Field(alias=Env.EXPORTS_BUCKET, min_length=3)
    uploads_bucket: str = Field(alias=Env.UPLOADS_BUCKET, min_length=3)


class NotifySettings(Settings):
    """functions.notify."""

    journal_queue: str = Field(alias=Env.JOURNAL_QUEUE, min_length=1)


class JournalSettings(Settings):
    """functions.journal."""

    desk_table: TableName = Field(alias=Env.DESK_TABLE)
    market_table: TableName = Field(alias=Env.MARKET_TABLE)
    journal_queue: str = Field(alias=Env.JOURNAL_QUEUE, min_length=1)
    enabled_venues: Names = Field(alias=Env.ENABLED_VENUES, default=())
    """Those whose candles say what one currency was worth in another."""


class ScreenshotSettings(Settings):
    """functions.screenshot."""

    desk_table: TableName = Field(alias=Env.DESK_TABLE)
    uploads_bucket: str = Field(alias=Env.UPLOADS_BUCKET, min_length=3)


class ImportTradesSettings(Settings):
    """functions.import_trades."""

    desk_table: TableName = Field(alias=Env.DESK_TABLE)
    market_table: TableName = Field(alias=Env.MARKET_TABLE)
    uploads_bucket: str = Field(alias=Env.UPLOADS_BUCKET, min_length=3)
    import_queue: str = Field(alias=Env.IMPORT_QUEUE, min_length=1)
    journal_queue: str = Field(alias=Env.JOURNAL_QUEUE, min_length=1)
    enabled_venues: Names = Field(alias=Env.ENABLED_VENUES, default=())


class SyncAccountsSettings(Settings):
    """functions.sync_accounts."""

    desk_table: TableName = Field(alias=Env.DESK_TABLE)
    market_table: TableName = Field(alias=Env.MARKET_TABLE)
    runtime_table: TableName = Field(alias=Env.RUNTIME_TABLE)
    vault_key: str = Field(alias=Env.VAULT_KEY, min_length=1)
    sync_queue: str = Field(alias=Env.SYNC_QUEUE, min_length=1)
    journal_queue: str = Field(alias=Env.JOURNAL_QUEUE, min_length=1)
    enabled_venues: Names = Field(alias=Env.ENABLED_VENUES, default=())
    """Those whose candles say what one currency was worth in another."""


class ReviewSettings(Settings):
    """functions.review."""

    desk_table: TableName = Field(alias=Env.DESK_TABLE)
    market_table: TableName = Field(alias=Env.MARKET_TABLE)
    review_queue: str = Field(alias=Env.REVIEW_QUEUE, min_length=1)
    enabled_venues: Names = Field(alias=Env.ENABLED_VENUES, default=())


class RecheckKeysSettings(Settings):
    """functions.recheck_keys."""

    desk_table: TableName = Field(alias=Env.DESK_TABLE)
    audit_table: TableName = Field(alias=Env.AUDIT_TABLE)
    probe_function: str = Field(alias=Env.PROBE_FUNCTION, min_length=1)


class ApiSettings(VenueSettings):
    """functions.api."""

    desk_table: TableName = Field(alias=Env.DESK_TABLE)
    market_table: TableName = Field(alias=Env.MARKET_TABLE)
    runtime_table: TableName = Field(alias=Env.RUNTIME_TABLE)
    audit_table: TableName = Field(alias=Env.AUDIT_TABLE)
    pepper_secret: str = Field(alias=Env.PEPPER_SECRET, min_length=1)
    signing_secret: str = Field(alias=Env.SIGNING_SECRET, min_length=1)
    operator_secret: str = Field(alias=Env.OPERATOR_SECRET, min_length=1)
    vault_key: str = Field(alias=Env.VAULT_KEY, min_length=1)
    emergency_stop_machine: str = Field(alias=Env.EMERGENCY_STOP_MACHINE, min_length=1)
    probe_function: str = Field(alias=Env.PROBE_FUNCTION, min_length=1)
    exports_bucket: str = Field(alias=Env.EXPORTS_BUCKET, min_length=3)
    uploads_bucket: str = Field(alias=Env.UPLOADS_BUCKET, min_length=3)
    import_queue: str = Field(alias=Env.IMPORT_QUEUE, min_length=1)
    sync_queue: str = Field(alias=Env.SYNC_QUEUE, min_length=1)
    journal_queue: str = Field(alias=Env.JOURNAL_QUEUE, min_length=1)
    review_queue: str = Field(alias=Env.REVIEW_QUEUE, min_length=1)
    export_workflow: str = Field(alias=Env.EXPORT_WORKFLOW, min_length=1)
    deletion_workflow: str = Field(alias=Env.DELETION_WORKFLOW, min_length=1)
    dead_letters: Names = Field(alias=Env.DEAD_LETTERS, default=())
    public_url: AnyHttpUrl | None = Field(alias=Env.PUBLIC_URL, default=None)
    mail_from: str | None = Field(
        alias=Env.MAIL_FROM, default=None, pattern=r"^[^\s@<>\"]+@[a-z0-9.-]+$"
    )
    cors_origins: ExactOrigins = Field(alias=Env.CORS_ORIGINS, default=())


S = TypeVar("S", bound=Settings)


@cache
def load(kind: type[S]) -> S:
    """Read the settings of one function. Raises Misconfigured naming what is wrong."""
    ours = {name: value for name, value in os.environ.items() if name.startswith(PREFIX)}
    try:
        return kind.model_validate(ours)
    except ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(str(part) for part in item['loc'])}: {item['msg']}"
            for item in error.errors(include_input=False, include_url=False)
        )
        raise Misconfigured(f"{kind.__name__}: {wrong}") from error
