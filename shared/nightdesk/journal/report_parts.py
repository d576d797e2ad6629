"""The parts of a report, each from trades that are counted or from the account by day."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

import numpy as np

from nightdesk.journal import report as told
from nightdesk.journal.account import Account
from nightdesk.journal.book_stats import Played
from nightdesk.journal.breakdown import VERDICTS, Row, breakdown
from nightdesk.journal.columns import Counted
from nightdesk.journal.curves import moment
from nightdesk.journal.dimensions import Whole
from nightdesk.journal.place import Place
from nightdesk.journal.report import Line, Quantity, SummaryRow
from nightdesk.journal.tag import TagBook
from nightdesk.performance.day_metrics import day_metrics
from nightdesk.performance.drawdown import Drawdown, drawdowns, falls
from nightdesk.performance.figure import Figure, Reason, known, missing
from nightdesk.performance.groups import Breakdowns
from nightdesk.performance.returns import DayReturn, counted, daily_returns
from nightdesk.performance.trade_metrics import trade_metrics
from nightdesk.performance.units import Basis, Unit, shown_capital

SUMMARY = (
    ("result", "net"),
    ("expectancy", "expectancy"),
    ("median trade", "median_net"),
    ("average win", "average_win"),
    ("average loss", "average_loss"),
    ("largest win", "largest_win"),
    ("largest loss", "largest_loss"),
    ("largest fall of results", "trade_max_drawdown"),
)
OF_TRADES = (
    ("closed trades", "trade_count", Quantity.COUNT),
    ("win rate", "win_rate", Quantity.SHARE),
    ("needed win rate", "needed_win_rate", Quantity.SHARE),
    ("payoff", "payoff", Quantity.RATIO),
    ("profit factor", "profit_factor", Quantity.RATIO),
    ("expectancy in R", "expectancy_r", Quantity.R),
    ("system quality number", "sqn", Quantity.RATIO),
    ("half Kelly", "half_kelly", Quantity.SHARE),
    ("longest run of losses", "longest_loss_streak", Quantity.COUNT),
    ("chance of such a run", "loss_streak_chance", Quantity.SHARE),
    ("average hold", "average_hold_seconds", Quantity.SECONDS),
    ("average MAE", "average_mae_r", Quantity.R),
    ("average MFE", "average_mfe_r", Quantity.R),
    ("capture, mean", "capture", Quantity.SHARE),
)
OF_DAYS = (
    ("return", "total_return", Quantity.SHARE),
    ("yearly return", "cagr", Quantity.SHARE),
    ("yearly volatility", "volatility", Quantity.SHARE),
    ("Sharpe ratio", "sharpe", Quantity.RATIO),
    ("Sortino ratio", "sortino", Quantity.RATIO),
    ("deepest drawdown", "max_drawdown", Quantity.SHARE),
    ("Calmar ratio", "calmar", Quantity.RATIO),
    ("best day", "best_day", Quantity.SHARE),
    ("worst day", "worst_day", Quantity.SHARE),
    ("days won", "day_win_rate", Quantity.SHARE),
)
COSTS = (
    ("fees", "fees", Quantity.MONEY),
    ("funding received", "funding", Quantity.MONEY),
    ("fees less funding", "costs", Quantity.MONEY),
    ("share of all gains before costs", "cost_share", Quantity.SHARE),
)
DIMENSIONS = (
    ("instrument", "instrument"),
    ("setup", "setup"),
    ("session", "session"),
    ("bot and human", "origin"),
)
MOST_ROWS = 10
"""Of one breakdown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Trades in the unit and on the basis that the report is in, and as they are."""

    whole: Counted
    basis: Basis
    capital: float | None
    shown: Counted
    place: Place

    @classmethod
    def of(
        cls, whole: Counted, unit: Unit, basis: Basis, capital: float | None, place: Place
    ) -> "Told":
        """Show trades."""
        shown = whole.shown(unit, basis, capital)
        return cls(whole=whole, basis=basis, capital=capital, shown=shown, place=place)

    def metrics(self, unit: Unit) -> Mapping[str, Figure]:
        """Return the trade metrics in a unit."""
        found = self.whole.shown(unit, self.basis, self.capital)
        figures = trade_metrics(found.columns, start_capital=shown_capital(unit, self.capital))
        if found.reason is None:
            return figures
        return {name: missing(found.reason, 0) for name in figures}

    def days(self) -> list[date]:
        """Return the owner's day of each shown trade's close."""
        return [self.place.day(moment(at)) for at in self.shown.columns.closed.tolist()]


def summary(trades: Told) -> tuple[SummaryRow, ...]:
    """Return the figures that exist in money, R and percent."""
    money, r, percent = (trades.metrics(unit) for unit in Unit)
    return tuple(
        SummaryRow(name=name, money=money[key], r=r[key], percent=hundredth(percent[key]))
        for name, key in SUMMARY
    )


def hundredth(figure: Figure) -> Figure:
    """Return percent as a share: 0.1 for 10."""
    if figure.value is None:
        return figure
    bounds = figure.interval
    return replace(
        figure,
        value=figure.value / 100,
        interval=None if bounds is None else (bounds[0] / 100, bounds[1] / 100),
    )


def lines(
    figures: Mapping[str, Figure], wanted: Sequence[tuple[str, str, Quantity]]
) -> tuple[Line, ...]:
    """Return figures by their names for people."""
    return tuple(
        Line(name=name, figure=figures[key], quantity=quantity) for name, key, quantity in wanted
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """An account by day, and what each of its days returned."""

    account: Account
    returns: tuple[DayReturn, ...]

    @classmethod
    def of(cls, account: Account) -> "Days":
        """Compute the returns."""
        return cls(account=account, returns=daily_returns(account.start, account.days))

    @property
    def figures(self) -> Mapping[str, Figure]:
        """Return the day metrics."""
        return self.account.told(day_metrics(counted(self.returns)[1]))

    @property
    def falls(self) -> tuple[Drawdown, ...]:
        """Return the deepest drawdowns, deepest first."""
        found = drawdowns(*counted(self.returns))
        return tuple(sorted(found, key=lambda one: (one.depth, one.peak))[: told.MOST_FALLS])

    @property
    def equity(self) -> tuple[told.EquityDay, ...]:
        """Return each day's equity, flows and drawdown."""
        days, values = counted(self.returns)
        depths = dict(zip(days, falls(values)[1:].tolist(), strict=True))
        shown, depth = [], 0.0
        for day in self.account.days:
            depth = depths.get(day.day, depth)
            flow = sum(one.amount for one in day.flows)
            shown.append(
                told.EquityDay(day=day.day, equity=day.equity_end, flow=flow, drawdown=depth)
            )
        return tuple(shown)

    def by_month(self) -> Mapping[str, Figure]:
        """Return what the account returned in each month that has a day."""
        growth: dict[str, list[float]] = defaultdict(list)
        for day, value in zip(*counted(self.returns), strict=True):
            growth[f"{day:%Y-%m}"].append(1.0 + float(value))
        return {
            month: known(float(np.prod(values)) - 1, len(values))
            for month, values in growth.items()
        }


