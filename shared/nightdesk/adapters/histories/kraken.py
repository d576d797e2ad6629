"""Kraken: trades of all markets, the ledger with everything else, balances.

Both come newest first, 50 at a time; the end of the span is fixed, so pages stand still. The
ledger's legs of trades are left out: the trades tell them. Costs: Kraken's REST API, 2024.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from nightdesk.adapters.histories.balances import summed
from nightdesk.adapters.histories.client import SignedClient
from nightdesk.adapters.histories.sheet import Row, Sheet, seconds
from nightdesk.core.clock import Clock, millis
from nightdesk.core.ids import ClientOrderId, InstrumentId
from nightdesk.journal.preset import Column, RowKind
from nightdesk.journal.presets import KRAKEN_LEDGERS, KRAKEN_TRADES
from nightdesk.journal.synced import HistoryPage

TRADES, LEDGER = "trades", "ledger"
PAGE = 50
PAGE_COST, CALL_COST = 2, 1
ORDERS = 50

_C = Column


def _trade(row: Row) -> Mapping[Column, object]:
    return {
        _C.FILL_ID: row["id"],
        _C.ORDER: row["ordertxid"],
        _C.INSTRUMENT: row["pair"],
        _C.TIME: seconds(row["time"]),
        _C.SIDE: row["type"],
        _C.PRICE: row["price"],
        _C.TOTAL: row["cost"],
        _C.FEE: row["fee"],
        _C.QUANTITY: row["vol"],
        _C.MARGIN: row.get("margin"),
    }


def _entry(row: Row) -> Mapping[Column, object]:
    return {
        _C.FILL_ID: row["id"],
        _C.GROUP: row["refid"],
        _C.TIME: seconds(row["time"]),
        _C.KIND: row["type"],
        _C.SUBKIND: row.get("subtype"),
        _C.ASSET: row["asset"],
        _C.AMOUNT: row["amount"],
        _C.FEE: row["fee"],
    }


TRADE_SHEET = Sheet(preset=KRAKEN_TRADES, cells=_trade)
LEDGER_SHEET = Sheet(preset=KRAKEN_LEDGERS, cells=_entry)


@dataclass(frozen=True, slots=True, kw_only=True)
class KrakenHistory:
    """The port AccountHistory."""

    client: SignedClient
    account: str
    clock: Clock

    def parts(self, _assets: Collection[str], /) -> Sequence[str]:
        """Return the ledger and the trades; neither depends on an asset."""
        return [LEDGER, TRADES]

    def page(self, part: str, since: datetime, until: datetime, mark: str) -> HistoryPage:
        """Return 50 rows, newest first."""
        offset = int(mark or 0)
        path, name = ("TradesHistory", "trades") if part == TRADES else ("Ledgers", "ledger")
        found = self.client(
            path,
            method="POST",
            weight=PAGE_COST,
            start=_moment(since, -1),
            end=_moment(until),
            ofs=offset,
        )["result"]
        rows = [{**row, "id": ident} for ident, row in found[name].items()]
        if part == TRADES:
            taken, step = _whole(rows, last=True)
            read = TRADE_SHEET.read(part, self.account, rows, self.clock.now())
        else:
            last = offset + len(rows) >= int(found["count"])
            taken, step = _whole(rows, last=last)
            others = [row for row in taken if row.get("type") != "trade"]
            read = LEDGER_SHEET.read(part, self.account, others, self.clock.now())
        more = bool(rows) and offset + step < int(found["count"])
        return HistoryPage(
            told=tuple(read.told),
            errors=read.errors,
            rows=len(taken),
            next=str(offset + step) if more else "",
        )

    def balances(self) -> Mapping[str, Decimal]:
        """Return balances; what is staked counts with its asset."""
        found = self.client("Balance", method="POST", weight=CALL_COST)["result"]
        return summed(found.items())

    def client_order_ids(
        self, orders: Sequence[tuple[InstrumentId, str]]
    ) -> Mapping[str, ClientOrderId]:
        """Return the ids that clients gave, of 50 orders at a time."""
        found = {}
        for start in range(0, len(orders), ORDERS):
            some = ",".join(order for _, order in orders[start : start + ORDERS])
            told = self.client("QueryOrders", method="POST", weight=CALL_COST, txid=some)
            for order, one in told["result"].items():
                if one.get("cl_ord_id"):
                    found[order] = ClientOrderId(str(one["cl_ord_id"]))
        return found


def _moment(at: datetime, more: int = 0) -> str:
    """Return seconds with milliseconds. The start of a span is outside it, the end is inside."""
    return f"{Decimal(millis(at) + more) / 1_000:f}"


def _whole(rows: Sequence[dict[str, Any]], *, last: bool) -> tuple[Sequence[dict[str, Any]], int]:
    """Return rows without a group that the next page may go on with, and how many that are.

    Legs of one conversion are milliseconds apart, and other rows may stand between them. One that
    fills a whole page by itself is taken as it is, and so is a leg alone in its first half.
    """
    if last or not rows:
        return rows, len(rows)
    legs: dict[object, list[int]] = defaultdict(list)
    for n, row in enumerate(rows):
        if _is_leg(row):
            legs[row.get("refid")].append(n)
    half = len(rows) // 2
    torn = [
        places
        for places in legs.values()
        if places[-1] == len(rows) - 1 or (places[0] > half and not _has_both(rows, places))
    ]
    kept = min((places[0] for places in torn), default=len(rows))
    while cut := [one[0] for one in legs.values() if one[0] < kept <= one[-1]]:
        kept = min(cut)
    return (rows[:kept], kept) if kept else (rows, len(rows))


def _has_both(rows: Sequence[Row], legs: Sequence[int]) -> bool:
    """Whether something came and something went."""
    return len({str(rows[n].get("amount")).startswith("-") for n in legs}) > 1


def _is_leg(row: Row) -> bool:
    """Whether a row is a leg of what the ledger alone tells."""
    kind, subkind = str(row.get("type", "")), str(row.get("subtype") or "")
    return kind != "trade" and KRAKEN_LEDGERS.kind(kind, subkind) is RowKind.LEG
