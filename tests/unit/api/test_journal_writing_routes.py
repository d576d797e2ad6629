import hashlib
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from functions.api.app import create_app
from nightdesk.core.ids import UserId
from nightdesk.trading.order import Mode
from tests.builders.accounts import NOW
from tests.unit.accounts.fakes import HandClock
from tests.unit.accounts.rig import Rig
from tests.unit.api.conftest import Api, overrides
from tests.unit.api.writing_rig import (
    BOOK,
    ENTRY,
    METRIC,
    OF_TRADE,
    SETTINGS,
    Desk,
    refused,
    without_id,
)

TODAY, PLAN = NOW.date().isoformat(), {"max_trades": 2, "intent": "Wait."}
IMAGE = b"\x89PNG\r\n\x1a\n and it is ok"
SHOT = {
    "type": "image/png",
    "bytes": len(IMAGE),
    "sha256": hashlib.sha256(IMAGE).hexdigest(),
    "caption": "Entry",
}


@pytest.fixture
def desk(api: Api) -> Desk:
    return Desk(api)


@pytest.fixture(scope="module")
def kept() -> Iterator[Desk]:
    app, rig, clock = create_app(), Rig(), HandClock(NOW)
    app.dependency_overrides.update(overrides(rig, clock, {}))
    with TestClient(app) as client:
        yield Desk(Api(app, client, rig, clock))


@pytest.fixture
def still(kept: Desk) -> Desk:
    """Return a desk that is not changed: it serves all tests of refusals."""
    kept.api.rig.counters.counts.clear()
    return kept


def titles(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [one["title"] for one in answer.json()["items"]]


def found(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [one["entry"]["title"] for one in answer.json()["items"]]


# entries


def test_an_entry_is_written_read_and_written_anew(desk: Desk) -> None:
    tag = desk.made("/tags", {"name": "Patience"})
    body = ENTRY | {"mood": 7, "emotions": ["calm"], "tags": [tag["id"], "range"]}
    made = desk.made("/entries", body)
    assert (made["version"], made["mood"], made["tags"]) == (1, 7, [tag["id"], "range"])
    changed = desk.call("PUT", f"/entries/{made['id']}", json=ENTRY | {"title": "B", "version": 1})
    assert (changed.json()["version"], changed.json()["mood"]) == (2, None)
    shown = desk.call("GET", f"/entries/{made['id']}").json()
    assert shown["title"] == "B"
    assert [(one["title"], one["version"]) for one in shown["former"]] == [(ENTRY["title"], 1)]
    assert shown["former"][0]["until"] == "2026-03-31T12:00:00Z"
    assert desk.call("DELETE", f"/entries/{made['id']}").status_code == 204
    assert desk.call("GET", f"/entries/{made['id']}").status_code == 404
    assert titles(desk.call("GET", "/entries")) == []


def test_a_stale_version_is_refused_and_the_same_text_is_no_new_version(desk: Desk) -> None:
    made = desk.made("/entries", ENTRY)
    path = f"/entries/{made['id']}"
    same = desk.call("PUT", path, json=ENTRY | {"version": 1})
    assert same.json()["version"] == 1
    desk.call("PUT", path, json=ENTRY | {"title": "B", "version": 1})
    answer = desk.call("PUT", path, json=ENTRY | {"title": "C", "version": 1})
    assert refused(answer) == (409, "STALE_VERSION")
    assert desk.call("GET", path).json()["title"] == "B"


def test_the_same_command_writes_one_entry(desk: Desk) -> None:
    key = {"Idempotency-Key": "k" * 16}
    first = desk.call("POST", "/entries", json=ENTRY, headers=key)
    again = desk.call("POST", "/entries", json=ENTRY, headers=key)
    assert first.json() == again.json()
    assert titles(desk.call("GET", "/entries")) == [ENTRY["title"]]


def test_an_entry_of_a_trade_names_its_instrument_and_is_found_by_it(desk: Desk) -> None:
    desk.trade()
    made = desk.made("/entries", OF_TRADE)
    assert made["instrument"] == "BTC/USDT@binance"
    assert titles(desk.call("GET", "/entries", params={"trade_id": "jt_1"})) == ["Too early"]
    assert found(desk.call("GET", "/entries/search", params={"q": "early usdt"})) == ["Too early"]
    answer = desk.call("POST", "/entries", json=OF_TRADE | {"trade_id": "jt_2"})
    assert refused(answer) == (404, "NOT_FOUND")


def test_an_entry_of_a_trade_that_has_moved_stands_under_the_id_that_it_has_now(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = desk.trade("jt_now")
    monkeypatch.setattr(desk.trades, "get", lambda _owner, _trade_id: now)
    made = desk.made("/entries", OF_TRADE | {"trade_id": "jt_then"})
    assert made["trade_id"] == "jt_now"
    free = desk.made("/entries", ENTRY)
    path, body = f"/entries/{free['id']}", OF_TRADE | {"trade_id": "jt_then", "version": 1}
    assert desk.call("PUT", path, json=body).json()["trade_id"] == "jt_now"
    assert len(titles(desk.call("GET", "/entries", params={"trade_id": "jt_now"}))) == 2


def test_lists_are_filtered_by_kind_tag_time_and_mood(desk: Desk) -> None:
    tag = desk.made("/tags", {"name": "Patience"})
    for hour in range(4):
        at = (NOW - timedelta(hours=hour)).isoformat()
        mood = {"mood": 10 - 3 * hour} if hour else {}
        kind = {"kind": "day", "day": TODAY} if hour == 2 else {"kind": "free"}
        tags = {"tags": [tag["id"]]} if hour in (1, 2) else {}
        desk.made("/entries", ENTRY | kind | mood | tags | {"title": f"{hour}", "occurred_at": at})
    for params, wanted in (
        ({}, ["0", "1", "2", "3"]),
        ({"kind": "day"}, ["2"]),
        ({"tag": tag["id"]}, ["1", "2"]),
        ({"tag": "tag_of_nobody"}, []),
        ({"mood_min": 4}, ["1", "2"]),
        ({"mood_max": 4}, ["2", "3"]),
        ({"mood_min": 2, "mood_max": 6, "tag": tag["id"]}, ["2"]),
        ({"from": "2026-03-01T10:00:00Z", "to": "2026-03-01T12:00:00Z"}, ["1", "2"]),
    ):
        assert titles(desk.call("GET", "/entries", params=params)) == wanted, params


def test_pages_go_on_and_a_cursor_keeps_its_filters(desk: Desk) -> None:
    for n in range(5):
        at = (NOW - timedelta(hours=n)).isoformat()
        desk.made("/entries", ENTRY | {"title": f"{n}", "occurred_at": at})
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = desk.call("GET", "/entries", params={"limit": 2, "kind": "free", **cursor})
        seen += titles(page)
        if page.json()["next_cursor"] is None:
            break
        cursor = {"cursor": page.json()["next_cursor"]}
    assert seen == ["0", "1", "2", "3", "4"]
    answer = desk.call("GET", "/entries", params={"limit": 2, "kind": "day", **cursor})
    assert refused(answer) == (400, "BAD_CURSOR")
    answer = desk.call("GET", "/entries", params=cursor, as_bob=True)
    assert refused(answer) == (400, "BAD_CURSOR")


def test_search_wants_all_words_and_takes_the_last_as_a_beginning(desk: Desk) -> None:
    desk.made("/entries", ENTRY)
    for q, hits in (
        ("range", 1),
        ("ran", 1),
        ("quiet ran", 1),
        ("qui range", 0),
        ("QUIET Rang", 1),
        ("elephant", 0),
        ("!!", 0),
    ):
        assert len(found(desk.call("GET", "/entries/search", params={"q": q}))) == hits, q
    assert found(desk.call("GET", "/entries/search", params={"q": "range"}, as_bob=True)) == []


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"from": "2026-03-02T00:00:00Z", "to": "2026-03-01T00:00:00Z"}, "BAD_RANGE"),
        ({"from": "2010-03-02T00:00:00Z", "to": "2026-03-01T00:00:00Z"}, "BAD_RANGE"),
        ({"mood_min": 5, "mood_max": 4}, "OUT_OF_RANGE"),
        ({"mood_min": 0}, "VALIDATION_FAILED"),
        ({"mood_max": 11}, "VALIDATION_FAILED"),
        ({"mood_max": 1.5}, "VALIDATION_FAILED"),
        ({"kind": "none"}, "VALIDATION_FAILED"),
        ({"from": "2026-03-02T00:00:00"}, "VALIDATION_FAILED"),
        ({"limit": 201}, "VALIDATION_FAILED"),
    ],
)
def test_a_bad_filter_is_422(still: Desk, params: dict[str, Any], code: str) -> None:
    assert refused(still.call("GET", "/entries", params=params)) == (422, code)


