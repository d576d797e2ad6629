from dataclasses import replace
from typing import Any

import pytest

from nightdesk.trading.ledger import Account, Balances
from tests.builders.trading import AS_OF
from tests.unit.api.conftest import Api
from tests.unit.api.trading_rig import BOBS, BOT, BOT_2, HOUR, Floor


def test_postings_come_bot_by_bot_in_pages(floor: Floor) -> None:
    floor.first.entered(AS_OF + HOUR)
    whole = floor.ok("/ledger")["items"]
    assert {one["bot_id"] for one in whole} == {BOT, BOT_2}
    assert floor.walk("/ledger", limit=1) == whole
    assert floor.walk("/ledger", bot_id=BOT_2) == [one for one in whole if one["bot_id"] == BOT_2]


def test_a_posting_shows_signed_lines(floor: Floor) -> None:
    (posting,) = floor.ok("/ledger", bot_id=BOT_2)["items"]
    assert posting == {
        "posting_id": "capital:initial",
        "bot_id": BOT_2,
        "at": "2018-03-01T12:00:00Z",
        "lines": [
            {"account": "cash", "asset": "USD", "amount": "10000"},
            {"account": "capital", "asset": "USD", "amount": "-10000"},
        ],
    }


def test_a_sound_ledger_is_proven(floor: Floor) -> None:
    floor.first.entered(AS_OF + HOUR)
    proof = floor.ok("/ledger/verify", bot_id=BOT)
    assert (proof["ok"], proof["fills"]) == (True, 1)
    assert [one["holds"] for one in proof["invariants"]] == [True] * 7
    cash = next(one for one in proof["balances"] if one["account"] == "cash")
    assert cash["amount"] == "8996"


def test_a_broken_ledger_is_said_so_and_not_repaired(floor: Floor) -> None:
    key = (floor.first.owner, BOT)
    book = floor.world.desk.kept[key]
    amounts = dict(book.balances.amounts)
    amounts[Account.CASH, "USD"] -= 1
    broken = replace(book, balances=Balances(amounts))
    floor.world.desk.kept[key] = broken
    proof = floor.ok("/ledger/verify", bot_id=BOT)
    assert proof["ok"] is False
    assert {one["number"] for one in proof["invariants"] if one["findings"]} == {5, 6}
    assert floor.world.desk.kept[key] == broken


def test_another_traders_ledger_answers_as_an_unknown_one(floor: Floor) -> None:
    for path in ("/ledger", "/ledger/verify"):
        assert floor.missing(path, bot_id=BOBS) == floor.missing(path, bot_id="bot_none")


@pytest.mark.parametrize(
    ("path", "query", "field"),
    [
        ("/ledger/verify", {}, "bot_id"),
        ("/ledger/verify", {"bot_id": ""}, "bot_id"),
        ("/ledger/verify", {"bot_id": "a b"}, "bot_id"),
        ("/ledger", {"bot_id": "a b"}, "bot_id"),
        ("/ledger", {"limit": 1000}, "limit"),
    ],
)
def test_a_bad_query_is_422_naming_the_field(
    floor: Floor, path: str, query: dict[str, Any], field: str
) -> None:
    assert floor.refusal(path, **query) == (422, "VALIDATION_FAILED", field)


@pytest.mark.parametrize("path", ["/api/ledger", "/api/ledger/verify?bot_id=bot_1"])
def test_the_ledger_without_a_token_is_401(api: Api, path: str) -> None:
    assert api.client.get(path).status_code == 401
