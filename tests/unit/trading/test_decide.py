"""`decide`: pure, and each action with all that explains it."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from nightdesk.analysis.labels import Regime
from nightdesk.analysis.snapshot import Snapshot, take_snapshot
from nightdesk.market.timeframe import Timeframe
from nightdesk.risk.limits import BotLimits, OwnerLimits
from nightdesk.risk.verdict import Outcome
from nightdesk.strategies.signal import Action
from nightdesk.trading.cycle import decide
from nightdesk.trading.decision import Decision
from nightdesk.trading.mandate import Mandate, Portfolio
from nightdesk.trading.order import Leg, Mode, Order, OrderStatus, OrderType, Side
from tests.builders.risk import an_exposure, calm, some_costs
from tests.builders.strategies import a_definition
from tests.builders.trading import (
    AS_OF,
    BOT,
    BTC,
    OWNER,
    a_funded_book,
    a_holding_book,
    some_candles,
    trading_rules,
)
from tests.fakes.faults import canonical

D = Decimal
BARS = 30
CLOSED = AS_OF + BARS * timedelta(hours=1)
PROTECTED: dict[str, Any] = {
    "inputs": None,
    "constraints": None,
    "features": None,
    "entry": {"gt": ["close", 10_100]},
    "exit": {"lt": ["close", 9_900]},
    "stop": {"pct": 0.03},
    "target": {"r": 2},
    "trailing": {"pct": 0.02, "activate": {"r": 1}},
    "breakeven": {"at_r": 1, "offset": "0.001"},
    "time_stop": {"bars": 10},
}


def a_snapshot(close: float, **changes: Any) -> Snapshot:
    """Return a calm market whose last candle closes at `close`."""
    bars = [(10_000.0, 10_050.0, 9_950.0, 10_000.0, 100.0)] * (BARS - 1)
    last = (10_000.0, max(close, 10_000.0), min(close, 10_000.0), close, 100.0)
    candles = some_candles([*bars, last])
    taken = take_snapshot({Timeframe.H1: candles}, as_of=CLOSED)
    return replace(taken, **changes)


def a_mandate(**changes: Any) -> Mandate:
    definition = a_definition(**(PROTECTED | changes))
    return Mandate(
        owner=OWNER,
        bot_id=BOT,
        bot_name="bot",
        instrument_id=BTC,
        timeframe=Timeframe.H1,
        strategy="s1@1",
        definition=definition,
        definition_hash=definition.hash,
        parameters={},
        limits=BotLimits(),
        owner_limits=OwnerLimits(),
        mode=Mode.PAPER,
    )


def a_portfolio(**changes: Any) -> Portfolio:
    portfolio = Portfolio(
        book=a_funded_book(),
        rules=trading_rules(),
        costs=some_costs(),
        reference=D(10_200),
        conditions=calm(),
        exposure=an_exposure(),
    )
    return replace(portfolio, **changes)


def decided(close: float = 10_200.0, **changes: Any) -> Decision:
    portfolio = a_portfolio(reference=D(repr(close)), **changes)
    return decide(a_snapshot(close), a_mandate(), portfolio, CLOSED)


def the_order(decision: Decision) -> Order:
    (order,) = decision.orders
    return order


def test_decide_is_pure_and_the_same_arguments_give_the_same_bytes() -> None:
    first = decide(a_snapshot(10_200), a_mandate(), a_portfolio(), CLOSED)
    again = decide(a_snapshot(10_200), a_mandate(), a_portfolio(), CLOSED)
    assert first == again
    assert canonical(first) == canonical(again)
    assert first.snapshot_hash == a_snapshot(10_200).hash


def test_enter_asks_for_one_market_buy_with_its_cash_and_plan() -> None:
    decision = decided()
    assert (decision.action, decision.denied) == (Action.ENTER, False)
    assert decision.verdict is not None
    order = the_order(decision)
    assert (order.leg, order.side, order.type) == (Leg.ENTRY, Side.BUY, OrderType.MARKET)
    assert (order.quantity, order.reserved) == (decision.verdict.quantity, decision.verdict.reserve)
    assert (order.status, order.sent_at, order.version) == (OrderStatus.INITIALIZED, None, 0)
    assert order.decision_id == decision.decision_id
    assert len(decision.signal.reason) == 1
    assert "10200" in decision.signal.reason[0]


def test_the_plan_of_an_entry_stands_on_the_tick_grid() -> None:
    plan = the_order(decided()).plan
    assert plan is not None
    assert plan.protection.stop == D("9894.00"), "3 % below 10,200"
    assert plan.protection.target == D("10812.00"), "two risks of 306 above"
    trail = plan.protection.trail
    assert trail is not None
    assert (trail.activate_at, trail.fraction, trail.atr_mult) == (D(10_506), D("0.02"), None)
    assert plan.protection.breakeven_at == D(10_506)
    assert plan.protection.breakeven_offset == D("0.001")
    assert plan.protection.expires_at == CLOSED + timedelta(hours=10)
    assert plan.strategy == "s1@1"


@pytest.mark.parametrize(
    ("regime", "stop"),
    [
        (Regime.UNKNOWN, "9894.00"),
        (Regime.TRENDING_UP, "9832.80"),
        (Regime.RANGING, "9955.20"),
        (Regime.VOLATILE, "9741.00"),
    ],
)
def test_the_regime_moves_the_stop_before_sizing(regime: Regime, stop: str) -> None:
    snapshot = a_snapshot(10_200, regime=regime)
    order = the_order(decide(snapshot, a_mandate(), a_portfolio(), CLOSED))
    assert order.plan is not None
    assert order.plan.protection.stop == D(stop)
    assert order.plan.protection.target == D(10_200) + 2 * (D(10_200) - D(stop))


def test_a_stop_between_two_ticks_ceils() -> None:
    portfolio = a_portfolio(rules=trading_rules(tick=D("0.5")))
    snapshot = a_snapshot(10_200, regime=Regime.TRENDING_UP)
    order = the_order(decide(snapshot, a_mandate(), portfolio, CLOSED))
    assert order.plan is not None
    assert order.plan.protection.stop == D("9833.0"), "9,832.80 lies below"


def test_the_money_at_the_stop_is_what_was_sized() -> None:
    """1 % of 10,000 at most, both legs' costs included."""
    order = the_order(decided())
    assert order.plan is not None
    costs = some_costs()
    paid = D(10_200) * (1 + costs.entry) * (1 + costs.fee)
    got = order.plan.protection.stop * (1 - costs.stop) * (1 - costs.fee)
    loss = order.quantity * (paid - got)
    assert loss <= D(100)
    assert abs(order.plan.planned_risk - loss) < D("0.01")


