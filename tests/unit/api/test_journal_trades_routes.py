from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from nightdesk.core.errors import StoreUnavailable
from nightdesk.core.ids import TradeId
from nightdesk.journal import trade_listing
from nightdesk.journal.trade import Labels
from tests.builders.writing import a_book
from tests.unit.api.conftest import Api
from tests.unit.api.journal_rig import OPEN, TRADE, JournalDesk
from tests.unit.api.writing_rig import refused, without_id


@pytest.fixture
def desk(api: Api) -> JournalDesk:
    return JournalDesk(api)


def ids(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [one["id"] for one in answer.json()["items"]]


def test_a_trade_is_entered_shown_labelled_and_told_of(desk: JournalDesk) -> None:
    made = desk.made("/trades", TRADE | {"labels": {"note": "calm", "tags": ["range"]}})
    # 10 gained over 5 risked
    assert (made["net"], made["r"], made["outcome"], made["version"]) == ("10", "2", "win", 2)
    path = f"/trades/{made['id']}"
    body = {"version": 2, "emotions": ["calm"], "setup_id": "breakout", "exit_reason": "target"}
    patched = desk.call("PATCH", path, json=body).json()
    assert (patched["labels"]["setup_id"], patched["exit_reason"]) == ("breakout", "target")
    entry = {"kind": "trade", "trade_id": made["id"], "title": "Patience"}
    desk.made("/entries", entry)
    shown = desk.call("GET", path).json()
    assert [leg["price"] for leg in shown["legs"]] == ["100", "110"]
    assert [one["title"] for one in shown["entries"]] == ["Patience"]
    assert (shown["findings"], shown["prev"], shown["next"]) == ([], None, None)
    assert shown["labels"] == patched["labels"]


def test_the_two_ends_of_a_trade_are_enough(desk: JournalDesk) -> None:
    entry, out = ({**fill} for fill in TRADE["fills"])
    del entry["side"], out["side"]
    body = {"account": "a", "instrument": "BTC/USDT@binance", "kind": "perp", "side": "short"}
    made = desk.made("/trades", body | {"entry": entry, "exit": out})
    assert (made["side"], made["net"], made["status"]) == ("short", "-10", "closed")
    assert desk.made("/trades", body | {"account": "b", "entry": entry})["status"] == "open"


def test_the_same_trade_again_is_a_duplicate(desk: JournalDesk) -> None:
    desk.made("/trades", TRADE)
    assert refused(desk.call("POST", "/trades", json=TRADE)) == (409, "DUPLICATE_FILL")


def test_a_stale_version_changes_nothing(desk: JournalDesk) -> None:
    made = desk.made("/trades", TRADE)
    path = f"/trades/{made['id']}"
    body = {"version": made["version"], "note": "a"}
    assert desk.call("PATCH", path, json=body).status_code == 200
    answer = desk.call("PATCH", path, json={"version": 1, "note": "b"})
    assert refused(answer) == (409, "STALE_VERSION")
    assert desk.call("GET", path).json()["labels"]["note"] == "a"


EVERY_LABEL: dict[str, Any] = {
    "setup_id": "breakout",
    "market_condition": "ranging",
    "exit_reason": "target",
    "tags": ["range"],
    "emotions": ["calm"],
    "note": "calm",
    "no_stop_declared": True,
}


@pytest.mark.parametrize("name", sorted(EVERY_LABEL))
def test_null_clears_what_was_written_and_what_is_left_out_stays(
    desk: JournalDesk, name: str
) -> None:
    bare = desk.made("/trades", TRADE)
    path, version = f"/trades/{bare['id']}", bare["version"]
    full = desk.call("PATCH", path, json=EVERY_LABEL | {"version": version}).json()
    null = desk.call("PATCH", path, json={name: None, "version": full["version"]}).json()
    blank = {**bare["labels"], "exit_reason": bare["exit_reason"]}
    wanted = {**full["labels"], "exit_reason": full["exit_reason"], name: blank[name]}
    assert {**null["labels"], "exit_reason": null["exit_reason"]} == wanted
    assert wanted[name] != EVERY_LABEL[name]


def test_null_takes_back_stop_and_target_of_a_trade_by_hand(desk: JournalDesk) -> None:
    made = desk.made("/trades", TRADE | {"target": "120"})
    assert made["r"] == "2"
    path = f"/trades/{made['id']}"
    body = {"version": made["version"], "target": None}
    without = desk.call("PATCH", path, json=body).json()
    shown = desk.call("GET", path).json()
    assert (shown["r"], shown["risk"]["initial_stop"], shown["risk"]["target"]) == (
        *("2", "95"),
        None,
    )
    body = {"version": without["version"], "stop": None}
    assert desk.call("PATCH", path, json=body).json()["r"] is None
    assert desk.call("GET", path).json()["reasons"]["r"] == "NO_STOP"


def test_the_stop_of_an_open_trade_by_hand_is_moved_and_shown_once(desk: JournalDesk) -> None:
    made = desk.made("/trades", OPEN)
    path = f"/trades/{made['id']}"
    body = {"version": made["version"], "stop": "99"}
    assert desk.call("PATCH", path, json=body).status_code == 200
    risk = desk.call("GET", path).json()["risk"]
    assert (risk["initial_stop"], risk["initial_risk"]) == ("95", "5")
    assert [mark["price"] for mark in risk["stops"]] == ["95", "99"]
    assert risk["stops"][1]["at"] == "2026-03-01T12:00:00Z"


def test_entries_follow_a_trade_that_moves(desk: JournalDesk) -> None:
    made = desk.made("/trades", TRADE)
    entry = {"kind": "trade", "trade_id": made["id"], "title": "Patience"}
    desk.made("/entries", entry | {"occurred_at": "2026-02-02T00:00:00Z"})
    first, last = TRADE["fills"]
    fills = [{**first, "at": "2026-02-01T09:00:00Z"}, last]
    body = {"version": made["version"], "fills": fills}
    moved = desk.call("PATCH", f"/trades/{made['id']}", json=body).json()
    assert moved["id"] != made["id"]
    desk.made("/entries", entry | {"title": "Late"})
    desk.made("/entries", entry | {"title": "Newest", "trade_id": moved["id"]})
    for name in (made["id"], moved["id"]):
        shown = desk.call("GET", f"/trades/{name}").json()
        assert shown["entries"][-1]["title"] == "Patience"
        assert {one["title"] for one in shown["entries"]} == {"Patience", "Late", "Newest"}
        assert (shown["id"], shown["former"]) == (moved["id"], [])
        listed = desk.call("GET", "/entries", params={"trade_id": name}).json()["items"]
        assert [one["id"] for one in listed] == [one["id"] for one in shown["entries"]]
        late = {"trade_id": name, "q": "late"}
        found = desk.call("GET", "/entries/search", params=late).json()["items"]
        assert [one["entry"]["title"] for one in found] == ["Late"]


def test_what_was_written_of_a_trade_that_went_into_another_is_shown_beside_it(
    desk: JournalDesk,
) -> None:
    made = desk.trade(1, labels={"note": "calm"})
    ((key, kept),) = desk.rig.trades.kept.items()
    wrote = Labels(
        owner=desk.owner,
        trade_id=TradeId("jt_gone"),
        note="hasty",
        tags=("range",),
        target=Decimal(120),
    )
    bare = Labels(owner=desk.owner, trade_id=TradeId("jt_older"))
    desk.rig.trades.kept[key] = replace(kept, former=(bare, wrote))
    (former,) = desk.call("GET", f"/trades/{made['id']}").json()["former"]
    assert (former["trade_id"], former["note"], former["tags"]) == ("jt_gone", "hasty", ["range"])
    assert (former["target"], former["stops"], former["exit_reason"]) == ("120", [], None)


def test_fills_by_hand_take_the_place_of_others(desk: JournalDesk) -> None:
    made = desk.made("/trades", TRADE)
    first, last = TRADE["fills"]
    body = {"version": made["version"], "fills": [first, {**last, "price": "120"}]}
    assert desk.call("PATCH", f"/trades/{made['id']}", json=body).json()["net"] == "20"


def test_an_open_trade_is_closed_hidden_and_brought_back(desk: JournalDesk) -> None:
    made = desk.made("/trades", OPEN)
    path = f"/trades/{made['id']}"
    early = {"at": "2026-01-01T00:00:00Z", "price": "105"}
    assert refused(desk.call("POST", f"{path}/close", json=early)) == (422, "CLOSE_BEFORE_OPEN")
    body = {"at": "2026-02-02T00:00:00Z", "price": "105", "fee": "1"}
    assert desk.call("POST", f"{path}/close", json=body).json()["net"] == "4"
    assert refused(desk.call("POST", f"{path}/close", json=body)) == (409, "NOT_OPEN")
    assert desk.call("DELETE", path).status_code == 204
    assert ids(desk.call("GET", "/trades")) == []
    assert ids(desk.call("GET", "/trades", params={"status": "void"})) == [made["id"]]
    assert desk.call("POST", f"{path}/restore").json()["status"] == "closed"
    assert ids(desk.call("GET", "/trades")) == [made["id"]]


def test_a_close_that_was_cut_off_and_repeated_under_its_key_is_one(
    desk: JournalDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = desk.made("/trades", OPEN)
    path, trades = f"/trades/{made['id']}", desk.rig.trades
    kept = trades.save

    def lost(*args: Any, **more: Any) -> None:
        kept(*args, **more)
        raise StoreUnavailable("the answer was lost")

    said: dict[str, Any] = {
        "json": {"at": "2026-02-02T00:00:00Z", "price": "105", "quantity": "0.5"},
        "headers": {"Idempotency-Key": "close-half-of-it"},
    }
    with monkeypatch.context() as patch:
        patch.setattr(trades, "save", lost)
        assert desk.call("POST", f"{path}/close", **said).status_code == 503
    for _ in range(2):
        assert desk.call("POST", f"{path}/close", **said).json()["qty_open"] == "0.5"
    assert len(desk.call("GET", path).json()["legs"]) == 2


def test_lists_are_filtered_and_sorted(desk: JournalDesk) -> None:
    first = desk.trade(1, "110", labels={"tags": ["range"], "setup_id": "breakout"})
    second = desk.trade(2, "90", account="other", labels={"emotions": ["fomo"], "note": "Café"})
    third = desk.trade(3, "130")
    a, b, c = (one["id"] for one in (first, second, third))
    for params, wanted in (
        ({}, [c, b, a]),
        ({"order": "asc"}, [a, b, c]),
        ({"sort": "opened_at"}, [c, b, a]),
        ({"sort": "net"}, [c, a, b]),
        ({"sort": "r", "order": "asc"}, [b, a, c]),
        ({"outcome": "loss"}, [b]),
        ({"account": ["other", "none"]}, [b]),
        ({"tag": "range"}, [a]),
        ({"setup": "breakout", "outcome": "loss"}, []),
        ({"emotion": "fomo"}, [b]),
        ({"min_r": "1", "max_r": "3"}, [a]),
        ({"max_r": "-0.5"}, [b]),
        ({"q": "cafe btc"}, [b]),
        ({"q": "btc caf"}, [b]),
        ({"q": "caf btc"}, []),
        ({"q": "!!"}, []),
        ({"q": "  "}, []),
        ({"from": "2026-02-02T00:00:00Z", "to": "2026-02-03T00:00:00Z"}, [b]),
        ({"from": "2026-02-02T10:30:00Z", "by": "opened"}, [c]),
        ({"from": "2026-02-02T00:00:00Z", "sort": "net", "order": "asc"}, [b, c]),
        ({"instrument": "ETH/USDT@binance"}, []),
        ({"bot_id": "bot_1"}, []),
    ):
        assert ids(desk.call("GET", "/trades", params=params)) == wanted, params
    totals = desk.call("GET", "/trades").json()["totals"]
    assert (totals["trades"], totals["wins"], totals["losses"]) == (3, 2, 1)
    assert (totals["net_account"], totals["r"], totals["with_r"]) == ("30", "6", 3)
    assert (totals["modes"], totals["others"]) == (["live"], 0)


@pytest.mark.parametrize(
    ("asked", "modes", "net", "others"),
    [
        ([], ["live"], "10", 1),
        (["paper"], ["paper"], "30", 0),
        (["live", "paper"], ["live", "paper"], "40", 0),
    ],
)
def test_paper_and_live_are_added_only_where_both_are_asked_for(
    desk: JournalDesk, asked: list[str], modes: list[str], net: str, others: int
) -> None:
    desk.trade(1)
    desk.trade(2, "130", mode="paper")
    totals = desk.call("GET", "/trades", params={"mode": asked}).json()["totals"]
    assert (totals["modes"], totals["others"]) == (modes, others)
    assert (totals["trades"], totals["net_account"]) == (len(modes), net)


@pytest.mark.parametrize("order", ["desc", "asc"])
def test_open_trades_are_sorted_by_what_they_have_and_stand_last_without(
    desk: JournalDesk, order: str
) -> None:
    low, high = desk.trade(2, "110")["id"], desk.trade(3, "120")["id"]
    still = desk.made("/trades", OPEN)["id"]
    ended = [high, low] if order == "desc" else [low, high]
    for sort in ("r", "hold"):
        found = ids(desk.call("GET", "/trades", params={"sort": sort, "order": order}))
        assert found[-1] == still
        assert set(found) == {low, high, still}
    # what it has brought so far is zero
    by_net = [*ended, still] if order == "desc" else [still, *ended]
    params = {"sort": "net", "order": order}
    assert ids(desk.call("GET", "/trades", params=params)) == by_net
    early = params | {"to": "2026-02-20T00:00:00Z"}
    assert ids(desk.call("GET", "/trades", params=early)) == ended
    assert ids(desk.call("GET", "/trades", params=params | {"status": "open"})) == [still]


@pytest.mark.parametrize("sort", ["closed_at", "net", "hold"])
def test_pages_show_each_trade_once_and_a_cursor_keeps_its_filters(
    desk: JournalDesk, sort: str
) -> None:
    made = [desk.trade(day, f"{100 + day}")["id"] for day in range(1, 6)]
    seen: list[str] = []
    params: dict[str, Any] = {"limit": 2, "sort": sort, "outcome": "win"}
    cursor: dict[str, str] = {}
    for _ in range(5):
        page = desk.call("GET", "/trades", params=params | cursor)
        seen += ids(page)
        if page.json()["next_cursor"] is None:
            break
        cursor = {"cursor": page.json()["next_cursor"]}
    assert sorted(seen) == sorted(made)
    assert len(seen) == len(set(seen))
    other = desk.call("GET", "/trades", params=params | cursor | {"outcome": "loss"})
    assert refused(other) == (400, "BAD_CURSOR")
    foreign = desk.call("GET", "/trades", params=params | cursor, as_bob=True)
    assert refused(foreign) == (400, "BAD_CURSOR")


def test_a_short_page_looks_at_few_trades_and_its_cursor_at_the_next(
    desk: JournalDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [desk.trade(day, "110" if day in {1, 7} else "90")["id"] for day in range(1, 9)]
    monkeypatch.setattr(trade_listing, "PARTS", 3)
    found: list[str] = []
    cursor: dict[str, str] = {}
    pages = 0
    while cursor or not pages:
        params = {"limit": 1, "outcome": "win"} | cursor
        page = desk.call("GET", "/trades", params=params)
        found += ids(page)
        cursor = {"cursor": page.json()["next_cursor"]} if page.json()["next_cursor"] else {}
        pages += 1
    assert found == [made[6], made[0]]
    assert pages == 3


@pytest.mark.parametrize("order", ["desc", "asc"])
def test_a_list_by_a_figure_goes_on_where_it_was_when_the_last_one_shown_is_gone(
    desk: JournalDesk, order: str
) -> None:
    made = [desk.trade(day, f"{100 + day}")["id"] for day in range(1, 5)]
    wanted = made[::-1] if order == "desc" else made
    params: dict[str, Any] = {"limit": 2, "sort": "net", "order": order}
    page = desk.call("GET", "/trades", params=params)
    assert ids(page) == wanted[:2]
    assert desk.call("DELETE", f"/trades/{wanted[1]}").status_code == 204
    rest = desk.call("GET", "/trades", params=params | {"cursor": page.json()["next_cursor"]})
    assert ids(rest) == wanted[2:]


def test_tags_are_put_on_and_taken_off_once(desk: JournalDesk) -> None:
    made = desk.made("/trades", TRADE)
    path = f"/trades/{made['id']}"
    for _ in range(2):
        assert desk.call("PUT", f"{path}/tags/range").status_code == 204
    assert desk.call("GET", path).json()["labels"]["tags"] == ["range"]
    for _ in range(2):
        assert desk.call("DELETE", f"{path}/tags/range").status_code == 204
    assert desk.call("GET", path).json()["labels"]["tags"] == []
    assert refused(desk.call("PUT", f"{path}/tags/tag_of_nobody")) == (404, "NOT_FOUND")


def test_the_chart_has_the_fills_and_the_shortest_candles_that_show_all(
    desk: JournalDesk,
) -> None:
    made = desk.made("/trades", TRADE)
    chart = desk.call("GET", f"/trades/{made['id']}/candles").json()
    assert [(one["action"], one["price"]) for one in chart["marks"]] == [
        ("BUY", "100"),
        ("SELL", "110"),
    ]
    assert chart["timeframe"] == "1m"
    desk.call("GET", f"/trades/{made['id']}/candles", params={"tf": "1d"})
    assert [one["timeframe"] for one in desk.charts.asked] == ["1m", "1d"]


def test_the_chart_of_a_trade_of_the_first_year_begins_with_the_first_coin(
    desk: JournalDesk,
) -> None:
    fills = [{**fill, "at": fill["at"].replace("2026-02", "2009-02")} for fill in TRADE["fills"]]
    made = desk.made("/trades", TRADE | {"fills": fills})
    path = f"/trades/{made['id']}/candles"
    assert desk.call("GET", path, params={"tf": "1w"}).status_code == 200
    assert desk.charts.asked[-1]["since"] == datetime(2009, 1, 3, tzinfo=UTC)


def test_neighbours_are_those_entered_before_and_after(desk: JournalDesk) -> None:
    names = [desk.trade(day)["id"] for day in (1, 2, 3)]
    shown = desk.call("GET", f"/trades/{names[1]}").json()
    assert (shown["prev"], shown["next"]) == (names[0], names[2])


def test_another_traders_trade_does_not_exist(desk: JournalDesk) -> None:
    made = desk.made("/trades", TRADE)
    before = (dict(desk.rig.trades.kept), dict(desk.rig.trades.written))
    close = {"at": "2026-02-02T00:00:00Z", "price": "105"}
    for method, path, body in (
        ("GET", "", None),
        ("PATCH", "", {"version": 1, "note": "mine"}),
        ("DELETE", "", None),
        ("POST", "/restore", None),
        ("POST", "/close", close),
        ("PUT", "/tags/range", None),
        ("DELETE", "/tags/range", None),
        ("GET", "/candles", None),
    ):
        answers = [
            desk.call(method, f"/trades/{name}{path}", json=body, as_bob=True)
            for name in (made["id"], "jt_of_nobody")
        ]
        assert {one.status_code for one in answers} == {404}, (method, path)
        assert without_id(answers[0]) == without_id(answers[1])
    assert ids(desk.call("GET", "/trades", as_bob=True)) == []
    assert (desk.rig.trades.kept, desk.rig.trades.written) == before


def test_a_merged_tag_or_setup_is_shown_as_the_one_it_went_into(desk: JournalDesk) -> None:
    old, new = (
        desk.made("/tags", {"name": name, "category": "setup"})["id"]
        for name in ("Coil", "Squeeze")
    )
    made = desk.trade(1, labels={"setup_id": old, "tags": [old, "range"]})
    merge = {"into": new, "version": 1}
    path = f"/trades/{made['id']}"
    assert desk.call("POST", f"/tags/{old}/merge", json=merge).status_code == 200
    edit = {"note": "calm", "version": made["version"]}
    shown = [
        desk.call("GET", path).json(),
        desk.call("GET", "/trades").json()["items"][0],
        desk.call("PATCH", path, json=edit).json(),
    ]
    assert [one["labels"]["setup_id"] for one in shown] == [new] * 3
    assert [one["labels"]["tags"] for one in shown] == [[new, "range"]] * 3


def test_anothers_tag_setup_or_playbook_is_404_and_nothing_is_written(desk: JournalDesk) -> None:
    tag = desk.made("/tags", {"name": "Mine"})["id"]
    for labels in ({"tags": [tag]}, {"setup_id": tag}, {"playbook_id": "pb_1"}):
        answer = desk.call("POST", "/trades", json=TRADE | {"labels": labels}, as_bob=True)
        assert refused(answer) == (404, "NOT_FOUND"), labels
    assert not desk.rig.trades.kept


def test_a_trade_keeps_the_version_of_its_playbook_that_was_in_force_at_its_entry(
    desk: JournalDesk,
) -> None:
    first, second = (
        a_book(owner=desk.owner, version=number, created_at=datetime(2026, 2, day, tzinfo=UTC))
        for number, day in ((1, 3), (2, 10))
    )
    desk.books.put(first, None)
    desk.books.put(second, first)
    labels = {"playbook_id": first.id}
    for day, version in ((1, 1), (5, 1), (12, 2)):
        made = desk.trade(day, labels=labels)
        assert made["labels"]["playbook_version"] == version
    body = labels | {"playbook_version": 2, "version": made["version"]}
    changed = desk.call("PATCH", f"/trades/{made['id']}", json=body).json()
    assert changed["labels"]["playbook_version"] == 2
    body = {"playbook_id": None, "version": changed["version"]}
    without = desk.call("PATCH", f"/trades/{made['id']}", json=body).json()["labels"]
    assert (without["playbook_id"], without["playbook_version"]) == (None, None)
    later = desk.trade(6)
    body = labels | {"version": later["version"]}
    changed = desk.call("PATCH", f"/trades/{later['id']}", json=body).json()
    assert changed["labels"]["playbook_version"] == 1


def test_a_checklist_is_of_the_rules_of_the_playbook_that_the_trade_keeps(
    desk: JournalDesk,
) -> None:
    book = a_book(owner=desk.owner)
    (rule,) = book.rules
    desk.books.put(book, None)
    bare, kept = desk.trade(1), desk.trade(2, labels={"playbook_id": book.id})
    for made, body, wanted in (
        (bare, {"checklist": {rule.id: "kept"}}, (422, "VALIDATION_FAILED")),
        (bare, {"playbook_version": 1}, (422, "VALIDATION_FAILED")),
        (kept, {"checklist": {"strange": "kept"}}, (422, "VALIDATION_FAILED")),
        (kept, {"playbook_version": 2}, (404, "NOT_FOUND")),
        (
            kept,
            {"playbook_id": None, "checklist": {rule.id: "kept"}},
            (422, "VALIDATION_FAILED"),
        ),
    ):
        path = f"/trades/{made['id']}"
        answer = desk.call("PATCH", path, json=body | {"version": made["version"]})
        assert refused(answer) == wanted, body
        assert desk.call("GET", path).json()["labels"] == made["labels"]
    path = f"/trades/{kept['id']}"
    body = {"version": kept["version"], "checklist": {rule.id: "kept"}, "playbook_version": 1}
    labels = desk.call("PATCH", path, json=body).json()["labels"]
    assert (labels["checklist"], labels["playbook_version"]) == ({rule.id: "kept"}, 1)
    body = {"version": bare["version"], "checklist": {}}
    assert desk.call("PATCH", f"/trades/{bare['id']}", json=body).status_code == 200
    answer = desk.call("POST", "/trades", json=OPEN | {"labels": {"checklist": {"a": "kept"}}})
    assert refused(answer) == (422, "VALIDATION_FAILED")


def with_fill(**changes: Any) -> dict[str, Any]:
    return {"fills": [{**TRADE["fills"][0], **changes}]}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (with_fill(price=100), "VALIDATION_FAILED"),
        (with_fill(price="1e3"), "VALIDATION_FAILED"),
        (with_fill(price="NaN"), "VALIDATION_FAILED"),
        (with_fill(price="-1"), "VALIDATION_FAILED"),
        (with_fill(price="0"), "NEGATIVE_QUANTITY"),
        (with_fill(quantity="0"), "NEGATIVE_QUANTITY"),
        (with_fill(side="HOLD"), "VALIDATION_FAILED"),
        (with_fill(at="2026-02-01T10:00:00"), "VALIDATION_FAILED"),
        (with_fill(at="2026-02-01T10:00:00+01:00"), "VALIDATION_FAILED"),
        (with_fill(at="2026-03-01T12:06:00Z"), "VALIDATION_FAILED"),
        (with_fill(at="2008-12-31T00:00:00Z"), "VALIDATION_FAILED"),
        (with_fill(fee_asset="a b"), "VALIDATION_FAILED"),
        ({"fills": []}, "VALIDATION_FAILED"),
        ({"fills": TRADE["fills"] * 251}, "VALIDATION_FAILED"),
        ({"fills": None}, "VALIDATION_FAILED"),
        ({"side": "long"}, "VALIDATION_FAILED"),
        ({"instrument": "bitcoin"}, "UNKNOWN_INSTRUMENT"),
        ({"account": "  "}, "VALIDATION_FAILED"),
        ({"account": "a\u202eb"}, "VALIDATION_FAILED"),
        ({"kind": "share"}, "VALIDATION_FAILED"),
        ({"stop": "0"}, "VALIDATION_FAILED"),
        ({"labels": {"tags": ["range"] * 2}}, "VALIDATION_FAILED"),
        ({"labels": {"tags": [f"t{n}" for n in range(21)]}}, "VALIDATION_FAILED"),
        ({"labels": {"note": "x" * 5_001}}, "VALIDATION_FAILED"),
        ({"labels": {"emotions": ["glad"]}}, "VALIDATION_FAILED"),
        ({"surprise": 1}, "VALIDATION_FAILED"),
        ({"fills": TRADE["fills"][::-1]}, "UNMATCHED_SELL"),
    ],
)
def test_a_bad_trade_is_422_and_nothing_is_stored(
    desk: JournalDesk, change: dict[str, Any], code: str
) -> None:
    answer = desk.call("POST", "/trades", json=TRADE | change)
    assert answer.status_code == 422, answer.text
    assert refused(answer)[1] in {code, "CLOSE_BEFORE_OPEN"}
    assert not desk.rig.trades.kept


@pytest.mark.parametrize("name", ["quantity", "price"])
def test_a_refusal_names_the_field_as_it_was_sent(desk: JournalDesk, name: str) -> None:
    first, last = TRADE["fills"]
    entry, out = ({k: v for k, v in one.items() if k != "side"} for one in (first, last))
    ends = {"fills": None, "side": "long", "entry": entry}
    open_ = desk.made("/trades", OPEN | {"account": "other"})
    for path, body, field in (
        ("", TRADE | {"fills": [first, {**last, name: "0"}]}, f"fills.1.{name}"),
        ("", TRADE | ends | {"entry": {**entry, name: "0"}}, f"entry.{name}"),
        ("", TRADE | ends | {"exit": {**out, name: "0"}}, f"exit.{name}"),
        (f"/{open_['id']}/close", {**out, name: "0"}, name),
    ):
        answer = desk.call("POST", f"/trades{path}", json=body)
        assert refused(answer) == (422, "NEGATIVE_QUANTITY")
        assert answer.json()["error"]["details"][0]["field"] == field
    late = {**out, "at": "2027-01-01T00:00:00Z"}
    answer = desk.call("POST", f"/trades/{open_['id']}/close", json=late)
    assert answer.json()["error"]["details"][0]["field"] == "at"


@pytest.mark.parametrize(
    "number", ["999999999999999999.999999999999999999", "0.000000000000000001"]
)
def test_the_largest_and_smallest_amounts_are_reckoned_with(desk: JournalDesk, number: str) -> None:
    one = {"quantity": number, "price": number}
    fills = [{**fill, **one} for fill in TRADE["fills"]]
    assert desk.call(
        "POST", "/trades", json=TRADE | {"fills": fills, "stop": None}
    ).status_code in {
        201,
        422,
    }


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"from": "2026-02-02T00:00:00Z", "to": "2026-02-01T00:00:00Z"}, "BAD_RANGE"),
        ({"from": "2010-02-02T00:00:00Z", "to": "2026-02-01T00:00:00Z"}, "BAD_RANGE"),
        ({"from": "2026-02-02"}, "VALIDATION_FAILED"),
        ({"min_r": "2", "max_r": "1"}, "OUT_OF_RANGE"),
        ({"q": " ".join("abcdefghijklmnopqrstu")}, "OUT_OF_RANGE"),
        ({"min_r": "much"}, "VALIDATION_FAILED"),
        ({"sort": "name"}, "VALIDATION_FAILED"),
        ({"side": "up"}, "VALIDATION_FAILED"),
        ({"status": "gone"}, "VALIDATION_FAILED"),
        ({"instrument": "btc"}, "VALIDATION_FAILED"),
        ({"limit": 201}, "VALIDATION_FAILED"),
        ({"tag": [f"t{n}" for n in range(21)]}, "VALIDATION_FAILED"),
    ],
)
def test_a_bad_question_is_422(desk: JournalDesk, params: dict[str, Any], code: str) -> None:
    assert refused(desk.call("GET", "/trades", params=params)) == (422, code)


@pytest.mark.parametrize(
    "span",
    [
        {"from": "9995-01-01T00:00:00Z", "to": "9998-01-01T00:00:00Z"},
        {"from": "0001-01-01T00:00:00Z", "to": "0002-01-01T00:00:00Z"},
        {"to": "0001-01-01T00:00:00Z"},
    ],
)
def test_a_span_at_an_end_of_all_time_is_422(desk: JournalDesk, span: dict[str, str]) -> None:
    assert desk.call("GET", "/trades", params=span).status_code == 422
