"""The simulated exchange: prices against us, dated fees, and the same answer every time."""

import random
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightdesk.core.errors import OutcomeUnknown
from nightdesk.core.ids import ClientOrderId, InstrumentId
from nightdesk.market.candles import Candles
from nightdesk.market.fees import Confidence, FeeRow
from nightdesk.market.instruments import FeeAsset, Instrument, Quote, QuoteClass, TradingStatus
from nightdesk.market.timeframe import Timeframe
from nightdesk.trading.assumptions import Assumptions, draw
from nightdesk.trading.impact import activity
from nightdesk.trading.order import (
    Answer,
    Fill,
    Leg,
    Liquidity,
    Order,
    OrderStatus,
    OrderType,
    TimeInForce,
)
from nightdesk.trading.protection import touched
from nightdesk.trading.simulated import SimulatedExchange
from tests.builders.trading import (
    AS_OF,
    Bar,
    a_buy,
    a_holding_book,
    a_plan,
    a_protection,
    a_quote,
    a_sale,
    a_stop,
    a_target,
    held,
    some_candles,
    trading_rules,
)

D = Decimal
S = OrderStatus
HOUR = timedelta(hours=1)
CALM = Assumptions(seed="s", rejection_rate=0.0, lost_rate=0.0)
FLAT_DAYS = [(10_000.0, 10_000.0, 10_000.0, 10_000.0, 100.0)] * 480  # 20 days, no volatility
RULES = trading_rules()


def a_fee_row(**changes: Any) -> FeeRow:
    row = FeeRow(
        venue="bitstamp",
        quote_class=None,
        maker_bps=D(30),
        taker_bps=D(40),
        fee_asset=FeeAsset.QUOTE,
        effective_from=AS_OF.date(),
        observed_on=AS_OF.date(),
        source="test",
        confidence=Confidence.ASSUMED,
    )
    return replace(row, **changes)


def before(bars: list[Bar]) -> Candles:
    """Return hourly candles of which the last closes at AS_OF."""
    return some_candles(bars, start=AS_OF - len(bars) * HOUR)


def an_exchange(
    candles: Candles | None = None,
    *,
    price: str = "10000",
    late: timedelta = timedelta(0),
    assumptions: Assumptions = CALM,
    row: FeeRow | None = None,
) -> SimulatedExchange:
    """Return an exchange with a half-spread of 1 bps over 20 days without volatility."""
    series = before(FLAT_DAYS) if candles is None else candles

    def history(instrument_id: InstrumentId, since: datetime, until: datetime) -> Candles:
        return series.since(since)  # the exchange itself drops what is not closed yet

    def quotes(instrument_id: InstrumentId, at: datetime) -> Quote:
        return a_quote(price, at + late)

    def fees(venue: str, quote_class: QuoteClass, at: datetime) -> FeeRow:
        return row or a_fee_row()

    def spread(instrument: Instrument) -> Decimal:
        return D(1)

    return SimulatedExchange(
        quotes=quotes, history=history, assumptions=assumptions, fees=fees, half_spread_bps=spread
    )


def the_fill(answer: Answer) -> Fill:
    assert len(answer.fills) == 1, answer
    return answer.fills[0]


# -- market orders


def test_market_buy_fills_at_the_quote_plus_half_spread_with_the_taker_fee() -> None:
    fill = the_fill(an_exchange().submit(a_buy(), RULES))
    # by hand: 10,000 x 1.0001 = 10,001.00; 0.1 x 10,001 x 0.4 % = 4.0004
    assert (fill.price, fill.quantity) == (D("10001.00"), D("0.1"))
    assert (fill.fee, fill.fee_asset, fill.fee_value) == (D("4.0004"), "USD", D("4.0004"))
    assert fill.liquidity is Liquidity.TAKER
    assert fill.at == AS_OF + timedelta(milliseconds=250)


def test_market_sale_fills_at_the_quote_less_half_spread() -> None:
    answer = an_exchange().submit(a_sale(), RULES)
    assert (answer.status, the_fill(answer).price) == (S.FILLED, D("9999.00"))


