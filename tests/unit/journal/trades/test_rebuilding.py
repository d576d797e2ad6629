"""Trades of accounts outside the desk, built anew whenever more is told of them."""

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from nightdesk.core.errors import Conflict, StaleWrite, StoreUnavailable
from nightdesk.core.ids import TradeId
from nightdesk.journal import keeping
from nightdesk.journal.keeping import MANY, KeepTrades, MeasureStored
from nightdesk.journal.labelling import LabelChanges, changed
from nightdesk.journal.manual_trade import EnterTrade, HideTrade, RestoreTrade
from nightdesk.journal.planned import NotePlanned
from nightdesk.journal.ports.imports import RebuildTrades
from nightdesk.journal.rebuilding import RebuildAccount
from nightdesk.journal.trade import After, Labels, Outcome, Source, Status
from nightdesk.journal.trade_reading import ReadTrade
from nightdesk.journal.unplaced import Unplaced
from nightdesk.journal.unplaced_reading import ReadUnplaced
from nightdesk.trading.external import ExternalRecord, Market, RecordKind
from nightdesk.trading.order import Side
from tests.builders.journal_trades import AT, BTC, HOUR, OWNER
from tests.builders.market import MemoryRules
from tests.builders.trading import trading_rules
from tests.fakes.imports import FakeExternalRecords
from tests.fakes.journal import FakeTags
from tests.fakes.journal_trades import FakeUnplaced
from tests.unit.journal.trades.rig import NOW, Rig, a_draft

D = Decimal
ACCOUNT = "kraken main"
SOURCE = "import:imp_1"


@pytest.fixture
def rig() -> Rig:
    return Rig()


@pytest.fixture
def records() -> FakeExternalRecords:
    return FakeExternalRecords()


def rebuild_over(
    rig: Rig, records: FakeExternalRecords, unplaced: FakeUnplaced | None = None
) -> RebuildAccount:
    return RebuildAccount(
        records=records,
        trades=rig.trades,
        keep=rig.keep,
        rates=rig.rates,
        preferences=rig.preferences,
        rules=MemoryRules(trading_rules()),
        tags=FakeTags(),
        unplaced=unplaced or FakeUnplaced(),
    )


def told(name: str, side: Side, price: int, at: datetime, **changes: Any) -> ExternalRecord:
    given: dict[str, Any] = {
        "owner": OWNER,
        "fingerprint": name,
        "kind": RecordKind.FILL,
        "account": ACCOUNT,
        "at": at,
        "quantity": D(1),
        "price": D(price),
        "side": side,
        "instrument": BTC,
        "sources": (SOURCE,),
    }
    return ExternalRecord(**(given | changes))


def put(records: FakeExternalRecords, *some: ExternalRecord) -> None:
    records.put(OWNER, some, SOURCE)


def run(rig: Rig, records: FakeExternalRecords) -> None:
    use: RebuildTrades = rebuild_over(rig, records)
    use(OWNER, ACCOUNT, BTC, now=NOW)


def shown(rig: Rig) -> list[tuple[Status, Decimal | None]]:
    played = rig.trades.of_book(OWNER, ACCOUNT, BTC)
    return [(one.trade.status, one.trade.money.net) for one in played]


def test_records_become_trades_once(rig: Rig, records: FakeExternalRecords) -> None:
    put(records, told("a", Side.BUY, 100, AT), told("b", Side.SELL, 110, AT + HOUR))
    for _ in range(3):
        run(rig, records)
    assert shown(rig) == [(Status.CLOSED, D(10))]
    assert rig.trades.saves == 1
    (trade,) = (one.trade for one in rig.trades.kept.values())
    assert (trade.source, trade.import_ids, trade.account) == (
        Source.IMPORT,
        ("imp_1",),
        ACCOUNT,
    )


