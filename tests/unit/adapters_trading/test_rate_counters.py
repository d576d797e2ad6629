"""Counters of requests in DynamoDB: the contract, what a request costs, and a crowd at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from nightdesk.accounts.limits import LimitClass, Spent, TakeRequest, of_user
from nightdesk.adapters.dynamo import keys
from nightdesk.adapters.dynamo.connection import connection, measured
from nightdesk.adapters.dynamo.limits import LEFT_OVER, DynamoRateCounters
from nightdesk.adapters.dynamo.tables import RuntimeItem
from tests.builders.accounts import ALICE
from tests.contracts.limits import HERS, UNTIL, RateCountersContract

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def counters(bound_tables: None) -> DynamoRateCounters:
    return DynamoRateCounters()


class TestDynamoRateCounters(RateCountersContract):
    @pytest.mark.parametrize(
        ("earlier", "window"),
        [
            pytest.param([], 7, id="first of all"),
            pytest.param([7], 7, id="same window"),
            pytest.param([6], 7, id="first of the next window"),
            pytest.param([5, 6], 7, id="with an older one to forget"),
            pytest.param([2], 7, id="after a pause"),
        ],
    )
    def test_a_request_is_one_write_of_one_unit_whatever_the_window(
        self, counters: DynamoRateCounters, earlier: list[int], window: int
    ) -> None:
        for each in earlier:
            counters.count(HERS, "read", each, most=9, keep_until=UNTIL)
        with measured() as units:
            counters.count(HERS, "read", window, most=9, keep_until=UNTIL)
        assert units.calls == {"UpdateItem": 1}
        assert units.write_units <= 1
        assert units.read_units == 0

    def test_a_refusal_is_one_call_and_reads_nothing(
        self, counters: DynamoRateCounters, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        counters.count(HERS, "read", 7, most=1, keep_until=UNTIL)
        called = []
        dispatch = connection().dispatch

        def noted(operation: str, request: dict[str, Any]) -> dict[str, Any]:
            called.append(operation)
            return dispatch(operation, request)

        # a failed condition is an error: `measured` sees no answer to count
        monkeypatch.setattr(connection(), "dispatch", noted)
        assert not counters.count(HERS, "read", 7, most=1, keep_until=UNTIL).counted
        assert called == ["UpdateItem"]

    def test_an_item_stays_small_after_many_pauses(self, counters: DynamoRateCounters) -> None:
        with measured() as units:
            for window in range(0, 300, 3):
                counters.count(HERS, "read", window, most=9, keep_until=UNTIL)
        row = RuntimeItem.get(keys.owner(ALICE), keys.limit("read")).to_dynamodb_dict()
        assert len(row) <= LEFT_OVER + 8
        assert units.calls["UpdateItem"] <= 100 + 100 // LEFT_OVER

    def test_items_go_by_themselves(self, counters: DynamoRateCounters) -> None:
        TakeRequest(counters)(HERS, LimitClass.READ, START + timedelta(seconds=1))
        item = RuntimeItem.get(keys.owner(ALICE), keys.limit("read"))
        assert item.expires_at == START + timedelta(minutes=2)


def test_of_200_at_once_against_50_exactly_50_pass(bound_tables: None) -> None:
    take = TakeRequest(DynamoRateCounters())

    def passes(_: int) -> bool:
        try:
            take(of_user(ALICE), LimitClass.TRADE, START)
        except Spent:
            return False
        return True

    with ThreadPoolExecutor(32) as crowd:
        found = list(crowd.map(passes, range(200)))
    assert found.count(True) == 50


def test_a_crowd_across_the_edge_of_a_window_is_five_percent_more_at_most(
    bound_tables: None,
) -> None:
    take = TakeRequest(DynamoRateCounters())

    def passes(at: int) -> bool:
        try:
            take(of_user(ALICE), LimitClass.TRADE, START + timedelta(milliseconds=at))
        except Spent:
            return False
        return True

    with ThreadPoolExecutor(32) as crowd:
        found = list(crowd.map(passes, range(58_500, 61_500, 3)))  # 1,000 of them
    assert 50 <= found.count(True) <= 52