def test_fee_in_the_received_asset_is_in_coins_and_rounded_up_at_eight_places() -> None:
    exchange = an_exchange(row=a_fee_row(fee_asset=FeeAsset.RECEIVED, taker_bps=D(10)))
    fill = the_fill(exchange.submit(a_buy(quantity=D("0.01234567"), reserved=D(130)), RULES))
    # by hand: 0.01234567 x 0.001 = 0.00001234567, up to 0.00001235; x 10,001
    assert (fill.fee, fill.fee_asset) == (D("0.00001235"), "BTC")
    assert fill.fee_value == D("0.1235123500")
    sale = the_fill(exchange.submit(a_sale(), RULES))
    assert (sale.fee, sale.fee_asset) == (D("0.9999"), "USD")


def test_price_when_it_misses_the_tick_is_rounded_against_us() -> None:
    exchange = an_exchange(price="10000.33")
    # 10,000.33 x 1.0001 = 10,001.330033 and x 0.9999 = 9,999.329967
    assert the_fill(exchange.submit(a_buy(), RULES)).price == D("10001.34")
    assert the_fill(exchange.submit(a_sale(), RULES)).price == D("9999.32")


def test_impact_follows_the_square_root_law() -> None:
    # closes alternate by +-1 %: each log return is ln(1.01) in size, 479 of them, mean ~ 0
    closes = [10_000.0 * (1.01 if i % 2 else 1.0) for i in range(480)]
    candles = before([(c, c, c, c, 100.0) for c in closes])
    sigma_day = 0.00995033 * 24**0.5
    notional_day = 100.0 * 24 * 10_050
    share = (1_000 / notional_day) ** 0.5
    expected = 10_000 * (1 + 0.0001 + 0.5 * sigma_day * share)
    fill = the_fill(an_exchange(candles).submit(a_buy(), RULES))
    assert float(fill.price) == pytest.approx(expected, abs=0.02)


def test_cost_when_five_days_are_not_known_is_75_bps() -> None:
    exchange = an_exchange(before(FLAT_DAYS[: 24 * 5 - 1]))
    assert the_fill(exchange.submit(a_buy(), RULES)).price == D("10075.00")


def test_cost_is_never_more_than_the_protection() -> None:
    # a market that moves 20 % an hour and trades almost nothing
    bars = [(c, c, c, c, 2.1) for c in [10_000.0, 12_000.0] * 240]
    exchange = an_exchange(before(bars))
    assert the_fill(exchange.submit(a_buy(), RULES)).price == D("10100.00")
    assert the_fill(exchange.submit(a_sale(), RULES)).price == D("9900.00")


def test_order_beyond_five_percent_of_the_last_volume_fills_in_part_and_expires() -> None:
    answer = an_exchange().submit(a_sale(quantity=D(8)), RULES)
    assert (answer.status, answer.reason) == (S.EXPIRED, "NO_LIQUIDITY")
    assert the_fill(answer).quantity == D(5)


@pytest.mark.parametrize("volume", [0.0, 0.01])
def test_order_when_hardly_anything_trades_fills_nothing(volume: float) -> None:
    candles = before([*FLAT_DAYS[:-1], (10_000.0, 10_000.0, 10_000.0, 10_000.0, volume)])
    answer = an_exchange(candles).submit(a_sale(), RULES)
    assert (answer.status, answer.fills, answer.reason) == (S.EXPIRED, (), "NO_LIQUIDITY")


@pytest.mark.parametrize("late", [timedelta(hours=2), timedelta(minutes=6), timedelta(hours=-1)])
def test_order_in_a_gap_fills_nothing(late: timedelta) -> None:
    exchange = an_exchange(late=late)
    answer = exchange.submit(a_sale(), RULES)
    assert (answer.status, answer.fills, answer.reason) == (S.EXPIRED, (), "NO_PRICE")


@pytest.mark.parametrize("late", [timedelta(minutes=5), timedelta(minutes=-59)])
def test_price_of_the_candle_that_runs_is_taken(late: timedelta) -> None:
    assert an_exchange(late=late).submit(a_sale(), RULES).status is S.FILLED


def test_buy_when_the_market_jumped_past_its_reservation_expires_unfilled() -> None:
    answer = an_exchange(price="12000").submit(a_buy(), RULES)
    assert (answer.status, answer.fills) == (S.EXPIRED, ())
    assert answer.reason == "PRICE_BEYOND_BOUND"


