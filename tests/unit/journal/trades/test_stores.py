"""The stores of trades: the fake and the table keep the same contract."""

from dataclasses import replace
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any

import pytest
from pynamodb.connection.table import TableConnection

from nightdesk.adapters.dynamo import journal_items
from nightdesk.adapters.dynamo.connection import measured
from nightdesk.adapters.dynamo.journal_cash import DynamoCashRows
from nightdesk.adapters.dynamo.journal_tags import DynamoTags
from nightdesk.adapters.dynamo.journal_trades import DynamoTrades
from nightdesk.adapters.dynamo.journal_unplaced import DynamoUnplaced
from nightdesk.adapters.dynamo.journal_writing import DynamoPostings
from nightdesk.adapters.dynamo.tables import DeskItem
from nightdesk.core.errors import StaleWrite
from nightdesk.core.ids import TradeId
from nightdesk.journal.keeping import hidden
from nightdesk.journal.labelling import LabelChanges
from nightdesk.journal.manual_trade import EditTrade, EnterTrade, HideTrade, shown_version
from nightdesk.journal.ports.trades import By, CashRows, Trades, UnplacedStore
from nightdesk.journal.search import Find, Wanted
from nightdesk.journal.tag import Tag, TagBook
from nightdesk.journal.tagging import ListTags
from nightdesk.journal.trade import Labels, Source, Status
from nightdesk.journal.trade_reading import ReadTrade
from tests.builders.journal_trades import ACCOUNT, AT, BTC, HOUR, OWNER, an_unplaced
from tests.contracts.journal_trades import (
    DAY,
    CashRowsContract,
    TradesContract,
    UnplacedContract,
    a_trade_at,
    ids,
    put,
)
from tests.fakes.journal_trades import FakeCashRows, FakeTrades, FakeUnplaced
from tests.unit.adapters_trading.conftest import bound_tables
from tests.unit.journal.trades.rig import NOW, Rig, a_draft

__all__ = ["bound_tables"]


class TestFakeTrades(TradesContract):
    @pytest.fixture
    def trades(self) -> Trades:
        return FakeTrades()


