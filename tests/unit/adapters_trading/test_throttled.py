"""A partition takes so many write units a second: who writes more waits, and loses nothing."""

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

import pytest
from pynamodb.exceptions import CancellationReason, VerboseClientError

from bench.capacity import size, write_units
from nightdesk.adapters.dynamo import queries, transactions
from nightdesk.adapters.dynamo.connection import connection
from nightdesk.adapters.dynamo.external_records import DynamoExternalRecords, ExternalLegItem
from nightdesk.adapters.dynamo.journal_trades import DynamoTrades
from nightdesk.adapters.dynamo.tables import DeskItem
from nightdesk.adapters.dynamo.transactions import Write
from nightdesk.core.errors import StaleWrite, StoreUnavailable
from nightdesk.core.ids import TradeId
from nightdesk.journal.stored import Stored
from nightdesk.trading.external import Put
from tests.builders.imports import OWNER, a_fill_outside
from tests.builders.journal_trades import OWNER as TRADER
from tests.builders.journal_trades import a_trade

Request = dict[str, Any]
SOURCE = "import:a"


@dataclass(slots=True)
class Narrow:
    """A table between us and DynamoDB that takes `rate` units a second, with a clock of its own.

    Source: Amazon DynamoDB Developer Guide, "Burst and adaptive capacity" and "Best practices for
    partition keys": a partition takes 1,000 units a second, and a request that finds no room at
    all is refused whole.
    """

    real: Callable[[str, Request], dict[str, Any]]
    rate: float
    room: float = 0.0
    seconds: float = 0.0
    refused: int = 0
    lock: Any = field(default_factory=Lock)

    def sleep(self, seconds: float) -> None:
        with self.lock:
            self.seconds += seconds
            self.room = min(self.rate, self.room + seconds * self.rate)

    def dispatch(self, operation: str, request: Request) -> dict[str, Any]:
        if operation == "TransactWriteItems":
            parts = request["TransactItems"]
            units = sum(2 * write_units(size(one["Put"]["Item"])) for one in parts)
            if not self._takes(units):
                reasons = [CancellationReason(code="ThrottlingError"), *[None] * (len(parts) - 1)]
                said = {"Error": {"Code": "TransactionCanceledException", "Message": "no room"}}
                raise VerboseClientError(said, operation, cancellation_reasons=reasons)
        if operation == "BatchWriteItem":
            ((table, writes),) = request["RequestItems"].items()
            units = sum(write_units(size(one["PutRequest"]["Item"])) for one in writes)
            if not self._takes(units):
                return {"UnprocessedItems": {table: writes}}
        with self.lock:
            return self.real(operation, request)

    def _takes(self, units: int) -> bool:
        with self.lock:
            if self.room <= 0:
                self.refused += 1
                return False
            self.room -= units
            return True


@pytest.fixture
def narrow(bound_tables: None, monkeypatch: pytest.MonkeyPatch) -> Narrow:
    made = Narrow(connection().dispatch, rate=200, room=200)
    monkeypatch.setattr(connection(), "dispatch", made.dispatch)
    for module in (queries, transactions):
        monkeypatch.setattr(module, "sleep", made.sleep)
    return made


def test_a_long_import_waits_for_room_and_loses_nothing(narrow: Narrow) -> None:
    many = [a_fill_outside(str(n)) for n in range(600)]
    records = DynamoExternalRecords()
    assert records.put(OWNER, many, SOURCE, unseen=True) == [Put.ADDED] * 600
    assert narrow.refused
    assert records.taken(OWNER, [one.fingerprint for one in many]) == {
        one.fingerprint for one in many
    }
    assert many[0].instrument is not None
    kept = list(records.fills(OWNER, "mine", many[0].instrument))
    assert [one.sources for one in kept] == [(SOURCE,)] * 600


def test_many_trades_wait_for_room(narrow: Narrow) -> None:
    many = [
        Stored(trade=a_trade(id=TradeId(f"jt_{n:026d}")), fills_hash=f"{n}") for n in range(200)
    ]
    trades = DynamoTrades()
    trades.add(many)
    assert narrow.refused
    assert len(trades.stored(TRADER, [one.trade.id for one in many])) == 200


def test_a_table_without_any_room_is_given_up(narrow: Narrow) -> None:
    narrow.rate = narrow.room = 0
    with pytest.raises(StoreUnavailable):
        DynamoExternalRecords().put(OWNER, [a_fill_outside("1")], SOURCE, unseen=True)
    # five long waits between six tries, each with five short ones of its own
    assert narrow.seconds == pytest.approx(11.5 + 6 * 1.55)
    assert DynamoExternalRecords().taken(OWNER, [a_fill_outside("1").fingerprint]) == frozenset()


def test_a_throttled_transaction_is_tried_again_a_refused_one_is_not(narrow: Narrow) -> None:
    write, absent = Write(), DeskItem.pk.does_not_exist()
    write.put(ExternalLegItem("U#1", "A", record="B"), absent, StaleWrite("taken"))
    narrow.room = 0
    write.commit()
    assert (narrow.refused, narrow.seconds) == (1, 0.05)
    with pytest.raises(StaleWrite, match="taken"):
        write.commit()
    assert narrow.seconds == 0.05
