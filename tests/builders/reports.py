"""Reports with every section filled; the same each time."""

import random
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from nightdesk.journal.report import (
    Breakdown,
    EquityDay,
    Excursed,
    GroupRow,
    Habit,
    HourCell,
    Line,
    ListedTrade,
    Month,
    PlanDay,
    Quantity,
    Report,
    SummaryRow,
)
from nightdesk.performance.drawdown import Drawdown
from nightdesk.performance.figure import Caveat, Reason, known, missing

BEGIN = date(2025, 1, 1)
INSTRUMENTS = tuple(
    f"{base}/USDT@binance" for base in ("BTC", "ETH", "SOL", "ADA", "XRP", "DOGE", "LTC", "DOT")
)
SETUPS = ("breakout", "pullback", "reversal", "Škoda <gap> & fade, very long name of a setup")


def a_report(*, days: int = 365, trades: int = 420, **changes: Any) -> Report:
    """Return a year of a busy trader."""
    chance = random.Random(7)
    results = [round(chance.gauss(0.12, 1.4), 4) for _ in range(trades)]
    cells: dict[tuple[int, int], list[float]] = {}
    for r in results:
        cells.setdefault((chance.randrange(7), int(chance.triangular(0, 23, 15))), []).append(r)
    made = Report(
        title="Journal of trades",
        since=BEGIN,
        until=BEGIN + timedelta(days=days - 1),
        zone="Europe/Vienna",
        currency="EUR",
        scope=(
            "Closed trades of live accounts: binance main, kraken. Paper is not counted.",
            "Imported and manual trades are counted as their owner wrote them.",
        ),
        conventions=(
            "365 days a year, sample standard deviation, days of the owner's zone.",
            "R is net result over initial risk. A figure without a value has a letter.",
        ),
        summary=tuple(
            SummaryRow(
                name=name,
                money=known(value, trades),
                r=known(value / 250, trades),
                percent=known(value / 40_000, trades),
            )
            for name, value in (("Net", 4_218.4), ("Gross", 5_102.0), ("Largest fall", -2_113.0))
        ),
        metrics=(
            line("Win rate", 0.52, Quantity.SHARE, (0.472, 0.567)),
            line("Profit factor", 1.34, Quantity.RATIO),
            line("Sharpe ratio", 1.12, Quantity.RATIO, (-0.3, 2.4), Caveat.FEW_DAYS),
            Line(
                name="Calmar ratio",
                figure=missing(Reason.TOO_FEW_DAYS, days),
                quantity=Quantity.RATIO,
            ),
            Line(name="Omega", figure=missing(Reason.NO_DOWNSIDE, 3), quantity=Quantity.RATIO),
        ),
        equity=curve(chance, days),
        falls=tuple(
            Drawdown(
                peak=BEGIN + timedelta(days=20 * n),
                trough=BEGIN + timedelta(days=20 * n + 9),
                recovered=None if n == 4 else BEGIN + timedelta(days=20 * n + 15),
                depth=-0.12 + 0.02 * n,
                days_to_trough=9,
                days_underwater=15,
            )
            for n in range(5)
        ),
        months=tuple(month(chance, n) for n in range(12)),
        r_values=tuple(results),
        excursions=tuple(
            Excursed(mae_r=abs(chance.gauss(0, 0.6)), mfe_r=max(r, 0) + chance.random(), won=r > 0)
            for r in results
        ),
        hours=tuple(
            HourCell(weekday=weekday, hour=hour, n=len(found), net=sum(found) * 100)
            for (weekday, hour), found in sorted(cells.items())
        ),
        breakdowns=(
            breakdown(chance, "instrument", INSTRUMENTS),
            breakdown(chance, "setup", SETUPS),
            breakdown(chance, "session", ("asia", "europe", "us")),
            breakdown(chance, "bot and human", ("human", "bot Trend 4h")),
        ),
        habits=(
            Habit(
                name="REVENGE",
                severity="medium",
                text="6 of 41 entries came within 15 min of a loss, larger, without a plan.",
                x=6,
                n=41,
                base=0.04,
                p=0.0061,
            ),
            Habit(
                name="OPTIMAL_HOURS", severity="info", text="No difference between hours proven."
            ),
        ),
        discipline=(
            line("Discipline score", 78.0, Quantity.COUNT),
            line("Rules kept", 0.91, Quantity.SHARE, (0.85, 0.95)),
        ),
        plans=tuple(
            PlanDay(
                day=BEGIN + timedelta(days=n),
                trades=n % 4,
                state="broken" if n % 3 == 0 else "kept",
                broken="max_trades" if n % 3 == 0 else "",
            )
            for n in range(8)
        ),
        costs=(
            line("Fees", 612.4, Quantity.MONEY),
            line("Funding", -33.1, Quantity.MONEY),
            line("Fees, share of gross", 0.12, Quantity.SHARE),
        ),
        trades=tuple(listed(chance, n, r) for n, r in enumerate(results[:500])),
        trades_in_all=trades,
        reasons={
            Reason.TOO_FEW_DAYS.value: "There are too few days for this figure.",
            Reason.NO_DOWNSIDE.value: "No day fell.",
            Reason.NO_LOSING_TRADE.value: "No trade lost.",
        },
    )
    return replace(made, **changes)


