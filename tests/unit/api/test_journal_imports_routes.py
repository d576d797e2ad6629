import csv
import io
from dataclasses import replace
from typing import Any

import pytest

from nightdesk import bootstrap
from nightdesk.core.ids import UserId
from nightdesk.journal.import_checking import CheckImport
from nightdesk.journal.import_committing import CommitImport, UndoImport
from nightdesk.journal.trade_import import ListImports
from nightdesk.journal.unplaced_reading import ReadUnplaced
from tests.builders.accounts import NOW
from tests.builders.journal_trades import an_unplaced
from tests.fakes.journal_trades import FakeUnplaced
from tests.unit.api.conftest import Api
from tests.unit.api.writing_rig import refused, without_id
from tests.unit.journal.importing.rig import Rig, never

FILE = (
    "Time;Pair;Side;Amount;Price\r\n"
    "2025-03-05 10:00:00;BTC/EUR;buy;1;100\r\n"
    "2025-03-05 11:00:00;BTC/EUR;sell;1;110\r\n"
    "yesterday;BTC/EUR;sell;1;110\r\n"
    "2025-03-05 12:00:00;BTC/EUR;=cmd;1;110\r\n"
)
MAPPING = {
    "at": "Time",
    "instrument": "Pair",
    "side": "Side",
    "quantity": "Amount",
    "price": "Price",
}
IMPORT = {"filename": "trades.csv", "bytes": len(FILE), "account": "old", "mapping": MAPPING}


class Importing:
    """The imports of Alice and Bob, and the worker behind them."""

    def __init__(self, api: Api) -> None:
        self.api, self.rig = api, Rig()
        self.alice, self.bob = api.alice(), api.bob()
        rig, self.unplaced = self.rig, FakeUnplaced()
        self.check = CheckImport(rig.imports, rig.files, rig.records, rig.trades)
        parts = (rig.imports, rig.files, rig.records, rig.rebuild, rig.queue)
        self.commit, self.undo = CommitImport(*parts), UndoImport(*parts)
        api.give(
            {
                bootstrap.start_import: rig.start,
                bootstrap.list_imports: ListImports(rig.imports),
                bootstrap.read_import: rig.read,
                bootstrap.read_unplaced: ReadUnplaced(self.unplaced),
                bootstrap.request_import_check: rig.request_check,
                bootstrap.request_import_commit: rig.request_commit,
                bootstrap.request_import_undo: rig.request_undo,
            }
        )
        account = api.client.get("/api/account", headers=self.alice).json()
        self.owner, self.count = UserId(account["id"]), 0

    def call(self, method: str, path: str = "", *, as_bob: bool = False, **more: Any) -> Any:
        self.count += 1
        key = {"Idempotency-Key": f"import-route-{self.count:06}"}
        headers = (self.bob if as_bob else self.alice) | key
        return self.api.client.request(
            method, f"/api/journal/imports{path}", headers=headers, **more
        )

    def uploaded(self) -> str:
        answer = self.call("POST", json=IMPORT)
        assert answer.status_code == 201, answer.text
        name: str = answer.json()["id"]
        self.rig.files.files[self.owner, name] = FILE.encode()
        return name

    def checked(self) -> str:
        name = self.uploaded()
        assert self.call("POST", f"/{name}/check", json={}).status_code == 202
        self.check(self.owner, name, NOW)
        return name


@pytest.fixture
def desk(api: Api) -> Importing:
    return Importing(api)


def test_a_file_is_uploaded_checked_committed_and_undone(desk: Importing) -> None:
    begun = desk.call("POST", json=IMPORT).json()
    assert begun["upload"]["fields"]["key"].endswith(begun["id"])
    answer = desk.call("POST", f"/{begun['id']}/check", json={})
    assert refused(answer) == (409, "NOT_UPLOADED")
    desk.rig.files.files[desk.owner, begun["id"]] = FILE.encode()
    asked = desk.call("POST", f"/{begun['id']}/check", json={})
    assert (asked.status_code, asked.json()["status"]) == (202, "checking")
    desk.check(desk.owner, begun["id"], NOW)
    shown = desk.call("GET", f"/{begun['id']}").json()
    assert (shown["status"], shown["counts"]["fills"]) == ("checked", 2)
    assert [(one["row"], one["side"], one["price"]) for one in shown["preview"]] == [
        (2, "buy", "100"),
        (3, "sell", "110"),
    ]
    asked = desk.call("POST", f"/{begun['id']}/commit", json={})
    assert (asked.status_code, asked.json()["status"]) == (202, "committing")
    desk.commit(desk.owner, begun["id"], NOW, never)
    assert desk.call("GET", f"/{begun['id']}").json()["counts"]["added"] == 2
    assert desk.call("DELETE", f"/{begun['id']}").json()["undoing"] is True
    desk.undo(desk.owner, begun["id"], NOW, never)
    assert [one["status"] for one in desk.call("GET").json()["items"]] == ["undone"]
    assert not desk.rig.records.stored


def test_an_import_tells_what_is_in_no_trade_of_what_its_file_names(desk: Importing) -> None:
    name = desk.uploaded()
    assert desk.call("GET", f"/{name}").json()["unplaced"] == []
    desk.call("POST", f"/{name}/check", json={})
    desk.check(desk.owner, name, NOW)
    (book,) = desk.rig.files.summary(desk.owner, name).touched
    left = an_unplaced(account=book.account, instrument=book.instrument)
    for one in (left, replace(left, account="another")):
        desk.unplaced.keep(desk.owner, one.account, one.instrument, [one])
    (told,) = desk.call("GET", f"/{name}").json()["unplaced"]
    assert (told["account"], told["code"], told["amount"]) == ("old", "UNMATCHED_SELL", "0.5")


