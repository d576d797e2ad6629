"""The function `audit`: anchors, and a walk that is an alarm where a chain does not hold."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import boto3
import pytest

from functions.audit.handler import lambda_handler
from nightdesk.adapters.dynamo import tables
from nightdesk.adapters.dynamo.audit import DynamoAudit, EntryItem
from nightdesk.adapters.dynamo.tables import AuditItem
from nightdesk.names import Env, Metric
from nightdesk.observability import metrics
from tests.builders.audit import BEN, an_entry
from tests.fakes.audit import OpenSealer
from tests.fakes.clock import FakeClock
from tests.wiring import forget

CHAIN = "U#01ANN#ACCOUNT"
NIGHT, SUNDAY = "2026-11-22T00:10:00Z", "2026-11-22T00:40:00Z"
CONTEXT: Any = SimpleNamespace(
    function_name="audit",
    memory_limit_in_mb=512,
    invoked_function_arn="arn:aws:lambda:eu-west-1:0:function:audit",
    aws_request_id="1",
)


@pytest.fixture
def log(cloud: None, clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> Iterator[DynamoAudit]:
    name = AuditItem.Meta.table_name
    for variable, value in (
        (Env.STAGE, "dev"),
        (Env.AUDIT_TABLE, name),
        (Env.ANCHOR_BUCKET, "anchors"),
    ):
        monkeypatch.setenv(variable, value)
    forget()
    boto3.client("s3").create_bucket(
        Bucket="anchors", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    yield DynamoAudit(OpenSealer(), clock)
    forget()
    tables.bind_audit("")


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    found: dict[str, float] = {}

    def add(name: str, unit: str, value: float) -> None:
        found[name] = found.get(name, 0) + value

    monkeypatch.setattr(metrics, "add_metric", add)
    return found


def test_heads_of_the_day_before_are_written_down_once(log: DynamoAudit) -> None:
    log.record([an_entry(), an_entry(), an_entry(owner=BEN)])
    for _ in range(2):
        found = lambda_handler({"as_of": NIGHT}, CONTEXT)
        assert found == {"anchored": 2, "verified": 0, "broken": []}
    later = lambda_handler({"as_of": "2026-11-23T00:10:00Z"}, CONTEXT)
    assert later["anchored"] == 0


def test_a_walk_over_all_chains_counts_what_is_broken(
    log: DynamoAudit, counted: dict[str, float]
) -> None:
    log.record([an_entry(details={"n": n}) for n in range(3)])
    log.record([an_entry(owner=BEN)])
    lambda_handler({"as_of": NIGHT}, CONTEXT)
    good = lambda_handler({"as_of": SUNDAY, "verify": True}, CONTEXT)
    assert good == {"anchored": 0, "verified": 2, "broken": []}
    assert counted[Metric.AUDIT_BROKEN] == 0
    EntryItem.get(CHAIN, "000000000003").delete()
    bad = lambda_handler({"as_of": SUNDAY, "verify": True}, CONTEXT)
    assert bad["broken"] == [{"chain": CHAIN, "seq": 3, "reason": "missing"}]
    assert counted[Metric.AUDIT_BROKEN] == 1


def test_one_chain_is_walked_by_name(log: DynamoAudit) -> None:
    log.record([an_entry(), an_entry(owner=BEN)])
    found = lambda_handler({"as_of": SUNDAY, "verify": True, "chain": CHAIN}, CONTEXT)
    assert found == {"anchored": 0, "verified": 1, "broken": []}
