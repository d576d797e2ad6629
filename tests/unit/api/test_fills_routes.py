from typing import Any

import pytest

from tests.builders.trading import AS_OF
from tests.unit.api.conftest import Api
from tests.unit.api.trading_rig import BOBS, BOT, BOT_2, HOUR, Floor


def test_a_trader_without_fills_has_an_empty_page(floor: Floor) -> None:
    assert floor.ok("/fills") == {"items": [], "next_cursor": None}


def test_fills_are_listed_newest_first_in_pages(floor: Floor) -> None:
    floor.first.entered(AS_OF + HOUR)
    floor.second.entered(AS_OF + 2 * HOUR)
    floor.first.stopped(AS_OF + 3 * HOUR)
    floor.bobs.entered(AS_OF + 4 * HOUR)
    whole = floor.ok("/fills")["items"]
    assert [(one["bot_id"], one["leg"]) for one in whole] == [
        (BOT, "stop"),
        (BOT_2, "entry"),
        (BOT, "entry"),
    ]
    assert floor.walk("/fills", limit=1) == whole
    assert floor.walk("/fills", limit=1, bot_id=BOT_2) == [whole[1]]


def test_a_fill_shows_price_fee_and_notional_as_exact_text(floor: Floor) -> None:
    floor.first.entered(AS_OF + HOUR)
    floor.first.stopped(AS_OF + 2 * HOUR)
    fill = floor.ok("/fills")["items"][0]
    names = ("price", "quantity", "notional", "fee", "fee_value", "fee_asset", "side", "at")
    assert {name: fill[name] for name in names} == {
        "price": "9490",
        "quantity": "0.1",
        "notional": "949",
        "fee": "3.8",
        "fee_value": "3.8",
        "fee_asset": "USD",
        "side": "sell",
        "at": "2018-03-01T14:00:00.250Z",
    }


def test_fills_are_cut_by_time_and_mode(floor: Floor) -> None:
    floor.first.entered(AS_OF + HOUR)
    floor.first.stopped(AS_OF + 2 * HOUR)
    after = {"from": "2018-03-01T14:00:00Z"}
    assert len(floor.ok("/fills", **after)["items"]) == 1
    assert floor.ok("/fills", mode="live")["items"] == []


def test_fills_of_another_traders_bot_answer_as_of_an_unknown_one(floor: Floor) -> None:
    assert floor.missing("/fills", bot_id=BOBS) == floor.missing("/fills", bot_id="bot_none")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"bot_id": "a/b"}, "bot_id"),
        ({"mode": "dream"}, "mode"),
        ({"limit": -1}, "limit"),
        ({"from": "now"}, "from"),
        ({"to": "2018-03-01T12:00Zx"}, "to"),
    ],
)
def test_a_bad_query_is_422_naming_the_field(
    floor: Floor, query: dict[str, Any], field: str
) -> None:
    assert floor.refusal("/fills", **query) == (422, "VALIDATION_FAILED", field)


def test_fills_without_a_token_are_401(api: Api) -> None:
    assert api.client.get("/api/fills").status_code == 401