@given(quantity=st.integers(1, 40), more=st.integers(1, 40))
def test_cost_grows_with_size_and_buy_is_above_the_quote_and_sale_below(
    quantity: int, more: int
) -> None:
    candles = before([(c, c, c, c, 1_000.0) for c in [10_000.0, 10_050.0] * 240])
    exchange = an_exchange(candles)
    small, large = D(quantity), D(quantity + more)
    buys = [
        the_fill(exchange.submit(a_buy(quantity=q, reserved=D(10**7)), RULES)).price
        for q in (small, large)
    ]
    sales = [the_fill(exchange.submit(a_sale(quantity=q), RULES)).price for q in (small, large)]
    assert D(10_000) <= buys[0] <= buys[1] <= D(10_100)
    assert D(10_000) >= sales[0] >= sales[1] >= D(9_900)


# -- what a venue refuses


@pytest.mark.parametrize(
    ("order", "code"),
    [
        (a_buy(quantity=D("0.123456789")), "BAD_LOT"),
        (a_buy(quantity=D("0.00009")), "BELOW_MINIMUM"),
        (a_sale(quantity=D("0.0009")), "BELOW_MINIMUM"),
        (a_buy(quantity=D(3), reserved=D(40_000)), "ABOVE_MAXIMUM"),
        (a_buy(reserved=D(999)), "INSUFFICIENT_BALANCE"),
        (a_buy(plan=a_plan(protection=a_protection(stop=D(10_000)))), "BAD_COMBINATION"),
        (
            a_buy(plan=a_plan(protection=a_protection(target=D(10_000)))),
            "BAD_COMBINATION",
        ),
        (a_sale(type=OrderType.LIMIT, price=D("10000.001")), "BAD_TICK"),
        (a_stop(trigger=D("9500.001"), sent_at=AS_OF), "BAD_TICK"),
        (a_buy(type=OrderType.STOP, trigger=D(10_500)), "BAD_COMBINATION"),
        (a_sale(instrument_id=InstrumentId("ETH/USD@bitstamp")), "UNKNOWN_INSTRUMENT"),
    ],
)
def test_order_against_the_rules_is_rejected_with_its_reason(order: Order, code: str) -> None:
    answer = an_exchange().submit(order, trading_rules(max_notional=D(25_000)))
    assert (answer.status, answer.reason, answer.fills) == (S.REJECTED, code, ())


@pytest.mark.parametrize("status", [s for s in TradingStatus if s is not TradingStatus.TRADING])
def test_order_when_the_instrument_does_not_trade_is_rejected(status: TradingStatus) -> None:
    answer = an_exchange().submit(a_sale(), trading_rules(status=status))
    assert (answer.status, answer.reason) == (S.REJECTED, "NOT_TRADING")


def test_order_that_was_not_sent_cannot_be_submitted() -> None:
    with pytest.raises(ValueError, match="was not sent"):
        an_exchange().submit(a_sale(sent_at=None), RULES)


# -- stops and targets

QUIET = (10_000.0, 10_100.0, 9_900.0, 10_000.0, 100.0)


def fired(order: Order, *bars: Bar) -> Answer:
    """Send a protective order at the close of the last of `bars`, the first opening at AS_OF."""
    exchange = an_exchange(
        some_candles([*FLAT_DAYS, *bars], start=AS_OF - len(FLAT_DAYS) * HOUR), price="9000"
    )
    return exchange.submit(order.sent(AS_OF + len(bars) * HOUR), RULES)


def test_stop_when_touched_fills_at_the_trigger_less_cost_and_slippage() -> None:
    fill = the_fill(fired(a_stop(), QUIET, (9_800.0, 9_850.0, 9_400.0, 9_700.0, 100.0)))
    # by hand: 9,500 x (1 - 1 bps - 10 bps) = 9,489.55
    assert (fill.price, fill.liquidity) == (D("9489.55"), Liquidity.TAKER)


def test_stop_when_the_market_opens_below_it_fills_at_the_open_less_cost() -> None:
    fill = the_fill(fired(a_stop(), QUIET, (9_300.0, 9_400.0, 9_200.0, 9_350.0, 100.0)))
    assert fill.price == D("9289.77")  # 9,300 x 0.9989


