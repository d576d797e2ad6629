from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from nightdesk.analysis.record import SnapshotRecord
from nightdesk.core.errors import Invalid, Missing, StoreUnavailable
from nightdesk.core.ids import BotId, ClientOrderId, DecisionId, PostingId, UserId
from nightdesk.core.pages import Page
from nightdesk.market.timeframe import Timeframe
from nightdesk.names import EventType
from nightdesk.risk.verdict import Check, Outcome
from nightdesk.strategies.signal import Action
from nightdesk.trading.explaining import ExplainDecision, Explanation
from nightdesk.trading.holding import ListPositions, ReadPosition
from nightdesk.trading.ledger import Account, Balances, Line, Posting
from nightdesk.trading.order import Leg, Mode, Order, OrderStatus
from nightdesk.trading.proving import ProveAccount, VerifyLedger
from nightdesk.trading.reading import (
    ListDecisions,
    ListFills,
    ListOrders,
    ListPostings,
    ReadOrder,
)
from nightdesk.trading.standing import ReadPortfolio
from nightdesk.trading.telling import told
from nightdesk.trading.wanted import Wanted
from tests.builders.decisions import a_signal, a_verdict
from tests.builders.market import MemoryRules
from tests.builders.story import HOUR, RULES, Life, World
from tests.builders.trading import AS_OF, BOT, BTC, OWNER
from tests.fakes.trading import FakeSnapshots

D = Decimal
BOT_2 = BotId("bot_2")
OTHER = UserId("usr_2")
DAY = timedelta(days=1)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def life(world: World) -> Life:
    return Life(world).funded()


def explained(world: World, decision_id: DecisionId, owner: UserId = OWNER) -> Explanation:
    explain = ExplainDecision(
        decisions=world.decisions,
        desk=world.desk,
        snapshots=FakeSnapshots(),
        rules=MemoryRules(RULES),
    )
    return explain(owner, decision_id)


def walked(look: object, *args: object, limit: int) -> list[object]:
    """Read all pages."""
    found: list[object] = []
    after = None
    for _ in range(50):
        page: Page[object] = look(*args, limit=limit, after=after)  # type: ignore[operator]
        assert len(page.items) <= limit
        found += page.items
        after = page.next_key
        if after is None:
            return found
    raise AssertionError("the pages do not end")


# orders and fills


def test_orders_run_over_all_bots_newest_first_and_filters_hold(world: World, life: Life) -> None:
    second = Life(world, bot_id=BOT_2).funded()
    life.entered(AS_OF + HOUR)
    second.entered(AS_OF + 2 * HOUR)
    life.stopped(AS_OF + 3 * HOUR)
    look = ListOrders(world.desk)
    for limit in (1, 2, 50):
        legs = [
            (one.bot_id, one.leg)
            for one in walked(look, OWNER, Wanted(), limit=limit)
            if isinstance(one, Order)
        ]
        assert legs[0] == (BOT_2, Leg.ENTRY)
        assert set(legs[1:]) == {(BOT, Leg.STOP), (BOT, Leg.ENTRY)}  # made at one moment
        ours = walked(look, OWNER, Wanted(bot_id=BOT), limit=limit)
        assert len(ours) == 2
        assert walked(look, OWNER, Wanted(status=OrderStatus.DENIED), limit=limit) == []
        assert walked(look, OWNER, Wanted(mode=Mode.LIVE), limit=limit) == []


def test_a_filter_that_fits_rarely_gives_short_pages_not_endless_reads(
    world: World, life: Life
) -> None:
    second = Life(world, bot_id=BOT_2).funded()
    life.entered(AS_OF + HOUR)
    for hour in range(15):
        second.entered(AS_OF + (2 + 2 * hour) * HOUR)
        second.stopped(AS_OF + (3 + 2 * hour) * HOUR)
    look = ListFills(world.desk)
    first = look(OWNER, Wanted(bot_id=BOT), limit=1, after=None)
    assert (first.items, first.next_key is None) == ([], False)
    assert len(walked(look, OWNER, Wanted(bot_id=BOT), limit=1)) == 1


