"""FOMO_EXTENSION: an entry far beyond the average of the bars that had closed by then."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from nightdesk.core.clock import millis
from nightdesk.journal.behaviour.bars import Bars, Stretch
from nightdesk.journal.behaviour.detector import Detector, Flag, Need, Threshold, Thresholds
from nightdesk.journal.behaviour.history import History
from nightdesk.journal.behaviour.seen import SeenTrade
from nightdesk.journal.behaviour.shares import share_claim
from nightdesk.journal.claim import Claim
from nightdesk.journal.finding import DetectorId, Scope, Severity

USUAL_BARS = 1_000
"""Bars that the own percentile is taken over."""
FEWEST_BARS = 300
"""Below this many the fallback stands in for the percentile."""


@dataclass(frozen=True, slots=True)
class Extension:
    """How stretched one entry was: d, what it rests on, and the own percentile if looked at."""

    d: float
    stretch: Stretch
    end: int
    severity: Severity | None
    usual: float | None = None
    within: float | None = None
    """Share of the last bars that lay nearer."""


def extension(trade: SeenTrade, bars: Bars, used: Thresholds) -> Extension | None:
    """Judge one entry by the bars closed at or before it; None below 20 or without a range."""
    end = bars.end(millis(trade.opened_at))
    return extended(trade, bars, end, bars.stretch(end), used)


def extended(
    trade: SeenTrade, bars: Bars, end: int, stretch: Stretch | None, used: Thresholds
) -> Extension | None:
    """Judge one entry by the first `end` bars and how stretched the last of them is."""
    if stretch is None or trade.entry_price is None:
        return None
    d = stretch.of(trade.entry_price, trade.side.direction)
    if d is None:
        return None
    if d > used["d"]:
        high = d >= used["high_d"]
        return Extension(d, stretch, end, Severity.HIGH if high else Severity.MEDIUM)
    if trade.planned is False and d > 0:
        return _beyond_usual(d, stretch, end, bars, used)
    return Extension(d, stretch, end, None)


def _beyond_usual(d: float, stretch: Stretch, end: int, bars: Bars, used: Thresholds) -> Extension:
    """Judge an unplanned entry by the instrument's own percentile."""
    if end < FEWEST_BARS:
        usual = used["fallback_d"]
        return Extension(d, stretch, end, Severity.LOW if d > usual else None, usual)
    distances = bars.distances(end, USUAL_BARS)
    nearer = int(np.count_nonzero(distances < d))
    if nearer <= used["percentile"] * (distances.size - 1):
        return Extension(d, stretch, end, None)  # too many bars lie further out for a percentile
    usual, within = float(np.quantile(distances, used["percentile"])), nearer / distances.size
    return Extension(d, stretch, end, Severity.LOW if d > usual else None, usual, within)


def extensions(history: History, used: Thresholds) -> list[Extension | None]:
    """Judge the entries that are wanted, once for observations and claim; None for all others."""

    def judged() -> list[Extension | None]:
        found: list[Extension | None] = [None] * len(history)
        ends, stretches = history.closed_bars(), history.stretches()
        for place in history.judged:
            trade, stretch = history.trades[place], stretches[place]
            bars = history.bars(trade)
            found[place] = extended(trade, bars, ends[place], stretch, used) if bars else None
        return found

    return history.once((DetectorId.FOMO_EXTENSION, *used.items()), judged)


def flags(history: History, used: Thresholds) -> Iterator[Flag]:
    """Yield the stretched entries."""
    judged = extensions(history, used)
    for place in history.judged:
        trade = history.trades[place]
        bars, found = history.bars(trade), judged[place]
        if bars is None or found is None or found.severity is None:
            continue
        measured = {"d": found.d, "high_d": found.d, "fallback_d": found.d}
        if found.within is not None:
            measured["percentile"] = found.within
        line = used["d"] if found.usual is None else found.usual
        yield Flag(
            trade=trade,
            severity=found.severity,
            text=(
                f"Entered {found.d:.1f} average ranges beyond the average of 20 bars; the line "
                f"is {line:.1f}."
            ),
            measured=measured,
            figures={
                "d": found.d,
                "entry_price": trade.entry_price,
                "side": trade.side.value,
                "planned": trade.planned,
                "usual_d": found.usual,
                **bars.told(found.end, found.stretch),
            },
        )


def claim(history: History, used: Thresholds) -> Claim:
    """Compare the share of entries beyond the line with that of bars."""
    flagged, bases = [], []
    shares = {name: bars.share_stretched(used["d"]) for name, bars in history.around.bars.items()}
    for trade, found in zip(history.trades, extensions(history, used), strict=True):
        base = shares.get(trade.instrument)
        if found is None or base is None:
            continue
        bases.append(base)
        if found.d > used["d"]:
            flagged.append(trade.id)
    said = f"were more than {used['d']:g} average ranges beyond the average"
    return share_claim(DetectorId.FOMO_EXTENSION, flagged, bases, said)


DETECTOR = Detector(
    id=DetectorId.FOMO_EXTENSION,
    rule=(
        "d = direction x (entry - EMA20) / ATR14 over the last 200 bars closed at or before the "
        "entry (at least 20) is more than 3.0; or more than the instrument's own 95th percentile "
        "of the last 1,000 bars (2.65 below 300 bars) without a plan. From 3.75 on it is high."
    ),
    base=(
        "Share of bars whose own close lay beyond 3.0 in either direction, each judged on its own "
        "last 200 bars: about 3 % on recorded majors."
    ),
    limits=(
        "Bars of the journal's timeframe stand for all styles; a breakout is stretched, too. Where "
        "the newest bar is older than two bars, nothing is judged."
    ),
    scope=Scope.TRADE,
    severity=(Severity.LOW, Severity.MEDIUM, Severity.HIGH),
    needs=frozenset({Need.CANDLES}),
    thresholds=(
        Threshold(name="d", default=3.0, low=1.5, high=8, unit="ATR"),
        Threshold(name="high_d", default=3.75, low=1.5, high=12, unit="ATR"),
        Threshold(name="percentile", default=0.95, low=0.8, high=0.999, unit="share of bars"),
        Threshold(name="fallback_d", default=2.65, low=1, high=8, unit="ATR"),
    ),
    flags=flags,
    claim=claim,
)
