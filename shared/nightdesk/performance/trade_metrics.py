"""Figures of closed trades. They describe trades, never the account: see `day_metrics`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from math import sqrt
from types import MappingProxyType

import numpy as np

from nightdesk.market.candles import Bools, Floats
from nightdesk.performance.drawdown import money_falls
from nightdesk.performance.figure import Caveat, Figure, Reason, known, missing
from nightdesk.performance.intervals import student_interval, wilson
from nightdesk.performance.returns import NOTHING
from nightdesk.performance.streaks import longest_run, streak_chance

FEWEST_FOR_SQN = 30
FEWEST_FOR_KELLY = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeColumns:
    """Closed trades as columns of shape (n,), float64, in order of (closed, id).

    Money in one currency, times in seconds since the epoch. NaN where a trade has no such value:
    `r`, `risk`, `notional`, excursions; also `net`, `fees` and `outcome`, all three, of a trade
    whose fee has no known value. Raises ValueError for columns of different length, another order,
    or a gap elsewhere.
    """

    net: Floats
    gross: Floats
    fees: Floats
    funding: Floats
    """Positive: received."""
    r: Floats
    risk: Floats
    outcome: Floats
    """1.0 for a win, -1.0 for a loss, 0.0 for a break-even."""
    opened: Floats
    closed: Floats
    hold: Floats
    """Seconds."""
    mae_r: Floats
    mfe_r: Floats
    capture: Floats
    given_back_r: Floats
    notional: Floats
    """Of all entries."""

    def __post_init__(self) -> None:
        columns = [getattr(self, field.name) for field in fields(self)]
        if {column.shape for column in columns} != {(self.net.size,)}:
            raise ValueError("columns of trades are equally long")
        for name in ("gross", "funding", "opened", "closed", "hold"):
            if not np.isfinite(getattr(self, name)).all():
                raise ValueError(f"{name} of a trade is finite")
        if not (np.isfinite(self.net) == np.isfinite(self.outcome)).all():
            raise ValueError("a trade with a net has an outcome, and none without")
        if (np.diff(self.closed) < 0).any():
            raise ValueError("trades stand in the order in which they closed")

    @property
    def count(self) -> int:
        """How many trades there are."""
        return self.net.size

    @property
    def valued(self) -> Bools:
        """Which trades have a net, shape (n,)."""
        return np.isfinite(self.net)

    def take(self, chosen: Bools) -> "TradeColumns":
        """Return the trades where `chosen`, shape (n,), is true."""
        if chosen.all():
            return self
        return TradeColumns(**{one.name: getattr(self, one.name)[chosen] for one in fields(self)})


def empty() -> TradeColumns:
    """Return no trades."""
    return TradeColumns(**{one.name: np.empty(0) for one in fields(TradeColumns)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """Valued trades, and what several formulas need of them."""

    all: TradeColumns
    wins: Floats
    """Net of the wins."""
    losses: Floats
    """Net of the losses, as positive amounts."""
    r: Floats
    """Of those that have one."""
    nothing: Reason
    """Why there would be no trade."""
    gated: bool
    capital: float | None

    @property
    def n(self) -> int:
        """How many trades there are."""
        return self.all.count

    @property
    def decided(self) -> int:
        """How many are no break-evens."""
        return self.wins.size + self.losses.size

    @property
    def undecided(self) -> Reason | None:
        """Return why wins cannot be held against losses.

        Before costs those that lost may have gained, and the other way round.
        """
        if not self.decided:
            return Reason.NO_DECIDED_TRADE
        if not self.losses.size or self.losses.mean() <= 0:
            return Reason.NO_LOSING_TRADE
        if not self.wins.size or self.wins.mean() <= 0:
            return Reason.NO_WINNING_TRADE
        return None

    @property
    def payoff(self) -> float:
        """Return average win over average loss, where nothing is `undecided`."""
        return float(self.wins.mean() / self.losses.mean())

    @property
    def share(self) -> float:
        """Return the share of wins among the decided, of which there is at least one."""
        return self.wins.size / self.decided


def trade_metrics(
    columns: TradeColumns, *, start_capital: float | None = None, gated: bool = True
) -> dict[str, Figure]:
    """Return every trade metric by name, also of no trades at all: then sums and counts are 0.

    Trades without a known net are in `trade_count` alone; where no trade has one there is no sum
    either. `start_capital` is what falls in percent
    are of. `gated`: what rests on too few trades is hidden.
    """
    trades = columns.take(columns.valued)
    closed = Closed(
        all=trades,
        wins=trades.net[trades.outcome > 0],
        losses=-trades.net[trades.outcome < 0],
        r=trades.r[np.isfinite(trades.r)],
        nothing=Reason.FEE_PRICE_MISSING if columns.count else Reason.NO_TRADES,
        gated=gated,
        capital=start_capital,
    )
    answer = {"trade_count": known(columns.count, columns.count)}
    unknown = columns.count > 0 and not closed.n
    for name, sums in TOTALS.items():
        answer[name] = missing(closed.nothing, 0) if unknown else known(sums(closed), closed.n)
    if closed.n:
        answer["net_r"] = sum_of_r(closed)
    if 0 < closed.n < columns.count:
        answer["net"] = known(sums_of_net(closed), closed.n, caveat=Caveat.SOME_UNVALUED)
    for name, formula in FORMULAS.items():
        answer[name] = formula(closed) if closed.n else missing(closed.nothing, 0)
    return answer


def sums_of_net(closed: Closed) -> float:
    """Return the sum of net."""
    return float(closed.all.net.sum())


def sum_of_r(closed: Closed) -> Figure:
    """Return the sum of R of the trades that have one; where none has it is nothing, and not 0."""
    n = closed.r.size
    return known(float(closed.r.sum()), n) if n else missing(Reason.NO_STOP, 0)


TOTALS: Mapping[str, Callable[[Closed], float]] = MappingProxyType(
    {
        "wins": lambda closed: closed.wins.size,
        "losses": lambda closed: closed.losses.size,
        "breakevens": lambda closed: closed.n - closed.decided,
        "r_count": lambda closed: closed.r.size,
        "net": sums_of_net,
        "net_r": lambda closed: float(closed.r.sum()),
        "gross": lambda closed: float(closed.all.gross.sum()),
        "fees": lambda closed: float(closed.all.fees.sum()),
        "funding": lambda closed: float(closed.all.funding.sum()),
        "costs": lambda closed: float((closed.all.fees - closed.all.funding).sum()),
        "longest_win_streak": lambda closed: longest_run(closed.all.outcome, 1.0),
        "longest_loss_streak": lambda closed: longest_run(closed.all.outcome, -1.0),
    }
)
"""Counts and sums: 0 where there are no trades."""


def mean(values: Floats, reason: Reason) -> Figure:
    """Return the mean of those that are there."""
    having = values[np.isfinite(values)]
    return known(having.mean(), having.size) if having.size else missing(reason, 0)


def middle(values: Floats, reason: Reason) -> Figure:
    """Return the median."""
    return known(np.median(values), values.size) if values.size else missing(reason, 0)


def largest(values: Floats, reason: Reason) -> Figure:
    """Return the largest amount."""
    return known(values.max(), values.size) if values.size else missing(reason, 0)


def win_rate(closed: Closed) -> Figure:
    """Return wins over decided trades, with Wilson's interval."""
    if not closed.decided:
        return missing(Reason.NO_DECIDED_TRADE, 0)
    interval = wilson(closed.wins.size, closed.decided)
    return known(closed.share, closed.decided, interval=interval)


