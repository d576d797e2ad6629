"""Binance spot: trades market by market, deposits, withdrawals, what was distributed, balances.

Trades are asked for by market alone, so every market is looked into that an asset of the account
trades in. Weights and spans: Binance's spot and wallet API, 2024.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from nightdesk.adapters.histories.balances import summed
from nightdesk.adapters.histories.client import SignedClient
from nightdesk.adapters.histories.sheet import LATE, Row, Sheet, happened_since, listed
from nightdesk.core.clock import Clock, from_millis, millis
from nightdesk.core.errors import UnknownInstrument, VenueUnavailable
from nightdesk.core.ids import ClientOrderId, InstrumentId
from nightdesk.journal.preset import Column, Preset, RowKind, Signs
from nightdesk.journal.synced import HistoryPage
from nightdesk.market.ports import RulesStore

VENUE = "binance"
TRADES = "trades:"
PAGE = 1_000
DIVIDENDS = 500
SHORTEST = timedelta(seconds=1)
SPAN = timedelta(days=89)
"""Movements are told for 90 days at a time."""
ACCOUNT_WEIGHT, TRADES_WEIGHT, DEPOSITS_WEIGHT, DIVIDENDS_WEIGHT, ORDER_WEIGHT = 20, 20, 1, 10, 4
WITHDRAWALS_WEIGHT = 1
"""It counts against the user, ten a minute, and not against the desk's address."""
SUCCESS, COMPLETED = 1, 6
"""The status of a deposit, and of a withdrawal, that has happened."""

_C = Column


def _columns(*names: Column) -> Mapping[Column, tuple[str, ...]]:
    return MappingProxyType({name: (name.value,) for name in names})


_MOVED = _columns(_C.FILL_ID, _C.TIME, _C.ASSET, _C.AMOUNT, _C.FEE)


def _movements(name: str, kind: RowKind) -> Preset:
    return Preset(
        id=f"binance_api_{name}",
        title=f"Binance by key: {name}",
        venue=VENUE,
        header="",
        columns=_MOVED,
        default=kind,
        signs=Signs.BY_KIND,
    )


def _trade(row: Row) -> Mapping[Column, object]:
    return {
        _C.FILL_ID: row["id"],
        _C.TIME: row["time"],
        _C.INSTRUMENT: row["instrument"],
        _C.SIDE: {True: "buy", False: "sell"}.get(row["isBuyer"], ""),
        _C.QUANTITY: row["qty"],
        _C.PRICE: row["price"],
        _C.FEE: row["commission"],
        _C.FEE_ASSET: row["commissionAsset"],
        _C.ORDER: row["orderId"],
    }


def _deposit(row: Row) -> Mapping[Column, object]:
    return {
        _C.FILL_ID: row["id"],
        _C.TIME: row["insertTime"],
        _C.ASSET: row["coin"],
        _C.AMOUNT: row["amount"],
    }


def _withdrawal(row: Row) -> Mapping[Column, object]:
    return {
        _C.FILL_ID: row["id"],
        _C.TIME: row["applyTime"],
        _C.ASSET: row["coin"],
        _C.AMOUNT: row["amount"],
        _C.FEE: row["transactionFee"],
    }


def _dividend(row: Row) -> Mapping[Column, object]:
    return {
        _C.FILL_ID: row["id"],
        _C.TIME: row["divTime"],
        _C.ASSET: row["asset"],
        _C.AMOUNT: row["amount"],
    }


TRADE_SHEET = Sheet(
    preset=Preset(
        id="binance_api_trades",
        title="Binance by key: trades",
        venue=VENUE,
        header="",
        columns=_columns(
            *(_C.FILL_ID, _C.TIME, _C.INSTRUMENT, _C.SIDE, _C.QUANTITY, _C.PRICE),
            *(_C.FEE, _C.FEE_ASSET, _C.ORDER),
        ),
    ),
    cells=_trade,
)
DEPOSITS, WITHDRAWALS, REWARDS = "deposits", "withdrawals", "rewards"
MOMENTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {DEPOSITS: ("insertTime", "completeTime"), WITHDRAWALS: ("applyTime", "completeTime")}
)
"""When what comes and goes was begun, and when it had happened."""
SHEETS: Mapping[str, Sheet] = MappingProxyType(
    {
        DEPOSITS: Sheet(preset=_movements(DEPOSITS, RowKind.DEPOSIT), cells=_deposit),
        WITHDRAWALS: Sheet(preset=_movements(WITHDRAWALS, RowKind.WITHDRAWAL), cells=_withdrawal),
        REWARDS: Sheet(preset=_movements(REWARDS, RowKind.REWARD), cells=_dividend),
    }
)


def server_time(client: SignedClient) -> int:
    """Return what Binance's clock shows, in milliseconds."""
    return int(client.public("/api/v3/time", "https://api.binance.com")["serverTime"])