def test_a_query_of_more_words_than_are_matched_is_refused(still: Desk) -> None:
    q = " ".join(chr(ord("a") + n) for n in range(21))
    answer = still.call("GET", "/entries/search", params={"q": q})
    assert refused(answer) == (422, "OUT_OF_RANGE")


@pytest.mark.parametrize("q", ["", "x", "x" * 101])
def test_a_query_has_2_to_100_characters(still: Desk, q: str) -> None:
    answer = still.call("GET", "/entries/search", params={"q": q})
    assert refused(answer) == (422, "VALIDATION_FAILED")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"title": "   "}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"title": "a\x00b"}, "title"),
        ({"title": "a\u202eb"}, "title"),
        ({"title": "two\nlines"}, "title"),
        ({"body": "x" * 20_001}, "body"),
        ({"body": "a\x1bb"}, "body"),
        ({"mood": 0}, "mood"),
        ({"mood": 11}, "mood"),
        ({"confidence": 5.5}, "confidence"),
        ({"discipline": "5"}, "discipline"),
        ({"mood": True}, "mood"),
        ({"emotions": ["glad"]}, "emotions"),
        ({"tags": [f"t{n}" for n in range(21)]}, "tags"),
        ({"kind": "year"}, "kind"),
        ({"occurred_at": "2026-03-01T12:00:00"}, "occurred_at"),
        ({"occurred_at": "2026-03-01T12:00:00+02:00"}, "occurred_at"),
        ({"kind": "day", "day": "2026-02-30"}, "day"),
        ({"kind": "day", "day": 7}, "day"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_a_bad_entry_is_422_naming_the_field(
    still: Desk, change: dict[str, Any], field: str
) -> None:
    made = still.made("/entries", ENTRY)
    before = dict(still.entries.kept)
    for method, path, more in (
        ("POST", "/entries", {}),
        ("PUT", f"/entries/{made['id']}", {"version": 1}),
    ):
        answer = still.call(method, path, json=ENTRY | change | more)
        assert refused(answer) == (422, "VALIDATION_FAILED"), answer.text
        assert answer.json()["error"]["details"][0]["field"].startswith(field)
    assert still.entries.kept == before


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "trade"},
        {"kind": "day"},
        {"trade_id": "jt_1"},
        {"emotions": ["calm", "calm"]},
        {"tags": ["a", "a"]},
    ],
)
def test_what_does_not_fit_together_is_422(still: Desk, change: dict[str, Any]) -> None:
    answer = still.call("POST", "/entries", json=ENTRY | change)
    assert refused(answer) == (422, "VALIDATION_FAILED")


@pytest.mark.parametrize(
    "change",
    [
        {"occurred_at": "2008-12-31T23:59:59Z"},
        {"occurred_at": "2026-03-01T12:06:00Z"},
        {"kind": "day", "day": "2026-03-16"},
    ],
)
def test_a_time_that_cannot_be_is_out_of_range(still: Desk, change: dict[str, Any]) -> None:
    assert refused(still.call("POST", "/entries", json=ENTRY | change)) == (422, "OUT_OF_RANGE")


def test_an_insight_has_the_trades_facts_and_three_suggestions_at_most(desk: Desk) -> None:
    desk.trade(checklist={})
    made = desk.made("/entries", OF_TRADE)
    answer = desk.call("POST", f"/entries/{made['id']}/insight")
    insight = answer.json()["insight"]
    assert insight["source"] == "rules"
    assert [one["code"] for one in insight["facts"]] == ["R", "REVENGE"]
    assert insight["facts"][0]["text"] == "The result is 1 R."
    assert [one["code"] for one in insight["suggestions"]] == ["RECORD_A_STOP", "ANSWER_FINDING"]
    again = desk.call("POST", f"/entries/{made['id']}/insight")
    assert again.json()["version"] == answer.json()["version"] == 2
    free = desk.made("/entries", ENTRY)
    empty = desk.call("POST", f"/entries/{free['id']}/insight").json()["insight"]
    assert (empty["facts"], empty["suggestions"]) == ([], [])


