"""Figures through the whole path: filters, account, trades."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest

from nightdesk.core.errors import Invalid
from nightdesk.core.ids import BotId, InstrumentId, TradeId, UserId
from nightdesk.journal.analytics import (
    ReadDistribution,
    ReadDrawdowns,
    ReadEquity,
    ReadMetrics,
    ReadRolling,
    Scope,
    Yearly,
)
from nightdesk.journal.benchmark import ReadHolding
from nightdesk.journal.book_stats import Played
from nightdesk.journal.grouping import Compare, ReadBreakdown, ReadCalendar, ReadExitAnalysis
from nightdesk.journal.looking import View
from nightdesk.journal.metric_measuring import MeasureMetric
from nightdesk.journal.ports.figures import AccountBot
from nightdesk.journal.ports.trades import By
from nightdesk.journal.saved_metric import (
    AMOUNTS,
    DAY_METRICS,
    METRICS,
    TRADE_METRICS,
    Basis,
    Unit,
    Window,
    spans,
)
from nightdesk.journal.tag import Category
from nightdesk.journal.trade import Excursion, Side, Status
from nightdesk.market.timeframe import Timeframe
from nightdesk.performance.benchmark import NAMES as AGAINST
from nightdesk.performance.day_metrics import FORMULAS
from nightdesk.performance.figure import Figure, missing
from nightdesk.performance.trade_metrics import NAMES
from nightdesk.trading.order import Mode
from tests.builders.journal_trades import bars
from tests.builders.writing import NOON, OTHER, OWNER, a_book, a_saved_metric, a_tag, played
from tests.fakes.clock import FakeClock
from tests.fakes.journal import FakeWrittenTrades
from tests.unit.journal.analytics.rig import BOT, DAY, HOUR, NOW, Rig, a_point, a_result, a_week

D = Decimal
LIVE = AccountBot(bot_id=BOT, mode=Mode.LIVE, quote="USDT")
PAPER = AccountBot(bot_id=BotId("bot_2"), mode=Mode.PAPER, quote="USDT")
MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)
EXCURSED = Excursion(
    mae=D(1), mfe=D(2), mae_r=D("0.1"), mfe_r=D("0.2"), given_back=D(1), capture=D("0.5")
)


@pytest.fixture
def rig() -> Rig:
    return Rig()


def metrics(rig: Rig) -> ReadMetrics:
    return ReadMetrics(rig.look, ReadHolding(rig.candles, ("binance", "kraken")))


def measure(rig: Rig) -> MeasureMetric:
    return MeasureMetric(metrics(rig), ReadBreakdown(rig.look, rig.books), FakeClock(NOW))


def a_year(rig: Rig, days: int = 40, bot: AccountBot | None = None) -> list[float]:
    """Let the account earn and lose, day by day; return the returns by hand."""
    rig.settled(NOON, 10_000, bot=bot)
    equity, returns = 10_000, [0.0]
    for place in range(1, days):
        change = 200 if place % 3 else -150
        returns.append(change / equity)
        equity += change
        rig.settled(NOON + DAY * place, equity, bot=bot)
    return returns


def test_an_empty_account_has_every_figure_with_its_reason(rig: Rig) -> None:
    found = metrics(rig)(rig.asked())
    assert set(found.days) == DAY_METRICS
    assert set(found.trades) == TRADE_METRICS
    assert found.days["sharpe"].reason == "NO_DAYS"
    assert found.trades["win_rate"].reason == "NO_TRADES"
    assert (found.trades["trade_count"].value, found.seen.counted.currency) == (0, None)


def test_the_names_of_saved_metrics_are_those_that_are_computed(rig: Rig) -> None:
    assert set(NAMES) == TRADE_METRICS
    assert {*FORMULAS, *AGAINST, "exposure", "turnover", "recovery_factor"} == DAY_METRICS
    rig.had(*a_week(5))
    assert set(metrics(rig)(rig.asked()).days) == DAY_METRICS


def test_day_metrics_are_of_the_account_and_trade_metrics_of_trades(rig: Rig) -> None:
    returns = np.array(a_year(rig))
    rig.had(*a_week(9))
    found = metrics(rig)(rig.asked(until=NOON + 39 * DAY + HOUR))
    assert found.counted_days == 40
    assert found.days["total_return"].value == pytest.approx(np.prod(1 + returns) - 1)
    sharpe = returns.mean() / returns.std(ddof=1) * np.sqrt(365)
    assert found.days["sharpe"].value == pytest.approx(sharpe)
    assert found.trades["net"].value == 6 * 20 - 3 * 10
    assert found.exact


def test_weeks_of_gains_and_a_deposit_have_no_fall_to_recover_from() -> None:
    chance = np.random.default_rng(7)
    for _ in range(100):
        rig, equity, paid = Rig(bots=[LIVE]), D(20_000), D(20_000)
        deposit = int(chance.integers(1, 7))
        for place, cents in enumerate(chance.integers(0, 2, 7) * chance.integers(1, 5_000, 7)):
            came = D(int(chance.integers(1, 10**8))) / 100 if place == deposit else D(0)
            equity, paid = equity + came + D(int(cents)) / 100, paid + came
            rig.equity.put([a_point(NOON + DAY * place, equity, paid, LIVE)])
        found = metrics(rig)(rig.asked(since=NOON - DAY, until=NOON + 6 * DAY + HOUR))
        assert found.days["recovery_factor"].reason == "NO_DRAWDOWN"


def test_a_deposit_is_no_gain(rig: Rig) -> None:
    rig.settled(NOON, 10_000)
    rig.settled(NOON + DAY, 10_100)
    rig.settled(NOON + 2 * DAY, 15_150, paid=15_000)  # 5,000 came in, 50 were earned before
    found = metrics(rig)(rig.asked(until=NOON + 2 * DAY + HOUR))
    assert found.days["total_return"].value == pytest.approx(1.01 * 10_150 / 10_100 - 1)
    curve = ReadEquity(rig.look)(rig.asked(until=NOON + 2 * DAY + HOUR), Scope.ACCOUNT)
    assert [point.flow for point in curve.points] == [10_000, 0, 5_000]
    assert [point.value for point in curve.points] == [10_000, 10_100, 15_150]


def test_what_a_retired_bot_had_left_the_account(rig: Rig) -> None:
    gone = AccountBot(
        bot_id=BotId("bot_2"), mode=Mode.LIVE, quote="USDT", retired_at=NOON + DAY + HOUR
    )
    rig.settled(NOON, 1_000)
    rig.settled(NOON, 500, paid=400, bot=gone)
    rig.settled(NOON + DAY, 600, paid=400, bot=gone)
    rig.settled(NOON + 2 * DAY, 1_000)
    curve = ReadEquity(rig.look)(rig.asked(until=NOON + 2 * DAY + HOUR), Scope.ACCOUNT)
    assert [point.value for point in curve.points] == [1_500, 1_000, 1_000]
    assert curve.points[1].flow == -600


def test_paper_and_live_bots_are_never_one_account_unasked(rig: Rig) -> None:
    rig.settled(NOON, 1_000, bot=PAPER)
    rig.settled(NOON, 70)
    asked = rig.asked(until=NOON + HOUR)
    both = rig.asked(until=NOON + HOUR, any_of={"mode": frozenset({"paper", "live"})})
    read = ReadEquity(rig.look)
    assert [point.value for point in read(asked, Scope.ACCOUNT).points] == [70]
    assert [point.value for point in read(both, Scope.ACCOUNT).points] == [1_070]


def test_live_trades_are_no_part_of_what_bots_have_on_paper(rig: Rig) -> None:
    a_year(rig, bot=PAPER)
    rig.had(*a_week(9, mode=Mode.LIVE))
    until = NOON + 39 * DAY + HOUR
    found = metrics(rig)(rig.asked(until=until))
    assert found.account.modes == (Mode.PAPER,)
    assert found.counted_days == 40
    assert found.seen.counted.modes == (Mode.LIVE,)
    for one in (found.days["turnover"], found.trades["trade_max_drawdown_pct"]):
        assert (one.value, one.reason) == (None, "NO_CAPITAL")
    percent = metrics(rig)(rig.asked(until=until, view=View(unit=Unit.PERCENT)))
    assert (percent.trades["net"].value, percent.trades["net"].reason) == (None, "NO_CAPITAL")
    kept = a_saved_metric(metric="trade_max_drawdown_pct", unit=Unit.PERCENT)
    measured = measure(rig)(OWNER, kept, (NOON, until)).figure
    assert (measured.value, measured.reason) == (None, "NO_CAPITAL")


def test_live_trades_are_a_part_of_what_live_bots_have(rig: Rig) -> None:
    a_year(rig, bot=PAPER)
    rig.settled(NOON - HOUR, 50, 50)
    rig.had(*a_week(3, mode=Mode.LIVE))  # 20, 40, 30: down 10 from 90
    found = metrics(rig)(rig.asked(until=NOON + DAY, view=View(unit=Unit.PERCENT)))
    assert found.trades["net"].value == pytest.approx(60)
    assert found.trades["trade_max_drawdown_pct"].value == pytest.approx(-10 / 90)


def test_trades_on_paper_are_a_part_of_paper_beside_a_live_bot(rig: Rig) -> None:
    rig.settled(NOON - HOUR, 1_000, 1_000, bot=PAPER)
    rig.settled(NOON - HOUR, 50, 50)
    rig.had(*a_week(3, mode=Mode.PAPER))
    found = metrics(rig)(rig.asked(until=NOON + DAY, view=View(unit=Unit.PERCENT)))
    assert found.account.modes == (Mode.LIVE,)
    assert found.trades["net"].value == pytest.approx(3)


def test_bots_in_another_currency_are_left_out_by_name(rig: Rig) -> None:
    rig.settled(NOON, 1_000)
    rig.settled(NOON, 70, bot=AccountBot(bot_id=BotId("bot_2"), mode=Mode.LIVE, quote="EUR"))
    account = ReadEquity(rig.look)(rig.asked(until=NOON + HOUR), Scope.ACCOUNT).account
    assert account is not None
    assert (account.currency, account.left_out) == ("USDT", ("EUR",))


def test_days_before_the_span_are_what_it_starts_from(rig: Rig) -> None:
    a_year(rig, 10)
    asked = rig.asked(since=NOON + 5 * DAY - 12 * HOUR, until=NOON + 9 * DAY + HOUR)
    found = metrics(rig)(asked)
    before = 10_000 + 200 + 200 - 150 + 200
    after = before + 200 - 150 + 200 + 200 - 150
    assert found.days["total_return"].value == pytest.approx(after / before - 1)


def test_holding_is_told_from_stored_candles(rig: Rig) -> None:
    returns = np.array(a_year(rig))
    closes = 100 * np.cumprod(1 + 2 * returns)
    rows = [(NOON - DAY, 100.0, 100.0, 100.0, 100.0)] + [
        (NOON + DAY * place, price, price, price, price) for place, price in enumerate(closes)
    ]
    rig.candles.put(bars(rows, Timeframe.H1, InstrumentId("BTC/USDT@kraken")))
    found = metrics(rig)(rig.asked(until=NOON + 39 * DAY + HOUR))
    assert found.benchmark == "BTC/USDT@kraken"
    assert found.days["beta"].value == pytest.approx(0.5)
    assert found.days["correlation"].value == pytest.approx(1)
    other = metrics(rig)(rig.asked(), benchmark=InstrumentId("ETH/USD@kraken"))
    assert (other.benchmark, other.days["beta"].reason) == ("ETH/USD@kraken", "NO_CANDLES")


def test_without_candles_of_any_market_holding_says_so(rig: Rig) -> None:
    a_year(rig)
    found = metrics(rig)(rig.asked(until=NOON + 39 * DAY + HOUR))
    assert found.counted_days == 40
    assert found.benchmark == "BTC/USDT@binance"
    assert {found.days[name].reason for name in AGAINST} == {"NO_CANDLES"}
    nowhere = ReadMetrics(rig.look, ReadHolding(rig.candles, ()))(rig.asked())
    assert (nowhere.benchmark, nowhere.days["beta"].reason) == (None, "NO_CANDLES")


def test_holding_is_told_from_daily_candles_where_there_are_no_hourly_ones(rig: Rig) -> None:
    returns = np.array(a_year(rig))
    closes = 100 * np.cumprod(1 + 2 * returns)
    midnight = NOON.replace(hour=0)
    rows = [(midnight - DAY, 100.0, 100.0, 100.0, 100.0)] + [
        (midnight + DAY * place, price, price, price, price) for place, price in enumerate(closes)
    ]
    rig.candles.put(bars(rows, Timeframe.D1, InstrumentId("BTC/USD@binance")))
    found = metrics(rig)(rig.asked(until=NOON + 39 * DAY + HOUR))
    assert found.benchmark == "BTC/USD@binance"
    assert found.days["beta"].value == pytest.approx(0.5)


def test_a_risk_free_rate_counts_by_day(rig: Rig) -> None:
    returns = np.array(a_year(rig))
    asked = rig.asked(until=NOON + 39 * DAY + HOUR)
    found = metrics(rig)(asked, yearly=Yearly(rf=0.03))
    daily = 1.03 ** (1 / 365) - 1
    sharpe = (returns.mean() - daily) / returns.std(ddof=1) * np.sqrt(365)
    assert found.days["sharpe"].value == pytest.approx(sharpe)


def test_drawdowns_of_the_account_are_shares_by_day(rig: Rig) -> None:
    for place, equity in enumerate((1_000, 900, 950, 1_000, 800)):
        rig.settled(NOON + DAY * place, equity, paid=1_000)
    found = ReadDrawdowns(rig.look)(rig.asked(until=NOON + 4 * DAY + HOUR), Scope.ACCOUNT)
    assert [round(one.depth, 6) for one in found.by_day] == [-0.1, -0.2]
    assert found.open is found.by_day[-1]


def test_drawdowns_of_trades_are_falls_of_money_by_close(rig: Rig) -> None:
    results = ["-5", "10", "-3", "-4", "8", "-1"]
    rig.had(
        *(
            played(a_result(f"jt_{n}", net, opened_at=NOON + DAY * n, closed_at=NOON + DAY * n))
            for n, net in enumerate(results)
        )
    )
    falls = ReadDrawdowns(rig.look)(rig.asked(), Scope.TRADES).by_trade
    # 0, -5, 5, 2, -2, 6, 5
    assert [(one.depth, one.peak, one.trough, one.recovered) for one in falls] == [
        (-5, None, NOON, NOON + DAY),
        (-7, NOON + DAY, NOON + 3 * DAY, NOON + 4 * DAY),
        (-1, NOON + 4 * DAY, NOON + 5 * DAY, None),
    ]
    assert (
        min(one.depth for one in falls)
        == metrics(rig)(rig.asked()).trades["trade_max_drawdown"].value
    )


def test_the_curve_of_trades_is_cumulative_money_and_r(rig: Rig) -> None:
    rig.had(*a_week(4))
    curve = ReadEquity(rig.look)(rig.asked(), Scope.TRADES)
    assert [point.value for point in curve.points] == [20, 40, 30, 50]
    assert [point.value for point in curve.r] == [2, 4, 3, 5]
    assert curve.account is None


def test_a_long_curve_keeps_its_extremes(rig: Rig) -> None:
    rig.had(*a_week(5_000))
    asked = rig.asked(until=NOON + 5 * HOUR * 5_001)
    curve = ReadEquity(rig.look)(replace(asked, now=NOON + 2_000 * DAY), Scope.TRADES)
    assert len(curve.points) <= 2_000
    assert curve.points[-1].value == 20 * 3_334 - 10 * 1_666


def test_a_month_has_all_its_days_by_close_on_the_owners_clock() -> None:
    rig = Rig(zone="Europe/Vienna")
    late = datetime.fromisoformat("2025-03-30T22:30:00+00:00")  # the 31st in Vienna, by then summer
    rig.had(played(a_result("jt_1", "20", opened_at=late - HOUR, closed_at=late)))
    found = ReadCalendar(rig.look)(rig.asked(), date(2025, 3, 9))
    assert (found.month, len(found.days)) == ("2025-03", 31)
    assert [one.day.day for one in found.days if one.figures["n"].value] == [31]
    assert found.total["net"].value == 20
    assert ReadCalendar(rig.look)(rig.asked(), date(2025, 4, 1)).total["n"].value == 0


def test_a_day_whose_trades_have_no_known_amount_is_not_a_day_of_0(rig: Rig) -> None:
    none = a_result("jt_1", "20")
    money = replace(none.money, net=None, fees=None, net_account=None, fees_account=None)
    rig.had(played(replace(none, money=money, outcome=None)))
    days = {one.day: one.figures for one in ReadCalendar(rig.look)(rig.asked(), NOON.date()).days}
    there, idle = days.pop(NOON.date()), days[date(2025, 3, 6)]
    assert there["n"].value == 0
    for name in ("net", "net_r", "win_rate", "expectancy", "share_of_net"):
        assert there[name] == missing("FEE_PRICE_MISSING", 0)
    assert (idle["net"].value, idle["win_rate"].reason) == (0, "NO_TRADES")


@pytest.mark.parametrize("basis", Basis)
def test_in_r_without_a_stop_there_is_no_figure_and_not_0(rig: Rig, basis: Basis) -> None:
    bare = [a_result(f"jt_{n}", "20") for n in range(3)]
    none = [replace(one, risk=replace(one.risk, r=None, initial_risk=None)) for one in bare]
    rig.had(*map(played, none))
    asked = rig.asked(view=View(unit=Unit.R, basis=basis))
    found = metrics(rig)(asked)
    assert found.seen.counted.reason == "NO_STOP"
    assert set(found.trades.values()) == {missing("NO_STOP", 0)}
    _, rows = ReadBreakdown(rig.look, rig.books)(asked, "hour")
    assert set(rows.total.values()) == {missing("NO_STOP", 0)}
    _, spread = ReadDistribution(rig.look)(asked)
    assert set(spread.quantiles.values()) == {missing("NO_STOP", 0)}


def test_without_capital_percent_of_a_spread_says_so(rig: Rig) -> None:
    rig.had(*a_week(3))
    _, spread = ReadDistribution(rig.look)(rig.asked(view=View(unit=Unit.PERCENT)))
    assert set(spread.quantiles.values()) == {missing("NO_CAPITAL", 0)}


@pytest.mark.parametrize("unit", [Unit.MONEY, Unit.R])
def test_before_costs_without_a_known_fee_there_is_no_figure_and_not_0(
    rig: Rig, unit: Unit
) -> None:
    none = a_result("jt_1", "20")
    money = replace(none.money, net=None, fees=None, net_account=None, fees_account=None)
    lost = replace(none, money=money, outcome=None, risk=replace(none.risk, r=None))
    rig.had(played(lost))
    found = metrics(rig)(rig.asked(view=View(unit=unit, basis=Basis.GROSS)))
    assert found.trades["net"] == missing("FEE_PRICE_MISSING", 0)


def test_moving_figures_begin_with_the_first_full_window(rig: Rig) -> None:
    rig.had(*a_week(9))
    _, _, points = ReadRolling(rig.look)(rig.asked(), "win_rate", 6)
    assert [point.value for point in points] == [pytest.approx(2 / 3)] * 4
    _, _, factors = ReadRolling(rig.look)(rig.asked(), "profit_factor", 6)
    assert factors[0].value == pytest.approx(80 / 20)
    _, _, means = ReadRolling(rig.look)(rig.asked(), "expectancy_r", 6)
    assert means[0].value == pytest.approx(1)


def test_a_moving_figure_without_a_value_is_a_gap(rig: Rig) -> None:
    rig.had(*(played(a_result(f"jt_{n}", "5")) for n in range(6)))
    _, _, points = ReadRolling(rig.look)(rig.asked(), "profit_factor", 5)
    assert [point.value for point in points] == [None, None]


def test_the_lowest_point_beside_a_gap_stays_on_a_long_curve(rig: Rig) -> None:
    # a window of five wins has no profit factor; the one after it has a loss of 90 beside 80
    nets = ["-10" if n % 3 == 2 else "20" for n in range(2_500)]
    nets[1_201:1_208] = [*["20"] * 5, "-90", "2000"]
    moments = [NOON + HOUR / 4 * n for n in range(2_500)]
    trades = zip(moments, nets, strict=True)
    rig.had(
        *(
            played(a_result(f"jt_{n:04d}", net, opened_at=at, closed_at=at + MINUTE))
            for n, (at, net) in enumerate(trades)
        )
    )
    _, _, points = ReadRolling(rig.look)(rig.asked(), "profit_factor", 5)
    assert len(points) <= 2_000
    factors = [one.value for one in points if one.value is not None]
    assert min(factors) == pytest.approx(80 / 90)


def test_the_rolling_sharpe_is_of_days(rig: Rig) -> None:
    returns = np.array(a_year(rig))
    _, account, points = ReadRolling(rig.look)(
        rig.asked(until=NOON + 39 * DAY + HOUR), "sharpe", 30
    )
    assert account is not None
    last = returns[-30:]
    assert points[-1].value == pytest.approx(last.mean() / last.std(ddof=1) * np.sqrt(365))


@pytest.mark.parametrize(("of", "window"), [("sharpe", 31), ("win_rate", 4), ("win_rate", 501)])
def test_a_window_has_bounds(rig: Rig, of: str, window: int) -> None:
    with pytest.raises(Invalid) as refused:
        ReadRolling(rig.look)(rig.asked(), of, window)
    assert (refused.value.code, refused.value.field) == ("OUT_OF_RANGE", "window")


def test_r_is_spread_by_half_r(rig: Rig) -> None:
    rig.had(*a_week(9))
    _, spread = ReadDistribution(rig.look)(rig.asked())
    assert spread.bins == ((-1.0, 3), (2.0, 6))
    assert spread.quantiles["p50"].value == 2


def test_filters_hold_together_and_a_merged_tag_counts_as_what_it_became(rig: Rig) -> None:
    rig.tags.kept[OWNER, "old"] = a_tag(id="old", name="Old", merged_into="tag_1", version=1)
    rig.tags.kept[OWNER, "tag_1"] = a_tag(version=1)
    one = played(a_result("jt_1", "20"), tags=("old",))
    two = played(a_result("jt_2", "-9"), tags=("old",))
    rig.had(one, two, played(a_result("jt_3", "7")))
    asked = rig.asked(any_of={"tag": frozenset({"tag_1"})}, min_r=D(0))
    assert [one.trade.id for one in rig.look(asked).counted.played] == ["jt_1"]


def test_another_break_even_mark_leaves_trades_what_they_were_built_as(rig: Rig) -> None:
    rig.had(*a_week(9), played(a_result("jt_1", "3")), played(a_result("jt_2", "-3")))
    before = metrics(rig)(rig.asked()).trades
    mark = replace(rig.preferences(OWNER, NOW), breakeven_r=D("0.5"))
    rig.preferences.store.save(mark)
    assert metrics(rig)(rig.asked()).trades == before
    even = rig.asked(any_of={"outcome": frozenset({"breakeven"})})
    assert metrics(rig)(even).trades["trade_count"].value == 0


def test_another_traders_figures_are_their_own(rig: Rig) -> None:
    rig.had(*a_week(3))
    a_year(rig, 3)
    found = metrics(rig)(rig.asked(owner=OTHER))
    assert (found.trades["trade_count"].value, found.account.days) == (0, ())


@pytest.mark.parametrize("unit", Unit)
@pytest.mark.parametrize("basis", Basis)
def test_units_and_bases_have_one_shape(rig: Rig, unit: Unit, basis: Basis) -> None:
    rig.had(*a_week(6))
    found = metrics(rig)(rig.asked(view=View(unit=unit, basis=basis)))
    assert set(found.trades) == TRADE_METRICS
    if unit is Unit.PERCENT:
        assert {one.reason for one in found.trades.values()} == {"NO_CAPITAL"}
    else:
        assert found.trades["net"].value == {Unit.MONEY: 60, Unit.R: 6}[unit]


def test_percent_is_of_the_accounts_capital(rig: Rig) -> None:
    rig.settled(NOON, 1_000, paid=1_000)
    rig.had(*a_week(6))
    found = metrics(rig)(rig.asked(view=View(unit=Unit.PERCENT)))
    assert found.trades["net"].value == pytest.approx(6)


@pytest.mark.parametrize("unit", Unit)
@pytest.mark.parametrize("basis", Basis)
def test_exposure_and_turnover_are_the_same_in_whatever_trades_are_shown(
    rig: Rig, unit: Unit, basis: Basis
) -> None:
    rig.settled(NOON, 200)
    rig.settled(NOON + DAY, 200)
    trade = a_result("jt_1", "20", opened_at=NOON, closed_at=NOON + 12 * HOUR)
    without = replace(trade, id=TradeId("jt_2"), risk=replace(trade.risk, r=None))
    rig.had(played(trade), played(without))
    asked = rig.asked(view=View(unit=unit, basis=basis), since=NOON, until=NOON + DAY)
    days = metrics(rig)(asked).days
    assert days["exposure"].value == 0.5
    worth = 2 * float(trade.quantity.avg_entry * trade.quantity.qty_entered)
    assert days["turnover"].value == pytest.approx(worth / 200)


def test_a_position_that_is_open_is_exposed_until_now(rig: Rig) -> None:
    rig.settled(NOON, 200)
    ended = a_result("jt_1", "20", opened_at=NOW - 10 * HOUR, closed_at=NOW - 9 * HOUR)
    since = NOW - 2 * HOUR
    still = replace(a_result("jt_2", "0", opened_at=since), status=Status.OPEN, closed_at=None)
    rig.had(
        played(ended), played(still), played(replace(still, id=TradeId("jt_3"), mode=Mode.LIVE))
    )
    asked = rig.asked(since=NOW - 10 * HOUR, until=NOW, any_of={"mode": frozenset({ended.mode})})
    assert metrics(rig)(asked).days["exposure"].value == pytest.approx(0.3)
    before = rig.asked(
        since=NOW - 10 * HOUR, until=NOW - 5 * HOUR, any_of={"mode": frozenset({ended.mode})}
    )
    assert metrics(rig)(before).days["exposure"].value == pytest.approx(0.2)


def a_hold(name: str, opened: int, closed: int | None) -> Played:
    """Return a trade on paper from one hour of the day before now to another, or open still."""
    trade = a_result(name, "20", mode=Mode.PAPER, opened_at=NOW - DAY + HOUR * opened)
    if closed is None:
        return played(replace(trade, status=Status.OPEN, closed_at=None))
    return played(replace(trade, closed_at=NOW - DAY + HOUR * closed))


@pytest.mark.parametrize("by", By)
@pytest.mark.parametrize("closes", [None, 5, 4])
def test_a_position_that_closed_after_the_period_was_open_in_it(
    rig: Rig, by: By, closes: int | None
) -> None:
    rig.settled(NOON, 200)
    rig.had(a_hold("jt_1", 3, closes), a_hold("jt_2", -2, 1), a_hold("jt_3", 6, 7))
    asked = rig.asked(since=NOW - DAY, until=NOW - DAY + 4 * HOUR, by=by)
    found = metrics(rig)(asked).days["exposure"]
    assert (found.value, found.n) == (0.5, 2)


def test_a_position_that_was_open_all_through_a_period_is_its_exposure(rig: Rig) -> None:
    rig.had(a_hold("jt_1", 0, 20))
    asked = rig.asked(since=NOW - DAY + HOUR, until=NOW - DAY + 2 * HOUR)
    assert metrics(rig)(asked).days["exposure"].value == 1
    none = replace(asked, filters=replace(asked.filters, any_of={"side": frozenset({"short"})}))
    assert metrics(rig)(none).days["exposure"].value == 0
    live = replace(asked, filters=replace(asked.filters, any_of={"mode": frozenset({"live"})}))
    assert metrics(rig)(live).days["exposure"].value == 0


def test_a_period_up_to_now_reads_its_trades_once(rig: Rig) -> None:
    rig.had(a_hold("jt_1", 0, 20))
    asked = []

    class Watched(FakeWrittenTrades):
        def closed(self, owner: UserId, since: datetime, until: datetime) -> Sequence[Played]:
            asked.append((since, until))
            return super().closed(owner, since, until)

    rig.trades = Watched(rig.trades.kept)
    metrics(rig)(rig.asked(since=NOW - DAY))
    metrics(rig)(rig.asked(since=NOW - DAY, until=NOW + DAY))
    assert asked == [(NOW - DAY, NOW), (NOW - DAY, NOW + DAY)]


def test_an_account_in_other_money_than_the_trades_is_no_capital_of_theirs(rig: Rig) -> None:
    rig.settled(NOON, 200, bot=AccountBot(bot_id=BOT, mode=Mode.PAPER, quote="EUR"))
    rig.had(played(a_result("jt_1", "20")))
    found = metrics(rig)(rig.asked())
    assert (found.seen.counted.currency, found.account.currency) == ("USDT", "EUR")
    assert found.days["turnover"].reason == "NO_CAPITAL"
    assert found.trades["trade_max_drawdown_pct"].reason == "NO_CAPITAL"
    shown = metrics(rig)(rig.asked(view=View(unit=Unit.PERCENT)))
    assert shown.trades["net"].reason == "NO_CAPITAL"


def test_a_coin_and_what_it_is_pegged_to_are_the_same_money(rig: Rig) -> None:
    rig.settled(NOON, 200, bot=AccountBot(bot_id=BOT, mode=Mode.LIVE, quote="USD"))
    rig.had(played(a_result("jt_1", "20")))
    found = metrics(rig)(rig.asked(view=View(unit=Unit.PERCENT)))
    assert found.trades["net"].value is not None


def test_a_rule_is_judged_by_the_version_that_a_trade_kept(rig: Rig) -> None:
    rig.books.put(a_book(), None)
    kept = played(
        a_result("jt_1", "20"),
        playbook_id="book_1",
        playbook_version=1,
        checklist={"wait": "kept"},
    )
    rig.had(kept)
    _, found = ReadBreakdown(rig.look, rig.books)(rig.asked(), "rule")
    assert [row.name for row in found.rows] == ["Wait for the close.: kept"]


def test_tags_of_the_owner_name_rows(rig: Rig) -> None:
    rig.tags.kept[OWNER, "slip"] = a_tag(
        id="slip", name="Slip", category=Category.MISTAKE, version=1
    )
    rig.had(played(a_result("jt_1", "20"), tags=("slip",)))
    _, found = ReadBreakdown(rig.look, rig.books)(rig.asked(), "mistake")
    assert [row.name for row in found.rows] == ["Slip"]


def test_two_selections_differ_with_an_interval(rig: Rig) -> None:
    rig.had(*a_week(60))
    a = rig.asked(any_of={"outcome": frozenset({"win"})})
    b = rig.asked()
    found = Compare(rig.look)(a, b)
    assert (found.shared, found.metrics_a["trade_count"].value) == (40, 40)
    assert found.differences["win_rate"].value == pytest.approx(1 / 3)
    assert found.differences["expectancy"].value == pytest.approx(10)
    assert found.differences["expectancy"].interval is not None


def test_two_selections_count_the_same_mode(rig: Rig) -> None:
    live, paper = a_result("jt_1", "20"), a_result("jt_2", "5", mode=Mode.PAPER, base="ETH")
    rig.had(played(live), played(paper))
    a = rig.asked(until=NOON)  # nothing at all
    found = Compare(rig.look)(a, rig.asked())
    assert (found.a.counted.modes, found.b.counted.modes) == ((Mode.LIVE,), (Mode.LIVE,))


def in_quote(one: Played, quote: str) -> Played:
    """Return a trade with amounts in another quote currency alone."""
    money = replace(one.trade.money, net_account=None, gross_account=None, fees_account=None)
    return played(replace(one.trade, quote=quote, money=money))


@pytest.mark.parametrize("unit", Unit)
def test_amounts_in_two_currencies_have_no_difference(rig: Rig, unit: Unit) -> None:
    rig.settled(NOON - HOUR, 1_000, 1_000)
    rig.had(*a_week(6), *(in_quote(one, "JPY") for one in a_week(6, side=Side.SHORT)))
    view = View(unit=unit)
    a, b = (rig.asked(any_of={"side": frozenset({side})}, view=view) for side in Side)
    found = Compare(rig.look)(a, b)
    assert (found.a.counted.currency, found.b.counted.currency) == ("USDT", "JPY")
    if unit is Unit.MONEY:
        assert found.differences["expectancy"] == missing("OTHER_CURRENCY", 6)
    if unit is Unit.PERCENT:
        assert found.differences["expectancy"].reason == "NO_CAPITAL"
    if unit is not Unit.PERCENT:
        assert found.differences["win_rate"].value == 0
        assert found.differences["expectancy_r"].value == 0


def test_amounts_in_a_coin_and_in_what_it_is_pegged_to_have_a_difference(rig: Rig) -> None:
    rig.had(*a_week(6), *(in_quote(one, "USD") for one in a_week(6, side=Side.SHORT)))
    a, b = (rig.asked(any_of={"side": frozenset({side})}) for side in Side)
    assert Compare(rig.look)(a, b).differences["expectancy"].value == 0


def test_percent_without_capital_is_nowhere_a_sum_of_nothing(rig: Rig) -> None:
    rig.had(*a_week(6))
    asked = rig.asked(view=View(unit=Unit.PERCENT))
    compared = Compare(rig.look)(asked, asked)
    month = ReadCalendar(rig.look)(asked, NOON.date())
    _, broken = ReadBreakdown(rig.look, rig.books)(asked, "side")
    for figures in (
        *(compared.metrics_a, compared.metrics_b, compared.differences, broken.total),
        *(month.total, *(day.figures for day in month.days)),
    ):
        assert {(one.value, one.reason) for one in figures.values()} == {(None, "NO_CAPITAL")}


def test_exits_have_four_readings(rig: Rig) -> None:
    rig.had(*a_week(3))
    _, read, longer = ReadExitAnalysis(rig.look)(rig.asked())
    assert (len(read), [one.minutes for one in longer]) == (4, [15, 60, 240, 1_440])


def test_charts_of_many_trades_are_bounded_and_their_figures_are_of_all(rig: Rig) -> None:
    many = [
        played(
            a_result(
                f"jt_{n:05d}",
                "-10" if n % 2 else "11",
                opened_at=NOON + MINUTE * n,
                closed_at=NOON + MINUTE * n + SECOND,
            )
        )
        for n in range(4_400)
    ]
    shown = [replace(one, trade=replace(one.trade, excursion=EXCURSED)) for one in many]
    rig.had(*shown)
    drawn = ReadDrawdowns(rig.look)(rig.asked(), Scope.TRADES)
    assert len(drawn.by_trade) == 2_000
    assert drawn.by_trade[0].trough < drawn.by_trade[-1].trough
    _, readings, _ = ReadExitAnalysis(rig.look)(rig.asked())
    winners, losers, left, _ = readings
    assert [(one.n, len(one.points)) for one in (winners, losers, left)] == [
        (2_200, 2_000),
        (2_200, 2_000),
        (4_400, 2_000),
    ]
    assert (winners.points[0].trade_id, winners.points[-1].trade_id) == ("jt_00000", "jt_04398")
    assert len({one.trade_id for one in left.points}) == 2_000


def test_a_map_of_too_many_cells_is_refused(rig: Rig) -> None:
    rig.had(
        *(
            played(
                a_result(
                    f"jt_{n:05d}",
                    "10",
                    opened_at=NOON - HOUR * 4 * n,
                    closed_at=NOON - HOUR * 4 * n + MINUTE,
                )
            )
            for n in range(2_001)
        )
    )
    read = ReadBreakdown(rig.look, rig.books)
    with pytest.raises(Invalid) as refused:
        read.map(rig.asked(), "day", "hour")
    assert refused.value.code == "OUT_OF_RANGE"
    assert len(read.map(rig.asked(), "weekday", "hour")[1].cells) == 42


def test_a_change_of_zone_within_the_span_is_a_line(rig: Rig) -> None:
    rig.preferences(OWNER, NOON)
    rig.zone = "Asia/Tokyo"
    rig.preferences(OWNER, NOON)
    rig.had(*a_week(3))
    seen = rig.look(rig.asked())
    assert [(one.zone, one.since is not None) for one in seen.lines] == [("Asia/Tokyo", True)]
    assert rig.look(rig.asked(until=NOON)).lines == ()


@pytest.mark.parametrize(
    ("since", "until"),
    [(NOON, NOON), (NOON, NOON - DAY), (NOW + DAY, None), (NOON - timedelta(days=4_000), NOON)],
)
def test_a_range_has_bounds(rig: Rig, since: datetime, until: datetime | None) -> None:
    with pytest.raises(Invalid) as refused:
        rig.look(rig.asked(since=since, until=until))
    assert refused.value.code == "BAD_RANGE"


@pytest.mark.parametrize("name", sorted(METRICS))
def test_every_saved_metric_is_measured(rig: Rig, name: str) -> None:
    metric = a_saved_metric(metric=name, window=Window.ALL)
    present, _ = spans(metric.window, rig.look(rig.asked()).place, NOW)
    found = measure(rig)(OWNER, metric, present)
    assert (found.figure.n, found.groups) == (0, ())


TWO_WEEKS = ((NOON + 7 * DAY, NOON + 14 * DAY), (NOON, NOON + 7 * DAY))


def later(one: Played, quote: str = "USDT") -> Played:
    """Return a trade a week later under another name."""
    trade = one.trade
    moved = replace(
        trade,
        id=TradeId(f"{trade.id}_later"),
        opened_at=trade.opened_at + 7 * DAY,
        closed_at=trade.opened_at + 7 * DAY + HOUR,
    )
    return played(moved) if quote == "USDT" else in_quote(played(moved), quote)


@pytest.mark.parametrize("live_first", [True, False])
@pytest.mark.parametrize("unit", [Unit.MONEY, Unit.R])
def test_a_saved_metric_counts_one_mode_in_both_windows(
    rig: Rig, unit: Unit, live_first: bool
) -> None:
    first, second = (Mode.LIVE, Mode.PAPER) if live_first else (Mode.PAPER, Mode.LIVE)
    rig.had(*a_week(3, mode=first), *map(later, a_week(6, mode=second)))
    metric = a_saved_metric(metric="trade_count", unit=unit, breakdown="side")
    found = measure(rig)(OWNER, metric, *TWO_WEEKS)
    assert found.previous is not None
    assert found.modes == (Mode.LIVE,)
    assert (found.figure.n, found.previous.n) == ((0, 3) if live_first else (6, 0))
    assert sum(one.figure.n for one in found.groups) == found.figure.n
    both = measure(rig)(OWNER, replace(metric, filters={"mode": ("live", "paper")}), *TWO_WEEKS)
    assert both.previous is not None
    assert (both.modes, both.figure.n, both.previous.n) == ((Mode.LIVE, Mode.PAPER), 6, 3)


def test_a_saved_metric_names_the_mode_and_currency_that_are_there(rig: Rig) -> None:
    rig.had(*a_week(3, mode=Mode.PAPER))
    metric = a_saved_metric(metric="net")
    found = measure(rig)(OWNER, metric, *TWO_WEEKS)
    assert (found.modes, found.currency, found.figure.value) == ((Mode.PAPER,), None, 0)
    assert found.previous is not None
    assert found.previous.value == 30
    alone = measure(rig)(OWNER, metric, TWO_WEEKS[1])
    assert (alone.modes, alone.currency, alone.previous) == ((Mode.PAPER,), "USDT", None)


def test_a_saved_metric_of_the_account_counts_one_mode_in_both_windows(rig: Rig) -> None:
    retired = AccountBot(bot_id=BOT, mode=Mode.LIVE, quote="USDT", retired_at=NOON + 7 * DAY - HOUR)
    rig.settled(NOON, 1_000, 1_000, bot=retired)
    rig.settled(NOON + DAY, 1_100, 1_000, bot=retired)
    for place in range(14):
        rig.settled(NOON + place * DAY, 500 + place, 500, bot=PAPER)
    metric = a_saved_metric(metric="total_return")
    found = measure(rig)(OWNER, metric, *TWO_WEEKS)
    assert found.previous is not None
    assert (found.modes, found.figure.reason) == ((Mode.LIVE,), "NO_DAYS")
    assert found.previous.value == pytest.approx(0.1)
    paper = measure(rig)(OWNER, replace(metric, filters={"mode": ("paper",)}), *TWO_WEEKS)
    assert (paper.modes, paper.currency) == ((Mode.PAPER,), "USDT")
    assert paper.figure.value == pytest.approx(513 / 506 - 1)


@pytest.mark.parametrize("quote", ["JPY", "USD"])
@pytest.mark.parametrize("unit", [Unit.MONEY, Unit.R])
@pytest.mark.parametrize("name", ["net", "win_rate", "profit_factor"])
def test_amounts_of_the_window_before_are_in_the_same_currency(
    rig: Rig, name: str, unit: Unit, quote: str
) -> None:
    rig.had(*a_week(3), *(later(one, quote) for one in a_week(3)))
    metric = a_saved_metric(metric=name, unit=unit)
    found = measure(rig)(OWNER, metric, *TWO_WEEKS)
    assert found.currency == quote
    assert found.previous is not None
    if (name, unit, quote) == ("net", Unit.MONEY, "JPY"):
        assert found.previous == missing("OTHER_CURRENCY", 3)
    else:
        assert found.previous.value == found.figure.value


def test_amounts_of_saved_metrics_are_those_that_another_rate_changes() -> None:
    found = []
    for rate in (1, 8):
        rig = Rig()
        for one in a_week(60):
            gross = D(rate) * one.trade.money.gross
            paid = {"net_account": gross - rate, "fees_account": D(2 * rate)}
            money = replace(one.trade.money, gross_account=gross, **paid)
            rig.had(played(replace(one.trade, money=money)))
        found.append(metrics(rig)(rig.asked()).trades)
    small, large = found
    assert {name for name in small if small[name].value != large[name].value} == AMOUNTS


def test_a_saved_metric_has_its_filters(rig: Rig) -> None:
    rig.had(*a_week(9))
    filters = {"outcome": ("win",), "min_r": ("1.5",), "mode": ("live",), "by": ("opened",)}
    metric = a_saved_metric(metric="net", filters=filters, unit=Unit.R)
    assert measure(rig)(OWNER, metric, (NOON, NOON + 6 * HOUR)).figure.value == 4


def test_a_saved_metric_is_shown_by_the_groups_of_its_breakdown(rig: Rig) -> None:
    rig.had(*a_week(9))  # five hours apart from noon on: 20, 20, -10, and so on
    rig.had(played(a_result("jt_x", "5", opened_at=NOON, closed_at=NOON + HOUR), setup_id="gap"))
    span = (NOON - DAY, NOON + 3 * DAY)
    metric = a_saved_metric(metric="win_rate", breakdown="setup")
    found = measure(rig)(OWNER, metric, span)
    assert found.figure == Figure(value=0.7, n=10, interval=found.figure.interval)
    assert [(one.key, one.figure.value, one.figure.n) for one in found.groups] == [
        ("unknown", 6 / 9, 9),
        ("gap", 1.0, 1),
    ]
    assert [one.thin for one in found.groups] == [True, True]

    net = a_saved_metric(metric="net", breakdown="tag", unit=Unit.R)
    rig.trades.kept.clear()
    one, two = a_result("jt_1", "20"), a_result("jt_2", "-10", opened_at=NOON + HOUR)
    rig.had(played(one, tags=("range", "gap")), played(two, tags=("range",)))
    groups = measure(rig)(OWNER, net, span).groups
    assert [(one.name, one.figure.value) for one in groups] == [("gap", 2.0), ("range", 1.0)]


def test_groups_of_a_saved_metric_are_bounded(rig: Rig) -> None:
    rig.had(*a_week(120))
    metric = a_saved_metric(metric="trade_count", breakdown="hour_weekday")
    found = measure(rig)(OWNER, metric, (NOON - DAY, NOON + 60 * DAY))
    moments = {(at.weekday(), at.hour) for at in (NOON + 5 * HOUR * n for n in range(120))}
    assert (len(found.groups), found.hidden) == (50, len(moments) - 50)


def test_a_saved_metric_of_the_account_has_no_groups(rig: Rig) -> None:
    rig.had(*a_week(9))
    for name in ("sharpe", "trade_max_drawdown_pct"):
        metric = a_saved_metric(metric=name, breakdown="setup")
        assert measure(rig)(OWNER, metric, (NOON - DAY, NOON + 3 * DAY)).groups == ()
