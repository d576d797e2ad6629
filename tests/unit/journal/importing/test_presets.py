"""Each preset on a small made-up file: fills and movements as worked out by hand."""

# ruff: noqa: E501 - rows are as long as venues make them

import pytest

from nightdesk.journal.presets import PRESETS, template
from nightdesk.journal.recorded import fill_of
from nightdesk.journal.trade import Action, ExitReason
from nightdesk.trading.external import Market, RecordKind
from tests.unit.journal.importing.rig import D, fills, movements, read


def test_the_own_template_reads_itself() -> None:
    (record,), issues = read(template())
    assert issues == []
    assert fills([record]) == [
        (
            "2024-03-05 14:30:00",
            "BTC/EUR@kraken",
            "buy",
            D("0.25"),
            D("58000.50"),
            D("14.50"),
            "EUR",
        )
    ]
    assert (record.account, record.ref, record.order) == ("my account", "T-1", "O-1")
    assert (record.stop, record.target) == (D(56500), D(62000))
    assert (record.setup, record.tags, record.note) == (
        "breakout",
        ("plan", "a-setup"),
        "First hour",
    )


KRAKEN_LEDGERS = """"txid","refid","time","type","subtype","aclass","asset","wallet","amount","fee","balance"
"","D1","2024-01-02 09:00:00","deposit","","currency","ZEUR","spot",5000.0000,0.0000,""
"L1","D1","2024-01-02 09:01:00","deposit","","currency","ZEUR","spot",5000.0000,0.0000,5000.0000
"L2","T1","2024-01-03 10:00:00","trade","tradespot","currency","ZEUR","spot",-2000.0000,5.2000,2994.8000
"L3","T1","2024-01-03 10:00:00","trade","tradespot","currency","XXBT","spot",0.0500000000,0,0.0500000000
"L4","T2","2024-01-04 11:00:00","trade","tradespot","currency","XXBT","spot",-0.0200000000,0,0.03
"L5","T2","2024-01-04 11:00:00","trade","tradespot","currency","ZEUR","spot",840.0000,2.1840,3832.6160
"L6","S1","2024-01-05 00:00:00","staking","","currency","ETH2.S","spot",0.0100000000,0,0.01
"L7","X1","2024-01-05 01:00:00","spend","","currency","ZEUR","spot",-100.0000,1.5000,3731.1160
"L8","X1","2024-01-05 01:00:00","receive","","currency","ADA","spot",200.00000000,0,200.0
"L9","W1","2024-01-06 08:00:00","withdrawal","","currency","XXBT","spot",-0.0100000000,0.0001500000,0.01985
"LA","R1","2024-01-06 09:00:00","rollover","","currency","ZEUR","spot",0.0000,0.4000,3730.7160
"LB","E1","2024-01-07 09:00:00","earn","allocation","currency","ADA","spot",-50.0,0,150.0
"LC","U1","2024-01-08 09:00:00","trade","tradespot","currency","ZEUR","spot",-10.0,0.1,3720.6
"""


def test_kraken_ledgers_join_legs_by_their_reference() -> None:
    records, issues = read(KRAKEN_LEDGERS)
    assert fills(records) == [
        ("2024-01-03 10:00:00", "BTC/EUR@kraken", "buy", D("0.05"), D(40000), D("5.2"), "EUR"),
        ("2024-01-04 11:00:00", "BTC/EUR@kraken", "sell", D("0.02"), D(42000), D("2.184"), "EUR"),
        ("2024-01-05 01:00:00", "ADA/EUR@kraken", "buy", D(200), D("0.5"), D("1.5"), "EUR"),
    ]
    assert movements(records) == [
        ("deposit", "EUR", D(5000), D(0)),
        ("reward", "ETH", D("0.01"), D(0)),
        ("withdrawal", "BTC", D("-0.01"), D("0.00015")),
        ("funding", "EUR", D("-0.4"), D(0)),
        ("transfer", "ADA", D(-50), D(0)),
    ]
    assert [(one.row, one.code) for one in issues] == [(14, "UNBALANCED_GROUP")]


