"""The trading cycle as deployed: what each kind of minute does, and what each fault costs."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from infra.cdk.local.cloud import Run
from infra.cdk.local.desk_client import DeskClient
from tests.deployed import (
    BEFORE,
    BTC,
    ETH,
    ETH_ENTERS,
    LTC,
    LTC_ENTERS,
    NEXT_CLOSE,
    Desk,
    verify,
)

VENUE_DOWN = """
from functions.sync_market.deployed import lambda_handler as deployed
from nightdesk.core.errors import VenueUnavailable

def lambda_handler(event, context):
    if "BTC/USD@bitstamp" in [market["instrument"] for market in event["markets"]]:
        raise VenueUnavailable("maintenance")
    return deployed(event, context)
"""

THRICE = """
from pathlib import Path

from functions.{function}.deployed import lambda_handler as deployed
from nightdesk.core import errors

def lambda_handler(event, context):
    tries = Path({tries!r})
    with tries.open("a") as file:
        file.write("*")
    if len(tries.read_text()) <= 3:
        raise errors.{fault}("not now")
    return deployed(event, context)
"""

ANSWER_LOST_ONCE = """
from pathlib import Path

from functions.{function}.deployed import lambda_handler as deployed
from nightdesk.core.errors import StoreUnavailable

def lambda_handler(event, context):
    answer = deployed(event, context)
    tries = Path({tries!r})
    with tries.open("a") as file:
        file.write("*")
    if len(tries.read_text()) == 1:
        raise StoreUnavailable("the work is done, the answer lost")
    return answer
