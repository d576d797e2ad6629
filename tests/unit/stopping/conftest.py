"""Empty tables in this process, and the gates, settings and bots that stand in them."""

from collections.abc import Iterator

import pytest

from nightdesk.adapters.dynamo import tables
from nightdesk.adapters.dynamo.audit import DynamoAudit
from nightdesk.adapters.dynamo.runtime_settings import DynamoRuntimeSettings
from nightdesk.adapters.dynamo.stops import DynamoStopGates, DynamoStopProgress
from tests.aws import dynamodb
from tests.builders.bots import NOW
from tests.fakes.audit import OpenSealer
from tests.fakes.clock import FakeClock
from tests.unit.bots.rig import Rig


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOW)


@pytest.fixture
def tabled(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Make the tables; forget the connection before and after."""
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_DYNAMODB", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    with dynamodb():
        tables.disconnect()
        for bind in (
            tables.bind_desk,
            tables.bind_market,
            tables.bind_runtime,
            tables.bind_audit,
        ):
            bind(f"stopping-{bind.__name__}")
        for kind in (tables.DeskItem, tables.RuntimeItem, tables.AuditItem):
            kind.create_table(billing_mode="PAY_PER_REQUEST", wait=False)
        yield
        tables.disconnect()


@pytest.fixture
def audit(tabled: None, clock: FakeClock) -> DynamoAudit:
    return DynamoAudit(OpenSealer(), clock)


@pytest.fixture
def gates(audit: DynamoAudit) -> DynamoStopGates:
    return DynamoStopGates(audit)


@pytest.fixture
def progress(tabled: None) -> DynamoStopProgress:
    return DynamoStopProgress()


@pytest.fixture
def settings(audit: DynamoAudit, clock: FakeClock) -> DynamoRuntimeSettings:
    return DynamoRuntimeSettings(audit, clock)


@pytest.fixture
def rig(tabled: None) -> Rig:
    return Rig()