def test_a_denial_keeps_every_check_and_the_refused_order() -> None:
    decision = decided(conditions=calm(gate="EMERGENCY_STOP", findings=("DATA_GAP",)))
    assert decision.denied
    assert decision.code == "EMERGENCY_STOP"
    verdict, allowed = decision.verdict, decided().verdict
    assert verdict is not None
    assert allowed is not None
    failed = [check.code for check in verdict.checks if not check.passed]
    assert failed[:2] == ["EMERGENCY_STOP", "DATA_GAP"]
    assert {check.number for check in verdict.checks} == {check.number for check in allowed.checks}
    order = the_order(decision)
    assert order.quantity == verdict.first_quantity
    assert verdict.quantity == 0


def test_a_denial_without_a_stop_asks_for_no_order() -> None:
    unknown = {"features": {"wide": {"fn": "SMA", "args": {"n": 400}}}, "stop": {"feature": "wide"}}
    mandate = a_mandate(**unknown)
    decision = decide(a_snapshot(10_200), mandate, a_portfolio(), CLOSED)
    assert (decision.action, decision.denied, decision.code) == (Action.ENTER, True, "NO_STOP")
    assert decision.orders == ()


def test_a_reduced_entry_buys_less_and_says_why() -> None:
    decision = decided(exposure=an_exposure(available=D(2_000)))
    assert decision.verdict is not None
    assert decision.verdict.outcome is Outcome.REDUCED
    assert decision.code == decision.verdict.reason is not None
    assert the_order(decision).reserved <= D(2_000)


def test_an_entry_without_the_owners_exposure_is_a_programming_error() -> None:
    with pytest.raises(ValueError, match="exposure"):
        decided(exposure=None)


def test_exit_and_hold_need_no_exposure() -> None:
    assert decided(9_800.0, book=a_holding_book(), exposure=None).action is Action.EXIT
    assert decided(10_000.0, exposure=None).action is Action.HOLD


def test_exit_sells_all_that_the_lot_lets_one_sell() -> None:
    rules = trading_rules(lot=D("0.03"))
    decision = decided(9_800.0, book=a_holding_book(), rules=rules)
    order = the_order(decision)
    assert (decision.action, decision.code, decision.verdict) == (Action.EXIT, "signal", None)
    assert (order.leg, order.side, order.quantity) == (Leg.EXIT, Side.SELL, D("0.09"))
    assert (order.reason, order.reserved, order.plan) == ("signal", D(0), None)


def test_exit_of_less_than_a_lot_holds_and_says_why() -> None:
    rules = trading_rules(lot=D("0.2"))
    decision = decided(9_800.0, book=a_holding_book(), rules=rules)
    assert (decision.action, decision.code) == (Action.HOLD, "NOTHING_TO_SELL")
    assert decision.signal.action is Action.EXIT
    assert decision.orders == ()


@pytest.mark.parametrize(
    "conditions",
    [
        calm(gate="EMERGENCY_STOP"),
        calm(bot="STATE_REDUCING"),
        calm(findings=("DATA_GAP", "PRICE_REFUSED", "RULES_STALE")),
        calm(weekly_gate="bearish"),
    ],
)
def test_nothing_that_denies_an_entry_denies_an_exit(conditions: Any) -> None:
    decision = decided(9_800.0, book=a_holding_book(), conditions=conditions)
    assert decision.action is Action.EXIT
    assert len(decision.orders) == 1


def test_hold_while_holding_although_the_entry_is_true_again() -> None:
    portfolio, mandate = a_portfolio(book=a_holding_book()), a_mandate(time_stop=None)
    decision = decide(a_snapshot(10_200), mandate, portfolio, CLOSED)
    assert (decision.action, decision.code, decision.orders) == (Action.HOLD, None, ())
    assert decision.verdict is None


def test_an_exit_while_flat_is_hold() -> None:
    assert decided(9_800.0).action is Action.HOLD


def test_the_ids_of_two_moments_or_two_actions_differ() -> None:
    enter, leave = decided(), decided(9_800.0, book=a_holding_book())
    later = decide(a_snapshot(10_200), a_mandate(), a_portfolio(), CLOSED + timedelta(minutes=1))
    ids = {one.decision_id for one in (enter, leave, later)}
    orders = {order.client_order_id for one in (enter, leave, later) for order in one.orders}
    assert len(ids) == len(orders) == 3