"""


def orders(trader: DeskClient) -> list[dict[str, Any]]:
    return trader.items("/api/orders")


def assert_one_trade(trader: DeskClient, bot: dict[str, Any]) -> None:
    """One order, one fill, one decision, a ledger that adds up, and no lease left."""
    (order,) = orders(trader)
    assert (order["status"], order["leg"], order["bot_id"]) == ("FILLED", "entry", bot["bot_id"])
    (fill,) = trader.items("/api/fills")
    assert (fill["order_id"], fill["quantity"]) == (order["order_id"], order["quantity"])
    assert len(trader.items("/api/decisions")) == 1
    proof = verify(trader, bot)
    assert proof["fills"] == 1


def test_a_close_trades_the_bots_of_all_its_markets(desk: Desk) -> None:
    trader = desk.trader()
    bots = [desk.bot(trader, instrument) for instrument in (BTC, ETH, LTC)]

    batches = desk.cycle(LTC_ENTERS)

    # two markets a batch: bitcoin and ether, then litecoin, which alone enters
    assert [batch["trade"]["bots"] for batch in batches] == [2, 1]
    assert [batch["trade"]["entries"] for batch in batches] == [0, 1]
    assert [batch["settle"]["points"] for batch in batches] == [2, 1]
    (order,) = orders(trader)
    assert (order["instrument"], order["status"]) == (LTC, "FILLED")
    assert len(trader.items("/api/decisions")) == 3
    for bot in bots:
        verify(trader, bot)


def test_a_minute_without_a_closing_candle_is_idle_while_nothing_is_held(desk: Desk) -> None:
    trader = desk.trader()
    desk.bot(trader)

    run = desk.execute("2019-02-03T00:01:00Z")

    assert run.succeeded
    assert run.output["kind"] == "idle"
    assert trader.items("/api/decisions") == []


def test_a_minute_without_a_closing_candle_watches_what_is_held(desk: Desk) -> None:
    trader = desk.trader()
    bot = desk.falling(trader)

    quiet = [desk.execute(f"2018-11-30T{hour}:00:00Z") for hour in ("09", "10")]
    touched = desk.execute("2018-11-30T11:00:00Z")

    assert [run.output for run in quiet] == [[], []]
    for run in (*quiet, touched):
        assert "Watch" in states(desk, run)
    (batch,) = touched.output
    assert batch["trade"]["fills"] == 1
    assert batch["trade"]["decisions"] == 0
    stop = next(order for order in orders(trader) if order["leg"] == "stop")
    # the stop was gapped: it fills where the hour opened, not where it stood
    assert stop["status"] == "FILLED"
    assert Decimal(stop["average_price"]) < Decimal(4015) < Decimal(stop["trigger"])
    assert trader.items("/api/positions") == []
    verify(trader, bot)


def states(desk: Desk, run: Run) -> list[str]:
    """Return the names of the states that a run entered."""
    history = desk.cloud.history(run.arn)
    entered = [event.get("stateEnteredEventDetails", {}).get("name") for event in history]
    return [name for name in entered if name]


def test_a_late_cycle_decides_nothing(desk: Desk) -> None:
    trader = desk.trader()
    desk.bot(trader)

    (batch,) = desk.cycle(LTC_ENTERS, now="2019-02-03T00:02:01Z")

    assert batch["trade"]["bots"] == 1
    assert "settle" not in batch
    assert orders(trader) == []
    assert trader.items("/api/decisions") == []


def test_a_late_cycle_protects(desk: Desk) -> None:
    trader = desk.trader()
    bot = desk.falling(trader)

    # the close of noon, worked when its price is old
    (batch,) = desk.cycle("2018-11-30T12:00:00Z", now="2018-11-30T12:03:00Z")

    assert (batch["trade"]["fills"], batch["trade"]["decisions"]) == (1, 0)
    assert trader.items("/api/positions") == []
    verify(trader, bot)


def test_a_venue_that_is_down_costs_its_own_batch_alone(desk: Desk) -> None:
    trader = desk.trader()
    dark, bright = desk.bot(trader, BTC), [desk.bot(trader, ETH), desk.bot(trader, LTC)]

    with desk.cloud.replaced("sync_market", VENUE_DOWN):
        skipped, done = desk.cycle(LTC_ENTERS)

    assert skipped == {"skipped": True, "error": "VenueUnavailable"}
    assert done["trade"]["entries"] == 1
    (order,) = orders(trader)
    assert order["bot_id"] == bright[1]["bot_id"]
    assert trader.items("/api/decisions", bot_id=dark["bot_id"]) == []

    # back again, the same minute catches up, and what was traded is not traded twice
    caught_up, again = desk.cycle(LTC_ENTERS)
    assert caught_up["trade"]["decisions"] == 2
    assert again["trade"]["fills"] == 0
    assert len(orders(trader)) == 1


@pytest.mark.parametrize(
    ("function", "fault"),
    [("plan", "StoreUnavailable"), ("sync_market", "VenueUnavailable"), ("analyse", "RateLimited")],
)
def test_a_transient_fault_is_tried_again(
    desk: Desk, tmp_path: Path, function: str, fault: str
) -> None:
    trader = desk.trader()
    bot = desk.bot(trader)
    tries = tmp_path / "tries"

    source = THRICE.format(function=function, fault=fault, tries=str(tries))
    with desk.cloud.replaced(function, source):
        (batch,) = desk.cycle(LTC_ENTERS)

    assert tries.read_text() == "****"
    assert batch["skipped"] is False
    assert_one_trade(trader, bot)


def test_a_permanent_fault_is_not_tried_again(desk: Desk, tmp_path: Path) -> None:
    trader = desk.trader()
    desk.bot(trader)
    tries = tmp_path / "tries"

    source = THRICE.format(function="analyse", fault="Misconfigured", tries=str(tries))
    with desk.cloud.replaced("analyse", source):
        (batch,) = desk.cycle(LTC_ENTERS)

    assert tries.read_text() == "*"
    assert batch == {"skipped": True, "error": "Misconfigured"}
    assert orders(trader) == []


@pytest.mark.parametrize("function", ["sync_market", "analyse", "trade_bots", "settle"])
def test_a_step_whose_answer_is_lost_has_one_effect(
    desk: Desk, tmp_path: Path, function: str
) -> None:
    trader = desk.trader()
    bot = desk.bot(trader)
    tries = tmp_path / "tries"

    source = ANSWER_LOST_ONCE.format(function=function, tries=str(tries))
    with desk.cloud.replaced(function, source):
        (batch,) = desk.cycle(LTC_ENTERS)

    assert tries.read_text() == "**"
    assert batch["skipped"] is False
    assert_one_trade(trader, bot)
    # and the next close finds the bot free, with one equity point behind it
    (after,) = desk.cycle(NEXT_CLOSE)
    assert (after["trade"]["busy"], after["trade"]["decisions"]) == (0, 1)
    assert len(orders(trader)) == 1
    verify(trader, bot)


def test_two_cycles_of_one_minute_trade_once(desk: Desk) -> None:
    trader = desk.trader()
    bot = desk.bot(trader)
    desk.bot(trader, ETH)

    runs = desk.at_once([LTC_ENTERS, LTC_ENTERS])

    assert all(run.succeeded for run in runs)
    trades = [batch["trade"] for run in runs for batch in run.output]
    assert sum(trade["fills"] for trade in trades) == 1
    (order,) = orders(trader)
    assert order["bot_id"] == bot["bot_id"]
    assert len(trader.items("/api/fills")) == 1
    assert len(trader.items("/api/decisions")) == 2
    verify(trader, bot)


def test_a_cycle_of_the_past_changes_nothing(desk: Desk) -> None:
    trader = desk.trader()
    bot = desk.bot(trader)
    desk.cycle(LTC_ENTERS)
    desk.cycle(NEXT_CLOSE)
    seen = [trader.items(f"/api/{kind}") for kind in ("orders", "fills", "decisions", "ledger")]
    stands = trader.get(f"/api/bots/{bot['bot_id']}")

    (late,) = desk.cycle(BEFORE)
    (same,) = desk.cycle(LTC_ENTERS)

    assert [late["trade"]["busy"], same["trade"]["busy"]] == [1, 1]
    assert seen == [
        trader.items(f"/api/{kind}") for kind in ("orders", "fills", "decisions", "ledger")
    ]
    assert trader.get(f"/api/bots/{bot['bot_id']}") == stands


def test_the_same_replay_on_an_empty_desk_is_the_same(desk: Desk) -> None:
    told = []
    for name in ("ada", "ben"):
        desk.empty()
        trader = desk.trader(name)
        desk.bot(trader, ETH)
        for moment in (BEFORE, LTC_ENTERS, ETH_ENTERS):
            desk.cycle(moment)
        told.append(
            [
                (fill["instrument"], fill["quantity"], fill["price"], fill["fee"], fill["at"])
                for fill in trader.items("/api/fills")
            ]
            + [
                (decision["as_of"], decision["action"], decision["reference"])
                for decision in trader.items("/api/decisions")
            ]
        )
    assert told[0] == told[1]
    assert len(told[0]) == 4
