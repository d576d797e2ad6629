from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from nightdesk.analysis.record import SnapshotRecord
from nightdesk.market.timeframe import Timeframe
from nightdesk.risk.verdict import Check, Outcome
from tests.builders.decisions import a_verdict
from tests.builders.trading import AS_OF, BTC
from tests.unit.api.conftest import Api
from tests.unit.api.trading_rig import BOBS, BOT, BOT_2, HOUR, Floor


def test_bots_that_have_not_decided_give_an_empty_page(floor: Floor) -> None:
    assert floor.ok("/decisions") == {"items": [], "next_cursor": None}


def test_decisions_of_all_bots_are_merged_newest_first_in_pages(floor: Floor) -> None:
    for hour in range(3):
        floor.first.held(AS_OF + hour * HOUR)
        floor.second.held(AS_OF + hour * HOUR)
    floor.bobs.held(AS_OF)
    whole = floor.ok("/decisions")["items"]
    assert [(one["as_of"][11:13], one["bot_id"]) for one in whole] == [
        ("14", BOT),
        ("14", BOT_2),
        ("13", BOT),
        ("13", BOT_2),
        ("12", BOT),
        ("12", BOT_2),
    ]
    for limit in (1, 2, 4, 6):
        assert floor.walk("/decisions", limit=limit) == whole
    assert floor.walk("/decisions", limit=1, bot_id=BOT) == whole[::2]


def test_a_decision_in_the_list_says_what_and_why(floor: Floor) -> None:
    floor.first.held(AS_OF)
    (shown,) = floor.ok("/decisions")["items"]
    assert (shown["action"], shown["signal"], shown["outcome"]) == ("HOLD", "HOLD", None)
    assert shown["summary"] == "Did nothing on BTC/USD@bitstamp: the strategy gave no signal."
    assert shown["reference"] == "10234.56"


def test_a_trade_is_explained_in_full(floor: Floor) -> None:
    decision = floor.first.entered(AS_OF + HOUR)
    floor.snapshots.put(
        SnapshotRecord(
            hash=decision.snapshot_hash,
            instrument_id=BTC,
            timeframe=Timeframe.H1,
            candle=decision.candle,
            content={"panel": {"rsi_14": 61.2}, "regime": "trending_up"},
        )
    )
    shown = floor.ok(f"/decisions/{decision.decision_id}")
    assert shown["snapshot"]["content"]["panel"] == {"rsi_14": 61.2}
    assert shown["signal"]["conditions"][0] == "ema_9 cross_above ema_21"
    assert shown["signal"]["stop"] == "9500.12"
    assert shown["verdict"]["checks"][0]["text"].startswith("REASON_CODE_1: used=0.0141357")
    assert shown["verdict"]["factors"]["strength"] == "0.8"
    assert [one["order"]["status"] for one in shown["orders"]] == ["FILLED"]
    assert [one["fee"] for one in shown["orders"][0]["fills"]] == ["4"]
    assert [one["order"]["leg"] for one in shown["protective_orders"]] == ["stop", "target"]
    assert shown["position"]["protection"]["stop"] == "9500"
    assert shown["round_trip"] is None
    assert shown["summary"].startswith("Bought 0.1 BTC at 10000 USD on bitstamp")


def test_a_closed_trade_is_explained_to_its_end(floor: Floor) -> None:
    decision = floor.first.entered(AS_OF + HOUR)
    floor.first.stopped(AS_OF + 2 * HOUR)
    shown = floor.ok(f"/decisions/{decision.decision_id}")
    trip = shown["round_trip"]
    assert (trip["net"], trip["r"], trip["exit_reason"]) == ("-58.8", "-1.176", "stop")
    assert trip["closed_at"] == "2018-03-01T14:00:00.250Z"
    assert shown["position"] is None


def test_a_refusal_is_explained_by_its_check(floor: Floor) -> None:
    check = Check(number=14, code="BOT_DRAWDOWN", passed=False, limit="0.2")
    verdict = replace(
        a_verdict(),
        outcome=Outcome.DENIED,
        reason="BOT_DRAWDOWN",
        checks=(check,),
        quantity=Decimal(0),
    )
    at = AS_OF + HOUR
    wanted = floor.first.wanted(at, verdict=verdict, code="BOT_DRAWDOWN")
    decision = floor.first.denied(at, wanted)
    shown = floor.ok(f"/decisions/{decision.decision_id}")
    assert (shown["verdict"]["outcome"], shown["decision"]["code"]) == ("denied", "BOT_DRAWDOWN")
    assert shown["orders"][0]["order"]["status"] == "DENIED"
    assert "risk refused it, BOT_DRAWDOWN: limit=0.2" in shown["summary"]
    assert (shown["protective_orders"], shown["position"]) == ([], None)


def test_doing_nothing_is_explained_without_a_snapshot_that_is_gone(floor: Floor) -> None:
    decision = floor.first.held(AS_OF)
    shown = floor.ok(f"/decisions/{decision.decision_id}")
    assert shown["snapshot"] == {"hash": decision.snapshot_hash, "content": None}
    assert (shown["verdict"], shown["orders"]) == (None, [])


def test_another_traders_decision_answers_as_an_unknown_one(floor: Floor) -> None:
    decision = floor.bobs.held(AS_OF)
    unknown = floor.missing(f"/decisions/{BOT}.1519905600000.aaaaaaaaaaaaaaaaaaaaaaaaaa")
    assert floor.missing(f"/decisions/{decision.decision_id}") == unknown
    assert floor.missing("/decisions", bot_id=BOBS) == unknown
    assert floor.missing("/decisions", bot_id="bot_none") == unknown


@pytest.mark.parametrize(
    "wrong",
    ["x", "bot_1", "bot_1.1", "bot_1.1.", ".1.x", "bot_1.99999999999999.x", "bot_1.-1.x", "a%20b"],
)
def test_an_id_that_is_none_is_404(floor: Floor, wrong: str) -> None:
    assert floor.get(f"/decisions/{wrong}").status_code == 404


@pytest.mark.parametrize(
    ("query", "field"),
    [({"bot_id": "?"}, "bot_id"), ({"limit": "many"}, "limit"), ({"limit": 0}, "limit")],
)
def test_a_bad_query_is_422_naming_the_field(
    floor: Floor, query: dict[str, Any], field: str
) -> None:
    assert floor.refusal("/decisions", **query) == (422, "VALIDATION_FAILED", field)


@pytest.mark.parametrize("path", ["/api/decisions", "/api/decisions/bot_1.1.x"])
def test_decisions_without_a_token_are_401(api: Api, path: str) -> None:
    assert api.client.get(path).status_code == 401