def months(trades: Told, days: Days, thin_n: int) -> tuple[told.Month, ...]:
    """Return each month in which a trade was closed or the account had a day."""
    closed = [f"{day:%Y-%m}" for day in trades.days()]
    returned = days.by_month()
    labels = sorted({*closed, *returned})
    place = {label: number for number, label in enumerate(labels)}
    codes = np.array([place[one] for one in closed], dtype=np.int64)
    groups = Breakdowns.of(trades.shown.columns, thin_n=thin_n).by(codes, len(labels))
    rows = [groups.row(number) for number in range(len(labels))]
    return tuple(
        told.Month(
            label=label,
            n=int(row["n"].value or 0),
            win_rate=row["win_rate"],
            net=row["net"],
            r=row["net_r"],
            account_return=returned.get(label, missing(Reason.NO_DAYS, 0)),
        )
        for label, row in zip(labels, rows, strict=True)
    )


def r_values(trades: Told) -> tuple[float, ...]:
    """Return R of the trades that have one."""
    found = trades.shown.columns.r
    return tuple(found[np.isfinite(found)].tolist())


def excursions(trades: Told) -> tuple[told.Excursed, ...]:
    """Return how far trades went against and for the trader, of those of which that is known."""
    columns = trades.whole.columns
    having = np.isfinite(columns.mae_r) & np.isfinite(columns.mfe_r)
    places = np.flatnonzero(having)
    if places.size > told.MOST_SPOTS:  # as many as paper can show, evenly over time
        places = places[np.linspace(0, places.size - 1, told.MOST_SPOTS).round().astype(np.int64)]
    rows = zip(
        columns.mae_r[places].tolist(),
        columns.mfe_r[places].tolist(),
        (columns.outcome[places] > 0).tolist(),
        strict=True,
    )
    return tuple(told.Excursed(mae_r=mae, mfe_r=mfe, won=won) for mae, mfe, won in rows)


