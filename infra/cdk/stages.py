"""What differs between stages, as data."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aws_cdk import RemovalPolicy
from aws_cdk import aws_logs as logs

NO_COMMIT = "0" * 40


@dataclass(frozen=True, slots=True, kw_only=True)
class StageConfig:
    """One deployment of the desk. `stage` is one of STAGES."""

    stage: str
    retain_data: bool = True
    """Tables, keys and secrets outlive their stack and cannot be deleted by accident."""
    retain_logs: bool = False
    log_retention: logs.RetentionDays = logs.RetentionDays.ONE_WEEK
    schedules_enabled: bool = True
    """On the emulator a replay drives the cycle: the clock must not start a second one."""
    batch_concurrency: int = 250
    """Children of one cycle that run at the same time."""
    reserved_concurrency: bool = True
    """Keep concurrency for trading. Takes an account that may run some 400 functions at once."""
    venues: tuple[str, ...] = ("binance", "kraken", "kucoin")
    venue_timeout_seconds: int = 10
    log_level: str = "INFO"
    trace_rate: str = "0.05"
    cors_origins: tuple[str, ...] = ()
    alarm_email: str | None = None
    mail_from: str | None = None
    """Address that the desk's mail comes from, of an identity that SES has verified."""
    commit: str = NO_COMMIT
    endpoint: str | None = None
    """Address of the emulator; `local` only."""
    replay_folder: str | None = None
    """Folder of recorded candles, or `recorded` for the product's own; `local` only."""

    def __post_init__(self) -> None:
        """Refuse what would deploy and then not work."""
        if not re.fullmatch(r"[0-9a-f]{40}", self.commit):
            raise ValueError(f"commit takes 40 hex digits, was {self.commit!r}")
        if self.endpoint is not None and not self.is_local:
            raise ValueError(f"endpoint is for stage local, not {self.stage}")
        if self.replay_folder is not None and not self.is_local:
            raise ValueError(f"replay_folder is for stage local, not {self.stage}")
        sender = self.mail_from
        if sender is not None and not re.fullmatch(r"[^\s@<>\"]+@[a-z0-9.-]+", sender):
            raise ValueError(f"mail_from takes an address, was {sender!r}")
        if {"*", "null"} & set(self.cors_origins):
            raise ValueError("cors_origins takes exact origins, not * or null")

    @property
    def is_local(self) -> bool:
        """Whether this stage runs on the emulator."""
        return self.stage == "local"

    @property
    def data_removal(self) -> RemovalPolicy:
        """What happens to data when its stack goes."""
        return RemovalPolicy.RETAIN if self.retain_data else RemovalPolicy.DESTROY

    @property
    def log_removal(self) -> RemovalPolicy:
        """What happens to logs when their stack goes."""
        return RemovalPolicy.RETAIN if self.retain_logs else RemovalPolicy.DESTROY

    def name(self, thing: str) -> str:
        """Return the physical name of one of our things on this stage."""
        return f"nightdesk-{self.stage}-{thing}"


STAGES: dict[str, dict[str, Any]] = {
    "local": {
        "retain_data": False,
        "schedules_enabled": False,
        "reserved_concurrency": False,
        "batch_concurrency": 4,
        "venues": ("bitstamp", "coinbase"),
        "mail_from": "desk@nightdesk.example",
        "replay_folder": "recorded",
    },
    "dev": {},
    "staging": {"log_retention": logs.RetentionDays.ONE_MONTH},
    "prod": {"log_retention": logs.RetentionDays.THREE_MONTHS, "retain_logs": True},
}

FROM_CONTEXT = ("alarm_email", "commit", "endpoint", "mail_from", "replay_folder")


def stage_config(context: Callable[[str], Any]) -> StageConfig:
    """Build the stage that the context names (`-c stage=dev`), with what else it sets.

    Raises ValueError for a stage that does not exist or a value that breaks its rule.
    """
    stage = context("stage") or "dev"
    if stage not in STAGES:
        raise ValueError(f"stage is one of {', '.join(STAGES)}, was {stage!r}")
    given = {key: value for key in FROM_CONTEXT if (value := context(key))}
    if origins := context("cors_origins"):
        given["cors_origins"] = tuple(origins.split(","))
    if context("reserve") == "no":
        given["reserved_concurrency"] = False
    return StageConfig(stage=stage, **(STAGES[stage] | given))
