import pytest

from tests.builders.trading import AS_OF
from tests.unit.api.conftest import Api
from tests.unit.api.trading_rig import BOT, BOT_2, HOUR, Floor


def test_a_trader_who_holds_nothing_has_an_empty_page(floor: Floor) -> None:
    assert floor.ok("/positions") == {"items": [], "next_cursor": None}


def test_positions_are_listed_newest_first_in_pages(floor: Floor) -> None:
    floor.first.entered(AS_OF + HOUR)
    floor.second.entered(AS_OF + 2 * HOUR)
    floor.bobs.entered(AS_OF + 3 * HOUR)
    whole = floor.ok("/positions")["items"]
    assert [one["bot_id"] for one in whole] == [BOT_2, BOT]
    assert floor.walk("/positions", limit=1, mode="paper") == whole
    assert floor.ok("/positions", mode="live")["items"] == []


def test_a_position_shows_cost_worth_and_protection(floor: Floor) -> None:
    floor.first.entered(AS_OF + HOUR)
    floor.first.settled(AS_OF + 2 * HOUR, 9_900)
    (shown,) = floor.ok("/positions")["items"]
    held = shown["position"]
    assert (shown["mark"], shown["value"], shown["unrealised"]) == ("9900", "990", "-10")
    assert shown["marked_at"] == "2018-03-01T14:00:00Z"
    assert (held["cost"], held["avg_price"], held["avg_cost"]) == ("1000", "10000", "10040")
    assert (held["protection"]["stop"], held["protection"]["target"]) == ("9500", "11000")
    assert held["planned_risk"] == "50"


def test_one_position_shows_what_built_and_what_protects_it(floor: Floor) -> None:
    decision = floor.first.entered(AS_OF + HOUR)
    ident = floor.ok("/positions")["items"][0]["position"]["position_id"]
    shown = floor.ok(f"/positions/{ident}")
    assert [one["order"]["order_id"] for one in shown["orders"]] == list(decision.order_ids)
    assert [one["order"]["leg"] for one in shown["protective_orders"]] == ["stop", "target"]
    assert shown["position"]["position_id"] == ident


def test_another_traders_and_a_closed_position_answer_as_an_unknown_one(floor: Floor) -> None:
    floor.first.entered(AS_OF + HOUR)
    ident = floor.ok("/positions")["items"][0]["position"]["position_id"]
    unknown = floor.missing("/positions/pos_none")
    assert floor.missing(f"/positions/{ident}", as_bob=True) == unknown
    floor.first.stopped(AS_OF + 2 * HOUR)
    assert floor.missing(f"/positions/{ident}") == unknown
    assert floor.get("/positions/pos%20x").status_code == 404


@pytest.mark.parametrize(("name", "value"), [("mode", "Paper"), ("limit", "x"), ("limit", "0")])
def test_a_bad_query_is_422_naming_the_field(floor: Floor, name: str, value: str) -> None:
    assert floor.refusal("/positions", **{name: value}) == (422, "VALIDATION_FAILED", name)


@pytest.mark.parametrize("path", ["/api/positions", "/api/positions/pos_1"])
def test_positions_without_a_token_are_401(api: Api, path: str) -> None:
    assert api.client.get(path).status_code == 401