def test_kraken_ledgers_of_today_have_more_columns_and_words() -> None:
    records, issues = read(
        '"txid","refid","time","type","subtype","aclass","subclass","asset","wallet","amount","fee","balance","amountusd","feeusd","balanceusd","feecurrency"\n'
        '"L1","T1","2026-03-03 10:00:00","trade","tradespot","currency","fiat","EUR","spot / main",-120.0,0.48,1129.52,-150.0,0.6,1411.9,"EUR"\n'
        '"L2","T1","2026-03-03 10:00:00","trade","tradespot","currency","crypto","ALGO","spot / main",320.0,0.0,320.0,150.0,0.0,150.0,""\n'
        '"L3","T2","2026-03-04 10:00:00","trade","tradespot","currency","fiat","EUR","spot / main",-100.0,12.5,1029.52,-110.0,0.1,1130.0,"KFEE"\n'
        '"L4","T2","2026-03-04 10:00:00","trade","tradespot","currency","crypto","XBT","spot / main",0.002,0.0,0.002,110.0,0.0,110.0,""\n'
        '"L5","E1","2026-05-12 09:14:41","hybridearnwithdrawal","","currency","stable_coin","USDC","spot / main",-500.0,0,0.00000032,-499.9,0,0,""\n'
        '"L6","B1","2026-05-13 09:14:41","invite bonus","","currency","fiat","EUR","spot / main",10.0,0,1039.52,11.0,0,0,""\n'
    )
    assert issues == []
    assert [one[1:] for one in fills(records)] == [
        ("ALGO/EUR@kraken", "buy", D(320), D("0.375"), D("0.48"), "EUR"),
        ("BTC/EUR@kraken", "buy", D("0.002"), D(50000), D("12.5"), "KFEE"),
    ]
    assert movements(records) == [
        ("transfer", "USDC", D(-500), D(0)),
        ("reward", "EUR", D(10), D(0)),
    ]


KRAKEN_TRADES = """txid,ordertxid,pair,time,type,ordertype,price,cost,fee,vol,margin,misc,ledgers
T1,O1,XXBTZEUR,2024-01-03 10:00:00.1234,buy,limit,40000.0,2000.0,5.2,0.05,0,,"L2,L3"
T2,O2,XXBTZEUR,2024-01-04 11:00:00.5,sell,market,42000.0,840.0,2.184,0.02,0,,"L4,L5"
T3,O3,ADAEUR,2024-01-05 11:00:00,buy,market,0.5,100.0,0.26,200,20,,L6
T4,O4,USDTZUSD,2024-01-05 12:00:00,sell,market,1.001,100.1,0.1,100,0,,L7
"""


def test_kraken_trades_are_the_fills_that_its_ledgers_tell() -> None:
    records, issues = read(KRAKEN_TRADES)
    assert issues == []
    assert [one[1:] for one in fills(records)] == [
        ("BTC/EUR@kraken", "buy", D("0.05"), D(40000), D("5.2"), "EUR"),
        ("BTC/EUR@kraken", "sell", D("0.02"), D(42000), D("2.184"), "EUR"),
        ("ADA/EUR@kraken", "buy", D(200), D("0.5"), D("0.26"), "EUR"),
        ("USDT/USD@kraken", "sell", D(100), D("1.001"), D("0.1"), "USD"),
    ]
    assert records[2].market is Market.MARGIN
    told = {one.fingerprint for one in read(KRAKEN_LEDGERS)[0]}
    assert {records[0].fingerprint, records[1].fingerprint} < told


BINANCE_SPOT = """Date(UTC),Pair,Side,Price,Executed,Amount,Fee
2024-02-01 08:00:00,BTCUSDT,BUY,"42,000.50",0.01000000BTC,420.00500000USDT,0.00001000BTC
2024-02-01 09:30:00,BTCUSDT,SELL,"43,000",0.00500000BTC,215.00000000USDT,0.00025000BNB
2024-02-02 10:00:00,1INCHUSDT,BUY,0.5,100.0000001INCH,50.00000000USDT,0.05USDT
"""


def test_binance_numbers_carry_their_units() -> None:
    records, issues = read(BINANCE_SPOT)
    assert issues == []
    assert fills(records) == [
        (
            "2024-02-01 08:00:00",
            "BTC/USDT@binance",
            "buy",
            D("0.01"),
            D("42000.50"),
            D("0.00001"),
            "BTC",
        ),
        (
            "2024-02-01 09:30:00",
            "BTC/USDT@binance",
            "sell",
            D("0.005"),
            D(43000),
            D("0.00025"),
            "BNB",
        ),
        ("2024-02-02 10:00:00", "1INCH/USDT@binance", "buy", D(100), D("0.5"), D("0.05"), "USDT"),
    ]


def test_binance_older_has_its_fee_coin_in_a_column() -> None:
    records, issues = read(
        "Date(UTC),Market,Type,Price,Amount,Total,Fee,Fee Coin\n"
        "2021-05-01 10:00:00,ETHBTC,SELL,0.05,2,0.1,0.0001,BTC\n"
    )
    assert issues == []
    assert fills(records) == [
        ("2021-05-01 10:00:00", "ETH/BTC@binance", "sell", D(2), D("0.05"), D("0.0001"), "BTC")
    ]