def against_losses(formula: Callable[[Closed], float]) -> Callable[[Closed], Figure]:
    """Return a formula that needs at least one win and one loss."""

    def figure(closed: Closed) -> Figure:
        reason = closed.undecided
        if reason is not None:
            return missing(reason, closed.decided)
        return known(formula(closed), closed.decided)

    return figure


def kelly(closed: Closed, *, half: bool = False) -> Figure:
    """J. L. Kelly, Bell System Technical Journal 35 (1956) 917: W - (1 - W)/payoff.

    `half` of it, never below 0, is what is shown as a stake.
    """
    if closed.gated and 0 < closed.decided < FEWEST_FOR_KELLY:
        return missing(Reason.TOO_FEW_TRADES, closed.decided)
    reason = closed.undecided
    if reason is not None:
        return missing(reason, closed.decided)
    value = closed.share - (1 - closed.share) / closed.payoff
    shown = max(0.0, value / 2) if half else value
    return known(shown, closed.decided, caveat=Caveat.NOT_ADVICE)


def profit_factor(closed: Closed) -> Figure:
    """Return all gains over all losses, break-evens too, so their difference is the net."""
    net = closed.all.net
    lost = float(-net[net < 0].sum())
    if lost <= 0:
        return missing(Reason.NO_LOSING_TRADE, closed.n)
    return known(float(net[net > 0].sum()) / lost, closed.n)


def expectancy_r(closed: Closed) -> Figure:
    """V. K. Tharp, Trade Your Way to Financial Freedom (1998): mean R, with Student's interval."""
    if not closed.r.size:
        return missing(Reason.NO_STOP, 0)
    return known(closed.r.mean(), closed.r.size, interval=student_interval(closed.r))


