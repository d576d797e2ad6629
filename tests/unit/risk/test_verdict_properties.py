"""What holds of every verdict, over generated states."""

from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import ROUND_CEILING, Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from nightdesk.core.money import up_at_8
from nightdesk.market.instruments import FeeAsset
from nightdesk.risk.checks import assess, assess_exit
from nightdesk.risk.limits import BOT_BOUNDS, OWNER_BOUNDS, BotLimits, Limit, OwnerLimits
from nightdesk.risk.verdict import Conditions, Costs, Exposure, Outcome, Proposal, Verdict
from tests.builders.risk import AS_OF, risk_rules

D = Decimal

CENT = D("1e-8")
"""Amounts are rounded up at eight places: so much may a figure exceed its limit."""
SIZES_FIRST = {"risk_per_trade", "loss_streak"}
"""What shapes the first size, of which the caps must leave a share."""
TIGHTER_UP = {"reward_to_risk", "cooldown", "stop_min", "reduced_floor", "edge_to_cost"}
"""Limits that are tightened by raising them."""


@dataclass(frozen=True, kw_only=True)
class State:
    proposal: Proposal
    exposure: Exposure
    conditions: Conditions
    bot: BotLimits
    owner: OwnerLimits

    def verdict(self) -> Verdict:
        return assess(self.proposal, self.exposure, self.conditions, self.bot, self.owner, AS_OF)


def fractions(low: str, high: str) -> st.SearchStrategy[D]:
    return st.decimals(D(low), D(high), places=4)


def money(low: int, high: int) -> st.SearchStrategy[D]:
    return st.decimals(low, high, places=10)


def within(low: Limit, high: Limit) -> st.SearchStrategy[Any]:
    if isinstance(low, D):
        return st.decimals(low, high, places=4)  # type: ignore[arg-type]
    if isinstance(low, timedelta):
        return st.timedeltas(low, timedelta(hours=1))
    return st.integers(low, high)  # type: ignore[arg-type]


BOT_LIMITS = st.builds(BotLimits, **{k: within(*v) for k, v in BOT_BOUNDS.items()})
OWNER_LIMITS = st.builds(OwnerLimits, **{k: within(*v) for k, v in OWNER_BOUNDS.items()})
COSTS = st.builds(
    Costs,
    fee=fractions("0", "0.012"),
    entry=fractions("0", "0.01"),
    stop=fractions("0", "0.02"),
    bound=fractions("0.01", "0.05"),
)
CONDITIONS = st.builds(
    Conditions,
    weekly_gate=st.sampled_from(["neutral", "bullish", "unknown"]),
    obey_weekly_gate=st.booleans(),
)


@st.composite
def proposals(draw: st.DrawFn, *, calm: bool) -> Proposal:
    """Draw an entry; when calm, one whose stop is usual and whose lot is small."""
    tick = draw(st.sampled_from([D("0.01"), D("0.0001"), D(1)]))
    entry = tick * draw(st.integers(1_000, 100_000 if calm else 10_000_000))
    distance = draw(fractions("0.01", "0.14") if calm else fractions("0.002", "0.2"))
    stop = (entry * (1 - distance)).quantize(tick, ROUND_CEILING)
    rules = risk_rules(
        tick=tick,
        lot=draw(st.sampled_from([D("0.001"), D("1e-8")] if calm else [D(1), D("1e-8")])),
        min_quantity=D(0),
        min_notional=draw(st.sampled_from([D(0), D(10)])),
        max_quantity=draw(st.none() | st.decimals(1, 1000, places=3)),
        fee_asset=draw(st.sampled_from(list(FeeAsset))),
    )
    target = draw(st.none() | st.just(entry * 2))
    strength = draw(fractions("0.1", "1"))
    return Proposal(
        rules=rules, entry=entry, stop=stop, target=target, strength=strength, costs=draw(COSTS)
    )


@st.composite
def exposures(draw: st.DrawFn, *, calm: bool) -> Exposure:
    """Draw a standing; when calm, one that has lost little and entered seldom."""
    bot = draw(money(1_000 if calm else 0, 500_000))
    user = bot + draw(money(0 if calm else 100, 5_000_000))
    change = fractions("0.9", "1") if calm else fractions("0.85", "1.05")
    entered = st.lists(st.integers(0, 1440), max_size=0 if calm else 4)
    return Exposure(
        user_equity=user,
        user_day_start=user * draw(change),
        bot_equity=bot,
        bot_day_start=bot * draw(change),
        bot_capital=bot * draw(change),
        bot_peak=bot * (2 - draw(change)),
        available=bot * draw(fractions("0.3" if calm else "0", "1")),
        open_positions=draw(st.integers(0, 0 if calm else 8)),
        user_entries_today=draw(st.integers(0, 0 if calm else 60)),
        bot_entries=tuple(AS_OF - timedelta(minutes=m) for m in draw(entered)),
        loss_streak=draw(st.integers(0, 8)),
    )


