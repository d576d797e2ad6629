"""The tables of trading, in this process."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from uuid import uuid4

import pytest

from nightdesk.adapters.dynamo import keys, tables
from nightdesk.adapters.dynamo.gates import GateItem
from nightdesk.adapters.dynamo.pool import PoolItem
from nightdesk.core.ids import UserId
from nightdesk.trading.order import Mode
from tests.aws import dynamodb
from tests.fakes.clock import FakeClock


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def bound_tables(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Make empty tables under new names."""
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_DYNAMODB", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    with dynamodb():
        tables.disconnect()
        mark = uuid4().hex[:8]
        tables.bind_desk(f"desk-{mark}")
        tables.bind_market(f"market-{mark}")
        tables.bind_runtime(f"runtime-{mark}")
        for kind in (tables.DeskItem, tables.MarketItem, tables.RuntimeItem):
            kind.create_table(billing_mode="PAY_PER_REQUEST", wait=False)
        yield
        tables.disconnect()


@pytest.fixture
def shut_gate(bound_tables: None) -> Callable[[UserId, str], None]:
    def shut(owner: UserId, code: str) -> None:
        gate = GateItem(keys.owner(owner), keys.GATE)
        if code == "EMERGENCY_STOP":
            gate.stop = {"level": "entries", "by": "owner"}
        else:
            gate.blocked = {"by": "admin"}
        gate.save()

    return shut


@pytest.fixture
def fund(bound_tables: None) -> Callable[[UserId, Mode, str, Decimal], None]:
    def put(owner: UserId, mode: Mode, currency: str, amount: Decimal) -> None:
        place = (keys.owner(owner), keys.pool(mode, currency))
        PoolItem(*place, free=amount, opening=Decimal(10_000)).save()

    return put
