"""Two sets of trades side by side: what differs, and how sure that is."""

from math import sqrt

import numpy as np

from nightdesk.market.candles import Floats
from nightdesk.performance.figure import Figure, Reason, known, missing
from nightdesk.performance.intervals import Interval, mean_difference_interval, wilson
from nightdesk.performance.trade_metrics import TradeColumns


def differences(a: TradeColumns, b: TradeColumns) -> dict[str, Figure]:
    """Return `a` less `b` for win rate, expectancy and mean R, each with its 95 % interval.

    `n` is that of the smaller side, which bounds what can be said.
    """
    return {
        "win_rate": of_shares(a, b),
        "expectancy": of_means(a.net, b.net, Reason.NO_TRADES),
        "expectancy_r": of_means(a.r, b.r, Reason.NO_STOP),
    }


def of_means(a: Floats, b: Floats, reason: Reason) -> Figure:
    """Return the difference of two means; NaN is left out."""
    one, two = a[np.isfinite(a)], b[np.isfinite(b)]
    n = min(one.size, two.size)
    if not n:
        return missing(reason, 0)
    return known(one.mean() - two.mean(), n, interval=mean_difference_interval(one, two))


def of_shares(a: TradeColumns, b: TradeColumns) -> Figure:
    """Return the difference of two win rates."""
    (x, n), (y, m) = (
        (int((side.outcome > 0).sum()), int((np.abs(side.outcome) == 1).sum())) for side in (a, b)
    )
    interval = share_difference_interval(x, n, y, m)
    if interval is None:
        return missing(Reason.NO_DECIDED_TRADE, 0)
    return known(x / n - y / m, min(n, m), interval=interval)


def share_difference_interval(x: int, n: int, y: int, m: int) -> Interval | None:
    """Return the 95 % interval of x/n - y/m, None where one side is empty.

    R. G. Newcombe, Statistics in Medicine 17 (1998) 873, method 10: from Wilson's two intervals.
    """
    one, two = wilson(x, n), wilson(y, m)
    if one is None or two is None:
        return None
    p, q = x / n, y / m
    below = sqrt((p - one[0]) ** 2 + (two[1] - q) ** 2)
    above = sqrt((one[1] - p) ** 2 + (q - two[0]) ** 2)
    return p - q - below, p - q + above
