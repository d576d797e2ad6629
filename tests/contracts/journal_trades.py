"""What every Trades, CashRows and UnplacedStore keeps to."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest

from nightdesk.core.errors import Missing, StaleWrite
from nightdesk.core.ids import InstrumentId, TradeId, UserId
from nightdesk.journal.cash_row import CashKind, CashRow
from nightdesk.journal.keeping import hidden
from nightdesk.journal.manual_trade import standing
from nightdesk.journal.ports.trades import By, CashRows, Trades, UnplacedStore
from nightdesk.journal.round_trips import build
from nightdesk.journal.stored import Stored, built_from
from nightdesk.journal.trade import Check, Emotion, JournalTrade, Labels, Status, StopMark
from tests.builders.journal_trades import (
    ACCOUNT,
    AT,
    BTC,
    HOUR,
    OWNER,
    a_book,
    a_contract,
    a_trade,
    an_unplaced,
    bought,
    sold,
)

D = Decimal
OTHER = UserId("usr_2")
DAY = timedelta(days=1)


def a_stored(trade: JournalTrade | None = None, **changes: object) -> Stored:
    trade = trade or a_trade()
    whole = Stored(trade=trade, fills_hash=built_from(trade))
    return replace(whole, **changes)  # type: ignore[arg-type]


def a_trade_at(name: str, opened: datetime, hours: int | None = 1) -> JournalTrade:
    """Return a trade of its own id, open where `hours` is None."""
    fills = [bought(f"in-{name}", "1", "100", at=opened)]
    if hours is not None:
        fills.append(sold(f"out-{name}", "1", "110", at=opened + hours * HOUR))
    (trade,) = build(fills, a_book()).trades
    return trade


def put(trades: Trades, *some: JournalTrade) -> list[Stored]:
    return [trades.save(a_stored(one), None) for one in some]


def ids(played: object) -> list[str]:
    return [one.trade.id for one in played]  # type: ignore[attr-defined]


class TradesContract:
    def test_get_returns_the_whole_trade_under_version_one(self, trades: Trades) -> None:
        (stored,) = put(trades, a_trade())
        found = trades.get(OWNER, stored.trade.id)
        assert found.trade == replace(a_trade(), version=1)
        assert found.labels == Labels(owner=OWNER, trade_id=stored.trade.id)

    def test_another_owners_trade_does_not_exist(self, trades: Trades) -> None:
        (stored,) = put(trades, a_trade())
        with pytest.raises(Missing):
            trades.get(OTHER, stored.trade.id)
        assert not trades.stored(OTHER, [stored.trade.id])
        assert not trades.opened(OTHER, AT, AT + DAY)
        assert not trades.closed(OTHER, AT, AT + DAY)
        with pytest.raises(Missing):
            trades.save_labels(Labels(owner=OTHER, trade_id=stored.trade.id, note="mine"))

    def test_saving_over_what_moved_is_stale(self, trades: Trades) -> None:
        (first,) = put(trades, a_trade())
        with pytest.raises(StaleWrite):
            trades.save(a_stored(), None)
        second = trades.save(first, first)
        assert second.trade.version == 2
        with pytest.raises(StaleWrite):
            trades.save(first, first)

    def test_fills_by_hand_come_back_as_they_were(self, trades: Trades) -> None:
        fills = (bought("a", "1", "100", fee=D("0.1")), sold("b", "1", "101", at=AT + HOUR))
        stored = trades.save(a_stored(fills=fills), None)
        assert trades.stored(OWNER, [stored.trade.id])[stored.trade.id] == stored

    def test_what_was_written_of_former_trades_comes_back_as_it_was(self, trades: Trades) -> None:
        said = Labels(
            owner=OWNER,
            trade_id=TradeId("jt_old"),
            note="mine",
            tags=("t1",),
            checklist={"r1": Check.KEPT},
            stops=(StopMark(at=AT, price=D(90)),),
            updated_at=AT,
        )
        bare = Labels(owner=OWNER, trade_id=TradeId("jt_older"))
        stored = trades.save(a_stored(former=(said, bare)), None)
        assert trades.stored(OWNER, [stored.trade.id])[stored.trade.id].former == (said, bare)

    def test_a_trade_of_very_many_fills_comes_back_whole(self, trades: Trades) -> None:
        fills = [
            bought(f"{n * 7919 % 10_007:x}{n:x}", "0.1", f"{100 + n * 31 % 977}.{n % 89}", at=AT)
            for n in range(3_000)
        ]
        (trade,) = build(fills, a_book()).trades
        stored = trades.save(a_stored(trade), None)
        assert trades.get(OWNER, trade.id).trade == stored.trade

    def test_opened_and_closed_have_their_first_moment_and_not_their_last(
        self, trades: Trades
    ) -> None:
        some = [a_trade_at(str(n), AT + n * DAY) for n in range(4)]
        put(trades, *some)
        between = trades.opened(OWNER, AT + DAY, AT + 3 * DAY)
        assert ids(between) == [some[1].id, some[2].id]
        ended = trades.closed(OWNER, AT + DAY + HOUR, AT + 3 * DAY + HOUR)
        assert ids(ended) == [some[1].id, some[2].id]
        assert not trades.closed(OWNER, AT + DAY, AT + DAY)

    def test_years_of_trades_come_in_order(self, trades: Trades) -> None:
        some = [a_trade_at(str(n), AT + n * 17 * DAY, n % 5) for n in range(1, 90)]
        put(trades, *reversed(some))
        assert ids(trades.opened(OWNER, AT - DAY, AT + 4_000 * DAY)) == [one.id for one in some]
        assert len(trades.closed(OWNER, AT - DAY, AT + 4_000 * DAY)) == len(some)

    def test_lists_tell_all_but_legs_charges_and_reasons(self, trades: Trades) -> None:
        trade = a_trade()
        put(trades, trade)
        (found,) = trades.closed(OWNER, AT, AT + DAY)
        same = ("quantity", "money", "risk", "excursion", "context", "side", "outcome", "kind")
        for name in same:
            assert getattr(found.trade, name) == getattr(trade, name), name
        assert found.trade.legs[0].price == trade.legs[0].price
        assert (found.trade.hold_seconds, found.trade.version) == (trade.hold_seconds, 1)

    def test_pages_by_close_show_open_ones_first_and_every_one_once(self, trades: Trades) -> None:
        closed = [a_trade_at(str(n), AT + n * HOUR) for n in range(5)]
        still = a_trade_at("open", AT - DAY, None)
        put(trades, *closed, still)
        trades.save_labels(Labels(owner=OWNER, trade_id=closed[3].id, note="late"))
        seen: list[str] = []
        after: str | None = None
        for _ in range(9):
            page = trades.page(OWNER, by=By.CLOSED, limit=2, after=after)
            seen += ids(page.items)
            notes = {one.trade.id: one.labels.note for one in page.items}
            assert notes.get(closed[3].id, "late") == "late"
            after = page.next_key
            if after is None:
                break
        assert seen == [still.id, *(one.id for one in reversed(closed))]

    @pytest.mark.parametrize("by", By)
    def test_pages_oldest_first_are_bounded(self, trades: Trades, by: By) -> None:
        some = [a_trade_at(str(n), AT + n * HOUR) for n in range(5)]
        put(trades, *some, a_trade_at("open", AT, None))
        trades.save_labels(Labels(owner=OWNER, trade_id=some[1].id, note="x"))
        shift = HOUR if by is By.CLOSED else timedelta(0)
        span = {"since": AT + HOUR + shift, "until": AT + 4 * HOUR + shift}
        first = trades.page(OWNER, by=by, limit=2, after=None, newest_first=False, **span)
        assert ids(first.items) == [some[1].id, some[2].id]
        assert first.items[0].labels.note == "x"
        rest = trades.page(OWNER, by=by, limit=2, after=first.next_key, newest_first=False, **span)
        assert ids(rest.items) == [some[3].id]
        assert rest.next_key is None

    def test_an_open_trade_that_closes_moves_in_the_feed_with_its_labels(
        self, trades: Trades
    ) -> None:
        (stored,) = put(trades, a_trade_at("x", AT, None))
        written = trades.save_labels(
            Labels(
                owner=OWNER,
                trade_id=stored.trade.id,
                note="seen",
                tags=("t1",),
                emotions=(Emotion.CALM,),
                checklist={"r1": Check.KEPT},
                stops=(StopMark(at=AT, price=D(90)),),
                updated_at=AT,
            )
        )
        assert not trades.closed(OWNER, AT, AT + DAY)
        trades.save(a_stored(a_trade_at("x", AT)), stored)
        (found,) = trades.closed(OWNER, AT, AT + DAY)
        assert found.labels == written
        assert trades.get(OWNER, stored.trade.id).labels == written
        (there,) = trades.opened(OWNER, AT, AT + DAY)
        assert there.labels == written

    def test_many_are_added_at_once_and_again(self, trades: Trades) -> None:
        some = [a_trade_at(str(n), AT + n * HOUR) for n in range(40)]
        for _ in range(2):
            trades.add([a_stored(one) for one in some])
        assert ids(trades.closed(OWNER, AT, AT + 9 * DAY)) == [one.id for one in some]
        assert trades.get(OWNER, some[7].id).trade == replace(some[7], version=1)

    def test_labels_are_saved_once_per_version(self, trades: Trades) -> None:
        (stored,) = put(trades, a_trade())
        first = trades.save_labels(Labels(owner=OWNER, trade_id=stored.trade.id, note="a"))
        assert first.version == 1
        with pytest.raises(StaleWrite):
            trades.save_labels(replace(first, version=0, note="b"))
        second = trades.save_labels(replace(first, note="b"))
        assert trades.labels(OWNER, stored.trade.id) == second
        with pytest.raises(Missing):
            trades.save_labels(Labels(owner=OWNER, trade_id=TradeId("jt_none"), note="c"))

    def test_a_rebuild_does_not_touch_labels(self, trades: Trades) -> None:
        (stored,) = put(trades, a_trade())
        written = trades.save_labels(Labels(owner=OWNER, trade_id=stored.trade.id, note="a"))
        trades.save(stored, stored)
        assert trades.labels(OWNER, stored.trade.id) == written

    def test_a_trade_whose_opening_moved_keeps_its_labels(self, trades: Trades) -> None:
        (stored,) = put(trades, a_trade())
        written = trades.save_labels(Labels(owner=OWNER, trade_id=stored.trade.id, note="a"))
        moved = replace(stored.trade, opened_at=AT - HOUR)
        trades.save(replace(stored, trade=moved), stored)
        (found,) = trades.opened(OWNER, AT - DAY, AT + DAY)
        assert (found.trade.opened_at, found.labels) == (AT - HOUR, written)
        assert trades.get(OWNER, moved.id).labels == written

    def test_hidden_ones_are_in_no_list_but_their_own(self, trades: Trades) -> None:
        (stored, other) = put(trades, a_trade_at("x", AT), a_trade_at("y", AT + HOUR))
        written = trades.save_labels(Labels(owner=OWNER, trade_id=stored.trade.id, note="a"))
        void = trades.save(hidden(stored, AT + DAY), stored)
        assert ids(trades.opened(OWNER, AT, AT + DAY)) == [other.trade.id]
        assert ids(trades.closed(OWNER, AT, AT + DAY)) == [other.trade.id]
        for by in By:
            page = trades.page(OWNER, by=by, limit=5, after=None)
            assert ids(page.items) == [other.trade.id]
        page = trades.hidden(OWNER, limit=5, after=None)
        assert ids(page.items) == [stored.trade.id]
        assert page.items[0].labels == written
        assert trades.get(OWNER, stored.trade.id).trade.status is Status.VOID
        again = replace(void.trade, status=standing(void.trade))
        trades.save(replace(void, trade=again, voided_at=None), void)
        assert len(trades.closed(OWNER, AT, AT + DAY)) == 2

    def test_a_moved_trade_is_found_under_its_new_id(self, trades: Trades) -> None:
        old, new = put(trades, a_trade_at("x", AT), a_trade_at("y", AT - HOUR))
        trades.save_labels(Labels(owner=OWNER, trade_id=old.trade.id, note="a"))
        trades.save(replace(old, moved_to=new.trade.id), old)
        assert trades.get(OWNER, old.trade.id).trade.id == new.trade.id
        assert ids(trades.opened(OWNER, AT - DAY, AT + DAY)) == [new.trade.id]
        assert trades.stored(OWNER, [old.trade.id])[old.trade.id].moved_to == new.trade.id
        with pytest.raises(Missing):
            trades.save_labels(Labels(owner=OWNER, trade_id=old.trade.id, note="b"))

    def test_a_trade_that_moved_often_is_found_under_its_first_id(self, trades: Trades) -> None:
        some = put(trades, *(a_trade_at(str(n), AT + n * HOUR) for n in range(12)))
        for old, new in pairwise(some):
            trades.save(replace(old, moved_to=new.trade.id), old)
        assert trades.get(OWNER, some[0].trade.id).trade.id == some[-1].trade.id

    def test_a_new_trade_and_its_labels_are_both_there_or_neither(self, trades: Trades) -> None:
        said = Labels(owner=OWNER, trade_id=a_trade().id, note="a")
        stored = trades.save(a_stored(), None, labels=said)
        assert trades.get(OWNER, stored.trade.id).labels == replace(said, version=1)
        assert trades.opened(OWNER, AT, AT + DAY)[0].labels == replace(said, version=1)
        with pytest.raises(StaleWrite):
            trades.save(a_stored(), None, labels=replace(said, note="b"))
        assert trades.labels(OWNER, stored.trade.id).note == "a"

    def test_a_trade_may_come_back_to_where_it_had_moved_from(self, trades: Trades) -> None:
        old, new = put(trades, a_trade_at("x", AT), a_trade_at("y", AT - HOUR))
        gone = trades.save(replace(old, moved_to=new.trade.id), old)
        said = Labels(owner=OWNER, trade_id=old.trade.id, note="back")
        trades.save(replace(gone, moved_to=None), gone, labels=said)
        trades.save(replace(new, moved_to=old.trade.id), new)
        assert trades.get(OWNER, new.trade.id).trade.id == old.trade.id
        (found,) = trades.opened(OWNER, AT - DAY, AT + DAY)
        assert (found.trade.id, found.labels.note) == (old.trade.id, "back")

    def test_of_book_has_one_accounts_trades_of_one_instrument(self, trades: Trades) -> None:
        mine = a_trade_at("x", AT)
        eth = a_contract(instrument=InstrumentId("ETH/USDT@binance"), base="ETH")
        (elsewhere,) = build([bought("e", "1", "9")], a_book(eth)).trades
        (paper,) = build([bought("p", "1", "9")], a_book(account="binance:paper")).trades
        put(trades, mine, elsewhere, paper)
        assert ids(trades.of_book(OWNER, ACCOUNT, BTC)) == [mine.id]
        assert not trades.of_book(OTHER, ACCOUNT, BTC)


class UnplacedContract:
    def test_a_book_tells_what_was_kept_last(self, unplaced: UnplacedStore) -> None:
        sold, paid = an_unplaced(), an_unplaced(code="UNASSIGNED_FUNDING", asset="USDT")
        other = an_unplaced(account="a#b")
        for _ in range(2):
            unplaced.keep(OWNER, ACCOUNT, BTC, [paid, sold])
            unplaced.keep(OWNER, "a#b", BTC, [other])
        assert list(unplaced.of(OWNER)) == [other, paid, sold]
        assert not unplaced.of(OTHER)
        less = an_unplaced(amount=D("0.25"), count=1)
        unplaced.keep(OWNER, ACCOUNT, BTC, [less])
        assert list(unplaced.of(OWNER)) == [other, less]
        for _ in range(2):
            unplaced.keep(OWNER, ACCOUNT, BTC, [])
        assert list(unplaced.of(OWNER)) == [other]


class CashRowsContract:
    def row(self, name: str, **changes: object) -> CashRow:
        row = CashRow(
            id=name,
            owner=OWNER,
            account=ACCOUNT,
            at=AT,
            asset="USDT",
            amount=D("100.5"),
            kind=CashKind.DEPOSIT,
            equity_before=D(0),
            created_at=AT,
        )
        return replace(row, **changes)  # type: ignore[arg-type]

    def test_rows_come_by_time_and_account(self, cash: CashRows) -> None:
        some = [self.row("b", at=AT + HOUR), self.row("a"), self.row("c", account="other")]
        for row in (*some, some[0]):
            cash.put(row)
        assert [row.id for row in cash.of(OWNER)] == ["a", "c", "b"]
        assert cash.of(OWNER, ACCOUNT) == [some[1], some[0]]
        assert not cash.of(OTHER)

    def test_a_row_is_removed_once(self, cash: CashRows) -> None:
        cash.put(self.row("a"))
        assert cash.get(OWNER, "a") == self.row("a")
        with pytest.raises(Missing):
            cash.remove(OTHER, "a")
        cash.remove(OWNER, "a")
        with pytest.raises(Missing):
            cash.get(OWNER, "a")
        with pytest.raises(Missing):
            cash.remove(OWNER, "a")
