"""Rules beyond the worked cases: boundaries, what is unknown, and what a finding must carry."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightdesk.journal.behaviour.bars import Bars
from nightdesk.journal.behaviour.detector import Flag
from nightdesk.journal.behaviour.disposition import Sale, judged, sales
from nightdesk.journal.behaviour.history import DayLimits, History, Surroundings, medians
from nightdesk.journal.behaviour.mood_link import linked
from nightdesk.journal.behaviour.registry import DETECTORS
from nightdesk.journal.behaviour.seen import SeenTrade
from nightdesk.journal.behaviour.shuffles import shuffled
from nightdesk.journal.behaviour.tilt import Band, loss_run, tilt
from nightdesk.journal.claim import Claim, Standing
from nightdesk.journal.finding import DetectorId, Json, Severity
from nightdesk.journal.trade import ExitReason, Outcome, Side
from tests.builders.behaviour import AT, BTC, a_seen, bars_of

MINUTES = timedelta(minutes=1)


def flags(name: str, trades: list[SeenTrade], around: Surroundings | None = None) -> list[Flag]:
    one = DETECTORS[DetectorId(name)]
    assert one.flags is not None
    return list(one.flags(History(trades, around or Surroundings()), one.used()))


def claim(name: str, trades: list[SeenTrade], around: Surroundings | None = None) -> Claim:
    one = DETECTORS[DetectorId(name)]
    assert one.claim is not None
    return one.claim(History(trades, around or Surroundings()), one.used())


def test_every_detector_is_registered_and_says_what_it_is() -> None:
    assert list(DETECTORS) == list(DetectorId)
    for name, one in DETECTORS.items():
        assert (one.id, one.version) == (name, 1)
        assert all((one.rule, one.base, one.limits, one.severity))
        assert one.flags or one.claim or name is DetectorId.TILT
    assert {name for name, one in DETECTORS.items() if one.bots} == {
        DetectorId.COST_DRAG,
        DetectorId.GIVE_BACK,
        DetectorId.NO_STOP,
    }


# what came before


def test_a_trade_that_opens_and_closes_at_once_is_not_before_itself() -> None:
    history = History([a_seen("a", 0, -50, closed_at=AT), a_seen("b", 5)])
    assert [history.last_closed(place) for place in (0, 1)] == [None, 0]


def test_the_last_closed_is_by_closing_and_not_by_entry() -> None:
    long = a_seen("a", 0, closed_at=AT + 60 * MINUTES)
    history = History([long, a_seen("b", 10), a_seen("c", 61)])
    assert history.last_closed(2) == 0


def test_a_run_skips_break_evens_and_ends_at_the_other_kind() -> None:
    nets = [5, -1, 0, -1, 0]
    trades = [a_seen(f"t{n}", 40 * n, net) for n, net in enumerate(nets)]
    history = History([*trades, a_seen("x", 400)])
    assert (history.run(5, -1), history.run(5, 1)) == (2, 0)
    assert history.run_trades(5, 2) == ("t3", "t1")


@given(st.lists(st.floats(1, 1e6), max_size=45))
def test_a_median_is_that_of_the_twenty_values_before(values: list[float]) -> None:
    found = medians(np.array(values))
    for place in range(1, len(values) + 1):
        assert found[place] == np.median(values[max(0, place - 20) : place])


# entries


def revenge_pair(gap: timedelta, **changes: object) -> list[SeenTrade]:
    lost = a_seen("a", 0, -100)
    again = a_seen("b", 0, opened_at=AT + 30 * MINUTES + gap)
    again = a_seen("b", 0, 10, opened_at=again.opened_at, closed_at=again.opened_at + 5 * MINUTES)
    return [lost, SeenTrade(**{**{f: getattr(again, f) for f in again.__slots__}, **changes})]


def test_revenge_within_fifteen_minutes_and_not_a_second_later() -> None:
    assert len(flags("REVENGE", revenge_pair(15 * MINUTES))) == 1
    assert flags("REVENGE", revenge_pair(15 * MINUTES + timedelta(seconds=1))) == []


def test_revenge_evidence_is_enough_to_recompute_it() -> None:
    around = Surroundings(equity=[(AT - MINUTES, 10_000.0)])
    (flag,) = flags("REVENGE", revenge_pair(5 * MINUTES, size=1_500.0), around)
    assert flag.severity is Severity.MEDIUM  # three factors, capped by a baseline of one
    assert dict(flag.figures) == {
        "after": "a",
        "gap_seconds": 300.0,
        "factors": ["size", "same_instrument", "no_plan"],
        "loss": 100.0,
        "loss_needed": 25.0,
        "equity": 10_000.0,
        "median_loss": None,
        "median_loss_of": None,
        "size": 1_500.0,
        "median_size": 1_000.0,
        "median_size_of": 1,
        "thin": True,
    }
    assert dict(flag.measured) == {
        "window_minutes": 5.0,
        "size_factor": 1.5,
        "equity_share": 0.01,
    }


@pytest.mark.parametrize(("loss", "count"), [(2.8, 1), (2.79, 0)])
def test_a_loss_of_a_share_of_equity_exactly_counts(loss: float, count: int) -> None:
    """A four-hundredth of 1,120 is 2.80, and as a product of floats a hair more."""
    lost = a_seen("a", 0, -loss)
    _, again = revenge_pair(MINUTES, size=1_500.0)
    history = History([lost, again], Surroundings(equity=[(AT - MINUTES, 1_120.0)]))
    one = DETECTORS[DetectorId.REVENGE]
    assert one.flags is not None
    assert one.counting is not None
    assert len(list(one.flags(history, one.used()))) == count
    counted = shuffled(history, {one.id: one.counting(history, one.used())}, shuffles=1)
    assert counted[one.id].count == count


def test_a_plan_that_nobody_knows_of_is_no_factor() -> None:
    pair = revenge_pair(MINUTES, planned=None, instrument="ETH/USDT@binance")
    assert flags("REVENGE", pair) == []


def test_a_break_even_before_the_entry_is_no_loss() -> None:
    pair = revenge_pair(MINUTES)
    assert flags("REVENGE", [a_seen("a", 0, 0), pair[1]]) == []


def test_rapid_reentry_is_on_the_same_side() -> None:
    stopped = a_seen("a", 0, -10, exit_reason=ExitReason.STOP)
    assert len(flags("RAPID_REENTRY", [stopped, a_seen("b", 35)])) == 1
    assert flags("RAPID_REENTRY", [stopped, a_seen("b", 35, side=Side.SHORT)]) == []
    taken = a_seen("a", 0, 10, exit_reason=ExitReason.TARGET)
    assert flags("RAPID_REENTRY", [taken, a_seen("b", 35)]) == []


def test_scatter_counts_fresh_instruments_once_and_without_a_plan() -> None:
    names = ["A", "B", "A", "C"]
    trades = [a_seen(f"t{n}", 5 * n, instrument=name) for n, name in enumerate(names)]
    (flag,) = flags("FOMO_SCATTER", trades)
    assert (flag.trade.id, flag.figures["instruments"]) == ("t3", ["A", "B", "C"])
    planned = [*trades[:3], a_seen("t3", 15, instrument="C", planned=True)]
    assert flags("FOMO_SCATTER", planned) == []
    assert (flag.measured, flag.figures["rested_hours"]) == (
        {"instruments": 3, "window_minutes": 15.0},
        [None, None, None],  # never traded before, as far as is known
    )
    rested = a_seen("y", -30 * 60, instrument="B")
    (flag,) = flags("FOMO_SCATTER", [rested, *trades])
    assert flag.figures["rested_hours"] == [None, pytest.approx(29 + 35 / 60), None]
    assert flag.measured["quiet_hours"] == pytest.approx(29 + 35 / 60)
    earlier = a_seen("y", -20 * 60, instrument="B")
    assert flags("FOMO_SCATTER", [earlier, *trades]) == []


def test_no_declared_maximum_no_finding_and_none_allowed_is_a_breach() -> None:
    trades = [a_seen("a"), a_seen("b", 5)]
    assert flags("OVERTRADE_LIMIT", trades) == []
    around = Surroundings(limits={AT.date(): DayLimits(max_trades=0)})
    assert {flag.severity for flag in flags("OVERTRADE_LIMIT", trades, around)} == {Severity.HIGH}


def test_a_day_over_its_maximum_names_the_entries_that_make_the_count() -> None:
    trades = [a_seen("y", -1_440), a_seen("a"), a_seen("b", 5), a_seen("c", 9)]
    around = Surroundings(limits={AT.date(): DayLimits(max_trades=2)})
    found = flags("OVERTRADE_LIMIT", trades, around)
    assert [(flag.trade.id, flag.also) for flag in found] == [("b", ("a",)), ("c", ("a", "b"))]


def test_a_burst_needs_twenty_active_days_before_its_own() -> None:
    past = [a_seen(f"d{n}", -1_440 * (n + 1)) for n in range(20)]
    burst = [a_seen(f"t{n}", 10 * n) for n in range(6)]
    found = flags("OVERTRADE_BURST", [*past, *burst])
    assert [flag.trade.id for flag in found] == ["t4", "t5"]
    assert found[0].figures == {
        "count": 5,
        "own_percentile": 1.0,
        "active_days": 20,
        "days_by_most": {"1": 20},
    }
    assert found[0].measured == {
        "entries": 5,
        "minutes": 40.0,
        "percentile": 1.0,
        "active_days": 20,
    }
    assert flags("OVERTRADE_BURST", [*past[1:], *burst]) == []


def test_an_hour_ends_before_its_sixtieth_minute() -> None:
    past = [a_seen(f"d{n}", -1_440 * (n + 1)) for n in range(20)]
    burst = [a_seen(f"t{n}", 15 * n) for n in range(5)]  # the fifth is 3,600 s after the first
    assert flags("OVERTRADE_BURST", [*past, *burst]) == []


# exits and rules


def test_a_short_stop_is_widened_upwards() -> None:
    short = a_seen("a", side=Side.SHORT, stops=(105.0, 103.0, 104.0))
    (flag,) = flags("STOP_WIDENED", [short])
    assert (flag.figures["from"], flag.figures["to"]) == (103.0, 104.0)
    assert flags("STOP_WIDENED", [a_seen("a", stops=(105.0, 103.0))]) != []
    assert flags("STOP_WIDENED", [a_seen("a", side=Side.SHORT, stops=(105.0, 103.0))]) == []


@pytest.mark.parametrize(("minute", "count"), [(59, 1), (60, 0)])
def test_a_cool_down_ends_after_its_minutes_whatever_was_won_since(minute: int, count: int) -> None:
    lost, won = a_seen("a", 0, -10), a_seen("b", 5, 10)
    around = Surroundings(cooldown_minutes=30)
    found = flags("COOLDOWN_BREAK", [lost, won, a_seen("c", minute)], around)
    assert [flag.trade.id for flag in found] == ["c"] * count


def test_a_loss_limit_counts_what_was_realised_on_the_owners_day() -> None:
    vienna = ZoneInfo("Europe/Vienna")
    late = datetime(2025, 3, 3, 22, tzinfo=UTC)  # an hour before midnight in Vienna
    trades = [
        a_seen("a", 0, -100, r=-2.0, opened_at=late, closed_at=late + 10 * MINUTES),
        a_seen("b", opened_at=late + 20 * MINUTES, closed_at=late + 30 * MINUTES),
        a_seen("c", opened_at=late + 70 * MINUTES, closed_at=late + 80 * MINUTES),
    ]
    for limits in (DayLimits(max_loss=100.0), DayLimits(max_loss_r=2.0)):
        around = Surroundings(
            zone=vienna, limits={date(2025, 3, 3): limits, date(2025, 3, 4): limits}
        )
        assert [flag.trade.id for flag in flags("LIMIT_BREAK", trades, around)] == ["b"]


@pytest.mark.parametrize(
    ("limits", "lost"),
    [
        (DayLimits(max_loss=500.0), [27.47, 64.80, 63.75, 32.89, 311.09]),
        (DayLimits(max_loss_r=2.1), [0.7, 0.7, 0.7]),
        (DayLimits(max_loss_r=1.0), [0.1] * 10),
    ],
)
def test_losses_that_come_to_the_limit_exactly_have_reached_it(
    limits: DayLimits, lost: list[float]
) -> None:
    trades = [a_seen(f"t{n}", 31 * n, -one, r=-one) for n, one in enumerate(lost)]
    entered = a_seen("x", 31 * len(lost))
    (flag,) = flags("LIMIT_BREAK", [*trades, entered], Surroundings(limits={AT.date(): limits}))
    assert (flag.trade.id, flag.also) == ("x", tuple(one.id for one in trades))
    cent = [replace(trades[0], net=-lost[0] + 0.01, r=-lost[0] + 0.01), *trades[1:], entered]
    assert flags("LIMIT_BREAK", cent, Surroundings(limits={AT.date(): limits})) == []


def test_a_result_that_nobody_knows_breaks_no_limit() -> None:
    limits = {date(2025, 3, 3): DayLimits(max_loss=100.0)}
    trades = [a_seen("a", 0, -100), a_seen("b", 31, net=10), a_seen("c", 62)]
    trades[1] = replace(trades[1], net=None)
    found = flags("LIMIT_BREAK", trades, Surroundings(limits=limits))
    assert [flag.trade.id for flag in found] == ["b"]  # it may have made good for the loss
    in_r = Surroundings(limits={date(2025, 3, 3): DayLimits(max_loss_r=2.0)})
    stopless = [a_seen("a", 0, -100, r=-2.0), a_seen("b", 31, -1), a_seen("c", 62)]
    assert [flag.trade.id for flag in flags("LIMIT_BREAK", stopless, in_r)] == ["b"]


def test_give_back_needs_a_known_r() -> None:
    assert len(flags("GIVE_BACK", [a_seen("a", net=-1, r=-0.5, mfe_r=1.0)])) == 1
    assert flags("GIVE_BACK", [a_seen("a", net=-1, mfe_r=3.0)]) == []


# windows


@pytest.mark.parametrize("name", [one for one, of in DETECTORS.items() if of.claim])
def test_a_claim_is_of_the_entries_that_are_judged_whatever_came_before(name: DetectorId) -> None:
    one = DETECTORS[name]
    assert one.claim is not None

    def some(mark: str, first: int) -> list[SeenTrade]:
        return [
            a_seen(
                f"{mark}{n:02}",
                first + 60 * n,
                -10 if n % 3 else 9,
                r=-1.0 if n % 3 else 0.9,
                mfe_quote=40.0,
                exit_reason=ExitReason.MANUAL,
                entry_price=100.0,
                setup="gap" if n % 2 else "news",
            )
            for n in range(30)
        ]

    past, own = some("p", -14_400), some("t", 0)
    days = {(AT + timedelta(days=n)).date(): float(n + 20) for n in range(-12, 3)}
    walk = np.linspace(90, 110, 1_200)
    bars = bars_of(walk, begin=AT - timedelta(days=11))
    around = Surroundings(bars={BTC: bars}, moods={"mood": days})
    known = History([*past, *own], around, judge=[trade.id for trade in own])
    with_past, alone = (one.claim(history, one.used()) for history in (known, History(own, around)))
    told = ("past_cost_share", "past_n")  # what is compared with
    figures = [
        {key: value for key, value in said.figures.items() if key not in told}
        for said in (with_past, alone)
    ]
    assert figures[0] == figures[1]
    assert (with_past.chance, with_past.trades) == (alone.chance, alone.trades)


def test_disposition_prices_other_positions_at_the_sale_and_leaves_out_what_has_no_price() -> None:
    end = AT + 60 * MINUTES
    sold = a_seen("a", 0, 10, closed_at=end)
    ahead = a_seen("b", 5, entry_price=90.0, closed_at=end + 60 * MINUTES)
    behind = a_seen("c", 6, entry_price=110.0, closed_at=None, outcome=None)
    shorted = a_seen("d", 7, entry_price=110.0, side=Side.SHORT, closed_at=None, outcome=None)
    level = a_seen("e", 8, entry_price=100.0, closed_at=None, outcome=None)
    unpriced = a_seen("f", 9, entry_price=1.0, instrument="X", closed_at=None, outcome=None)
    later = a_seen("g", 61, entry_price=90.0, closed_at=None, outcome=None)
    bars: dict[str, Bars] = {
        BTC: bars_of([100.0] * 4 + [500.0])
    }  # the last one closes after the sale
    history = History(
        [sold, ahead, behind, shorted, level, unpriced, later], Surroundings(bars=bars)
    )
    first = next(iter(sales(history)))
    assert (first.trade, first.gain, first.kept) == ("a", True, (True, False, True))


def test_disposition_counts_positions_that_were_open_before_the_window() -> None:
    earlier = a_seen("a", 0, 10, entry_price=90.0, closed_at=AT + 20 * MINUTES)
    stood = a_seen("b", 1, entry_price=110.0, closed_at=None, outcome=None)
    sold = a_seen("c", 30, 10, closed_at=AT + 40 * MINUTES)
    around = Surroundings(bars={BTC: bars_of([100.0] * 8)})
    history = History([earlier, stood, sold], around, judge=["c"])
    assert [(one.trade, one.kept) for one in sales(history)] == [("c", (False,))]


def test_disposition_of_a_chance_too_small_for_a_float_is_claimed() -> None:
    found = [Sale(gain=True, kept=(False,), trade=f"t{n}") for n in range(1_100)]
    found += [Sale(gain=False, kept=(False,) * 9)] * 10
    told = judged(found, DETECTORS[DetectorId.DISPOSITION].used())
    assert told.chance is not None
    assert told.chance.p == 0.0
    assert told.standing is Standing.FIRES


def test_cost_drag_fires_when_costs_turn_a_gain_into_a_loss() -> None:
    trades = [a_seen(f"t{n}", 40 * n, -0.5, gross=1.0, costs=1.5) for n in range(20)]
    found = claim("COST_DRAG", trades)
    assert found.standing is Standing.FIRES
    assert found.figures["cost_share"] == 1.5
    assert claim("COST_DRAG", trades[:19]).standing is Standing.NOT_ENOUGH_DATA


def test_cost_drag_compares_the_windows_last_trades_with_all_that_were_closed_before() -> None:
    past = [a_seen(f"p{n:02}", -1_440 + 40 * n, gross=10.0, costs=1.0) for n in range(30)]
    own = [a_seen(f"t{n:02}", 40 * n, gross=10.0, costs=4.0) for n in range(20)]
    one = DETECTORS[DetectorId.COST_DRAG]
    assert one.claim is not None
    judge = [trade.id for trade in own]
    said = one.claim(History([*past, *own], judge=judge), one.used())
    assert (said.standing, said.figures["n"], said.figures["cost_share"]) == (
        Standing.FIRES,
        20,
        0.4,
    )
    assert (said.figures["past_n"], said.figures["past_cost_share"]) == (30, 0.1)
    few = one.claim(History([*past, *own], judge=judge[1:]), one.used())
    assert (few.standing, few.figures["n"]) == (Standing.NOT_ENOUGH_DATA, 19)


def test_early_exit_has_no_base_rate_for_another_share() -> None:
    one = DETECTORS[DetectorId.EARLY_EXIT]
    trades = [
        a_seen(f"t{n}", 40 * n, 10, exit_reason=ExitReason.MANUAL, mfe_quote=100.0)
        for n in range(20)
    ]
    assert one.claim is not None
    assert one.claim(History(trades), one.used()).standing is Standing.FIRES
    told = one.claim(History(trades), one.used({"kept": 0.4}))
    assert told.standing is Standing.NOT_ENOUGH_DATA


def test_setups_are_named_only_where_the_difference_is_proven_and_not_thin() -> None:
    rng = np.random.default_rng(5)
    spread: Mapping[str, tuple[int, float]] = {"good": (30, 1.5), "plain": (30, 0.0), "new": (6, 3)}
    trades = [
        a_seen(f"{setup}{n}", 40 * n, r=float(rng.normal(mean, 1)), setup=setup)
        for setup, (count, mean) in spread.items()
        for n in range(count)
    ]
    found = claim("BEST_SETUPS", trades)
    assert found.figures["better"] == ["good"]
    rows = found.figures["setups"]
    assert isinstance(rows, list)
    assert [setup_of(row) for row in rows] == ["new", "good", "plain"]


def test_a_proven_setup_is_told_by_its_name() -> None:
    rng = np.random.default_rng(5)
    trades = [
        a_seen(f"t{n}", 40 * n, r=float(rng.normal(3 * (n % 2), 1)), setup=f"tag_{n % 2}")
        for n in range(60)
    ]
    around = Surroundings(setups={"tag_1": "Opening range", "tag_0": "Late"})
    one = DETECTORS[DetectorId.BEST_SETUPS]
    assert one.claim is not None
    found = one.claim(History(trades, around), one.used())
    assert "Opening range better" in found.text
    assert "tag_" not in found.text
    assert found.figures["better"] == ["tag_1"]


def setup_of(row: Json) -> Json:
    assert isinstance(row, Mapping)
    return row["setup"]


def test_a_level_mood_is_no_link() -> None:
    used = DETECTORS[DetectorId.MOOD_LINK].used()
    found = linked([5] * 25, list(range(25)), used)
    assert (found.rho, found.proven) == (None, False)


# tilt


def test_tilt_counts_the_run_that_the_day_ends_with() -> None:
    nets = [-1, -1, -1, 1, -1, 0]
    trades = [a_seen(f"t{n}", 40 * n, net) for n, net in enumerate(nets)]
    assert loss_run(trades) == 1


@pytest.mark.parametrize(
    ("used", "points"), [(49.9, 0), (50.0, 15), (69.9, 15), (70.0, 25), (200.0, 25)]
)
def test_tilt_weighs_what_is_used_of_the_limit(used: float, points: int) -> None:
    trades = [a_seen("a", net=-used, outcome=Outcome.BREAKEVEN)]
    found = tilt(trades, [], DETECTORS[DetectorId.TILT].used(), loss_limit=100.0)
    assert found.parts["daily_loss"] == points


def test_tilt_counts_much_from_where_the_owner_says_whatever_is_some() -> None:
    used = {**DETECTORS[DetectorId.TILT].used(), "much_lost": 0.4}
    for net, points in ((-39.0, 0), (-45.0, 25), (-60.0, 25)):
        assert tilt([a_seen("a", 0, net)], [], used, loss_limit=100).parts["daily_loss"] == points


def test_tilt_weighs_losses_that_come_to_a_share_exactly() -> None:
    trades = [a_seen(f"t{n}", 31 * n, -1, r=-one) for n, one in enumerate([0.1] * 7)]
    found = tilt(trades, [], DETECTORS[DetectorId.TILT].used(), loss_limit_r=1.0)
    assert found.parts["daily_loss"] == 25


def test_tilt_says_nothing_of_a_limit_where_a_result_is_not_known() -> None:
    used = DETECTORS[DetectorId.TILT].used()
    trades = [a_seen("a", 0, -80, r=-0.8), replace(a_seen("b", 31, -1), net=None)]
    found = tilt(trades, [], used, loss_limit=100.0)
    assert (found.parts["daily_loss"], found.limit_used, found.unvalued) == (0, None, 1)
    assert found.parts["loss_streak"] == 24
    assert tilt(trades, [], used).unvalued == 0
    half = tilt(trades[:1], [], used, loss_limit=100.0)
    assert (half.parts["daily_loss"], half.limit_used, half.unvalued) == (25, 0.8, 0)


def test_tilt_counts_each_part_once_and_light_revenge_not_at_all() -> None:
    used = DETECTORS[DetectorId.TILT].used()
    light = [(DetectorId.REVENGE, Severity.INFO)] * 3
    assert tilt([], light, used).score == 0
    fomo = [(DetectorId.FOMO_CHASE, Severity.MEDIUM), (DetectorId.FOMO_SCATTER, Severity.LOW)]
    both = tilt([], [*fomo, (DetectorId.RAPID_REENTRY, Severity.LOW)], used)
    assert (both.score, both.band, both.cooldowns) == (22, Band.CALM, ())