BINANCE_STATEMENT = """User_ID,UTC_Time,Account,Operation,Coin,Change,Remark
1,2024-03-01 12:00:00,Spot,Deposit,USDT,1000,
1,2024-03-01 13:00:00,Spot,Transaction Buy,BTC,0.01,
1,2024-03-01 13:00:00,Spot,Transaction Spend,USDT,-600,
1,2024-03-01 13:00:00,Spot,Transaction Fee,BNB,-0.001,
1,2024-03-01 14:00:00,Spot,Buy,ETH,0.1,
1,2024-03-01 14:00:00,Spot,Buy,ETH,0.1,
1,2024-03-01 14:00:00,Spot,Transaction Related,USDT,-300,
1,2024-03-01 14:00:00,Spot,Transaction Related,USDT,-310,
1,2024-03-01 14:00:00,Spot,Fee,ETH,-0.0001,
1,2024-03-01 14:00:00,Spot,Fee,ETH,-0.0001,
1,2024-03-01 15:00:00,Spot,Binance Convert,BTC,-0.005,
1,2024-03-01 15:00:00,Spot,Binance Convert,USDT,305,
1,2024-03-02 00:00:00,Earn,Simple Earn Flexible Interest,USDT,0.12,
1,2024-03-02 01:00:00,Spot,Transaction Sold,ETH,-0.05,
1,2024-03-02 02:00:00,USD-MFutures,Funding Fee,USDT,-0.4,
1,2024-03-02 03:00:00,Spot,Withdraw,USDT,-50,Withdraw fee is included
1,2024-03-02 04:00:00,Spot,Something New,USDT,5,
"""


def test_a_binance_statement_is_grouped_by_time_and_operation() -> None:
    records, issues = read(BINANCE_STATEMENT)
    assert fills(records) == [
        ("2024-03-01 13:00:00", "BTC/USDT@binance", "buy", D("0.01"), D(60000), D("0.001"), "BNB"),
        ("2024-03-01 14:00:00", "ETH/USDT@binance", "buy", D("0.2"), D(3050), D("0.0002"), "ETH"),
        ("2024-03-01 15:00:00", "BTC/USDT@binance", "sell", D("0.005"), D(61000), D(0), ""),
    ]
    assert movements(records) == [
        ("deposit", "USDT", D(1000), D(0)),
        ("reward", "USDT", D("0.12"), D(0)),
        ("funding", "USDT", D("-0.4"), D(0)),
        ("withdrawal", "USDT", D(-50), D(0)),
    ]
    assert sorted((one.row, one.code.value) for one in issues) == [
        (15, "UNBALANCED_GROUP"),
        (18, "BAD_SIDE"),
    ]


def test_binance_futures_become_movements_of_their_instrument() -> None:
    records, issues = read(
        "Date(UTC),type,Amount,Asset,Symbol,Transaction ID\n"
        "2024-04-01 00:00:00,FUNDING_FEE,-0.25,USDT,BTCUSDT,9001\n"
        "2024-04-01 03:00:00,REALIZED_PNL,12.5,USDT,BTCUSDT,9002\n"
        "2024-04-01 03:00:00,COMMISSION,-0.4,USDT,BTCUSDT,9002\n"
        "2024-04-01 02:00:00,TRANSFER,100,USDT,,9003\n"
    )
    assert issues == []
    assert movements(records) == [
        ("funding", "USDT", D("-0.25"), D(0)),
        ("pnl", "USDT", D("12.5"), D(0)),
        ("fee", "USDT", D("-0.4"), D(0)),
        ("transfer", "USDT", D(100), D(0)),
    ]
    assert records[0].instrument == "BTC/USDT@binance"
    assert len({one.fingerprint for one in records}) == 4


BITPANDA = """Ada Example
Export of 2026-01-01
,
Transaction ID,Timestamp,Transaction Type,In/Out,Amount Fiat,Fiat,Amount Asset,Asset,Asset market price,Asset market price currency,Asset class,Product ID,Fee,Fee asset,Fee percent,Spread,Spread Currency,Tax Fiat
B1,2025-01-05T09:00:00+01:00,deposit,incoming,500.00,EUR,-,EUR,-,-,Fiat,-,0.00,EUR,-,-,-,0.00
B2,2025-01-05T09:05:00+01:00,buy,outgoing,450.00,EUR,0.00500000,BTC,90000.00,EUR,Cryptocurrency,1,-,-,-,-,-,0.00
B3,2025-02-05T09:05:00+01:00,sell,incoming,200.00,EUR,0.00200000,BTC,100000.00,EUR,Cryptocurrency,1,1.50,EUR,-,-,-,5.50
B4,2025-02-06T00:00:00+01:00,reward,incoming,1.00,EUR,0.50000000,ADA,2.00,EUR,Cryptocurrency,2,-,-,-,-,-,-
B5,2025-02-07T00:00:00+01:00,withdrawal,outgoing,90.00,EUR,0.00100000,BTC,90000.00,EUR,Cryptocurrency,1,0.00002,BTC,-,-,-,-
"""


