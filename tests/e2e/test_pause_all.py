"""Pause-all is how trading is halted: nothing is entered, what is held is looked after."""

from decimal import Decimal

from tests.deployed import ETH, ETH_ENTERS, FALLING, LTC_ENTERS, Desk, verify

NOON = "2018-11-30T12:00:00Z"
NEXT = "2018-11-30T16:00:00Z"
STOP_TOUCHED = "2018-11-30T11:00:00Z"


def test_paused_bots_enter_nothing_and_go_on_when_resumed(desk: Desk) -> None:
    trader = desk.trader()
    bots = [desk.bot(trader)["bot_id"], desk.bot(trader, ETH)["bot_id"]]
    paused = trader.post("/api/bots/pause-all", {"reason": "a bad feeling"})
    assert sorted(paused["changed"]) == sorted(bots)
    assert {bot["status"] for bot in trader.items("/api/bots")} == {"paused"}

    desk.cycle(LTC_ENTERS)
    assert trader.items("/api/orders") == []

    resumed = trader.post("/api/bots/resume-all")
    assert sorted(resumed["changed"]) == sorted(bots)
    desk.cycle(ETH_ENTERS)
    assert ETH in [fill["instrument"] for fill in trader.items("/api/fills")]


def test_a_paused_bots_stop_still_sells_and_nothing_is_bought_again(desk: Desk) -> None:
    trader, other = desk.trader("ada"), desk.trader("ben")
    bot, others = desk.falling(trader), desk.bot(other, FALLING, timeframe="4h")
    trader.post("/api/bots/pause-all")
    assert trader.get(f"/api/bots/{bot['bot_id']}")["status"] == "paused"
    assert other.get(f"/api/bots/{others['bot_id']}")["status"] != "paused"

    (batch,) = desk.cycle(STOP_TOUCHED)
    assert batch["trade"]["fills"] == 1
    assert trader.items("/api/positions") == []

    for moment in (NOON, NEXT):
        desk.cycle(moment)
    orders = trader.items("/api/orders")
    assert sorted(one["leg"] for one in orders if one["status"] == "FILLED") == ["entry", "stop"]
    # what the strategy still wanted is on record, refused
    assert {one["status"] for one in orders if one["reason"] == "BOT_NOT_ACTIVE"} <= {"DENIED"}
    assert other.items("/api/decisions") != []
    verify(trader, bot)


def test_a_resumed_bot_buys_again(desk: Desk) -> None:
    trader = desk.trader()
    bot = desk.falling(trader)
    trader.post("/api/bots/pause-all")
    desk.cycle(STOP_TOUCHED)
    trader.post("/api/bots/resume-all")

    desk.cycle(NOON)

    (position,) = trader.items("/api/positions")
    assert Decimal(position["position"]["quantity"]) > 0
    verify(trader, bot)
