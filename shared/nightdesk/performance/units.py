"""The same trades in money, in R or in percent, net or gross."""

from dataclasses import replace
from enum import StrEnum

import numpy as np

from nightdesk.market.candles import Floats
from nightdesk.performance.trade_metrics import TradeColumns


class Unit(StrEnum):
    """In what amounts are shown."""

    MONEY = "money"
    R = "r"
    PERCENT = "percent"


class Basis(StrEnum):
    """Whether fees and funding are taken off."""

    NET = "net"
    GROSS = "gross"


def shown_capital(unit: Unit, capital: float | None) -> float | None:
    """Return what a capital is in a unit: 100 in percent of itself; in R there is none."""
    if capital is None or unit is Unit.MONEY:
        return capital
    return 100.0 if unit is Unit.PERCENT and capital > 0 else None


def on_basis(trades: TradeColumns, basis: Basis) -> TradeColumns:
    """Return the trades with `net` and `r` on a basis.

    Outcomes stay those after costs, and fees and funding what they were: they are told, not taken
    off.
    """
    if basis is Basis.NET:
        return trades
    valued = trades.take(trades.valued)
    return replace(valued, net=valued.gross, r=valued.gross / valued.risk)


def in_unit(trades: TradeColumns, unit: Unit, capital: float | None = None) -> TradeColumns:
    """Return the trades with all amounts in a unit.

    R divides each trade by its own initial risk and leaves out those without, and its net is its
    R; percent is of `capital`, the same for all. Raises ValueError for percent of nothing.
    """
    if unit is Unit.MONEY:
        return trades
    if unit is Unit.PERCENT:
        if capital is None or capital <= 0:
            raise ValueError("percent needs a capital")
        return divided(trades, np.full(trades.net.shape, capital / 100))
    having = trades.take(np.isfinite(trades.r))
    return replace(divided(having, having.risk), net=having.r)


def divided(trades: TradeColumns, by: Floats) -> TradeColumns:
    """Return the trades with each amount divided."""
    return replace(
        trades,
        net=trades.net / by,
        gross=trades.gross / by,
        fees=trades.fees / by,
        funding=trades.funding / by,
        notional=trades.notional / by,
    )