def test_bitpanda_begins_below_its_preamble_and_tells_tax() -> None:
    records, issues = read(BITPANDA)
    assert issues == []
    assert fills(records) == [
        ("2025-01-05 08:05:00", "BTC/EUR@bitpanda", "buy", D("0.005"), D(90000), D(0), ""),
        ("2025-02-05 08:05:00", "BTC/EUR@bitpanda", "sell", D("0.002"), D(100000), D("1.5"), "EUR"),
    ]
    assert [(one.tax_withheld, one.tax_asset) for one in records if one.ref == "B3"] == [
        (D("5.5"), "EUR")
    ]
    assert movements(records) == [
        ("deposit", "EUR", D(500), D(0)),
        ("reward", "ADA", D("0.5"), D(0)),
        ("withdrawal", "BTC", D("-0.001"), D("0.00002")),
    ]


COINBASE = """
Transactions
User,Ada Example,0000
ID,Timestamp,Transaction Type,Asset,Quantity Transacted,Price Currency,Price at Transaction,Subtotal,Total (inclusive of fees and/or spread),Fees and/or Spread,Notes
c1,2025-01-10 12:00:00 UTC,Buy,BTC,0.1,EUR,€40000.00,€4000.00,€4040.00,€40.00,Bought 0.1 BTC
c2,2025-01-11 12:00:00 UTC,Advanced Trade Sell,BTC,-0.05,EUR,"€42,000.00","€2,100.00","€2,094.00",€6.00,Sold
c3,2025-01-12 12:00:00 UTC,Convert,BTC,-0.005,EUR,€60000,€300,€300,€0.00,Converted 0.005 BTC to 0.15 ETH
c4,2025-01-13 12:00:00 UTC,Staking Income,ETH,0.01,EUR,€2000,€20,€20,€0.00,
c5,2025-01-14 12:00:00 UTC,Send,ETH,-0.1,EUR,€2000,,,,Sent
c6,2025-01-15 12:00:00 UTC,Deposit,EUR,1000,EUR,€1.00,€1000,€1000,€0.00,Deposit
c7,2025-01-16 12:00:00 UTC,Retail Staking Transfer,SOL,0.124,EUR,€133.07,€16.5,€16.5,€0.00,
c8,2025-01-17 12:00:00 UTC,Exchange Deposit,SOL,-0.1,EUR,€133.07,€13,€13,€0.00,
"""


def test_coinbase_prices_have_currency_signs_and_converts_are_words() -> None:
    records, issues = read(COINBASE)
    assert issues == []
    assert fills(records) == [
        ("2025-01-10 12:00:00", "BTC/EUR@coinbase", "buy", D("0.1"), D(40000), D(40), "EUR"),
        ("2025-01-11 12:00:00", "BTC/EUR@coinbase", "sell", D("0.05"), D(42000), D(6), "EUR"),
        # 0.15 ETH were bought with 0.005 BTC: 0.0333… BTC each
        (
            "2025-01-12 12:00:00",
            "ETH/BTC@coinbase",
            "buy",
            D("0.15"),
            D("0.033333333333333333"),
            D(0),
            "",
        ),
    ]
    assert movements(records) == [
        ("reward", "ETH", D("0.01"), D(0)),
        ("withdrawal", "ETH", D("-0.1"), D(0)),
        ("deposit", "EUR", D(1000), D(0)),
        ("transfer", "SOL", D("0.124"), D(0)),
        ("transfer", "SOL", D("-0.1"), D(0)),
    ]


BYBIT = """UID: 1,Company Name: ,Country:
Uid,Currency,Contract,Type,Direction,Quantity,Position,Filled Price,Funding,Fee Paid,Cash Flow,Change,Wallet Balance,Action,OrderId,TradeId,Time(UTC)
1,USDT,BTCUSDT,TRADE,SELL,0.005,0,62356,0,-0.17,-0.07,-0.24,280,CLOSE,o4,t4,2026-07-06 12:00:00
1,USDT,BTCUSDT,TRADE,BUY,0.00500000000000000000,0.005,62370,0,-0.17,0,-0.17,270,OPEN,o5,t5,2026-07-05 12:00:00
1,USDT,ETHUSDT,SETTLEMENT,BUY,--,0.12,--,-0.0107,0,0,-0.0107,297,SETTLEMENT,o7,t7,2026-07-06 08:00:00
1,USDT,,TRANSFER_IN,--,--,--,--,--,--,--,50,297,--,o8,,2026-07-04 08:00:00
1,BTC,BTCUSD,TRADE,BUY,100,100,62000,0,-0.00001,0,-0.00001,1,OPEN,o9,t9,2026-07-04 09:00:00
"""