def test_issues_come_by_pages_and_as_a_harmless_file(desk: Importing) -> None:
    name = desk.checked()
    first = desk.call("GET", f"/{name}/issues", params={"limit": 1}).json()
    rest = desk.call("GET", f"/{name}/issues", params={"cursor": first["next_cursor"]}).json()
    found = [*first["items"], *rest["items"]]
    assert [(one["row"], one["code"]) for one in found] == [(4, "BAD_TIME"), (5, found[1]["code"])]
    assert rest["next_cursor"] is None
    answer = desk.call("GET", f"/{name}/issues", params={"format": "csv"})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    header, *lines = csv.reader(io.StringIO(answer.text))
    assert header == ["row", "column", "value", "code", "severity", "hint"]
    assert [line[0] for line in lines] == ["4", "5"]
    assert not any(cell.startswith("=") for line in lines for cell in line)


def test_presets_and_template_are_shown(desk: Importing) -> None:
    found = {one["id"] for one in desk.call("GET", "/presets").json()["items"]}
    assert {"kraken_ledgers", "bitpanda"} <= found
    answer = desk.call("GET", "/template.csv")
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.text.count("\r\n") == 2


def test_a_step_at_the_wrong_time_is_refused(desk: Importing) -> None:
    name = desk.uploaded()
    assert refused(desk.call("POST", f"/{name}/commit", json={})) == (409, "IMPORT_STATE")
    assert desk.call("DELETE", f"/{name}").json()["status"] == "undone"
    assert refused(desk.call("DELETE", f"/{name}")) == (409, "IMPORT_STATE")


def test_what_is_no_table_is_told_at_once(desk: Importing) -> None:
    name = desk.uploaded()
    desk.rig.files.files[desk.owner, name] = b"\x89PNG\r\n\x1a\n" + bytes(100)
    answer = desk.call("POST", f"/{name}/check", json={})
    assert refused(answer) == (422, "UNREADABLE_FILE")
    body = {"mapping": {"at": "Time"}}
    assert refused(desk.call("POST", f"/{name}/check", json=body)) == (422, "MAPPING_INCOMPLETE")


def test_another_traders_import_does_not_exist(desk: Importing) -> None:
    name = desk.checked()
    before = dict(desk.rig.imports.stored)
    for method, path, body in (
        ("GET", "", None),
        ("DELETE", "", None),
        ("POST", "/check", {}),
        ("POST", "/commit", {}),
        ("GET", "/issues", None),
        ("GET", "/issues?format=csv", None),
    ):
        answers = [
            desk.call(method, f"/{one}{path}", json=body, as_bob=True) for one in (name, "nobodys")
        ]
        assert {one.status_code for one in answers} == {404}, (method, path)
        assert without_id(answers[0]) == without_id(answers[1])
    assert desk.call("GET", as_bob=True).json()["items"] == []
    assert desk.rig.imports.stored == before


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"bytes": 0}, "UNREADABLE_FILE"),
        ({"bytes": 10 * 1024 * 1024 + 1}, "FILE_TOO_LARGE"),
        ({"bytes": "9"}, "VALIDATION_FAILED"),
        ({"mapping": None, "preset": "my_bank"}, "UNKNOWN_PRESET"),
        ({"preset": "kraken_ledgers"}, "VALIDATION_FAILED"),
        ({"mapping": {"at": "Time"}}, "MAPPING_INCOMPLETE"),
        ({"mapping": {"surprise": "Time"}}, "MAPPING_INCOMPLETE"),
        ({"mapping": {"at": 7}}, "VALIDATION_FAILED"),
        ({"zone": "Mars/Base"}, "BAD_FORMAT"),
        ({"zone": "+28:00"}, "BAD_FORMAT"),
        ({"account": " "}, "VALIDATION_FAILED"),
        ({"filename": "a\u202eb"}, "VALIDATION_FAILED"),
        ({"surprise": 1}, "VALIDATION_FAILED"),
    ],
)
def test_a_bad_import_is_422_and_nothing_is_stored(
    desk: Importing, change: dict[str, Any], code: str
) -> None:
    assert refused(desk.call("POST", json=IMPORT | change)) == (422, code)
    assert not desk.rig.imports.stored


@pytest.mark.parametrize("zone", ["", "Europe/Vienna", "Etc/GMT+8", "UTC+8", "+08:00", "-03:30"])
def test_a_zone_is_a_name_or_an_offset(desk: Importing, zone: str) -> None:
    assert desk.call("POST", json=IMPORT | {"zone": zone}).status_code == 201


@pytest.mark.parametrize(
    ("step", "body", "code"),
    [
        ("check", {"overrides": {"delimiter": "x"}}, "BAD_FORMAT"),
        ("check", {"overrides": {"surprise": ""}}, "VALIDATION_FAILED"),
        ("check", {"preset": "my_bank"}, "UNKNOWN_PRESET"),
        ("check", {"save_as": "a\nb"}, "VALIDATION_FAILED"),
        ("check", {"save_as": "m\u202eap"}, "VALIDATION_FAILED"),
        ("commit", {"accept_possible": [0]}, "VALIDATION_FAILED"),
        ("commit", {"accept_possible": ["2"]}, "VALIDATION_FAILED"),
        ("commit", {"accept_possible": [2] * 10_001}, "VALIDATION_FAILED"),
    ],
)
def test_a_bad_step_is_422_and_the_import_stays(
    desk: Importing, step: str, body: dict[str, Any], code: str
) -> None:
    name = desk.checked()
    before = dict(desk.rig.imports.stored)
    if body.get("preset"):
        body = body | {"mapping": {}}
    assert refused(desk.call("POST", f"/{name}/{step}", json=body)) == (422, code)
    assert desk.rig.imports.stored == before
