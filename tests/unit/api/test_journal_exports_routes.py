"""Exports over HTTP: asked for, shown, fetched at once, taken back; nobody sees another's."""

import csv
import io
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from nightdesk import bootstrap
from nightdesk.core.ids import UserId
from nightdesk.journal import export_at_once
from nightdesk.journal.export_at_once import TradesAtOnce
from nightdesk.journal.export_job import KEPT, ExportKind
from nightdesk.journal.exporting import AskExport, MakeExport, ReadExports, RemoveExport
from nightdesk.journal.place import Place
from tests.builders.accounts import NOW
from tests.builders.journal_year import a_year
from tests.fakes.exports import MemoryExportJobs, MemoryExportObjects, MemoryWorkflows
from tests.unit.api.conftest import Api
from tests.unit.api.writing_rig import refused
from tests.unit.journal.exports.rig import Rig

PATH = "/api/journal/exports"
HOSTILE = (
    *("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1"),
    *("\uff1d1", "\uff0b1", "\uff0d1", "\uff20a"),
)


class Exporting:
    """The exports of Alice and Bob, and the machine behind them."""

    def __init__(self, api: Api) -> None:
        self.api, self.rig, self.count = api, Rig(), 0
        self.alice, self.bob = api.alice(), api.bob()
        self.jobs, self.objects = MemoryExportJobs(), MemoryExportObjects()
        self.machines = MemoryWorkflows()
        api.give(
            {
                bootstrap.ask_journal_export: AskExport(self.jobs, self.machines),
                bootstrap.read_journal_exports: ReadExports(self.jobs, self.objects),
                bootstrap.remove_journal_export: RemoveExport(self.jobs, self.objects),
                bootstrap.trades_at_once: TradesAtOnce(self.rig.source),
                bootstrap.journal_place: lambda owner, now: Place(zone="Europe/Vienna"),
            }
        )
        account = api.client.get("/api/account", headers=self.alice).json()
        self.owner = UserId(account["id"])

    def call(self, method: str, path: str = "", *, as_bob: bool = False, **more: Any) -> Any:
        self.count += 1
        key = {"Idempotency-Key": f"export-route-{self.count:06}"}
        headers = (self.bob if as_bob else self.alice) | key
        return self.api.client.request(method, f"{PATH}{path}", headers=headers, **more)

    def asked(self, **body: Any) -> dict[str, Any]:
        answer = self.call("POST", json={"kind": "trades"} | body)
        assert answer.status_code == 202, answer.text
        return dict(answer.json())

    def make(self, job_id: str) -> None:
        MakeExport(self.jobs, self.objects, lambda job, told: iter([b"made"]))(
            self.owner, job_id, lambda: NOW
        )

    def had(self, count: int) -> None:
        year = a_year(count, self.owner)
        self.rig.had(year)


@pytest.fixture
def desk(api: Api) -> Exporting:
    return Exporting(api)


def test_an_export_is_asked_for_made_fetched_and_taken_back(desk: Exporting) -> None:
    begun = desk.asked(numbers="de-AT", filters={"side": ["long"], "max_r": ["2.5"]})
    assert (begun["status"], begun["progress"], begun["url"]) == ("queued", 0, None)
    (started,) = desk.machines.started
    assert started[:2] == ("export", begun["id"])
    options = desk.jobs.get(desk.owner, begun["id"]).options
    assert (options.zone, options.numbers.value, options.open_too) == (
        "Europe/Vienna",
        "de-AT",
        True,
    )
    assert options.filters == {"side": ("long",), "max_r": ("2.5",)}
    # the owner's day ends at their midnight
    assert NOW < options.until <= NOW + timedelta(days=1)
    assert (options.local(options.until) or "")[10:] == "T00:00:00+01:00"

    desk.make(begun["id"])
    shown = desk.call("GET", f"/{begun['id']}").json()
    assert (shown["status"], shown["progress"], shown["bytes"]) == ("ready", 100, 4)
    assert shown["filename"] == "trades.csv"
    assert shown["url"].startswith("https://store/")
    listed = desk.call("GET").json()["items"]
    assert [(one["id"], one["url"]) for one in listed] == [(begun["id"], None)]

    assert desk.call("DELETE", f"/{begun['id']}").status_code == 204
    assert refused(desk.call("GET", f"/{begun['id']}")) == (410, "EXPORT_EXPIRED")
    assert desk.objects.kept == {}


def test_one_of_a_kind_is_made_at_a_time(desk: Exporting) -> None:
    begun = desk.asked()
    assert refused(desk.call("POST", json={"kind": "trades"})) == (409, "EXPORT_RUNNING")
    assert refused(desk.call("DELETE", f"/{begun['id']}")) == (409, "EXPORT_RUNNING")
    desk.asked(kind="report_pdf")


def test_after_seven_days_it_is_gone(desk: Exporting) -> None:
    begun = desk.asked()
    desk.make(begun["id"])
    job = desk.jobs.get(desk.owner, begun["id"])
    assert job.finished_at is not None
    desk.jobs.kept[desk.owner, job.id] = replace(job, finished_at=job.finished_at - KEPT)
    assert refused(desk.call("GET", f"/{begun['id']}")) == (410, "EXPORT_EXPIRED")