def test_an_insight_judges_by_the_version_of_the_playbook_that_the_trade_keeps(desk: Desk) -> None:
    at_least = [
        {"id": "rr", "text": f"{n} to one.", "phase": "risk", "check": check}
        for n in (3, 2)
        for check in [{"field": "planned_rr", "op": "ge", "value": n}]
    ]
    book = desk.made("/playbooks", BOOK | {"rules": at_least[:1]})["id"]
    newer = BOOK | {"rules": at_least[1:], "version": 1}
    assert desk.call("PUT", f"/playbooks/{book}", json=newer).json()["version"] == 2
    said = {}
    for version in (1, 2):  # the trades planned two to one
        desk.trade(f"jt_{version}", playbook_id=book, playbook_version=version)
        made = desk.made("/entries", OF_TRADE | {"trade_id": f"jt_{version}"})
        insight = desk.call("POST", f"/entries/{made['id']}/insight").json()["insight"]
        said[version] = [one["text"] for one in insight["facts"] if one["code"] == "RULE_BROKEN"]
    assert said == {1: ['Rule broken: "3 to one.".'], 2: []}


# screenshots


def test_a_screenshot_is_uploaded_made_anew_and_shown_by_a_link(desk: Desk) -> None:
    made = desk.made("/entries", ENTRY)
    asked = desk.made(f"/entries/{made['id']}/screenshots", SHOT)
    assert asked["upload"]["url"].startswith("https://")
    (waiting,) = desk.call("GET", f"/entries/{made['id']}").json()["screenshots"]
    assert (waiting["status"], waiting["url"]) == ("waiting", None)
    desk.files.uploads[asked["id"]] = IMAGE
    desk.develop(desk.owner, made["id"], asked["id"])
    (ready,) = desk.call("GET", f"/entries/{made['id']}").json()["screenshots"]
    assert (ready["status"], ready["caption"], ready["bytes"]) == ("ready", "Entry", len(IMAGE))
    assert ready["url"].endswith("seconds=600")
    path = f"/entries/{made['id']}/screenshots/{asked['id']}"
    assert desk.call("DELETE", path).status_code == 204
    assert desk.call("DELETE", path).status_code == 404
    assert desk.files.pictures == {}


def test_an_entry_has_ten_screenshots(desk: Desk) -> None:
    made = desk.made("/entries", ENTRY)
    path = f"/entries/{made['id']}/screenshots"
    for _ in range(10):
        desk.made(path, SHOT)
    assert refused(desk.call("POST", path, json=SHOT)) == (409, "SCREENSHOT_LIMIT")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"type": "image/gif"}, "IMAGE_TYPE"),
        ({"type": "text/html"}, "IMAGE_TYPE"),
        ({"type": ""}, "IMAGE_TYPE"),
        ({"type": None}, "VALIDATION_FAILED"),
        ({"bytes": 0}, "VALIDATION_FAILED"),
        ({"bytes": "9"}, "VALIDATION_FAILED"),
        ({"bytes": 5 * 2**20 + 1}, "FILE_TOO_LARGE"),
        ({"sha256": "x"}, "VALIDATION_FAILED"),
        ({"caption": "x" * 201}, "VALIDATION_FAILED"),
        ({"caption": "a\u202eb"}, "VALIDATION_FAILED"),
        ({"url": "https://elsewhere.example/x.png"}, "VALIDATION_FAILED"),
    ],
)
def test_a_bad_screenshot_is_422(still: Desk, change: dict[str, Any], code: str) -> None:
    made = still.made("/entries", ENTRY)
    answer = still.call("POST", f"/entries/{made['id']}/screenshots", json=SHOT | change)
    assert refused(answer) == (422, code)
    assert still.call("GET", f"/entries/{made['id']}").json()["screenshots"] == []


# tags


def test_tags_begin_with_setups_and_show_their_uses(desk: Desk) -> None:
    tag = desk.made("/tags", {"name": " Chased ", "category": "mistake", "colour": "#ff0000"})
    assert (tag["name"], tag["version"], tag["uses"]) == ("Chased", 1, 0)
    desk.made("/entries", ENTRY | {"tags": [tag["id"], "breakout"]})
    listed = desk.call("GET", "/tags").json()["items"]
    uses = {one["name"]: one["uses"] for one in listed if one["uses"]}
    assert uses == {"Chased": 1, "breakout": 1}
    assert len(listed) == 11
    assert len(desk.call("GET", "/tags", as_bob=True).json()["items"]) == 10


def test_a_name_is_taken_whatever_its_case_or_width(desk: Desk) -> None:
    desk.made("/tags", {"name": "Chased"})
    for name in ("chased", "CHASED", "\uff23hased", "Breakout"):
        answer = desk.call("POST", "/tags", json={"name": name})
        assert refused(answer) == (409, "NAME_TAKEN"), name
    other = desk.made("/tags", {"name": "Late"})
    body = {"name": "chaseD", "version": 1}
    assert refused(desk.call("PATCH", f"/tags/{other['id']}", json=body)) == (409, "NAME_TAKEN")


def test_a_renamed_tag_shows_and_is_found_at_once(desk: Desk) -> None:
    tag = desk.made("/tags", {"name": "Chased"})
    desk.made("/entries", ENTRY | {"tags": [tag["id"]]})
    answer = desk.call("PATCH", f"/tags/{tag['id']}", json={"name": "Hunted", "version": 1})
    assert (answer.json()["name"], answer.json()["version"]) == ("Hunted", 2)
    assert len(found(desk.call("GET", "/entries/search", params={"q": "quiet hunt"}))) == 1
    assert found(desk.call("GET", "/entries/search", params={"q": "chased"})) == []
    stale = desk.call("PATCH", f"/tags/{tag['id']}", json={"archived": True, "version": 1})
    assert refused(stale) == (409, "STALE_VERSION")


