"""The account beside holding one instrument with the same flows on the same days."""

import numpy as np

from nightdesk.market.candles import Floats
from nightdesk.performance.figure import Figure, Reason, known, missing
from nightdesk.performance.returns import DAYS_PER_YEAR, NOTHING, per_day

NAMES = ("beta", "alpha_annual", "correlation")


def against(returns: Floats, benchmark: Floats, *, rf: float = 0.0) -> dict[str, Figure]:
    """Return beta, yearly alpha and correlation of two series of one shape; NaN: no such day.

    W. F. Sharpe, Capital asset prices, Journal of Finance 19 (1964) 425; M. C. Jensen, The
    performance of mutual funds, Journal of Finance 23 (1968) 389. `rf` is yearly.
    """
    if returns.shape != benchmark.shape:
        raise ValueError("a benchmark has the same days")
    both = np.isfinite(returns) & np.isfinite(benchmark)
    own, held = returns[both], benchmark[both]
    n = own.size
    if n < 2:  # noqa: PLR2004
        none = Reason.NO_CANDLES if np.isfinite(returns).any() else Reason.NO_DAYS
        return dict.fromkeys(NAMES, missing(Reason.TOO_FEW_DAYS if n else none, n))
    if held.std(ddof=1) <= NOTHING:
        return dict.fromkeys(NAMES, missing(Reason.ZERO_VARIANCE, n))
    shared = np.cov(own, held, ddof=1)
    beta = shared[0, 1] / shared[1, 1]
    free = per_day(rf)
    alpha = ((own - free).mean() - beta * (held - free).mean()) * DAYS_PER_YEAR
    if own.std(ddof=1) <= NOTHING:
        correlation = missing(Reason.ZERO_VARIANCE, n)
    else:
        correlation = known(shared[0, 1] / np.sqrt(shared[0, 0] * shared[1, 1]), n)
    return {"beta": known(beta, n), "alpha_annual": known(alpha, n), "correlation": correlation}


def price_returns(closes: Floats) -> Floats:
    """Return the returns of holding, shape (n,), from n + 1 daily closes; NaN beside a gap.

    Flows buy or sell at the price of their moment, so they do not enter a time-weighted return.
    """
    answer: Floats = closes[1:] / closes[:-1] - 1
    return answer