def test_bybit_fees_are_negative_where_they_were_paid() -> None:
    records, issues = read(BYBIT)
    assert fills(records) == [
        ("2026-07-06 12:00:00", "BTC/USDT@bybit", "sell", D("0.005"), D(62356), D("0.17"), "USDT"),
        ("2026-07-05 12:00:00", "BTC/USDT@bybit", "buy", D("0.005"), D(62370), D("0.17"), "USDT"),
    ]
    assert {one.market for one in records} == {Market.PERP}
    assert movements(records) == [
        ("funding", "USDT", D("-0.0107"), D(0)),
        ("transfer", "USDT", D(50), D(0)),
    ]
    assert [(one.row, one.code) for one in issues] == [(7, "UNKNOWN_INSTRUMENT")]


def test_a_liquidation_is_a_fill_that_says_why_the_position_ended() -> None:
    for content, row, forced in (
        (BYBIT, "TRADE,SELL", "LIQUIDATION,SELL"),
        (OKX, "Open short", "Liquidation long"),
    ):
        records, issues = read(content.replace(row, forced))
        found = [fill_of(one) for one in records if one.kind is RecordKind.FILL]
        (ended,) = (one for one in found if one.reason is ExitReason.LIQUIDATION)
        assert ended.side is Action.SELL
        assert fills(records) == fills(read(content)[0])
        assert len(issues) == len(read(content)[1])


OKX = """UID:1,Account Type:Main,Time Zone:UTC+8
id,Order id,Time,Trade Type,Symbol,Action,Amount,Trading Unit,Filled Price,PnL,Fee,Fee Unit,Position Change,Position Balance,Balance Change,Balance,Balance Unit
6,99,2026-05-11 21:37:10,Transfer,,Transfer out,0,cont,0,0,0,BTC,0,0,-0.05,0,BTC
5,77,2026-05-11 21:35:20,Spot,BTC-USDT,Buy,0.002,BTC,80000,0,-0.000002,BTC,0,0,0.001998,0.001998,BTC
4,77,2026-05-11 21:35:20,Spot,BTC-USDT,Buy,0.003,BTC,80000,0,-0.000003,BTC,0,0,0.002997,0.004995,BTC
3,77,2026-05-11 21:35:20,Spot,BTC-USDT,Sell,160,USDT,80000,0,0,USDT,0,0,-160,3840,USDT
2,77,2026-05-11 21:35:20,Spot,BTC-USDT,Sell,240,USDT,80000,0,0,USDT,0,0,-240,3600,USDT
1,55,2026-05-11 20:00:00,Swap,ETH-USDT-SWAP,Open short,0.5,ETH,3000,0,-0.75,USDT,-0.5,-0.5,-0.75,3840,USDT
0,56,2026-05-11 21:00:00,Swap,ETH-USDT-SWAP,Funding fee,0.5,ETH,3000,0.2,0,USDT,0,-0.5,0.2,3840.2,USDT
"""


def test_okx_legs_are_joined_by_order_and_time_in_the_zone_of_the_first_line() -> None:
    records, issues = read(OKX)
    assert issues == []
    assert sorted(fills(records)) == [
        ("2026-05-11 12:00:00", "ETH/USDT@okx", "sell", D("0.5"), D(3000), D("0.75"), "USDT"),
        ("2026-05-11 13:35:20", "BTC/USDT@okx", "buy", D("0.005"), D(80000), D("0.000005"), "BTC"),
    ]
    assert movements(records) == [
        ("transfer", "BTC", D("-0.05"), D(0)),
        ("funding", "USDT", D("0.2"), D(0)),
    ]


def test_okx_of_the_older_header_is_the_same_preset() -> None:
    records, issues = read(
        "id,Order id,Time,Trade Type,Instrument,Type,Amount,Unit,PL,Fee\n"
        "2,7,2022-05-11 10:00:00,Spot,BTC-USDT,Buy,0.01,BTC,0,-0.00001\n"
        "1,7,2022-05-11 10:00:00,Spot,BTC-USDT,Sell,300,USDT,0,0\n"
    )
    assert issues == []
    assert fills(records) == [
        ("2022-05-11 10:00:00", "BTC/USDT@okx", "buy", D("0.01"), D(30000), D("0.00001"), "BTC")
    ]


