from typing import Any

import pytest

from nightdesk import bootstrap
from nightdesk.core.ids import UserId
from nightdesk.journal.place import Place
from nightdesk.journal.reviewing.asking import ReadReviews
from nightdesk.journal.reviewing.editing import EditExperiment
from tests.builders.accounts import NOW
from tests.unit.api.conftest import Api
from tests.unit.api.writing_rig import refused, without_id
from tests.unit.journal.reviewing.rig import Rig

LINE_ISLANDS = Place(zone="Pacific/Kiritimati")
"""On a Sunday at noon UTC it is Monday there: 2026-W09 has just ended."""
WEEK, EARLIER, THIS = "2026-W09", "2026-W08", "2026-W10"


class Reviewing:
    """The reviews of Alice and Bob, and the worker behind them."""

    def __init__(self, api: Api) -> None:
        self.api, self.rig, self.count = api, Rig(), 0
        self.alice, self.bob = api.alice(), api.bob()
        account = api.client.get("/api/account", headers=self.alice).json()
        self.owner = UserId(account["id"])
        rig = self.rig
        rig.places[self.owner] = [LINE_ISLANDS]
        api.give(
            {
                bootstrap.ask_review: rig.ask,
                bootstrap.read_reviews: ReadReviews(rig.reviews, rig.preferences),
                bootstrap.edit_experiment: EditExperiment(rig.reviews, rig.preferences),
            }
        )

    def call(self, method: str, path: str = "", *, as_bob: bool = False, **more: Any) -> Any:
        self.count += 1
        key = {"Idempotency-Key": f"review-route-{self.count:06}"}
        headers = (self.bob if as_bob else self.alice) | key
        return self.api.client.request(
            method, f"/api/journal/reviews{path}", headers=headers, **more
        )

    def work(self) -> None:
        tasks, self.rig.queue.tasks = self.rig.queue.tasks, []
        for task in tasks:
            self.rig.work(task, NOW)

    def made(self) -> Any:
        answer = self.call("POST", "/week", json={})
        assert answer.status_code == 202, answer.text
        self.work()
        return self.call("GET", f"/week/{WEEK}").json()


@pytest.fixture
def desk(api: Api) -> Reviewing:
    return Reviewing(api)


def test_a_review_is_asked_for_made_and_read(desk: Reviewing) -> None:
    asked = desk.call("POST", "/week", json={})
    assert asked.status_code == 202
    begun = asked.json()
    assert (begun["label"], begun["status"], begun["version"]) == (WEEK, "computing", 1)
    assert (begun["text"], begun["experiment"]) == (None, None)
    running = desk.call("POST", "/week", json={"label": WEEK})
    assert refused(running) == (409, "REVIEW_RUNNING")
    desk.work()
    shown = desk.call("GET", f"/week/{WEEK}").json()
    assert (shown["status"], shown["versions"], shown["stale"]) == ("ready", [1], False)
    assert shown["text"]["text_source"] == "rules"
    assert shown["text"]["opening"].startswith(f"No trade was closed in {WEEK}.")
    assert shown["numbers"]["period"]["label"] == WEEK
    assert shown["experiment"]["status"] == "open"
    again = desk.call("POST", "/week", json={})
    assert (again.status_code, again.json()["version"]) == (200, 1)
    assert again.json()["revision"] == shown["revision"]


def test_force_makes_another_version_and_both_are_read(desk: Reviewing) -> None:
    desk.made()
    asked = desk.call("POST", "/week", json={"label": WEEK, "force": True})
    assert (asked.status_code, asked.json()["version"]) == (202, 2)
    desk.work()
    newest = desk.call("GET", f"/week/{WEEK}").json()
    assert (newest["version"], newest["versions"]) == (2, [1, 2])
    first = desk.call("GET", f"/week/{WEEK}", params={"version": 1}).json()
    assert first["version"] == 1
    assert desk.call("GET", f"/week/{WEEK}", params={"version": 3}).status_code == 404
    page = desk.call("GET").json()
    assert [(one["label"], one["version"]) for one in page["items"]] == [(WEEK, 2), (WEEK, 1)]
    first_page = desk.call("GET", params={"limit": 1}).json()
    rest = desk.call("GET", params={"cursor": first_page["next_cursor"]}).json()
    assert [one["version"] for one in rest["items"]] == [1]
    other = desk.call("GET", params={"cursor": first_page["next_cursor"], "kind": "day"})
    assert refused(other) == (400, "BAD_CURSOR")


