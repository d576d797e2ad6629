"""Figures of closed trades. They describe trades, never the account: see `day_metrics`."""

from dataclasses import dataclass, fields

import numpy as np

from nightdesk.market.candles import Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeColumns:
    """Closed trades as columns of shape (n,), float64, in order of (closed, id).

    Money in one currency; `r`, `risk`, excursions and `size` are NaN where a trade has none; times
    in seconds since the epoch. `outcome` is 1.0 for a win, -1.0 for a loss, 0.0 for a break-even.
    Raises ValueError for columns of different length, or money, times or outcomes that are not
    finite.
    """

    net: Floats
    gross: Floats
    fees: Floats
    funding: Floats
    """Positive: received."""
    r: Floats
    risk: Floats
    outcome: Floats
    opened: Floats
    closed: Floats
    hold: Floats
    """Seconds."""
    mae_r: Floats
    mfe_r: Floats
    capture: Floats
    given_back_r: Floats
    notional: Floats
    """Of all entries."""

    def __post_init__(self) -> None:
        columns = [getattr(self, field.name) for field in fields(self)]
        if {column.shape for column in columns} != {(self.net.size,)}:
            raise ValueError("columns of trades are equally long")
        for name in ("net", "gross", "fees", "funding", "outcome", "opened", "closed", "hold"):
            if not np.isfinite(getattr(self, name)).all():
                raise ValueError(f"{name} of a trade is finite")

    @property
    def count(self) -> int:
        """How many trades there are."""
        return self.net.size