def test_merging_moves_all_uses_and_keeps_the_name_as_an_alias(desk: Desk) -> None:
    late, tardy = (desk.made("/tags", {"name": name})["id"] for name in ("Late", "Tardy"))
    desk.made("/entries", ENTRY | {"tags": [tardy]})
    desk.made("/entries", ENTRY | {"title": "Both", "tags": [late, tardy]})
    body = {"into": late, "version": 1}
    merged = desk.call("POST", f"/tags/{tardy}/merge", json=body).json()
    assert (merged["id"], merged["aliases"], merged["uses"]) == (late, ["Tardy"], 2)
    assert desk.call("POST", f"/tags/{tardy}/merge", json=body).json() == merged
    entries = desk.call("GET", "/entries", params={"tag": late}).json()["items"]
    assert [one["tags"] for one in entries] == [[late], [late]]
    assert len(titles(desk.call("GET", "/entries", params={"tag": tardy}))) == 2
    assert len(found(desk.call("GET", "/entries/search", params={"q": "tardy"}))) == 2
    assert refused(desk.call("POST", "/tags", json={"name": "tardy"})) == (409, "NAME_TAKEN")
    back = desk.call("POST", f"/tags/{late}/merge", json={"into": tardy, "version": 1})
    assert refused(back) == (409, "SAME_TAG")
    assert desk.made("/entries", ENTRY | {"tags": [tardy]})["tags"] == [late]


def test_a_tag_in_use_is_archived_and_an_unused_one_removed(desk: Desk) -> None:
    used, unused = (desk.made("/tags", {"name": name})["id"] for name in ("Used", "Unused"))
    desk.made("/entries", ENTRY | {"tags": [used]})
    for tag_id in (used, unused, "scalp"):
        assert desk.call("DELETE", f"/tags/{tag_id}").status_code == 204
    listed = {one["id"]: one for one in desk.call("GET", "/tags").json()["items"]}
    assert unused not in listed
    assert (listed[used]["archived"], listed["scalp"]["archived"]) == (True, True)
    desk.made("/tags", {"name": "Unused"})


def test_what_a_plan_and_a_rule_named_before_a_merge_counts_as_the_tag_it_went_into(
    desk: Desk,
) -> None:
    old, new = (
        desk.made("/tags", {"name": name, "category": "setup"})["id"]
        for name in ("Coil", "Squeeze")
    )
    plan = {"setups": [old], "version": 0}
    assert desk.call("PUT", f"/plans/{TODAY}", json=plan).status_code == 200
    check = {"field": "setup_id", "op": "eq", "value": old}
    rule = {"id": "only", "text": "This one alone.", "phase": "entry", "check": check}
    book = desk.made("/playbooks", BOOK | {"rules": [rule]})["id"]
    merge = {"into": new, "version": 1}
    assert desk.call("POST", f"/tags/{old}/merge", json=merge).status_code == 200

    assert desk.call("GET", f"/plans/{TODAY}").json()["plan"]["setups"] == [new]
    desk.later(minutes=5)
    for name, setup in (("jt_1", new), ("jt_2", old), ("jt_3", "breakout")):
        at = NOW - timedelta(hours=2)
        desk.trade(name, at=at, setup_id=setup, playbook_id=book, playbook_version=1)
    (shown,) = desk.call("GET", f"/playbooks/{book}").json()["rules"]
    assert shown["check"]["value"] == new
    (stats,) = desk.call("GET", f"/playbooks/{book}/stats").json()["rules"]
    assert (stats["kept"], stats["broken"]) == (2, 1)

    tomorrow = (NOW + timedelta(days=1)).date().isoformat()
    written = desk.call("PUT", f"/plans/{tomorrow}", json=plan).json()
    assert written["plan"]["setups"] == [new]


def test_a_setup_that_only_a_plan_a_rule_or_a_metric_names_is_archived(desk: Desk) -> None:
    planned, asked, filtered = (
        desk.made("/tags", {"name": name, "category": "setup"})["id"]
        for name in ("Planned", "Asked", "Filtered")
    )
    plan = {"setups": [planned], "version": 0}
    assert desk.call("PUT", f"/plans/{TODAY}", json=plan).status_code == 200
    check = {"field": "setup_id", "op": "in", "value": [asked]}
    rule = {"id": "only", "text": "This one alone.", "phase": "entry", "check": check}
    book = desk.made("/playbooks", BOOK | {"rules": [rule]})
    newer = BOOK | {"rules": [], "version": 1}
    assert desk.call("PUT", f"/playbooks/{book['id']}", json=newer).status_code == 200
    desk.made("/metrics/saved", METRIC | {"filters": {"setup": [filtered]}})
    for tag_id in (planned, asked, filtered):
        assert desk.call("DELETE", f"/tags/{tag_id}").status_code == 204
    listed = {one["id"]: one for one in desk.call("GET", "/tags").json()["items"]}
    assert [listed[one]["archived"] for one in (planned, asked, filtered)] == [True] * 3


@pytest.mark.parametrize(
    ("method", "body", "field"),
    [
        ("POST", {}, "name"),
        ("POST", {"name": " "}, "name"),
        ("POST", {"name": "x" * 51}, "name"),
        ("POST", {"name": "a\u2066b"}, "name"),
        ("POST", {"name": "a\tb"}, "name"),
        ("POST", {"name": 1}, "name"),
        ("POST", {"name": "x", "category": "none"}, "category"),
        ("POST", {"name": "x", "colour": "red"}, "colour"),
        ("POST", {"name": "x", "colour": "#FF0000"}, "colour"),
        ("POST", {"name": "x", "description": "x" * 201}, "description"),
        ("PATCH", {"name": "x"}, "version"),
        ("PATCH", {"version": -1}, "version"),
        ("PATCH", {"version": 1, "archived": 1}, "archived"),
    ],
)
def test_a_bad_tag_is_422(still: Desk, method: str, body: dict[str, Any], field: str) -> None:
    path = "/tags" if method == "POST" else "/tags/breakout"
    answer = still.call(method, path, json=body)
    assert refused(answer) == (422, "VALIDATION_FAILED")
    assert answer.json()["error"]["details"][0]["field"].startswith(field)


# plans


def test_a_plan_is_written_locked_and_noted(desk: Desk) -> None:
    empty = desk.call("GET", f"/plans/{TODAY}").json()
    assert (empty["plan"], empty["verdict"]["state"], empty["version"]) == (None, "no_plan", 0)
    whole = PLAN | {
        "max_loss": {"amount": "150.5"},
        "instruments": ["BTC/USDT@binance"],
        "setups": ["breakout"],
        "market_view": "Ranging.",
    }
    made = desk.call("PUT", f"/plans/{TODAY}", json=whole).json()
    assert made["plan"]["max_loss"] == {"amount": "150.5", "unit": "money"}
    assert (made["begins"], made["version"]) == ("2026-03-01T00:00:00Z", 1)
    assert made["verdict"]["state"] == "pending"
    answer = desk.call("PUT", f"/plans/{TODAY}", json=PLAN)
    assert refused(answer) == (409, "STALE_VERSION")
    locked = desk.call("POST", f"/plans/{TODAY}/lock").json()
    assert (locked["locked_by"], locked["locked_at"]) == ("hand", "2026-03-01T12:00:00Z")
    answer = desk.call("PUT", f"/plans/{TODAY}", json=PLAN | {"version": 2})
    assert refused(answer) == (409, "PLAN_LOCKED")
    noted = desk.call("POST", f"/plans/{TODAY}/note", json={"text": "CPI moved."}).json()
    assert [one["text"] for one in noted["notes"]] == ["CPI moved."]
    assert noted["plan"]["max_trades"] == 2


