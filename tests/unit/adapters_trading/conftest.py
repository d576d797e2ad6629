"""The four tables, in this process or, with NIGHTDESK_TEST_ENDPOINT set, on an emulator."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from decimal import Decimal
from uuid import uuid4

import pytest
from moto import mock_aws

from nightdesk.adapters.dynamo import keys, tables
from nightdesk.adapters.dynamo.gates import GateItem
from nightdesk.adapters.dynamo.pool import PoolItem
from nightdesk.core.ids import UserId
from nightdesk.trading.order import Mode
from tests.fakes.clock import FakeClock
from tests.unit.adapters_trading.emulator import EMULATOR, ENDPOINT


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(params=["moto", EMULATOR])
def bound_tables(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Make empty tables under new names; return what serves them."""
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_DYNAMODB", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    with ExitStack() as stack:
        if request.param == "moto":
            stack.enter_context(mock_aws())
        elif ENDPOINT:
            monkeypatch.setenv("AWS_ENDPOINT_URL", ENDPOINT)
        tables.disconnect()
        mark = uuid4().hex[:8]
        tables.bind_desk(f"desk-{mark}")
        tables.bind_market(f"market-{mark}")
        tables.bind_runtime(f"runtime-{mark}")
        for kind in (tables.DeskItem, tables.MarketItem, tables.RuntimeItem):
            kind.create_table(billing_mode="PAY_PER_REQUEST", wait=False)
        yield request.param
        tables.disconnect()


@pytest.fixture
def shut_gate(bound_tables: str) -> Callable[[UserId, str], None]:
    def shut(owner: UserId, code: str) -> None:
        gate = GateItem(keys.owner(owner), keys.GATE)
        if code == "EMERGENCY_STOP":
            gate.stop = {"level": "entries", "by": "owner"}
        else:
            gate.blocked = {"by": "admin"}
        gate.save()

    return shut


@pytest.fixture
def fund(bound_tables: str) -> Callable[[UserId, Mode, str, Decimal], None]:
    def put(owner: UserId, mode: Mode, currency: str, amount: Decimal) -> None:
        place = (keys.owner(owner), keys.pool(mode, currency))
        PoolItem(*place, free=amount, opening=Decimal(10_000)).save()

    return put
