"""A long curve with fewer points, as a chart needs it."""

import numpy as np
import numpy.typing as npt

from nightdesk.market.candles import Floats

MOST_POINTS = 2_000


def thinned(values: Floats, most: int = MOST_POINTS) -> npt.NDArray[np.int64]:
    """Return which of n points to keep, rising, at most `most`: extremes, first and last stay.

    The curve is cut into equal spans, and of each its lowest and its highest point are kept: so no
    drawdown gets shallower and no high is lost. A gap, NaN, is neither, and stays where a span has
    nothing else. Raises ValueError below four points.
    """
    if most < 4:  # noqa: PLR2004
        raise ValueError(f"a curve keeps at least four points, was {most}")
    if values.size <= most:
        return np.arange(values.size)
    edges = np.linspace(0, values.size, (most - 2) // 2 + 1).astype(np.int64)
    gaps = np.isnan(values)
    low, high = np.where(gaps, np.inf, values), np.where(gaps, -np.inf, values)
    kept = {0, values.size - 1}
    for start, end in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        kept |= {start + int(low[start:end].argmin()), start + int(high[start:end].argmax())}
    return np.array(sorted(kept))