def test_the_first_entry_of_the_day_locks_the_plan(desk: Desk) -> None:
    desk.call("PUT", f"/plans/{TODAY}", json=PLAN)
    desk.trade(at=NOW - timedelta(hours=3))
    answer = desk.call("PUT", f"/plans/{TODAY}", json={"max_trades": 9, "version": 1})
    assert refused(answer) == (409, "PLAN_LOCKED")
    shown = desk.call("GET", f"/plans/{TODAY}").json()
    assert (shown["locked_by"], shown["locked_at"]) == ("entry", "2026-03-01T09:00:00Z")
    assert shown["plan"]["max_trades"] == 2


def test_locking_what_an_entry_has_locked_changes_nothing(desk: Desk) -> None:
    desk.call("PUT", f"/plans/{TODAY}", json=PLAN)
    desk.trade(at=NOW - timedelta(hours=3))
    locked = desk.call("POST", f"/plans/{TODAY}/lock").json()
    assert (locked["locked_by"], locked["locked_at"]) == ("entry", "2026-03-01T09:00:00Z")


def test_a_plan_has_the_day_of_the_zone_that_counts_on_it(desk: Desk) -> None:
    desk.call("GET", "/settings")
    desk.zone = "Asia/Tokyo"  # in effect from Monday the second of March on
    made = {}
    for day in (TODAY, "2026-03-03"):
        made[day] = desk.call("PUT", f"/plans/{day}", json=PLAN).json()
    assert [(one["begins"], one["ends"]) for one in made.values()] == [
        ("2026-03-01T00:00:00Z", "2026-03-01T15:00:00Z"),
        ("2026-03-02T15:00:00Z", "2026-03-03T15:00:00Z"),
    ]


def test_fourteen_days_are_counted_where_the_day_is_kept(desk: Desk) -> None:
    desk.call("GET", "/settings")
    desk.zone = "Pacific/Kiritimati"  # in effect from the ninth on; the second of March there
    assert desk.call("PUT", "/plans/2026-03-16", json=PLAN).status_code == 200
    answer = desk.call("PUT", "/plans/2026-03-17", json=PLAN)
    assert refused(answer) == (422, "FUTURE_TOO_FAR")


def test_a_day_that_has_begun_takes_no_plan(desk: Desk) -> None:
    desk.trade(at=NOW - timedelta(hours=3))
    assert refused(desk.call("PUT", f"/plans/{TODAY}", json=PLAN)) == (409, "PLAN_LOCKED")
    assert refused(desk.call("PUT", "/plans/2026-02-28", json=PLAN)) == (409, "PLAN_LOCKED")


def test_a_plan_reaches_fourteen_days_ahead_in_the_owners_zone(desk: Desk) -> None:
    desk.zone = "Pacific/Kiritimati"  # where it is the second of March already
    assert desk.call("PUT", "/plans/2026-03-16", json=PLAN).status_code == 200
    answer = desk.call("PUT", "/plans/2026-03-17", json=PLAN)
    assert refused(answer) == (422, "FUTURE_TOO_FAR")
    (listed,) = desk.call("GET", "/plans").json()["items"]
    assert listed["begins"] == "2026-03-15T10:00:00Z"


def test_plans_are_listed_newest_first_within_days(desk: Desk) -> None:
    for day in range(1, 6):
        assert desk.call("PUT", f"/plans/2026-03-0{day}", json=PLAN).status_code == 200
    params: dict[str, Any] = {"from": "2026-03-02", "to": "2026-03-04", "limit": 2}
    first = desk.call("GET", "/plans", params=params).json()
    assert [one["day"] for one in first["items"]] == ["2026-03-04", "2026-03-03"]
    rest = desk.call("GET", "/plans", params=params | {"cursor": first["next_cursor"]}).json()
    assert [one["day"] for one in rest["items"]] == ["2026-03-02"]
    for other in ({"from": "2026-03-01"}, {"to": "2026-03-05"}):
        asked = params | other | {"cursor": first["next_cursor"]}
        assert refused(desk.call("GET", "/plans", params=asked)) == (400, "BAD_CURSOR")
    answer = desk.call("GET", "/plans", params={"from": "2026-03-04", "to": "2026-03-02"})
    assert refused(answer) == (422, "BAD_RANGE")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"max_trades": -1}, "max_trades"),
        ({"max_trades": 1.5}, "max_trades"),
        ({"max_loss": {"amount": 100}}, "max_loss"),
        ({"max_loss": {"amount": "1e3"}}, "max_loss"),
        ({"max_loss": {"amount": "NaN"}}, "max_loss"),
        ({"max_loss": {"amount": "-5"}}, "max_loss"),
        ({"max_loss": {"amount": "0"}}, "max_loss"),
        ({"max_loss": {"amount": "5", "unit": "percent"}}, "max_loss"),
        ({"instruments": ["btc"]}, "instruments"),
        ({"setups": ["x"] * 21}, "setups"),
        ({"intent": "x" * 1_001}, "intent"),
        ({"market_view": "a\x00"}, "market_view"),
        ({"owner": "x"}, "owner"),
    ],
)
def test_a_bad_plan_is_422(still: Desk, body: dict[str, Any], field: str) -> None:
    answer = still.call("PUT", f"/plans/{TODAY}", json=body)
    assert refused(answer) == (422, "VALIDATION_FAILED")
    assert answer.json()["error"]["details"][0]["field"].startswith(field)
    assert still.call("GET", f"/plans/{TODAY}").json()["plan"] is None


def test_a_setup_of_a_plan_is_one_of_the_owners(desk: Desk) -> None:
    mistake = desk.made("/tags", {"name": "Chased", "category": "mistake"})["id"]
    for setup in ("tag_of_nobody", mistake):
        answer = desk.call("PUT", f"/plans/{TODAY}", json={"setups": [setup]})
        assert refused(answer) == (404, "NOT_FOUND")


