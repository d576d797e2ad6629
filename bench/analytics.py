"""How long all figures of a long journal take, beside one group after the other."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from bench.figures import Section, Spread, Table, Target, timed
from nightdesk.market.candles import Floats
from nightdesk.performance.day_metrics import day_metrics, rolling_sharpe
from nightdesk.performance.distribution import r_distribution
from nightdesk.performance.groups import Breakdowns, Groups, Ints
from nightdesk.performance.trade_metrics import TradeColumns, trade_metrics

TRADES = 100_000
DAYS = 3_650
SECONDS = 0.5
RUNS = 15
DAY, HOUR = 86_400, 3_600

LABELS: Mapping[str, int] = {
    "instrument": 40,
    "base": 30,
    "side": 2,
    "setup": 10,
    "market condition": 6,
    "regime": 4,
    "volatility": 3,
    "nth of day": 10,
    "after": 3,
    "size": 4,
    "venue": 4,
    "account": 5,
    "exit reason": 9,
    "origin": 2,
    "bot": 50,
    "strategy version": 20,
}
"""Dimensions in which each trade stands once, and how many groups they have."""
SEVERAL: Mapping[str, tuple[int, int]] = {
    "tag": (30, 3),
    "mistake": (15, 1),
    "emotion": (8, 2),
    "playbook rule": (20, 3),
}
"""Groups, and in how many of them a trade stands."""


@dataclass(frozen=True, slots=True)
class Dimension:
    """A group for each row, and the trade that stands in the row."""

    codes: Ints
    count: int
    rows: Ints | None = None


def measure(*, quick: bool = False) -> Section:
    """Compute every figure of synthetic trades."""
    trades, returns = synthetic(2_000 if quick else TRADES), synthetic_returns()
    found = dimensions(trades)
    runs = 2 if quick else RUNS

    def every_breakdown() -> list[Groups]:
        ready = Breakdowns.of(trades)
        return [ready.by(one.codes, one.count, rows=one.rows) for one in found.values()]

    def everything() -> None:
        trade_metrics(trades, start_capital=10_000.0)
        r_distribution(trades.r)
        day_metrics(returns)
        rolling_sharpe(returns, 90)
        every_breakdown()

    times = {
        "trade metrics": timed(lambda: trade_metrics(trades, start_capital=10_000.0), runs=runs),
        f"day metrics of {DAYS:,} days": timed(lambda: day_metrics(returns), runs=runs),
        f"{len(found)} breakdowns": timed(every_breakdown, runs=runs),
        "everything": timed(everything, runs=runs),
        "breakdown by hour": timed(lambda: Breakdowns.of(trades).by(*hourly(found)), runs=runs),
        "the same, one hour after the other": timed(
            lambda: one_by_one(trades, *hourly(found)), runs=runs
        ),
    }
    groups = sum(one.count for one in found.values())
    return section(times, trades.count, len(found), groups)


def section(times: Mapping[str, Spread], trades: int, dimensions: int, groups: int) -> Section:
    """Lay out what was found."""
    return Section(
        name="analytics",
        title="Analytics",
        how=(
            f"All figures of {trades:,} synthetic trades, after load: trade metrics, day metrics, "
            f"and {dimensions} breakdowns into {groups:,} groups with their intervals and "
            "comparisons. *One after the other* cuts out the trades of each group and takes "
            "their trade metrics."
        ),
        tables=(
            Table(
                heads=("figures", "ms (p10 to p90)"),
                rows=tuple((name, spread.show(1, 1_000)) for name, spread in times.items()),
            ),
        ),
        targets=(
            Target(
                name=f"all metrics and breakdowns of {trades:,} trades, median",
                value=times["everything"].middle,
                limit=SECONDS,
                unit="s",
            ),
        ),
    )


def hourly(found: Mapping[str, Dimension]) -> tuple[Ints, int]:
    """Return the groups of the breakdown by hour."""
    return found["hour"].codes, found["hour"].count


def one_by_one(trades: TradeColumns, codes: Ints, count: int) -> None:
    """Take the trade metrics of each group by itself."""
    for group in range(count):
        trade_metrics(trades.take(codes == group))


def synthetic(n: int) -> TradeColumns:
    """Return trades over ten years: fat tails, one in ten without a stop."""
    chance = np.random.default_rng(20_261_121)
    hold = chance.lognormal(8.5, 1.5, n)
    closed = np.sort(chance.uniform(0, DAYS * DAY, n))
    risk = chance.lognormal(3.5, 0.6, n)
    risk[chance.random(n) < 0.1] = np.nan
    gross = chance.standard_t(4, n) * np.where(np.isnan(risk), 30.0, risk) * 0.8 + 1.0
    fees, funding = np.abs(gross) * 0.02 + 0.5, chance.normal(0, 0.05, n)
    net = gross - fees + funding
    r = net / risk
    mfe_r = np.maximum(gross / risk, 0) + chance.exponential(0.5, n)
    even = np.where(np.isnan(r), np.abs(net) <= fees, np.abs(r) < 0.1)
    return TradeColumns(
        net=net,
        gross=gross,
        fees=fees,
        funding=funding,
        r=r,
        risk=risk,
        outcome=np.where(even, 0.0, np.sign(net)),
        opened=closed - hold,
        closed=closed,
        hold=hold,
        mae_r=chance.exponential(0.6, n),
        mfe_r=mfe_r,
        capture=gross / risk / mfe_r,
        given_back_r=mfe_r - gross / risk,
        notional=chance.lognormal(7, 1, n),
    )


def synthetic_returns() -> Floats:
    """Return daily returns over ten years."""
    answer: Floats = np.random.default_rng(4).standard_t(4, DAYS) * 0.015 + 0.0005
    return answer


def dimensions(trades: TradeColumns) -> dict[str, Dimension]:
    """Return the breakdowns of a journal."""
    chance = np.random.default_rng(7)
    n = trades.count
    found = {name: Dimension(chance.integers(0, count, n), count) for name, count in LABELS.items()}
    for name, (count, several) in SEVERAL.items():
        first = chance.integers(0, count, n)
        codes = (first[:, None] + np.arange(several)) % count  # (n, several), none twice
        found[name] = Dimension(codes.ravel(), count, np.repeat(np.arange(n), several))
    opened = trades.opened - trades.opened.min()
    hours, days = (opened // HOUR).astype(np.int64), (opened // DAY).astype(np.int64)
    edges = np.array([900, HOUR, 4 * HOUR, DAY, 3 * DAY, 7 * DAY])
    by_time = {
        "hour": hours % 24,
        "weekday": days % 7,
        "hour by weekday": hours % 24 * 7 + days % 7,
        "day": days,
        "week": days // 7,
        "month": days // 30,
        "year": days // 365,
        "session": hours % 24 // 8,
        "hold": np.searchsorted(edges, trades.hold, side="right").astype(np.int64),
    }
    return found | {name: Dimension(codes, int(codes.max()) + 1) for name, codes in by_time.items()}