@pytest.mark.parametrize(("kind", "label"), [("month", "2026-02"), ("day", "2026-03-01")])
def test_months_and_days_have_their_own(desk: Reviewing, kind: str, label: str) -> None:
    assert desk.call("POST", f"/{kind}", json={}).json()["label"] == label
    desk.work()
    shown = desk.call("GET", f"/{kind}/{label}").json()
    assert (shown["kind"], shown["status"], shown["experiment"]) == (kind, "ready", None)
    page = desk.call("GET", params={"kind": kind}).json()
    assert [one["label"] for one in page["items"]] == [label]
    assert desk.call("GET").json()["items"] == []


def test_a_week_that_is_not_over_is_refused(desk: Reviewing) -> None:
    answer = desk.call("POST", "/week", json={"label": THIS})
    assert refused(answer) == (409, "PERIOD_NOT_OVER")
    assert desk.rig.reviews.rows == {}


def test_the_experiment_is_changed_until_tuesday_midnight(desk: Reviewing) -> None:
    made = desk.made()
    path = f"/week/{WEEK}/experiment"
    change = {"revision": made["revision"], "status": "dropped", "note": "Not for me."}
    answer = desk.call("PATCH", path, json=change).json()
    found = answer["experiment"]
    assert (found["status"], found["note"]) == ("dropped", "Not for me.")
    assert answer["revision"] == made["revision"] + 1
    assert refused(desk.call("PATCH", path, json=change)) == (409, "STALE_VERSION")
    reworded = {"revision": answer["revision"], "text": " Wait for the close. ", "status": "open"}
    found = desk.call("PATCH", path, json=reworded).json()["experiment"]
    assert (found["text"], found["status"]) == ("Wait for the close.", "open")
    desk.call("POST", "/week", json={"label": EARLIER})
    desk.work()
    older = desk.call("GET", f"/week/{EARLIER}").json()
    late = {"revision": older["revision"], "note": "Too late."}
    answer = desk.call("PATCH", f"/week/{EARLIER}/experiment", json=late)
    assert refused(answer) == (409, "EXPERIMENT_LOCKED")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/week/2025-W54", None),
        ("GET", "/week/2025-03", None),
        ("GET", "/week/yesterday", None),
        ("POST", "/week", {"label": "2025-W00"}),
        ("POST", "/week", {"label": "0001-W05"}),
        ("POST", "/month", {"label": "2025-W10"}),
        ("POST", "/day", {"label": "2025-02-30"}),
        ("POST", "/week", {"force": "yes"}),
        ("POST", "/week", {"forced": True}),
        ("PATCH", f"/week/{WEEK}/experiment", {"revision": 1}),
        ("PATCH", f"/week/{WEEK}/experiment", {"revision": 1, "status": "paused"}),
        ("PATCH", f"/week/{WEEK}/experiment", {"revision": 1, "text": " "}),
        ("PATCH", f"/week/{WEEK}/experiment", {"revision": 1, "text": "a" * 501}),
        ("PATCH", f"/week/{WEEK}/experiment", {"revision": 0, "note": "No."}),
        ("PATCH", f"/week/{WEEK}/experiment", {"status": "dropped"}),
    ],
)
def test_bad_input_is_422_and_nothing_is_made(
    desk: Reviewing, method: str, path: str, body: dict[str, Any] | None
) -> None:
    made = desk.made()
    before = dict(desk.rig.reviews.rows)
    answer = desk.call(method, path, json=body)
    assert answer.status_code == 422, answer.text
    assert answer.json()["error"]["code"] == "VALIDATION_FAILED"
    assert desk.rig.reviews.rows == before
    assert desk.rig.queue.tasks == []
    assert made["status"] == "ready"


def test_a_kind_that_is_none_has_no_reviews(desk: Reviewing) -> None:
    assert desk.call("GET", "/year/2025").status_code == 404
    assert desk.call("POST", "/year", json={}).status_code == 404


def test_another_traders_review_does_not_exist(desk: Reviewing) -> None:
    desk.made()
    for method, path, body in (
        ("GET", f"/week/{WEEK}", None),
        ("PATCH", f"/week/{WEEK}/experiment", {"revision": 2, "note": "Mine."}),
    ):
        theirs = desk.call(method, path, as_bob=True, json=body)
        nobodys = desk.call(method, path.replace(WEEK, "2020-W02"), json=body)
        assert theirs.status_code == nobodys.status_code == 404
        assert without_id(theirs) == without_id(nobodys)
    assert desk.call("GET", as_bob=True).json()["items"] == []
