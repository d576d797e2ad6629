"""Each venue's private history against a server that speaks its protocol and checks as it would."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from nightdesk.accounts.credential import Slot, context_of
from nightdesk.accounts.limits import TakeWeight
from nightdesk.accounts.probing import NotConfigured
from nightdesk.accounts.providers import provider
from nightdesk.accounts.vault import OpenKey
from nightdesk.adapters.clock import WallClock
from nightdesk.adapters.histories import binance as binance_history
from nightdesk.adapters.histories.opening import HISTORIES, OpenHistory
from nightdesk.core.clock import millis
from nightdesk.core.errors import Misconfigured, Missing, RateLimited, VenueUnavailable
from nightdesk.core.ids import ClientOrderId, InstrumentId
from nightdesk.journal import synced
from nightdesk.journal.fingerprint import Ordinals
from nightdesk.journal.importing.draft import Draft
from nightdesk.journal.importing.layout import Overrides, layout
from nightdesk.journal.importing.reading import Reading, Row
from nightdesk.journal.ports.syncs import AccountHistory, KeyRefused
from nightdesk.journal.synced import RowError
from nightdesk.market.instruments import Instrument
from nightdesk.trading.external import Market, RecordKind
from nightdesk.trading.order import Side
from tests.builders.market import MemoryRules, some_rules
from tests.builders.vault import ADA, a_credential, some_fields
from tests.fakes.providers.histories import BinanceAccount, KrakenAccount, KucoinAccount
from tests.fakes.providers.server import Server, always, served
from tests.fakes.syncs import FakeHolds
from tests.fakes.vault import FakeCipher
from tests.unit.accounts.fakes import FakeRateCounters

D = Decimal
NOW = WallClock().now().replace(microsecond=0)
DAY = timedelta(days=1)
VENUES = ("binance", "kraken", "kucoin")
ACCOUNTS = {"binance": BinanceAccount, "kraken": KrakenAccount, "kucoin": KucoinAccount}


def at(days: float) -> datetime:
    return NOW - days * DAY


def ms(days: float) -> int:
    return millis(at(days))


class Keys:
    """One key in the vault."""

    def __init__(self, cipher: FakeCipher, venue: str, **wrong: str) -> None:
        sealed = cipher.seal(
            context_of(ADA, provider(venue), "main", 1), some_fields(venue) | wrong
        )
        self.one = a_credential(owner=ADA, provider=venue, sealed=sealed)

    def slot(self, owner: str, venue: str, label: str) -> Slot | None:
        mine = (owner, venue, label) == (ADA, self.one.provider, "main")
        return Slot(serving=self.one) if mine else None


class Desk:
    """Servers of venues, and accounts opened as `sync_accounts` opens them, led to them."""

    def __init__(self) -> None:
        self.stack = ExitStack()
        self.urls: dict[str, str] = {}
        self.counters, self.holds = FakeRateCounters(), FakeHolds()
        names = [("BTC/USDT", "BTCUSDT"), ("ETH/BTC", "ETHBTC"), ("XRP/EUR", "XRPEUR")]
        self.rules = MemoryRules(
            *(
                some_rules(
                    InstrumentId(f"{pair}@binance"),
                    instrument=Instrument(id=InstrumentId(f"{pair}@binance"), symbol=symbol),
                )
                for pair, symbol in names
            )
        )

    def serve(self, venue: str, account: Any) -> Server:
        server = self.stack.enter_context(served(account))
        self.urls[venue] = server.url
        return server

    def open(self, venue: str, **wrong: str) -> AccountHistory:
        cipher = FakeCipher()
        histories = OpenHistory(
            open_key=OpenKey(Keys(cipher, venue, **wrong), cipher),
            take_weight=TakeWeight(self.counters),
            holds=self.holds,
            rules=self.rules,
            clock=WallClock(),
            base_urls=self.urls,
        )
        return histories(ADA, venue, "main", f"{venue}:main:live", NOW)


@pytest.fixture
def desk() -> Iterator[Desk]:
    desk = Desk()
    with desk.stack:
        yield desk


def test_each_venue_that_can_be_synced_has_a_history_that_is_understood(desk: Desk) -> None:
    assert HISTORIES.keys() == synced.VENUES
    with pytest.raises(Misconfigured, match="luno"):
        desk.open("luno")


def whole(
    history: AccountHistory, part: str, since: datetime, until: datetime = NOW
) -> tuple[list[Draft], list[RowError], int]:
    """Return all that a part tells, its errors, and how many pages that took."""
    told: list[Draft] = []
    errors: list[RowError] = []
    mark, pages = "", 0
    while True:
        page = history.page(part, since, until, mark)
        told += page.told
        errors += page.errors
        pages += 1
        if not page.next:
            return told, errors, pages
        mark = page.next


def a_trade(ident: int, days: float, **changes: Any) -> dict[str, Any]:
    told = {
        "symbol": "BTCUSDT",
        "id": ident,
        "orderId": 100 + ident,
        "price": "50000.10000000",
        "qty": "0.50000000",
        "commission": "0.00050000",
        "commissionAsset": "BTC",
        "time": ms(days),
        "isBuyer": True,
        "isMaker": False,
    }
    return told | changes


def test_binance_tells_trades_in_pages_and_movements_in_spans(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(binance_history, "PAGE", 4)
    account = BinanceAccount(
        trades={
            "BTCUSDT": [a_trade(n, 100 - n) for n in range(1, 95)],
            "ETHBTC": [a_trade(7, 3, symbol="ETHBTC", isBuyer=False, commissionAsset="BNB")],
        },
        deposits=[
            {"id": f"d{n}", "amount": "10", "coin": "USDT", "status": 1, "insertTime": ms(n * 20)}
            for n in range(1, 10)
        ]
        + [{"id": "dx", "amount": "9", "coin": "USDT", "status": 0, "insertTime": ms(5)}],
        withdrawals=[
            {
                "id": "w1",
                "amount": "4.5",
                "transactionFee": "0.1",
                "coin": "BTC",
                "status": 6,
                "applyTime": at(2).strftime("%Y-%m-%d %H:%M:%S"),
                "_ms": ms(2),
            }
        ],
        dividends=[{"id": 5, "amount": "0.01", "asset": "BNB", "divTime": ms(1), "tranId": 9}],
        balances=[{"asset": "BTC", "free": "1.5", "locked": "0.5"}],
        orders={"107": "ndabc"},
    )
    desk.serve("binance", account)
    history = desk.open("binance")
    assert history.parts({"USDT"}) == ["deposits", "withdrawals", "rewards", "trades:BTCUSDT"]
    assert list(history.parts({"BTC"}))[3:] == ["trades:BTCUSDT", "trades:ETHBTC"]

    told, errors, pages = whole(history, "trades:BTCUSDT", at(90), at(10))
    assert (errors, pages) == ([], 21)
    assert [one.ref for one in told] == [str(n) for n in range(10, 91)]
    first = told[0]
    assert first.fee == D("0.0005")
    assert (first.fee_asset, first.order, first.side) == ("BTC", "110", Side.BUY)
    assert (first.at, first.price, first.quantity) == (at(90), D("50000.1"), D("0.5"))
    assert first.instrument == "BTC/USDT@binance"
    (other,), _, _ = whole(history, "trades:ETHBTC", at(90))
    assert (other.instrument, other.side) == ("ETH/BTC@binance", Side.SELL)
    assert whole(history, "trades:GONE", at(90)) == ([], [], 1)

    told, errors, pages = whole(history, "deposits", at(365))
    assert {one.ref for one in told} == {f"d{n}" for n in range(1, 10)}
    assert all((one.kind, one.quantity) == (RecordKind.DEPOSIT, D(10)) for one in told)
    (gone,), _, _ = whole(history, "withdrawals", at(90))
    assert (gone.quantity, gone.fee, gone.asset, gone.at) == (D("-4.5"), D("0.1"), "BTC", at(2))
    (reward,), _, _ = whole(history, "rewards", at(90))
    assert (reward.kind, reward.quantity, reward.asset) == (RecordKind.REWARD, D("0.01"), "BNB")
    assert history.balances() == {"BTC": D(2)}
    order = InstrumentId("ETH/BTC@binance"), "107"
    assert history.client_order_ids([order]) == {"107": ClientOrderId("ndabc")}


def a_kraken_trade(days: float, **changes: Any) -> dict[str, Any]:
    told = {
        "ordertxid": "OAAAAA-BBBBB-CCCCCC",
        "pair": "XXBTZEUR",
        "time": millis(at(days)) / 1000,
        "type": "buy",
        "ordertype": "limit",
        "price": "50000.10000",
        "cost": "25000.05000",
        "fee": "40.00008",
        "vol": "0.50000000",
        "margin": "0.00000",
        "misc": "",
    }
    return told | changes


def an_entry(days: float, kind: str, asset: str, amount: str, **changes: Any) -> dict[str, Any]:
    told = {
        "refid": f"R{days}{kind}",
        "time": millis(at(days)) / 1000,
        "type": kind,
        "subtype": "",
        "aclass": "currency",
        "asset": asset,
        "amount": amount,
        "fee": "0.0000",
        "balance": "0",
    }
    return told | changes


def test_kraken_tells_trades_and_the_rest_of_its_ledger_newest_first(desk: Desk) -> None:
    trades = {f"T{n:03}": a_kraken_trade(n / 10) for n in range(120)}
    trades["T999"] = a_kraken_trade(2.05, margin="100", pair="ADAEUR", type="sell")
    ledger = {
        "LD": an_entry(80, "deposit", "ZEUR", "1000.0"),
        "LW": an_entry(3, "withdrawal", "XXBT", "-0.5", fee="0.0001"),
        "LS": an_entry(2.5, "staking", "ETH2.S", "0.01"),
        "LM": an_entry(2.05, "margin", "ZEUR", "12.5", fee="0.4", refid="T999"),
        "LT1": an_entry(1, "trade", "ZEUR", "-25000.05", fee="40", refid="T010"),
        "LT2": an_entry(1, "trade", "XXBT", "0.5", refid="T010"),
    }
    for n in range(47):
        ledger[f"LX{n:02}"] = an_entry(0.5 + n / 100, "transfer", "ZEUR", "1")
    # the legs of this conversion stand on both sides of the fiftieth row
    ledger["LC1"] = an_entry(1.5, "spend", "ZEUR", "-100", refid="C1", fee="1.5")
    ledger["LC2"] = an_entry(1.5, "receive", "XXBT", "0.002", refid="C1")
    account = KrakenAccount(
        trades=trades,
        ledger=ledger,
        balances={"ZEUR": "10.5", "XXBT": "1.0", "XBT.M": "0.5", "ETH2.S": "0", "KFEE": "0"},
        orders={"O1": {"cl_ord_id": "ndabc"}, "O2": {"cl_ord_id": None, "userref": 0}},
    )
    server = desk.serve("kraken", account)
    history = desk.open("kraken")
    assert history.parts(()) == ["ledger", "trades"]
    desk.counters.counts.clear()

    told, errors, pages = whole(history, "trades", at(11))
    assert (len(told), errors, pages) == (112, [], 3)
    by_ref = {one.ref: one for one in told}
    first = by_ref["T010"]
    assert (first.instrument, first.side, first.at) == ("BTC/EUR@kraken", Side.BUY, at(1))
    assert (first.fee, first.fee_asset, first.price) == (D("40.00008"), "EUR", D("50000.1"))
    assert first.order == "OAAAAA-BBBBB-CCCCCC"
    assert by_ref["T999"].market is Market.MARGIN
    desk.counters.counts.clear()

    told, errors, pages = whole(history, "ledger", at(90))
    assert (errors, pages) == ([], 2)
    kinds = {one.ref: (one.kind, one.asset, one.quantity, one.fee) for one in told}
    assert kinds["LD"] == (RecordKind.DEPOSIT, "EUR", D(1000), D(0))
    assert kinds["LW"] == (RecordKind.WITHDRAWAL, "BTC", D("-0.5"), D("0.0001"))
    assert kinds["LS"] == (RecordKind.REWARD, "ETH", D("0.01"), D(0))
    (margin,) = (one for one in told if one.ref == "LM")
    assert (margin.kind, margin.quantity, margin.order) == (RecordKind.PNL, D("12.5"), "T999")
    (conversion,) = (one for one in told if one.kind is RecordKind.FILL)
    assert (conversion.ref, conversion.instrument) == ("C1", "BTC/EUR@kraken")
    assert (conversion.quantity, conversion.price) == (D("0.002"), D(50000))
    assert len(told) == 52
    desk.counters.counts.clear()

    assert history.balances() == {"BTC": D("1.5"), "EUR": D("10.5")}
    orders = [(InstrumentId("BTC/EUR@kraken"), one) for one in ("O1", "O2")]
    assert history.client_order_ids(orders) == {"O1": ClientOrderId("ndabc")}
    nonces = [int(one.form["nonce"]) for one in server.asked]
    assert nonces == sorted(set(nonces))


@pytest.mark.parametrize(
    "between",
    [
        # within the milliseconds that a conversion takes the desk's bots trade, and more comes in
        [("C1", "receive"), ("", "deposit"), ("C1", "spend")],
        [("C1", "receive"), ("", "trade"), ("C1", "spend")],
        [("C1", "receive"), ("C2", "receive"), ("C1", "spend"), ("C2", "spend")],
        [("C1", "receive"), ("C2", "spend"), ("C2", "receive"), ("C1", "spend")],
    ],
)
@pytest.mark.parametrize("before", range(46, 51))
def test_a_conversion_of_kraken_is_whole_whatever_stands_between_its_legs(
    desk: Desk, before: int, between: list[tuple[str, str]]
) -> None:
    amounts = {"receive": ("XXBT", "0.002"), "spend": ("ZEUR", "-100")}
    ledger = {f"LX{n:02}": an_entry(0.5, "transfer", "ZEUR", "1") for n in range(before)}
    for n, (group, kind) in enumerate(between):
        asset, amount = amounts.get(kind, ("ZEUR", "7"))
        days = 1 + n / 86_400_000
        ledger[f"LY{n}"] = an_entry(days, kind, asset, amount, refid=group or f"R{n}")
    ledger |= {f"LZ{n:02}": an_entry(2, "transfer", "ZEUR", "1") for n in range(70)}
    desk.serve("kraken", KrakenAccount(ledger=ledger))
    told, errors, _ = whole(desk.open("kraken"), "ledger", at(90))
    assert errors == []
    converted = {one.ref: one.quantity for one in told if one.kind is RecordKind.FILL}
    assert converted == {group: D("0.002") for group, _ in between if group}
    moved = {one.ref for one in told if one.kind is not RecordKind.FILL}
    assert len(moved) == before + 70 + sum(kind == "deposit" for _, kind in between)


def test_a_leg_of_kraken_that_has_no_other_one_is_an_error_and_stops_nothing(desk: Desk) -> None:
    ledger = {f"LX{n:02}": an_entry(n / 10, "transfer", "ZEUR", "1") for n in range(120)}
    ledger["LA"] = an_entry(1.05, "spend", "ZEUR", "-5", refid="C1")
    ledger["LB"] = an_entry(7.05, "spend", "ZEUR", "-5", refid="C2")
    desk.serve("kraken", KrakenAccount(ledger=ledger))
    told, errors, _ = whole(desk.open("kraken"), "ledger", at(90))
    assert len({one.ref for one in told}) == 120
    assert [(one.ref, one.code) for one in errors] == [
        ("LA", "UNBALANCED_GROUP"),
        ("LB", "UNBALANCED_GROUP"),
    ]


def a_kucoin_fill(ident: str, days: float, **changes: Any) -> dict[str, Any]:
    told = {
        "symbol": "BTC-USDT",
        "tradeId": ident,
        "orderId": f"o{ident}",
        "side": "buy",
        "price": "50000.1",
        "size": "0.5",
        "funds": "25000.05",
        "fee": "25.00005",
        "feeCurrency": "USDT",
        "tradeType": "TRADE",
        "createdAt": ms(days),
    }
    return told | changes


def test_kucoin_tells_fills_a_week_at_a_time(desk: Desk) -> None:
    moved = {"currency": "USDT", "amount": "100", "fee": "0", "status": "SUCCESS"}
    account = KucoinAccount(
        fills=[a_kucoin_fill(f"{n:04}", n) for n in range(1, 30)]
        + [
            a_kucoin_fill("m", 2, side="sell", tradeType="MARGIN_TRADE"),
            a_kucoin_fill("i", 20, tradeType="MARGIN_ISOLATED_TRADE"),
        ],
        deposits=[
            moved | {"walletTxId": "0xabc@1", "createdAt": ms(20)},
            moved | {"walletTxId": None, "isInner": True, "createdAt": ms(4)},
            moved | {"walletTxId": "0xdef@1", "createdAt": ms(1), "status": "PROCESSING"},
        ],
        withdrawals=[moved | {"id": "w1", "fee": "1.5", "createdAt": ms(3)}],
        balances=[
            {"currency": "USDT", "type": "main", "balance": "5"},
            {"currency": "USDT", "type": "trade", "balance": "7.5"},
        ],
        orders={"o1": "ndabc"},
        most=4,
    )
    server = desk.serve("kucoin", account)
    history = desk.open("kucoin")
    told, errors, pages = whole(history, "fills", at(21))
    assert errors == []
    assert {one.ref for one in told} == {f"{n:04}" for n in range(1, 22)}
    assert pages == len([one for one in server.asked if one.path.endswith("/fills")]) > 3
    one = next(one for one in told if one.ref == "0005")
    assert (one.instrument, one.at, one.fee) == ("BTC/USDT@kucoin", at(5), D("25.00005"))
    assert {one.market for one in told} == {Market.SPOT}
    assert history.parts(()) == [
        *("deposits", "withdrawals", "fills", "margin_fills", "isolated_fills")
    ]
    for part, ref in (("margin_fills", "m"), ("isolated_fills", "i")):
        (lent,), errors, _ = whole(history, part, at(30))
        assert (lent.ref, lent.market, errors) == (ref, Market.MARGIN, [])
    deposits, _, _ = whole(history, "deposits", at(30))
    assert [one.quantity for one in deposits] == [D(100), D(100)]
    assert len({one.ref for one in deposits}) == 2
    (gone,), _, _ = whole(history, "withdrawals", at(30))
    assert (gone.quantity, gone.fee, gone.ref) == (D(-100), D("1.5"), "w1")
    assert history.balances() == {"USDT": D("12.5")}
    order = InstrumentId("BTC/USDT@kucoin"), "o1"
    assert history.client_order_ids([order]) == {"o1": ClientOrderId("ndabc")}


BROKEN: dict[str, tuple[str, Any, list[tuple[str, str]]]] = {
    "binance": (
        "trades:BTCUSDT",
        BinanceAccount(
            trades={
                "BTCUSDT": [
                    a_trade(1, 2, time="yesterday"),
                    a_trade(2, 2, price="0"),
                    a_trade(3, 2, qty="NaN"),
                    a_trade(4, 2, isBuyer=None),
                    a_trade(5, 2, commissionAsset="?"),
                    a_trade(6, 2),
                ]
            }
        ),
        [
            ("1", "BAD_TIME"),
            ("2", "ZERO_PRICE"),
            ("3", "BAD_NUMBER"),
            ("4", "MISSING_COLUMN"),
            ("5", "UNKNOWN_ASSET"),
        ],
    ),
    "kraken": (
        "trades",
        KrakenAccount(
            trades={
                "T1": a_kraken_trade(2, time="yesterday"),
                "T2": a_kraken_trade(2, time=None),
                "T3": a_kraken_trade(2, pair="X"),
                "T4": a_kraken_trade(2, type="swap"),
                "T6": a_kraken_trade(2),
            }
        ),
        [
            ("T1", "BAD_TIME"),
            ("T2", "MISSING_COLUMN"),
            ("T3", "UNKNOWN_INSTRUMENT"),
            ("T4", "BAD_SIDE"),
        ],
    ),
    "kucoin": (
        "fills",
        KucoinAccount(
            fills=[
                a_kucoin_fill("1", 2, createdAt="2.3.2026 noon"),
                a_kucoin_fill("2", 2, createdAt=ms(-1)),
                a_kucoin_fill("", 2),
                {"tradeId": "4", "createdAt": ms(2)},
                a_kucoin_fill("6", 2),
            ]
        ),
        [("1", "BAD_TIME"), ("", "MISSING_COLUMN"), ("", "MISSING_COLUMN")],
    ),
}


@pytest.mark.parametrize("venue", VENUES)
def test_a_row_that_cannot_be_read_is_an_error_of_its_own_and_never_now(
    desk: Desk, venue: str
) -> None:
    part, account, wanted = BROKEN[venue]
    desk.serve(venue, account)
    told, errors, _ = whole(desk.open(venue), part, at(6))
    assert [one.ref for one in told] == ["T6" if venue == "kraken" else "6"]
    assert all(one.at == at(2) for one in told)
    assert sorted({(one.ref, one.code) for one in errors}) == sorted(set(wanted))
    assert all(one.part == part and one.hint for one in errors)


@pytest.mark.parametrize("venue", VENUES)
def test_a_wrong_key_is_refused(desk: Desk, venue: str) -> None:
    desk.serve(venue, ACCOUNTS[venue]())
    for wrong in ("api_key", "api_secret"):
        bad = some_fields(venue)[wrong][:-4] + ("wxyz" if wrong == "api_key" else "w3g=")
        with pytest.raises(KeyRefused) as refusal:
            desk.open(venue, **{wrong: bad}).balances()
        assert bad not in str(refusal.value)


def test_no_key_no_account(desk: Desk) -> None:
    histories = desk.open  # the vault has a key of kraken alone
    desk.serve("kraken", KrakenAccount())
    assert histories("kraken").balances() == {}
    cipher = FakeCipher()
    opened = OpenKey(Keys(cipher, "kraken"), cipher)
    with pytest.raises(NotConfigured) as refusal:
        opened(ADA, "kraken", "second", NOW)
    assert isinstance(refusal.value, Missing)


@pytest.mark.parametrize("venue", ["binance", "kucoin"])
@pytest.mark.parametrize("ahead_ms", [-90_000, 90_000])
def test_a_clock_that_the_venue_disagrees_with_is_set_once(
    desk: Desk, venue: str, ahead_ms: int
) -> None:
    server = desk.serve(venue, ACCOUNTS[venue](ahead_ms=ahead_ms))
    history = desk.open(venue)
    for _ in range(2):
        assert history.balances() == {}
    asked = [one.path for one in server.asked]
    assert len(asked) == 4  # refused, the time, once more, and the second question


def test_a_nonce_that_kraken_refuses_is_no_answer(desk: Desk) -> None:
    desk.serve("kraken", KrakenAccount(nonce=2**62))
    with pytest.raises(VenueUnavailable):
        desk.open("kraken").balances()


@pytest.mark.parametrize("venue", VENUES)
@pytest.mark.parametrize(
    ("mood", "wait"),
    [
        (always(429, {"code": -1003, "msg": "Too much"}, Retry_After="17"), 17),
        (always(418, {"code": -1003, "msg": "banned"}, Retry_After="3600"), 3_600),
        (always(418, {"code": -1003, "msg": "banned"}, Retry_After="1e300"), 3 * 86_400),
        (always(429, {"code": "429000", "msg": "Too"}, gw_ratelimit_reset="4000"), 4),
        (always(429, b"<html>slow down</html>"), 60),
    ],
    ids=["retry-after", "banned", "for ever", "reset", "silent"],
)
def test_a_venue_that_wants_patience_is_left_alone_by_all(
    desk: Desk, venue: str, mood: Any, wait: float
) -> None:
    server = desk.serve(venue, ACCOUNTS[venue]())
    server.mood = mood
    with pytest.raises(RateLimited) as asked:
        desk.open(venue).balances()
    assert asked.value.retry_after == wait
    server.mood = None
    for _ in range(2):  # another worker, before the time is over: the venue hears nothing
        with pytest.raises(RateLimited) as held:
            desk.open(venue).balances()
        assert 0 < (held.value.retry_after or 0) <= wait
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("text", "wait"), [("EAPI:Rate limit exceeded", 60), ("EGeneral:Temporary lockout", 900)]
)
def test_krakens_words_for_patience_are_understood(desk: Desk, text: str, wait: float) -> None:
    server = desk.serve("kraken", KrakenAccount())
    server.mood = always(200, {"error": [text]})
    with pytest.raises(RateLimited) as asked:
        desk.open("kraken").balances()
    assert asked.value.retry_after == wait


@pytest.mark.parametrize("venue", VENUES)
@pytest.mark.parametrize(
    "mood",
    [
        always(500, {"msg": "internal"}),
        always(502, b"<html>bad gateway</html>"),
        always(503, b""),
        always(200, b"<html>maintenance</html>"),
        always(200, b'{"cut'),
        always(200, 7),
        always(200, b"[" * 100_000),
        always(200, {"code": "200000", "error": [], "result": {}, "data": 7}),
        always(301, b"", Location="https://elsewhere.example"),
    ],
    ids=["500", "502", "503", "page", "cut", "number", "deep", "shape", "elsewhere"],
)
def test_an_answer_that_says_nothing_is_no_answer(desk: Desk, venue: str, mood: Any) -> None:
    server = desk.serve(venue, ACCOUNTS[venue]())
    server.mood = mood
    part = {"binance": "deposits", "kraken": "ledger", "kucoin": "fills"}[venue]
    history = desk.open(venue)
    with pytest.raises(VenueUnavailable):
        history.page(part, at(5), NOW, "")


@pytest.mark.parametrize(
    ("venue", "part", "body"),
    [
        ("binance", "deposits", {}),
        ("binance", "withdrawals", {"data": None}),
        ("binance", "rewards", {"rows": {}, "total": 0}),
        ("binance", "trades:BTCUSDT", {}),
        ("kucoin", "fills", {"code": "200000", "data": {"items": {}, "totalPage": 0}}),
    ],
)
def test_an_answer_without_a_list_of_rows_does_not_say_that_there_are_none(
    desk: Desk, venue: str, part: str, body: Any
) -> None:
    server = desk.serve(venue, ACCOUNTS[venue]())
    server.mood = always(200, body)
    with pytest.raises(VenueUnavailable):
        desk.open(venue).page(part, at(5), NOW, "")


def written(days: float) -> str:
    return f"{at(days):%Y-%m-%d %H:%M:%S}"


def test_what_was_asked_for_long_before_it_happened_is_told_when_it_has(desk: Desk) -> None:
    """A withdrawal may be looked into for days, and venues list it by when it was asked for."""
    gone = {"coin": "BTC", "amount": "1", "transactionFee": "0", "status": 6}
    came = {"coin": "BTC", "amount": "1", "status": 1}
    moved = {"currency": "USDT", "amount": "100", "fee": "0", "status": "SUCCESS"}
    desk.serve(
        "binance",
        BinanceAccount(
            withdrawals=[
                gone | {"id": name, "applyTime": written(5), "_ms": ms(5), "completeTime": done}
                for name, done in (("late", written(0.5)), ("before", written(4.9)))
            ],
            deposits=[
                came | {"id": "late", "insertTime": ms(5), "completeTime": ms(0.5)},
                came | {"id": "before", "insertTime": ms(5)},
                came | {"id": "when", "insertTime": "soon"},
            ],
        ),
    )
    desk.serve(
        "kucoin",
        KucoinAccount(
            withdrawals=[
                moved | {"id": "late", "createdAt": ms(5), "updatedAt": ms(0.5)},
                moved | {"id": "before", "createdAt": ms(5), "updatedAt": ms(4.9)},
            ],
            deposits=[
                moved | {"walletTxId": "late", "createdAt": ms(5), "updatedAt": ms(0.5)},
                moved | {"walletTxId": "before", "createdAt": ms(5)},
            ],
        ),
    )
    for venue in ("binance", "kucoin"):
        history = desk.open(venue)
        for part in ("deposits", "withdrawals"):
            told, errors, _ = whole(history, part, at(1))
            assert [(one.ref, one.at) for one in told] == [("late", at(5))]
            wrong = ["when"] if (venue, part) == ("binance", "deposits") else []
            assert [one.ref for one in errors] == wrong


@pytest.mark.parametrize(("venue", "calls"), [("binance", 150), ("kraken", 12), ("kucoin", 200)])
def test_our_share_of_the_published_limit_is_not_passed(desk: Desk, venue: str, calls: int) -> None:
    server = desk.serve(venue, ACCOUNTS[venue]())
    history = desk.open(venue)
    for _ in range(calls // 2):
        history.balances()
    with pytest.raises(RateLimited) as full:
        whole_day(history)
    assert len(server.asked) <= calls
    assert 0 < (full.value.retry_after or 0) <= 120


def whole_day(history: AccountHistory) -> None:
    while True:
        history.balances()


def test_without_the_markets_of_binance_nobody_guesses(desk: Desk) -> None:
    desk.rules = MemoryRules()
    desk.serve("binance", BinanceAccount())
    with pytest.raises(VenueUnavailable):
        desk.open("binance").parts({"BTC"})


def test_a_trade_of_kraken_has_one_identity_by_key_and_in_either_file(desk: Desk) -> None:
    when = at(1).strftime("%Y-%m-%d %H:%M:%S")
    trades = (
        "txid,ordertxid,pair,time,type,ordertype,price,cost,fee,vol,margin,misc,ledgers\n"
        f"T1,OAAAAA-BBBBB-CCCCCC,XXBTZEUR,{when},buy,limit,50000.1,25000.05,40,0.5,0,,\n"
    )
    ledgers = (
        "txid,refid,time,type,subtype,aclass,asset,amount,fee,balance\n"
        f"L1,T1,{when},trade,,currency,ZEUR,-25000.05,40,0\n"
        f"L2,T1,{when},trade,,currency,XXBT,0.5,0,0\n"
        f"LD,D1,{when},deposit,,currency,ZEUR,100,0,0\n"
    )
    desk.serve(
        "kraken",
        KrakenAccount(
            trades={"T1": a_kraken_trade(1)}, ledger={"LD": an_entry(1, "deposit", "ZEUR", "100")}
        ),
    )
    history = desk.open("kraken")
    by_key = {
        one.fingerprint(Ordinals())
        for part in ("trades", "ledger")
        for one in whole(history, part, at(2))[0]
    }
    in_files = [in_file(trades), in_file(ledgers)]
    assert len(by_key) == 2
    assert in_files[0] < by_key
    assert in_files[1] == by_key


def in_file(text: str) -> set[str]:
    """Return the identities of what a file tells of the same account."""
    form = layout(text.encode(), Overrides())
    assert form.preset is not None
    reading = Reading(
        owner=ADA,
        account="kraken:main:live",
        source="import:a",
        now=NOW,
        taken=lambda _: frozenset(),
    )
    told = reading(text.encode(), form, form.preset)
    return {one.record.fingerprint for one in told if isinstance(one, Row)}
