"""Desk, audit and runtime tables, in this process or on an emulator."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from nightdesk.adapters.dynamo import tables
from tests.aws import dynamodb
from tests.unit.administering.rig import Rig


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
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
        tables.bind_audit(f"audit-{mark}")
        tables.bind_runtime(f"runtime-{mark}")
        for kind in (tables.DeskItem, tables.AuditItem, tables.RuntimeItem):
            kind.create_table(billing_mode="PAY_PER_REQUEST", wait=False)
        yield
        tables.disconnect()


@pytest.fixture
def rig(cloud: None) -> Rig:
    return Rig()
