"""The one core that decides: live, paper and backtest differ only in clock and venue."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from nightdesk.analysis.snapshot import Snapshot
from nightdesk.core.ids import DecisionId
from nightdesk.core.money import ZERO, approximate, as_written, ceil_to, exact
from nightdesk.risk.checks import assess, assess_exit
from nightdesk.risk.sizing import final_stop
from nightdesk.risk.verdict import Outcome, Proposal, Verdict
from nightdesk.strategies.evaluation import evaluate
from nightdesk.strategies.signal import Action, Holding, Signal
from nightdesk.trading.book import sellable
from nightdesk.trading.decision import Decision, SignalRecord
from nightdesk.trading.identity import client_order_id, decision_id
from nightdesk.trading.mandate import Mandate, Portfolio
from nightdesk.trading.order import Leg, Order, OrderType, Side
from nightdesk.trading.position import EntryPlan, Position, Protection, Trail

SIGNAL_EXIT = "signal"
HALTED = "STATE_HALTED"
"""The desk doubts its own numbers: no strategy trades, what protects goes on (trading §4)."""


def signal_of(snapshot: Snapshot, mandate: Mandate, held: Position | None) -> Signal:
    """Return what the bot's strategy says; asked twice, it is computed once per snapshot."""
    return evaluate(
        mandate.definition,
        mandate.parameters,
        snapshot,
        strategy=mandate.strategy,
        holding=None if held is None else _holding(held, mandate),
    )


def decide(snapshot: Snapshot, mandate: Mandate, portfolio: Portfolio, as_of: datetime) -> Decision:
    """Return what the bot does at `as_of`. Pure: the same arguments give the same bytes.

    Raises ValueError when an entry is wanted and `portfolio.exposure` is None.
    """
    held = portfolio.book.position
    signal = signal_of(snapshot, mandate, held)
    kind = decision_id(
        mandate.bot_id, mandate.instrument_id, as_of, mandate.definition_hash, signal.action
    )
    nothing = Decision(
        decision_id=kind,
        owner=mandate.owner,
        bot_id=mandate.bot_id,
        instrument_id=mandate.instrument_id,
        timeframe=mandate.timeframe,
        mode=mandate.mode,
        as_of=as_of,
        candle=snapshot.candle,
        snapshot_hash=snapshot.hash,
        strategy=mandate.strategy,
        definition_hash=mandate.definition_hash,
        regime=snapshot.regime,
        action=Action.HOLD,
        code=None,
        signal=_record(signal, portfolio),
        reference=portfolio.reference,
        gate=portfolio.conditions.gate,
    )
    if signal.action is Action.EXIT and held is not None:
        if portfolio.conditions.bot == HALTED:
            return replace(nothing, code=HALTED)  # the one state that may deny an exit (§4)
        refused = assess_exit(held=sellable(held.quantity, portfolio.rules), exit_pending=False)
        if refused is not None:
            return replace(nothing, code=refused.code)
        return replace(
            nothing,
            action=Action.EXIT,
            code=SIGNAL_EXIT,
            orders=(_exit(kind, mandate, portfolio, held, as_of),),
        )
    if signal.action is Action.ENTER and held is None:
        return _entry(nothing, signal, snapshot, mandate, portfolio)
    return nothing


def _entry(
    nothing: Decision,
    signal: Signal,
    snapshot: Snapshot,
    mandate: Mandate,
    portfolio: Portfolio,
) -> Decision:
    if portfolio.exposure is None:
        raise ValueError("an entry needs the owner's exposure")
    proposal = _proposal(signal, snapshot, portfolio)
    verdict = assess(
        proposal,
        portfolio.exposure,
        portfolio.conditions,
        mandate.limits,
        mandate.owner_limits,
        nothing.as_of,
    )
    quantity = verdict.first_quantity if verdict.outcome is Outcome.DENIED else verdict.quantity
    orders: tuple[Order, ...] = ()
    if proposal.stop is not None and quantity > ZERO:
        plan = _plan(
            signal,
            proposal,
            proposal.stop,
            verdict=verdict,
            mandate=mandate,
            as_of=nothing.as_of,
        )
        orders = (
            _buy(nothing, proposal, portfolio, quantity=quantity, plan=plan, verdict=verdict),
        )
    return replace(
        nothing, action=Action.ENTER, code=verdict.reason, verdict=verdict, orders=orders
    )


