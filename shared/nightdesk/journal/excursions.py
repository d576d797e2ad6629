"""How far a trade went against and for its owner, from its own fills and stored candles.

Of the candles those count that lie wholly between two consecutive fills of the trade: one that a
fill touches may have had its extremes outside. Sources: J. Sweeney, Maximum Adverse Excursion
(1997), for MAE and MFE; entry and exit efficiency after L. Stevens, Essential Technical Analysis
(2002).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal, localcontext
from types import MappingProxyType
from typing import TYPE_CHECKING

from nightdesk.core.clock import ceil_millis, millis
from nightdesk.core.money import ZERO, as_written
from nightdesk.journal.exactly import EXACTLY, ratio
from nightdesk.journal.figures import OPEN
from nightdesk.journal.trade import Excursion, JournalTrade, Longer, Side, Status
from nightdesk.market.timeframe import Timeframe

if TYPE_CHECKING:  # candles load numpy, which the API starts without
    from nightdesk.market.candles import Candles

FINEST_FIRST = (Timeframe.M1, Timeframe.M5, Timeframe.M15, Timeframe.H1)
"""The stored timeframes that are asked for, in this order."""
FILLS = "fills"
"""The resolution where no candle lies wholly inside."""
CANDLES_MISSING = "CANDLES_MISSING"
NO_MFE = "NO_MFE"
NO_RANGE = "NO_RANGE"
LONGER = (15, 60, 240, 1_440)
"""Minutes after the exit that are looked at."""


@dataclass(frozen=True, slots=True)
class _State:
    """What stands after a fill: an excursion is linear in the price from here."""

    realised: Decimal
    held: Decimal
    cost: Decimal

    def at(self, price: Decimal, direction: int) -> Decimal:
        """Return the gross result if all that is held were worth `price`."""
        return self.realised + direction * (price * self.held - self.cost)


@dataclass(slots=True)
class _Path:
    """The prices that a trade went through, and the best and worst it stood at."""

    high: Decimal
    low: Decimal
    best: Decimal = ZERO
    worst: Decimal = ZERO

    def through(self, price: Decimal, state: _State, direction: int) -> None:
        """Go through one price."""
        self.high, self.low = max(self.high, price), min(self.low, price)
        value = state.at(price, direction)
        self.best, self.worst = max(self.best, value), min(self.worst, value)


def measured(
    trade: JournalTrade,
    series: Sequence["Candles"],
    later: Sequence["Candles"] = (),
) -> JournalTrade:
    """Return the trade with its excursions; an open one has none.

    `series` are stored candles of its instrument from open to close, `later` those after the
    close, each finest first. `incomplete` names CANDLES_MISSING while some of the time between
    fills is covered by none: measure again once they are there.
    """
    reasons = {name: why for name, why in trade.reasons.items() if name not in _NAMES}
    if trade.status is not Status.CLOSED:
        return replace(
            trade,
            excursion=Excursion(),
            reasons=MappingProxyType(reasons | dict.fromkeys(_NAMES, OPEN)),
        )
    with localcontext(EXACTLY):
        path, used, covered = _walked(trade, series)
        found = _excursion(trade, path, reasons)
        found = replace(
            found,
            excursion_resolution=max(used, key=lambda tf: tf.ms).value if used else FILLS,
            after_exit=tuple(_longer(trade, later)),
        )
    incomplete = tuple(code for code in trade.incomplete if code != CANDLES_MISSING)
    return replace(
        trade,
        excursion=found,
        incomplete=incomplete if covered else (*incomplete, CANDLES_MISSING),
        reasons=MappingProxyType(reasons),
    )


def spans(trade: JournalTrade) -> Iterator[tuple[datetime, datetime]]:
    """Yield the times between consecutive fills, that candles may tell of."""
    for leg, following in zip(trade.legs, trade.legs[1:], strict=False):
        yield leg.at, following.at


def _walked(trade: JournalTrade, series: Sequence["Candles"]) -> tuple[_Path, set[Timeframe], bool]:
    """Return the path, the timeframes it took, and whether candles covered all they could."""
    direction = trade.side.direction
    path = _Path(high=trade.legs[0].price, low=trade.legs[0].price)
    used: set[Timeframe] = set()
    covered = True
    gaps = [*spans(trade), None]
    for leg, state, gap in zip(trade.legs, _states(trade), gaps, strict=True):
        path.through(leg.price, state, direction)
        if gap is None:
            break
        whole = False
        for candles in series:
            inside, wanted = _inside(candles, *gap)
            if len(inside):
                used.add(candles.timeframe)
                path.through(as_written(float(inside.high.max())), state, direction)
                path.through(as_written(float(inside.low.min())), state, direction)
            if whole := len(inside) == wanted:
                break  # finer candles told all: coarser ones have nothing to add
        covered &= whole or not _wanted(FINEST_FIRST[0], *gap)
    return path, used, covered


def _states(trade: JournalTrade) -> Iterator[_State]:
    """Yield what stands after each fill."""
    realised, held, cost = ZERO, trade.quantity.qty_carried, trade.quantity.cost_carried
    for leg in trade.legs:
        worth = leg.price * leg.quantity
        if leg.entry:
            held, cost = held + leg.quantity, cost + worth
        else:
            held -= leg.quantity
            cost -= worth - trade.side.direction * leg.realised
            realised += leg.realised
        yield _State(realised, held, cost)


def _inside(candles: "Candles", since: datetime, until: datetime) -> tuple["Candles", int]:
    """Return the candles that lie wholly in the span, and how many there could be."""
    begin, end = _bounds(since, until)
    first = int(candles.open_time.searchsorted(begin, side="left"))
    last = int(candles.open_time.searchsorted(end - candles.timeframe.ms, side="right"))
    return candles.rows(first, max(first, last)), _wanted(candles.timeframe, since, until)


def _wanted(timeframe: Timeframe, since: datetime, until: datetime) -> int:
    """Return how many candles of this length fit between."""
    begin, end = _bounds(since, until)
    first = timeframe.floor_ms(begin - 1) + timeframe.ms
    return max(0, (end - first) // timeframe.ms)


def _bounds(since: datetime, until: datetime) -> tuple[int, int]:
    """Return the span in milliseconds, rounded to the inside."""
    return ceil_millis(since), millis(until)


def _excursion(trade: JournalTrade, path: _Path, why: dict[str, str]) -> Excursion:
    mae, mfe, gross = -path.worst, path.best, trade.money.gross
    risk = trade.risk.initial_risk
    if risk is None:
        why |= dict.fromkeys(("mae_r", "mfe_r"), trade.reasons["initial_risk"])
    if not mfe:
        why["capture"] = NO_MFE
    entered, left, both = _efficiencies(trade, path, why)
    return Excursion(
        mae=mae,
        mfe=mfe,
        mae_r=None if risk is None else ratio(mae, risk),
        mfe_r=None if risk is None else ratio(mfe, risk),
        given_back=mfe - gross,
        capture=ratio(gross, mfe) if mfe else None,
        entry_efficiency=entered,
        exit_efficiency=left,
        total_efficiency=both,
    )


def _efficiencies(
    trade: JournalTrade, path: _Path, why: dict[str, str]
) -> tuple[Decimal | None, Decimal | None, Decimal | None]:
    """Return which part of the range entry, exit and both took; None where it has no width."""
    entry, out = trade.quantity.avg_entry, trade.quantity.avg_exit
    width = path.high - path.low
    if not width or out is None:
        why |= dict.fromkeys(_EFFICIENCIES, NO_RANGE)
        return None, None, None
    if trade.side is Side.LONG:
        parts = (path.high - entry, out - path.low, out - entry)
    else:
        parts = (entry - path.low, path.high - out, entry - out)
    entered, left, both = (ratio(part, width) for part in parts)
    return entered, left, both


def _longer(trade: JournalTrade, later: Sequence["Candles"]) -> Iterator[Longer]:
    """Yield what keeping the part of the last exit order longer would have added."""
    last = [leg for leg in trade.legs if not leg.entry and leg.order == trade.legs[-1].order]
    quantity = sum((leg.quantity for leg in last), ZERO)
    price = ratio(sum((leg.price * leg.quantity for leg in last), ZERO), quantity)
    risk = trade.risk.initial_risk
    closed = trade.closed_at or trade.legs[-1].at
    for minutes in LONGER:
        then = _close_at(later, closed, closed + timedelta(minutes=minutes))
        if then is not None:
            added = trade.side.direction * (then - price)
            in_r = None if risk is None else ratio(added * quantity, risk)
            yield Longer(minutes=minutes, per_unit=added, r=in_r)


def _close_at(later: Sequence["Candles"], closed: datetime, moment: datetime) -> Decimal | None:
    """Return the last close at or before `moment`, at most one candle old, of the finest series."""
    for candles in later:
        known = candles.closed(moment)
        if not len(known):
            continue
        ended = known.last_open + candles.timeframe.length
        if ended > closed and moment - ended < candles.timeframe.length:
            return as_written(float(known.close[-1]))
    return None


_EFFICIENCIES = ("entry_efficiency", "exit_efficiency", "total_efficiency")
_NAMES = ("mae", "mfe", "mae_r", "mfe_r", "given_back", "capture", *_EFFICIENCIES)
