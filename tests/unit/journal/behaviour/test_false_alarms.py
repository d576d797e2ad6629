"""Independent random traders: no claim may be made more often than its p says.

500 seeded traders each. A rate may pass the stated p by what 500 traders scatter: two standard
errors.
"""

from collections.abc import Callable
from datetime import timedelta
from math import sqrt

import numpy as np
import pytest

from nightdesk.journal.behaviour import disposition, mood_link, optimal_hours
from nightdesk.journal.behaviour.bars import Bars
from nightdesk.journal.behaviour.detector import ALPHA
from nightdesk.journal.behaviour.groups import compared
from nightdesk.journal.behaviour.history import History, Surroundings
from nightdesk.journal.behaviour.registry import DETECTORS
from nightdesk.journal.behaviour.seen import SeenTrade
from nightdesk.journal.behaviour.shuffles import shuffled
from nightdesk.journal.claim import Standing
from nightdesk.journal.finding import DetectorId
from nightdesk.journal.trade import ExitReason, Outcome, Side
from tests.builders.behaviour import AT, BTC, a_seen, bars_of

TRADERS = 500
FEWER = 199
"""Shuffles: p is as exact with fewer of them, and coarser."""
Random = np.random.Generator


def rate(alarm: Callable[[Random], bool]) -> float:
    return sum(alarm(np.random.default_rng(seed)) for seed in range(TRADERS)) / TRADERS


def at_most(p: float) -> float:
    """The stated p and the scatter of 500 traders about it."""
    return p + 2 * sqrt(p * (1 - p) / TRADERS)


def fires(name: DetectorId, past: History) -> bool:
    one = DETECTORS[name]
    assert one.claim is not None
    return one.claim(past, one.used()).standing is Standing.FIRES


def day_trader(rng: Random, n: int = 40) -> History:
    """Entries at random times; size, plan, market and result have nothing to do with each other."""
    waits, holds = rng.exponential(25, n), rng.uniform(2, 30, n)
    minutes = np.cumsum(waits) + np.concatenate(([0], np.cumsum(holds)[:-1]))
    nets, sizes = rng.normal(0, 100, n), rng.lognormal(7, 0.4, n)
    trades = [
        SeenTrade(
            id=a_seen(f"t{i:03}").id,
            instrument=f"I{rng.integers(3)}",
            opened_at=AT + timedelta(minutes=minutes[i]),
            closed_at=AT + timedelta(minutes=minutes[i] + holds[i]),
            outcome=Outcome.WIN if nets[i] > 0 else Outcome.LOSS,
            net=float(nets[i]),
            size=float(sizes[i]),
            planned=bool(rng.random() < 0.5),
        )
        for i in range(n)
    ]
    return History(trades)


def test_shuffled_claims_are_made_no_more_often_than_they_say() -> None:
    names = (DetectorId.REVENGE, DetectorId.SIZE_ESCALATION, DetectorId.OVERCONFIDENCE)
    alarms = dict.fromkeys(names, 0)
    for seed in range(TRADERS):
        past = day_trader(np.random.default_rng(seed))
        countings = {}
        for name in names:
            counting = DETECTORS[name].counting
            assert counting is not None
            countings[name] = counting(past, DETECTORS[name].used())
        for name, found in shuffled(past, countings, shuffles=FEWER).items():
            alarms[name] += found.p < ALPHA
    assert {name: count / TRADERS <= at_most(ALPHA) for name, count in alarms.items()} == (
        dict.fromkeys(names, True)
    )


@pytest.fixture(scope="module")
def walk() -> Bars:
    """A random walk of closes."""
    steps = np.random.default_rng(9).normal(0, 0.01, 3_000)
    return bars_of(100 * np.exp(np.cumsum(steps)), spread=0.3)


@pytest.mark.parametrize("name", [DetectorId.FOMO_EXTENSION, DetectorId.FOMO_CHASE])
def test_who_enters_at_random_bars_is_not_said_to_chase(name: DetectorId, walk: Bars) -> None:
    def alarm(rng: Random) -> bool:
        trades = []
        for i, bar in enumerate(rng.integers(200, 2_999, 40)):
            close = AT + timedelta(minutes=15 * (int(bar) + 1))
            trades.append(
                a_seen(
                    f"t{i}",
                    opened_at=close,
                    side=Side.LONG if rng.random() < 0.5 else Side.SHORT,
                    entry_price=float(walk.candles.close[bar]),
                )
            )
        return fires(name, History(trades, Surroundings(bars={BTC: walk})))

    assert rate(alarm) <= at_most(ALPHA)


def test_who_sells_any_open_position_has_no_disposition() -> None:
    used = DETECTORS[DetectorId.DISPOSITION].used()

    def alarm(rng: Random) -> bool:
        found = []
        for _ in range(40):
            standing = [bool(one) for one in rng.random(rng.integers(1, 6)) < 0.5]
            sold = standing.pop(int(rng.integers(len(standing))))
            found.append(disposition.Sale(gain=sold, kept=tuple(standing)))
        return disposition.judged(found, used).standing is Standing.FIRES

    assert rate(alarm) <= at_most(ALPHA)


def test_who_holds_winners_and_losers_alike_is_not_said_to_hold_losers() -> None:
    def alarm(rng: Random) -> bool:
        trades = [
            a_seen(
                f"t{i}",
                net=10 if i % 2 else -10,
                closed_at=AT + timedelta(minutes=float(rng.exponential(60))),
            )
            for i in range(40)
        ]
        return fires(DetectorId.LOSER_HOLD, History(trades))

    assert rate(alarm) <= at_most(ALPHA)


def test_who_exits_at_random_is_not_said_to_exit_early() -> None:
    def alarm(rng: Random) -> bool:
        trades = [
            a_seen(
                f"t{i}",
                net=10,
                exit_reason=ExitReason.MANUAL,
                mfe_quote=25.0 if rng.random() < 0.39 else 15.0,
            )
            for i in range(40)
        ]
        return fires(DetectorId.EARLY_EXIT, History(trades))

    assert rate(alarm) <= at_most(ALPHA)


def test_hours_that_are_alike_are_seldom_named() -> None:
    used = DETECTORS[DetectorId.OPTIMAL_HOURS].used()

    def alarm(rng: Random) -> bool:
        results = {f"{hour:02}": rng.normal(0, 1, 25).tolist() for hour in range(8)}
        return optimal_hours.judged(results, used).standing is Standing.FIRES

    assert rate(alarm) <= at_most(used["q"])


def test_setups_that_are_alike_are_seldom_named() -> None:
    def alarm(rng: Random) -> bool:
        results = {f"s{n}": rng.normal(0, 1, 15).tolist() for n in range(6)}
        groups = compared(results, least=10, rest=5, q=0.10)
        return any(one.kept for one in groups)

    assert rate(alarm) <= at_most(0.10)


def test_a_mood_that_has_nothing_to_do_with_results_is_seldom_linked() -> None:
    used = DETECTORS[DetectorId.MOOD_LINK].used()

    def alarm(rng: Random) -> bool:
        ratings, results = rng.integers(1, 11, 30), rng.normal(0, 1, 30)
        return mood_link.linked(ratings.tolist(), results.tolist(), used).proven

    assert rate(alarm) <= at_most(ALPHA)