def test_stop_fills_on_the_first_candle_that_touched_it_though_sent_later() -> None:
    first = (9_800.0, 9_850.0, 9_500.0, 9_700.0, 100.0)
    later = (9_300.0, 9_400.0, 9_200.0, 9_350.0, 100.0)
    assert the_fill(fired(a_stop(), first, later)).price == D("9489.55")


def test_stop_on_the_entry_candle_counts_and_one_before_it_does_not() -> None:
    touched_before = (9_300.0, 10_000.0, 9_200.0, 10_000.0, 100.0)
    order = a_stop(created_at=AS_OF + HOUR)
    on_entry = (9_600.0, 9_700.0, 9_450.0, 9_600.0, 100.0)
    assert the_fill(fired(order, touched_before, on_entry)).price == D("9489.55")


def test_stop_fired_by_a_price_just_seen_sells_at_that_price_less_cost() -> None:
    fill = the_fill(fired(a_stop(), QUIET))
    assert fill.price == D("8990.10")  # the quote, 9,000 x 0.9989


def test_stop_is_held_to_the_volume_of_its_candle() -> None:
    answer = fired(a_stop(quantity=D(1)), (9_800.0, 9_850.0, 9_400.0, 9_700.0, 10.0))
    assert (answer.status, the_fill(answer).quantity) == (S.EXPIRED, D("0.5"))


def test_target_when_traded_through_fills_at_its_trigger_as_taker() -> None:
    fill = the_fill(fired(a_target(), (10_900.0, 11_000.01, 10_800.0, 10_900.0, 100.0)))
    assert (fill.price, fill.liquidity) == (D("11000.00"), Liquidity.TAKER)


def test_target_when_the_market_opens_above_it_fills_at_the_open() -> None:
    fill = the_fill(fired(a_target(), (11_200.0, 11_300.0, 11_100.0, 11_200.0, 100.0)))
    assert fill.price == D("11200.00")


@given(
    bars=st.lists(
        st.tuples(*[st.integers(9_000, 11_500)] * 4).map(
            lambda p: (float(p[0]), float(max(p)), float(min(p)), float(p[1]), 1_000.0)
        ),
        min_size=1,
        max_size=12,
    ),
    late=st.integers(0, 3),
)
def test_exchange_prices_the_candle_that_the_desk_saw_touched(bars: list[Bar], late: int) -> None:
    candles = some_candles([*FLAT_DAYS, *bars], start=AS_OF - len(FLAT_DAYS) * HOUR)
    touch = touched(held(a_holding_book()), a_stop(), a_target(), candles)
    if touch is None:
        return
    order = a_stop() if touch.leg is Leg.STOP else a_target()
    fill = the_fill(an_exchange(candles).submit(order.sent(touch.closed_at + late * HOUR), RULES))
    worst = touch.basis * D("0.99") - D("0.01")
    assert worst <= fill.price <= touch.basis
    if touch.leg is Leg.TARGET:
        assert fill.price == touch.basis


# -- limits


def a_limit(price: int, **changes: Any) -> Order:
    return a_buy(type=OrderType.LIMIT, price=D(price), time_in_force=TimeInForce.GTC, **changes)


def test_limit_buy_above_the_market_fills_at_once_as_taker() -> None:
    fill = the_fill(an_exchange().submit(a_limit(10_050), RULES))
    assert (fill.price, fill.liquidity) == (D("10001.00"), Liquidity.TAKER)