def test_kucoins_oid_is_an_order_and_no_fill() -> None:
    records, issues = read(
        "oid,symbol,dealPrice,dealValue,amount,fee,direction,createdDate\n"
        "o1,BTC-USDT,42000,420.00,0.01,0.42,buy,2024-01-15 10:00:00\n"
        "o1,BTC-USDT,42000,420.00,0.01,0.42,buy,2024-01-15 10:00:00\n"
    )
    assert issues == []
    assert [(one.order, one.ref, one.fee_asset) for one in records] == [("o1", "", "USDT")] * 2
    assert len({one.fingerprint for one in records}) == 2


def test_every_preset_knows_its_own_header_and_no_other_does() -> None:
    for one in PRESETS.values():
        header = {next(iter(names)) for names in one.signature}
        best = max(PRESETS.values(), key=lambda other: other.matches(header))
        assert best is one


@pytest.mark.parametrize(
    ("pair", "instrument"),
    [
        *(("SHIBUSD", "SHIB/USD"), ("DOTUSD", "DOT/USD"), ("PAXGUSD", "PAXG/USD")),
        *(("BNBUSD", "BNB/USD"), ("XDGUSD", "DOGE/USD"), ("ARBUSD", "ARB/USD")),
        *(("XBTPYUSD", "BTC/PYUSD"), ("TUSDUSD", "TUSD/USD"), ("TUSDEUR", "TUSD/EUR")),
    ],
)
def test_a_coin_in_dollars_is_not_cut_where_another_dollar_begins(
    pair: str, instrument: str
) -> None:
    (record, *_), _ = read(KRAKEN_TRADES.replace("XXBTZEUR", pair))
    assert record.instrument == f"{instrument}@kraken"


@pytest.mark.parametrize(
    ("pair", "base", "quote"),
    [
        *(("BNBBUSD", "BNB", "BUSD"), ("DOTBUSD", "DOT", "BUSD"), ("BTCTUSD", "BTC", "TUSD")),
        # currencies that no list has: the units tell where the pair is cut
        *(("BTCIDRT", "BTC", "IDRT"), ("SHIBBIDR", "SHIB", "BIDR"), ("ADATUSD", "ADA", "TUSD")),
    ],
)
def test_binance_prices_in_dollars_of_its_own(pair: str, base: str, quote: str) -> None:
    newer = f"2022-02-01 08:00:00,{pair},BUY,2,10{base},20{quote},0.01{base}\n"
    older = f"2022-02-01 08:00:00,{pair},BUY,2,10,20,0.01,{base}\n"
    files = {"Date(UTC),Pair,Side,Price,Executed,Amount,Fee\n": newer}
    if quote in {"BUSD", "TUSD"}:
        files["Date(UTC),Market,Type,Price,Amount,Total,Fee,Fee Coin\n"] = older
    for header, row in files.items():
        (record,), issues = read(header + row)
        assert issues == []
        assert record.instrument == f"{base}/{quote}@binance"


def test_a_pair_without_a_venue_is_mostly_in_plain_dollars() -> None:
    for pair, instrument in (
        ("DOTUSD", "DOT/USD"),
        ("PAXGUSD", "PAXG/USD"),
        ("ETHTUSD", "ETH/TUSD"),
    ):
        (record,), _ = read(template().replace("BTC/EUR@kraken", pair))
        assert record.instrument == f"{instrument}@imported"


def test_bitpanda_rounds_prices_so_what_was_paid_counts() -> None:
    header = BITPANDA.splitlines()[3]
    records, issues = read(
        f"{header}\n"
        "B6,2022-02-09T08:18:31+01:00,buy,outgoing,1.40,EUR,50000.00000000,SHIB,0.00,EUR,Cryptocurrency,193,-,-,-,-,-,0.00\n"
        "B7,2022-02-09T08:19:31+01:00,sell,incoming,3.30,EUR,10.00000000,BEST,0.34,EUR,Cryptocurrency,33,-,-,-,-,-,0.00\n"
    )
    assert issues == []
    assert [(one.side, one.quantity * (one.price or D(0))) for one in records] == [
        ("buy", D("1.40")),
        ("sell", D("3.30")),
    ]


def test_what_bitpanda_writes_behind_a_withdrawal_costs_it_nothing() -> None:
    header = BITPANDA.splitlines()[3]
    records, issues = read(
        f"{header}\n"
        "B8,2022-03-21T18:56:17+01:00,withdrawal,outgoing,0,EUR,0.4,ETH,0.00,-,Cryptocurrency,5,0.003,ETH,-,-,-,-,0x00ab,A friend\n"
    )
    assert issues == []
    assert movements(records) == [("withdrawal", "ETH", D("-0.4"), D("0.003"))]


COINBASE_HEADER = COINBASE.splitlines()[3]


