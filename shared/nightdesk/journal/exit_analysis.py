"""What excursions say about stops, targets and exits: four readings, and holding longer.

A reading is figures, points for a chart and one sentence that the figures choose. It says what
was seen of `n` trades, never what to do; below ten it says that they are too few.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from statistics import fmean, median

from nightdesk.core.money import approximate
from nightdesk.journal.excursions import LONGER
from nightdesk.journal.trade import JournalTrade, Outcome, Status
from nightdesk.performance.figure import Figure, Reason, known, missing
from nightdesk.performance.thinning import MOST_POINTS

FEW = 10
WIDE_STOP = 0.5
"""In R: nine winners in ten that needed less than this of their stop left half of it unused."""
TIGHT_STOP = 0.9
MOSTLY = 0.5
FAR = 1.0
"""In R: a loser or an even trade that was this far ahead had a way out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One trade on a chart; both axes are in R."""

    trade_id: str
    x: float
    y: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One reading. `x` and `y` name what the points are; figures are in R or shares.

    Of more than 2,000 trades as many points are shown, evenly over time; figures are of all.
    """

    id: str
    n: int
    x: str
    y: str
    figures: Mapping[str, Figure]
    points: tuple[Point, ...]
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldLonger:
    """What holding so many minutes longer would have added, mean and share of gains, in R."""

    minutes: int
    mean_r: Figure
    better: Figure


def readings(trades: Iterable[JournalTrade]) -> tuple[Reading, ...]:
    """Return the four readings over the closed trades among these that have R and excursions."""
    told = [
        one for one in trades if one.status is Status.CLOSED and one.excursion.mfe_r is not None
    ]
    return (
        _winners(_of(told, Outcome.WIN)),
        _losers(_of(told, Outcome.LOSS)),
        _left(told),
        _scratches(_of(told, Outcome.BREAKEVEN)),
    )


def held_longer(trades: Iterable[JournalTrade]) -> tuple[HeldLonger, ...]:
    """Return what holding longer would have brought, by horizon."""
    added: dict[int, list[float]] = {minutes: [] for minutes in LONGER}
    for trade in trades:
        for one in trade.excursion.after_exit:
            if one.r is not None and one.minutes in added:
                added[one.minutes].append(approximate(one.r))
    return tuple(
        HeldLonger(
            minutes=minutes,
            mean_r=_mean(values),
            better=_share(values, lambda value: value > 0),
        )
        for minutes, values in added.items()
    )


def _winners(trades: Sequence[JournalTrade]) -> Reading:
    """How much of its stop a winner needed: MAE of winners."""
    depths = [_float(one.excursion.mae_r) for one in trades]
    most = _ninth(depths)
    text = _few(len(depths), "winners")
    if most.value is not None and not text:
        text = f"Nine of ten winners went at most {most.value:.2f} R against you."
        if most.value < WIDE_STOP:
            text += " They left more than half of the stop unused: it may be wider than needed."
        elif most.value > TIGHT_STOP:
            text += " Some came close to the stop: it is not wider than they needed."
    return Reading(
        id="winners_mae",
        n=len(depths),
        x="mae_r",
        y="r",
        figures={"median_mae_r": _median(depths), "p90_mae_r": most},
        points=_points(trades, lambda one: one.excursion.mae_r),
        text=text,
    )


def _losers(trades: Sequence[JournalTrade]) -> Reading:
    """How far ahead a loser had been: MFE of losers."""
    ahead = [_float(one.excursion.mfe_r) for one in trades]
    share = _share(ahead, lambda value: value >= FAR)
    text = _few(len(ahead), "losers")
    if share.value is not None and not text:
        text = f"{share.value:.0%} of the losers had been at least 1 R ahead."
        if share.value >= MOSTLY:
            text += " The target may lie too far."
    return Reading(
        id="losers_mfe",
        n=len(ahead),
        x="mfe_r",
        y="r",
        figures={"median_mfe_r": _median(ahead), "share_1r_ahead": share},
        points=_points(trades, lambda one: one.excursion.mfe_r),
        text=text,
    )


