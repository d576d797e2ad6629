"""Desk, audit and runtime tables, in this process or on an emulator."""

from collections.abc import Iterator
from contextlib import ExitStack
from uuid import uuid4

import pytest
from moto import mock_aws

from nightdesk.adapters.dynamo import tables
from tests.unit.adapters_trading.emulator import EMULATOR, ENDPOINT
from tests.unit.administering.rig import Rig


@pytest.fixture(params=["moto", EMULATOR])
def cloud(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
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
        tables.bind_audit(f"audit-{mark}")
        tables.bind_runtime(f"runtime-{mark}")
        for kind in (tables.DeskItem, tables.AuditItem, tables.RuntimeItem):
            kind.create_table(billing_mode="PAY_PER_REQUEST", wait=False)
        yield str(request.param)
        tables.disconnect()


@pytest.fixture
def rig(cloud: str) -> Rig:
    return Rig()
