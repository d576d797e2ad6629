"""Trades of accounts outside the desk, built anew whenever more is told of them."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from nightdesk.core.ids import TradeId
from nightdesk.journal.keeping import MANY, MeasureStored
from nightdesk.journal.manual_trade import EnterTrade, HideTrade
from nightdesk.journal.ports.imports import RebuildTrades
from nightdesk.journal.rebuilding import RebuildAccount
from nightdesk.journal.trade import After, Labels, Outcome, Source, Status
from nightdesk.journal.unplaced import Unplaced
from nightdesk.journal.unplaced_reading import ReadUnplaced
from nightdesk.trading.external import ExternalRecord, RecordKind
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
