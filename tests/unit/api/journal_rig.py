"""The journals of two traders behind the app: trades by hand, cash, findings."""

from dataclasses import dataclass, field
from typing import Any

from nightdesk import bootstrap
from nightdesk.core.ids import InstrumentId, UserId
from nightdesk.journal.behaviour.answering import ReadTradeFindings
from nightdesk.journal.cash import ListCash, ReconcileCash, RemoveCash, WriteCash
from nightdesk.journal.entry_writing import FindEntries, ReadEntry, WriteEntry
from nightdesk.journal.manual_trade import (
    CloseTrade,
    EditTrade,
    EnterTrade,
    HideTrade,
    RestoreTrade,
)
from nightdesk.journal.search import Find
from nightdesk.journal.tagging import CreateTag, ListTags, MergeTag
from nightdesk.journal.trade_listing import ListTrades
from nightdesk.journal.trade_reading import CheckLabels, ReadTrade, ReadTradeChart, TagTrade
from nightdesk.journal.unplaced_reading import ReadUnplaced
from nightdesk.market.reading import Chart
from tests.fakes.findings import FakeFindings
from tests.fakes.imports import FakeExternalRecords
from tests.fakes.journal import FakeEntries, FakePlaybooks
from tests.fakes.journal_trades import FakeCashRows, FakeUnplaced
from tests.fakes.syncs import FakeBalances
from tests.unit.api.conftest import Api
from tests.unit.journal.trades.rig import Rig

TRADE: dict[str, Any] = {
    "account": "my ledger",
    "instrument": "BTC/USDT@binance",
    "fills": [
        {"at": "2026-02-01T10:00:00Z", "side": "BUY", "quantity": "1", "price": "100"},
        {"at": "2026-02-01T11:00:00Z", "side": "SELL", "quantity": "1", "price": "110"},
    ],
    "stop": "95",
}
OPEN = TRADE | {"fills": TRADE["fills"][:1]}


@dataclass
class NoCharts:
    """ReadCandles over no candles: remembers what was asked."""

    asked: list[dict[str, Any]] = field(default_factory=list)

    def __call__(self, instrument_id: InstrumentId, timeframe: str, **more: Any) -> Chart:
        from nightdesk.market.timeframe import Timeframe

        self.asked.append({"timeframe": timeframe, **more})
        return Chart(
            instrument_id=instrument_id,
            timeframe=Timeframe(timeframe),
            since=more["since"],
            until=more["until"],
            bars=(),
            gaps=(),
            complete=True,
        )


class JournalDesk:
    """The journals of Alice and Bob."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.alice, self.bob = api.alice(), api.bob()
        self.rig, self.findings, self.charts = Rig(), FakeFindings(), NoCharts()
        trades, tags = self.rig.trades, self.rig.tags
        books, entries = FakePlaybooks(), FakeEntries()
        self.cash, records = FakeCashRows(), FakeExternalRecords()
        self.unplaced = FakeUnplaced()
        by_hand, self.books = self.rig.by_hand, books
        api.give(
            {
                bootstrap.list_trades: ListTrades(trades, tags),
                bootstrap.read_trade: ReadTrade(trades, tags),
                bootstrap.read_trade_findings: ReadTradeFindings(trades, self.findings),
                bootstrap.read_trade_chart: ReadTradeChart(trades, self.charts),  # type: ignore[arg-type]
                bootstrap.check_labels: CheckLabels(tags, books),
                bootstrap.tag_trade: TagTrade(trades, tags),
                bootstrap.enter_trade: EnterTrade(by_hand),
                bootstrap.edit_trade: EditTrade(by_hand),
                bootstrap.close_trade: CloseTrade(by_hand),
                bootstrap.hide_trade: HideTrade(by_hand),
                bootstrap.restore_trade: RestoreTrade(by_hand, FakeExternalRecords()),
                bootstrap.find_entries: FindEntries(Find(entries.postings), entries, tags),
                bootstrap.read_entry: ReadEntry(entries, tags),
                bootstrap.write_entry: WriteEntry(entries, tags, trades),
                bootstrap.list_cash: ListCash(self.cash),
                bootstrap.write_cash: WriteCash(self.cash),
                bootstrap.remove_cash: RemoveCash(self.cash),
                bootstrap.reconcile_cash: ReconcileCash(
                    cash=self.cash,
                    records=records,
                    trades=trades,
                    balances=FakeBalances(),
                    preferences=self.rig.preferences,
                ),
                bootstrap.read_unplaced: ReadUnplaced(self.unplaced),
                bootstrap.create_tag: CreateTag(tags),
                bootstrap.list_tags: ListTags(tags, entries.postings),
                bootstrap.merge_tag: MergeTag(tags),
            }
        )

    @property
    def owner(self) -> UserId:
        """Return whose journal Alice's is."""
        account = self.api.client.get("/api/account", headers=self.alice).json()
        return UserId(account["id"])

    def call(self, method: str, path: str, *, as_bob: bool = False, **more: Any) -> Any:
        headers = (self.bob if as_bob else self.alice) | more.pop("headers", {})
        return self.api.client.request(method, f"/api/journal{path}", headers=headers, **more)

    def made(self, path: str, body: dict[str, Any], **more: Any) -> dict[str, Any]:
        """Return what a POST made."""
        answer = self.call("POST", path, json=body, **more)
        assert answer.status_code == 201, answer.text
        out: dict[str, Any] = answer.json()
        return out

    def trade(self, day: int, price: str = "110", **changes: Any) -> dict[str, Any]:
        """Return a trade of that day of February, from 100 to `price` in an hour."""
        first, last = (
            {"at": f"2026-02-{day:02}T{hour}:00:00Z", "side": side, "quantity": "1", "price": at}
            for hour, side, at in ((10, "BUY", "100"), (11, "SELL", price))
        )
        return self.made("/trades", TRADE | {"fills": [first, last]} | changes)
