"""Starts the machine that carries out an emergency stop."""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from nightdesk.accounts.stop import Stop
from nightdesk.core.clock import iso
from nightdesk.core.errors import Misconfigured, StoreUnavailable
from nightdesk.names import Metric
from nightdesk.observability import metrics

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

logger = logging.getLogger(__name__)

CONNECT_SECONDS, READ_SECONDS, ATTEMPTS = 2, 3, 3
ENDED = "ExecutionAlreadyExists"
SETUP = frozenset({"StateMachineDoesNotExist", "AccessDeniedException", "InvalidArn"})


@dataclass(frozen=True, slots=True)
class StepFunctionsStop:
    """The port StopRunner. A run bears the stop's id: asked twice, it is one run."""

    machine: str
    """Its ARN."""

    def engage(self, stop: Stop, now: datetime) -> None:
        """Run it. One that has ended runs again, once a minute: it finds what is left."""
        self._start(f"{stop.stop_id}-{stop.level}", _input(stop, "engage", restart=False), now)

    def lift(self, stop: Stop, now: datetime, *, restart: bool) -> None:
        """Run it the other way round."""
        self._start(f"{stop.stop_id}-lift", _input(stop, "lift", restart=restart), now)

    def _start(self, name: str, event: Mapping[str, object], now: datetime) -> None:
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - not at start

        text = json.dumps(event, sort_keys=True)
        minute = iso(now.replace(second=0, microsecond=0)).translate({ord(":"): "-"})
        for again in (name, f"{name}-{minute}"):
            try:
                _client().start_execution(stateMachineArn=self.machine, name=again, input=text)
            except ClientError as error:
                code = error.response.get("Error", {}).get("Code", "")
                if code == ENDED:
                    continue
                _lost(name)
                fault = Misconfigured if code in SETUP else StoreUnavailable
                raise fault(f"{name} does not start: {code}") from error
            except BotoCoreError as error:
                _lost(name)
                raise StoreUnavailable(f"{name} does not start: {error}") from error
            return
        logger.info("%s has run within this minute", name)


def _lost(name: str) -> None:
    logger.error("stop %s is not carried out yet", name)
    metrics.add_metric(Metric.STOP_NOT_STARTED, unit="Count", value=1)


def _input(stop: Stop, mode: str, *, restart: bool) -> dict[str, object]:
    return {
        "mode": mode,
        "stop_id": stop.stop_id,
        "scope": stop.scope,
        "restart": restart,
        "after": "",
        "left": 0,
    }


@cache
def _client() -> "SFNClient":
    """Return the client, made on first use: importing boto3 takes longer than most requests."""
    import boto3  # noqa: PLC0415 - not at start
    from botocore.config import Config  # noqa: PLC0415

    settings: Any = Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"total_max_attempts": ATTEMPTS, "mode": "standard"},
    )
    return boto3.client("stepfunctions", config=settings)


def disconnect() -> None:
    """Drop the client; the next call makes one anew, from the environment as it is then."""
    _client.cache_clear()
