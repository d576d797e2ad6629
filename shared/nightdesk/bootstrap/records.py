"""What traders read of their orders, fills, positions, ledger and decisions."""

from functools import cache
from typing import TYPE_CHECKING

from nightdesk import settings
from nightdesk.bootstrap.parts import bots_of, clock, desk, prove_account, rules, started

if TYPE_CHECKING:
    from nightdesk.trading.explaining import ExplainDecision
    from nightdesk.trading.holding import ListPositions, ReadPosition
    from nightdesk.trading.proving import VerifyLedger
    from nightdesk.trading.reading import (
        ListDecisions,
        ListFills,
        ListOrders,
        ListPostings,
        ReadOrder,
    )
    from nightdesk.trading.standing import ReadPortfolio


@cache
def list_orders() -> "ListOrders":
    """Wire ListOrders."""
    from nightdesk.trading.reading import ListOrders

    started(settings.ApiSettings)
    return ListOrders(desk())


@cache
def read_order() -> "ReadOrder":
    """Wire ReadOrder."""
    from nightdesk.trading.reading import ReadOrder

    started(settings.ApiSettings)
    return ReadOrder(desk(), bots_of)


@cache
def list_fills() -> "ListFills":
    """Wire ListFills."""
    from nightdesk.trading.reading import ListFills

    started(settings.ApiSettings)
    return ListFills(desk())


@cache
def list_positions() -> "ListPositions":
    """Wire ListPositions."""
    from nightdesk.adapters.dynamo.equity import DynamoEquity
    from nightdesk.trading.holding import ListPositions

    started(settings.ApiSettings)
    return ListPositions(desk(), DynamoEquity())


@cache
def read_position() -> "ReadPosition":
    """Wire ReadPosition."""
    from nightdesk.adapters.dynamo.equity import DynamoEquity
    from nightdesk.trading.holding import ReadPosition

    started(settings.ApiSettings)
    return ReadPosition(desk(), DynamoEquity())


@cache
def read_portfolio() -> "ReadPortfolio":
    """Wire ReadPortfolio."""
    from nightdesk.adapters.dynamo.equity import DynamoEquity
    from nightdesk.adapters.dynamo.pool import DynamoPool
    from nightdesk.trading.standing import ReadPortfolio

    started(settings.ApiSettings)
    return ReadPortfolio(desk(), DynamoEquity(), DynamoPool())


@cache
def list_postings() -> "ListPostings":
    """Wire ListPostings."""
    from nightdesk.trading.reading import ListPostings

    started(settings.ApiSettings)
    return ListPostings(desk(), bots_of)


@cache
def verify_ledger() -> "VerifyLedger":
    """Wire VerifyLedger."""
    from nightdesk.trading.proving import VerifyLedger

    started(settings.ApiSettings)
    return VerifyLedger(desk(), prove_account())


@cache
def list_decisions() -> "ListDecisions":
    """Wire ListDecisions."""
    from nightdesk.adapters.dynamo.decisions import DynamoDecisions
    from nightdesk.trading.reading import ListDecisions

    started(settings.ApiSettings)
    return ListDecisions(DynamoDecisions(clock=clock()), desk(), bots_of)


@cache
def explain_decision() -> "ExplainDecision":
    """Wire ExplainDecision."""
    from nightdesk.adapters.dynamo.decisions import DynamoDecisions
    from nightdesk.adapters.dynamo.snapshots import DynamoSnapshots
    from nightdesk.trading.explaining import ExplainDecision

    started(settings.ApiSettings)
    return ExplainDecision(
        decisions=DynamoDecisions(clock=clock()),
        desk=desk(),
        snapshots=DynamoSnapshots(clock()),
        rules=rules(),
    )
