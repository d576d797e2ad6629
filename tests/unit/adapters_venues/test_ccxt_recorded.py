"""The same protocol with answers that the venues really gave, where the recordings are at hand."""

import gzip
import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from nightdesk.adapters.venues.ccxt import CcxtVenue, CcxtVenues
from nightdesk.core.clock import from_millis
from nightdesk.core.ids import InstrumentId
from nightdesk.market.instruments import Instrument
from nightdesk.market.quality import malformed
from nightdesk.market.timeframe import Timeframe
from tests.builders.market import MemoryRules, some_rules
from tests.unit.adapters_venues.rest import Query, Route, Server, serving

DATA = os.environ.get("NIGHTDESK_DATA")
NOW = datetime(2026, 1, 1, tzinfo=UTC)

pytestmark = pytest.mark.skipif(not DATA, reason="NIGHTDESK_DATA names no folder of recordings")


def _recording(name: str) -> Any:
    with gzip.open(Path(str(DATA)) / "recordings" / f"{name}.json.gz", "rt") as file:
        return json.load(file)


@pytest.fixture
def server() -> Iterator[Server]:
    with serving({}) as running:
        yield running


def _said(body: Any, _: Query) -> Any:
    return body


def _venue(server: Server, name: str, *known: tuple[str, str]) -> CcxtVenue:
    rules = [
        some_rules(
            InstrumentId(f"{pair}@{name}"),
            instrument=Instrument(id=InstrumentId(f"{pair}@{name}"), symbol=symbol),
        )
        for pair, symbol in known
    ]
    venues = CcxtVenues(
        enabled=[name],
        stored=MemoryRules(*rules),
        timeout_seconds=5,
        base_urls={name: server.url},
        throttle=False,
    )
    return venues(name)


def test_binance_candles_as_recorded(server: Server) -> None:
    answers = _recording("binance_http_recordings_gocryptotrader")["routes"]["/api/v3/klines"]
    rows = next(
        answer["data"]
        for answer in answers["GET"]
        if "interval=1h" in answer["queryString"] and len(answer["data"]) == 1000
    )
    server.routes["/api/v3/klines"] = lambda _: rows
    venue = _venue(server, "binance", ("BTC/USDT", "BTCUSDT"))
    since = from_millis(rows[0][0])
    instrument = InstrumentId("BTC/USDT@binance")
    found = venue.candles(instrument, Timeframe.H1, since, since + timedelta(hours=1000))
    assert len(found) == 1000
    assert not malformed(found, NOW).any()
    assert found.close[0] == float(rows[0][4])
    assert found.volume[-1] == float(rows[-1][5])


def test_binance_rules_as_recorded(server: Server) -> None:
    answers = _recording("binance_http_recordings_gocryptotrader")["routes"]
    info = answers["/api/v3/exchangeInfo"]["GET"][0]["data"]
    server.routes["/api/v3/exchangeInfo"] = lambda _: info
    found = {one.instrument.symbol: one for one in _venue(server, "binance").instruments(NOW)}
    said = {
        symbol["symbol"]: {row["filterType"]: row for row in symbol["filters"]}
        for symbol in info["symbols"]
    }
    assert found
    for symbol, rules in found.items():
        assert rules.tick == Decimal(said[symbol]["PRICE_FILTER"]["tickSize"])
        assert rules.lot == Decimal(said[symbol]["LOT_SIZE"]["stepSize"])
        assert rules.min_notional == Decimal(said[symbol]["NOTIONAL"]["minNotional"])


def test_kraken_candles_as_recorded(server: Server) -> None:
    body = _recording("kraken_responses_xchange")["marketdata/example-ohlc-data.json"]
    rows = body["result"]["XXBTZUSD"]
    server.routes["/0/public/OHLC"] = lambda _: body
    venue = _venue(server, "kraken", ("BTC/USD", "XXBTZUSD"))
    since = datetime.fromtimestamp(rows[0][0], UTC)
    instrument = InstrumentId("BTC/USD@kraken")
    found = venue.candles(instrument, Timeframe.M1, since, since + timedelta(minutes=719))
    assert len(found) == 719  # the last recorded row was still forming
    assert found.close[10] == float(rows[10][4])
    assert found.volume[10] == float(rows[10][6])


def test_kraken_rules_as_recorded(server: Server) -> None:
    body = _recording("kraken_responses_xchange")["marketdata/example-assetpairs-data.json"]
    for pair in body["result"].values():
        pair["status"] = "online"  # a field that is younger than the recording
    server.routes["/0/public/AssetPairs"] = lambda _: body
    found = {one.instrument.symbol: one for one in _venue(server, "kraken").instruments(NOW)}
    assert found
    assert not [symbol for symbol in found if symbol.endswith(".d")]
    assert found["XXBTZUSD"].instrument.id == "BTC/USD@kraken"
    for symbol, rules in found.items():
        decimals = body["result"][symbol]["pair_decimals"]
        assert rules.tick == Decimal(1).scaleb(-decimals)


@pytest.mark.parametrize("name", ["kraken", "kucoin", "binance"])
def test_cassettes_of_market_lists_and_prices_are_read(server: Server, name: str) -> None:
    for answer in _recording(f"{name}_vcr_coingecko"):
        body = answer["body"]
        path = "/" + answer["url"].split("/", 3)[3].split("?")[0]
        path = path.replace("/api/v1/", "/api/v3/") if name == "binance" else path
        if path == "/0/public/AssetPairs":
            for pair in body["result"].values():
                pair["status"] = "online"
        said: Route = partial(_said, body)
        server.routes.setdefault(path, said)
        server.routes.setdefault(path.replace("/v1/symbols", "/v2/symbols"), said)
    found = _venue(server, name).instruments(NOW)
    assert len(found) > 20
    assert all(rules.tick > 0 and rules.lot > 0 for rules in found)
    assert len({rules.instrument.id for rules in found}) == len(found)
    if name == "kraken":
        quote = _venue(server, name, ("BCH/EUR", "BCHEUR")).quote(
            InstrumentId("BCH/EUR@kraken"), NOW
        )
        assert (quote.last, quote.bid) == (Decimal("355.4"), Decimal("354.3"))