def test_a_fee_in_a_third_asset_is_valued_at_its_price_then_which_stays(
    rig: Rig, records: FakeExternalRecords
) -> None:
    paid = {"fee": D("0.001"), "fee_asset": "BNB"}
    put(records, told("a", Side.BUY, 100, AT, **paid), told("b", Side.SELL, 110, AT + HOUR, **paid))
    rig.rates.of["BNB", "USDT"] = D(600)
    run(rig, records)
    # 110 - 100 - 2 * 0.001 * 600
    assert shown(rig) == [(Status.CLOSED, D("8.8"))]
    (trade,) = (one.trade for one in rig.trades.kept.values())
    assert (trade.money.fees, trade.outcome) == (D("1.2"), Outcome.WIN)
    assert [leg.fee_price for leg in trade.legs] == [D(600), D(600)]
    rig.rates.of["BNB", "USDT"] = D(900)
    asked = rig.rates.asked
    put(records, told("c", Side.BUY, 100, AT + 2 * HOUR))
    run(rig, records)
    assert shown(rig)[0] == (Status.CLOSED, D("8.8"))
    assert rig.rates.asked == asked + 1  # the rate of the new fill, and no other


def test_funding_keeps_the_rate_that_it_was_stored_with(
    rig: Rig, records: FakeExternalRecords
) -> None:
    rig.preferences.place = replace(rig.preferences.place, currency="EUR")
    rig.rates.of["USDT", "EUR"] = D("0.9")
    funding = told("f", Side.BUY, 0, AT + HOUR / 2, kind=RecordKind.FUNDING, asset="USDT")
    put(
        records,
        told("a", Side.BUY, 100, AT, market=Market.PERP),
        replace(funding, quantity=D(-2), side=None, price=None),
        told("b", Side.SELL, 110, AT + HOUR, market=Market.PERP),
    )
    run(rig, records)
    # ten gained, two paid, at 0.9
    (trade,) = (one.trade for one in rig.trades.kept.values())
    assert trade.money.net_account == D("7.2")
    saves = rig.trades.saves
    rig.rates.of["USDT", "EUR"] = D("0.5")
    run(rig, records)
    rig.rates.of.clear()  # candles have expired
    put(records, told("c", Side.BUY, 100, AT + 2 * HOUR, market=Market.PERP))
    run(rig, records)
    assert rig.trades.get(OWNER, trade.id).trade.money.net_account == D("7.2")
    assert rig.trades.saves == saves + 1  # the new trade alone


def test_a_fee_whose_price_is_not_known_is_looked_up_again_with_the_next_build(
    rig: Rig, records: FakeExternalRecords
) -> None:
    put(records, told("a", Side.BUY, 100, AT, fee=D("0.001"), fee_asset="KCS"))
    run(rig, records)
    (trade,) = (one.trade for one in rig.trades.kept.values())
    assert (trade.money.net, trade.reasons["net"]) == (None, "FEE_PRICE_MISSING")
    rig.rates.of["KCS", "USDT"] = D(10)
    run(rig, records)
    assert shown(rig) == [(Status.OPEN, D("-0.01"))]


def test_what_rows_say_beside_their_fills_is_written_on_new_trades(
    rig: Rig, records: FakeExternalRecords
) -> None:
    entry = told("a", Side.BUY, 100, AT, setup="Breakout", tags=("late",), note="as planned")
    put(records, entry, told("b", Side.SELL, 110, AT + HOUR))
    run(rig, records)
    (played,) = rig.trades.of_book(OWNER, ACCOUNT, BTC)
    assert played.labels.setup_id == "breakout"
    assert played.labels.note == "as planned\n#late"
    rig.trades.save_labels(Labels(**{**_fields(played.labels), "note": "my own"}))
    run(rig, records)
    assert rig.trades.labels(OWNER, played.trade.id).note == "my own"


