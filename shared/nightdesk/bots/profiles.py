"""Risk modes and limits as data (bots §3), and what they come to for one bot."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from types import MappingProxyType

from nightdesk.bots.bot import Bot, OwnLimits, RiskMode
from nightdesk.core.errors import Conflict
from nightdesk.risk.limits import BotLimits

BOTS_PER_OWNER = 45
BOTS_PER_VENUE = 10
VENUE_BOTS: Mapping[str, int] = MappingProxyType({"luno": 5})
CAPITAL_MIN, CAPITAL_MAX = Decimal(100), Decimal(1_000_000)
CAPITAL_DEFAULT = Decimal(1_000)

COOLDOWN = timedelta(minutes=10)
VENUE_COOLDOWN: Mapping[str, timedelta] = MappingProxyType(
    {
        "luno": timedelta(minutes=15),
        "ovex": timedelta(minutes=12),
        "valr": timedelta(minutes=12),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What one risk mode allows: limits of risk, and the share of analysts that must agree."""

    limits: BotLimits
    consensus: Decimal


def _profile(figures: str, *, trades: int, cooldown: int) -> Profile:
    position, risk, day, drawdown, consensus, reward = map(Decimal, figures.split())
    limits = BotLimits(
        position=position,
        risk_per_trade=risk,
        daily_loss=day,
        drawdown=drawdown,
        reward_to_risk=reward,
        entries_per_day=trades,
        cooldown=timedelta(minutes=cooldown),
    )
    return Profile(limits=limits, consensus=consensus)


PROFILES: Mapping[RiskMode, Profile] = MappingProxyType(
    {
        RiskMode.SAFE: _profile("0.20 0.005 0.05 0.15 0.80 2.0", trades=6, cooldown=60),
        RiskMode.BALANCED: _profile("0.30 0.010 0.08 0.20 0.75 1.8", trades=10, cooldown=30),
        RiskMode.RISKY: _profile("0.40 0.015 0.10 0.25 0.70 1.5", trades=15, cooldown=15),
        RiskMode.AGGRESSIVE: _profile("0.50 0.020 0.10 0.25 0.70 1.3", trades=20, cooldown=10),
    }
)
"""Position, risk per trade, day's loss, drawdown: fractions; consensus; least reward to risk."""


def venue_limit(venue: str) -> int:
    """Return how many bots one owner may have at `venue`."""
    return VENUE_BOTS.get(venue, BOTS_PER_VENUE)


def over_limit(scope: str, limit: int) -> Conflict:
    """Return the refusal of one bot too many; `scope` is `owner` or a venue."""
    return Conflict("BOT_LIMIT", f"no more than {limit} bots", [{"scope": scope, "limit": limit}])


def limits_of(bot: Bot) -> BotLimits:
    """Return what holds for this bot: the tightest of risk mode, own limits and venue."""
    return effective(bot.risk_mode, bot.limits, bot.venue)


def effective(mode: RiskMode, own: OwnLimits, venue: str) -> BotLimits:
    """Return the tightest of a risk mode, own limits and what the venue asks for."""
    base = PROFILES[mode].limits
    return replace(
        base,
        entries_per_day=_least(base.entries_per_day, own.trades_per_day),
        daily_loss=min(base.daily_loss, own.daily_loss or base.daily_loss),
        drawdown=min(base.drawdown, own.drawdown or base.drawdown),
        cooldown=max(
            base.cooldown, own.cooldown or base.cooldown, VENUE_COOLDOWN.get(venue, COOLDOWN)
        ),
    )


def _least(first: int, second: int | None) -> int:
    return first if second is None else min(first, second)
