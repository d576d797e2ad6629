"""The table at the end of a replay: what each bot made, beside buying and holding."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from rich.table import Table

from infra.cdk.local.desk_client import DeskClient

CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One bot. Amounts in its quote currency, shares as fractions; None where there is nothing."""

    name: str
    strategy: str
    instrument: str
    timeframe: str
    trades: int
    win_rate: Decimal | None
    fees: Decimal
    realised: Decimal
    unrealised: Decimal
    equity: Decimal
    result: Decimal
    max_drawdown: Decimal
    buy_and_hold: Decimal | None


def rows(
    trader: DeskClient, bots: Sequence[dict[str, Any]], since: datetime, until: datetime
) -> list[Row]:
    """Read what became of `bots`, and of holding their instruments over the same time."""
    held: dict[tuple[str, str], Decimal | None] = {}
    found = []
    for bot in bots:
        market = (bot["instrument"], bot["timeframe"])
        if market not in held:
            held[market] = buy_and_hold(trader, *market, since=since, until=until)
        found.append(_row(trader.get(f"/api/bots/{bot['bot_id']}"), held[market]))
    return found


def buy_and_hold(
    trader: DeskClient, instrument: str, timeframe: str, *, since: datetime, until: datetime
) -> Decimal | None:
    """Return the gain of holding over the time as a fraction, without costs; None if unknown."""
    market: dict[str, str | int] = {"instrument": instrument, "tf": timeframe, "limit": 1}
    first = trader.get("/api/market/candles", **market, **{"from": _text(since)})["candles"]
    last = trader.get("/api/market/candles", **market, to=_text(until))["candles"]
    if not first or not last:
        return None
    return Decimal(last[0]["close"]) / Decimal(first[0]["open"]) - 1


def table(found: Sequence[Row], since: datetime, until: datetime) -> Table:
    """Lay the rows out: a column per bot, so that a few bots fit a narrow terminal."""
    shown = Table(
        title=f"What the bots made, {since:%Y-%m-%d} to {until:%Y-%m-%d}",
        caption="Amounts in quote currency, results after fees. Recorded prices, simulated fills.",
    )
    shown.add_column("", no_wrap=True, min_width=max(len(name) for name, _ in LINES))
    for row in found:
        pair, _, venue = row.instrument.partition("@")
        header = f"{row.name}\n[dim]{row.strategy}\n{pair} {row.timeframe}\n@{venue}[/dim]"
        shown.add_column(header, justify="right")
    for name, cell in LINES:
        shown.add_row(name, *(cell(row) for row in found))
    return shown


def _row(bot: dict[str, Any], held: Decimal | None) -> Row:
    figures = bot["capital"]
    trades, capital = figures["trips"], Decimal(figures["net_capital"])
    equity = Decimal(figures["equity"])
    return Row(
        name=bot["name"],
        strategy=bot["strategy"],
        instrument=bot["instrument"],
        timeframe=bot["timeframe"],
        trades=trades,
        win_rate=Decimal(figures["wins"]) / trades if trades else None,
        fees=Decimal(figures["fees"]),
        realised=Decimal(figures["realised"]),
        unrealised=Decimal(figures["unrealised"]),
        equity=equity,
        result=equity / capital - 1 if capital else Decimal(0),
        max_drawdown=Decimal(figures["max_drawdown"]),
        buy_and_hold=held,
    )


def _money(amount: Decimal) -> str:
    return f"{amount.quantize(CENT):,}"


def _share(value: Decimal | None) -> str:
    return "-" if value is None else f"{value * 100:.1f} %"


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


LINES: tuple[tuple[str, Callable[[Row], str]], ...] = (
    ("Trades", lambda row: str(row.trades)),
    ("Win rate", lambda row: _share(row.win_rate)),
    ("Fees", lambda row: _money(row.fees)),
    ("Realised P&L", lambda row: _money(row.realised)),
    ("Unrealised P&L", lambda row: _money(row.unrealised)),
    ("Equity", lambda row: _money(row.equity)),
    ("Result", lambda row: _share(row.result)),
    ("Max drawdown", lambda row: _share(row.max_drawdown)),
    ("Buy and hold", lambda row: _share(row.buy_and_hold)),
)
"""What the table shows of each bot."""
