"""FOMO_CHASE: an entry after the price has run in its direction for an hour."""

from collections.abc import Iterator
from typing import TypeAlias

from nightdesk.core.clock import from_millis, iso, millis
from nightdesk.journal.behaviour.bars import Bars, Stretch
from nightdesk.journal.behaviour.detector import (
    Detector,
    Flag,
    Need,
    Threshold,
    Thresholds,
    reaches,
)
from nightdesk.journal.behaviour.history import History
from nightdesk.journal.behaviour.seen import SeenTrade
from nightdesk.journal.behaviour.shares import share_claim
from nightdesk.journal.claim import Claim
from nightdesk.journal.finding import DetectorId, Scope, Severity

Chase: TypeAlias = tuple[float, float, float, float]
"""Move and needed move, percent; the close then, and ATR."""


def chase(
    price: float, direction: int, reference: float, atr: float, used: Thresholds
) -> tuple[float, float]:
    """Return the move in the entry's direction and the move that is needed, percent."""
    move = direction * (price - reference) / reference * 100
    return move, max(used["percent"], used["ranges"] * atr / reference * 100)


def chased(trade: SeenTrade, bars: Bars, used: Thresholds) -> Chase | None:
    """Return move and needed move, reference close and ATR; None where bars are missing."""
    at = millis(trade.opened_at)
    then = bars.end(at - round(used["minutes"] * 60_000))
    return chased_since(trade, bars, bars.stretch(bars.end(at)), then, used)


def chased_since(
    trade: SeenTrade, bars: Bars, stretch: Stretch | None, then: int, used: Thresholds
) -> Chase | None:
    """Judge one entry by how stretched the price is, since the last of the first `then` bars."""
    reference = float(bars.candles.close[then - 1]) if then else None
    if stretch is None or reference is None or trade.entry_price is None:
        return None
    move, needed = chase(trade.entry_price, trade.side.direction, reference, stretch.atr, used)
    return move, needed, reference, stretch.atr


def chases(history: History, used: Thresholds) -> list[Chase | None]:
    """Judge the entries that are wanted, once for observations and claim; None for all others."""

    def judged() -> list[Chase | None]:
        found: list[Chase | None] = [None] * len(history)
        stretches, then = history.stretches(), history.closed_bars(used["minutes"])
        for place in history.judged:
            trade = history.trades[place]
            bars = history.bars(trade)
            if bars:
                found[place] = chased_since(trade, bars, stretches[place], then[place], used)
        return found

    return history.once((DetectorId.FOMO_CHASE, *used.items()), judged)


def flags(history: History, used: Thresholds) -> Iterator[Flag]:
    """Yield the entries after a run of the price."""
    judged, stretches = chases(history, used), history.stretches()
    for place in history.judged:
        trade, found = history.trades[place], judged[place]
        if found is None:
            continue
        move, needed, reference, atr = found
        bars, stretch, price = history.bars(trade), stretches[place], trade.entry_price
        if not reaches(move, needed) or bars is None or stretch is None or price is None:
            continue
        at = millis(trade.opened_at)
        then = bars.end(at - round(used["minutes"] * 60_000))
        ran = at - bars.opened(then) - bars.candles.timeframe.ms
        measured = {"percent": move, "minutes": ran / 60_000}
        if atr:
            measured["ranges"] = move * reference / 100 / atr
        yield Flag(
            trade=trade,
            severity=Severity.MEDIUM,
            text=(
                f"The price had moved {move:.1f} % in the entry's direction within "
                f"{used['minutes']:.0f} min; the line was {needed:.1f} %."
            ),
            measured=measured,
            figures={
                "move": move,
                "needed": needed,
                "reference_close": reference,
                "reference_bar": iso(from_millis(bars.opened(then))),
                "d": stretch.of(price, trade.side.direction),
                "entry_price": price,
                "side": trade.side.value,
                **bars.told(bars.end(at), stretch),
            },
        )


def claim(history: History, used: Thresholds) -> Claim:
    """Compare the share of chasing entries with that of bars."""
    flagged, bases = [], []
    line = (used["minutes"], used["percent"], used["ranges"])
    shares = {name: bars.share_moved(*line) for name, bars in history.around.bars.items()}
    for trade, found in zip(history.trades, chases(history, used), strict=True):
        base = shares.get(trade.instrument)
        if found is None or base is None:
            continue
        bases.append(base)
        if reaches(*found[:2]):
            flagged.append(trade.id)
    return share_claim(DetectorId.FOMO_CHASE, flagged, bases, "came after a run of the price")


DETECTOR = Detector(
    id=DetectorId.FOMO_CHASE,
    rule=(
        "The price moved at least 3 %, and 3 ATR14, in the entry's direction since the last close "
        "at or before 60 minutes ago."
    ),
    base="Share of bars whose close had moved as far, in either direction.",
    limits=(
        "A limit order that waited for the run looks like one that chased it. Entries whose newest "
        "bar, then or an hour before, is older than two bars are not judged."
    ),
    scope=Scope.TRADE,
    severity=(Severity.MEDIUM,),
    needs=frozenset({Need.CANDLES}),
    thresholds=(
        Threshold(name="percent", default=3, low=0.5, high=20, unit="%"),
        Threshold(name="ranges", default=3, low=0.5, high=10, unit="ATR"),
        Threshold(name="minutes", default=60, low=5, high=1_440, unit="minutes"),
    ),
    flags=flags,
    claim=claim,
)