ANY = st.builds(
    State,
    proposal=proposals(calm=False),
    exposure=exposures(calm=False),
    conditions=CONDITIONS,
    bot=BOT_LIMITS,
    owner=OWNER_LIMITS,
)
SIZED = st.builds(
    State,
    proposal=proposals(calm=True),
    exposure=exposures(calm=True),
    conditions=CONDITIONS,
    bot=BOT_LIMITS.map(lambda bot: replace(bot, drawdown=D("0.3"))),
    owner=OWNER_LIMITS.map(
        lambda own: replace(own, stop_min=D("0.005"), stop_max=D("0.15"), reduced_floor=D("0.01"))
    ),
)
"""Most of these are approved or reduced, so that the properties have a subject."""
STATES = ANY | SIZED


@given(state=STATES, slip=fractions("0", "1"))
def test_an_approved_size_breaks_no_limit_after_the_fill(state: State, slip: D) -> None:
    verdict = state.verdict()
    if not verdict.allowed:
        assert verdict.quantity == 0
        assert verdict.reason is not None
        return
    asked, seen, costs = state.proposal, state.exposure, state.proposal.costs
    price = asked.entry + (verdict.price_bound - asked.entry) * slip  # anywhere up to the bound
    fee = up_at_8(verdict.quantity * price * costs.fee)
    value = verdict.quantity * price
    assert value + fee <= verdict.reserve <= seen.available
    assert value <= state.owner.position * (seen.user_equity - fee) + CENT
    assert value <= state.bot.position * (seen.bot_equity - fee) + CENT
    assert verdict.planned_risk <= state.owner.trade_risk * seen.user_equity + CENT
    assert verdict.planned_risk <= state.bot.risk_per_trade * seen.bot_equity + CENT
    assert verdict.planned_risk > 0
    assert verdict.quantity % asked.rules.lot == 0
    assert verdict.quantity >= state.owner.reduced_floor * verdict.first_quantity
    assert asked.rules.max_quantity is None or verdict.quantity <= asked.rules.max_quantity


@given(state=SIZED)
def test_the_outcome_says_what_became_of_the_first_size(state: State) -> None:
    verdict = state.verdict()
    denials = [c.code for c in verdict.checks if not c.passed and not c.reduces]
    shrinkers = [c.code for c in verdict.checks if not c.passed and c.reduces]
    if verdict.outcome is Outcome.DENIED:
        assert verdict.reason == denials[0]
    elif verdict.outcome is Outcome.REDUCED:
        assert not denials
        assert verdict.reason in shrinkers
        assert verdict.quantity < verdict.first_quantity
    else:
        assert not denials
        assert verdict.reason is None
        assert verdict.quantity == verdict.first_quantity


@given(state=STATES, data=st.data())
def test_tightening_a_limit_never_approves_more(state: State, data: st.DataObject) -> None:
    side = data.draw(st.sampled_from(["bot", "owner"]))
    limits, bounds = getattr(state, side), BOT_BOUNDS if side == "bot" else OWNER_BOUNDS
    name = data.draw(st.sampled_from(sorted(bounds)))
    now, (low, high) = getattr(limits, name), bounds[name]
    tighter = data.draw(within(now, high) if name in TIGHTER_UP else within(low, now))
    before = state.verdict()
    after = replace(state, **{side: replace(limits, **{name: tighter})}).verdict()
    if name in SIZES_FIRST and not before.allowed:
        return  # a smaller first size may leave the caps more than the floor of it
    assert after.quantity <= before.quantity


@given(state=STATES, gain=fractions("0", "3"))
def test_gains_never_trip(state: State, gain: D) -> None:
    seen = state.exposure
    won = replace(
        seen,
        user_day_start=seen.user_equity / (1 + gain),
        bot_day_start=seen.bot_equity / (1 + gain),
        bot_capital=seen.bot_equity / (1 + gain),
        bot_peak=seen.bot_equity,
    )
    verdict = replace(state, exposure=won).verdict()
    tripped = {c.code for c in verdict.checks if not c.passed}
    assert not tripped & {"DAILY_LOSS", "BOT_DRAWDOWN"}


@given(state=SIZED, strength=fractions("0", "1"), losses=st.integers(0, 20))
def test_factors_never_enlarge(state: State, strength: D, losses: int) -> None:
    plain = replace(
        state,
        proposal=replace(state.proposal, strength=D(1)),
        exposure=replace(state.exposure, loss_streak=0),
        conditions=replace(state.conditions, weekly_gate="neutral"),
    )
    shrunk = replace(
        state,
        proposal=replace(state.proposal, strength=strength),
        exposure=replace(state.exposure, loss_streak=losses),
    )
    assert shrunk.verdict().first_quantity <= plain.verdict().first_quantity


@given(state=STATES)
def test_a_verdict_is_a_function_of_its_arguments(state: State) -> None:
    assert state.verdict() == state.verdict()


@given(held=st.decimals("1e-18", "1e30", allow_nan=False))
def test_what_is_held_and_not_leaving_may_always_leave(held: D) -> None:
    assert assess_exit(held=held, exit_pending=False) is None
