"""The desk inside this process: real handlers, real adapters, tables of moto, recorded candles.

`cycle` does what the state machine does, step by step, so that a test can stop it anywhere.
"""

import importlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, TypeVar
from uuid import uuid4

import pytest
from moto import mock_aws

from nightdesk import bootstrap, settings
from nightdesk.adapters.dynamo import tables
from nightdesk.bots.bot import Bot
from nightdesk.bots.wanted import Draft
from nightdesk.core.clock import iso
from nightdesk.core.ids import UserId, instrument_id
from nightdesk.market.timeframe import Timeframe
from nightdesk.names import Env
from tests.wiring import forget

S = TypeVar("S", bound=settings.Settings)
OWNER = UserId("01OWNER")
STEPS = ("sync_market", "analyse", "trade_bots", "settle")
RESULTS = {"sync_market": "sync", "analyse": "analyse", "trade_bots": "trade", "settle": "settle"}


@dataclass
class InProcessDesk:
    """Bots, and the cycle over them."""

    holder: str = "worker-1"
    _invocations: int = 0
    answers: list[dict[str, Any]] = field(default_factory=list)

    def bot(
        self,
        instrument: str = "BTC/USD@bitstamp",
        strategy: str = "donchian@1",
        *,
        owner: UserId = OWNER,
        timeframe: Timeframe = Timeframe.D1,
        at: datetime,
        capital: str = "3000",
        name: str | None = None,
    ) -> Bot:
        """Make and start a bot; the venue's rules are read first."""
        self.call("sync_market", {"scheduled": True, "as_of": iso(at)})
        draft = Draft(
            name=name or f"{strategy} on {instrument}",
            instrument_id=instrument_id(instrument),
            timeframe=timeframe,
            strategy=strategy,
            capital=Decimal(capital),
        )
        made = bootstrap.create_bot()(owner, draft, cause=draft.name, at=at)
        return bootstrap.start_bot()(owner, made.bot_id, at)

    def call(self, function: str, event: dict[str, Any]) -> dict[str, Any]:
        """Call a function as Lambda would, a worker of its own each time."""
        self._invocations += 1
        context = SimpleNamespace(
            function_name=function,
            memory_limit_in_mb=512,
            invoked_function_arn=f"arn:aws:lambda:us-east-1:000000000000:function:{function}",
            aws_request_id=f"{self.holder}-{self._invocations}",
        )
        handler = importlib.import_module(f"functions.{function}.handler").lambda_handler
        answer: dict[str, Any] = handler(event, context)
        return answer

    def plan(self, as_of: datetime) -> dict[str, Any]:
        """Plan a minute; in a replay nothing comes late."""
        return self.call("plan", {"as_of": iso(as_of), "now": iso(as_of)})

    def cycle(self, as_of: datetime) -> list[dict[str, Any]]:
        """Run a whole cycle; return what `trade_bots` said of each batch."""
        plan = self.plan(as_of)
        if plan["kind"] == "watch":
            plan = self.call("watch", plan)
        return [self.batch(batch) for batch in plan.get("batches", [])]

    def batch(self, batch: dict[str, Any]) -> dict[str, Any]:
        """Run one child."""
        state = dict(batch)
        steps = ("trade_bots",) if batch["protect_only"] else STEPS
        for step in steps:
            state[RESULTS[step]] = self.call(step, state)
        self.answers.append(state)
        trade: dict[str, Any] = state["trade"]
        return trade


@contextmanager
def in_process_desk(
    monkeypatch: pytest.MonkeyPatch, folder: str = "recorded"
) -> Iterator[InProcessDesk]:
    """Open an empty desk that replays the candles of `folder`."""
    mark = uuid4().hex[:8]
    environment = {
        Env.STAGE: "local",
        Env.DESK_TABLE: f"desk-{mark}",
        Env.MARKET_TABLE: f"market-{mark}",
        Env.RUNTIME_TABLE: f"runtime-{mark}",
        Env.AUDIT_TABLE: f"audit-{mark}",
        Env.PEPPER_SECRET: "pepper",
        Env.SIGNING_SECRET: "signing",
        Env.OPERATOR_SECRET: "operator",
        Env.REPLAY_FOLDER: folder,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "POWERTOOLS_TRACE_DISABLED": "true",
        "POWERTOOLS_METRICS_DISABLED": "true",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    # one process plays every function, so each picks its own variables out of them all
    monkeypatch.setattr(settings, "load", _picked)
    forget()
    with mock_aws():
        tables.bind_desk(environment[Env.DESK_TABLE])
        tables.bind_market(environment[Env.MARKET_TABLE])
        tables.bind_runtime(environment[Env.RUNTIME_TABLE])
        for kind in (tables.DeskItem, tables.MarketItem, tables.RuntimeItem):
            kind.create_table(billing_mode="PAY_PER_REQUEST", wait=False)
        yield InProcessDesk()
    forget()


def _picked(kind: type[S]) -> S:
    ours = {str(one.alias) for one in kind.model_fields.values()}
    return kind.model_validate({name: os.environ[name] for name in ours if name in os.environ})
