"""In what surroundings a trade was entered: session, place in the day, what came before it."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING

from nightdesk.core.clock import utc
from nightdesk.core.money import PLACES_8, as_written
from nightdesk.journal.place import Place
from nightdesk.journal.trade import (
    After,
    Context,
    JournalTrade,
    Outcome,
    Session,
    Status,
    VolatilityBucket,
)

if TYPE_CHECKING:  # candles load numpy, which the API starts without
    from nightdesk.market.candles import Candles

SESSION_HOURS = 8
LEAST_FOR_BUCKETS = 9
"""Own trades before this one that make thirds worth speaking of."""
CANDLES_MISSING = "CANDLES_MISSING"
TOO_FEW_TRADES = "TOO_FEW_TRADES"
ATR_PERIOD = 14


def session(at: datetime) -> Session:
    """Return the part of the UTC day: Asia 00 to 08, Europe 08 to 16, US 16 to 24."""
    return tuple(Session)[utc(at).hour // SESSION_HOURS]


def surroundings(
    trade: JournalTrade,
    *,
    earlier: Sequence[JournalTrade],
    place: Place,
    regime: str | None,
    volatility: Decimal | None,
) -> JournalTrade:
    """Return the trade with its context.

    `earlier` are own trades of the same mode that were entered before it, or closed by then, in
    any order: those of its day, the one that closed last, and as many as thirds of volatility are
    made of. `regime` and `volatility` are of the last candle closed at entry, None without one.
    """
    why = {name: code for name, code in trade.reasons.items() if name not in _NAMES}
    before = [one for one in earlier if _counts(one, trade)]
    bucket = None
    if volatility is None:
        why["volatility_bucket"] = CANDLES_MISSING
    else:
        bucket = third(volatility, (one.context.volatility for one in before))
        if bucket is None:
            why["volatility_bucket"] = TOO_FEW_TRADES
    if regime is None:
        why["regime"] = CANDLES_MISSING
    day = place.day(trade.opened_at)
    found = Context(
        regime=regime,
        session=session(trade.opened_at),
        nth_of_day=1 + sum(place.day(one.opened_at) == day for one in before),
        after=_after(trade, before),
        volatility_bucket=bucket,
        volatility=volatility,
    )
    return replace(trade, context=found, reasons=MappingProxyType(why))


def third(value: Decimal, others: Iterable[Decimal | None]) -> VolatilityBucket | None:
    """Return in which third of the others a value lies; None where they are too few.

    Quantiles are linear, as everywhere in the journal; a value on a border counts as below it.
    """
    known = sorted(one for one in others if one is not None)
    if len(known) < LEAST_FOR_BUCKETS:
        return None
    if value <= _quantile(known, 1):
        return VolatilityBucket.LOW
    return VolatilityBucket.MIDDLE if value <= _quantile(known, 2) else VolatilityBucket.HIGH


def volatility(candles: "Candles") -> Decimal | None:
    """Return ATR14 over the last close, a fraction; None where the candles are too few."""
    import talib  # noqa: PLC0415 - the API starts without it

    if len(candles) <= ATR_PERIOD:
        return None
    high, low, close = candles.high, candles.low, candles.close
    atr = float(talib.ATR(high, low, close, timeperiod=ATR_PERIOD)[-1])
    return as_written(atr / float(close[-1])).quantize(PLACES_8)


def _counts(one: JournalTrade, trade: JournalTrade) -> bool:
    other = one.id != trade.id and one.mode is trade.mode and one.status is not Status.VOID
    return other and (one.opened_at, one.id) < (trade.opened_at, trade.id)


def _after(trade: JournalTrade, before: Sequence[JournalTrade]) -> After:
    """Return how the last trade ended that was closed by the entry; even is neither."""
    ended = [one for one in before if one.closed_at and one.closed_at <= trade.opened_at]
    if not ended:
        return After.NONE
    last = max(ended, key=lambda one: (one.closed_at, one.id))
    if last.outcome is Outcome.WIN:
        return After.WIN
    return After.LOSS if last.outcome is Outcome.LOSS else After.NONE


def _quantile(ordered: Sequence[Decimal], thirds: int) -> Decimal:
    whole, rest = divmod(thirds * (len(ordered) - 1), 3)
    if not rest:
        return ordered[whole]
    return ordered[whole] + (ordered[whole + 1] - ordered[whole]) * rest / 3


_NAMES = ("regime", "volatility_bucket")