def test_orders_and_fills_of_another_owners_bot_are_missing(world: World, life: Life) -> None:
    decision = life.entered(AS_OF + HOUR)
    for look in (ListOrders(world.desk), ListFills(world.desk)):
        with pytest.raises(Missing):
            look(OTHER, Wanted(bot_id=BOT), limit=9, after=None)
        assert look(OTHER, Wanted(), limit=9, after=None).items == []
    read = ReadOrder(world.desk, world.bots)
    with pytest.raises(Missing):
        read(OTHER, decision.order_ids[0])
    with pytest.raises(Missing):
        read(OWNER, ClientOrderId("nd-none"))
    view = read(OWNER, decision.order_ids[0])
    assert (view.order.status, [fill.price for fill in view.fills]) == (
        OrderStatus.FILLED,
        [D(10_000)],
    )


# decisions


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 50])
def test_decisions_of_many_bots_are_merged_newest_first_without_gap_or_repeat(
    world: World, life: Life, limit: int
) -> None:
    second = Life(world, bot_id=BOT_2).funded()
    Life(world, owner=OTHER).funded().held(AS_OF)
    for hour in range(9):
        life.held(AS_OF + hour * HOUR)
        if hour % 3 == 0:
            second.held(AS_OF + hour * HOUR)
    look = ListDecisions(world.decisions, world.desk, world.bots)
    found = [
        (one.as_of, one.bot_id)  # type: ignore[attr-defined]
        for one in walked(look, OWNER, None, limit=limit)
    ]
    assert len(found) == len(set(found)) == 12
    assert all(a[0] > b[0] or (a[0] == b[0] and a[1] < b[1]) for a, b in pairwise(found))
    assert len(walked(look, OWNER, BOT_2, limit=limit)) == 3


def test_decisions_of_a_foreign_bot_are_missing_and_a_new_owner_has_none(
    world: World, life: Life
) -> None:
    life.held(AS_OF)
    look = ListDecisions(world.decisions, world.desk, world.bots)
    assert look(OTHER, None, limit=9, after=None) == Page([])
    with pytest.raises(Missing):
        look(OTHER, BOT, limit=9, after=None)


def test_an_open_trade_is_explained_with_its_protection(world: World, life: Life) -> None:
    decision = life.entered(AS_OF + HOUR)
    story = explained(world, decision.decision_id)
    assert story.decision == decision
    assert [one.order.status for one in story.orders] == [OrderStatus.FILLED]
    assert [one.order.leg for one in story.protective] == [Leg.STOP, Leg.TARGET]
    assert story.position is not None
    assert story.trip is None
    assert story.summary == (
        "Bought 0.1 BTC at 10000 USD on bitstamp, fee 4 USD. Still open, stop 9500, target 11000."
    )


def test_a_closed_trade_is_explained_as_the_journal_was_told(world: World, life: Life) -> None:
    decision = life.entered(AS_OF + HOUR)
    life.stopped(AS_OF + 3 * HOUR)
    life.entered(AS_OF + 4 * HOUR)
    life.stopped(AS_OF + 5 * HOUR)
    story = explained(world, decision.decision_id)
    (event, _) = [one for one in world.desk.events if one.type == EventType.ROUND_TRIP_CLOSED]
    trip = story.trip
    assert trip is not None
    assert story.position is None
    for name in ("gross", "fees", "net", "slippage", "planned_risk", "quantity"):
        assert getattr(trip, name) == D(str(event.data[name])), name
    assert (trip.position_id, trip.exit_reason, list(trip.orders)) == (
        event.data["position_id"],
        event.data["exit_reason"],
        event.data["orders"],
    )
    # 949 - 3.8 - 1000 - 4, and that over the planned 50
    assert (trip.net, trip.r) == (D("-58.8"), D("-1.176"))
    filled = [one.order.leg for one in story.protective if one.fills]
    assert filled == [Leg.STOP]
    assert "Closed by stop at 2018-03-01T15:00:00.250Z: net -58.8 USD, -1.18 R." in story.summary


def test_another_bots_fills_in_between_do_not_disturb_the_round_trip(
    world: World, life: Life
) -> None:
    second = Life(world, bot_id=BOT_2).funded()
    decision = life.entered(AS_OF + HOUR)
    second.entered(AS_OF + 2 * HOUR)
    second.stopped(AS_OF + 2 * HOUR)
    life.stopped(AS_OF + 3 * HOUR)
    trip = explained(world, decision.decision_id).trip
    assert trip is not None
    assert trip.net == D("-58.8")


