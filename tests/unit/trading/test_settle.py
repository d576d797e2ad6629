"""Equity points: the identity, the baselines along them, and settling again."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from nightdesk.core.clock import from_iso
from nightdesk.core.errors import StoreUnavailable
from nightdesk.core.ids import BotId
from nightdesk.trading.book import Book
from nightdesk.trading.mandate import EquityPoint, settled
from tests.builders.trading import a_funded_book, a_holding_book
from tests.fakes.desk import OWNER, MemoryDesk
from tests.fakes.faults import quick, record, run
from tests.unit.trading.stretches import TREND, close, days

D = Decimal
EVENING = from_iso("2018-03-01T22:00:00Z")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def walk(
    book: Book, marks: list[tuple[datetime, str]], before: EquityPoint | None = None
) -> EquityPoint:
    """Settle a book at one mark after the other; return the last point."""
    for as_of, mark in marks:
        before = settled(book, D(mark), as_of, before)
    assert before is not None
    return before


def test_equity_is_capital_and_results_less_fees_at_every_settle() -> None:
    memory = TREND.desk()
    for as_of in TREND.closes:
        close(memory, as_of)
    points = list(memory.equity.kept.values())
    assert len(points) == len(TREND.closes)
    assert {point.trips for point in points} == {0, 1}
    for point in points:
        made = point.net_capital + point.realised + point.unrealised - point.fees
        assert point.equity == point.cash + point.holding * point.mark
        assert abs(point.equity - made) <= D("1e-12")


def test_the_mark_is_the_newest_close() -> None:
    memory = TREND.desk()
    close(memory, TREND.closes[0])
    (point,) = memory.equity.kept.values()
    assert point.mark == D("3622.62"), "the record of 2019-02-09"
    assert point.as_of == TREND.closes[0]


def test_peak_and_drawdown_follow_the_equity_by_hand() -> None:
    """0.1 BTC bought at 10,000 with 10,000 of capital."""
    book = a_holding_book()
    first = walk(book, [(EVENING, "10000")])
    assert (first.equity, first.peak, first.drawdown) == (D(10_000), D(10_000), D(0))
    up = walk(book, [(EVENING + HOUR, "12000")], first)
    assert (up.equity, up.peak, up.drawdown) == (D(10_200), D(10_200), D(0))
    down = walk(book, [(EVENING + 2 * HOUR, "6900")], up)
    assert (down.equity, down.peak) == (D(9_690), D(10_200))
    assert (down.drawdown, down.max_drawdown) == (D("0.05"), D("0.05"))
    back = walk(book, [(EVENING + 3 * HOUR, "11490")], down)
    assert (back.drawdown, back.max_drawdown) == (D("0.005"), D("0.05"))


def test_a_flow_shifts_peak_and_day_and_is_no_gain() -> None:
    book = a_holding_book()
    low = walk(book, [(EVENING, "12000"), (EVENING + HOUR, "10000")])
    assert (low.peak, low.day_start, low.drawdown) == (D(10_200), D(10_000), D("0.01960784"))
    richer, _ = book.funded("deposit:2", D(5_000), EVENING)
    after = walk(richer, [(EVENING + HOUR + timedelta(minutes=1), "10000")], low)
    assert (after.equity, after.peak, after.day_start) == (D(15_000), D(15_200), D(15_000))
    assert after.max_drawdown == low.max_drawdown
    assert after.drawdown == D("0.01315789"), "200 of 15,200"
    poorer, _ = richer.funded("withdrawal:1", D(-9_000), EVENING)
    last = walk(poorer, [(EVENING + HOUR + timedelta(minutes=2), "10000")], after)
    assert (last.equity, last.peak, last.day_start) == (D(6_000), D(6_200), D(6_000))


def test_a_day_starts_with_what_the_last_point_of_the_day_before_held() -> None:
    book = a_holding_book()
    late = walk(book, [(EVENING, "11000"), (EVENING + HOUR, "12000")])
    assert late.day_start == D(10_000)
    midnight = walk(book, [(EVENING + 2 * HOUR, "13000")], late)
    assert midnight.day_start == D(10_200)
    morning = walk(book, [(EVENING + 9 * HOUR, "9000")], midnight)
    assert morning.day_start == D(10_200)


def test_a_new_bot_begins_with_its_capital() -> None:
    point = walk(a_funded_book(), [(EVENING, "10000")])
    assert point.peak == point.day_start == point.equity == D(10_000)
    assert (point.drawdown, point.trips, point.wins) == (D(0), 0, 0)


def test_settling_again_writes_the_same_points() -> None:
    memory = TREND.desk()
    for as_of in TREND.closes[:3]:
        close(memory, as_of)
    before = record(memory, fences=True)
    (mandate,) = memory.bots.mandates
    market = (mandate.instrument_id, mandate.timeframe)
    for as_of in TREND.closes[:3]:
        memory.settle([market], as_of=as_of)
    assert record(memory, fences=True) == before


def test_a_settle_cut_off_after_some_points_completes_them_on_retry() -> None:
    memory = quick(MemoryDesk())
    bots = [memory.bot(bot_id=f"bot_{n}") for n in (1, 2)]
    as_of = days("2019-02-09", 1)[0]
    memory.rules.as_of = as_of

    class Half:
        """Stores the first point, then fails."""

        def __getattr__(self, name: str) -> Any:
            return getattr(memory.equity, name)

        def put(self, points: list[EquityPoint]) -> None:
            memory.equity.put(points[:1])
            raise StoreUnavailable("throttled")

    market = (bots[0].instrument_id, bots[0].timeframe)
    equity: Any = Half()
    with pytest.raises(StoreUnavailable):
        replace(memory.settle, equity=equity)([market], as_of=as_of)
    assert len(memory.equity.kept) == 1
    memory.settle([market], as_of=as_of)
    assert {bot_id for _, bot_id, _ in memory.equity.kept} == {"bot_1", "bot_2"}


def test_bots_of_one_market_share_its_mark_and_each_market_has_its_own() -> None:
    memory = quick(MemoryDesk())
    memory.bot(bot_id="bot_1")
    memory.bot(bot_id="bot_2")
    memory.bot("ma_cross@1", "BTC/USD@bitstamp", bot_id="bot_3")
    (as_of,) = days("2019-02-09", 1)
    run(memory, as_of)
    marks = [memory.equity.latest(OWNER, BotId(f"bot_{n}")) for n in (1, 2, 3)]
    prices = [point.mark for point in marks if point is not None]
    assert prices[0] == prices[1] < prices[2]


def test_a_market_without_a_candle_gets_no_point() -> None:
    memory = quick(MemoryDesk())
    mandate = memory.bot()
    early = from_iso("2017-01-01T00:00:00Z")
    memory.rules.as_of = early
    assert memory.settle([(mandate.instrument_id, mandate.timeframe)], as_of=early) == 0
    assert memory.equity.kept == {}


def test_a_book_written_since_is_not_settled_at_a_moment_before_its_newest_point() -> None:
    memory = TREND.desk()
    for as_of in TREND.closes[:3]:
        close(memory, as_of)
    (mandate,) = memory.bots.mandates
    key = (mandate.owner, mandate.bot_id)
    book, _ = memory.desk.kept[key].funded("later", D(500), TREND.closes[2] + HOUR)
    memory.desk.kept[key] = book
    before = dict(memory.equity.kept)
    market = (mandate.instrument_id, mandate.timeframe)
    assert memory.settle([market], as_of=TREND.closes[1]) == 0
    assert memory.equity.kept == before