@pytest.mark.parametrize("day", ["today", "2026-2-1", "2026-02-30", "20260301", "1999-01-01"])
def test_a_day_that_is_none_is_404(still: Desk, day: str) -> None:
    assert still.call("GET", f"/plans/{day}").status_code == 404


def test_what_was_not_planned_is_neither_locked_nor_noted(desk: Desk) -> None:
    assert desk.call("POST", f"/plans/{TODAY}/lock").status_code == 404
    assert desk.call("POST", f"/plans/{TODAY}/note", json={"text": "x"}).status_code == 404
    assert refused(desk.call("POST", f"/plans/{TODAY}/note", json={"text": ""}))[0] == 422


# playbooks


def test_a_playbook_has_versions_that_stay(desk: Desk) -> None:
    made = desk.made("/playbooks", BOOK)
    assert made["version"] == 1
    assert made["rules"][1]["check"] == {"field": "planned_rr", "op": "ge", "value": "2"}
    path = f"/playbooks/{made['id']}"
    assert desk.call("PUT", path, json=BOOK | {"version": 1}).json()["version"] == 1
    edited = desk.call("PUT", path, json=BOOK | {"name": "Ranges", "version": 1}).json()
    assert (edited["version"], edited["name"]) == (2, "Ranges")
    stale = desk.call("PUT", path, json=BOOK | {"version": 1})
    assert refused(stale) == (409, "STALE_VERSION")
    assert desk.call("GET", path, params={"version": 1}).json()["name"] == "Breakouts"
    assert desk.call("GET", path, params={"version": 3}).status_code == 404
    assert desk.call("DELETE", path).status_code == 204
    assert desk.call("GET", "/playbooks").json()["items"] == []
    (kept,) = desk.call("GET", "/playbooks", params={"archived": True}).json()["items"]
    assert (kept["status"], kept["version"]) == ("archived", 3)


def test_pages_of_playbooks_go_on_and_a_cursor_keeps_its_filter(desk: Desk) -> None:
    for n in range(3):
        desk.made("/playbooks", BOOK | {"name": f"{n}"})
    first = desk.call("GET", "/playbooks", params={"limit": 2}).json()
    cursor = {"limit": 2, "cursor": first["next_cursor"]}
    rest = desk.call("GET", "/playbooks", params=cursor).json()
    ids = [one["id"] for one in (*first["items"], *rest["items"])]
    assert (len(set(ids)), rest["next_cursor"]) == (3, None)
    answer = desk.call("GET", "/playbooks", params=cursor | {"archived": True})
    assert refused(answer) == (400, "BAD_CURSOR")


def test_a_playbooks_name_is_taken_once(desk: Desk) -> None:
    desk.made("/playbooks", BOOK)
    answer = desk.call("POST", "/playbooks", json=BOOK | {"name": "BREAKOUTS"})
    assert refused(answer) == (409, "NAME_TAKEN")


@pytest.mark.parametrize(
    ("check", "field"),
    [
        ({"field": "net", "op": "ge", "value": 2}, "rules.0.predicate.field"),
        ({"field": "__class__", "op": "eq", "value": "x"}, "rules.0.predicate.field"),
        ({"field": "planned_rr", "op": "ge", "value": "two"}, "rules.0.predicate.value"),
        ({"field": "planned_rr", "op": "ge", "value": "1e3"}, "rules.0.predicate.value"),
        ({"field": "planned_rr", "op": "ge", "value": "NaN"}, "rules.0.predicate.value"),
        ({"field": "planned_rr", "op": "ge", "value": [1, 2]}, "rules.0.predicate.value"),
        ({"field": "planned_rr", "op": "ge", "value": True}, "rules.0.predicate.value"),
        ({"field": "side", "op": "gt", "value": "long"}, "rules.0.predicate.op"),
        ({"field": "side", "op": "eq", "value": "up"}, "rules.0.predicate.value"),
        ({"field": "hour", "op": "in", "value": [9, 9]}, "rules.0.predicate.value"),
    ],
)
def test_a_predicate_that_makes_no_sense_is_named(
    still: Desk, check: dict[str, Any], field: str
) -> None:
    rule = {"id": "a", "text": "A", "phase": "entry", "check": check}
    answer = still.call("POST", "/playbooks", json={"name": "X", "rules": [rule]})
    assert refused(answer) == (422, "BAD_PREDICATE")
    assert answer.json()["error"]["details"][0]["field"] == field
    assert still.call("GET", "/playbooks").json()["items"] == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": ""}, "name"),
        ({"name": "a\u202eb"}, "name"),
        ({"name": "x", "status": "draft"}, "status"),
        ({"name": "x", "rules": [{"id": "a"}]}, "rules"),
        ({"name": "x", "rules": [BOOK["rules"][0]] * 2}, ""),
        ({"name": "x", "rules": [{"id": "A!", "text": "a", "phase": "entry"}]}, "rules"),
        ({"name": "x", "rules": [{"id": "a", "text": "", "phase": "entry"}]}, "rules"),
        ({"name": "x", "rules": [{"id": "a", "text": "a", "phase": "end"}]}, "rules"),
        (
            {"name": "x", "rules": [{"id": "a", "text": "a", "phase": "entry", "check": "auto"}]},
            "rules",
        ),
        (
            {
                "name": "x",
                "rules": [{"id": f"r{n}", "text": "a", "phase": "entry"} for n in range(21)],
            },
            "rules",
        ),
    ],
)
def test_a_bad_playbook_is_422(still: Desk, body: dict[str, Any], field: str) -> None:
    answer = still.call("POST", "/playbooks", json=body)
    assert refused(answer) == (422, "VALIDATION_FAILED")
    assert answer.json()["error"]["details"][0]["field"].startswith(field)