class TestDynamoTrades(TradesContract):
    @pytest.fixture
    def trades(self, bound_tables: None, monkeypatch: pytest.MonkeyPatch) -> Trades:
        # so small that some trades are cut into parts
        monkeypatch.setattr(journal_items, "PART_BYTES", 20_000)
        return DynamoTrades()

    def test_a_page_of_fifty_costs_few_units(self, trades: Trades) -> None:
        put(trades, *(a_trade_at(str(n), AT + n * HOUR) for n in range(60)))
        with measured() as consumed:
            page = trades.page(OWNER, by=By.CLOSED, limit=50, after=None)
        assert len(page.items) == 50
        assert consumed.read_units <= 10

    def test_a_short_list_is_one_query_however_long_it_took(
        self, trades: Trades, asked: list[str]
    ) -> None:
        some = [a_trade_at(str(n), AT + n * 300 * DAY) for n in range(1, 9)]
        put(trades, *some)
        for read in (trades.opened, trades.closed):
            asked.clear()
            assert ids(read(OWNER, AT, AT + 3_000 * DAY)) == [one.id for one in some]
            assert len(asked) == 1

    @pytest.mark.parametrize("answer", [1, 2, 3, 7, 50])
    @pytest.mark.parametrize("days", [0.01, 1, 17])
    def test_a_list_is_the_same_in_however_many_answers_it_comes(
        self,
        trades: Trades,
        asked: list[str],
        monkeypatch: pytest.MonkeyPatch,
        answer: int,
        days: float,
    ) -> None:
        some = [a_trade_at(str(n), AT + n * days * DAY, n % 5) for n in range(1, 40)]
        put(trades, *some)
        notes = {one.id: f"of {one.id}" for one in some[::3]}
        for trade_id, note in notes.items():
            trades.save_labels(Labels(owner=OWNER, trade_id=trade_id, note=note))
        query = TableConnection.query

        def cut(table: TableConnection, *args: Any, **told: Any) -> Any:
            return query(table, *args, **told | {"limit": told.get("limit") or answer})

        monkeypatch.setattr(TableConnection, "query", cut)
        for read, name in ((trades.opened, "opened_at"), (trades.closed, "closed_at")):
            moment = attrgetter(name)
            asked.clear()
            found = read(OWNER, AT, AT + 900 * DAY)
            assert ids(found) == [one.id for one in sorted(some, key=attrgetter(name, "id"))]
            assert all(one.labels.note == notes.get(one.trade.id, "") for one in found)
            assert len(asked) <= 2 * len(some) / answer + 30
            since, until = sorted((moment(some[5]), moment(some[30])))
            within = {one.id for one in some if since <= moment(one) < until}
            assert set(ids(read(OWNER, since, until))) == within

    @pytest.fixture
    def asked(self, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        """Return the queries from now on, by their index."""
        found: list[str] = []
        query = TableConnection.query

        def counted(table: TableConnection, *args: Any, **told: Any) -> Any:
            found.append(told.get("index_name") or "")
            return query(table, *args, **told)

        monkeypatch.setattr(TableConnection, "query", counted)
        return found

    @pytest.mark.parametrize("gone", [1, 3])
    def test_neighbours_are_found_behind_hidden_ones(self, trades: Trades, gone: int) -> None:
        first, *between, last = put(
            trades, *(a_trade_at(str(n), AT + n * HOUR) for n in range(gone + 2))
        )
        for one in between:
            trades.save(hidden(one, NOW), one)
        read = ReadTrade(trades, Rig().tags)
        assert read(OWNER, first.trade.id).next == last.trade.id
        assert read(OWNER, last.trade.id).prev == first.trade.id
        assert (read(OWNER, first.trade.id).prev, read(OWNER, last.trade.id).next) == (None, None)

    def test_what_is_hidden_typed_again_and_moved_keeps_what_was_written(
        self, trades: Trades
    ) -> None:
        by_hand = replace(Rig().by_hand, trades=trades)
        enter, labels = EnterTrade(by_hand), LabelChanges(note="mine")
        first = enter(OWNER, a_draft(labels=labels), now=NOW)
        HideTrade(by_hand)(OWNER, first.trade.id, now=NOW)
        again = enter(OWNER, a_draft(labels=LabelChanges(tags=("t1",))), now=NOW)
        assert (again.labels.note, again.labels.tags) == ("mine", ("t1",))
        assert trades.closed(OWNER, AT, NOW)[0].labels == again.labels
        fills = tuple(replace(one, price=one.price + 1) for one in a_draft().fills)
        version = shown_version(again)
        edit = EditTrade(by_hand)
        moved = edit(OWNER, first.trade.id, LabelChanges(), version=version, now=NOW, fills=fills)
        beside = ReadTrade(trades, by_hand.tags)(OWNER, first.trade.id)
        assert (beside.played.labels.note, beside.former) == ("mine", ())
        assert beside.ids == (moved.trade.id, first.trade.id)
        assert trades.get(OWNER, moved.trade.id).trade == moved.trade


class TestFakeUnplaced(UnplacedContract):
    @pytest.fixture
    def unplaced(self) -> UnplacedStore:
        return FakeUnplaced()


class TestDynamoUnplaced(UnplacedContract):
    @pytest.fixture
    def unplaced(self, bound_tables: None) -> UnplacedStore:
        return DynamoUnplaced()

    def test_what_is_the_same_is_not_written_again(self, unplaced: UnplacedStore) -> None:
        for rows in ([an_unplaced()], []):
            unplaced.keep(OWNER, ACCOUNT, BTC, rows)
            with measured() as consumed:
                unplaced.keep(OWNER, ACCOUNT, BTC, rows)
            assert consumed.write_units == 0


class TestFakeCashRows(CashRowsContract):
    @pytest.fixture
    def cash(self) -> CashRows:
        return FakeCashRows()


class TestDynamoCashRows(CashRowsContract):
    @pytest.fixture
    def cash(self, bound_tables: None) -> CashRows:
        return DynamoCashRows()


@pytest.mark.usefixtures("bound_tables")
@pytest.mark.parametrize(
    ("source", "until"), [(Source.MANUAL, AT + timedelta(days=30)), (Source.IMPORT, None)]
)
def test_a_hidden_trade_expires_only_if_nothing_could_build_it_again(
    source: Source, until: datetime | None
) -> None:
    """Fills of an import stay: without the hidden trade they would make it anew, and shown."""
    trades = DynamoTrades()
    (stored,) = put(trades, replace(a_trade_at("x", AT), source=source))
    trades.save_labels(Labels(owner=stored.trade.owner, trade_id=stored.trade.id, note="a"))
    trades.save(hidden(stored, AT), stored)
    kept = [one for one in DeskItem.query(f"U#{OWNER}") if stored.trade.id in one.sk]
    assert len(kept) == 3
    assert {one.expires_at for one in kept} == {until}


@pytest.mark.usefixtures("bound_tables")
class TestTradesAreFound:
    """By what was written of them, as soon as it is written."""

    def found(self, **wanted: Any) -> list[str]:
        page = Find(DynamoPostings())(
            OWNER, Wanted(**wanted), TagBook(OWNER, ()), limit=10, after=None
        )
        return list(page.items)

    def test_a_note_is_found_by_its_words_and_by_the_instrument_until_it_is_gone(self) -> None:
        trades = DynamoTrades()
        (stored,) = put(trades, a_trade_at("x", AT))
        assert self.found(text="btc") == []
        first = trades.save_labels(Labels(owner=OWNER, trade_id=stored.trade.id, note="Too late"))
        assert self.found(text="late btc") == [f"t:{stored.trade.id}"]
        second = trades.save_labels(replace(first, note="On time"))
        assert (self.found(text="late"), len(self.found(text="time"))) == ([], 1)
        trades.save_labels(replace(second, note=""))
        assert self.found(text="btc") == []

    def test_a_stale_write_leaves_the_words_as_they_are(self) -> None:
        trades = DynamoTrades()
        (stored,) = put(trades, a_trade_at("x", AT))
        first = trades.save_labels(Labels(owner=OWNER, trade_id=stored.trade.id, note="Patience"))
        with pytest.raises(StaleWrite):
            trades.save_labels(replace(first, version=0, note="Fear"))
        assert (len(self.found(text="patience")), self.found(text="fear")) == (1, [])

    def test_tags_on_trades_are_uses_of_the_tag(self) -> None:
        trades, tags, postings = DynamoTrades(), DynamoTags(), DynamoPostings()
        tag = tags.save(Tag(owner=OWNER, id="tag_1", name="Chased", created_at=AT), None)
        (stored,) = put(trades, a_trade_at("x", AT))
        trades.save_labels(Labels(owner=OWNER, trade_id=stored.trade.id, tags=(tag.id,)))
        assert ListTags(tags, postings).one(OWNER, tag.id).uses == 1

    def test_a_hidden_trade_is_not_found_and_one_brought_back_is(self) -> None:
        trades = DynamoTrades()
        (stored,) = put(trades, a_trade_at("x", AT))
        trades.save_labels(Labels(owner=OWNER, trade_id=stored.trade.id, note="Patience"))
        gone = trades.save(hidden(stored, AT + HOUR), stored)
        assert self.found(text="patience") == []
        shown = replace(gone, trade=replace(gone.trade, status=Status.CLOSED), voided_at=None)
        back = trades.save(shown, gone)
        assert self.found(text="patience") == [f"t:{stored.trade.id}"]
        trades.save(replace(back, moved_to=TradeId("jt_other")), back)
        assert self.found(text="patience") == []
