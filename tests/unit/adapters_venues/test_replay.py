import gzip
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightdesk.adapters.venues.replay.venue import RECORDED, ReplayVenues
from nightdesk.core.clock import iso, millis
from nightdesk.core.errors import Misconfigured, UnknownInstrument, VenueUnavailable
from nightdesk.core.ids import InstrumentId
from nightdesk.market.quality import holes, malformed
from nightdesk.market.timeframe import Timeframe

BTC = InstrumentId("BTC/USD@bitstamp")
HOURLY = InstrumentId("BTC/USD@coinbase")
HEADER = "timestamp,open,high,low,close,volume"
DAY = 86_400_000
START = datetime(2024, 1, 1, tzinfo=UTC)


def a_folder(tmp_path: Path, rows: Sequence[str], name: str = "kraken_XRP-EUR_1d.csv.gz") -> Path:
    with gzip.open(tmp_path / name, "wt") as file:
        file.write("\n".join([HEADER, *rows]) + "\n")
    return tmp_path


def days(n: int, *, start: int = millis(START), price: float = 0.5) -> list[str]:
    return [f"{start + i * DAY},{price},{price},{price},{price},10" for i in range(n)]


@pytest.fixture(scope="module")
def recorded() -> ReplayVenues:
    return ReplayVenues()


def test_recorded_data_of_the_product_is_whole(recorded: ReplayVenues) -> None:
    expected = {
        ("BTC/USD@bitstamp", Timeframe.D1): (1865, 12, "2014-11-28", "2020-01-17"),
        ("ETH/USD@bitstamp", Timeframe.D1): (788, 12, "2017-11-09", "2020-01-17"),
        ("LTC/USD@bitstamp", Timeframe.D1): (925, 12, "2017-06-25", "2020-01-17"),
        ("BTC/USD@coinbase", Timeframe.H1): (20111, 0, "2017-07-01", "2019-10-17"),
    }
    for (name, timeframe), (n, missing, first, last) in expected.items():
        instrument = InstrumentId(name)
        venue = recorded(name.partition("@")[2])
        series = venue._series(instrument, timeframe)
        assert len(series) == n
        assert not malformed(series, datetime(2026, 1, 1, tzinfo=UTC)).any()
        assert sum(hole.missing for hole in holes(series)) == missing
        assert (iso(series.first_open)[:10], iso(series.last_open)[:10]) == (first, last)
        assert list(recorded.timeframes(instrument)) == [timeframe]


def test_provenance_stands_beside_the_files() -> None:
    text = (RECORDED / "PROVENANCE.md").read_text()
    for path in RECORDED.glob("*.csv.gz"):
        assert path.name in text
    assert "Apache License 2.0" in text


@given(
    since=st.datetimes(datetime(2017, 6, 1), datetime(2019, 11, 1)),  # noqa: DTZ001
    hours=st.integers(0, 3000),
)
def test_nothing_is_told_that_has_not_closed_by_until(
    recorded: ReplayVenues, since: datetime, hours: int
) -> None:
    begin = since.replace(tzinfo=UTC)
    until = begin + timedelta(hours=hours)
    found = recorded("coinbase").candles(HOURLY, Timeframe.H1, begin, until)
    assert len(found) <= 1000
    if len(found):
        assert found.first_open >= begin
        assert found.last_open + timedelta(hours=1) <= until


def test_a_candle_that_opened_a_microsecond_before_since_is_not_told(
    recorded: ReplayVenues,
) -> None:
    opened = datetime(2018, 1, 1, tzinfo=UTC)
    venue, until = recorded("coinbase"), opened + timedelta(hours=5)
    found = venue.candles(HOURLY, Timeframe.H1, opened + timedelta(microseconds=1), until)
    assert found.first_open == opened + timedelta(hours=1)


def test_pages_make_the_whole(recorded: ReplayVenues) -> None:
    venue, at, total = recorded("bitstamp"), datetime(2014, 1, 1, tzinfo=UTC), 0
    until = datetime(2021, 1, 1, tzinfo=UTC)
    while len(page := venue.candles(BTC, Timeframe.D1, at, until)):
        total += len(page)
        at = page.last_open + timedelta(days=1)
    assert total == 1865


def test_quote_is_the_open_of_the_bar_that_contains_the_moment(recorded: ReplayVenues) -> None:
    at = datetime(2018, 2, 6, tzinfo=UTC)
    series = recorded("bitstamp")._series(BTC, Timeframe.D1)
    bar = series.since(at).rows(0, 1)
    for moment in (at, at + timedelta(hours=23)):
        quote = recorded("bitstamp").quote(BTC, moment)
        assert (quote.last, quote.at) == (Decimal(repr(float(bar.open[0]))), at)


def test_quote_in_an_outage_is_the_last_close_and_says_how_old(recorded: ReplayVenues) -> None:
    series = recorded("bitstamp")._series(BTC, Timeframe.D1)
    [hole] = holes(series)
    before = series.closed(hole.since)
    quote = recorded("bitstamp").quote(BTC, hole.since + timedelta(days=5))
    assert quote.last == Decimal(repr(float(before.close[-1])))
    assert quote.at == hole.since