def test_limit_buy_below_the_market_rests_until_a_candle_trades_through_it() -> None:
    touch = (9_950.0, 9_960.0, 9_900.0, 9_950.0, 100.0)
    through = (9_950.0, 9_960.0, 9_899.99, 9_950.0, 1.0)
    candles = some_candles([*FLAT_DAYS, touch, through, through], start=AS_OF - 480 * HOUR)
    exchange, order = an_exchange(candles), a_limit(9_900)
    assert exchange.submit(order, RULES).status is S.ACCEPTED
    at_touch = exchange.look_up(replace(order, updated_at=AS_OF + HOUR), RULES)
    assert at_touch is not None
    assert at_touch.status is S.ACCEPTED
    once = exchange.look_up(replace(order, updated_at=AS_OF + 2 * HOUR), RULES)
    assert once is not None
    fill = the_fill(once)
    # 5 % of the candle's volume of 1; maker fee 0.3 % of 0.05 x 9,900 = 1.485
    assert (once.status, fill.quantity, fill.price) == (S.PARTIALLY_FILLED, D("0.05"), D(9_900))
    assert (fill.liquidity, fill.fee, fill.at) == (Liquidity.MAKER, D("1.485"), AS_OF + 2 * HOUR)
    twice = exchange.look_up(replace(order, updated_at=AS_OF + 3 * HOUR), RULES)
    assert twice is not None
    assert (twice.status, twice.fills[0], len(twice.fills)) == (S.FILLED, fill, 2)


def test_limit_when_cancelled_ends_with_the_fills_it_had() -> None:
    through = (9_950.0, 9_960.0, 9_899.99, 9_950.0, 1.0)
    candles = some_candles([*FLAT_DAYS, through], start=AS_OF - 480 * HOUR)
    order = replace(a_limit(9_900), updated_at=AS_OF + HOUR)
    answer = an_exchange(candles).cancel(order, RULES)
    assert (answer.status, the_fill(answer).quantity) == (S.CANCELED, D("0.05"))


def test_limit_ioc_below_the_market_expires() -> None:
    order = replace(a_limit(9_900), time_in_force=TimeInForce.IOC)
    assert an_exchange().submit(order, RULES).status is S.EXPIRED


def test_cancel_of_a_filled_order_answers_its_fill() -> None:
    assert an_exchange().cancel(a_sale(), RULES) == an_exchange().submit(a_sale(), RULES)


def test_limit_buy_that_would_cost_more_than_its_limit_rests() -> None:
    # the market is at 10,000 and a buy there costs 10,001.00
    answer = an_exchange().submit(a_limit(10_000), RULES)
    assert (answer.status, answer.fills) == (S.ACCEPTED, ())


def test_limit_buy_takes_what_is_there_and_rests_with_the_others() -> None:
    order = a_limit(10_050, quantity=D(6), reserved=D(100_000))
    answer = an_exchange().submit(order, RULES)
    assert (answer.status, the_fill(answer).quantity) == (S.PARTIALLY_FILLED, D(5))


def test_limit_sale_rests_above_the_market_and_fills_when_traded_through() -> None:
    through = (10_050.0, 10_100.01, 10_000.0, 10_050.0, 100.0)
    nothing = (10_050.0, 10_200.0, 10_000.0, 10_050.0, 0.0)
    candles = some_candles([*FLAT_DAYS, nothing, through], start=AS_OF - 480 * HOUR)
    order = a_sale(type=OrderType.LIMIT, price=D(10_100), time_in_force=TimeInForce.GTC)
    answer = an_exchange(candles).look_up(replace(order, updated_at=AS_OF + 2 * HOUR), RULES)
    assert answer is not None
    assert (answer.status, the_fill(answer).price) == (S.FILLED, D(10_100))


def test_limit_at_a_touch_fills_when_assumed_certain() -> None:
    touch = (9_950.0, 9_960.0, 9_900.0, 9_950.0, 100.0)
    candles = some_candles([*FLAT_DAYS, touch], start=AS_OF - 480 * HOUR)
    exchange = an_exchange(candles, assumptions=replace(CALM, touch_probability=1.0))
    answer = exchange.look_up(replace(a_limit(9_900), updated_at=AS_OF + HOUR), RULES)
    assert answer is not None
    assert answer.status is S.FILLED


def test_stop_fired_by_a_price_just_seen_in_a_gap_fills_nothing() -> None:
    order = a_stop().sent(AS_OF)
    answer = an_exchange(late=timedelta(hours=2)).submit(order, RULES)
    assert (answer.status, answer.reason) == (S.EXPIRED, "NO_PRICE")


# -- seed, lost answers, order of processing


def many(n: int = 2_000) -> list[Order]:
    return [a_sale(client_order_id=ClientOrderId(f"nd{i}")) for i in range(n)]


