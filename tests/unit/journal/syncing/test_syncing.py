"""What a sync fetches, from where on, and what it leaves, wherever it is cut off."""

from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nightdesk.accounts.credential import Permissions
from nightdesk.core.errors import Conflict, Missing, RateLimited, StaleWrite, VenueUnavailable
from nightdesk.core.ids import ClientOrderId, UserId, VenueOrderId
from nightdesk.journal.account_sync import account_of, told
from nightdesk.journal.account_syncing import LONGEST, TRIES
from nightdesk.journal.ports.syncs import KeyRefused
from nightdesk.journal.synced import HELD, RowError, Status
from nightdesk.trading.order import Mode, OrderStatus
from tests.builders.trading import a_buy
from tests.builders.vault import ADA, BEN, NOW
from tests.fakes.imports import FakeRebuild, Fate
from tests.fakes.syncs import FakeHistory
from tests.unit.journal.syncing.rig import (
    ACCOUNT,
    BTC,
    DAY,
    ETH,
    HOUR,
    Rig,
    a_desk,
    a_fill,
    a_movement,
    a_slot,
    always,
    never,
)

D = Decimal
BROKEN = RowError(
    part="deposits", ref="9", column="at", value="soon", code="BAD_TIME", hint="Write the time."
)


def an_account(**changes: Any) -> FakeHistory:
    """Seven bitcoin trades over seven days, an ether trade, two deposits and a broken row."""
    fills = [a_fill(str(n), NOW - n * DAY + HOUR) for n in range(1, 8)]
    given: dict[str, Any] = {
        "done": {
            "deposits": [a_movement("d1", NOW - 3 * DAY), a_movement("d2", NOW - 200 * DAY)],
            "trades:BTCUSDT": fills,
            "trades:ETHUSDT": [a_fill("e1", NOW - DAY, instrument=ETH)],
        },
        "broken": {"deposits": [BROKEN]},
        "holds": {"USDT": D(50), "BTC": D(7)},
    }
    return FakeHistory(**(given | changes))


def test_a_first_sync_looks_back_90_days_and_counts_what_it_did() -> None:
    rig = Rig(an_account())
    done = rig.synced()
    assert done.status is Status.DONE
    assert done.counts == {"fetched": 10, "new": 9, "updated": 0, "skipped": 0, "errors": 1}
    assert done.errors == (BROKEN,)
    assert rig.refs == ["7", "6", "5", "4", "d1", "3", "2", "e1", "1"]
    assert {since for _, since, _ in rig.history.asked} == {NOW - timedelta(days=90)}
    assert set(rig.rebuild.built) == {(ADA, ACCOUNT, BTC), (ADA, ACCOUNT, ETH)}
    (event,) = rig.syncs.events
    assert event == told(done, NOW)
    assert event.data == {"account": ACCOUNT, "new": 9, "errors": 1}
    assert rig.balances(ADA, ACCOUNT) == [(NOW, {"BTC": D(7), "USDT": D(50)})]


@pytest.mark.parametrize("days", [1, 201, 730])
def test_an_owner_says_how_far_back(days: int) -> None:
    rig = Rig(an_account())
    rig.synced(days)
    assert {since for _, since, _ in rig.history.asked} == {NOW - timedelta(days=days)}
    assert ("d2" in rig.refs) == (days > 200)


def test_the_next_sync_begins_a_day_before_the_cursor_and_adds_only_what_is_new() -> None:
    rig = Rig(an_account())
    rig.synced()
    rig.history.asked.clear()
    rig.now = NOW + HOUR
    late = a_fill("late", NOW - 23 * HOUR)
    rig.history.done["trades:BTCUSDT"] += [late, a_fill("8", NOW + HOUR / 2)]
    done = rig.by_schedule()
    assert {since for _, since, _ in rig.history.asked} == {NOW - DAY}
    assert (done.counts["new"], done.counts["skipped"]) == (2, 2)
    assert {"late", "8"} <= set(rig.refs)


