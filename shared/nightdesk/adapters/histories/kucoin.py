"""KuCoin: fills of all markets, spot and margin, a week at a time, deposits, withdrawals, balances.

Weights and spans: KuCoin's REST API, 2024. Rewards stand in a ledger that is told a day at a time,
and are not fetched.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from types import MappingProxyType

from nightdesk.adapters.histories.balances import summed
from nightdesk.adapters.histories.client import SignedClient
from nightdesk.adapters.histories.sheet import LATE, Row, Sheet, happened_since, listed
from nightdesk.core.clock import Clock, from_millis, millis
from nightdesk.core.ids import ClientOrderId, InstrumentId
from nightdesk.journal.preset import Column, Preset, RowKind, Signs
from nightdesk.journal.synced import HistoryPage
from nightdesk.trading.external import Market

VENUE = "kucoin"
FILLS, DEPOSITS, WITHDRAWALS = "fills", "deposits", "withdrawals"
MARGIN_FILLS, ISOLATED_FILLS = "margin_fills", "isolated_fills"
TRADE_TYPES: Mapping[str, str] = MappingProxyType(
    {FILLS: "TRADE", MARGIN_FILLS: "MARGIN_TRADE", ISOLATED_FILLS: "MARGIN_ISOLATED_TRADE"}
)
"""Fills are told of one kind at a time, of spot where none is named."""
FILLS_WEIGHT = 10
WEIGHTS: Mapping[str, int] = MappingProxyType(
    {**dict.fromkeys(TRADE_TYPES, FILLS_WEIGHT), DEPOSITS: 5, WITHDRAWALS: 20}
)
ACCOUNTS_WEIGHT, ORDER_WEIGHT = 5, 2
WEEK = timedelta(days=7) - timedelta(seconds=1)
"""The longest span of one question."""
PAGE = 500

_C = Column


def _preset(name: str, *columns: Column, kind: RowKind, market: Market = Market.SPOT) -> Preset:
    return Preset(
        id=f"kucoin_api_{name}",
        title=f"KuCoin by key: {name}",
        venue=VENUE,
        header="",
        columns={column: (column.value,) for column in columns},
        default=kind,
        signs=Signs.BY_KIND,
        market=market,
    )


def _fill(row: Row) -> Mapping[Column, object]:
    return {
        _C.FILL_ID: row["tradeId"],
        _C.TIME: row["createdAt"],
        _C.INSTRUMENT: row["symbol"],
        _C.SIDE: row["side"],
        _C.QUANTITY: row["size"],
        _C.PRICE: row["price"],
        _C.FEE: row["fee"],
        _C.FEE_ASSET: row["feeCurrency"],
        _C.ORDER: row["orderId"],
        _C.MARGIN: 1 if str(row.get("tradeType", "")).startswith("MARGIN") else 0,
    }


def _deposit(row: Row) -> Mapping[Column, object]:
    """Name a deposit by its transaction, an inner one by coin, moment and amount: no id is told."""
    named = row.get("walletTxId") or f"{row['currency']}:{row['createdAt']}:{row['amount']}"
    return {
        _C.FILL_ID: named,
        _C.TIME: row["createdAt"],
        _C.ASSET: row["currency"],
        _C.AMOUNT: row["amount"],
        _C.FEE: row.get("fee"),
    }


def _withdrawal(row: Row) -> Mapping[Column, object]:
    return {
        _C.FILL_ID: row["id"],
        _C.TIME: row["createdAt"],
        _C.ASSET: row["currency"],
        _C.AMOUNT: row["amount"],
        _C.FEE: row.get("fee"),
    }


_MOVED = (_C.FILL_ID, _C.TIME, _C.ASSET, _C.AMOUNT, _C.FEE)
SHEETS: Mapping[str, Sheet] = MappingProxyType(
    {
        FILLS: Sheet(
            preset=_preset(
                FILLS,
                *(_C.FILL_ID, _C.TIME, _C.INSTRUMENT, _C.SIDE, _C.QUANTITY, _C.PRICE),
                *(_C.FEE, _C.FEE_ASSET, _C.ORDER, _C.MARGIN),
                kind=RowKind.FILL,
            ),
            cells=_fill,
        ),
        DEPOSITS: Sheet(preset=_preset(DEPOSITS, *_MOVED, kind=RowKind.DEPOSIT), cells=_deposit),
        WITHDRAWALS: Sheet(
            preset=_preset(WITHDRAWALS, *_MOVED, kind=RowKind.WITHDRAWAL), cells=_withdrawal
        ),
    }
)


def server_time(client: SignedClient) -> int:
    """Return what KuCoin's clock shows, in milliseconds."""
    return int(client.public("/api/v1/timestamp", "https://api.kucoin.com")["data"])


@dataclass(frozen=True, slots=True, kw_only=True)
class KucoinHistory:
    """The port AccountHistory."""

    client: SignedClient
    account: str
    clock: Clock

    def parts(self, _assets: Collection[str], /) -> Sequence[str]:
        """Return movements and fills; none depends on an asset."""
        return [DEPOSITS, WITHDRAWALS, *TRADE_TYPES]

    def page(self, part: str, since: datetime, until: datetime, mark: str) -> HistoryPage:
        """Return one page of one week; `mark` is where the week begins, and the page's number."""
        begun, _, number = mark.partition("|")
        late = timedelta() if part in TRADE_TYPES else LATE
        begin, page = from_millis(int(begun)) if begun else since - late, int(number or 1)
        end = min(until, begin + WEEK)
        path, which = part, {"status": "SUCCESS"}
        if part in TRADE_TYPES:
            path, which = FILLS, {"tradeType": TRADE_TYPES[part]}
        found = self.client(
            path,
            weight=WEIGHTS[part],
            startAt=millis(begin),
            endAt=millis(end),
            currentPage=page,
            pageSize=PAGE,
            **which,
        )["data"]
        rows = listed(found["items"])
        if late:
            rows = happened_since(rows, since, "createdAt", "updatedAt")
        read = SHEETS[path].read(part, self.account, rows, self.clock.now())
        following = ""
        if page < int(found["totalPage"]):
            following = f"{millis(begin)}|{page + 1}"
        elif end < until:
            following = f"{millis(end) + 1}|1"
        return HistoryPage(told=read.told, errors=read.errors, rows=len(rows), next=following)

    def balances(self) -> Mapping[str, Decimal]:
        """Return balances over all kinds of accounts."""
        found = self.client("accounts", weight=ACCOUNTS_WEIGHT)["data"]
        return summed((one["currency"], one["balance"]) for one in found)

    def client_order_ids(
        self, orders: Sequence[tuple[InstrumentId, str]]
    ) -> Mapping[str, ClientOrderId]:
        """Return the ids that clients gave."""
        found = {}
        for _, order in orders:
            told = self.client(f"orders/{order}", weight=ORDER_WEIGHT)["data"]
            if told.get("clientOid"):
                found[order] = ClientOrderId(str(told["clientOid"]))
        return found
