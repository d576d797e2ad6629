"""The stores of trades: the fake and the table keep the same contract."""

import pytest

from nightdesk.adapters.dynamo import journal_items
from nightdesk.adapters.dynamo.connection import measured
from nightdesk.adapters.dynamo.journal_cash import DynamoCashRows
from nightdesk.adapters.dynamo.journal_trades import DynamoTrades
from nightdesk.journal.ports.trades import By, CashRows, Trades
from tests.builders.journal_trades import AT, HOUR, OWNER
from tests.contracts.journal_trades import CashRowsContract, TradesContract, a_trade_at, put
from tests.fakes.journal_trades import FakeCashRows, FakeTrades
from tests.unit.adapters_trading.conftest import bound_tables

__all__ = ["bound_tables"]


class TestFakeTrades(TradesContract):
    @pytest.fixture
    def trades(self) -> Trades:
        return FakeTrades()


class TestDynamoTrades(TradesContract):
    @pytest.fixture
    def trades(self, bound_tables: str, monkeypatch: pytest.MonkeyPatch) -> Trades:
        # so small that some trades are cut into parts
        monkeypatch.setattr(journal_items, "PART_BYTES", 20_000)
        return DynamoTrades()

    def test_a_page_of_fifty_costs_few_units(self, trades: Trades) -> None:
        put(trades, *(a_trade_at(str(n), AT + n * HOUR) for n in range(60)))
        with measured() as consumed:
            page = trades.page(OWNER, by=By.CLOSED, limit=50, after=None)
        assert len(page.items) == 50
        assert consumed.read_units <= 10


class TestFakeCashRows(CashRowsContract):
    @pytest.fixture
    def cash(self) -> CashRows:
        return FakeCashRows()


class TestDynamoCashRows(CashRowsContract):
    @pytest.fixture
    def cash(self, bound_tables: str) -> CashRows:
        return DynamoCashRows()
