from decimal import Decimal
from typing import Any

import pytest

from nightdesk.trading.order import Mode
from tests.builders.trading import AS_OF
from tests.unit.api.conftest import Api
from tests.unit.api.trading_rig import HOUR, Floor


def test_the_portfolio_stands_by_currency_as_exact_text(floor: Floor) -> None:
    floor.world.pools.amounts[floor.first.owner, Mode.PAPER, "USD"] = Decimal("12.5")
    floor.first.settled(AS_OF, 10_000)
    floor.first.entered(AS_OF + HOUR)
    floor.first.settled(AS_OF + 2 * HOUR, 10_500)
    shown = floor.ok("/portfolio")
    (usd,) = shown["currencies"]
    assert shown["mode"] == "paper"
    del usd["day"]
    assert usd == {
        "currency": "USD",
        "as_of": "2018-03-01T14:00:00Z",
        "bots": 2,
        "positions": 1,
        "equity": "20046",
        "cash": "18996",
        "reserved": "0",
        "held": "1050",
        "pool": "12.5",
        "net_capital": "20000",
        "realised": "0",
        "unrealised": "50",
        "fees": "4",
        "curve": [],
    }


def test_the_day_is_that_of_the_newest_settle(floor: Floor) -> None:
    floor.first.settled(AS_OF, 10_000)
    floor.first.entered(AS_OF + HOUR)
    floor.first.settled(AS_OF + 2 * HOUR, 9_000)
    day = floor.ok("/portfolio")["currencies"][0]["day"]
    assert day == {"date": "2018-03-01", "start": "20000", "change": "-104"}


def test_with_from_the_curve_is_drawn(floor: Floor) -> None:
    floor.first.settled(AS_OF, 10_000)
    floor.first.entered(AS_OF + HOUR)
    floor.first.settled(AS_OF + 2 * HOUR, 10_500)
    span = {"from": "2018-03-01T13:00:00Z", "to": "2018-03-01T18:00:00Z"}
    (usd,) = floor.ok("/portfolio", **span)["currencies"]
    assert usd["curve"] == [
        {"as_of": "2018-03-01T14:00:00Z", "equity": "10046", "net_capital": "10000"}
    ]


def test_a_mode_without_bots_is_empty(floor: Floor) -> None:
    assert floor.ok("/portfolio", mode="live") == {"mode": "live", "currencies": []}


def test_each_trader_sees_their_own(floor: Floor) -> None:
    (usd,) = floor.ok("/portfolio", as_bob=True)["currencies"]
    assert (usd["bots"], usd["equity"], usd["as_of"], usd["day"]) == (1, "10000", None, None)


@pytest.mark.parametrize(
    ("query", "code", "field"),
    [
        ({"mode": "real"}, "VALIDATION_FAILED", "mode"),
        ({"from": "x"}, "VALIDATION_FAILED", "from"),
        ({"from": "2018-03-05T00:00:00Z"}, "BAD_RANGE", "from"),
        ({"to": "2018-03-05T00:00:00Z"}, "BAD_RANGE", "to"),
        ({"from": "2010-01-01T00:00:00Z"}, "BAD_RANGE", "from"),
        ({"from": "0001-01-01T00:00:00Z"}, "BAD_RANGE", "from"),
        (
            {"from": "2018-03-01T12:00:00Z", "to": "2018-03-01T12:00:00Z"},
            "BAD_RANGE",
            "from",
        ),
    ],
)
def test_a_bad_query_is_422_naming_the_field(
    floor: Floor, query: dict[str, Any], code: str, field: str
) -> None:
    assert floor.refusal("/portfolio", **query) == (422, code, field)


def test_the_portfolio_without_a_token_is_401(api: Api) -> None:
    assert api.client.get("/api/portfolio").status_code == 401