def test_without_rules_a_closed_trade_has_no_round_trip(world: World, life: Life) -> None:
    decision = life.entered(AS_OF + HOUR)
    life.stopped(AS_OF + 3 * HOUR)
    explain = ExplainDecision(
        decisions=world.decisions,
        desk=world.desk,
        snapshots=FakeSnapshots(),
        rules=MemoryRules(),
    )
    assert explain(OWNER, decision.decision_id).trip is None


def test_the_snapshot_is_shown_by_its_hash_while_it_is_kept(world: World, life: Life) -> None:
    decision = life.held(AS_OF)
    snapshots = FakeSnapshots()
    explain = ExplainDecision(
        decisions=world.decisions, desk=world.desk, snapshots=snapshots, rules=MemoryRules(RULES)
    )
    assert explain(OWNER, decision.decision_id).snapshot is None
    record = SnapshotRecord(
        hash=decision.snapshot_hash,
        instrument_id=BTC,
        timeframe=Timeframe.H1,
        candle=decision.candle,
        content={"regime": "ranging"},
    )
    snapshots.put(record)
    assert explain(OWNER, decision.decision_id).snapshot == record


def test_another_owners_decision_is_missing(world: World, life: Life) -> None:
    decision = life.held(AS_OF)
    with pytest.raises(Missing):
        explained(world, decision.decision_id, OTHER)


def test_a_denial_says_which_check_refused(world: World, life: Life) -> None:
    check = Check(
        number=11, code="DAILY_LOSS", passed=False, figures={"loss": "0.06"}, limit="0.05"
    )
    verdict = replace(
        a_verdict(), outcome=Outcome.DENIED, reason="DAILY_LOSS", checks=(check,), quantity=D(0)
    )
    wanted = life.wanted(AS_OF + HOUR, verdict=verdict, code="DAILY_LOSS")
    decision = life.denied(AS_OF + HOUR, wanted)
    story = explained(world, decision.decision_id)
    assert story.orders[0].order.status is OrderStatus.DENIED
    assert story.summary == (
        "Did not buy BTC/USD@bitstamp: risk refused it, DAILY_LOSS: loss=0.06 limit=0.05."
    )


def test_decisions_are_told_in_a_line(world: World, life: Life) -> None:
    held = life.held(AS_OF)
    assert told(held) == "Did nothing on BTC/USD@bitstamp: the strategy gave no signal."
    blocked = life.held(AS_OF + HOUR, signal=a_signal(action=Action.ENTER), code="BOT_NOT_ACTIVE")
    assert told(blocked).endswith("the strategy said ENTER, BOT_NOT_ACTIVE holds it back.")
    smaller = life.wanted(AS_OF + 2 * HOUR, code="POSITION_CAP")
    assert told(smaller) == "Wanted to buy 0.1 BTC on bitstamp (made smaller by POSITION_CAP)."
    (order,) = smaller.orders
    rejected = order.to(OrderStatus.REJECTED, AS_OF + 2 * HOUR, reason="NO_FUNDS")
    assert told(smaller, orders=[rejected]).endswith("the order is REJECTED (NO_FUNDS).")


# the ledger


def test_postings_come_bot_by_bot_and_end(world: World, life: Life) -> None:
    second = Life(world, bot_id=BOT_2).funded()
    life.entered(AS_OF + HOUR)
    second.entered(AS_OF + HOUR)
    look = ListPostings(world.desk, world.bots)
    whole = look(OWNER, None, limit=99, after=None).items
    assert [one.bot_id for one in whole] == sorted(one.bot_id for one in whole)
    for limit in (1, 2, 3, 50):
        assert walked(look, OWNER, None, limit=limit) == whole
        assert walked(look, OWNER, BOT_2, limit=limit) == [
            one for one in whole if one.bot_id == BOT_2
        ]
    assert look(OTHER, None, limit=9, after=None).items == []
    with pytest.raises(Missing):
        look(OTHER, BOT, limit=9, after=None)


def verify(world: World, desk: Any = None) -> VerifyLedger:
    return VerifyLedger(desk or world.desk, ProveAccount(world.desk, world.pools))


