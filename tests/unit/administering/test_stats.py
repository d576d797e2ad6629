"""The desk in figures; what cannot be had is null."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightdesk.accounts.directory import TableSize
from nightdesk.accounts.system_stats import ReadSystemStats, percentile
from nightdesk.adapters import machinery
from nightdesk.adapters.dynamo import tables
from nightdesk.adapters.dynamo.cycles import DynamoCycles
from nightdesk.adapters.machinery import DeskMachinery
from nightdesk.core.errors import StoreUnavailable
from tests.aws import aws
from tests.builders.accounts import NOW
from tests.fakes.clock import FakeClock
from tests.unit.administering.rig import FakeUsage, Rig


class Broken:
    """The port Machinery, out of order."""

    def lags(self, since: datetime, until: datetime) -> Sequence[timedelta]:
        raise StoreUnavailable("down")

    def dead_letters(self) -> int:
        raise StoreUnavailable("down")

    def tables(self) -> Mapping[str, TableSize]:
        raise StoreUnavailable("down")


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_DYNAMODB", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    with aws():
        tables.disconnect()
        machinery.disconnect()
        tables.bind_desk("desk")
        tables.bind_audit("audit")
        tables.bind_runtime("runtime")
        for kind in (tables.DeskItem, tables.AuditItem, tables.RuntimeItem):
            kind.create_table(billing_mode="PAY_PER_REQUEST", wait=False)
        yield
        tables.disconnect()
        machinery.disconnect()


def stats(part: object) -> ReadSystemStats:
    return ReadSystemStats(
        directory=Rig().directory,
        usage=FakeUsage(),
        machinery=part,  # type: ignore[arg-type]
        version="1.2.3",
        commit="c" * 40,
    )


def test_figures_come_from_tables_and_queues(cloud: None) -> None:
    clock = FakeClock(NOW - timedelta(minutes=61))
    cycles = DynamoCycles(clock)
    for minutes in (61, 3, 2, 1):
        as_of = NOW - timedelta(minutes=minutes)
        clock.moment = as_of + timedelta(seconds=minutes)
        cycles.begin(as_of)
    sqs = boto3.client("sqs")
    queues = [sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("one", "two")]
    sqs.send_message(QueueUrl=queues[1], MessageBody="lost")
    found = stats(
        DeskMachinery(cycles=cycles, queues=queues, named={"desk": "desk", "runtime": "runtime"})
    )(NOW)
    assert (found.version, found.commit, found.as_of) == ("1.2.3", "c" * 40, NOW)
    assert found.users == {"active": 1}
    assert found.bots == FakeUsage().bots()
    assert (found.cycles_1h, found.lag_p95) == (3, timedelta(seconds=3))
    assert found.dead_letters == 1
    assert found.tables is not None
    assert found.tables["runtime"].items == 4
    assert (found.errors_1h, found.cost_month_usd, found.llm_usd_month) == (None, None, None)


def test_what_does_not_answer_is_null_and_the_rest_is_there(cloud: None) -> None:
    found = stats(Broken())(NOW)
    assert found.users == {"active": 1}
    assert (found.cycles_1h, found.lag_p95, found.dead_letters, found.tables) == (None,) * 4


def test_queues_that_are_gone_are_unavailable(cloud: None) -> None:
    part = DeskMachinery(
        cycles=DynamoCycles(FakeClock(NOW)),
        queues=["https://sqs.eu-west-1.amazonaws.com/123456789012/gone"],
        named={},
    )
    with pytest.raises(StoreUnavailable):
        part.dead_letters()


def test_without_a_cycle_there_is_no_lag(cloud: None) -> None:
    part = DeskMachinery(cycles=DynamoCycles(FakeClock(NOW)), queues=(), named={})
    found = stats(part)(NOW)
    assert (found.cycles_1h, found.lag_p95, found.dead_letters) == (0, None, 0)


@given(seconds=st.lists(st.integers(0, 600), min_size=1, max_size=80), share=st.integers(1, 100))
def test_a_percentile_is_the_least_that_enough_do_not_exceed(
    seconds: list[int], share: int
) -> None:
    found = percentile([timedelta(seconds=one) for one in seconds], share).total_seconds()
    enough = [
        one
        for one in seconds
        if sum(other <= one for other in seconds) * 100 >= share * len(seconds)
    ]
    assert found == min(enough)
