"""What stands behind a figure that has no value, or one to be read with care: a sentence each."""

from collections.abc import Mapping
from types import MappingProxyType

from nightdesk.journal.book_stats import NO_R
from nightdesk.journal.discipline import NO_CHECKS
from nightdesk.performance.figure import Caveat, Reason

UNDEFINED: Mapping[Reason, str] = MappingProxyType(
    {
        Reason.TOO_FEW_DAYS: "Too few days: a value would be chance.",
        Reason.TOO_FEW_TRADES: "Too few trades: a value would be chance.",
        Reason.NO_CAPITAL: (
            "There was no capital that could have earned anything, or none is known."
        ),
        Reason.NO_DAYS: "No day counts in this period.",
        Reason.NO_CANDLES: "No stored candles tell what holding brought on the days that count.",
        Reason.NO_TRADES: "No trade was closed in this period.",
        Reason.ZERO_VARIANCE: "Nothing varied, so nothing can be divided by the variation.",
        Reason.NO_DOWNSIDE: "No day was below the minimum acceptable return.",
        Reason.NO_DRAWDOWN: "There was no fall below an earlier high.",
        Reason.NO_LOSING_DAY: "No day lost.",
        Reason.NO_DECIDED_DAY: "All days were flat.",
        Reason.ZERO_TAIL: "The lower tail is 0.",
        Reason.NO_LOSING_TRADE: "No trade lost.",
        Reason.NO_WINNING_TRADE: "No trade won.",
        Reason.NO_DECIDED_TRADE: "All trades were break-evens.",
        Reason.NO_GROSS_PROFIT: "No trade had a gain before costs.",
        Reason.NO_STOP: "No trade has an R: no stop was recorded in time.",
        Reason.NO_EXCURSION: "Of no trade is it known how far it went for and against its trader.",
        Reason.FEE_PRICE_MISSING: "Fees were paid in an asset whose price then is not known.",
        Reason.NOT_FINITE: "The value is beyond what a number can hold.",
        Reason.OTHER_CURRENCY: "The amounts to compare are in different currencies.",
        Reason.ZERO_NET: "The whole comes to 0, so nothing is a share of it.",
    }
)
DOUBTS: Mapping[Caveat, str] = MappingProxyType(
    {
        Caveat.FEW_DAYS: "Caveat: fewer than 90 days, the figure may still change its sign.",
        Caveat.NOT_ADVICE: "Caveat: arithmetic of the past, not advice on a stake.",
        Caveat.SOME_UNVALUED: "Caveat: trades whose fees have no known value are left out.",
        Caveat.SOME_UNPRICED: "Caveat: something held has no price anywhere; it counts as nothing.",
        Caveat.STALE_PRICES: "Caveat: something held stands at an older price: no candles.",
    }
)
NOTED: Mapping[str, str] = MappingProxyType(
    {
        NO_CHECKS: "No rule and no plan could be judged.",
        NO_R: "Kept or broken, one side has no trade with R.",
    }
)


def sentences() -> dict[str, str]:
    """Return them all by code."""
    known = {one.value: text for one, text in UNDEFINED.items()}
    return known | {one.value: text for one, text in DOUBTS.items()} | dict(NOTED)
