"""How R is spread: quantiles and a histogram."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from nightdesk.market.candles import Floats
from nightdesk.performance.figure import Figure, Reason, known, missing

QUANTILES: Mapping[str, float] = MappingProxyType(
    {"p5": 0.05, "p25": 0.25, "p50": 0.50, "p75": 0.75, "p95": 0.95}
)
STEP = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """Quantiles by name, and the bins that hold anything: lower bound and how many, rising.

    A bin holds its lower bound and not its upper one.
    """

    quantiles: dict[str, Figure]
    bins: tuple[tuple[float, int], ...]
    step: float


def r_distribution(r: Floats) -> Distribution:
    """Return the spread of R of shape (n,); trades without one, NaN, are left out."""
    having = r[np.isfinite(r)]
    if not having.size:
        reason = Reason.NO_STOP if r.size else Reason.NO_TRADES
        none = dict.fromkeys(QUANTILES, missing(reason, 0))
        return Distribution(quantiles=none, bins=(), step=STEP)
    found = np.quantile(having, list(QUANTILES.values()))
    quantiles = {
        name: known(value, having.size) for name, value in zip(QUANTILES, found, strict=True)
    }
    edges, counts = np.unique(np.floor(having / STEP) * STEP, return_counts=True)
    bins = tuple(zip(edges.tolist(), counts.tolist(), strict=True))
    return Distribution(quantiles=quantiles, bins=bins, step=STEP)