def test_an_account_that_gave_too_much_is_found(world: World, life: Life) -> None:
    account = (OWNER, Mode.PAPER, "USD")
    world.pools.openings[account], world.pools.amounts[account] = D(12_000), D(2_000)
    assert verify(world)(OWNER, BOT).broken == ()
    world.pools.amounts[account] = D(2_001)
    (found,) = verify(world)(OWNER, BOT).broken
    assert (found.number, found.text) == (7, "bots were given 10000, 2001 is free of 12000")
    world.pools.openings[account], world.pools.amounts[account] = D(9_000), D(-1_000)
    assert [one.number for one in verify(world)(OWNER, BOT).broken] == [7]


def test_the_ledger_of_a_traded_bot_is_proven(world: World, life: Life) -> None:
    life.entered(AS_OF + HOUR)
    life.stopped(AS_OF + 2 * HOUR)
    life.entered(AS_OF + 3 * HOUR)
    proof = verify(world)(OWNER, BOT)
    assert proof.broken == ()
    assert [one.number for one in proof.invariants] == [1, 2, 3, 4, 5, 6, 7]
    assert proof.fills == 3
    with pytest.raises(Missing):
        verify(world)(OTHER, BOT)


def test_a_changed_balance_a_lost_posting_and_a_lost_fill_are_found(
    world: World, life: Life
) -> None:
    life.entered(AS_OF + HOUR)
    desk, key = world.desk, (OWNER, BOT)
    book = desk.kept[key]
    amounts = dict(book.balances.amounts)
    amounts[Account.CASH, "USD"] += 1
    desk.kept[key] = replace(book, balances=Balances(amounts))
    broken = verify(world)(OWNER, BOT).broken
    assert {one.number for one in broken} == {5, 6}
    desk.kept[key] = book
    fills = dict(desk.kept_fills)
    desk.kept_fills.clear()
    assert {one.number for one in verify(world)(OWNER, BOT).broken} == {3}
    desk.kept_fills.update(fills)
    place = (OWNER, BOT, "capital:initial")
    del desk.kept_postings[place]
    found = verify(world)(OWNER, BOT).invariants[5]
    assert found.findings


