"""A desk of its own for the benchmarks: emulator, deployed stacks, bots, and handlers at hand."""

import importlib
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from io import StringIO
from itertools import cycle as again
from itertools import islice
from pathlib import Path
from time import monotonic, perf_counter, process_time, sleep
from types import SimpleNamespace
from typing import Any

from bench.recordings import MARKETS, START, folder_of_markets
from infra.cdk.local.cloud import Cloud
from infra.cdk.local.deploy import Deployment, deploy, function_name
from infra.cdk.local.desk_client import DeskClient
from infra.cdk.local.ministack import MiniStack, client_environment
from nightdesk.accounts.audit import ActorKind, Origin, Source
from nightdesk.accounts.identity import Profile
from nightdesk.accounts.setting import RATE, RATE_CLASSES, Setting
from nightdesk.adapters.clock import WallClock
from nightdesk.adapters.dynamo import tables
from nightdesk.adapters.dynamo.accounts import ProfileItem
from nightdesk.adapters.dynamo.audit import DynamoAudit
from nightdesk.adapters.dynamo.audit_keys import DynamoAuditKeys
from nightdesk.adapters.dynamo.bots import DynamoBots
from nightdesk.adapters.dynamo.connection import connection
from nightdesk.adapters.dynamo.desk import DynamoDesk
from nightdesk.adapters.dynamo.rules import DynamoRules
from nightdesk.adapters.dynamo.runtime_settings import SettingItem
from nightdesk.adapters.dynamo.strategies import DynamoDefinitions
from nightdesk.adapters.secrets.audit_words import KmsSealer
from nightdesk.bots.creation import CreateBot
from nightdesk.bots.switching import StartBot, StartChecks
from nightdesk.bots.versions import Versions
from nightdesk.bots.wanted import Draft
from nightdesk.core.clock import iso
from nightdesk.core.ids import SYSTEM, UserId
from nightdesk.market.timeframe import Timeframe

