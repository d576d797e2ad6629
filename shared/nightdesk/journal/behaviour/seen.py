"""A trade as detectors see it. `seen` is the border: amounts become floats here and nowhere else.

Money is in account currency unless a name says quote; nothing of it goes back into money.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from nightdesk.core.ids import BotId, TradeId
from nightdesk.core.money import approximate
from nightdesk.journal.trade import (
    Emotion,
    ExitReason,
    JournalTrade,
    Labels,
    Origin,
    Outcome,
    Side,
    Status,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenTrade:
    """What detectors read of one trade; None is unknown, or not yet. `size`: the first entry."""

    id: TradeId
    instrument: str
    side: Side = Side.LONG
    origin: Origin = Origin.HUMAN
    bot_id: BotId | None = None
    opened_at: datetime
    closed_at: datetime | None = None
    outcome: Outcome | None = None
    net: float | None = None
    gross: float | None = None
    costs: float | None = None
    """Fees less funding received."""
    size: float | None = None
    r: float | None = None
    planned: bool | None = None
    setup: str | None = None
    entry_price: float | None = None
    stops: tuple[float, ...] = ()
    """Every stop in the order in which it was recorded."""
    stop_recorded_after_seconds: float | None = None
    no_stop_declared: bool = False
    exit_reason: ExitReason | None = None
    gross_quote: float | None = None
    mfe_quote: float | None = None
    mfe_r: float | None = None
    emotions: tuple[Emotion, ...] = ()

    @property
    def hold(self) -> float | None:
        """Seconds from first to last fill; None while it is open."""
        if self.closed_at is None:
            return None
        return (self.closed_at - self.opened_at).total_seconds()


def seen(trade: JournalTrade, labels: Labels) -> SeenTrade:
    """Cross the border: what was built from fills, completed by what a person wrote of it.

    A stop that was noted when it was over protected nothing.
    """
    money, risk, excursion = trade.money, trade.risk, trade.excursion
    closed = trade.status is Status.CLOSED
    later = (one for one in labels.stops if trade.closed_at is None or one.at < trade.closed_at)
    marks = sorted(dict.fromkeys((*risk.stops, *later)), key=lambda mark: mark.at)
    return SeenTrade(
        id=trade.id,
        instrument=trade.instrument,
        side=trade.side,
        origin=trade.origin,
        bot_id=trade.bot_id,
        opened_at=trade.opened_at,
        closed_at=trade.closed_at if closed else None,
        outcome=trade.outcome if closed else None,
        net=_float(money.net_account) if closed else None,
        gross=_float(money.gross_account) if closed else None,
        costs=_costs(trade) if closed else None,
        size=_float(trade.quantity.size),
        r=_float(risk.r) if closed else None,
        planned=labels.planned,
        setup=labels.setup_id,
        entry_price=_float(trade.legs[0].price),
        stops=tuple(approximate(mark.price) for mark in marks),
        stop_recorded_after_seconds=risk.stop_recorded_after_seconds,
        no_stop_declared=labels.no_stop_declared,
        exit_reason=labels.exit_reason or trade.exit_reason,
        gross_quote=_float(money.gross) if closed else None,
        mfe_quote=_float(excursion.mfe),
        mfe_r=_float(excursion.mfe_r),
        emotions=labels.emotions,
    )


def _costs(trade: JournalTrade) -> float | None:
    """Gross less net is fees less funding: in account currency nothing else tells of funding."""
    money = trade.money
    if money.gross_account is None or money.net_account is None:
        return None
    return approximate(money.gross_account - money.net_account)


def _float(value: Decimal | None) -> float | None:
    return None if value is None else approximate(value)