def test_an_hourly_sync_asks_for_markets_that_were_traded_and_once_a_day_for_all() -> None:
    rig = Rig(an_account())
    rig.history.done["trades:SOLUSDT"] = []
    rig.synced()
    for hours, wide in ((1, False), (23, False), (25, True)):
        rig.history.asked.clear()
        rig.now = NOW + hours * HOUR
        rig.by_schedule()
        asked = {part for part, _, _ in rig.history.asked}
        assert ("trades:SOLUSDT" in asked) == wide
        assert {"deposits", "trades:BTCUSDT", "trades:ETHUSDT"} <= asked


def test_what_becomes_known_on_the_way_opens_more_markets() -> None:
    """Dollars bought ether, ether bought a coin: only the trade in between shows the ether."""
    coin = "LINK/ETH@binance"
    rig = Rig(
        FakeHistory(
            done={
                "trades:ETHUSDT": [a_fill("1", NOW - 2 * DAY, instrument=ETH)],
                "trades:LINKETH": [a_fill("2", NOW - DAY, instrument=coin)],
                "trades:XRPBTC": [],
            },
            needs={"trades:ETHUSDT": "USDT", "trades:LINKETH": "ETH", "trades:XRPBTC": "BTC"},
            holds={"USDT": D(1)},
        )
    )
    done = rig.synced()
    assert rig.refs == ["1", "2"]
    assert done.assets == ("ETH", "LINK", "USDT")
    assert "trades:XRPBTC" not in done.parts


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("enough", [never, always])
def test_cut_off_at_any_write_the_end_is_the_same(after: bool, enough: Any) -> None:
    wanted = Rig(an_account())
    wanted.synced()
    wanted.now = NOW + HOUR
    wanted.history.done["trades:BTCUSDT"].append(a_fill("8", NOW))
    wanted.by_schedule()
    for at in range(1, wanted.fate.writes + 1):
        rig = Rig(an_account(), fate=Fate(at=at + 1, after=after))
        first = rig.begun()
        rig.finished(first.sync_id, enough)
        rig.now = NOW + HOUR
        rig.history.done["trades:BTCUSDT"].append(a_fill("8", NOW))
        rig.by_schedule(enough)
        assert rig.state == wanted.state


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_cut_order_and_overlap_gives_the_same_trades(data: st.DataObject) -> None:
    moments = data.draw(st.lists(st.integers(1, 80), min_size=1, max_size=12))
    fills = [a_fill(str(n), NOW - day * DAY) for n, day in enumerate(moments)]
    wanted = Rig(FakeHistory(done={"trades:BTCUSDT": list(fills)}))
    wanted.synced()
    rig = Rig(FakeHistory(done={"trades:BTCUSDT": []}, size=data.draw(st.integers(1, 5))))
    for n in range(data.draw(st.integers(1, 3))):
        rig.now = NOW - (3 - n) * DAY
        seen = data.draw(st.permutations([one for one in fills if one.at <= rig.now]))
        rig.history.done["trades:BTCUSDT"] = list(seen)
        rig.fate.at = rig.fate.writes + data.draw(st.integers(2, 20))
        rig.fate.after = data.draw(st.booleans())
        rig.synced(data.draw(st.sampled_from([0, 1, 30])))
        rig.fate.at = None
    rig.now = NOW
    rig.history.done["trades:BTCUSDT"] = list(fills)
    rig.synced(90)
    assert rig.told == wanted.told
    assert rig.rebuild.built == wanted.rebuild.built


def test_two_workers_at_once_do_no_more_than_one() -> None:
    rig = Rig(an_account())
    begun = rig.begun()
    half = rig.work(ADA, begun.sync_id, NOW, always)
    assert half.status is Status.RUNNING
    rig.finished(begun.sync_id)
    ended = rig.state
    rig.work(ADA, begun.sync_id, NOW, never)
    rig.fail(ADA, begun.sync_id, "LATE", NOW)
    assert rig.state == ended


