"""From a venue's answers to the journal's trades, and the balance of the account beside them."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from nightdesk.journal.cash import ReconcileCash
from nightdesk.journal.rebuilding import RebuildAccount
from nightdesk.journal.trade import Source, Status
from nightdesk.trading.order import Side
from tests.builders.market import MemoryRules
from tests.builders.vault import ADA, NOW
from tests.fakes.journal import FakeTags
from tests.fakes.journal_trades import FakeCashRows, FakeUnplaced
from tests.fakes.syncs import FakeHistory
from tests.unit.journal.syncing.rig import ACCOUNT, BTC, DAY, HOUR, Rig, a_fill, a_movement
from tests.unit.journal.trades.rig import Rig as TradesRig

D = Decimal


def a_day() -> FakeHistory:
    """A thousand came, a bitcoin was bought for 100 and sold for 110, fees of 0.1 each."""
    bought = a_fill("1", NOW - 2 * HOUR)
    sold = a_fill("2", NOW - HOUR, side=Side.SELL, price=D(110))
    paid = a_movement("d", NOW - 3 * HOUR, quantity=D(1_000))
    return FakeHistory(
        done={"deposits": [paid], "trades:BTCUSDT": [bought, sold]},
        holds={"USDT": D("1009.8")},
    )


def rebuilding(rig: Rig, trades: TradesRig) -> None:
    """Let syncs build real trades."""
    rebuild = RebuildAccount(
        records=rig.records,
        trades=trades.trades,
        keep=trades.keep,
        rates=trades.rates,
        preferences=trades.preferences,
        rules=MemoryRules(),
        tags=FakeTags(),
        unplaced=FakeUnplaced(),
    )
    rig.work = replace(rig.work, rebuild=rebuild)


def looked(rig: Rig, trades: TradesRig) -> dict[str, tuple[Decimal, Decimal | None, object]]:
    look = ReconcileCash(
        cash=FakeCashRows(),
        records=rig.records,
        trades=trades.trades,
        balances=rig.balances,
        preferences=trades.preferences,
    )
    found = look(ADA, ACCOUNT, now=rig.now)
    return {one.asset: (one.journal, one.venue, one.first_differing_day) for one in found}


def test_a_trade_that_is_already_closed_arrives_closed_and_adds_up() -> None:
    rig, trades = Rig(a_day()), TradesRig()
    rebuilding(rig, trades)
    rig.synced()
    (trade,) = [one.trade for one in trades.trades.of_book(ADA, ACCOUNT, BTC)]
    assert (trade.status, trade.source, trade.account) == (Status.CLOSED, Source.SYNC, ACCOUNT)
    # 110 - 100 - 0.1 - 0.1
    assert (trade.money.gross, trade.money.net) == (D(10), D("9.8"))
    none = D(0)
    assert looked(rig, trades) == {
        "BTC": (none, none, None),
        "USDT": (D("1009.8"), D("1009.8"), None),
    }
    rig.now = NOW + HOUR
    rig.synced(90)
    assert len(trades.trades.of_book(ADA, ACCOUNT, BTC)) == 1


def test_balances_are_of_the_moment_when_the_venue_told_them() -> None:
    """A fill while a sync works is in its balances; the next sync brings it, and all adds up."""
    rig, trades = Rig(a_day()), TradesRig()
    rebuilding(rig, trades)
    rig.took = timedelta(minutes=4)
    rig.history.holds = {"USDT": D("909.7"), "BTC": D(1)}
    rig.synced()
    assert rig.balances(ADA, ACCOUNT)[0][0] == NOW + timedelta(minutes=4)
    late = a_fill("3", NOW + timedelta(minutes=2))
    rig.history.done["trades:BTCUSDT"].append(late)
    rig.now = NOW + HOUR
    rig.by_schedule()
    assert looked(rig, trades)["USDT"] == (D("909.7"), D("909.7"), None)


def test_the_first_day_that_differs_is_that_of_the_first_answer_that_does() -> None:
    rig, trades = Rig(a_day()), TradesRig()
    rebuilding(rig, trades)
    rig.synced()
    for days, held in ((1, "1009.8"), (2, "909.8"), (3, "909.8")):
        rig.now = NOW + days * DAY
        rig.history.holds = {"USDT": D(held)}
        rig.by_schedule()
    journal, venue, day = looked(rig, trades)["USDT"]
    assert (journal, venue) == (D("1009.8"), D("909.8"))
    assert day == (NOW + 2 * DAY).date()