def test_coinbase_tells_another_quote_in_words_alone() -> None:
    records, issues = read(
        f"{COINBASE_HEADER}\n"
        "a1,2025-02-18 10:22:40 UTC,Advanced Trade Buy,USDC,4,USD,$1.00,$4.00,$4.02,$0.02,Bought 4 USDC for 3.71 EUR on USDC-EUR at 0.92 EUR/USDC\n"
        'a2,2025-02-19 10:22:40 UTC,Advanced Trade Sell,BTC,-0.5,EUR,"€50,000.00","€25,000.00","€24,900.00",€100.00,"Sold 0.5 BTC for 29,880 USDC on BTC-USDC at 60,000 USDC/BTC"\n'
        "a3,2025-02-20 10:22:40 UTC,Advanced Trade Buy,SOL,0.1,EUR,€190.00,€19.00,€19.20,€0.20,Bought 0.1 SOL for 19.20 EUR on SOL-EUR at 190 EUR/SOL\n"
    )
    assert issues == []
    assert [one[1:] for one in fills(records)] == [
        ("USDC/EUR@coinbase", "buy", D(4), D("0.92"), D("0.03"), "EUR"),
        ("BTC/USDC@coinbase", "sell", D("0.5"), D(60000), D(120), "USDC"),
        ("SOL/EUR@coinbase", "buy", D("0.1"), D(190), D("0.20"), "EUR"),
    ]


def test_what_coinbase_took_counts_where_its_price_or_fee_contradicts_that() -> None:
    records, issues = read(
        f"{COINBASE_HEADER}\n"
        "a1,2022-11-29 00:04:11 UTC,Buy,BTC,0.002,USD,$16000.00,$32.00,$35.00,0.15,Bought 0.002 BTC for 35 USD\n"
        "a2,2026-02-03 18:46:11 UTC,Sell,BTC,-0.02,USD,$73000.00,$1450.00,$1420.00,-15.62,Sold 0.02 BTC for 1420 USD\n"
        "a3,2026-02-04 18:46:11 UTC,Sell,BTC,-0.02,USD,$73000.00,-$1460.00,-$1450.00,$10.004,Sold 0.02 BTC for 1450 USD\n"
        "a4,2021-02-04 18:46:11 UTC,Buy,DOGE,5000,USD,$0.12,$617.50,$622.50,$5.00,Bought 5000 DOGE for 622.50 USD\n"
    )
    assert issues == []
    assert [one[3:] for one in fills(records)] == [
        (D("0.002"), D(16000), D(3), "USD"),
        (D("0.02"), D(72500), D(30), "USD"),
        (D("0.02"), D(73000), D("10.004"), "USD"),
        (D(5000), D("0.1235"), D(5), "USD"),
    ]


def test_what_coinbase_moved_has_its_fee_in_it() -> None:
    records, issues = read(
        f"{COINBASE_HEADER}\n"
        "m1,2025-11-21 15:49:28 UTC,Withdrawal,USD,-490.62,USD,$1.00,$482.03,$490.62,$8.59,To a bank\n"
        "m2,2025-11-22 15:49:28 UTC,Deposit,USD,100,USD,$1.00,$100.00,$103.99,$3.99,By card\n"
        "m3,2025-11-23 15:49:28 UTC,Send,BTC,-0.50001,USD,$90000.00,$45000.90,$45001.80,$0.90,Sent\n"
        "m4,2025-11-24 15:49:28 UTC,Asset Migration,MATIC,-2.5,USD,$0.25,-$0.62,-$0.62,$0.00,\n"
        "m5,2025-11-24 15:49:28 UTC,Asset Migration,POL,2.5,USD,$0.25,$0.62,$0.62,$0.00,\n"
        "m6,2025-11-25 15:49:28 UTC,Subscription Rebates (24 Hours),USDC,6.9,USD,$1.00,$6.9,$6.9,$0.00,\n"
    )
    assert issues == []
    assert movements(records) == [
        ("withdrawal", "USD", D("-482.03"), D("8.59")),
        ("deposit", "USD", D("103.99"), D("3.99")),
        ("withdrawal", "BTC", D("-0.50001"), D(0)),
        ("transfer", "MATIC", D("-2.5"), D(0)),
        ("transfer", "POL", D("2.5"), D(0)),
        ("reward", "USDC", D("6.9"), D(0)),
    ]
    assert sum(one.quantity - one.fee for one in records if one.asset == "USD") == D("-390.62")