def _left(trades: Sequence[JournalTrade]) -> Reading:
    """How much of the best point was kept: MFE against the result."""
    ahead = [one for one in trades if one.excursion.capture is not None]
    kept = [_float(one.excursion.capture) for one in ahead]
    given = [
        _float(one.excursion.given_back) / _float(one.risk.initial_risk)
        for one in ahead
        if one.risk.initial_risk
    ]
    middle = _median(kept)
    text = _few(len(kept), "trades that were ahead")
    if middle.value is not None and not text:
        text = f"The middle trade kept {middle.value:.0%} of its best point."
        if middle.value < MOSTLY:
            text += " More than half was given back."
    return Reading(
        id="money_left",
        n=len(kept),
        x="mfe_r",
        y="r",
        figures={"median_capture": middle, "mean_given_back_r": _mean(given)},
        points=_points(ahead, lambda one: one.excursion.mfe_r),
        text=text,
    )


def _scratches(trades: Sequence[JournalTrade]) -> Reading:
    """How far break-even trades had been ahead."""
    ahead = [_float(one.excursion.mfe_r) for one in trades]
    share = _share(ahead, lambda value: value >= FAR)
    text = _few(len(ahead), "break-even trades")
    if share.value is not None and not text:
        text = f"{share.value:.0%} of the break-even trades had been at least 1 R ahead."
    return Reading(
        id="scratches",
        n=len(ahead),
        x="mfe_r",
        y="mae_r",
        figures={"share_1r_ahead": share, "median_mfe_r": _median(ahead)},
        points=tuple(_scratched(trades)),
        text=text,
    )


def _of(trades: Iterable[JournalTrade], outcome: Outcome) -> list[JournalTrade]:
    return [one for one in trades if one.outcome is outcome]


def _points(
    trades: Iterable[JournalTrade], x: Callable[[JournalTrade], Decimal | None]
) -> tuple[Point, ...]:
    having = [one for one in trades if one.risk.r is not None]
    return tuple(
        Point(trade_id=one.id, x=_float(x(one)), y=_float(one.risk.r)) for one in evenly(having)
    )


def _scratched(trades: Iterable[JournalTrade]) -> Iterator[Point]:
    for one in evenly(list(trades)):
        mfe, mae = _float(one.excursion.mfe_r), _float(one.excursion.mae_r)
        yield Point(trade_id=one.id, x=mfe, y=mae)


def evenly(trades: Sequence[JournalTrade]) -> Sequence[JournalTrade]:
    """Return at most as many as a chart can show, the first and the last among them."""
    last, most = len(trades) - 1, MOST_POINTS - 1
    if last <= most:
        return trades
    return [trades[place * last // most] for place in range(MOST_POINTS)]


def _few(n: int, what: str) -> str:
    return f"{n} {what} with R: too few to say anything." if n < FEW else ""


def _mean(values: Sequence[float]) -> Figure:
    return known(fmean(values), len(values)) if values else missing(Reason.NO_TRADES, 0)


def _median(values: Sequence[float]) -> Figure:
    return known(median(values), len(values)) if values else missing(Reason.NO_TRADES, 0)


def _share(values: Sequence[float], holds: Callable[[float], bool]) -> Figure:
    if not values:
        return missing(Reason.NO_TRADES, 0)
    return known(sum(map(holds, values)) / len(values), len(values))


def _ninth(values: Sequence[float]) -> Figure:
    """Return the linear 90 % quantile."""
    if not values:
        return missing(Reason.NO_TRADES, 0)
    ordered = sorted(values)
    whole, rest = divmod(9 * (len(ordered) - 1), 10)
    above = ordered[min(whole + 1, len(ordered) - 1)]
    return known(ordered[whole] + (above - ordered[whole]) * rest / 10, len(ordered))


def _float(value: Decimal | None) -> float:
    """Cross the border. Raises ValueError for what the caller should have left out."""
    if value is None:
        raise ValueError("a trade without this value tells nothing here")
    return approximate(value)
