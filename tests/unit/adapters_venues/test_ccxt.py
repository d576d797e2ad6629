"""Each venue's real REST protocol, hand-made answers of the wire's shape."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from nightdesk.adapters.venues.ccxt import CcxtVenue, CcxtVenues
from nightdesk.core.errors import RateLimited, UnknownInstrument, VenueUnavailable
from nightdesk.core.ids import InstrumentId
from nightdesk.market import fees
from nightdesk.market.instruments import FeeAsset, Instrument, TradingStatus
from nightdesk.market.timeframe import Timeframe
from tests.builders.market import MemoryRules, some_rules
from tests.unit.adapters_venues.rest import Answer, Query, Server, serving

HOUR = 3_600_000
T0 = 1_577_836_800_000  # 2020-01-01
START = datetime(2020, 1, 1, tzinfo=UTC)

BINANCE = InstrumentId("BTC/USDT@binance")
KRAKEN = InstrumentId("BTC/USD@kraken")
KUCOIN = InstrumentId("BTC/USDT@kucoin")


def _stored(instrument_id: InstrumentId, symbol: str) -> MemoryRules:
    instrument = Instrument(id=instrument_id, symbol=symbol)
    return MemoryRules(some_rules(instrument_id, instrument=instrument))


def _venue(server: Server, name: str, stored: MemoryRules, timeout: float = 5) -> CcxtVenue:
    venues = CcxtVenues(
        enabled=[name],
        stored=stored,
        timeout_seconds=timeout,
        base_urls={name: server.url},
        throttle=False,
    )
    return venues(name)


@pytest.fixture
def server() -> Iterator[Server]:
    with serving({}) as running:
        yield running


def binance_klines(query: Query) -> Any:
    first = int(query["startTime"]) // HOUR
    rows = []
    for i in range(first, first + int(query["limit"])):
        price = f"{7000 + i % 100}.10000000"
        close_time = (i + 1) * HOUR - 1
        rows.append(
            [i * HOUR, price, price, price, price, "1.5", close_time, "0", 9, "0", "0", "0"]
        )
    return rows


BINANCE_SYMBOL: dict[str, Any] = {
    "symbol": "BTCUSDT",
    "status": "TRADING",
    "baseAsset": "BTC",
    "baseAssetPrecision": 8,
    "quoteAsset": "USDT",
    "quotePrecision": 8,
    "quoteAssetPrecision": 8,
    "orderTypes": ["LIMIT", "MARKET"],
    "isSpotTradingAllowed": True,
    "isMarginTradingAllowed": True,
    "permissions": ["SPOT"],
    "filters": [
        {"filterType": "PRICE_FILTER", "minPrice": "0.01", "maxPrice": "1000000.00",
         "tickSize": "0.01000000"},
        {"filterType": "LOT_SIZE", "minQty": "0.00001000", "maxQty": "9000.00000000",
         "stepSize": "0.00001000"},
        {"filterType": "NOTIONAL", "minNotional": "5.00000000", "maxNotional": "9000000.0"},
    ],
}  # fmt: skip


def _binance_symbol(base: str, quote: str = "USDT", **changes: Any) -> dict[str, Any]:
    named = {"symbol": base + quote, "baseAsset": base, "quoteAsset": quote}
    return {**BINANCE_SYMBOL, **named, **changes}


def test_binance_candles_need_no_market_list(server: Server) -> None:
    server.routes["/api/v3/klines"] = binance_klines
    venue = _venue(server, "binance", _stored(BINANCE, "BTCUSDT"))
    found = venue.candles(BINANCE, Timeframe.H1, START, START + timedelta(hours=30))
    assert len(found) == 30
    assert found.first_open == START
    assert found.volume[0] == 1.5
    assert server.asked == [
        (
            "/api/v3/klines",
            {"interval": "1h", "limit": "30", "symbol": "BTCUSDT", "startTime": str(T0)},
        )
    ]


def test_binance_rules_are_exact_and_odd_markets_are_dropped(server: Server) -> None:
    no_tick = [row for row in BINANCE_SYMBOL["filters"] if row["filterType"] != "PRICE_FILTER"]
    zero_tick = [{**BINANCE_SYMBOL["filters"][0], "tickSize": "0.00000000"}, *no_tick]
    server.routes["/api/v3/exchangeInfo"] = lambda _: {
        "timezone": "UTC",
        "symbols": [
            _binance_symbol("BTC"),
            _binance_symbol("J"),
            _binance_symbol("ETH", status="BREAK"),
            _binance_symbol("LTC", status="WHO_KNOWS"),
            _binance_symbol("BTCUP"),
            _binance_symbol("ETH3S"),
            _binance_symbol("BTC", "EUR"),
            _binance_symbol("XRP", filters=zero_tick, quotePrecision=None),
        ],
    }
    venue = _venue(server, "binance", MemoryRules())
    rules = {one.instrument.id: one for one in venue.instruments(START)}
    assert sorted(rules) == [
        "BTC/EUR@binance", "BTC/USDT@binance", "ETH/USDT@binance", "J/USDT@binance"
    ]  # fmt: skip
    btc = rules[BINANCE]
    assert (btc.tick, btc.lot) == (Decimal("0.01"), Decimal("0.00001"))
    assert (btc.min_quantity, btc.min_notional) == (Decimal("0.00001"), Decimal(5))
    assert (btc.max_quantity, btc.fee_asset) == (Decimal(9000), FeeAsset.RECEIVED)
    assert (btc.instrument.symbol, btc.status) == ("BTCUSDT", TradingStatus.TRADING)
    assert rules[InstrumentId("ETH/USDT@binance")].status is TradingStatus.HALTED
    assert btc.version == venue.rules(BINANCE, START + timedelta(days=1)).version
    with pytest.raises(UnknownInstrument):
        venue.rules(InstrumentId("XRP/USDT@binance"), START)


def test_binance_quote_is_exact(server: Server) -> None:
    server.routes["/api/v3/ticker/24hr"] = lambda _: {
        "symbol": "BTCUSDT", "lastPrice": "60000.10000000", "bidPrice": "60000.09000000",
        "askPrice": "60000.11000000", "openTime": T0, "closeTime": T0 + 5, "volume": "1",
        "quoteVolume": "1", "openPrice": "1", "highPrice": "1", "lowPrice": "1",
    }  # fmt: skip
    venue = _venue(server, "binance", _stored(BINANCE, "BTCUSDT"))
    quote = venue.quote(BINANCE, START)
    assert (quote.last, quote.bid, quote.ask) == (
        Decimal("60000.1"), Decimal("60000.09"), Decimal("60000.11")
    )  # fmt: skip
    assert quote.at == START + timedelta(milliseconds=5)


def kraken_ohlc(_: Query) -> Any:
    first = T0 // 1000
    rows = [
        [first + 3600 * i, "7000.1", "7010.0", "6990.0", "7005.5", "7001.0", "12.5", 42]
        for i in range(720)
    ]
    return {"error": [], "result": {"XXBTZUSD": rows, "last": first + 3600 * 718}}


def test_kraken_candles_are_cut_to_what_was_asked(server: Server) -> None:
    server.routes["/0/public/OHLC"] = kraken_ohlc
    venue = _venue(server, "kraken", _stored(KRAKEN, "XXBTZUSD"))
    since = START + timedelta(hours=100)
    found = venue.candles(KRAKEN, Timeframe.H1, since, since + timedelta(hours=5))
    assert (len(found), found.first_open) == (5, since)
    assert (found.open[0], found.volume[0]) == (7000.1, 12.5)
    assert server.paths() == ["/0/public/OHLC"]


def _kraken_pair(altname: str, base: str, quote: str, **changes: Any) -> dict[str, Any]:
    return {
        "altname": altname, "wsname": altname, "base": base, "quote": quote,
        "pair_decimals": 1, "lot_decimals": 8, "lot_multiplier": 1,
        "leverage_buy": [], "leverage_sell": [], "fees": [[0, 0.4]], "fees_maker": [[0, 0.25]],
        "ordermin": "0.0001", "costmin": "0.5", "tick_size": "0.1", "status": "online", **changes,
    }  # fmt: skip


def test_kraken_codes_are_canonical_and_dark_pool_twins_are_dropped(server: Server) -> None:
    server.routes["/0/public/AssetPairs"] = lambda _: {
        "error": [],
        "result": {
            "XXBTZUSD": _kraken_pair("XBTUSD", "XXBT", "ZUSD"),
            "XXBTZUSD.d": _kraken_pair("XBTUSD.d", "XXBT", "ZUSD"),
            "XETHZEUR": _kraken_pair("ETHEUR", "XETH", "ZEUR", status="cancel_only"),
            "XXDGZUSD": _kraken_pair("XDGUSD", "XXDG", "ZUSD", tick_size=None, pair_decimals=7),
        },
    }
    venue = _venue(server, "kraken", MemoryRules())
    rules = {one.instrument.id: one for one in venue.instruments(START)}
    assert sorted(rules) == ["BTC/USD@kraken", "DOGE/USD@kraken", "ETH/EUR@kraken"]
    assert rules[KRAKEN].instrument.symbol == "XXBTZUSD"
    assert rules[KRAKEN].tick == Decimal("0.1")
    assert rules[KRAKEN].lot == Decimal("1e-8")
    assert rules[InstrumentId("DOGE/USD@kraken")].tick == Decimal("1e-7")
    assert rules[InstrumentId("ETH/EUR@kraken")].status is TradingStatus.CANCEL_ONLY


def test_kraken_quote(server: Server) -> None:
    server.routes["/0/public/Ticker"] = lambda _: {
        "error": [],
        "result": {
            "XXBTZUSD": {
                "a": ["562.3", "1", "1.000"], "b": ["560.4", "1", "1.000"],
                "c": ["560.9", "0.01"], "v": ["84.2", "600.9"], "p": ["562.1", "576.7"],
                "t": [305, 2783], "l": ["560.0", "560.0"], "h": ["570.0", "591.1"], "o": "568.9",
            }
        },
    }  # fmt: skip
    venue = _venue(server, "kraken", _stored(KRAKEN, "XXBTZUSD"))
    quote = venue.quote(KRAKEN, START)
    assert (quote.last, quote.bid, quote.ask) == (
        Decimal("560.9"), Decimal("560.4"), Decimal("562.3")
    )  # fmt: skip


def kucoin_candles(query: Query) -> Any:
    start, end = int(query["startAt"]) // 3600, int(query["endAt"]) // 3600
    rows = [
        [str(i * 3600), "7000.1", "7005.5", "7010", "6990", "12.5", "87500"]
        for i in range(start, end)
    ]
    return {"code": "200000", "data": rows[::-1]}  # newest first, close before high and low


def test_kucoin_candles_come_newest_first_and_leave_sorted(server: Server) -> None:
    server.routes["/api/v1/market/candles"] = kucoin_candles
    venue = _venue(server, "kucoin", _stored(KUCOIN, "BTC-USDT"))
    found = venue.candles(KUCOIN, Timeframe.H1, START, START + timedelta(hours=5))
    assert (len(found), found.first_open) == (5, START)
    assert (found.open[0], found.high[0], found.low[0], found.close[0]) == (
        7000.1, 7010.0, 6990.0, 7005.5
    )  # fmt: skip
    assert server.paths() == ["/api/v1/market/candles"]


def test_kucoin_rules(server: Server) -> None:
    row = {
        "symbol": "BTC-USDT", "baseCurrency": "BTC", "quoteCurrency": "USDT",
        "baseMinSize": "0.00001", "baseMaxSize": "10000", "quoteMinSize": "0.1",
        "quoteMaxSize": "99999999", "baseIncrement": "0.00000001", "priceIncrement": "0.1",
        "quoteIncrement": "0.000001", "enableTrading": True, "isMarginEnabled": True,
        "minFunds": "0.1", "market": "USDS",
    }  # fmt: skip
    off = {**row, "symbol": "BTC3L-USDT", "baseCurrency": "BTC3L", "enableTrading": False}
    for path in ("/api/v1/symbols", "/api/v2/symbols"):
        server.routes[path] = lambda _: {"code": "200000", "data": [row, off]}
    venue = _venue(server, "kucoin", MemoryRules())
    [rules] = venue.instruments(START)
    assert (rules.tick, rules.lot) == (Decimal("0.1"), Decimal("1e-8"))
    assert rules.status is TradingStatus.TRADING
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (Answer({"code": -1003, "msg": "Too many requests"}, 429), RateLimited),
        (Answer({"code": -1003, "msg": "banned"}, 418), RateLimited),
        (Answer({"code": -1121, "msg": "Invalid symbol."}, 400), UnknownInstrument),
        (Answer("<html>bad gateway</html>", 502), VenueUnavailable),
        (Answer({"code": -1001, "msg": "DISCONNECTED"}, 503), VenueUnavailable),
        (Answer("not json"), VenueUnavailable),
        (Answer([], after=1.5), VenueUnavailable),
    ],
    ids=["429", "418", "symbol", "502", "503", "garbage", "slow"],
)
def test_faults_of_the_wire_say_what_may_be_done(
    server: Server, answer: Answer, fault: type[Exception]
) -> None:
    server.routes["/api/v3/klines"] = lambda _: answer
    venue = _venue(server, "binance", _stored(BINANCE, "BTCUSDT"), timeout=0.5)
    with pytest.raises(fault):
        venue.candles(BINANCE, Timeframe.H1, START, START + timedelta(hours=3))


def test_retry_after_is_told(server: Server) -> None:
    server.routes["/api/v3/klines"] = lambda _: Answer(
        {"code": -1003, "msg": "Too many requests"}, 429, {"Retry-After": "17"}
    )
    venue = _venue(server, "binance", _stored(BINANCE, "BTCUSDT"))
    with pytest.raises(RateLimited) as caught:
        venue.candles(BINANCE, Timeframe.H1, START, START + timedelta(hours=3))
    assert caught.value.retry_after == 17.0


def test_nobody_listening_is_venue_unavailable() -> None:
    with serving({}) as gone:
        pass
    venue = _venue(gone, "binance", _stored(BINANCE, "BTCUSDT"), timeout=0.5)
    with pytest.raises(VenueUnavailable):
        venue.quote(BINANCE, START)


def test_kraken_error_in_a_200_answer_is_a_fault(server: Server) -> None:
    server.routes["/0/public/OHLC"] = lambda _: {"error": ["EQuery:Unknown asset pair"]}
    venue = _venue(server, "kraken", _stored(KRAKEN, "XXBTZUSD"))
    with pytest.raises(UnknownInstrument):
        venue.candles(KRAKEN, Timeframe.H1, START, START + timedelta(hours=3))
    server.routes["/0/public/OHLC"] = lambda _: {"error": ["EAPI:Rate limit exceeded"]}
    with pytest.raises(RateLimited):
        venue.candles(KRAKEN, Timeframe.H1, START, START + timedelta(hours=3))


def test_instrument_without_stored_rules_is_unknown_and_no_call_is_made(server: Server) -> None:
    venue = _venue(server, "binance", MemoryRules())
    with pytest.raises(UnknownInstrument):
        venue.candles(BINANCE, Timeframe.H1, START, START + timedelta(hours=3))
    assert server.asked == []


def test_only_enabled_venues_of_ccxt_are_named() -> None:
    venues = CcxtVenues(
        enabled=["kraken", "binance", "valr", "nowhere"], stored=MemoryRules(), timeout_seconds=5
    )
    assert venues.names() == ["binance", "kraken"]
    assert Timeframe.W1 in venues.timeframes(BINANCE)
    assert Timeframe.W1 not in venues.timeframes(KRAKEN)
    with pytest.raises(UnknownInstrument):
        venues("kucoin")


@pytest.mark.parametrize(
    "name", [name for name, facts in fees.venues().items() if facts.adapter == "ccxt"]
)
def test_each_venue_of_the_table_can_be_made(name: str) -> None:
    venues = CcxtVenues(enabled=[name], stored=MemoryRules(), timeout_seconds=5)
    assert venues(name).exchange.has["fetchOHLCV"]
    assert {timeframe.value for timeframe in fees.facts(name).timeframes} <= set(
        venues(name).exchange.timeframes
    )