def sqn(closed: Closed) -> Figure:
    """V. K. Tharp, The Definitive Guide to Position Sizing (2008): system quality number."""
    n = closed.r.size
    if not n:
        return missing(Reason.NO_STOP, 0)
    if n < (FEWEST_FOR_SQN if closed.gated else 2):
        return missing(Reason.TOO_FEW_TRADES, n)
    deviation = float(closed.r.std(ddof=1))
    if deviation <= NOTHING:
        return missing(Reason.ZERO_VARIANCE, n)
    return known(sqrt(min(n, 100)) * float(closed.r.mean()) / deviation, n)


def chance_of_run(closed: Closed, outcome: float) -> Figure:
    """Return the chance of a run as long as the longest, if each trade were drawn at this rate."""
    if not closed.decided:
        return missing(Reason.NO_DECIDED_TRADE, 0)
    share = closed.share if outcome > 0 else 1 - closed.share
    length = longest_run(closed.all.outcome, outcome)
    return known(streak_chance(closed.decided, share, length), closed.decided)


def cost_share(closed: Closed) -> Figure:
    """Return costs over the sum of positive gross."""
    gross = closed.all.gross
    earned = float(gross[gross > 0].sum())
    if earned <= 0:
        return missing(Reason.NO_GROSS_PROFIT, closed.n)
    return known(TOTALS["costs"](closed) / earned, closed.n)


def trade_max_drawdown(closed: Closed) -> Figure:
    """Return the largest fall of cumulative net, in money, negative; the start is a high."""
    return known(money_falls(closed.all.net)[1].min(), closed.n)


def trade_max_drawdown_pct(closed: Closed) -> Figure:
    """Return the largest fall of start capital and cumulative net, as a share of the high."""
    if closed.capital is None or closed.capital <= 0:
        return missing(Reason.NO_CAPITAL, closed.n)
    points, below = money_falls(closed.all.net)
    highs = points - below + closed.capital
    return known((below / highs).min(), closed.n)


def trade_recovery_factor(closed: Closed) -> Figure:
    """Return net over the largest fall of cumulative net."""
    points, below = money_falls(closed.all.net)
    deepest = float(below.min())
    if deepest >= 0:
        return missing(Reason.NO_DRAWDOWN, closed.n)
    return known(float(points[-1]) / -deepest, closed.n)


FORMULAS: Mapping[str, Callable[[Closed], Figure]] = MappingProxyType(
    {
        "median_net": lambda c: middle(c.all.net, c.nothing),
        "win_rate": win_rate,
        "needed_win_rate": against_losses(lambda c: 1 / (c.payoff + 1)),
        "average_win": lambda c: mean(c.wins, Reason.NO_WINNING_TRADE),
        "average_loss": lambda c: mean(c.losses, Reason.NO_LOSING_TRADE),
        "payoff": against_losses(lambda c: c.payoff),
        "largest_win": lambda c: largest(c.wins, Reason.NO_WINNING_TRADE),
        "largest_loss": lambda c: largest(c.losses, Reason.NO_LOSING_TRADE),
        "profit_factor": profit_factor,
        "expectancy": lambda c: known(c.all.net.mean(), c.n, interval=student_interval(c.all.net)),
        "expectancy_r": expectancy_r,
        "expectancy_ratio": against_losses(lambda c: (1 + c.payoff) * c.share - 1),
        "sqn": sqn,
        "kelly": kelly,
        "half_kelly": lambda c: kelly(c, half=True),
        "win_streak_chance": lambda c: chance_of_run(c, 1.0),
        "loss_streak_chance": lambda c: chance_of_run(c, -1.0),
        "cost_share": cost_share,
        "average_hold_seconds": lambda c: mean(c.all.hold, c.nothing),
        "median_hold_seconds": lambda c: middle(c.all.hold, c.nothing),
        "average_hold_win_seconds": lambda c: mean(
            c.all.hold[c.all.outcome > 0], Reason.NO_WINNING_TRADE
        ),
        "median_hold_win_seconds": lambda c: middle(
            c.all.hold[c.all.outcome > 0], Reason.NO_WINNING_TRADE
        ),
        "average_hold_loss_seconds": lambda c: mean(
            c.all.hold[c.all.outcome < 0], Reason.NO_LOSING_TRADE
        ),
        "median_hold_loss_seconds": lambda c: middle(
            c.all.hold[c.all.outcome < 0], Reason.NO_LOSING_TRADE
        ),
        "average_mae_r": lambda c: mean(c.all.mae_r, Reason.NO_EXCURSION),
        "average_mfe_r": lambda c: mean(c.all.mfe_r, Reason.NO_EXCURSION),
        "capture": lambda c: mean(c.all.capture, Reason.NO_EXCURSION),
        "given_back_r": lambda c: mean(c.all.given_back_r, Reason.NO_EXCURSION),
        "trade_max_drawdown": trade_max_drawdown,
        "trade_max_drawdown_pct": trade_max_drawdown_pct,
        "trade_recovery_factor": trade_recovery_factor,
    }
)

NAMES = ("trade_count", *TOTALS, *FORMULAS)
