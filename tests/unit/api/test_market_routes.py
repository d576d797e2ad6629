import csv
import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from mangum import Mangum

from nightdesk import bootstrap
from nightdesk.core.ids import InstrumentId
from nightdesk.market.instruments import TradingStatus
from nightdesk.market.reading import (
    ListFees,
    ListInstruments,
    ListVenues,
    ReadCandles,
    ReadInstrument,
)
from nightdesk.market.timeframe import Timeframe
from tests.builders.market import BTC, START, MemoryCandles, MemoryRules, some_candles, some_rules
from tests.unit.accounts.rig import ORIGIN, an_attempt
from tests.unit.api.conftest import Api

ROOT = Path(__file__).parents[3]
ETH = InstrumentId("ETH/USD@bitstamp")
EUR = InstrumentId("BTC/EUR@bitvavo")
NOW = START + timedelta(hours=10, minutes=20)


class Desk:
    """The market rooms of the app, over stores in memory, at a chosen present."""

    def __init__(self, api: Api) -> None:
        self.api = api
        api.alice()
        api.clock.moment = NOW
        self.headers = api.bearer(api.rig.login(an_attempt(), ORIGIN, NOW))
        self.candles = MemoryCandles()
        self.rules = MemoryRules(
            some_rules(BTC),
            some_rules(ETH, status=TradingStatus.HALTED),
            some_rules(EUR),
        )
        parts: dict[Any, Any] = {
            bootstrap.list_venues: ListVenues(["bitstamp"]),
            bootstrap.list_fees: ListFees(),
            bootstrap.list_instruments: ListInstruments(self.rules),
            bootstrap.read_instrument: ReadInstrument(self.rules),
            bootstrap.read_candles: ReadCandles(self.candles, self.rules),
        }
        api.give(parts)

    def get(self, path: str, **query: Any) -> Any:
        return self.api.client.get(f"/api/market{path}", params=query, headers=self.headers)

    def chart(self, **query: Any) -> Any:
        answer = self.get("/candles", **({"instrument": BTC, "tf": "1h"} | query))
        assert answer.status_code == 200, answer.text
        return answer.json()

    def refusal(self, path: str, **query: Any) -> tuple[int, str, str | None]:
        answer = self.get(path, **query)
        error = answer.json()["error"]
        details = error["details"]
        return answer.status_code, error["code"], details[0]["field"] if details else None


@pytest.fixture
def desk(api: Api) -> Desk:
    return Desk(api)


def hours(*numbers: int) -> list[str]:
    return [f"2024-01-01T{number:02d}:00:00Z" for number in numbers]


def opens(chart: Any) -> list[str]:
    return [candle["open_time"] for candle in chart["candles"]]


def test_venues_show_what_they_can_do_and_which_are_enabled(desk: Desk) -> None:
    venues = {one["name"]: one for one in desk.get("/venues").json()["items"]}
    assert [name for name, one in venues.items() if one["enabled"]] == ["bitstamp"]
    assert "trailing" in venues["kraken"]["stops"]
    assert venues["kraken"]["candles_per_call"] == 720


def test_fees_of_a_venue_are_dated_rows_in_text(desk: Desk) -> None:
    (row,) = desk.get("/fees", venue="kraken").json()["items"]
    assert (row["maker_bps"], row["taker_bps"]) == ("25", "40")
    assert row["confidence"] == "recorded"
    assert len(desk.get("/fees").json()["items"]) > 10


def test_instruments_come_in_pages_over_venues(desk: Desk) -> None:
    first = desk.get("/instruments", limit=2).json()
    rest = desk.get("/instruments", limit=2, cursor=first["next_cursor"]).json()
    found = [one["instrument"] for one in first["items"] + rest["items"]]
    assert found == [BTC, ETH, EUR]
    assert rest["next_cursor"] is None


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"venue": "bitvavo"}, [EUR]),
        ({"quote": "USD"}, [BTC, ETH]),
        ({"status": "halted"}, [ETH]),
        ({"quote": "ZAR"}, []),
    ],
)
def test_instruments_are_filtered(desk: Desk, query: dict[str, str], found: list[str]) -> None:
    items = desk.get("/instruments", **query).json()["items"]
    assert [one["instrument"] for one in items] == found