def test_rejections_come_at_the_assumed_rate() -> None:
    exchange = an_exchange(assumptions=replace(CALM, rejection_rate=0.05))
    answers = [exchange.submit(order, RULES) for order in many()]
    refused = [a for a in answers if a.reason == "SIMULATED_REJECTION"]
    # 2,000 draws at 5 %: mean 100, standard deviation 9.7; four of them either way
    assert 61 <= len(refused) <= 139
    assert all(a.status is S.REJECTED for a in refused)


def test_lost_answers_come_at_the_assumed_rate_and_half_of_those_were_placed() -> None:
    exchange, calm = an_exchange(assumptions=replace(CALM, lost_rate=0.2)), an_exchange()
    lost = []
    for order in many():
        try:
            assert exchange.submit(order, RULES) == calm.submit(order, RULES)
        except OutcomeUnknown:
            lost.append(order)
    # 2,000 at 20 %: mean 400, standard deviation 17.9; then half of 400, deviation 10
    assert 328 <= len(lost) <= 472
    found = [order for order in lost if exchange.look_up(order, RULES) is not None]
    assert 0.4 <= len(found) / len(lost) <= 0.6
    assert all(exchange.look_up(o, RULES) == calm.submit(o, RULES) for o in found)


def test_look_up_finds_what_submit_answered_in_any_order_of_processing() -> None:
    exchange = an_exchange(assumptions=replace(CALM, rejection_rate=0.1, jitter=0.5))
    orders = many(200)
    first = {order.client_order_id: exchange.submit(order, RULES) for order in orders}
    random.Random(7).shuffle(orders)
    again = an_exchange(assumptions=replace(CALM, rejection_rate=0.1, jitter=0.5))
    for order in orders:
        known = again.look_up(replace(order, updated_at=AS_OF + HOUR, look_ups=2), RULES)
        assert repr(known) == repr(first[order.client_order_id])


def test_look_up_of_a_buy_that_was_booked_still_finds_it() -> None:
    exchange, order = an_exchange(), a_buy()
    answer = exchange.submit(order, RULES)
    fill = the_fill(answer)
    after = replace(order.with_fill(fill, fill.at), reserved=D(0))
    assert exchange.look_up(after, RULES) == answer


def test_look_up_of_an_order_that_was_not_sent_finds_nothing() -> None:
    assert an_exchange().look_up(a_sale(sent_at=None), RULES) is None


def test_another_seed_draws_otherwise() -> None:
    draws = [draw(seed, ClientOrderId("nd1"), "rejection") for seed in ("a", "b", "a")]
    assert draws[0] == draws[2] != draws[1]


@given(seed=st.text(max_size=5), order_id=st.text(max_size=5), purpose=st.text(max_size=5))
def test_draw_lies_strictly_between_nothing_and_one(seed: str, order_id: str, purpose: str) -> None:
    assert 0.0 < draw(seed, ClientOrderId(order_id), purpose) < 1.0


@pytest.mark.parametrize(
    "changes",
    [
        {"latency_ms": 5_001},
        {"jitter": 1.1},
        {"rejection_rate": 0.11},
        {"lost_rate": 0.51},
        {"volume_share": 0.26},
        {"stop_slippage_bps": -1.0},
        {"impact_major": 0.09},
        {"impact_other": 2.1},
        {"protection": 0.004},
        {"touch_probability": 1.01},
        {"lost_rate": float("nan")},
    ],
)
def test_assumption_out_of_its_range_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(changes))):
        replace(CALM, **changes)


def test_defaults_are_those_of_paper_trading() -> None:
    paper = Assumptions(seed="x")
    assert (paper.rejection_rate, paper.lost_rate, paper.latency_ms) == (0.005, 0.001, 250)


def test_volatility_and_notional_are_scaled_to_a_day_from_any_timeframe() -> None:
    closes = [100.0, 101.0] * 60
    daily = some_candles([(c, c, c, c, 5.0) for c in closes], timeframe=Timeframe.D1)
    hourly = some_candles([(c, c, c, c, 5.0) for c in closes], timeframe=Timeframe.H1)
    a, b = activity(daily), activity(hourly)
    assert (a.days, b.days) == (120, 5)
    assert b.volatility == pytest.approx(a.volatility * 24**0.5)
    assert a.notional == pytest.approx(502.5)
    assert b.notional == pytest.approx(502.5 * 24)