@pytest.mark.parametrize(("asked", "delay"), [(7.2, 8), (None, 60), (4_000, LONGEST)])
def test_a_venue_that_wants_patience_is_left_alone_and_asked_again_later(
    asked: float | None, delay: int
) -> None:
    rig = Rig(an_account(faults=[None, None, RateLimited("slow down", retry_after=asked)]))
    begun = rig.begun()
    paused = rig.work(ADA, begun.sync_id, NOW, never)
    assert paused.status is Status.RUNNING
    assert rig.queue.sent[-1] == (ADA, begun.sync_id, delay)
    assert paused.alive(NOW + timedelta(seconds=asked or 60))
    calls = len(rig.history.asked)
    done = rig.finished(begun.sync_id)
    assert done.counts["new"] == 9
    assert rig.history.asked[calls] not in rig.history.asked[:calls]


def test_a_venue_that_is_silent_is_tried_five_times_in_a_row() -> None:
    rig = Rig(an_account(faults=[VenueUnavailable("down")] * (TRIES - 1)))
    done = rig.synced()
    assert done.status is Status.DONE
    assert [delay for *_, delay in rig.queue.sent] == [0, 120, 240, 480, 900]
    rig = Rig(an_account(faults=[None] * 3 + [VenueUnavailable("down")] * TRIES))
    failed = rig.synced()
    assert (failed.status, failed.reason) == (Status.FAILED, "VENUE_UNAVAILABLE")
    rig.now = NOW + HOUR
    assert rig.by_schedule().counts["new"] + failed.counts["new"] == 9


@pytest.mark.parametrize("calls", range(3, 6))
def test_what_a_failed_sync_stored_becomes_trades_with_the_next_one(calls: int) -> None:
    rig = Rig(an_account(faults=[None] * calls + [VenueUnavailable("down")] * TRIES))
    assert rig.synced().status is Status.FAILED
    assert not rig.rebuild.built
    stored = set(rig.refs)
    assert stored
    rig.now = NOW + HOUR
    assert rig.by_schedule().status is Status.DONE
    assert set(rig.rebuild.built) == {(ADA, ACCOUNT, BTC), (ADA, ACCOUNT, ETH)}
    assert stored < set(rig.refs)
    rig.rebuild.built.clear()
    rig.now = NOW + 2 * HOUR
    rig.by_schedule()
    assert not rig.rebuild.built  # nothing is owing any more


def test_a_sync_that_fails_at_its_trades_leaves_the_rest_of_them_to_the_next_one() -> None:
    rig = Rig(an_account())
    begun = rig.begun()
    for _ in range(100):
        half = rig.work(ADA, begun.sync_id, NOW, always)
        if half.rebuilt == 1:
            break
    rig.fail(ADA, begun.sync_id, "STALE_WRITE", NOW)
    first, second = half.touched
    assert set(rig.rebuild.built) == {(ADA, ACCOUNT, first)}
    assert rig.syncs.account(ADA, ACCOUNT).owing == (second,)
    rig.now = NOW + HOUR
    rig.by_schedule()
    assert (ADA, ACCOUNT, second) in rig.rebuild.built


@dataclass
class Contended:
    """A rebuild whose trades somebody else writes for a while."""

    rebuild: FakeRebuild
    times: int

    def __call__(self, *args: Any, **kwargs: Any) -> None:
        if self.times:
            self.times -= 1
            raise StaleWrite("it has moved")
        self.rebuild(*args, **kwargs)


def test_trades_that_somebody_else_writes_are_built_a_little_later() -> None:
    rig = Rig(an_account())
    rig.work = replace(rig.work, rebuild=Contended(rig.rebuild, TRIES - 1))
    assert rig.synced().status is Status.DONE
    assert set(rig.rebuild.built) == {(ADA, ACCOUNT, BTC), (ADA, ACCOUNT, ETH)}
    rig = Rig(an_account())
    rig.work = replace(rig.work, rebuild=Contended(rig.rebuild, TRIES))
    failed = rig.synced()
    assert (failed.status, failed.reason) == (Status.FAILED, "STALE_VERSION")
    rig.now = NOW + HOUR
    rig.by_schedule()
    assert set(rig.rebuild.built) == {(ADA, ACCOUNT, BTC), (ADA, ACCOUNT, ETH)}