def test_stats_say_what_each_rule_was_worth(desk: Desk) -> None:
    made = desk.made("/playbooks", BOOK)
    label = {"playbook_id": made["id"], "playbook_version": 1}
    desk.trade("jt_1", at=NOW - timedelta(days=1), checklist={"wait": "kept"}, **label)
    desk.trade("jt_2", at=NOW - timedelta(days=2), checklist={"wait": "broken"}, **label)
    desk.trade("jt_3", at=NOW - timedelta(days=500), checklist={"wait": "broken"}, **label)
    stats = desk.call("GET", f"/playbooks/{made['id']}/stats").json()
    wait, rr = stats["rules"]
    assert (wait["kept"], wait["broken"], wait["thin"]) == (1, 1, True)
    assert wait["difference"]["value"] == 0
    assert (rr["kept"], rr["broken"], rr["mean_broken"]["reason"]) == (2, 0, "NO_R")
    assert stats["discipline"]["value"] == 75
    span = {"from": "2026-03-02T00:00:00Z", "to": "2026-03-01T00:00:00Z"}
    for params in (span, {"to": "0001-01-01T00:00:00Z"}, {"to": "9999-12-31T00:00:00Z"}):
        answer = desk.call("GET", f"/playbooks/{made['id']}/stats", params=params)
        assert refused(answer) == (422, "BAD_RANGE")


def test_stats_take_the_filters_of_trades_and_never_sum_paper_and_live(desk: Desk) -> None:
    made = desk.made("/playbooks", BOOK)
    label = {"playbook_id": made["id"], "playbook_version": 1, "checklist": {"wait": "kept"}}
    at = NOW - timedelta(days=1)
    desk.trade("jt_1", at=at, setup_id="breakout", **label)
    desk.trade("jt_2", at=at, mode=Mode.PAPER, **label)
    desk.trade("jt_3", at=at, mode=Mode.PAPER, **label | {"checklist": {"wait": "broken"}})
    desk.trade("jt_4", at=at, mode=Mode.LIVE)  # keeps no playbook

    def counts(**params: Any) -> tuple[list[str], int, int, int, int]:
        found = desk.call("GET", f"/playbooks/{made['id']}/stats", params=params).json()
        wait = found["rules"][0]
        return found["modes"], found["n"], found["others"], wait["kept"], wait["broken"]

    assert counts() == (["live"], 1, 2, 1, 0)
    assert counts(mode="paper") == (["paper"], 2, 0, 1, 1)
    assert counts(mode=["paper", "live"]) == (["live", "paper"], 3, 0, 2, 1)
    assert counts(setup="gap") == (["live"], 0, 0, 0, 0)
    assert counts(setup="breakout", by="opened") == (["live"], 1, 0, 1, 0)
    assert counts(max_r="0.5") == (["live"], 0, 0, 0, 0)
    answer = desk.call("GET", f"/playbooks/{made['id']}/stats", params={"mode": "demo"})
    assert refused(answer) == (422, "VALIDATION_FAILED")


# saved metrics and settings


def test_presets_are_there_until_they_are_changed_or_removed(desk: Desk) -> None:
    listed = desk.call("GET", "/metrics/saved").json()["items"]
    assert [(one["id"], one["version"]) for one in listed] == [
        ("preset_sharpe", 0),
        ("preset_win_rate", 0),
    ]
    assert [one["goal_met"] for one in listed] == [True, True]
    assert listed[0]["previous"] == listed[0]["figure"]
    body = METRIC | {"version": 0}
    changed = desk.call("PUT", "/metrics/saved/preset_sharpe", json=body).json()
    assert (changed["name"], changed["version"]) == ("Winners", 1)
    assert desk.call("DELETE", "/metrics/saved/preset_win_rate").status_code == 204
    assert desk.call("DELETE", "/metrics/saved/preset_win_rate").status_code == 404
    assert len(desk.call("GET", "/metrics/saved").json()["items"]) == 1


def test_a_metric_is_saved_with_its_figure_and_goal(desk: Desk) -> None:
    whole = METRIC | {
        "filters": {"instrument": ["BTC/USDT@binance"], "side": ["long"]},
        "breakdown": "hour",
        "window": "all",
        "goal": {"bound": "le", "value": "-0.5"},
        "pinned": True,
    }
    made = desk.made("/metrics/saved", whole)
    assert (made["figure"]["value"], made["previous"], made["goal_met"]) == (2.0, None, False)
    assert (made["modes"], made["currency"]) == (["live"], "EUR")
    assert made["filters"] == whole["filters"]
    path = f"/metrics/saved/{made['id']}"
    assert desk.call("PUT", path, json=METRIC | {"version": 1}).json()["version"] == 2
    assert made["groups"] == [{"key": "09", "name": "09", "figure": made["figure"], "thin": False}]
    assert made["hidden"] == 1
    stale = desk.call("PUT", path, json=METRIC | {"version": 1, "position": 4})
    assert refused(stale) == (409, "STALE_VERSION")
    assert desk.call("DELETE", path).status_code == 204


def test_there_are_a_hundred_saved_metrics(desk: Desk) -> None:
    from nightdesk.journal.saved_metric import LIMIT
    from tests.builders.writing import a_saved_metric

    for n in range(100):
        desk.metrics.save(a_saved_metric(owner=desk.owner, id=f"m{n}"), limit=LIMIT)
    answer = desk.call("POST", "/metrics/saved", json=METRIC)
    assert refused(answer) == (409, "METRIC_LIMIT")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": " "}, "name"),
        ({"metric": "luck"}, "metric"),
        ({"filters": {"colour": ["red"]}}, "filters"),
        ({"filters": {"side": []}}, "filters"),
        ({"breakdown": "moon"}, "breakdown"),
        ({"breakdown": "hour", "metric": "sharpe"}, "breakdown"),
        ({"window": "2d"}, "window"),
        ({"unit": "pips"}, "unit"),
        ({"basis": "all"}, "basis"),
        ({"goal": {"bound": "eq", "value": "1"}}, "goal"),
        ({"goal": {"bound": "ge", "value": 1}}, "goal"),
        ({"goal": {"bound": "ge", "value": "1e1"}}, "goal"),
        ({"position": -1}, "position"),
        ({"pinned": "yes"}, "pinned"),
    ],
)
def test_a_bad_metric_is_422(still: Desk, change: dict[str, Any], field: str) -> None:
    answer = still.call("POST", "/metrics/saved", json=METRIC | change)
    assert refused(answer) == (422, "VALIDATION_FAILED")
    assert answer.json()["error"]["details"][0]["field"].startswith(field)