def test_quote_before_the_record_begins_is_no_price(recorded: ReplayVenues) -> None:
    with pytest.raises(VenueUnavailable):
        recorded("bitstamp").quote(BTC, datetime(2010, 1, 1, tzinfo=UTC))


def test_rules_do_not_change_while_a_replay_runs(recorded: ReplayVenues) -> None:
    venue = recorded("bitstamp")
    early, late = (venue.rules(BTC, datetime(year, 1, 1, tzinfo=UTC)) for year in (2015, 2020))
    assert early == late
    assert early.tick == Decimal("0.01")
    assert not early.stale(datetime(2020, 1, 18, tzinfo=UTC))
    assert [rules.instrument.id for rules in venue.instruments(START)] == [
        "BTC/USD@bitstamp", "ETH/USD@bitstamp", "LTC/USD@bitstamp"
    ]  # fmt: skip


def test_rules_of_a_cheap_coin_have_a_finer_tick(tmp_path: Path) -> None:
    venue = ReplayVenues(a_folder(tmp_path, days(3)))("kraken")
    rules = venue.rules(InstrumentId("XRP/EUR@kraken"), START)
    assert rules.tick == Decimal("0.00001")
    assert rules.source == "assumed"


def test_rules_file_of_the_folder_wins(tmp_path: Path) -> None:
    (tmp_path / "rules.json").write_text('{"XRP/EUR@kraken": {"tick": "0.0001"}}')
    venue = ReplayVenues(a_folder(tmp_path, days(3)))("kraken")
    assert venue.rules(InstrumentId("XRP/EUR@kraken"), START).tick == Decimal("0.0001")


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"XRP/EUR@kraken": {"tack": "1"}}', '{"XRP/EUR@kraken": {"tick": "x"}}']
)
def test_bad_rules_file_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "rules.json").write_text(text)
    with pytest.raises(Misconfigured, match=r"rules\.json"):
        ReplayVenues(a_folder(tmp_path, days(3)))("kraken").instruments(START)


def test_files_of_one_market_are_one_series_and_other_names_are_left_alone(tmp_path: Path) -> None:
    a_folder(tmp_path, days(3), "kraken_XRP-EUR_1d_first.csv.gz")
    a_folder(tmp_path, days(2, start=millis(START) + 3 * DAY), "kraken_XRP-EUR_1d_then.csv.gz")
    (tmp_path / "BTC-USD_1m_2022-01.csv.gz").write_bytes(b"not ours")
    venues = ReplayVenues(tmp_path)
    assert venues.names() == ["kraken"]
    instrument = InstrumentId("XRP/EUR@kraken")
    found = venues("kraken").candles(instrument, Timeframe.D1, START, START + timedelta(days=9))
    assert len(found) == 5


def test_unknown_venue_instrument_and_timeframe(recorded: ReplayVenues) -> None:
    with pytest.raises(UnknownInstrument):
        recorded("kraken")
    with pytest.raises(UnknownInstrument):
        recorded("bitstamp").quote(InstrumentId("XRP/USD@bitstamp"), START)
    with pytest.raises(UnknownInstrument):
        recorded("bitstamp").candles(BTC, Timeframe.H1, START, START)


def test_folder_that_is_not_there_or_empty_says_so(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="not there"):
        ReplayVenues(tmp_path / "none")
    with pytest.raises(Misconfigured, match=r"no candles.*bitstamp_BTC-USD_1d"):
        ReplayVenues(tmp_path)


T = millis(START)


@pytest.mark.parametrize(
    "row",
    [
        f"{T + DAY},1,1,1,1",
        f"{T + DAY},1,1,1,x,1",
        f"{T + DAY},1,1,1,nan,1",
        f"{T + DAY + 1},1,1,1,1,1",
        f"{T},1,1,1,1,1",
        f"{T - DAY},1,1,1,1,1",
        "",
    ],
    ids=["short", "text", "nan", "misaligned", "twice", "back", "blank"],
)
def test_broken_row_is_named_by_file_and_line(tmp_path: Path, row: str) -> None:
    folder = a_folder(tmp_path, [*days(1), row, *days(1, start=T + 2 * DAY)])
    venue = ReplayVenues(folder)("kraken")
    with pytest.raises(Misconfigured, match=r"kraken_XRP-EUR_1d\.csv\.gz line 3"):
        venue.candles(InstrumentId("XRP/EUR@kraken"), Timeframe.D1, START, START)


def test_file_that_is_no_gzip_or_has_another_header_is_named(tmp_path: Path) -> None:
    (tmp_path / "kraken_XRP-EUR_1d.csv.gz").write_bytes(b"plain")
    (tmp_path / "kraken_ADA-EUR_1d.csv.gz").write_bytes(gzip.compress(b"time,price\n1,2\n"))
    venue = ReplayVenues(tmp_path)("kraken")
    with pytest.raises(Misconfigured, match="cannot be read"):
        venue.candles(InstrumentId("XRP/EUR@kraken"), Timeframe.D1, START, START)
    with pytest.raises(Misconfigured, match="line 1"):
        venue.candles(InstrumentId("ADA/EUR@kraken"), Timeframe.D1, START, START)
