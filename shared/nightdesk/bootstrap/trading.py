"""The steps of the cycle."""

from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING

from nightdesk import settings
from nightdesk.bootstrap.parts import (
    candles,
    clock,
    desk,
    due,
    leave_market,
    look,
    quotes,
    rules,
    started,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from nightdesk.core.ids import InstrumentId
    from nightdesk.market.candles import Candles
    from nightdesk.market.timeframe import Timeframe
    from nightdesk.trading.assumptions import Assumptions
    from nightdesk.trading.plan import PlanCycle
    from nightdesk.trading.ports import Exchange
    from nightdesk.trading.settle import Settle
    from nightdesk.trading.trade_bots import TradeBots
    from nightdesk.trading.watch import Watch


@cache
def plan_cycle() -> "PlanCycle":
    """Wire PlanCycle."""
    from nightdesk.adapters.dynamo.cycles import DynamoCycles
    from nightdesk.trading.plan import PlanCycle

    started(settings.PlanSettings)
    return PlanCycle(bots=due(), cycles=DynamoCycles(clock=clock()))


@cache
def trade_bots() -> "TradeBots":
    """Wire TradeBots."""
    from nightdesk.adapters.dynamo.decisions import DynamoDecisions
    from nightdesk.adapters.dynamo.equity import DynamoEquity
    from nightdesk.adapters.dynamo.gates import DynamoGates
    from nightdesk.adapters.dynamo.leases import DynamoLeases
    from nightdesk.adapters.dynamo.pool import DynamoPool
    from nightdesk.trading.costs import expected_costs
    from nightdesk.trading.trade_bots import TradeBots

    kind = settings.TradeBotsSettings
    started(kind)
    return TradeBots(
        desk=desk(),
        leases=DynamoLeases(clock=clock()),
        bots=due(),
        decisions=DynamoDecisions(clock=clock()),
        equity=DynamoEquity(),
        gates=DynamoGates(),
        pools=DynamoPool(),
        rules=rules(),
        look=look(),
        quotes=quotes(kind),
        costs=lambda rules, at: expected_costs(rules, at, paper_assumptions()),
        exchange=simulated(kind),
    )


@cache
def watch() -> "Watch":
    """Wire Watch."""
    from nightdesk.trading.watch import Watch

    kind = settings.WatchSettings
    started(kind)
    return Watch(desk=desk(), bots=due(), quotes=quotes(kind))


@cache
def settle() -> "Settle":
    """Wire Settle."""
    from nightdesk.adapters.dynamo.equity import DynamoEquity
    from nightdesk.trading.settle import Settle

    started(settings.SettleSettings)
    return Settle(
        desk=desk(),
        bots=due(),
        equity=DynamoEquity(),
        candles=candles(),
        rules=rules(),
        leave=leave_market(),
    )


@cache
def simulated(kind: "type[settings.VenueSettings]") -> "Callable[[Timeframe], Exchange]":
    """Return the simulated exchange over stored candles, by timeframe."""
    from nightdesk.trading.simulated import SimulatedExchange

    stored = candles()

    @cache
    def exchange(timeframe: "Timeframe") -> "Exchange":
        def history(
            instrument_id: "InstrumentId", since: "datetime", until: "datetime"
        ) -> "Candles":
            # open times before this moment belong to candles closed by `until`
            before = until - timeframe.length + timedelta(milliseconds=1)
            return stored.between(instrument_id, timeframe, since, before)

        return SimulatedExchange(
            quotes=quotes(kind), history=history, assumptions=paper_assumptions()
        )

    return exchange


@cache
def paper_assumptions() -> "Assumptions":
    """Return what is assumed of every exchange that paper trading simulates."""
    from nightdesk.trading.assumptions import Assumptions

    return Assumptions(seed="paper")