def _proposal(signal: Signal, snapshot: Snapshot, portfolio: Portfolio) -> Proposal:
    """Cross from the indicators' floats to tick-sized prices, and settle the final stop."""
    rules, entry = portfolio.rules, portfolio.reference
    stop = target = None
    if signal.stop is not None:
        base = exact(signal.stop, rules.tick)
        stop = final_stop(entry, base, snapshot.regime, rules)
        if signal.target is not None:
            price = signal.target.price_for(approximate(entry), approximate(stop))
            # a float's noise above a tick must not lift the target by one
            target = None if price is None else ceil_to(exact(price, rules.tick / 1000), rules.tick)
    return Proposal(
        rules=rules,
        entry=entry,
        stop=stop,
        target=target,
        strength=as_written(signal.strength),
        atr=None if signal.atr is None else exact(signal.atr, rules.tick),
        costs=portfolio.costs,
    )


def _plan(
    signal: Signal,
    proposal: Proposal,
    stop: Decimal,
    *,
    verdict: Verdict,
    mandate: Mandate,
    as_of: datetime,
) -> EntryPlan:
    risk = proposal.entry - stop
    trailing = mandate.definition.trailing
    trail = None
    if trailing is not None and signal.trailing is not None:
        gain = ZERO
        if signal.trailing.activate_r is not None:
            gain = risk * as_written(signal.trailing.activate_r)
        elif signal.trailing.activate_gain is not None:
            gain = proposal.entry * as_written(signal.trailing.activate_gain)
        trail = Trail(
            activate_at=proposal.entry + gain,
            atr_mult=None if trailing.atr is None else trailing.atr.mult,
            atr_period=14 if trailing.atr is None else trailing.atr.n,
            fraction=trailing.pct,
        )
    breakeven = signal.breakeven
    protection = Protection(
        stop=stop,
        target=proposal.target,
        trail=trail,
        breakeven_at=None
        if breakeven is None
        else ceil_to(proposal.entry + risk * as_written(breakeven.at_r), proposal.rules.tick),
        breakeven_offset=ZERO if breakeven is None else as_written(breakeven.offset),
        expires_at=_expiry(mandate, as_of),
    )
    # a denied entry is never placed: its plan only completes the refused order
    planned = verdict.planned_risk or risk
    return EntryPlan(protection=protection, planned_risk=planned, strategy=mandate.strategy)


def _expiry(mandate: Mandate, as_of: datetime) -> datetime | None:
    limit = mandate.definition.time_stop
    if limit is None:
        return None
    if limit.bars is not None:
        return as_of + limit.bars * mandate.timeframe.length
    return as_of + timedelta(hours=limit.hours or 0)


def _buy(
    decision: Decision,
    proposal: Proposal,
    portfolio: Portfolio,
    *,
    quantity: Decimal,
    plan: EntryPlan,
    verdict: Verdict,
) -> Order:
    return Order(
        owner=decision.owner,
        bot_id=decision.bot_id,
        client_order_id=client_order_id(
            decision.owner, decision.bot_id, decision.decision_id, Leg.ENTRY
        ),
        decision_id=decision.decision_id,
        leg=Leg.ENTRY,
        instrument_id=decision.instrument_id,
        mode=decision.mode,
        side=Side.BUY,
        type=OrderType.MARKET,
        quantity=quantity,
        reference=proposal.entry,
        reserved=verdict.reserve,
        rules_version=portfolio.rules.version,
        plan=plan,
        created_at=decision.as_of,
        updated_at=decision.as_of,
    )


def _exit(
    decision: DecisionId, mandate: Mandate, portfolio: Portfolio, held: Position, as_of: datetime
) -> Order:
    return Order(
        owner=mandate.owner,
        bot_id=mandate.bot_id,
        client_order_id=client_order_id(mandate.owner, mandate.bot_id, decision, Leg.EXIT),
        decision_id=decision,
        leg=Leg.EXIT,
        instrument_id=mandate.instrument_id,
        mode=mandate.mode,
        side=Side.SELL,
        type=OrderType.MARKET,
        quantity=sellable(held.quantity, portfolio.rules),
        reference=portfolio.reference,
        rules_version=portfolio.rules.version,
        reason=SIGNAL_EXIT,
        created_at=as_of,
        updated_at=as_of,
    )


def _holding(held: Position, mandate: Mandate) -> Holding:
    """Cross to floats: rules may ask for R and bars since the entry."""
    return Holding(
        price=approximate(held.avg_price),
        risk=approximate(held.planned_risk / held.bought),
        since=mandate.timeframe.floor(held.opened_at),
    )


def _record(signal: Signal, portfolio: Portfolio) -> SignalRecord:
    tick = portfolio.rules.tick
    return SignalRecord(
        action=signal.action,
        strength=as_written(signal.strength),
        reason=signal.reasons(),
        stop=None if signal.stop is None else exact(signal.stop, tick),
        target=None
        if signal.target is None or signal.target.price is None
        else exact(signal.target.price, tick),
    )