def test_a_stored_posting_that_does_not_sum_to_zero_is_found(
    world: World, life: Life, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> object:
        line = Line(Account.CASH, "USD", D(1))
        return [Posting(posting_id=PostingId("x"), at=AS_OF, lines=(line,))], []

    monkeypatch.setattr(type(world.desk), "history", broken)
    proof = verify(world)(OWNER, BOT)
    assert [one.number for one in proof.broken] == [1]


def test_a_book_that_moves_while_it_is_read_is_read_again(world: World, life: Life) -> None:
    class Busy:
        """A desk on which the bot trades whenever its fills were read."""

        def __init__(self, times: int) -> None:
            self.times = times

        def __getattr__(self, name: str) -> object:
            if name == "history" and self.times:
                self.times -= 1
                book = world.desk.kept[OWNER, BOT]
                world.desk.kept[OWNER, BOT] = replace(book, version=book.version + 1)
            found: object = getattr(world.desk, name)
            return found

    assert verify(world, Busy(2))(OWNER, BOT).broken == ()
    with pytest.raises(StoreUnavailable):
        verify(world, Busy(9))(OWNER, BOT)


# positions and portfolio


def test_positions_are_marked_at_the_newest_settle(world: World, life: Life) -> None:
    second = Life(world, bot_id=BOT_2).funded()
    life.entered(AS_OF + HOUR)
    second.entered(AS_OF + 2 * HOUR)
    life.settled(AS_OF + 2 * HOUR, 10_500)
    look = ListPositions(world.desk, world.equity)
    newest, oldest = look(OWNER, None, limit=9, after=None).items
    assert (newest.book.bot_id, newest.marked_at, newest.mark) == (BOT_2, None, D(10_000))
    assert (oldest.mark, oldest.value, oldest.unrealised) == (D(10_500), D(1_050), D(50))
    assert [one.book.bot_id for one in walked(look, OWNER, Mode.PAPER, limit=1)] == [  # type: ignore[attr-defined]
        BOT_2,
        BOT,
    ]
    assert look(OWNER, Mode.LIVE, limit=9, after=None).items == []
    assert look(OTHER, None, limit=9, after=None).items == []


def test_a_position_has_its_orders_until_it_is_closed(world: World, life: Life) -> None:
    life.entered(AS_OF + HOUR)
    book = world.desk.book(OWNER, BOT)
    assert book.position is not None
    read = ReadPosition(world.desk, world.equity)
    detail = read(OWNER, book.position.position_id)
    assert [one.order.leg for one in detail.orders] == [Leg.ENTRY]
    assert [one.order.leg for one in detail.protective] == [Leg.STOP, Leg.TARGET]
    with pytest.raises(Missing):
        read(OTHER, book.position.position_id)
    life.stopped(AS_OF + 2 * HOUR)
    with pytest.raises(Missing):
        read(OWNER, book.position.position_id)


def test_the_portfolio_adds_up_the_bots_of_a_currency(world: World, life: Life) -> None:
    Life(world, bot_id=BOT_2).funded(5_000)
    world.pools.amounts[OWNER, Mode.PAPER, "USD"] = D(2_500)
    life.settled(AS_OF, 10_000)
    life.entered(AS_OF + HOUR)
    life.settled(AS_OF + 2 * HOUR, 10_500)
    read = ReadPortfolio(world.desk, world.equity, world.pools)
    (usd,) = read(OWNER, Mode.PAPER, since=None, until=None, as_of=AS_OF + DAY)
    # 10,000 - 1,000 - 4 in cash, 0.1 BTC at 10,500, and 5,000 of the other bot
    assert (usd.cash, usd.held, usd.equity) == (D(13_996), D(1_050), D(15_046))
    assert (usd.unrealised, usd.fees, usd.realised, usd.pool) == (D(50), D(4), D(0), D(2_500))
    assert (usd.bots, usd.positions, usd.as_of) == (2, 1, AS_OF + 2 * HOUR)
    assert usd.day is not None
    assert (usd.day.date, usd.day.start, usd.day.change) == (AS_OF.date(), D(15_000), D(46))
    assert usd.curve == ()
    assert read(OTHER, Mode.PAPER, since=None, until=None, as_of=AS_OF) == []
    assert read(OWNER, Mode.LIVE, since=None, until=None, as_of=AS_OF) == []


def test_the_curve_carries_each_bot_between_its_settles(world: World, life: Life) -> None:
    second = Life(world, bot_id=BOT_2).funded(5_000)
    life.settled(AS_OF, 10_000)
    second.settled(AS_OF, 10_000)
    life.entered(AS_OF + HOUR)
    life.settled(AS_OF + 2 * HOUR, 10_500)
    second.settled(AS_OF + 3 * HOUR, 10_500)
    read = ReadPortfolio(world.desk, world.equity, world.pools)
    (usd,) = read(OWNER, Mode.PAPER, since=AS_OF, until=None, as_of=AS_OF + DAY)
    assert [(point.as_of, point.equity) for point in usd.curve] == [
        (AS_OF, D(15_000)),
        (AS_OF + 2 * HOUR, D(15_046)),
        (AS_OF + 3 * HOUR, D(15_046)),
    ]
    (later,) = read(OWNER, Mode.PAPER, since=AS_OF + HOUR, until=None, as_of=AS_OF + DAY)
    assert [point.equity for point in later.curve] == [D(15_046), D(15_046)]


def test_a_range_that_is_bad_or_too_long_is_refused(world: World, life: Life) -> None:
    read = ReadPortfolio(world.desk, world.equity, world.pools)
    now = AS_OF + 3_000 * DAY
    for since, until in (
        (AS_OF, AS_OF),
        (AS_OF + HOUR, AS_OF),
        (now + DAY, None),
        (AS_OF, now + DAY),
        (AS_OF, now),
    ):
        with pytest.raises(Invalid) as refused:
            read(OWNER, Mode.PAPER, since=since, until=until, as_of=now)
        assert refused.value.code == "BAD_RANGE"


def test_a_long_curve_is_thinned_and_keeps_its_end(world: World, life: Life) -> None:
    for hour in range(2_500):
        life.settled(AS_OF + hour * HOUR, 10_000)
    read = ReadPortfolio(world.desk, world.equity, world.pools)
    (usd,) = read(OWNER, Mode.PAPER, since=AS_OF, until=None, as_of=AS_OF + 200 * DAY)
    assert 500 <= len(usd.curve) <= 1_000
    assert usd.curve[-1].as_of == AS_OF + 2_499 * HOUR