@pytest.mark.parametrize("fault", [StoreUnavailable("cut off"), StaleWrite("moved")])
def test_what_rows_say_is_written_also_where_storing_was_cut_off_before(
    rig: Rig, records: FakeExternalRecords, monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    put(
        records,
        told("a", Side.BUY, 100, AT, setup="Breakout", note="first"),
        told("b", Side.SELL, 110, AT + HOUR),
        told("c", Side.BUY, 100, AT + 2 * HOUR, note="second"),
    )
    save, faults = rig.trades.save_labels, [fault]

    def cut_off(labels: Labels) -> Labels:
        if faults:
            raise faults.pop()
        return save(labels)

    monkeypatch.setattr(rig.trades, "save_labels", cut_off)
    with suppress(StoreUnavailable):
        run(rig, records)
    first, second = rig.trades.of_book(OWNER, ACCOUNT, BTC)
    if not first.labels.note:
        NotePlanned(rig.trades, rig.by_hand.planned)(OWNER, [first.trade])
    run(rig, records)
    first, second = rig.trades.of_book(OWNER, ACCOUNT, BTC)
    assert (first.labels.setup_id, first.labels.note) == ("breakout", "first")
    assert second.labels.note == "second"


def test_what_a_person_emptied_stays_empty(rig: Rig, records: FakeExternalRecords) -> None:
    put(records, told("a", Side.BUY, 100, AT, note="first"))
    run(rig, records)
    (played,) = rig.trades.of_book(OWNER, ACCOUNT, BTC)
    rig.trades.save_labels(changed(played.labels, LabelChanges(note=""), NOW))
    run(rig, records)
    put(records, told("b", Side.SELL, 110, AT + HOUR))
    run(rig, records)
    assert rig.trades.labels(OWNER, played.trade.id).note == ""


def _fields(labels: Labels) -> dict[str, Any]:
    return {name: getattr(labels, name) for name in type(labels).__slots__}


def test_an_earlier_fill_moves_the_trade_and_what_was_written_of_it(
    rig: Rig, records: FakeExternalRecords
) -> None:
    put(records, told("b", Side.BUY, 100, AT), told("c", Side.SELL, 110, AT + HOUR))
    run(rig, records)
    (old,) = rig.trades.of_book(OWNER, ACCOUNT, BTC)
    rig.trades.save_labels(Labels(owner=OWNER, trade_id=old.trade.id, note="mine"))
    put(records, told("a", Side.BUY, 90, AT - HOUR), told("d", Side.SELL, 120, AT + 2 * HOUR))
    run(rig, records)
    (new,) = rig.trades.of_book(OWNER, ACCOUNT, BTC)
    assert (new.trade.money.net, new.labels.note) == (D(40), "mine")
    assert rig.trades.get(OWNER, old.trade.id).trade.id == new.trade.id


def test_two_trades_that_become_one_keep_all_that_was_written_of_either(
    rig: Rig, records: FakeExternalRecords
) -> None:
    fills = [told("b", Side.BUY, 100, AT), told("c", Side.SELL, 110, AT + HOUR)]
    fills += [told("d", Side.BUY, 100, AT + 2 * HOUR), told("e", Side.SELL, 110, AT + 3 * HOUR)]
    put(records, *fills)
    run(rig, records)
    first, second = rig.trades.of_book(OWNER, ACCOUNT, BTC)
    wrote = [
        Labels(
            owner=OWNER,
            trade_id=one.trade.id,
            note=name * 3_000,
            tags=tuple(f"{name}{n}" for n in range(15)),
            setup_id=name,
        )
        for one, name in ((first, "x"), (second, "y"))
    ]
    for labels in wrote:
        rig.trades.save_labels(labels)
    for name, hours in (("more", 0.5), ("last", 4)):  # the second leaves it the trade that it is
        put(records, told(name, Side.BUY, 100, AT + hours * HOUR))
        run(rig, records)
    (one,) = rig.trades.of_book(OWNER, ACCOUNT, BTC)
    assert (one.trade.id, one.labels.setup_id, len(one.labels.tags)) == (first.trade.id, "x", 20)
    read = ReadTrade(rig.trades, rig.tags)
    for name in (first.trade.id, second.trade.id):
        beside = read(OWNER, name)
        assert [replace(said, version=0) for said in beside.former] == wrote[1:]
        assert beside.ids == read.ids(OWNER, name) == (first.trade.id, second.trade.id)


@pytest.mark.parametrize("at", range(4))
def test_ids_of_trades_that_moved_lead_to_their_heir_wherever_that_was_cut_off(
    rig: Rig, records: FakeExternalRecords, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    put(records, told("c", Side.BUY, 100, AT), told("d", Side.SELL, 110, AT + HOUR))
    run(rig, records)
    names = [rig.trades.of_book(OWNER, ACCOUNT, BTC)[0].trade.id]
    save, left = rig.trades.save, [at]

    def cut_off(*args: Any, **more: Any) -> Any:
        left[0] -= 1
        if left[0] == -1:
            raise StoreUnavailable("cut off")
        return save(*args, **more)

    monkeypatch.setattr(rig.trades, "save", cut_off)
    for n, name in enumerate("ba", 1):
        put(records, told(name, Side.BUY, 90, AT - n * HOUR))
        with suppress(StoreUnavailable):
            run(rig, records)
        run(rig, records)
        names.append(rig.trades.of_book(OWNER, ACCOUNT, BTC)[0].trade.id)
    read = ReadTrade(rig.trades, rig.tags)
    assert len(set(names)) == 3
    for name in names:
        assert sorted(read(OWNER, name).ids) == sorted(names)
        assert read(OWNER, name).former == ()


def test_the_id_of_a_trade_that_is_back_leads_to_no_other(
    rig: Rig, records: FakeExternalRecords
) -> None:
    put(records, told("b", Side.BUY, 100, AT), told("c", Side.SELL, 110, AT + HOUR))
    put(records, told("d", Side.BUY, 100, AT + 2 * HOUR), told("e", Side.SELL, 9, AT + 3 * HOUR))
    run(rig, records)
    names = [one.trade.id for one in rig.trades.of_book(OWNER, ACCOUNT, BTC)]
    more = told("more", Side.BUY, 100, AT + HOUR / 2)
    put(records, more)
    run(rig, records)
    read = ReadTrade(rig.trades, rig.tags)
    assert read(OWNER, names[1]).ids == tuple(names)
    records.drop(OWNER, [more], SOURCE)
    run(rig, records)
    assert [read(OWNER, name).ids for name in names] == [(names[0],), (names[1],)]


@pytest.mark.parametrize("others", [0, MANY])
def test_an_earlier_fill_that_is_taken_back_gives_the_trade_back_with_what_was_written(
    rig: Rig, records: FakeExternalRecords, others: int
) -> None:
    put(records, told("b", Side.BUY, 100, AT), told("c", Side.SELL, 110, AT + HOUR))
    run(rig, records)
    (old,) = rig.trades.of_book(OWNER, ACCOUNT, BTC)
    rig.trades.save_labels(Labels(owner=OWNER, trade_id=old.trade.id, note="mine"))
    later = [told("a", Side.BUY, 90, AT - HOUR), told("d", Side.SELL, 120, AT + 2 * HOUR)]
    for n in range(others):
        begin = AT + (n + 1) * timedelta(days=1)
        later += [told(f"in{n}", Side.BUY, 1, begin), told(f"out{n}", Side.SELL, 2, begin + HOUR)]
    for _ in range(2):
        put(records, *later)
        run(rig, records)
        first = rig.trades.of_book(OWNER, ACCOUNT, BTC)[0]
        assert first.trade.id != old.trade.id
        assert (first.trade.money.net, first.labels.note) == (D(40), "mine")
        records.drop(OWNER, later, SOURCE)
        run(rig, records)
        back = rig.trades.of_book(OWNER, ACCOUNT, BTC)[0]
        assert (back.trade.id, back.trade.money.net) == (old.trade.id, D(10))
        assert back.labels.note == "mine"
        assert rig.trades.get(OWNER, first.trade.id).trade.id == old.trade.id
    assert [status for status, _ in shown(rig)] == [Status.CLOSED] + [Status.VOID] * others


def test_a_trade_whose_fills_are_taken_back_is_hidden_and_comes_back_with_them(
    rig: Rig, records: FakeExternalRecords
) -> None:
    some = [told("a", Side.BUY, 100, AT), told("b", Side.SELL, 110, AT + HOUR)]
    put(records, *some)
    run(rig, records)
    (old,) = rig.trades.of_book(OWNER, ACCOUNT, BTC)
    rig.trades.save_labels(Labels(owner=OWNER, trade_id=old.trade.id, note="mine"))
    records.drop(OWNER, some, SOURCE)
    run(rig, records)
    assert [status for status, _ in shown(rig)] == [Status.VOID]
    assert rig.trades.labels(OWNER, old.trade.id).note == "mine"
    put(records, *some)
    run(rig, records)
    assert shown(rig) == [(Status.CLOSED, D(10))]


def test_a_trade_that_its_owner_has_hidden_stays_hidden(
    rig: Rig, records: FakeExternalRecords
) -> None:
    put(records, told("a", Side.BUY, 100, AT))
    run(rig, records)
    (old,) = rig.trades.of_book(OWNER, ACCOUNT, BTC)
    HideTrade(rig.by_hand)(OWNER, old.trade.id, now=NOW)
    put(records, told("b", Side.SELL, 110, AT + HOUR))
    run(rig, records)
    assert shown(rig) == [(Status.VOID, D(10))]


def test_a_hidden_trade_whose_import_was_undone_cannot_be_brought_back(
    rig: Rig, records: FakeExternalRecords
) -> None:
    """It would stand in every figure, of fills that nobody tells."""
    fills = (told("a", Side.BUY, 100, AT), told("b", Side.SELL, 110, AT + HOUR))
    put(records, *fills)
    run(rig, records)
    ((_, name),) = rig.trades.kept
    restore = RestoreTrade(rig.by_hand, records)
    HideTrade(rig.by_hand)(OWNER, name, now=NOW)
    records.drop(OWNER, fills, SOURCE)
    run(rig, records)
    with pytest.raises(Conflict) as refused:
        restore(OWNER, name, now=NOW)
    assert refused.value.code == "FILLS_GONE"
    assert [status for status, _ in shown(rig)] == [Status.VOID]
    put(records, *fills)
    run(rig, records)
    assert restore(OWNER, name, now=NOW).trade.status is Status.CLOSED
    assert shown(rig) == [(Status.CLOSED, D(10))]


def test_what_stands_in_no_trade_is_told_until_it_has_one(
    rig: Rig, records: FakeExternalRecords
) -> None:
    """Sold 2 of nobody knows when, then 3 of 1 bought: 4 are in no trade, nor is a payment."""
    unplaced = FakeUnplaced()
    rebuild = rebuild_over(rig, records, unplaced)
    put(
        records,
        told("old", Side.SELL, 120, AT, quantity=D(2)),
        told("in", Side.BUY, 100, AT + HOUR),
        told("out", Side.SELL, 110, AT + 2 * HOUR, quantity=D(3)),
        replace(
            told("paid", Side.SELL, 1, AT + 3 * HOUR),
            kind=RecordKind.FUNDING,
            side=None,
            price=None,
            quantity=D("-0.5"),
            asset="USDT",
        ),
    )
    rebuild(OWNER, ACCOUNT, BTC, now=NOW)
    assert shown(rig) == [(Status.CLOSED, D(10))]
    sold = Unplaced(
        account=ACCOUNT,
        instrument=BTC,
        code="UNMATCHED_SELL",
        asset="BTC",
        amount=D(4),
        count=2,
        first_at=AT,
        last_at=AT + 2 * HOUR,
        refs=("old", "out"),
    )
    paid = replace(
        sold,
        code="UNASSIGNED_FUNDING",
        asset="USDT",
        amount=D("-0.5"),
        count=1,
        first_at=AT + 3 * HOUR,
        last_at=AT + 3 * HOUR,
        refs=("paid",),
    )
    read = ReadUnplaced(unplaced)
    assert read(OWNER, ACCOUNT) == read.touched(OWNER, [(ACCOUNT, BTC)]) == [paid, sold]
    assert [*read(OWNER, "other"), *read.touched(OWNER, [("other", BTC)])] == []
    put(records, told("first", Side.BUY, 90, AT - HOUR, quantity=D(9)))
    rebuild(OWNER, ACCOUNT, BTC, now=NOW)
    assert read(OWNER, ACCOUNT) == []  # five are still held, and the payment is of their trade


def test_trades_by_hand_in_the_same_account_are_left_alone(
    rig: Rig, records: FakeExternalRecords
) -> None:
    mine = EnterTrade(rig.by_hand)(OWNER, a_draft(account=ACCOUNT), now=NOW)
    put(records, told("a", Side.BUY, 100, AT))
    run(rig, records)
    assert rig.trades.get(OWNER, mine.trade.id) == mine
    assert len(shown(rig)) == 2


def test_many_trades_are_stored_first_and_measured_later(
    rig: Rig, records: FakeExternalRecords
) -> None:
    count = 2 * MANY + 1
    for n in range(count):
        begin = AT - timedelta(days=40) + n * timedelta(days=1)
        price = 110 if n % 2 else 90
        put(
            records,
            told(f"in{n}", Side.BUY, 100, begin),
            told(f"out{n}", Side.SELL, price, begin + HOUR),
        )
    run(rig, records)
    assert len(shown(rig)) == count
    assert len(rig.later.asked) == count
    measure = MeasureStored(rig.keep)
    assert measure(OWNER, rig.later.asked) == count
    assert measure(OWNER, rig.later.asked) == 0
    last = rig.trades.of_book(OWNER, ACCOUNT, BTC)[-1].trade
    assert (last.outcome, last.context.after, last.context.nth_of_day) == (
        Outcome.LOSS,
        After.WIN,
        1,
    )
    assert last.excursion.excursion_resolution == "fills"
    assert measure(OWNER, [TradeId("jt_none")]) == 0


@dataclass
class Breaking:
    """Stands before the queue and the table, and dies at one of their calls, before or after it."""

    rig: Rig
    at: int
    after: bool
    calls: int = 0

    def __post_init__(self) -> None:
        self.later = self._through(self.rig.later)
        self.add = self._through(self.rig.trades.add)

    def _through(self, call: Any) -> Any:
        def called(*args: Any, **kwargs: Any) -> None:
            self.calls += 1
            if self.calls == self.at and not self.after:
                raise StoreUnavailable("cut off")
            call(*args, **kwargs)
            if self.calls == self.at:
                raise StoreUnavailable("cut off")

        return called


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("at", range(1, 7))
def test_many_trades_are_all_measured_wherever_storing_them_was_cut_off(
    rig: Rig, records: FakeExternalRecords, monkeypatch: pytest.MonkeyPatch, at: int, after: bool
) -> None:
    monkeypatch.setattr(keeping, "AT_ONCE", 10)
    for n in range(25):
        begin = AT - timedelta(days=40) + n * timedelta(days=1)
        put(
            records,
            told(f"in{n}", Side.BUY, 100, begin),
            told(f"out{n}", Side.SELL, 110, begin + HOUR),
        )
    breaking = Breaking(rig, at, after)
    monkeypatch.setattr(rig.trades, "add", breaking.add)
    keep = KeepTrades(rig.trades, rig.measure, breaking.later, rig.follow)
    use = replace(rebuild_over(rig, records), keep=keep)
    with pytest.raises(StoreUnavailable):
        use(OWNER, ACCOUNT, BTC, now=NOW)
    use(OWNER, ACCOUNT, BTC, now=NOW)
    kept = {trade_id for _, trade_id in rig.trades.kept}
    assert (len(kept), kept - set(rig.later.asked) - set(rig.follow.asked)) == (25, set())
