"""Hypothesis strategies for all that trading stores: any valid value, not only likely ones."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from hypothesis import strategies as st

from nightdesk.market.timeframe import Timeframe
from nightdesk.risk.verdict import Check, Outcome, Verdict
from nightdesk.strategies.signal import Action
from nightdesk.trading.book import Book, Tally
from nightdesk.trading.decision import Decision, SignalRecord
from nightdesk.trading.ledger import Account, Balances, Line, Posting
from nightdesk.trading.mandate import EquityPoint
from nightdesk.trading.order import (
    Fill,
    HeldBy,
    Leg,
    Liquidity,
    Mode,
    Order,
    OrderStatus,
    OrderType,
    Side,
    TimeInForce,
)
from nightdesk.trading.position import EntryPlan, Position, Protection, Trail
from tests.builders.trading import BOT, BTC, OWNER

D = Decimal
T = TypeVar("T")
START = datetime(2009, 1, 3, tzinfo=UTC)

amounts = st.decimals(D("1e-12"), D("1e15"), places=12)
not_negative = st.one_of(st.just(D(0)), amounts)
any_amount = st.one_of(not_negative, amounts.map(lambda value: -value))
moments = st.integers(0, 2**41).map(lambda ms: START + timedelta(milliseconds=ms))
words = st.text(
    st.characters(min_codepoint=32, max_codepoint=0x2FFF, exclude_categories=["Cs"]), max_size=30
)
ids: st.SearchStrategy[Any] = st.text(
    "abcdefghijklmnopqrstuvwxyz0123456789-_.:", min_size=1, max_size=40
)
modes = st.sampled_from(Mode)


def maybe(values: st.SearchStrategy[T]) -> st.SearchStrategy[T | None]:
    return st.none() | values


def many(values: st.SearchStrategy[T], most: int = 4) -> st.SearchStrategy[tuple[T, ...]]:
    return st.lists(values, max_size=most).map(tuple)


trails = st.builds(Trail, activate_at=amounts, atr_mult=amounts) | st.builds(
    Trail, activate_at=amounts, fraction=amounts
)
protections = st.builds(
    Protection,
    version=st.integers(1, 99),
    stop=st.decimals(D("0.01"), D(100), places=8),
    target=maybe(st.decimals(D(101), D(10**6), places=8)),
    trail=maybe(trails),
    breakeven_at=maybe(amounts),
    breakeven_offset=st.sampled_from([D(0), D("0.002")]),
    expires_at=maybe(moments),
)
plans = st.builds(EntryPlan, protection=protections, planned_risk=amounts, strategy=ids)


FILLED_SHARES = {
    OrderStatus.FILLED: D(1),
    OrderStatus.PARTIALLY_FILLED: D("0.5"),
    OrderStatus.CANCELED: D("0.25"),
}


@st.composite
def orders(draw: st.DrawFn) -> Order:
    side, kind = draw(st.sampled_from(Side)), draw(st.sampled_from(OrderType))
    triggered = kind in {OrderType.STOP, OrderType.TAKE_PROFIT}
    status, quantity = draw(st.sampled_from(OrderStatus)), draw(amounts)
    return Order(
        owner=OWNER,
        bot_id=BOT,
        client_order_id=draw(ids),
        decision_id=draw(ids),
        leg=draw(st.sampled_from(Leg)),
        n=draw(st.integers(0, 9)),
        instrument_id=BTC,
        mode=draw(modes),
        side=side,
        type=kind,
        quantity=quantity,
        price=draw(amounts) if kind is OrderType.LIMIT else None,
        trigger=draw(amounts) if triggered else None,
        reference=draw(amounts),
        reserved=draw(not_negative),
        time_in_force=draw(st.sampled_from(TimeInForce)),
        held_by=draw(st.sampled_from(HeldBy)),
        rules_version=draw(ids),
        plan=draw(plans) if side is Side.BUY else None,
        status=status,
        filled=FILLED_SHARES.get(status, D(0)) * quantity,
        notional=draw(not_negative),
        reason=draw(maybe(words)),
        venue_order_id=draw(maybe(ids)),
        created_at=draw(moments),
        sent_at=draw(maybe(moments)),
        updated_at=draw(moments),
        look_ups=draw(st.integers(0, 5)),
        version=draw(st.integers(0, 10**6)),
        tags=draw(many(ids)),
    )


fills = st.builds(
    Fill,
    fill_id=ids,
    client_order_id=ids,
    owner=st.just(OWNER),
    bot_id=st.just(BOT),
    instrument_id=st.just(BTC),
    mode=modes,
    side=st.sampled_from(Side),
    leg=st.sampled_from(Leg),
    quantity=amounts,
    price=amounts,
    fee=not_negative,
    fee_asset=st.sampled_from(["BTC", "USD"]),
    fee_value=not_negative,
    liquidity=st.sampled_from(Liquidity),
    at=moments,
)


@st.composite
def postings(draw: st.DrawFn) -> Posting:
    lines = []
    for _ in range(draw(st.integers(0, 4))):
        to, since = draw(st.sampled_from(Account)), draw(st.sampled_from(Account))
        asset, amount = draw(st.sampled_from(["BTC", "USD"])), draw(any_amount)
        lines += [Line(to, asset, amount), Line(since, asset, -amount)]
    return Posting(posting_id=draw(ids), at=draw(moments), lines=tuple(lines))


balances = st.builds(
    Balances,
    st.dictionaries(
        st.tuples(st.sampled_from(Account), st.sampled_from(["BTC", "USD", "1INCH"])), any_amount
    ),
)
positions = st.builds(
    Position,
    position_id=ids,
    instrument_id=st.just(BTC),
    quantity=amounts,
    cost=not_negative,
    entry_fees=not_negative,
    opened_at=moments,
    entry_order=ids,
    protection=protections,
    planned_risk=amounts,
    strategy=ids,
    bought=not_negative,
    sold_net=any_amount,
    used_fees=not_negative,
    slippage=any_amount,
    orders=many(ids),
    checked_to=moments,
)
books = st.builds(
    Book,
    owner=st.just(OWNER),
    bot_id=st.just(BOT),
    mode=modes,
    instrument_id=st.just(BTC),
    timeframe=st.sampled_from(Timeframe),
    balances=balances,
    position=maybe(positions),
    open_orders=many(ids),
    entries=many(moments),
    last_exit_at=maybe(moments),
    tally=st.builds(
        Tally,
        trips=st.integers(0, 999),
        wins=st.integers(0, 999),
        recent=st.text("WL-", max_size=40),
        net=any_amount,
    ),
    updated_at=moments,
    fence=st.integers(0, 10**10),
    version=st.integers(0, 10**6),
)
checks = st.builds(
    Check,
    number=st.integers(1, 40),
    code=ids,
    passed=st.booleans(),
    figures=st.dictionaries(ids, words, max_size=3),
    limit=maybe(words),
    reduces=st.booleans(),
)
verdicts = st.builds(
    Verdict,
    outcome=st.sampled_from(Outcome),
    quantity=not_negative,
    first_quantity=not_negative,
    price_bound=not_negative,
    reserve=not_negative,
    planned_risk=not_negative,
    reason=maybe(ids),
    checks=many(checks, 30),
    factors=st.dictionaries(ids, amounts, max_size=3),
)
signals = st.builds(
    SignalRecord,
    action=st.sampled_from(Action),
    strength=not_negative,
    reason=many(words),
    stop=maybe(amounts),
    target=maybe(amounts),
)
decisions = st.builds(
    Decision,
    decision_id=ids,
    owner=st.just(OWNER),
    bot_id=st.just(BOT),
    instrument_id=st.just(BTC),
    timeframe=st.sampled_from(Timeframe),
    mode=modes,
    as_of=moments,
    candle=moments,
    snapshot_hash=ids,
    strategy=ids,
    definition_hash=ids,
    regime=ids,
    action=st.sampled_from(Action),
    code=maybe(words),
    signal=signals,
    verdict=maybe(verdicts),
    reference=amounts,
    orders=many(orders(), 2),
)
equity_points = st.builds(
    EquityPoint,
    owner=st.just(OWNER),
    bot_id=st.just(BOT),
    mode=modes,
    as_of=moments,
    equity=any_amount,
    cash=not_negative,
    holding=not_negative,
    mark=amounts,
    realised=any_amount,
    unrealised=any_amount,
    fees=not_negative,
    net_capital=any_amount,
    peak=any_amount,
    drawdown=any_amount,
    max_drawdown=not_negative,
    day_start=any_amount,
    trips=st.integers(0, 999),
    wins=st.integers(0, 999),
)