def test_a_key_that_is_refused_ends_the_sync_and_the_next_one_goes_on_from_there() -> None:
    rig = Rig(an_account(faults=[None, None, None, None, KeyRefused("no")]))
    begun = rig.begun()
    with pytest.raises(KeyRefused):
        rig.finished(begun.sync_id)
    failed = rig.fail(ADA, begun.sync_id, "KEY_REFUSED", NOW)
    assert (failed.status, failed.reason) == (Status.FAILED, "KEY_REFUSED")
    (event,) = rig.syncs.events
    assert event.data["account"] == ACCOUNT
    account = rig.syncs.account(ADA, ACCOUNT)
    assert account.marks == {"deposits": NOW}
    assert (account.running, account.wide_at, account.synced_at) == ("", None, None)
    rig.now = NOW + HOUR
    rig.history.asked.clear()
    assert rig.by_schedule().status is Status.DONE
    since = {part: since for part, since, _ in reversed(rig.history.asked)}
    assert since["deposits"] == NOW - DAY
    assert since["trades:BTCUSDT"] == NOW + HOUR - timedelta(days=90)


def test_one_account_is_synced_by_one_sync_at_a_time() -> None:
    rig = Rig(an_account())
    begun = rig.begun()
    assert rig.begun().sync_id == begun.sync_id  # the same command, once more
    rig.now = NOW + timedelta(minutes=1)
    with pytest.raises(Conflict) as refusal:
        rig.begun()
    assert refusal.value.code == "SYNC_RUNNING"
    assert rig.hourly(rig.now) == 0
    rig.now = NOW + HELD
    assert rig.hourly(rig.now) == 1  # it has died: another worker goes on with it
    assert rig.queue.sent[-1] == (ADA, begun.sync_id, 0)
    assert rig.finished(begun.sync_id).status is Status.DONE


def test_the_schedule_begins_one_sync_an_hour_however_often_it_is_called() -> None:
    rig = Rig(an_account())
    for _ in range(2):
        assert rig.hourly(NOW) == 1
    assert len(rig.syncs.stored) == 1
    rig.finished(rig.queue.sent[-1][1])
    assert rig.hourly(NOW) == 0
    assert len(rig.syncs.stored) == 1


@pytest.mark.parametrize(
    "slot",
    [
        a_slot(status="test_failed"),
        a_slot(provider="luno"),
        a_slot(expires_at=NOW),
        a_slot(permissions=Permissions(read=False)),
    ],
)
def test_a_key_that_is_not_ready_is_neither_asked_with_nor_by_schedule(slot: Any) -> None:
    rig = Rig(an_account(), slots=[slot])
    with pytest.raises(Conflict) as refusal:
        rig.begun()
    assert refusal.value.code == "KEY_NOT_READY"
    assert rig.hourly(NOW) == 0
    assert not rig.queue.sent


def test_one_account_is_named_or_all_that_are_ready_are_synced() -> None:
    slots = [a_slot(), a_slot(label="second"), a_slot(provider="kraken")]
    rig = Rig(slots=slots)
    call = {"days": 0, "cause": "c", "now": NOW}
    (one,) = rig.request(ADA, account="binance:second:live", **call)  # type: ignore[arg-type]
    assert one.account == "binance:second:live"
    rest = rig.request(ADA, account=None, **(call | {"cause": "d"}))  # type: ignore[arg-type]
    assert [sync.account for sync in rest] == [ACCOUNT, "kraken:main:live"]
    assert account_of(slots[0]) == ACCOUNT
    with pytest.raises(Conflict) as refusal:
        rig.request(ADA, account="mine", **call)  # type: ignore[arg-type]
    assert refusal.value.code == "KEY_NOT_READY"


