from typing import Any

import pytest

from tests.builders.journal_trades import an_unplaced
from tests.unit.api.conftest import Api
from tests.unit.api.journal_rig import TRADE, JournalDesk
from tests.unit.api.writing_rig import refused, without_id

CASH = {
    "account": "my ledger",
    "at": "2026-02-01T09:00:00Z",
    "asset": "USDT",
    "amount": "500",
    "kind": "deposit",
}


@pytest.fixture
def desk(api: Api) -> JournalDesk:
    return JournalDesk(api)


def test_cash_is_written_once_listed_and_taken_back(desk: JournalDesk) -> None:
    made = desk.made("/cash", CASH | {"kind": "withdrawal", "equity_before": "700"})
    again = desk.made("/cash", CASH | {"kind": "withdrawal", "equity_before": "700"})
    assert (made["moved"], again["id"]) == ("-500", made["id"])
    other = desk.made("/cash", CASH | {"account": "other", "at": "2026-02-02T09:00:00Z"})
    listed = desk.call("GET", "/cash").json()["items"]
    assert [one["id"] for one in listed] == [other["id"], made["id"]]
    own = desk.call("GET", "/cash", params={"account": "my ledger"}).json()["items"]
    assert [one["id"] for one in own] == [made["id"]]
    assert desk.call("DELETE", f"/cash/{made['id']}").status_code == 204
    assert refused(desk.call("DELETE", f"/cash/{made['id']}")) == (404, "NOT_FOUND")


def test_pages_show_each_row_once_and_a_cursor_keeps_its_account(desk: JournalDesk) -> None:
    for day in range(1, 6):
        desk.made("/cash", CASH | {"at": f"2026-02-0{day}T09:00:00Z"})
    seen: list[str] = []
    params: dict[str, Any] = {"limit": 2, "account": "my ledger"}
    cursor: dict[str, str] = {}
    while True:
        page = desk.call("GET", "/cash", params=params | cursor).json()
        seen += [one["at"][8:10] for one in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert seen == ["05", "04", "03", "02", "01"]
    answer = desk.call("GET", "/cash", params={"account": "other"} | cursor)
    assert refused(answer) == (400, "BAD_CURSOR")


def test_the_journal_adds_up_cash_and_trades_by_hand(desk: JournalDesk) -> None:
    desk.made("/cash", CASH)
    desk.made("/trades", TRADE)
    found = desk.call("GET", "/reconciliation", params={"account": "my ledger"}).json()
    # 500 came, 100 was paid and 110 returned; the coin went again
    told = {one["asset"]: (one["journal"], one["venue"]) for one in found["assets"]}
    assert told == {"BTC": ("0", None), "USDT": ("510", None)}


def test_reconciliation_tells_what_is_in_no_trade_of_the_account_alone(desk: JournalDesk) -> None:
    for account in ("my ledger", "other"):
        left = an_unplaced(account=account)
        desk.unplaced.keep(desk.owner, account, left.instrument, [left])
    params = {"account": "my ledger"}
    (told,) = desk.call("GET", "/reconciliation", params=params).json()["unplaced"]
    assert (told["account"], told["asset"], told["count"]) == ("my ledger", "BTC", 2)
    bobs = desk.call("GET", "/reconciliation", params=params, as_bob=True).json()
    assert bobs["unplaced"] == []


def test_another_traders_cash_does_not_exist(desk: JournalDesk) -> None:
    made = desk.made("/cash", CASH)
    before = dict(desk.cash.rows)
    answers = [
        desk.call("DELETE", f"/cash/{name}", as_bob=True) for name in (made["id"], "nobodys")
    ]
    assert {one.status_code for one in answers} == {404}
    assert without_id(answers[0]) == without_id(answers[1])
    assert desk.call("GET", "/cash", as_bob=True).json()["items"] == []
    params = {"account": "my ledger"}
    assert desk.call("GET", "/reconciliation", params=params, as_bob=True).json()["assets"] == []
    assert desk.cash.rows == before


@pytest.mark.parametrize(
    "change",
    [
        {"amount": 500},
        {"amount": "0"},
        {"amount": "-1"},
        {"amount": "1e3"},
        {"amount": "NaN"},
        {"kind": "gift"},
        {"asset": "us dollars"},
        {"account": " "},
        {"account": "a\u202eb"},
        {"at": "2026-02-01T09:00:00"},
        {"at": "2008-02-01T09:00:00Z"},
        {"at": "2026-03-01T12:06:00Z"},
        {"equity_before": "-1"},
        {"note": "x" * 201},
        {"surprise": 1},
    ],
)
def test_bad_cash_is_422_and_nothing_is_stored(desk: JournalDesk, change: dict[str, Any]) -> None:
    assert refused(desk.call("POST", "/cash", json=CASH | change)) == (422, "VALIDATION_FAILED")
    assert not desk.cash.rows


def test_a_reconciliation_names_its_account(desk: JournalDesk) -> None:
    assert refused(desk.call("GET", "/reconciliation")) == (422, "VALIDATION_FAILED")
