from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightdesk.bots.bot import Bot, BotStatus, OwnLimits, PauseCode, RiskMode, bot_id, named
from nightdesk.bots.profiles import PROFILES, effective, limits_of
from nightdesk.core.errors import Invalid
from nightdesk.market.timeframe import Timeframe
from tests.builders.bots import NOW, STRANGER, TRADER, a_bot

D = Decimal


@pytest.mark.parametrize(
    "changes",
    [
        {"name": " Alpha"},
        {"name": ""},
        {"name": "x" * 41},
        {"name": "tab\there"},
        {"instrument_id": "btc/usd@bitstamp"},
        {"timeframe": Timeframe.M1},
        {"timeframe": Timeframe.W1},
        {"strategy": "ma_cross"},
        {"initial": D(0)},
        {"pause_code": PauseCode.USER_PAUSED},
        {"status": BotStatus.PAUSED, "pause_code": None},
        {"retired_at": NOW},
        {"status": BotStatus.RETIRED, "retired_at": None},
        {"status": BotStatus.ACTIVE, "in_market": False},
    ],
)
def test_a_wrong_bot_cannot_be_built(changes: dict[str, Any]) -> None:
    with pytest.raises((ValueError, Invalid)):
        a_bot(**changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"trades_per_day": 0},
        {"trades_per_day": 21},
        {"cooldown": timedelta(minutes=4)},
        {"cooldown": timedelta(minutes=121)},
        {"daily_loss": D(0)},
        {"daily_loss": D("0.019")},
        {"drawdown": D("0.31")},
    ],
)
def test_own_limits_stay_in_their_ranges(changes: dict[str, Any]) -> None:
    with pytest.raises((Invalid, ValueError)) as refused:
        OwnLimits(**changes)
    if isinstance(refused.value, Invalid):
        assert refused.value.code == "OUT_OF_RANGE"
        assert str(refused.value.field).startswith("limits.")


def test_names_are_trimmed_and_composed() -> None:
    assert named("  Cafe\u0301 ") == "Caf\u00e9"


@given(text=st.text(min_size=1, max_size=40, alphabet=st.characters(categories=["L", "N"])))
def test_a_name_of_letters_stands_as_it_is_from_then_on(text: str) -> None:
    assert named(named(text)) == named(text)


@pytest.mark.parametrize("text", ["", "  ", "a\x00b", "a\x85b", "a\u2028b", "a\nb", "x" * 41])
def test_a_name_that_no_one_could_read_is_refused_with_its_field(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        named(text)
    assert refused.value.field == "name"


def test_one_command_makes_one_id() -> None:
    assert bot_id(NOW, TRADER, "k") == bot_id(NOW, TRADER, "k")
    others = {
        bot_id(NOW, TRADER, "other"),
        bot_id(NOW, STRANGER, "k"),
        bot_id(NOW + timedelta(milliseconds=1), TRADER, "k"),
    }
    assert bot_id(NOW, TRADER, "k") not in others
    assert len(others) == 3


def test_venue_and_currency_come_from_the_instrument() -> None:
    bot = a_bot()
    assert (bot.venue, bot.currency) == ("bitstamp", "USD")


# The table of bots §3, column by column.
TABLE = {
    RiskMode.SAFE: ("0.20", "0.005", "0.05", "0.15", "0.80", "2.0", 6, 60),
    RiskMode.BALANCED: ("0.30", "0.01", "0.08", "0.20", "0.75", "1.8", 10, 30),
    RiskMode.RISKY: ("0.40", "0.015", "0.10", "0.25", "0.70", "1.5", 15, 15),
    RiskMode.AGGRESSIVE: ("0.50", "0.02", "0.10", "0.25", "0.70", "1.3", 20, 10),
}


@pytest.mark.parametrize("mode", RiskMode)
def test_risk_modes_are_those_of_the_page(mode: RiskMode) -> None:
    limits, row = PROFILES[mode].limits, TABLE[mode]
    shown = (
        limits.position,
        limits.risk_per_trade,
        limits.daily_loss,
        limits.drawdown,
        PROFILES[mode].consensus,
        limits.reward_to_risk,
    )
    assert shown == tuple(D(figure) for figure in row[:6])
    assert limits.entries_per_day == row[6]
    assert limits.cooldown == timedelta(minutes=row[7])


OWN = st.builds(
    OwnLimits,
    trades_per_day=st.none() | st.integers(1, 20),
    cooldown=st.none() | st.integers(5, 120).map(lambda minutes: timedelta(minutes=minutes)),
    daily_loss=st.none() | st.decimals("0.02", "0.20", places=3),
    drawdown=st.none() | st.decimals("0.05", "0.30", places=3),
)


@given(mode=st.sampled_from(RiskMode), own=OWN, venue=st.sampled_from(["binance", "luno", "valr"]))
def test_own_limits_only_ever_tighten(mode: RiskMode, own: OwnLimits, venue: str) -> None:
    base = PROFILES[mode].limits
    found = effective(mode, own, venue)
    assert found.entries_per_day <= base.entries_per_day
    assert found.daily_loss <= base.daily_loss
    assert found.drawdown <= base.drawdown
    assert found.cooldown >= base.cooldown
    assert (found.position, found.risk_per_trade) == (base.position, base.risk_per_trade)


@pytest.mark.parametrize(
    ("venue", "minutes"), [("luno", 15), ("ovex", 12), ("valr", 12), ("binance", 10)]
)
def test_the_venue_sets_the_shortest_cooldown(venue: str, minutes: int) -> None:
    found = effective(RiskMode.AGGRESSIVE, OwnLimits(), venue)
    assert found.cooldown == timedelta(minutes=minutes)


def test_own_limits_hold_beside_the_risk_mode() -> None:
    bot: Bot = a_bot(limits=OwnLimits(trades_per_day=3, daily_loss=D("0.02")))
    limits = limits_of(bot)
    assert (limits.entries_per_day, limits.daily_loss) == (3, D("0.02"))
