from collections.abc import Iterator
from uuid import uuid4

import pytest

from nightdesk.adapters.dynamo import tables
from nightdesk.adapters.dynamo.audit import DynamoAudit
from nightdesk.adapters.secrets import audit_words
from tests.aws import aws
from tests.builders.audit import AT
from tests.fakes.audit import OpenSealer
from tests.fakes.clock import FakeClock


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(AT)


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Make empty tables under new names."""
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_DYNAMODB", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    with aws():
        _forget()
        mark = uuid4().hex[:8]
        tables.bind_desk(f"desk-{mark}")
        tables.bind_audit(f"audit-{mark}")
        for kind in (tables.DeskItem, tables.AuditItem):
            kind.create_table(billing_mode="PAY_PER_REQUEST", wait=False)
        yield
        _forget()


@pytest.fixture
def audit(cloud: None, clock: FakeClock) -> DynamoAudit:
    return DynamoAudit(OpenSealer(), clock)


def _forget() -> None:
    tables.disconnect()
    audit_words.disconnect()