def test_spot_rows_among_bybits_derivatives_are_no_fills() -> None:
    records, issues = read(
        f"{BYBIT}"
        "1,USDT,BTCUSDT,TRADE,SELL,181.8,0,90000,0,-0.1818,181.8,181.6182,1317,--,o1,t1,2026-03-02 01:06:00\n"
        "1,BTC,BTCUSDT,TRADE,SELL,-0.00202,0,90000,0,0,-0.00202,-0.00202,0.1,--,o1,t1,2026-03-02 01:06:00\n"
        "1,USDT,BTCUSDT,TRADE,BUY,-20,0,90000,0,-0.02,-20,-20.02,980,--,o2,t2,2026-03-02 01:07:00\n"
    )
    assert records == read(BYBIT)[0]
    assert [(one.row, one.code) for one in issues[1:]] == [
        (8, "UNKNOWN_INSTRUMENT"),
        (9, "UNKNOWN_INSTRUMENT"),
        (10, "UNKNOWN_INSTRUMENT"),
    ]


def test_bybits_older_fees_are_positive_where_they_were_paid() -> None:
    records, issues = read(
        "Time,Currency,Contract,Type,Direction,Quantity,Position,Filled Price,Funding,Fee Paid,Cash Flow,Change,Wallet Balance,Fee Rate,Trade ID,Order ID\n"
        "2023-07-06 12:00:00,USDT,BTCUSDT,trade,Close Long,0.5,0,31000,0,9.3,500,490.7,1480.4,0.0006,t3,o3\n"
        "2023-07-06 08:00:00,USDT,BTCUSDT,funding,Close Long,0.5,0.5,30500,1.5,0,0,-1.5,989.7,0.0001,t2,o2\n"
        "2023-07-05 12:00:00,USDT,BTCUSDT,trade,Open Long,0.5,0.5,30000,0,9,0,-9,991,0.0006,t1,o1\n"
        "2023-07-05 11:00:00,USDT,ETHUSDT,trade,Open Short,1,1,1900,0,-0.2,0,0.2,1000,-0.0001,t0,o0\n"
    )
    assert issues == []
    assert [one[1:] for one in fills(records)] == [
        ("BTC/USDT@bybit", "sell", D("0.5"), D(31000), D("9.3"), "USDT"),
        ("BTC/USDT@bybit", "buy", D("0.5"), D(30000), D(9), "USDT"),
        ("ETH/USDT@bybit", "sell", D(1), D(1900), D("-0.2"), "USDT"),
    ]
    assert movements(records) == [("funding", "USDT", D("-1.5"), D(0))]


def test_small_balances_of_one_second_are_told_apart_by_their_remarks() -> None:
    records, issues = read(
        "User ID,Time,Account,Operation,Coin,Change,Remark\n"
        "1,24-05-01 09:32:03,Spot,Small Assets Exchange BNB,FET,-0.5,FET to BNB\n"
        "1,24-05-01 09:32:03,Spot,Small Assets Exchange BNB,PEPE,-4000,PEPE to BNB\n"
        "1,24-05-01 09:32:03,Spot,Small Assets Exchange BNB,BNB,0.00004,PEPE to BNB\n"
        "1,24-05-01 09:32:03,Spot,Small Assets Exchange BNB,BNB,0.0005,FET to BNB\n"
    )
    assert issues == []
    assert fills(records) == [
        ("2024-05-01 09:32:03", "FET/BNB@binance", "sell", D("0.5"), D("0.001"), D(0), ""),
        ("2024-05-01 09:32:03", "PEPE/BNB@binance", "sell", D(4000), D("0.00000001"), D(0), ""),
    ]


def test_binance_writes_years_of_two_digits_first() -> None:
    for content in (BINANCE_STATEMENT, BINANCE_SPOT):
        short, issues = read(
            content.replace("2024-", "24-").replace("User_ID,UTC_Time", "User ID,Time")
        )
        records, known = read(content)
        assert [(one.fingerprint, one.at) for one in short] == [
            (one.fingerprint, one.at) for one in records
        ]
        assert [(one.row, one.code) for one in issues] == [(one.row, one.code) for one in known]
    (record,), issues = read(
        "User ID,Time,Account,Operation,Coin,Change,Remark\n1,25-07-17 20:06:11,Spot,Deposit,ETH,2,\n"
    )
    assert (record.at.isoformat(), issues) == ("2025-07-17T20:06:11+00:00", [])


@pytest.mark.parametrize(
    ("operation", "kind"),
    [
        *(("Realize profit and loss", "pnl"), ("Send", "withdrawal")),
        *(("Launchpad Subscribe", "transfer"), ("Referral Kickback", "reward")),
        *(("Staking Purchase", "transfer"), ("BNB Fee Deduction", "fee")),
    ],
)
def test_words_of_former_years_in_a_binance_statement(operation: str, kind: str) -> None:
    (record,), issues = read(
        "User_ID,UTC_Time,Account,Operation,Coin,Change,Remark\n"
        f"1,2021-03-01 12:00:00,Spot,{operation},USDT,-5,\n"
    )
    assert issues == []
    assert (record.kind, record.quantity) == (kind, D(-5))