STRATEGIES = ("donchian@1", "ma_cross@1", "macd_trend@1", "rsi_reversion@1")
BOTS_OF_OWNER = 40
"""In the markets' order that is four on each, and eight at a venue: within an owner's limits."""
CAPITAL = Decimal(200)
EMAIL, PASSWORD = "bench@nightdesk.example", "a sentence that nobody guesses"
IDLE_LOOKS, REST_SECONDS = 3, 300
"""Looks at the queues, a second apart, that find nothing; and how long is waited for them."""
LAMBDA_MS = 900_000
"""The most time that Lambda gives, so that no call ends before its work."""
CHILD = ("sync_market", "analyse", "trade_bots", "settle")
RESULTS = {"sync_market": "sync", "analyse": "analyse", "trade_bots": "trade", "settle": "settle"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Called:
    """One invocation of a handler in this process."""

    function: str
    answer: dict[str, Any]
    seconds: float
    cpu_seconds: float
    log_bytes: int


@dataclass
class LocalDesk:
    """A deployed desk whose tables this process reaches, too."""

    cloud: Cloud
    bots: int = 0
    _variables: dict[str, dict[str, str]] = field(default_factory=dict)
    _calls: int = 0
    _registered: bool = False

    def trader(self) -> DeskClient:
        """Return a new session of the desk's one user who can sign in."""
        trader = DeskClient(self.cloud.deployment.api_url)
        if not self._registered:
            for kind in RATE_CLASSES:  # one address asks as often as a bench does
                setting = Setting(name=f"{RATE}{kind}", value=10_000, set_by=SYSTEM, set_at=START)
                SettingItem.from_domain(setting).save()
            trader.register(
                username="bench",
                email=EMAIL,
                password=PASSWORD,
                operator_token=self.cloud.secret(self.cloud.deployment.operator_secret),
            )
            self._registered = True
        trader.login(email=EMAIL, password=PASSWORD)
        return trader

    def populate(self, bots: int, at: datetime) -> None:
        """Make and start bots until there are so many, spread over markets and strategies."""
        clock = WallClock()
        # whoever acts by itself has no address, so there are no words to seal and no key
        log = DynamoAudit(KmsSealer(key_id="", keys=DynamoAuditKeys(), clock=clock), clock)
        origin = Origin(kind=ActorKind.OPERATOR, actor="bench", source=Source.CLI)
        store, rules = DynamoBots(clock, lambda: log), DynamoRules(clock=clock)
        versions = Versions(definitions=DynamoDefinitions())
        create = CreateBot(bots=store, rules=rules, versions=versions)
        checks = StartChecks(rules=rules, versions=versions)
        start = StartBot(bots=store, desk=DynamoDesk(clock), checks=checks)
        # a strategy moves on when all markets have had it: each market gets every one
        places = [(market, strategy) for strategy in STRATEGIES for market in MARKETS]
        for n, (market, strategy) in islice(enumerate(again(places)), self.bots, bots):
            owner = UserId(f"{n // BOTS_OF_OWNER:026d}")
            if n % BOTS_OF_OWNER == 0:
                name = f"bench{n // BOTS_OF_OWNER}"
                email = f"{name}@nightdesk.example"
                made_up = Profile(owner=owner, username=name, email=email, created_at=at)
                ProfileItem.from_domain(made_up).save()
            draft = Draft(
                name=f"bot {n}",
                instrument_id=market,
                timeframe=Timeframe.H1,
                strategy=strategy,
                capital=CAPITAL,
            )
            made = create(owner, draft, cause=f"bench:{n}", at=at, origin=origin)
            start(owner, made.bot_id, at)
        self.bots = bots

    def refresh_rules(self, at: datetime) -> None:
        """Let the desk read the venues' rules, as the hourly pass does. Raises RuntimeError."""
        answer = self.cloud.invoke("sync_market", {"scheduled": True, "as_of": iso(at)})
        if answer.error:
            raise RuntimeError(f"the venues' rules were not read: {answer.error}")

    def rest(self) -> None:
        """Wait until what follows a cycle is done, as it is in an hour. Raises TimeoutError."""
        idle, end = 0, monotonic() + REST_SECONDS
        while idle < IDLE_LOOKS:
            if monotonic() > end:
                raise TimeoutError(f"the queues were not empty after {REST_SECONDS} s")
            idle = 0 if self.cloud.waiting(at_work=True) else idle + 1
            sleep(1)

    @contextmanager
    def stream_held(self) -> Iterator[None]:
        """Let nobody follow the table's stream or a queue inside the block."""
        functions = self.cloud.functions
        found = functions.list_event_source_mappings()["EventSourceMappings"]
        for mapping in found:
            functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
        try:
            yield
        finally:
            for mapping in found:
                functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)

    def call(self, function: str, event: Mapping[str, Any]) -> Called:
        """Run a handler here, with the variables that it is deployed with."""
        self._calls += 1
        context = SimpleNamespace(
            function_name=function,
            memory_limit_in_mb=1024,
            get_remaining_time_in_millis=lambda: LAMBDA_MS,
            invoked_function_arn=f"arn:aws:lambda:us-east-1:000000000000:function:{function}",
            aws_request_id=f"bench-{self._calls}",
        )
        with variables(self._deployed_with(function)), redirect_stdout(StringIO()) as said:
            handler = importlib.import_module(f"functions.{function}.handler").lambda_handler
            began, began_cpu = perf_counter(), process_time()
            answer = handler(dict(event), context)
            seconds, cpu = perf_counter() - began, process_time() - began_cpu
        return Called(
            function=function,
            answer=answer,
            seconds=seconds,
            cpu_seconds=cpu,
            log_bytes=len(said.getvalue().encode()),
        )

    def _deployed_with(self, function: str) -> dict[str, str]:
        if function not in self._variables:
            found = self.cloud.functions.get_function_configuration(
                FunctionName=function_name(function)
            )
            self._variables[function] = dict(found["Environment"]["Variables"])
        return self._variables[function]


@contextmanager
def variables(wanted: Mapping[str, str]) -> Iterator[None]:
    """Set variables for the time being; others of ours are away meanwhile."""
    before = dict(os.environ)
    for name in [name for name in os.environ if name.startswith("NIGHTDESK_")]:
        del os.environ[name]
    os.environ.update(wanted)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextmanager
def bound(deployment: Deployment) -> Iterator[Any]:
    """Point this process's adapters at the emulator; the value is their botocore client."""
    tables.disconnect()
    reach = {**client_environment(), "AWS_ENDPOINT_URL": deployment.endpoint}
    with variables({**reach, "POWERTOOLS_TRACE_DISABLED": "true"}):
        tables.bind_desk(deployment.desk_table)
        tables.bind_market(deployment.market_table)
        tables.bind_runtime(deployment.runtime_table)
        tables.bind_audit(deployment.audit_table)
        yield connection().client
    tables.disconnect()


@contextmanager
def local_desk() -> Iterator[tuple[LocalDesk, Any]]:
    """Start an emulator in a folder of its own, deploy to it, and leave nothing behind."""
    with tempfile.TemporaryDirectory(prefix="nightdesk-bench-") as name:
        folder = Path(name)
        candles = folder / "candles"
        candles.mkdir()
        folder_of_markets(candles)
        with MiniStack(folder=folder / "desk") as stack:
            deployment = deploy(stack.endpoint, stack.folder, replay_folder=candles)
            with bound(deployment) as client:
                yield LocalDesk(cloud=Cloud(deployment)), client
