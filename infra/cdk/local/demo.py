"""The demo trader and the bots that the first run shows."""

import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from infra.cdk.local.cloud import Cloud
from infra.cdk.local.desk_client import DeskClient, Refusal

EMAIL = "demo@nightdesk.example"
USERNAME = "demo"
PASSWORD = "nightdesk on my laptop"  # noqa: S105 - of a desk that answers this machine alone
CAPITAL = "3000"


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoBot:
    """A bot to seed."""

    name: str
    instrument: str
    timeframe: str
    strategy: str
    capital: str = CAPITAL


BOTS = (
    DemoBot(
        name="Bitcoin breakout",
        instrument="BTC/USD@bitstamp",
        timeframe="1d",
        strategy="donchian@1",
    ),
    DemoBot(
        name="Ether cross",
        instrument="ETH/USD@bitstamp",
        timeframe="1d",
        strategy="ma_cross@1",
    ),
    DemoBot(
        name="Litecoin trend",
        instrument="LTC/USD@bitstamp",
        timeframe="1d",
        strategy="macd_trend@1",
    ),
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


def wait_until_ready(trader: DeskClient, seconds: float = 30) -> None:
    """Wait for the API's first answer. Raises TimeoutError."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            trader.get("/api/health/ready")
        except (Refusal, OSError) as error:
            if time.monotonic() > deadline:
                raise TimeoutError(f"the API is not ready: {error}") from error
            time.sleep(0.2)
        else:
            return