def test_another_traders_export_does_not_exist(desk: Exporting) -> None:
    begun = desk.asked()
    for method in ("GET", "DELETE"):
        answer = desk.call(method, f"/{begun['id']}", as_bob=True)
        assert refused(answer) == (404, "NOT_FOUND")
    assert desk.call("GET", as_bob=True).json()["items"] == []


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"kind": "everything"}, "VALIDATION_FAILED"),
        ({}, "VALIDATION_FAILED"),
        ({"kind": "all", "zone": "Nowhere/Land"}, "VALIDATION_FAILED"),
        ({"kind": "all", "zone": "../../etc/passwd"}, "VALIDATION_FAILED"),
        ({"kind": "all", "numbers": "fr-FR"}, "VALIDATION_FAILED"),
        ({"kind": "all", "unit": "euro"}, "VALIDATION_FAILED"),
        ({"kind": "all", "more": 1}, "VALIDATION_FAILED"),
        ({"kind": "all", "from": "2026-01-01T00:00:00"}, "VALIDATION_FAILED"),
        ({"kind": "all", "filters": {"colour": ["red"]}}, "VALIDATION_FAILED"),
        ({"kind": "all", "filters": {"side": ["sideways"]}}, "VALIDATION_FAILED"),
        ({"kind": "all", "filters": {"min_r": ["NaN"]}}, "VALIDATION_FAILED"),
        ({"kind": "all", "filters": {"side": "long"}}, "VALIDATION_FAILED"),
        (
            {"kind": "all", "from": "2025-02-01T00:00:00Z", "to": "2025-02-01T00:00:00Z"},
            "BAD_RANGE",
        ),
        (
            {"kind": "all", "from": "2010-01-01T00:00:00Z", "to": "2025-02-01T00:00:00Z"},
            "BAD_RANGE",
        ),
        ({"kind": "all", "from": "2999-01-01T00:00:00Z"}, "BAD_RANGE"),
        ({"kind": "all", "to": "0001-01-01T00:00:00Z"}, "BAD_RANGE"),
    ],
)
def test_what_makes_no_sense_is_refused_and_starts_nothing(
    desk: Exporting, body: dict[str, Any], code: str
) -> None:
    assert refused(desk.call("POST", json=body)) == (422, code)
    assert (desk.machines.started, desk.jobs.kept) == ([], {})


def test_trades_are_given_at_once_and_no_cell_is_a_formula(desk: Exporting) -> None:
    desk.had(len(HOSTILE))
    for (key, labels), note in zip([*desk.rig.trades.written.items()], HOSTILE, strict=True):
        desk.rig.trades.written[key] = replace(labels, note=note)
    answer = desk.call("GET", "/trades.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="trades.csv"'
    text = io.StringIO(answer.content.decode("utf-8-sig"), newline="")
    rows = list(csv.DictReader(text, strict=True))
    assert len(rows) == len(HOSTILE)
    assert all(row["note"].startswith("'") for row in rows)
    assert any(row["net"].startswith("-") for row in rows)  # a number stays one
    assert desk.call("GET", "/trades.csv", as_bob=True).content.count(b"\r\n") == 1


def test_filters_and_numbers_are_those_of_the_query(desk: Exporting) -> None:
    desk.had(12)
    answer = desk.call("GET", "/trades.csv", params={"side": "short", "numbers": "de-AT"})
    text = io.StringIO(answer.content.decode("utf-8-sig"), newline="")
    rows = list(csv.DictReader(text, delimiter=";", strict=True))
    assert {row["side"] for row in rows} == {"short"}
    assert "," in rows[0]["net"]


def test_more_than_may_be_given_at_once_is_refused(
    desk: Exporting, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.had(4)
    monkeypatch.setattr(export_at_once, "MOST", 3)
    assert refused(desk.call("GET", "/trades.csv")) == (413, "TOO_MANY_TRADES")


def test_a_file_that_no_answer_could_carry_is_refused_however_few_its_trades(
    desk: Exporting, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.had(3)
    plain = len(desk.call("GET", "/trades.csv").content)
    for key, labels in [*desk.rig.trades.written.items()]:
        desk.rig.trades.written[key] = replace(labels, note="\u7a81" * 500)
    answer = desk.call("GET", "/trades.csv")
    body = json.dumps({"body": answer.content.decode()})
    assert len(body) > 3 * 500 * 6  # each of these characters is six in the answer's JSON
    monkeypatch.setattr(export_at_once, "MOST_BYTES", len(body) - 100)
    assert len(answer.content) < len(body) - 100
    assert refused(desk.call("GET", "/trades.csv")) == (413, "TOO_MANY_TRADES")
    monkeypatch.setattr(export_at_once, "MOST_BYTES", len(body) + 100)
    assert desk.call("GET", "/trades.csv").content == answer.content
    assert len(answer.content) > plain


def test_every_kind_has_a_name_and_a_type() -> None:
    names = [kind.file.name for kind in ExportKind]
    assert len(set(names)) == len(names)
    assert all("/" in kind.file.media for kind in ExportKind)
