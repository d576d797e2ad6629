"""Answers of the portfolio route."""

from datetime import date
from typing import TYPE_CHECKING, Self

from functions.api.schemas import Answer, DecimalText, Moment, SignedDecimalText
from nightdesk.core.money import PLACES_12, nearest
from nightdesk.trading.order import Mode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nightdesk.trading.standing import CurvePoint, Day, Holdings


class DayOut(Answer):
    """The UTC day of the newest settle. `start` is shifted by money moved in or out since then."""

    date: date
    start: SignedDecimalText
    change: SignedDecimalText

    @classmethod
    def from_domain(cls, day: "Day") -> Self:
        """Show a day."""
        start, change = nearest(day.start, PLACES_12), nearest(day.change, PLACES_12)
        return cls(date=day.date, start=start, change=change)


class CurvePointOut(Answer):
    """Equity of all bots of a currency after one settle; `net_capital` shows what was put in."""

    as_of: Moment
    equity: SignedDecimalText
    net_capital: SignedDecimalText

    @classmethod
    def from_domain(cls, point: "CurvePoint") -> Self:
        """Show one point."""
        equity = nearest(point.equity, PLACES_12)
        return cls(as_of=point.as_of, equity=equity, net_capital=point.net_capital)


class HoldingsOut(Answer):
    """All bots of one quote currency, in that currency; retired bots are left out.

    `equity` is cash, reserved and what is held; `pool` is free money beside it that no bot has.
    `realised` and `unrealised` are results before `fees`. `as_of` is the newest settle: what is
    held counts at its price.
    """

    currency: str
    as_of: Moment | None
    bots: int
    positions: int
    equity: DecimalText
    cash: DecimalText
    reserved: DecimalText
    held: DecimalText
    pool: DecimalText
    net_capital: SignedDecimalText
    realised: SignedDecimalText
    unrealised: SignedDecimalText
    fees: DecimalText
    day: DayOut | None
    curve: list[CurvePointOut]

    @classmethod
    def from_domain(cls, holdings: "Holdings") -> Self:
        """Show one currency."""
        return cls(
            currency=holdings.currency,
            as_of=holdings.as_of,
            bots=holdings.bots,
            positions=holdings.positions,
            equity=nearest(holdings.equity, PLACES_12),
            cash=holdings.cash,
            reserved=holdings.reserved,
            held=nearest(holdings.held, PLACES_12),
            pool=holdings.pool,
            net_capital=holdings.net_capital,
            realised=holdings.realised,
            unrealised=nearest(holdings.unrealised, PLACES_12),
            fees=holdings.fees,
            day=None if holdings.day is None else DayOut.from_domain(holdings.day),
            curve=[CurvePointOut.from_domain(point) for point in holdings.curve],
        )


class PortfolioOut(Answer):
    """What a trader has in one mode, by currency. Currencies are never added up."""

    mode: Mode
    currencies: list[HoldingsOut]

    @classmethod
    def from_domain(cls, mode: Mode, found: "Sequence[Holdings]") -> Self:
        """Show a portfolio."""
        return cls(mode=mode, currencies=[HoldingsOut.from_domain(one) for one in found])
