"""The demo trader and the bots that the first run shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import cycle
from typing import Any

from infra.cdk.local.cloud import Cloud
from infra.cdk.local.desk_client import DeskClient, Refusal

EMAIL = "demo@nightdesk.example"
USERNAME = "demo"
PASSWORD = "nightdesk on my laptop"  # noqa: S105 - of a desk that answers this machine alone
CAPITAL = "2000"


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoBot:
    """A bot to seed."""

    name: str
    instrument: str
    timeframe: str = "1d"
    strategy: str
    capital: str = CAPITAL


BOTS = (
    DemoBot(name="Bitcoin cross", instrument="BTC/USD@bitstamp", strategy="ma_cross@1"),
    DemoBot(name="Ether breakout", instrument="ETH/USD@bitstamp", strategy="donchian@1"),
    DemoBot(name="Litecoin breakout", instrument="LTC/USD@bitstamp", strategy="donchian@1"),
    DemoBot(name="Litecoin trend", instrument="LTC/USD@bitstamp", strategy="macd_trend@1"),
)
STRATEGIES = ("donchian@1", "ma_cross@1", "macd_trend@1", "rsi_reversion@1")


def bots_on(instruments: Sequence[str], timeframe: str) -> tuple[DemoBot, ...]:
    """Return a bot for each instrument, the built-in strategies in turn."""
    return tuple(
        DemoBot(
            name=f"{instrument} {strategy.partition('@')[0]} {timeframe}",
            instrument=instrument,
            timeframe=timeframe,
            strategy=strategy,
            capital="1000",
        )
        for instrument, strategy in zip(instruments, cycle(STRATEGIES), strict=False)
    )


def demo_trader(cloud: Cloud) -> DeskClient:
    """Return the demo trader, signed in; registered first where the desk is new."""
    trader = DeskClient(cloud.deployment.api_url)
    try:
        trader.login(email=EMAIL, password=PASSWORD)
    except Refusal:
        trader.register(
            username=USERNAME,
            email=EMAIL,
            password=PASSWORD,
            operator_token=cloud.secret(cloud.deployment.operator_secret),
        )
        trader.login(email=EMAIL, password=PASSWORD)
    return trader


def seed(
    cloud: Cloud, trader: DeskClient, wanted: tuple[DemoBot, ...], start: datetime
) -> list[dict[str, Any]]:
    """Return the trader's bots, made and started where they are missing.

    The venue's rules are read first: no bot trades what the desk knows no rules of.
    """
    there = {bot["name"]: bot for bot in trader.items("/api/bots")}
    missing = [bot for bot in wanted if bot.name not in there]
    if missing:
        refresh = {"scheduled": True, "as_of": start.isoformat()}
        answer = cloud.invoke("sync_market", refresh)
        if answer.error:
            raise RuntimeError(f"the venue's rules were not read: {answer.error}")
    for bot in missing:
        there[bot.name] = trader.post(
            "/api/bots",
            {
                "name": bot.name,
                "instrument": bot.instrument,
                "timeframe": bot.timeframe,
                "strategy": bot.strategy,
                "risk_mode": "balanced",
                "capital": bot.capital,
            },
        )
    for name in (bot.name for bot in wanted):
        if there[name]["status"] == "draft":
            there[name] = trader.post(f"/api/bots/{there[name]['bot_id']}/start")
    return [there[bot.name] for bot in wanted]