def hours(trades: Told) -> tuple[told.HourCell, ...]:
    """Return the week of entries on the owner's clock: count and result of each hour."""
    columns = trades.shown.columns
    cells: dict[tuple[int, int], list[float]] = defaultdict(list)
    for opened, net in zip(columns.opened.tolist(), columns.net.tolist(), strict=True):
        local = trades.place.local(moment(opened))
        if np.isfinite(net):
            cells[local.weekday(), local.hour].append(net)
    return tuple(
        told.HourCell(weekday=weekday, hour=hour, n=len(results), net=sum(results))
        for (weekday, hour), results in sorted(cells.items())
    )


def breakdowns(trades: Told, tags: TagBook, thin_n: int) -> tuple[told.Breakdown, ...]:
    """Return the trades by what they differ in, each with its proven differences."""
    whole = Whole(counted=trades.shown, place=trades.place, tags=tags)
    found = ((title, breakdown(name, whole, thin_n=thin_n)) for title, name in DIMENSIONS)
    return tuple(
        told.Breakdown(
            title=title,
            rows=tuple(_group(row) for row in one.rows[:MOST_ROWS]),
            proven=_proven(one.rows, left=max(0, len(one.rows) - MOST_ROWS)),
        )
        for title, one in found
    )


def _group(row: Row) -> told.GroupRow:
    return told.GroupRow(
        name=row.name,
        n=int(row.figures["n"].value or 0),
        net=row.figures["net"],
        net_r=row.figures["net_r"],
        win_rate=row.figures["win_rate"],
        expectancy_r=row.figures["expectancy_r"],
        profit_factor=row.figures["profit_factor"],
        thin=row.thin,
    )


def _proven(rows: Sequence[Row], *, left: int) -> str:
    said = [f"{row.name} is {row.verdict} than the rest." for row in rows if _told_apart(row)]
    if rows and not said:
        said = ["No difference is proven."]
    if left:
        said.append(f"{left} more groups are not shown.")
    return " ".join(said)


def _told_apart(row: Row) -> bool:
    return row.verdict in {VERDICTS[1], VERDICTS[-1]}


def costs(trades: Told) -> tuple[Line, ...]:
    """Return what trading cost, in money, in R and as a share of what it won."""
    net = replace(trades, basis=Basis.NET)
    money, in_r = net.metrics(Unit.MONEY), net.metrics(Unit.R)["costs"]
    each = known(in_r.value / in_r.n, in_r.n) if in_r.value is not None and in_r.n else None
    return (
        *lines(money, COSTS),
        Line(
            name="costs of a trade, mean",
            figure=each or missing(Reason.NO_STOP, 0),
            quantity=Quantity.R,
        ),
    )


def listed(played: Sequence[Played], trades: Told, tags: TagBook) -> tuple[told.ListedTrade, ...]:
    """Return trades as lines of the list."""
    return tuple(_listed(one, trades, tags) for one in played)


def _listed(one: Played, trades: Told, tags: TagBook) -> told.ListedTrade:
    trade, setup, place = one.trade, one.labels.setup_id, trades.place
    named = tags.shown([setup] if setup else [])
    in_quote = trades.whole.currency == trade.quote
    return told.ListedTrade(
        opened_at=place.local(trade.opened_at),
        closed_at=None if trade.closed_at is None else place.local(trade.closed_at),
        instrument=trade.instrument,
        side=trade.side.value,
        quantity=trade.quantity.qty_entered,
        avg_entry=trade.quantity.avg_entry,
        avg_exit=trade.quantity.avg_exit,
        net=trade.money.net if in_quote else trade.money.net_account,
        r=trade.risk.r,
        setup=" ".join(tags.every[name].name for name in named),
    )


def first_day(report_since: datetime, trades: Told, days: Days, *, whole: bool) -> date:
    """Return the first day of a report; of all there is, that of the first thing in it."""
    begin = trades.place.day(report_since)
    if not whole:
        return begin
    opened = trades.whole.columns.opened
    known_days = [day.day for day in days.account.days[:1]]
    if opened.size:
        known_days.append(trades.place.day(moment(float(opened.min()))))
    return min(known_days, default=begin)
