"""Excursions from candles of several lengths, and what four readings say of them.

The worked cases rt-18 and rt-19 pin the figures; here stand coverage, refreshing and wording.
"""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from nightdesk.journal.excursions import CANDLES_MISSING, measured
from nightdesk.journal.exit_analysis import held_longer, readings
from nightdesk.journal.measuring import unsettled
from nightdesk.journal.round_trips import build
from nightdesk.journal.trade import Excursion, JournalTrade, Outcome, Status
from nightdesk.market.timeframe import Timeframe
from tests.builders.journal_trades import AT, HOUR, MINUTE, a_book, a_trade, bars, bought, sold
from tests.unit.journal.trades.rig import Rig

D = Decimal


def an_hour_long(**stop: object) -> JournalTrade:
    """Return a trade of one at 100, sold at 110 an hour later, 10 risked."""
    entry = bought("1", "1", "100", stop=D(90))
    return build([entry, sold("2", "1", "110", at=AT + HOUR)], a_book()).trades[0]


def minutes(first: int, last: int, high: float = 105, low: float = 99) -> list[tuple]:  # type: ignore[type-arg]
    return [(AT + n * MINUTE, 100.0, high, low, 101.0) for n in range(first, last)]


def test_finest_candles_that_cover_all_are_enough() -> None:
    fine = bars(minutes(0, 60, 112, 97))
    coarse = bars([(AT, 100, 500, 1, 101)], Timeframe.H1)
    found = measured(an_hour_long(), [fine, coarse]).excursion
    assert (found.mae, found.mfe, found.excursion_resolution) == (D(3), D(12), "1m")
    assert (found.mae_r, found.mfe_r) == (D("0.3"), D("1.2"))


def test_coarser_candles_fill_what_finer_ones_miss_and_are_named() -> None:
    fine = bars(minutes(0, 20))
    coarse = bars([(AT + n * 15 * MINUTE, 100, 113, 95, 101) for n in range(4)], Timeframe.M15)
    found = measured(an_hour_long(), [fine, coarse])
    assert found.excursion.excursion_resolution == "15m"
    assert (found.excursion.mae, found.excursion.mfe) == (D(5), D(13))
    assert CANDLES_MISSING not in found.incomplete


def test_without_candles_the_fills_alone_tell_and_it_says_so() -> None:
    found = measured(an_hour_long(), [])
    assert (found.excursion.mfe, found.excursion.excursion_resolution) == (D(10), "fills")
    assert found.incomplete == (CANDLES_MISSING,)
    again = measured(found, [bars(minutes(0, 60))])
    assert (again.incomplete, again.excursion.excursion_resolution) == ((), "1m")


def test_a_trade_shorter_than_a_candle_misses_none() -> None:
    quick = [bought("1", "1", "100"), sold("2", "1", "101", at=AT + timedelta(seconds=30))]
    (trade,) = build(quick, a_book()).trades
    assert measured(trade, []).incomplete == ()


def test_an_open_trade_has_no_excursions_and_a_reason() -> None:
    (trade,) = build([bought("1", "1", "100")], a_book()).trades
    found = measured(trade, [bars(minutes(0, 60))])
    assert found.excursion == Excursion()
    assert (found.reasons["mae"], found.reasons["capture"]) == ("OPEN", "OPEN")


def test_holding_longer_is_told_once_the_candles_are_there() -> None:
    """Sold at 110; 15 minutes later it stood at 114, an hour later at 90."""
    end = AT + HOUR
    later = bars([(end + n * MINUTE, 110, 115, 89, 114 if n < 30 else 90) for n in range(60)])
    found = measured(an_hour_long(), [], [later]).excursion.after_exit
    assert [(one.minutes, one.per_unit, one.r) for one in found] == [
        (15, D(4), D("0.4")),
        (60, D(-20), D(-2)),
    ]


def test_candles_that_arrive_later_are_waited_for_a_week() -> None:
    rig = Rig()
    trade = rig.measure.excursed(an_hour_long())
    assert unsettled(trade, AT + HOUR * 24)
    assert not unsettled(trade, AT + HOUR * 24 * 9)
    rig.candles.put(bars(minutes(0, 26 * 60)))
    told = rig.measure.excursed(trade)
    assert [one.minutes for one in told.excursion.after_exit] == [15, 60, 240, 1440]
    assert not unsettled(told, AT + HOUR * 24)


def ended(outcome: Outcome, mae_r: str, mfe_r: str, r: str) -> JournalTrade:
    trade = a_trade(status=Status.CLOSED, outcome=outcome)
    excursion = Excursion(
        mae=D(mae_r) * 500,
        mfe=D(mfe_r) * 500,
        mae_r=D(mae_r),
        mfe_r=D(mfe_r),
        given_back=(D(mfe_r) - D(r)) * 500,
        capture=D(r) / D(mfe_r),
    )
    return replace(trade, excursion=excursion, risk=replace(trade.risk, r=D(r)))


def test_readings_say_what_was_seen_of_enough_trades() -> None:
    trades = [ended(Outcome.WIN, f"0.{n}", "2", "1.5") for n in (1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2)]
    trades += [ended(Outcome.LOSS, "1", "1.2", "-1")] * 6
    trades += [ended(Outcome.LOSS, "1", "0.2", "-1")] * 4
    winners, losers, left, even = readings(trades)
    # 11 winners: the 90 % quantile is the tenth of them
    assert (winners.n, winners.figures["p90_mae_r"].value) == (11, 0.2)
    assert "more than half of the stop unused" in winners.text
    assert losers.figures["share_1r_ahead"].value == 0.6
    assert losers.text.startswith("60% of the losers had been at least 1 R ahead.")
    assert left.n == 21
    assert left.figures["median_capture"].value == 0.75
    assert (even.n, even.figures["share_1r_ahead"].reason) == (0, "NO_TRADES")
    assert even.text == "0 break-even trades with R: too few to say anything."
    assert len(winners.points) == 11


def test_holding_longer_is_summed_by_horizon() -> None:
    end = AT + HOUR
    later = bars([(end + n * MINUTE, 110, 115, 89, 114) for n in range(60)])
    trades = [measured(an_hour_long(), [], [later])] * 2
    by_minutes = {one.minutes: one for one in held_longer(trades)}
    assert (by_minutes[15].mean_r.value, by_minutes[15].better.value) == (0.4, 1.0)
    assert by_minutes[240].mean_r.n == 0
