from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from nightdesk.core.errors import UnknownInstrument
from nightdesk.core.ids import InstrumentId
from nightdesk.market import fees
from nightdesk.market.fees import Confidence
from nightdesk.market.instruments import FeeAsset, Instrument, QuoteClass

NOW = datetime(2025, 1, 1, tzinfo=UTC)
F, S, C = QuoteClass.FIAT, QuoteClass.STABLE, QuoteClass.CRYPTO


@pytest.mark.parametrize(
    ("venue", "quote", "maker", "taker", "asset"),
    [
        ("binance", S, "10", "10", FeeAsset.RECEIVED),
        ("kucoin", S, "10", "10", FeeAsset.QUOTE),
        ("kraken", F, "25", "40", FeeAsset.QUOTE),
        ("luno", F, "40", "60", FeeAsset.RECEIVED),
        ("valr", F, "18", "35", FeeAsset.RECEIVED),
        ("valr", C, "8", "10", FeeAsset.RECEIVED),
        ("valr", S, "5", "10", FeeAsset.RECEIVED),
        ("onetrading", F, "10", "15", FeeAsset.QUOTE),
        ("bitvavo", F, "15", "25", FeeAsset.QUOTE),
        ("okx", S, "10", "15", FeeAsset.QUOTE),
        ("bybit", S, "10", "10", FeeAsset.QUOTE),
        ("coinbase", F, "60", "120", FeeAsset.QUOTE),
        ("bitstamp", F, "30", "40", FeeAsset.QUOTE),
    ],
    ids=str,
)
def test_base_tier_is_that_of_the_table(
    venue: str, quote: QuoteClass, maker: str, taker: str, asset: FeeAsset
) -> None:
    row = fees.fee(venue, quote, NOW)
    assert (row.maker_bps, row.taker_bps, row.fee_asset) == (Decimal(maker), Decimal(taker), asset)


@pytest.mark.parametrize(
    ("instrument", "bps"),
    [
        ("BTC/USDT@binance", "0.5"),
        ("SOL/USDT@binance", "6"),
        ("ETH/USDT@kucoin", "1"),
        ("BTC/USD@kraken", "2"),
        ("BTC/CHF@kraken", "12"),
        ("SOL/EUR@kraken", "10"),
        ("BTC/ZAR@luno", "10"),
        ("XRP/ZAR@luno", "100"),
        ("XRP/ZAR@valr", "15"),
        ("BTC/ZAR@ovex", "50"),
        ("ADA/EUR@bitvavo", "15"),
        ("LTC/USD@bitstamp", "15"),
        ("BTC/USD@bitstamp", "1"),
    ],
)
def test_half_spread_is_that_of_the_table(instrument: str, bps: str) -> None:
    found = fees.half_spread(Instrument(id=InstrumentId(instrument), symbol="x"))
    assert found == Decimal(bps)


def test_row_in_force_on_the_day_counts_and_else_the_earliest_which_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    known = fees.facts("bitstamp")
    rows = tuple(
        fees.FeeRow(
            venue="bitstamp",
            quote_class=None,
            maker_bps=Decimal(bps),
            taker_bps=Decimal(bps),
            fee_asset=FeeAsset.QUOTE,
            effective_from=date(year, 6, 1),
            observed_on=date(year, 6, 1),
            source="test",
            confidence=Confidence.RECORDED,
        )
        for year, bps in ((2019, 25), (2021, 50))
    )
    dated = fees.VenueFacts(
        **{name: getattr(known, name) for name in known.__slots__ if name != "fees"}, fees=rows
    )
    monkeypatch.setattr(fees, "venues", lambda: {"bitstamp": dated})
    at = [datetime(year, 5, 1, tzinfo=UTC) for year in (2018, 2020, 2022)]
    found = [fees.fee("bitstamp", F, moment) for moment in at]
    assert [row.taker_bps for row in found] == [25, 25, 50]
    assert [row.in_force(moment) for row, moment in zip(found, at, strict=True)] == [
        False, True, True
    ]  # fmt: skip


def test_each_row_is_dated_and_says_where_it_comes_from() -> None:
    for venue in fees.venues().values():
        for row in venue.fees:
            assert row.source
            assert row.effective_from <= row.observed_on
    assumed = {name for name, venue in fees.venues().items()
               if venue.fees[0].confidence is Confidence.ASSUMED}  # fmt: skip
    assert {"okx", "bybit", "coinbase", "bitstamp"} <= assumed


def test_unknown_venue() -> None:
    with pytest.raises(UnknownInstrument):
        fees.fee("nowhere", F, NOW)