def line(
    name: str,
    value: float,
    quantity: Quantity,
    interval: tuple[float, float] | None = None,
    caveat: str | None = None,
) -> Line:
    return Line(
        name=name, figure=known(value, 420, interval=interval, caveat=caveat), quantity=quantity
    )


def curve(chance: random.Random, days: int) -> tuple[EquityDay, ...]:
    made, equity, index, top = [], 40_000.0, 1.0, 1.0
    for n in range(days):
        rise = chance.gauss(0.0004, 0.008)
        flow = {60: 5_000.0, 200: -2_500.0}.get(n, 0.0)
        index *= 1 + rise
        equity = equity * (1 + rise) + flow
        top = max(top, index)
        made.append(
            EquityDay(
                day=BEGIN + timedelta(days=n), equity=equity, flow=flow, drawdown=index / top - 1
            )
        )
    return tuple(made)


def month(chance: random.Random, n: int) -> Month:
    net = chance.gauss(350, 600)
    return Month(
        label=f"2025-{n + 1:02d}",
        n=chance.randrange(20, 50),
        win_rate=known(chance.uniform(0.4, 0.6), 35),
        net=known(net, 35),
        r=known(net / 250, 35),
        account_return=known(net / 40_000, 30),
    )


def breakdown(chance: random.Random, title: str, names: tuple[str, ...]) -> Breakdown:
    rows = []
    for place, name in enumerate(names):
        n, mean, rate = chance.randrange(5, 90), chance.gauss(0.1, 0.2), chance.uniform(0.4, 0.6)
        rows.append(
            GroupRow(
                name=name,
                n=n,
                net=known(mean * n * 250, n),
                net_r=known(mean * n, n),
                win_rate=known(rate, n, interval=(rate - 0.12, rate + 0.12)),
                expectancy_r=known(mean, n, interval=(mean - 0.4, mean + 0.4)),
                profit_factor=known(1.2, n) if place else missing(Reason.NO_LOSING_TRADE, n),
                thin=place == len(names) - 1,
            )
        )
    return Breakdown(title=title, rows=tuple(rows), proven="No difference proven.")


def listed(chance: random.Random, n: int, r: float) -> ListedTrade:
    opened = datetime(2025, 1, 1, 9, 30) + timedelta(hours=20 * n)  # noqa: DTZ001 - local
    entry = Decimal(str(round(chance.uniform(10, 60_000), 2)))
    return ListedTrade(
        opened_at=opened,
        closed_at=opened + timedelta(hours=3),
        instrument=chance.choice(INSTRUMENTS),
        side=chance.choice(("long", "short")),
        quantity=Decimal(str(round(chance.uniform(0.001, 3), 4))),
        avg_entry=entry,
        avg_exit=entry * Decimal("1.01"),
        net=Decimal(str(round(r * 250, 2))),
        r=Decimal(str(r)),
        setup=chance.choice(SETUPS),
    )
