"""Bars: TA-Lib's values in one product, and nothing that had not closed."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
import talib
from hypothesis import given, settings
from hypothesis import strategies as st

from nightdesk.core.clock import iso, millis
from nightdesk.journal.behaviour.bars import Bars, stretch, stretches
from nightdesk.journal.behaviour.detector import Need
from nightdesk.journal.behaviour.disposition import sales
from nightdesk.journal.behaviour.fomo_chase import chases
from nightdesk.journal.behaviour.fomo_extension import extensions
from nightdesk.journal.behaviour.history import History, Surroundings
from nightdesk.journal.behaviour.registry import DETECTORS
from nightdesk.journal.behaviour.seen import SeenTrade
from nightdesk.journal.finding import DetectorId
from nightdesk.journal.trade import Side
from nightdesk.market.candles import Floats
from nightdesk.market.series import joined
from tests.builders.behaviour import AT, BTC, a_seen, bars_of


def a_walk(n: int, seed: int = 4) -> Floats:
    return 100 * np.exp(np.cumsum(np.random.default_rng(seed).normal(0, 0.01, n)))


def test_each_window_alone_gives_what_ta_lib_gives_for_it() -> None:
    one = bars_of(a_walk(260)).candles
    ema, atr = stretches(one.high, one.low, one.close)
    assert ema.size == atr.size == 61
    for end in range(200, 261):
        rows = slice(end - 200, end)
        high, low, close = one.high[rows], one.low[rows], one.close[rows]
        assert ema[end - 200] == pytest.approx(talib.EMA(close, 20)[-1], rel=1e-12)
        assert atr[end - 200] == pytest.approx(talib.ATR(high, low, close, 14)[-1], rel=1e-12)


@pytest.mark.parametrize("end", [20, 199, 200, 260])
def test_the_averages_of_an_entry_are_those_of_its_last_bars(end: int) -> None:
    bars = bars_of(a_walk(260))
    one = bars.candles
    alone = stretch(one.high[:end], one.low[:end], one.close[:end])
    found = bars.stretch(end)
    assert found is not None and alone is not None  # noqa: PT018
    assert found.bars == alone.bars == min(end, 200)
    assert (found.ema, found.atr) == pytest.approx((alone.ema, alone.atr), rel=1e-12)


def test_nineteen_bars_are_too_few() -> None:
    assert bars_of(a_walk(19)).stretch(19) is None


def test_a_bar_counts_from_the_moment_of_its_close() -> None:
    bars = bars_of(a_walk(30))
    close = AT + timedelta(minutes=30)
    assert [bars.end(millis(close) + ms) for ms in (-1, 0)] == [1, 2]


@pytest.mark.parametrize(("late", "known"), [(0, True), (29, True), (30, False), (64_800, False)])
def test_once_candles_have_ended_their_last_close_is_no_present_price(
    late: int, known: bool
) -> None:
    bars = bars_of(a_walk(400))
    at = AT + timedelta(minutes=15 * 400 + late)
    assert bars.end(millis(at)) == (400 if known else 0)
    assert (bars.price(millis(at)) is not None) is known
    assert np.isfinite(bars.prices(np.array([millis(at)]))).tolist() == [known]


def test_an_entry_long_after_the_last_candle_is_not_judged() -> None:
    bars = bars_of(a_walk(400), spread=0.4)
    price = 2 * float(bars.candles.close[-1])
    said = []
    for late in (timedelta(minutes=10), timedelta(days=45)):
        at = AT + timedelta(minutes=15 * 400) + late
        history = History(
            [a_seen("x", opened_at=at, entry_price=price)], Surroundings(bars={BTC: bars})
        )
        for name in (DetectorId.FOMO_EXTENSION, DetectorId.FOMO_CHASE):
            one = DETECTORS[name]
            assert one.flags is not None
            assert one.claim is not None
            claimed = one.claim(history, one.used()).chance
            assert claimed is not None
            said.append((len(list(one.flags(history, one.used()))), claimed.n))
    assert said == [(1, 1), (1, 1), (0, 0), (0, 0)]


def test_a_chase_tells_of_the_bars_that_it_rests_on() -> None:
    closes = a_walk(400)
    closes[399] *= 1.5
    bars = bars_of(closes, spread=0.4)
    at = AT + timedelta(minutes=15 * 400 + 2)
    trade = a_seen("x", opened_at=at, entry_price=float(closes[399]))
    one = DETECTORS[DetectorId.FOMO_CHASE]
    assert one.flags is not None
    (flag,) = one.flags(History([trade], Surroundings(bars={BTC: bars})), one.used())
    stretch = bars.stretch(400)
    assert stretch is not None
    told = {name: flag.figures[name] for name in ("d", "ema", "atr", "bars", "timeframe")}
    assert told == {
        "d": stretch.of(closes[399], 1),
        "ema": stretch.ema,
        "atr": stretch.atr,
        "bars": 200,
        "timeframe": "15m",
    }
    last, then = (iso(AT + timedelta(minutes=15 * n)) for n in (399, 395))
    assert (flag.figures["last_bar"], flag.figures["reference_bar"]) == (last, then)
    assert flag.figures["reference_close"] == closes[395]
    assert set(flag.measured) == set(one.used())
    assert flag.measured["minutes"] == 62.0


@pytest.mark.parametrize(("price", "count"), [(97.0, 1), (97.01, 0), (103.0, 0)])
def test_a_chase_begins_at_its_line(price: float, count: int) -> None:
    """Bars of 99.50 to 100.50 make an ATR of 1: a short at 97 ran 3 % and three of them."""
    bars = bars_of([100.0] * 316, spread=0.5)
    at = AT + timedelta(minutes=15 * 316)
    trade = a_seen("x", opened_at=at, entry_price=price, side=Side.SHORT)
    history = History([trade], Surroundings(bars={BTC: bars}))
    one = DETECTORS[DetectorId.FOMO_CHASE]
    assert one.flags is not None
    assert one.claim is not None
    assert len(list(one.flags(history, one.used()))) == count
    chance = one.claim(history, one.used()).chance
    assert chance is not None
    assert (chance.x, chance.n) == (count, 1)


def test_a_run_is_measured_from_no_close_of_before_a_gap() -> None:
    closes = a_walk(400)
    closes[399] *= 3
    whole = bars_of(closes, spread=0.4).candles
    bars = Bars(joined(whole.rows(0, 300), whole.rows(399, 400)))  # a bar alone after a day
    trade = a_seen("x", opened_at=AT + timedelta(minutes=15 * 400), entry_price=closes[399])
    history = History([trade], Surroundings(bars={BTC: bars}))
    assert chases(history, DETECTORS[DetectorId.FOMO_CHASE].used()) == [None]
    assert bars.share_moved(60, 50, 0) == 0  # nor is the base


def test_positions_without_a_present_price_are_no_part_of_a_sale() -> None:
    bars = bars_of(a_walk(10))
    trades = positions([(0, 2_000, 50.0, True), (10, 130, 90.0, True), (20, 1_500, 90.0, True)])
    found = {one.trade: one.kept for one in sales(History(trades, Surroundings(bars={BTC: bars})))}
    assert found == {"t01": (True, True), "t02": (), "t00": ()}


def changed_after(bars: Bars, end: int, factor: float) -> Bars:
    """The same bars up to `end`; what comes after is another market."""
    one = bars.candles
    rest = one.rows(end, len(one))
    other = replace(
        rest,
        **{name: getattr(rest, name) * factor for name in ("open", "high", "low", "close")},
    )
    return Bars(joined(one.rows(0, end), other))


@settings(max_examples=25)
@given(
    end=st.integers(20, 1_400),
    late=st.integers(0, 14),
    factor=st.sampled_from([0.5, 1.05, 3.0]),
    away=st.floats(-0.2, 0.2),
)
def test_no_detector_uses_a_bar_that_had_not_closed(
    end: int, late: int, factor: float, away: float
) -> None:
    bars = bars_of(a_walk(1_400), spread=0.4)
    at = AT + timedelta(minutes=15 * end + late)
    price = float(bars.candles.close[end - 1]) * (1 + away)
    trade = a_seen("x", opened_at=at, closed_at=at, entry_price=price)
    said: list[object] = []
    for seen in (bars, changed_after(bars, end, factor)):
        history = History([trade], Surroundings(bars={BTC: seen}))
        for name in (DetectorId.FOMO_EXTENSION, DetectorId.FOMO_CHASE):
            one = DETECTORS[name]
            assert one.flags is not None
            said.append([dict(flag.figures) for flag in one.flags(history, one.used())])
        said.append(seen.price(millis(at)))
    assert said[:3] == said[3:]


def test_an_unplanned_entry_beyond_its_own_percentile_is_flagged_low() -> None:
    bars = bars_of(a_walk(1_300), spread=0.4)
    end = 1_250
    found, usual = bars.stretch(end), float(np.quantile(bars.distances(end, 1_000), 0.95))
    assert found is not None
    assert usual < 3
    at = AT + timedelta(minutes=15 * end)
    one = DETECTORS[DetectorId.FOMO_EXTENSION]
    assert one.flags is not None
    said = []
    for d in (usual - 0.01, usual + 0.01):
        trade = a_seen("x", opened_at=at, entry_price=found.ema + d * found.atr)
        history = History([trade], Surroundings(bars={BTC: bars}))
        said.append([flag.figures["usual_d"] for flag in one.flags(history, one.used())])
    assert said == [[], [pytest.approx(usual)]]


def test_the_detectors_that_read_bars_are_those_tested_here() -> None:
    # these two read the trade's own MFE, which is made of candles that lay within it
    of_excursions = {DetectorId.EARLY_EXIT, DetectorId.GIVE_BACK}
    reading = {one.id for one in DETECTORS.values() if Need.CANDLES in one.needs}
    assert reading - of_excursions == {
        DetectorId.FOMO_EXTENSION,
        DetectorId.FOMO_CHASE,
        DetectorId.DISPOSITION,
    }


def positions(held: list[tuple[int, int, float, bool]]) -> list[SeenTrade]:
    """Positions as (minute of entry, minutes held, entry price, long): every second one won."""
    return [
        a_seen(
            f"t{n:02}",
            opened_at=AT + timedelta(minutes=start),
            closed_at=AT + timedelta(minutes=start + length),
            entry_price=price,
            side=Side.LONG if long else Side.SHORT,
            gross_quote=10.0 if n % 2 else -10.0,
        )
        for n, (start, length, price, long) in enumerate(held)
    ]


HELD = st.lists(
    st.tuples(st.integers(0, 600), st.integers(0, 600), st.floats(80, 120), st.booleans()),
    min_size=1,
    max_size=12,
)


@settings(max_examples=40)
@given(HELD)
def test_at_each_sale_the_positions_that_stand_are_priced_by_closed_bars(
    held: list[tuple[int, int, float, bool]],
) -> None:
    bars = bars_of(a_walk(90), spread=0.4)
    trades = positions(held)
    history = History(trades, Surroundings(bars={BTC: bars}))
    by_hand = {}
    for sold in trades:
        assert sold.closed_at is not None
        price = bars.price(millis(sold.closed_at))
        by_hand[sold.id] = [
            (price - one.entry_price) * one.side.direction > 0
            for one in history.trades
            if one.closed_at is not None
            and one.opened_at < sold.closed_at < one.closed_at
            and price is not None
            and one.entry_price is not None
            and price != one.entry_price
        ]
    assert {one.trade: list(one.kept) for one in sales(history)} == by_hand
    end = max(0, bars.end(millis(AT + timedelta(minutes=600))))
    past = [one for one in trades if one.closed_at and one.closed_at <= AT + timedelta(minutes=600)]
    for seen in (bars, changed_after(bars, end, 3.0)):
        again = {
            one.trade: list(one.kept)
            for one in sales(History(trades, Surroundings(bars={BTC: seen})))
        }
        assert all(again[one.id] == by_hand[one.id] for one in past)


@pytest.mark.parametrize("times", [1_000.0, 0.001])
def test_scaling_prices_leaves_every_d_and_every_move(times: float) -> None:
    closes = a_walk(1_300)
    said = []
    for factor in (1.0, times):
        bars = bars_of(closes * factor, spread=0.4 * factor)
        trades = [
            a_seen(
                f"t{end}",
                opened_at=AT + timedelta(minutes=15 * end),
                entry_price=float(closes[end - 1]) * away * factor,
            )
            for end in range(40, 1_300, 30)
            for away in (0.9, 1.0, 1.1)
        ]
        history = History(trades, Surroundings(bars={BTC: bars}))
        stretched = extensions(history, DETECTORS[DetectorId.FOMO_EXTENSION].used())
        run = chases(history, DETECTORS[DetectorId.FOMO_CHASE].used())
        said.append(
            [one.d for one in stretched if one] + [part for one in run if one for part in one[:2]]
        )
    assert len(said[0]) > 300
    assert said[1] == pytest.approx(said[0], rel=1e-9)
