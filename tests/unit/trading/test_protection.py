"""What fires, moves and ends a position's protection, candle by candle."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightdesk.market.candles import no_candles
from nightdesk.market.timeframe import Timeframe
from nightdesk.trading.order import HeldBy, Leg, OrderStatus, OrderType
from nightdesk.trading.position import Protection, Trail
from nightdesk.trading.protection import expired, protective_orders, reached, touched, trailed
from tests.builders.trading import (
    AS_OF,
    BTC,
    Bar,
    a_holding_book,
    a_protection,
    a_quote,
    a_stop,
    a_target,
    an_empty_book,
    held,
    some_candles,
    trading_rules,
)

D = Decimal
TICK = D("0.01")
QUIET: Bar = (10_000.0, 10_100.0, 9_900.0, 10_000.0, 1.0)
DOWN: Bar = (9_800.0, 9_850.0, 9_500.0, 9_700.0, 1.0)
UP: Bar = (10_900.0, 11_000.01, 10_800.0, 10_900.0, 1.0)
HOUR = timedelta(hours=1)
POSITION = held(a_holding_book())


# -- touches


@pytest.mark.parametrize(
    ("bars", "leg", "index", "basis"),
    [
        ([QUIET, DOWN], Leg.STOP, 1, "9500"),
        ([DOWN, UP], Leg.STOP, 0, "9500"),
        ([UP, DOWN], Leg.TARGET, 0, "11000"),
        # A3: a gap through the stop fills at the open
        ([QUIET, (9_300.0, 9_400.0, 9_200.0, 9_350.0, 1.0)], Leg.STOP, 1, "9300"),
        # a gap above the target is sold at the open
        ([(11_200.0, 11_300.0, 11_100.0, 11_200.0, 1.0)], Leg.TARGET, 0, "11200"),
        # A4: a candle that reaches both fills the stop
        ([(10_000.0, 11_500.0, 9_400.0, 10_000.0, 1.0)], Leg.STOP, 0, "9500"),
        # A5: the entry candle itself
        ([DOWN], Leg.STOP, 0, "9500"),
    ],
)
def test_touch_when_a_candle_reaches_a_level(
    bars: list[Bar], leg: Leg, index: int, basis: str
) -> None:
    touch = touched(POSITION, a_stop(), a_target(), some_candles(bars))
    assert touch is not None
    assert (touch.leg, touch.basis) == (leg, D(basis))
    assert touch.bar_open == AS_OF + index * HOUR
    assert touch.closed_at == touch.bar_open + HOUR


@pytest.mark.parametrize(
    "bars",
    [
        [QUIET, QUIET],
        # A8: at the target is not through it
        [(10_900.0, 11_000.0, 10_800.0, 10_900.0, 1.0)],
        [(9_600.0, 9_700.0, 9_500.01, 9_600.0, 1.0)],
    ],
)
def test_touch_when_no_candle_reaches_a_level_is_none(bars: list[Bar]) -> None:
    assert touched(POSITION, a_stop(), a_target(), some_candles(bars)) is None


def test_touch_when_there_are_no_candles_is_none() -> None:
    assert touched(POSITION, a_stop(), a_target(), no_candles(BTC, Timeframe.H1)) is None


def test_candle_that_opened_before_the_protection_held_does_not_count() -> None:
    bars = some_candles([DOWN, QUIET])
    position = replace(POSITION, checked_to=AS_OF + HOUR)
    assert touched(position, a_stop(), None, bars) is None


def test_touch_without_a_target_is_the_stop_alone() -> None:
    assert touched(POSITION, a_stop(), None, some_candles([UP])) is None


@given(
    lows=st.lists(st.integers(9_000, 10_500), min_size=1, max_size=30),
    cut=st.integers(0, 30),
)
def test_touch_when_candles_come_in_two_parts_is_the_same(lows: list[int], cut: int) -> None:
    bars = [(10_600.0, 10_700.0, float(low), 10_600.0, 1.0) for low in lows]
    candles = some_candles(bars)
    whole = touched(POSITION, a_stop(), None, candles)
    first = touched(POSITION, a_stop(), None, candles.rows(0, min(cut, len(bars))))
    later = replace(POSITION, checked_to=AS_OF + cut * HOUR)
    rest = touched(later, a_stop(), None, candles)
    assert (first or rest) == whole
    expected = next((i for i, low in enumerate(lows) if low <= 9_500), None)
    assert (whole.bar_open if whole else None) == (
        None if expected is None else AS_OF + expected * HOUR
    )


@pytest.mark.parametrize(
    ("price", "leg"),
    [
        ("9500", Leg.STOP),
        ("9499.99", Leg.STOP),
        ("9500.01", None),
        ("10999.99", None),
        ("11000", Leg.TARGET),
    ],
)
def test_price_just_seen_fires_at_its_level(price: str, leg: Leg | None) -> None:
    assert reached(POSITION, a_quote(price)) is leg


# -- trailing, break-even, time


def guarded(protection: Protection) -> Protection:
    return replace(protection, target=None)


ATR_TRAIL = Trail(activate_at=D(10_500), atr_mult=D(3))
PCT_TRAIL = Trail(activate_at=D(10_500), fraction=D("0.05"))


@pytest.mark.parametrize(
    ("trail", "close", "atr", "stop"),
    [
        (ATR_TRAIL, "10500", "100", "10200"),
        (ATR_TRAIL, "10499.99", "100", None),
        (ATR_TRAIL, "10600", None, None),
        (ATR_TRAIL, "10600.005", "33.333", "10500.01"),  # 10,500.006 ceils to the tick
        (ATR_TRAIL, "10600", "400", None),  # 9,400 is below the stop
        (ATR_TRAIL, "10500", "331", None),  # 9,507 is nearer than 0.1 % of 9,500
        (ATR_TRAIL, "10500", "330", "9510"),
        (ATR_TRAIL, "10500", "0", None),  # it would stand at the close
        (PCT_TRAIL, "10600", None, "10070"),
    ],
)
def test_trail_follows_the_close_once_it_is_armed(
    trail: Trail, close: str, atr: str | None, stop: str | None
) -> None:
    position = replace(POSITION, protection=guarded(a_protection(trail=trail)))
    moved = trailed(position, D(close), None if atr is None else D(atr), TICK)
    assert (None if moved is None else moved.stop) == (None if stop is None else D(stop))
    if moved is not None:
        assert (moved.version, moved.trailed) == (2, True)


def test_trail_once_armed_stays_armed_below_its_activation() -> None:
    position = replace(POSITION, protection=guarded(a_protection(trail=ATR_TRAIL)))
    moved = trailed(position, D(10_500), D(100), TICK)
    assert moved is not None
    again = trailed(replace(position, protection=moved), D(10_400), D(50), TICK)
    assert again is not None
    assert again.stop == D(10_250)


def test_breakeven_puts_the_stop_at_the_cost_with_entry_fees() -> None:
    position = replace(
        POSITION,
        entry_fees=D("4.0004"),
        protection=a_protection(breakeven_at=D(10_300)),
    )
    assert trailed(position, D("10299.99"), None, TICK) is None
    moved = trailed(position, D(10_300), None, TICK)
    assert moved is not None
    assert moved.stop == D("10040.01")  # (1,000 + 4.0004) / 0.1 = 10,040.004, up to the tick
    assert moved.target == D(11_000)


def test_breakeven_with_an_offset_puts_the_stop_that_much_above_the_cost() -> None:
    protection = a_protection(breakeven_at=D(10_300), breakeven_offset=D("0.002"))
    position = replace(POSITION, entry_fees=D(4), protection=protection)
    moved = trailed(position, D(10_300), None, TICK)
    assert moved is not None
    assert moved.stop == D("10060.08")  # 10,040 x 1.002
    assert trailed(position, D("10060.08"), None, TICK) is None, "never at or above the close"


def test_higher_of_trail_and_breakeven_wins() -> None:
    protection = a_protection(trail=ATR_TRAIL, breakeven_at=D(10_300), target=None)
    position = replace(POSITION, protection=protection)
    moved = trailed(position, D(10_500), D(400), TICK)
    assert moved is not None
    assert moved.stop == D(10_000)


@given(
    closes=st.lists(st.integers(9_501, 12_000), min_size=1, max_size=40),
    atrs=st.lists(st.integers(1, 500), min_size=40, max_size=40),
)
def test_stop_whatever_the_closes_only_rises_and_stays_below_them(
    closes: list[int], atrs: list[int]
) -> None:
    protection = guarded(a_protection(trail=ATR_TRAIL, breakeven_at=D(10_300)))
    position = replace(POSITION, protection=protection)
    for close, atr in zip(closes, atrs, strict=False):
        if D(close) <= position.protection.stop:
            return
        before = position.protection
        moved = trailed(position, D(close), D(atr), TICK)
        if moved is not None:
            assert before.stop * D("1.001") <= moved.stop < close
            assert moved.version == before.version + 1
            position = replace(position, protection=moved)


@pytest.mark.parametrize(("minutes", "due"), [(-1, False), (0, True), (1, True)])
def test_time_stop_is_due_from_its_moment_on(minutes: int, *, due: bool) -> None:
    position = replace(POSITION, protection=a_protection(expires_at=AS_OF))
    assert expired(position, AS_OF + timedelta(minutes=minutes)) is due
    assert not expired(POSITION, AS_OF)


# -- protective orders


def test_protective_orders_are_a_desk_held_stop_and_target_for_what_can_be_sold() -> None:
    book = a_holding_book()
    book = replace(book, position=replace(held(book), quantity=D("0.0999999")))
    stop, target = protective_orders(book, trading_rules(lot=D("0.0001")), AS_OF + HOUR)
    assert (stop.leg, stop.type, stop.trigger) == (Leg.STOP, OrderType.STOP, D(9_500))
    assert (target.leg, target.type, target.trigger) == (
        Leg.TARGET,
        OrderType.TAKE_PROFIT,
        D(11_000),
    )
    for order in (stop, target):
        assert order.quantity == D("0.0999")
        assert (order.held_by, order.status) == (HeldBy.DESK, OrderStatus.INITIALIZED)
        assert (order.sent_at, order.created_at) == (None, held(book).checked_to)


def test_protective_orders_of_one_version_have_the_same_ids_and_of_the_next_others() -> None:
    book, rules = a_holding_book(), trading_rules()
    ids = [order.client_order_id for order in protective_orders(book, rules, AS_OF)]
    again = [order.client_order_id for order in protective_orders(book, rules, AS_OF + HOUR)]
    raised = replace(held(book), protection=held(book).protection.raised(D(9_600)))
    after = protective_orders(replace(book, position=raised), rules, AS_OF)
    assert ids == again
    assert len({*ids, *(order.client_order_id for order in after)}) == 4


def test_protective_orders_of_nothing_sellable_are_none() -> None:
    assert protective_orders(an_empty_book(), trading_rules(), AS_OF) == ()
    assert protective_orders(a_holding_book(), trading_rules(lot=D(1)), AS_OF) == ()


def test_trigger_when_the_tick_is_coarse_rounds_up() -> None:
    book = a_holding_book(a_protection(stop=D("9500.01"), target=None))
    (stop,) = protective_orders(book, trading_rules(tick=D(1)), AS_OF)
    assert stop.trigger == D(9_501)
