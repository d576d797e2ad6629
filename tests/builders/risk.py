"""What risk is asked, valid and approvable: a test changes only what it is about."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from nightdesk.core.ids import InstrumentId
from nightdesk.market.instruments import Instrument, Rules, TradingStatus
from nightdesk.risk.checks import assess
from nightdesk.risk.limits import BotLimits, OwnerLimits
from nightdesk.risk.verdict import Conditions, Costs, Exposure, Proposal, Verdict

D = Decimal
AS_OF = datetime(2019, 6, 5, 12, tzinfo=UTC)


def risk_rules(**changes: Any) -> Rules:
    """Return rules of a market with cents, thousandths and a minimum of 10 in money."""
    rules = Rules(
        instrument=Instrument(id=InstrumentId("BTC/USD@bitstamp"), symbol="btcusd"),
        version="1",
        status=TradingStatus.TRADING,
        tick=D("0.01"),
        lot=D("0.001"),
        min_quantity=D("0.001"),
        min_notional=D("10"),
        observed_at=AS_OF - timedelta(hours=1),
        source="test",
    )
    return replace(rules, **changes)


def some_costs(**changes: Any) -> Costs:
    costs = Costs(fee=D("0.001"), entry=D("0.002"), stop=D("0.003"), bound=D("0.01"))
    return replace(costs, **changes)


def a_proposal(**changes: Any) -> Proposal:
    """Return an entry at 100 with a stop at 95."""
    proposal = Proposal(rules=risk_rules(), entry=D("100"), stop=D("95"), costs=some_costs())
    return replace(proposal, **changes)


def an_exposure(**changes: Any) -> Exposure:
    """Return a flat bot of 10,000 whose owner has 100,000."""
    exposure = Exposure(
        user_equity=D("100000"),
        user_day_start=D("100000"),
        bot_equity=D("10000"),
        bot_day_start=D("10000"),
        bot_capital=D("10000"),
        bot_peak=D("10000"),
        available=D("10000"),
        open_positions=0,
        user_entries_today=0,
    )
    return replace(exposure, **changes)


def calm(**changes: Any) -> Conditions:
    """Return conditions in which nothing speaks against an entry."""
    return replace(Conditions(regime="ranging", weekly_gate="neutral"), **changes)


def a_verdict(
    *,
    proposal: Mapping[str, Any] | None = None,
    exposure: Mapping[str, Any] | None = None,
    conditions: Mapping[str, Any] | None = None,
    bot: BotLimits | None = None,
    owner: OwnerLimits | None = None,
) -> Verdict:
    """Assess the usual entry with these changes."""
    return assess(
        a_proposal(**(proposal or {})),
        an_exposure(**(exposure or {})),
        calm(**(conditions or {})),
        bot or BotLimits(),
        owner or OwnerLimits(),
        AS_OF,
    )
