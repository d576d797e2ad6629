from typing import Any

import pytest

from tests.builders.trading import AS_OF
from tests.unit.api.conftest import Api
from tests.unit.api.trading_rig import BOBS, BOT, BOT_2, HOUR, Floor


def test_a_trader_without_orders_has_an_empty_page(floor: Floor) -> None:
    assert floor.ok("/orders") == {"items": [], "next_cursor": None}


def test_orders_are_listed_newest_first_over_all_bots_in_pages(floor: Floor) -> None:
    floor.first.entered(AS_OF + HOUR)
    floor.second.entered(AS_OF + 2 * HOUR)
    floor.bobs.entered(AS_OF + 3 * HOUR)
    whole = floor.ok("/orders")["items"]
    assert [(one["bot_id"], one["status"]) for one in whole] == [
        (BOT_2, "FILLED"),
        (BOT, "FILLED"),
    ]
    assert floor.walk("/orders", limit=1) == whole


def test_an_order_shows_exact_text_and_moments_with_z(floor: Floor) -> None:
    floor.first.entered(AS_OF + HOUR)
    (order,) = floor.ok("/orders")["items"]
    shown = {name: order[name] for name in ("quantity", "filled", "remaining", "average_price")}
    assert shown == {
        "quantity": "0.1",
        "filled": "0.1",
        "remaining": "0",
        "average_price": "10000",
    }
    assert order["created_at"] == "2018-03-01T13:00:00Z"
    assert order["updated_at"].endswith("Z")
    assert order["plan"]["protection"]["stop"] == "9500"
    assert order["reserved"] == "0"


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"bot_id": BOT}, 1),
        ({"status": "FILLED"}, 2),
        ({"status": "REJECTED"}, 0),
        ({"mode": "live"}, 0),
        ({"bot_id": BOT, "status": "FILLED", "mode": "paper"}, 1),
        ({"from": "2018-03-01T14:00:00Z"}, 1),
        ({"to": "2018-03-01T14:00:00Z"}, 1),
    ],
)
def test_orders_are_filtered(floor: Floor, query: dict[str, Any], count: int) -> None:
    floor.first.entered(AS_OF + HOUR)
    floor.second.entered(AS_OF + 2 * HOUR)
    assert len(floor.walk("/orders", limit=1, **query)) == count


def test_one_order_shows_its_fills_and_decision(floor: Floor) -> None:
    decision = floor.first.entered(AS_OF + HOUR)
    shown = floor.ok(f"/orders/{decision.order_ids[0]}")
    assert shown["order"]["decision_id"] == decision.decision_id
    assert [fill["price"] for fill in shown["fills"]] == ["10000"]


def test_a_stop_that_fired_has_no_decision_of_its_own(floor: Floor) -> None:
    floor.first.entered(AS_OF + HOUR)
    floor.first.stopped(AS_OF + 2 * HOUR)
    (stop,) = [one for one in floor.ok("/orders")["items"] if one["leg"] == "stop"]
    assert (stop["decision_id"], stop["trigger"]) == (None, "9500")
    assert floor.ok(f"/orders/{stop['order_id']}")["fills"][0]["price"] == "9490"


def test_another_traders_order_answers_as_an_unknown_one(floor: Floor) -> None:
    decision = floor.bobs.entered(AS_OF + HOUR)
    foreign = floor.missing(f"/orders/{decision.order_ids[0]}")
    assert foreign == floor.missing("/orders/ndaaaaaaaaaaaaaaaaaaaaaaaaaa")
    assert foreign == floor.missing("/orders", bot_id=BOBS)
    assert foreign == floor.missing("/orders", bot_id="bot_none")
    assert floor.get(f"/orders/{decision.order_ids[0]}", as_bob=True).status_code == 200


@pytest.mark.parametrize("wrong", ["a b", "%00", "..%2f..", "ö", "a" * 121, "nd'--"])
def test_an_id_that_cannot_exist_is_404(floor: Floor, wrong: str) -> None:
    assert floor.get(f"/orders/{wrong}").status_code == 404


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"status": "filled"}, "status"),
        ({"status": ""}, "status"),
        ({"bot_id": ""}, "bot_id"),
        ({"bot_id": "a b"}, "bot_id"),
        ({"bot_id": "x" * 200}, "bot_id"),
        ({"bot_id": "a\x00"}, "bot_id"),
        ({"mode": "PAPER"}, "mode"),
        ({"limit": 0}, "limit"),
        ({"limit": 201}, "limit"),
        ({"limit": "1.5"}, "limit"),
        ({"from": "yesterday"}, "from"),
        ({"from": "2018-03-01"}, "from"),
        ({"from": "2018-03-01T12:00:00"}, "from"),
        ({"from": "2018-03-01T12:00:00+01:00"}, "from"),
        ({"to": "1519905600"}, "to"),
        ({"to": "2018-02-30T00:00:00Z"}, "to"),
        ({"to": "2018-03-01T25:00:00Z"}, "to"),
        ({"to": ""}, "to"),
        ({"cursor": "x" * 2000}, "cursor"),
    ],
)
def test_a_bad_query_is_422_naming_the_field(
    floor: Floor, query: dict[str, Any], field: str
) -> None:
    assert floor.refusal("/orders", **query) == (422, "VALIDATION_FAILED", field)


def test_another_traders_cursor_is_400(floor: Floor) -> None:
    floor.first.entered(AS_OF + HOUR)
    floor.second.entered(AS_OF + HOUR)
    cursor = floor.ok("/orders", limit=1)["next_cursor"]
    assert floor.refusal("/orders", cursor=cursor, as_bob=True)[:2] == (400, "BAD_CURSOR")
    assert floor.refusal("/fills", cursor=cursor)[:2] == (400, "BAD_CURSOR")


@pytest.mark.parametrize("path", ["/api/orders", "/api/orders/nd1"])
def test_orders_without_a_token_are_401(api: Api, path: str) -> None:
    assert api.client.get(path).status_code == 401