@dataclass(frozen=True, slots=True, kw_only=True)
class BinanceHistory:
    """The port AccountHistory."""

    client: SignedClient
    account: str
    rules: RulesStore
    clock: Clock

    def parts(self, assets: Collection[str], /) -> Sequence[str]:
        """Return movements, and every market of which the account has had a side."""
        listed = self._symbols()
        if not listed:
            raise VenueUnavailable("the markets of binance are not known here")
        wanted = [
            symbol
            for symbol, instrument in listed.items()
            if {*instrument.partition("@")[0].split("/")} & set(assets)
        ]
        return [*SHEETS, *(TRADES + symbol for symbol in sorted(wanted))]

    def page(self, part: str, since: datetime, until: datetime, mark: str) -> HistoryPage:
        """Return one page of a part."""
        if part.startswith(TRADES):
            return self._trades(part, since, until, mark)
        late = LATE if part in MOMENTS else timedelta()
        begin = from_millis(int(mark)) if mark else since - late
        end = min(until, begin + SPAN)
        rows, full = self._movements(part, begin, end)
        while full and end - begin > SHORTEST:  # more than one answer holds: a shorter span
            end = begin + (end - begin) / 2
            rows, full = self._movements(part, begin, end)
        if part in MOMENTS:
            rows = happened_since(rows, since, *MOMENTS[part])
        read = SHEETS[part].read(part, self.account, rows, self.clock.now())
        return HistoryPage(
            told=read.told,
            errors=read.errors,
            rows=len(rows),
            next=str(millis(end) + 1) if end < until else "",
        )

    def balances(self) -> Mapping[str, Decimal]:
        """Return free and locked of the spot wallet."""
        found = self.client("account", weight=ACCOUNT_WEIGHT, omitZeroBalances="true")
        return summed(
            (one["asset"], part)
            for one in found["balances"]
            for part in (one["free"], one["locked"])
        )

    def client_order_ids(
        self, orders: Sequence[tuple[InstrumentId, str]]
    ) -> Mapping[str, ClientOrderId]:
        """Return the ids that clients gave."""
        symbols = {instrument: symbol for symbol, instrument in self._symbols().items()}
        found = {}
        for instrument, order in orders:
            told = self.client(
                "order", weight=ORDER_WEIGHT, symbol=symbols[instrument], orderId=order
            )
            found[order] = ClientOrderId(str(told["clientOrderId"]))
        return found

    def _symbols(self) -> Mapping[str, InstrumentId]:
        return {one.instrument.symbol: one.instrument.id for one in self.rules.list(VENUE)}

    def _trades(self, part: str, since: datetime, until: datetime, mark: str) -> HistoryPage:
        """Return trades oldest first: from a moment on, then from the id after the last."""
        symbol = part.removeprefix(TRADES)
        place: dict[str, Any] = {"fromId": int(mark)} if mark else {"startTime": millis(since)}
        try:
            found = self.client(
                "myTrades", weight=TRADES_WEIGHT, symbol=symbol, limit=PAGE, **place
            )
        except UnknownInstrument:
            return HistoryPage()  # it has gone from the venue's list
        rows = listed(found)
        instrument = self._symbols().get(symbol, "")
        end = millis(until)
        inside = [
            {**row, "instrument": instrument} for row in rows if not _after(row.get("time"), end)
        ]
        read = TRADE_SHEET.read(part, self.account, inside, self.clock.now())
        more = len(rows) >= PAGE and len(inside) == len(rows)
        return HistoryPage(
            told=read.told,
            errors=read.errors,
            rows=len(inside),
            next=str(max(int(row["id"]) for row in rows) + 1) if more else "",
        )

    def _movements(self, part: str, since: datetime, until: datetime) -> tuple[list[Row], bool]:
        """Return what has happened in a span, and whether the answer was as long as it can be."""
        span: dict[str, Any] = {"startTime": millis(since), "endTime": millis(until)}
        if part == DEPOSITS:
            rows = listed(
                self.client(
                    "capital/deposit/hisrec",
                    api="sapi",
                    weight=DEPOSITS_WEIGHT,
                    status=SUCCESS,
                    limit=PAGE,
                    **span,
                )
            )
            return rows, len(rows) >= PAGE
        if part == WITHDRAWALS:
            rows = listed(
                self.client(
                    "capital/withdraw/history",
                    api="sapi",
                    weight=WITHDRAWALS_WEIGHT,
                    status=COMPLETED,
                    limit=PAGE,
                    **span,
                )
            )
            return rows, len(rows) >= PAGE
        found = self.client(
            "asset/assetDividend", api="sapi", weight=DIVIDENDS_WEIGHT, limit=DIVIDENDS, **span
        )
        rows = listed(found["rows"])
        return rows, len(rows) >= DIVIDENDS


def _after(time: object, end: int) -> bool:
    return isinstance(time, int) and time > end
