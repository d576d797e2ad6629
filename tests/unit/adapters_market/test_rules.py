from datetime import timedelta
from decimal import Decimal

import pytest
from pynamodb.exceptions import PutError

from nightdesk.adapters.dynamo.connection import measured, translated
from nightdesk.adapters.dynamo.rules import DynamoRules
from nightdesk.core.errors import StoreUnavailable, UnknownInstrument
from nightdesk.core.ids import InstrumentId
from nightdesk.market.instruments import FeeAsset, QuoteClass, TradingStatus
from tests.builders.market import BTC, START, SteppedClock, some_rules

ETH = InstrumentId("ETH/USDT@binance")


@pytest.fixture
def clock(market_table: None) -> SteppedClock:
    return SteppedClock()


@pytest.fixture
def store(clock: SteppedClock) -> DynamoRules:
    return DynamoRules(clock=clock)


def test_rules_come_back_as_they_were(store: DynamoRules, clock: SteppedClock) -> None:
    rules = some_rules(
        ETH,
        status=TradingStatus.CANCEL_ONLY,
        tick=Decimal("0.00000001"),
        max_quantity=Decimal(9000),
        max_notional=Decimal(9000000),
        fee_asset=FeeAsset.RECEIVED,
        quote_class=QuoteClass.STABLE,
    )
    store.put([rules, some_rules()])
    fresh = DynamoRules(clock=clock)
    assert fresh.get(ETH) == rules
    assert fresh.get(BTC) == some_rules()


def test_list_is_of_one_venue_in_order(store: DynamoRules) -> None:
    ids = [InstrumentId(f"{base}/USD@bitstamp") for base in ("LTC", "BTC", "ETH")]
    store.put([some_rules(one) for one in ids] + [some_rules(ETH)])
    assert [rules.instrument.id for rules in store.list("bitstamp")] == sorted(ids)


def test_unknown_instrument(store: DynamoRules) -> None:
    with pytest.raises(UnknownInstrument):
        store.get(BTC)


@pytest.mark.parametrize("n", [1, 30])
def test_equal_version_is_not_written_again_until_it_is_old(store: DynamoRules, n: int) -> None:
    ids = [InstrumentId(f"C{i}/USD@bitstamp") for i in range(n)]
    store.put([some_rules(one) for one in ids])
    with measured() as used:
        store.put([some_rules(one, observed_at=START + timedelta(hours=11)) for one in ids])
    assert used.write_units == 0
    store.put([some_rules(one, observed_at=START + timedelta(hours=12)) for one in ids])
    assert store.list("bitstamp")[0].observed_at == START + timedelta(hours=12)


def test_another_version_replaces_the_stored_one(store: DynamoRules) -> None:
    store.put([some_rules()])
    store.put([some_rules(version="v2", tick=Decimal("0.1"))])
    assert store.get(BTC).version == "v2"
    assert [rules.version for rules in store.list("bitstamp")] == ["v2"]


def test_what_was_read_is_remembered_for_five_minutes(
    store: DynamoRules, clock: SteppedClock
) -> None:
    DynamoRules(clock=clock).put([some_rules()])
    store.get(BTC)
    with measured() as used:
        clock.forward(minutes=4)
        store.get(BTC)
    assert used.calls == {}
    DynamoRules(clock=clock).put([some_rules(version="v2")])
    clock.forward(minutes=1)
    assert store.get(BTC).version == "v2"


def test_batch_that_was_not_taken_whole_is_tried_again_later() -> None:
    with pytest.raises(StoreUnavailable), translated():
        raise PutError("Failed to batch write items: max_retry_attempts exceeded")
