"""Trades as detectors see them, and findings: a test changes only what it is about."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from nightdesk.core.clock import millis
from nightdesk.core.ids import InstrumentId, TradeId, UserId
from nightdesk.journal.behaviour.bars import Bars
from nightdesk.journal.behaviour.seen import SeenTrade
from nightdesk.journal.finding import (
    Chance,
    DetectorId,
    Finding,
    Scope,
    Severity,
    finding_id,
)
from nightdesk.journal.trade import Outcome
from nightdesk.market.candles import Candles
from nightdesk.market.timeframe import Timeframe

AT = datetime(2025, 3, 3, 10, tzinfo=UTC)
OWNER = UserId("usr_1")
BTC = InstrumentId("BTC/USDT@binance")


def a_seen(name: str = "t1", minute: float = 0, net: float = 10.0, **changes: Any) -> SeenTrade:
    """Return a closed long of half an hour, entered so many minutes after ten, unplanned."""
    opened = AT + timedelta(minutes=minute)
    trade = SeenTrade(
        id=TradeId(name),
        instrument=BTC,
        opened_at=opened,
        closed_at=opened + timedelta(minutes=30),
        outcome=Outcome.WIN if net > 0 else Outcome.LOSS if net < 0 else Outcome.BREAKEVEN,
        net=net,
        gross=net,
        costs=0.0,
        size=1_000.0,
        planned=False,
        gross_quote=net,
    )
    return replace(trade, **changes)


def bars_of(
    close: Sequence[float] | npt.NDArray[np.float64],
    *,
    spread: float = 1.0,
    begin: datetime = AT,
    timeframe: Timeframe = Timeframe.M15,
) -> Bars:
    """Return bars that closed so, each reaching `spread` beyond its open and close."""
    closes = np.asarray(close, dtype=np.float64)
    opens = np.concatenate((closes[:1], closes[:-1]))
    return Bars(
        Candles(
            instrument_id=BTC,
            timeframe=timeframe,
            open_time=millis(begin) + timeframe.ms * np.arange(closes.size, dtype=np.int64),
            open=opens,
            high=np.maximum(opens, closes) + spread,
            low=np.minimum(opens, closes) - spread,
            close=closes.copy(),
            volume=np.ones(closes.size),
        )
    )


def a_finding(**changes: Any) -> Finding:
    """Return what REVENGE said of a trade."""
    fields: dict[str, Any] = {
        "owner": OWNER,
        "detector": DetectorId.REVENGE,
        "detector_version": 1,
        "scope": Scope.TRADE,
        "severity": Severity.MEDIUM,
        "at": AT,
        "text": "Entered 75 s after a loss.",
        "trades": (TradeId("jt_2"), TradeId("jt_1")),
        "thresholds": {"window_minutes": 15.0, "size_factor": 1.25},
        "measured": {"window_minutes": 1.25, "size_factor": 0.1 + 0.2},
        "figures": {"factors": ["size", "no_plan"], "equity": None, "thin": True},
        "found_at": AT + timedelta(hours=1),
    } | changes
    one: DetectorId = fields["detector"]
    named = finding_id(fields["owner"], one, 1, fields["at"], *fields["trades"])
    return Finding(**{"id": named} | fields)


def a_claim(**changes: Any) -> Finding:
    """Return what EARLY_EXIT claimed of a window."""
    fields: dict[str, Any] = {
        "detector": DetectorId.EARLY_EXIT,
        "scope": Scope.WINDOW,
        "severity": Severity.LOW,
        "thresholds": {},
        "measured": {},
        "chance": Chance(x=14, n=24, base=0.39, p=0.043, seed=7),
    }
    return a_finding(**fields | changes)