def test_settings_follow_the_profile_from_the_next_week_on(desk: Desk) -> None:
    shown = desk.call("GET", "/settings").json()
    assert (shown["breakeven_r"], shown["cooldown_minutes"], shown["thin_n"]) == ("0.1", 0, 10)
    assert shown["places"] == [{"zone": "UTC", "currency": "USD", "since": None}]
    changed = desk.call("PUT", "/settings", json=SETTINGS).json()
    assert (changed["version"], changed["default_timeframe"]) == (2, "1h")
    assert refused(desk.call("PUT", "/settings", json=SETTINGS)) == (409, "STALE_VERSION")
    desk.zone = "Africa/Johannesburg"
    places = desk.call("GET", "/settings").json()["places"]
    assert places[1]["since"] == "2026-03-01T22:00:00Z"  # Monday there, the second of March


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"breakeven_r": 0.1}, "breakeven_r"),
        ({"breakeven_r": "-0.1"}, "breakeven_r"),
        ({"cooldown_minutes": "5"}, "cooldown_minutes"),
        ({"thin_n": 10.5}, "thin_n"),
        ({"default_timeframe": "2h"}, "default_timeframe"),
        ({"time_zone": "UTC"}, "time_zone"),
    ],
)
def test_a_bad_setting_is_422(still: Desk, change: dict[str, Any], field: str) -> None:
    answer = still.call("PUT", "/settings", json=SETTINGS | change)
    assert refused(answer) == (422, "VALIDATION_FAILED")
    assert answer.json()["error"]["details"][0]["field"] == field


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("breakeven_r", "0.51"),
        ("cooldown_minutes", -1),
        ("cooldown_minutes", 1_441),
        ("thin_n", 4),
        ("thin_n", 51),
    ],
)
def test_a_setting_beyond_its_bounds_is_refused_and_none_is_changed(
    desk: Desk, name: str, value: Any
) -> None:
    before = desk.call("GET", "/settings").json()
    answer = desk.call("PUT", "/settings", json=SETTINGS | {name: value})
    assert refused(answer) == (422, "OUT_OF_RANGE")
    assert answer.json()["error"]["details"][0]["field"] == name
    assert desk.call("GET", "/settings").json() == before


# everybody's own


def test_what_is_anothers_answers_as_what_is_nobodys(desk: Desk) -> None:
    entry = desk.made("/entries", ENTRY)["id"]
    shot = desk.made(f"/entries/{entry}/screenshots", SHOT)["id"]
    tag = desk.made("/tags", {"name": "Mine"})["id"]
    book = desk.made("/playbooks", BOOK)["id"]
    metric = desk.made("/metrics/saved", METRIC)["id"]
    trade = desk.trade().trade.id
    cases: list[tuple[str, str, str, Any]] = [
        ("GET", "/entries/{}", entry, None),
        ("PUT", "/entries/{}", entry, ENTRY | {"version": 1}),
        ("DELETE", "/entries/{}", entry, None),
        ("POST", "/entries/{}/insight", entry, None),
        ("POST", "/entries/{}/screenshots", entry, SHOT),
        ("DELETE", f"/entries/{{}}/screenshots/{shot}", entry, None),
        ("PATCH", "/tags/{}", tag, {"version": 1, "archived": True}),
        ("DELETE", "/tags/{}", tag, None),
        ("POST", "/tags/{}/merge", tag, {"into": "breakout", "version": 1}),
        ("GET", "/playbooks/{}", book, None),
        ("PUT", "/playbooks/{}", book, BOOK | {"version": 1}),
        ("DELETE", "/playbooks/{}", book, None),
        ("GET", "/playbooks/{}/stats", book, None),
        ("PUT", "/metrics/saved/{}", metric, METRIC | {"version": 1}),
        ("DELETE", "/metrics/saved/{}", metric, None),
    ]
    for method, path, ident, body in cases:
        foreign = desk.call(method, path.format(ident), json=body, as_bob=True)
        unknown = desk.call(method, path.format(ident[:-4] + "zzzz"), json=body)
        assert foreign.status_code == 404, (method, path)
        assert without_id(foreign) == without_id(unknown)
    for path, body in (
        ("/entries", OF_TRADE | {"trade_id": trade}),
        ("/entries", ENTRY | {"tags": [tag]}),
        ("/tags/breakout/merge", {"into": tag, "version": 0}),
    ):
        assert desk.call("POST", path, json=body, as_bob=True).status_code == 404
    assert desk.call("GET", "/entries", as_bob=True).json()["items"] == []
    assert (
        desk.call("GET", "/entries", params={"trade_id": trade}, as_bob=True).json()["items"] == []
    )
    assert desk.call("GET", f"/entries/{entry}").json()["version"] == 1


def test_plans_and_settings_are_everybodys_own(desk: Desk) -> None:
    desk.call("PUT", f"/plans/{TODAY}", json=PLAN)
    desk.call("PUT", "/settings", json=SETTINGS | {"version": 0})
    assert desk.call("GET", f"/plans/{TODAY}", as_bob=True).json()["plan"] is None
    assert desk.call("GET", "/plans", as_bob=True).json()["items"] == []
    assert desk.call("GET", "/settings", as_bob=True).json()["thin_n"] == 10
    assert UserId("x") != desk.owner


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/entries"),
        ("POST", "/entries"),
        ("GET", "/entries/search"),
        ("GET", "/entries/x"),
        ("PUT", "/entries/x"),
        ("DELETE", "/entries/x"),
        ("POST", "/entries/x/screenshots"),
        ("DELETE", "/entries/x/screenshots/y"),
        ("POST", "/entries/x/insight"),
        ("GET", "/tags"),
        ("POST", "/tags"),
        ("PATCH", "/tags/x"),
        ("DELETE", "/tags/x"),
        ("POST", "/tags/x/merge"),
        ("GET", "/plans"),
        ("GET", "/plans/2026-03-01"),
        ("PUT", "/plans/2026-03-01"),
        ("POST", "/plans/2026-03-01/lock"),
        ("POST", "/plans/2026-03-01/note"),
        ("GET", "/playbooks"),
        ("POST", "/playbooks"),
        ("GET", "/playbooks/x"),
        ("PUT", "/playbooks/x"),
        ("DELETE", "/playbooks/x"),
        ("GET", "/playbooks/x/stats"),
        ("GET", "/metrics/saved"),
        ("POST", "/metrics/saved"),
        ("PUT", "/metrics/saved/x"),
        ("DELETE", "/metrics/saved/x"),
        ("GET", "/settings"),
        ("PUT", "/settings"),
    ],
)
def test_the_journal_without_a_token_is_401(still: Desk, method: str, path: str) -> None:
    assert still.api.client.request(method, f"/api/journal{path}").status_code == 401