def test_instrument_shows_rules_spread_and_fees(desk: Desk) -> None:
    shown = desk.get("/instrument", instrument=BTC).json()
    assert shown["rules"]["tick"] == "0.01"
    assert shown["rules"]["lot"] == "0.00000001"
    assert shown["rules"]["max_quantity"] is None
    assert shown["rules_stale"] is False
    assert shown["spread"]["half_bps"] == "1"
    assert (shown["fees"]["maker_bps"], shown["fees"]["taker_bps"]) == ("30", "40")


def test_candles_are_text_oldest_first_up_to_the_present(desk: Desk) -> None:
    desk.candles.put(some_candles(10, close=123.45, open=100.0, high=124.0, low=99.5, volume=0.3))
    chart = desk.chart()
    assert opens(chart) == hours(*range(10))
    assert chart["candles"][0] == {
        "open_time": "2024-01-01T00:00:00Z",
        "open": "100",
        "high": "124",
        "low": "99.5",
        "close": "123.45",
        "volume": "0.3",
    }
    assert (chart["instrument"], chart["timeframe"]) == (BTC, "1h")
    assert (chart["gaps"], chart["complete"]) == ([], True)


def test_summed_volume_shows_no_float_noise(desk: Desk) -> None:
    desk.candles.put(some_candles(1, volume=0.1 + 0.2))
    assert desk.chart()["candles"][0]["volume"] == "0.3"


def test_candles_without_from_are_the_newest(desk: Desk) -> None:
    desk.candles.put(some_candles(10))
    assert opens(desk.chart(limit=2)) == hours(8, 9)
    assert opens(desk.chart(limit=2, to=hours(5)[0])) == hours(3, 4)
    assert opens(desk.chart(limit=1, to="2024-01-01T05:30:00Z")) == hours(5)


def test_candles_from_a_moment_are_the_first_and_say_where_to_go_on(desk: Desk) -> None:
    desk.candles.put(some_candles(10))
    first = desk.chart(limit=4, **{"from": "2024-01-01T01:30:00Z"})
    assert (opens(first), first["complete"]) == (hours(2, 3, 4, 5), False)
    rest = desk.chart(limit=4, **{"from": first["until"]})
    assert (opens(rest), rest["complete"]) == (hours(6, 7, 8, 9), True)


def test_gap_is_named_and_never_filled(desk: Desk) -> None:
    desk.candles.put(some_candles(8, without=(3, 4)))
    chart = desk.chart(**{"from": hours(0)[0]})
    assert opens(chart) == hours(0, 1, 2, 5, 6, 7)
    assert chart["gaps"] == [
        {"since": hours(3)[0], "until": hours(5)[0], "missing": 2},
        {"since": hours(8)[0], "until": hours(10)[0], "missing": 2},
    ]
    assert chart["complete"] is False


def test_known_instrument_without_candles_is_empty_and_incomplete(desk: Desk) -> None:
    chart = desk.chart(**{"from": hours(0)[0]})
    assert (chart["candles"], chart["complete"]) == ([], False)
    assert chart["gaps"][0]["missing"] == 10
    assert desk.chart()["candles"] == []


def test_weeks_open_on_monday(desk: Desk) -> None:
    monday = START - timedelta(weeks=1)
    desk.candles.put(some_candles(1, start=monday, timeframe=Timeframe.W1))
    chart = desk.chart(tf="1w", **{"from": "2023-12-20T00:00:00Z"})
    assert (chart["candles"], chart["until"]) == (
        desk.chart(tf="1w", **{"from": "2023-12-25T00:00:00Z"})["candles"],
        "2024-01-01T00:00:00Z",
    )
    assert opens(chart) == ["2023-12-25T00:00:00Z"]


def test_candles_as_csv_are_the_same_rows(desk: Desk) -> None:
    desk.candles.put(some_candles(3))
    answer = desk.get("/candles", instrument=BTC, tf="1h", format="csv")
    assert answer.headers["content-type"].startswith("text/csv")
    assert list(csv.DictReader(io.StringIO(answer.text))) == desk.chart()["candles"]


