"""Decisions and equity points that are valid."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from nightdesk.core.ids import BotId
from nightdesk.market.timeframe import Timeframe
from nightdesk.risk.verdict import Check, Outcome, Verdict
from nightdesk.strategies.signal import Action
from nightdesk.trading.decision import Decision, SignalRecord
from nightdesk.trading.identity import decision_id
from nightdesk.trading.mandate import EquityPoint
from nightdesk.trading.order import Mode
from tests.builders.trading import AS_OF, BOT, BTC, OWNER, a_buy

D = Decimal


def a_signal(**changes: Any) -> SignalRecord:
    fields: dict[str, Any] = {"action": Action.HOLD, "strength": D(0), "reason": ()}
    return SignalRecord(**(fields | changes))


def a_hold(as_of: datetime = AS_OF, bot_id: BotId = BOT, **changes: Any) -> Decision:
    """Return a decision to do nothing."""
    fields: dict[str, Any] = {
        "decision_id": decision_id(bot_id, BTC, as_of, "d" * 64, "cycle"),
        "owner": OWNER,
        "bot_id": bot_id,
        "instrument_id": BTC,
        "timeframe": Timeframe.H1,
        "mode": Mode.PAPER,
        "as_of": as_of,
        "candle": as_of - timedelta(hours=1),
        "snapshot_hash": "5" * 64,
        "strategy": "moving_average_cross@12",
        "definition_hash": "d" * 64,
        "regime": "trending_down",
        "action": Action.HOLD,
        "code": None,
        "signal": a_signal(),
        "reference": D("10234.56"),
    }
    return Decision(**(fields | changes))


def a_verdict(checks: int = 24) -> Verdict:
    """Return an approval with as many checks as the table of trading §4 has rows."""
    return Verdict(
        outcome=Outcome.APPROVED,
        quantity=D("0.12345678"),
        first_quantity=D("0.22345678"),
        price_bound=D("10337.89"),
        reserve=D("1281.45678901"),
        planned_risk=D("98.76543210"),
        reason=None,
        checks=tuple(
            Check(
                number=number,
                code=f"REASON_CODE_{number}",
                passed=True,
                figures={"used": f"0.0{number}41357", "equity": f"10{number}12.34567891"},
                limit=f"0.{number}5",
            )
            for number in range(1, checks + 1)
        ),
        factors={"strength": D("0.8"), "regime": D("0.5"), "streak": D(1)},
    )


def an_entry(as_of: datetime = AS_OF, **changes: Any) -> Decision:
    """Return a decision to buy, with its verdict and order."""
    fields: dict[str, Any] = {
        "action": Action.ENTER,
        "signal": a_signal(
            action=Action.ENTER,
            strength=D("0.8"),
            reason=("ema_9 cross_above ema_21", "rsi_14 61.23456789 > 50", "adx_14 31.2 >= 25"),
            stop=D("9500.12"),
            target=D("11000.34"),
        ),
        "verdict": a_verdict(),
        "orders": (a_buy(),),
    }
    return a_hold(as_of, **(fields | changes))


def an_equity_point(as_of: datetime = AS_OF, **changes: Any) -> EquityPoint:
    fields: dict[str, Any] = {
        "owner": OWNER,
        "bot_id": BOT,
        "mode": Mode.PAPER,
        "as_of": as_of,
        "equity": D("10123.45678901"),
        "cash": D("9000.12345678"),
        "holding": D("0.11234567"),
        "mark": D("10000.12"),
        "realised": D("100.5"),
        "unrealised": D("-12.25"),
        "fees": D("3.21"),
        "net_capital": D(10_000),
        "peak": D("10200.5"),
        "drawdown": D("0.00755"),
        "max_drawdown": D("0.05"),
        "day_start": D("10100"),
        "trips": 3,
        "wins": 2,
    }
    return EquityPoint(**(fields | changes))
