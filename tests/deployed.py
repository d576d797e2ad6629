"""A desk as it is deployed, for tests of workflows and of the API: one stack serves them all.

A test begins with an empty desk (`Desk.empty`) and keeps what the stack knows of the market, so
that each costs a second, not a deployment.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, sleep
from typing import Any
from unittest import mock

import httpx

from infra.cdk.local.cloud import CYCLE, Cloud, Run
from infra.cdk.local.deploy import deploy
from infra.cdk.local.desk_client import DeskClient
from infra.cdk.local.ministack import MiniStack
from nightdesk.accounts.limits import LimitClass
from nightdesk.accounts.setting import MAX_USERS, RATE, Setting, Value
from nightdesk.adapters.dynamo.runtime_settings import SettingItem
from nightdesk.core.clock import from_iso
from nightdesk.core.ids import SYSTEM

PASSWORD = "correct horse battery staple"
GENEROUS = 10_000
"""Requests in a window, of every class."""
RETRY_SCALE = "0.02"
"""Waits between the retries of a step, as a share of what the machine says."""

LTC = "LTC/USD@bitstamp"
ETH = "ETH/USD@bitstamp"
BTC = "BTC/USD@bitstamp"
DONCHIAN = "donchian@1"
BEFORE = "2019-02-02T00:00:00Z"
LTC_ENTERS = "2019-02-03T00:00:00Z"
"""The close at which a Donchian breakout of recorded litecoin enters."""
NEXT_CLOSE = "2019-02-04T00:00:00Z"
ETH_ENTERS = "2019-02-11T00:00:00Z"

ALWAYS_IN = {
    "schema": 1,
    "name": "Always in",
    "kind": "rules",
    "timeframe": "4h",
    "entry": {"gt": ["close", 0]},
    "exit": {"lt": ["close", 0]},
    "stop": {"pct": 0.02},
    "repeat": True,
    "weekly_gate": False,
}
"""A strategy that buys whenever it holds nothing, to be stopped out soon."""
FALLING = "BTC/USD@coinbase"
FALLING_SINCE = "2018-11-30T08:00:00Z"
"""A 4-hour close, after which hourly candles open at 4162.14, 4163.16 and 4015."""


@contextmanager
def deployed(folder: Path) -> Iterator[Cloud]:
    """Deploy to an emulator of its own, on a free port; stop all of it at the end."""
    with mock.patch.dict(os.environ, SFN_WAIT_SCALE=RETRY_SCALE), MiniStack(folder=folder) as stack:
        yield Cloud(deploy(stack.endpoint, folder))


@contextmanager
def empty_desk(cloud: Cloud) -> Iterator["Desk"]:
    """Empty the deployed desk and hand it out; close what was connected to it afterwards."""
    desk = Desk(cloud)
    desk.empty()
    try:
        yield desk
    finally:
        desk.close()


@dataclass
class Desk:
    """A deployed desk, and the people who use it. Closing it closes their connections."""

    cloud: Cloud
    _admin: DeskClient | None = field(default=None, init=False)
    _clients: ExitStack = field(default_factory=ExitStack, init=False)

    @property
    def url(self) -> str:
        """Return the address of the API."""
        return self.cloud.deployment.api_url

    def empty(self) -> None:
        """Forget users, bots, trades, leases and planned minutes."""
        deployment = self.cloud.deployment
        for table in (deployment.desk_table, deployment.runtime_table):
            empty(self.cloud, table)
        self.limit(GENEROUS)
        self.set(MAX_USERS, GENEROUS)
        self._admin = None

    def until(self, what: str, done: Callable[[], bool], seconds: float = 60) -> None:
        """Wait until something is so that goes on by itself. Raises TimeoutError that says what."""
        end = monotonic() + seconds
        while not done():
            if monotonic() > end:
                queued = self.cloud.waiting(at_work=True)
                raise TimeoutError(f"not after {seconds:g} s: {what}; {queued} messages in queues")
            sleep(0.2)

    def rest(self) -> None:
        """Wait until no work waits in a queue, twice with a second between for what is at work."""

        def idle() -> bool:
            return not self.cloud.waiting()

        self.until("the queues are empty", idle)
        sleep(1)
        self.until("the queues stay empty", idle)

    def forgive(self) -> None:
        """Forget who has failed to sign in."""
        table = self.cloud.deployment.runtime_table
        pages = self.cloud.tables.get_paginator("scan").paginate(
            TableName=table,
            FilterExpression="kind = :tally",
            ExpressionAttributeValues={":tally": {"S": "TALLY"}},
        )
        for page in pages:
            for item in page["Items"]:
                place = {"pk": item["pk"], "sk": item["sk"]}
                self.cloud.tables.delete_item(TableName=table, Key=place)

    def limit(self, quota: int) -> None:
        """Set every rate limit: all tests come from one address, and many from one trader."""
        for kind in LimitClass:
            if kind is not LimitClass.PROBE_PROVIDER:
                self.set(f"{RATE}{kind}", quota)

    def set(self, name: str, value: Value) -> None:
        """Store a runtime setting."""
        setting = Setting(name=name, value=value, set_by=SYSTEM, set_at=from_iso(BEFORE))
        row = SettingItem.from_domain(setting).serialize()
        self.cloud.tables.put_item(TableName=self.cloud.deployment.desk_table, Item=row)

    def close(self) -> None:
        """Close every client."""
        self._clients.close()

    def client(self) -> DeskClient:
        """Return a client that nobody has signed in with."""
        client = DeskClient(self.url)
        self._clients.enter_context(client.http)
        return client

    @property
    def operator_token(self) -> str:
        """Return the token by which the first user registers."""
        return self.cloud.secret(self.cloud.deployment.operator_secret)

    def admin(self) -> DeskClient:
        """Return the first user, signed in, who has just shown the password once more."""
        if self._admin is None:
            admin = self.client()
            admin.register(
                username="admin",
                email="admin@nightdesk.example",
                password=PASSWORD,
                operator_token=self.operator_token,
            )
            admin.login(email="admin@nightdesk.example", password=PASSWORD)
            admin.step_up(PASSWORD)
            self._admin = admin
        return self._admin

    def trader(self, name: str = "ada") -> DeskClient:
        """Return a new trader by invitation, signed in."""
        email = f"{name}@nightdesk.example"
        invited = self.admin().post("/api/admin/invitations", {"email": email})
        trader = self.client()
        body = {
            "username": name,
            "email": email,
            "password": PASSWORD,
            "invitation": invited["token"],
        }
        trader.http.post("/api/auth/register", json=body).raise_for_status()
        trader.login(email=email, password=PASSWORD)
        return trader

    def stranger(self) -> httpx.Client:
        """Return a client without any token."""
        return self._clients.enter_context(httpx.Client(base_url=self.url, timeout=60))

    def bot(
        self,
        trader: DeskClient,
        instrument: str = LTC,
        strategy: str = DONCHIAN,
        **changes: Any,
    ) -> dict[str, Any]:
        """Return a new bot of `trader` that trades."""
        body = {
            "name": f"Trades {instrument}",
            "instrument": instrument,
            "timeframe": "1d",
            "strategy": strategy,
            "capital": "2500",
        }
        made = trader.post("/api/bots", body | changes)
        started: dict[str, Any] = trader.post(f"/api/bots/{made['bot_id']}/start")
        return started

    def falling(self, trader: DeskClient) -> dict[str, Any]:
        """Return a bot that buys just before a fall, with a stop that only its third hour touches.

        Its own timeframe closes an hour later still.
        """
        stored = trader.post("/api/strategies", {"definition": ALWAYS_IN})
        bot = self.bot(trader, FALLING, stored["ref"], timeframe="4h")
        (batch,) = self.cycle(FALLING_SINCE)
        assert batch["trade"]["entries"] == 1
        return bot

    def know_rules(self) -> None:
        """Let the stack read the rules of all recorded instruments."""
        answer = self.cloud.invoke("sync_market", {"scheduled": True, "as_of": BEFORE})
        assert answer.error is None, answer.payload

    def cycle(self, as_of: str, *, now: str | None = None) -> list[dict[str, Any]]:
        """Run the machine at a moment and return what its batches answered."""
        run = self.execute(as_of, now=now)
        assert run.succeeded, (run.error, run.cause)
        return run.output if isinstance(run.output, list) else []

    def execute(self, as_of: str, *, now: str | None = None) -> Run:
        """Run the machine at a moment to its end. Unless told otherwise it is on time."""
        return self.cloud.run(CYCLE, {"as_of": as_of, "now": now or as_of})

    def at_once(self, moments: Sequence[str]) -> list[Run]:
        """Run the machine at several moments at the same time."""
        with ThreadPoolExecutor(len(moments)) as pool:
            return list(pool.map(self.execute, moments))


def empty(cloud: Cloud, table: str) -> None:
    """Delete every item of a table."""
    for page in cloud.tables.get_paginator("scan").paginate(
        TableName=table, ProjectionExpression="pk, sk"
    ):
        for n in range(0, len(page["Items"]), 25):
            keys: Any = [{"DeleteRequest": {"Key": item}} for item in page["Items"][n : n + 25]]
            cloud.tables.batch_write_item(RequestItems={table: keys})


def verify(trader: DeskClient, bot: dict[str, Any]) -> dict[str, Any]:
    """Check a bot's ledger and return the proof."""
    proof: dict[str, Any] = trader.get("/api/ledger/verify", bot_id=bot["bot_id"])
    assert proof["ok"], proof["invariants"]
    return proof