@pytest.mark.parametrize(
    ("query", "code", "field"),
    [
        ({"tf": "2h"}, "UNKNOWN_TIMEFRAME", "tf"),
        ({"instrument": "XRP/USD@bitstamp"}, "UNKNOWN_INSTRUMENT", "instrument"),
        ({"from": hours(5)[0], "to": hours(5)[0]}, "BAD_RANGE", "from"),
        ({"from": hours(6)[0], "to": hours(5)[0]}, "BAD_RANGE", "from"),
        ({"from": "2024-01-02T00:00:00Z"}, "BAD_RANGE", "from"),
        ({"to": "2024-01-02T00:00:00Z"}, "BAD_RANGE", "to"),
        ({"from": "1970-01-01T00:00:00Z"}, "BAD_RANGE", "from"),
        ({"to": "0001-01-01T00:00:00Z"}, "BAD_RANGE", "to"),
        ({"instrument": "btc/usd@bitstamp"}, "VALIDATION_FAILED", "instrument"),
        ({"instrument": ""}, "VALIDATION_FAILED", "instrument"),
        ({"from": "2024-01-01"}, "VALIDATION_FAILED", "from"),
        ({"from": "2024-01-01T00:00:00"}, "VALIDATION_FAILED", "from"),
        ({"from": "2024-01-01T02:00:00+02:00"}, "VALIDATION_FAILED", "from"),
        ({"from": "1704067200"}, "VALIDATION_FAILED", "from"),
        ({"to": "2024-13-01T00:00:00Z"}, "VALIDATION_FAILED", "to"),
        ({"limit": 0}, "VALIDATION_FAILED", "limit"),
        ({"limit": 1001}, "VALIDATION_FAILED", "limit"),
        ({"limit": "ten"}, "VALIDATION_FAILED", "limit"),
        ({"format": "xml"}, "VALIDATION_FAILED", "format"),
        ({"tf": "1hour"}, "VALIDATION_FAILED", "tf"),
    ],
)
def test_bad_candle_query_is_422_naming_the_field(
    desk: Desk, query: dict[str, Any], code: str, field: str
) -> None:
    whole = {"instrument": BTC, "tf": "1h"} | query
    assert desk.refusal("/candles", **whole) == (422, code, field)


@pytest.mark.parametrize(
    ("path", "query", "code", "field"),
    [
        ("/candles", {}, "VALIDATION_FAILED", "instrument"),
        ("/candles", {"instrument": BTC}, "VALIDATION_FAILED", "tf"),
        ("/instrument", {}, "VALIDATION_FAILED", "instrument"),
        ("/instrument", {"instrument": "XRP/USD@bitstamp"}, "UNKNOWN_INSTRUMENT", "instrument"),
        ("/instruments", {"venue": "mars"}, "UNKNOWN_VENUE", "venue"),
        ("/instruments", {"venue": "B!"}, "VALIDATION_FAILED", "venue"),
        ("/instruments", {"status": "TRADING"}, "VALIDATION_FAILED", "status"),
        ("/instruments", {"quote": "usd"}, "VALIDATION_FAILED", "quote"),
        ("/instruments", {"limit": 201}, "VALIDATION_FAILED", "limit"),
        ("/fees", {"venue": "mars"}, "UNKNOWN_VENUE", "venue"),
    ],
)
def test_bad_market_query_is_422_naming_the_field(
    desk: Desk, path: str, query: dict[str, Any], code: str, field: str
) -> None:
    assert desk.refusal(path, **query) == (422, code, field)


def test_sample_event_is_answered(desk: Desk) -> None:
    event = json.loads((ROOT / "events/api/candles.json").read_text())
    event["headers"]["authorization"] = desk.headers["Authorization"]
    answer = Mangum(desk.api.app, lifespan="off")(event, None)  # type: ignore[arg-type]
    assert answer["statusCode"] == 200
    assert json.loads(answer["body"])["timeframe"] == "1d"


def test_cursor_of_another_route_is_400(desk: Desk) -> None:
    cursor = desk.get("/instruments", limit=1).json()["next_cursor"]
    assert desk.refusal("/instruments", cursor=cursor + "x")[:2] == (400, "BAD_CURSOR")


@pytest.mark.parametrize("path", ["/venues", "/fees", "/instruments", "/instrument", "/candles"])
def test_market_without_a_token_is_401(api: Api, path: str) -> None:
    assert api.client.get(f"/api/market{path}").status_code == 401
