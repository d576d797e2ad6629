"""Closed trades as columns."""

from collections.abc import Sequence

import numpy as np

from nightdesk.market.candles import Floats
from nightdesk.performance.trade_metrics import TradeColumns

HOUR = 3_600.0


def trade_columns(money: Sequence[float] | Floats, **changes: Floats) -> TradeColumns:
    """Return trades of an hour each, one after the other, with a risk of 10 and no costs."""
    values = np.array(money, dtype=np.float64)
    opened: Floats = np.arange(values.size, dtype=np.float64) * (2 * HOUR)
    none = np.full(values.shape, np.nan)
    columns: dict[str, Floats] = {
        "net": values,
        "gross": values,
        "fees": np.zeros(values.shape),
        "funding": np.zeros(values.shape),
        "r": values / 10,
        "risk": np.full(values.shape, 10.0),
        "outcome": np.sign(values),
        "opened": opened,
        "closed": opened + HOUR,
        "hold": np.full(values.shape, HOUR),
        "mae_r": none,
        "mfe_r": none,
        "capture": none,
        "given_back_r": none,
        "notional": np.full(values.shape, 100.0),
    }
    return TradeColumns(**columns | changes)
