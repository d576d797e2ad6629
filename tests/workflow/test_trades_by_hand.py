"""Trades by hand as deployed: entered, their stop moved, closed, hidden and typed again."""

from decimal import Decimal

import pytest

from infra.cdk.local.desk_client import Refusal
from tests.deployed import Desk

TRADES = "/api/journal/trades"
TAGS = "/api/journal/tags"
BOUGHT = {
    "id": "venue-1",
    "at": "2025-03-03T10:00:00Z",
    "side": "BUY",
    "quantity": "1",
    "price": "100",
    "fee": "0.1",
}
TRADE = {"account": "by hand", "instrument": "BTC/USD@bitstamp", "fills": [BOUGHT], "stop": "95"}


def test_a_trade_by_hand_is_entered_once_moved_closed_hidden_and_typed_again(desk: Desk) -> None:
    trader, other = desk.trader("ada"), desk.trader("ben")
    entered = trader.post(TRADES, TRADE)
    path = f"{TRADES}/{entered['id']}"
    before = {**BOUGHT, "id": "venue-2", "at": "2025-03-03T09:00:00Z"}
    for fills in ([BOUGHT], [before, BOUGHT]):
        with pytest.raises(Refusal) as refused:
            trader.post(TRADES, {**TRADE, "fills": fills})
        assert (refused.value.status, refused.value.code) == (409, "DUPLICATE_FILL")

    shown = trader.get(path)
    moved = trader.http.patch(path, json={"stop": "99", "version": shown["version"]})
    assert moved.status_code == 200, moved.text
    risk = trader.get(path)["risk"]
    assert (risk["initial_stop"], risk["initial_risk"]) == ("95", "5")
    assert [Decimal(one["price"]) for one in risk["stops"]] == [95, 99]

    closing = {"at": "2025-03-04T10:00:00Z", "price": "110", "fee": "0.001", "fee_asset": "BTC"}
    trader.post(f"{path}/close", closing)
    closed = trader.get(path)
    assert closed["status"] == "closed"
    assert Decimal(closed["risk"]["initial_risk"]) == Decimal(5)
    listed = trader.get(TRADES)
    assert (listed["totals"]["modes"], listed["totals"]["others"]) == (["live"], 0)

    assert trader.http.delete(path).status_code == 204
    assert trader.items(TRADES) == []
    typed = trader.post(TRADES, TRADE)
    assert (typed["id"], typed["status"]) == (entered["id"], "open")
    assert other.http.get(path).status_code == 404


def test_of_two_tags_that_go_into_each_other_one_is_refused(desk: Desk) -> None:
    trader = desk.trader("ada")
    one, two = (trader.post(TAGS, {"name": name, "category": "custom"}) for name in "ab")
    merged = trader.post(f"{TAGS}/{one['id']}/merge", {"into": two["id"], "version": 1})
    assert merged["id"] == two["id"]
    with pytest.raises(Refusal) as refused:
        trader.post(f"{TAGS}/{two['id']}/merge", {"into": one["id"], "version": 1})
    assert (refused.value.status, refused.value.code) == (409, "SAME_TAG")