def test_another_owners_sync_is_missing() -> None:
    rig = Rig(an_account())
    begun = rig.begun()
    for work in (rig.work,):
        with pytest.raises(Missing):
            work(BEN, begun.sync_id, NOW, never)


def live_order(name: str, **changes: Any) -> Any:
    order = a_buy(owner=ADA, instrument_id=BTC, mode=Mode.LIVE, created_at=NOW - DAY)
    return replace(order, client_order_id=ClientOrderId(name), **changes)


def test_the_desks_own_fills_are_skipped_by_the_venues_id_or_by_the_clients() -> None:
    desk = a_desk()
    for order in (
        live_order("ndknown", venue_order_id=VenueOrderId("o1")),
        live_order("ndunknown"),
        live_order("ndpaper", mode=Mode.PAPER, venue_order_id=VenueOrderId("o4")),
        live_order("ndother", owner=UserId("other"), venue_order_id=VenueOrderId("o4")),
    ):
        desk.kept_orders[order.owner, order.bot_id, str(order.client_order_id)] = order
    fills = [a_fill(str(n), NOW - n * HOUR) for n in range(1, 5)]
    history = FakeHistory(
        done={"trades:BTCUSDT": fills},
        client_ids={"o2": ClientOrderId("ndunknown"), "o3": ClientOrderId("web_abc")},
        size=10,
    )
    rig = Rig(history, desk=desk)
    done = rig.synced()
    assert rig.refs == ["4", "3"]
    assert (done.counts["new"], done.counts["skipped"]) == (2, 2)
    assert history.told_ids == ["o2", "o3", "o4"]  # what is known by its id is not asked about


def a_desk_with(order: Any) -> Any:
    desk = a_desk()
    desk.kept_orders[order.owner, order.bot_id, str(order.client_order_id)] = order
    return desk


def test_an_order_of_another_market_with_the_same_number_is_not_the_desks() -> None:
    """Binance counts orders market by market, so two markets have an order of one number."""
    fills = {
        "trades:BTCUSDT": [a_fill("1", NOW - HOUR, order="77")],
        "trades:ETHUSDT": [a_fill("2", NOW - HOUR, order="77", instrument=ETH)],
    }
    order = live_order("ndknown", venue_order_id=VenueOrderId("77"))
    rig = Rig(FakeHistory(done=fills), desk=a_desk_with(order))
    assert rig.synced().counts["skipped"] == 1
    assert rig.refs == ["2"]


def test_the_desks_own_fills_are_known_in_a_part_that_looks_further_back_than_the_one_before() -> (
    None
):
    """The first sync got through one market and failed at the next one, which is behind by then."""
    old = NOW - 60 * DAY
    fills = {
        "trades:BTCUSDT": [a_fill("1", NOW - HOUR)],
        "trades:ETHUSDT": [a_fill("2", old, order="88", instrument=ETH)],
    }
    order = live_order(
        "ndold", venue_order_id=VenueOrderId("88"), created_at=old, instrument_id=ETH
    )
    silent = [VenueUnavailable("silent")] * TRIES
    history = FakeHistory(done=fills, faults=[None, None, *silent])
    rig = Rig(history, desk=a_desk_with(order))
    assert rig.synced().status is Status.FAILED
    rig.now = NOW + HOUR
    done = rig.synced()
    assert (done.status, done.counts["new"]) == (Status.DONE, 0)
    assert rig.refs == ["1"]


def test_for_an_order_that_never_left_the_desk_nobody_is_asked_for_the_clients_ids() -> None:
    denied = live_order("nddenied", status=OrderStatus.DENIED, sent_at=None)
    rig = Rig(an_account(), desk=a_desk_with(denied))
    assert rig.synced().counts["new"] == 9
    assert rig.history.told_ids == []


def test_without_live_orders_nobody_is_asked_for_the_clients_ids() -> None:
    rig = Rig(an_account())
    rig.synced()
    assert rig.history.told_ids == []
