"""An owner's copy: whole, without secrets, resumable, and harmless in a spreadsheet."""

import csv
import io
import json
import zipfile
from dataclasses import replace
from datetime import timedelta
from typing import Any
from unittest import mock

import boto3
import pytest

from nightdesk.accounts import export as exporting
from nightdesk.accounts.audit import Action, account_chain, entries
from nightdesk.accounts.audit_file import read
from nightdesk.accounts.export import Collected
from nightdesk.accounts.exported import Export, Scope, Status
from nightdesk.adapters.archive.exports import S3ExportFiles
from nightdesk.adapters.dynamo.outbox import EventItem
from nightdesk.adapters.dynamo.register import kinds
from nightdesk.core.cells import cell, line
from nightdesk.core.errors import Conflict, Missing, StoreUnavailable
from nightdesk.core.ids import UserId
from tests.builders.accounts import ALICE, BOB, NOW
from tests.builders.household import EMAIL, NETWORK, SECRETS, USERNAME, Household
from tests.unit.privacy.conftest import BUCKET, Room


def asked(room: Room, home: Household, scope: Scope = Scope.ALL, cause: str = "c1") -> Export:
    return room.request_export(ALICE, scope, origin=home.origin, cause=cause, now=NOW)


def run(room: Room, state: Collected) -> Collected:
    while not state.done:
        state = room.collect(state, room.clock.now())
    return state


def archive(room: Room, export: Export) -> zipfile.ZipFile:
    key = f"{export.owner}/{export.export_id}.zip"
    body = boto3.client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read()
    return zipfile.ZipFile(io.BytesIO(body))


def lines(file: zipfile.ZipFile, name: str) -> list[dict[str, Any]]:
    return [json.loads(one) for one in file.read(name).decode().splitlines()]


def test_an_export_holds_one_file_for_each_kind_that_is_shown(room: Room, ada: Household) -> None:
    export = asked(room, ada)
    run(room, Collected.begun(export))

    file = archive(room, export)
    shown = {item.privacy.file for item in kinds().values() if item.privacy.file}
    # she has not asked to be deleted
    wanted = {f"{name}.jsonl" for name in shown if name != "deletion"}
    others = {"trades.csv", "ledger.csv", "audit_words.jsonl", "audit_report.jsonl"}
    assert set(file.namelist()) == wanted | others | {"contents.json"}
    (profile,) = lines(file, "profile.jsonl")
    assert (profile["username"], profile["email"]) == (USERNAME, EMAIL)
    (session,) = lines(file, "sessions.jsonl")
    assert session["network"] == NETWORK
    contents = json.loads(file.read("contents.json"))
    assert contents["files"] == {
        name.removesuffix(".jsonl"): sum(not _anchor(one) for one in lines(file, name))
        for name in wanted
    }


def _anchor(shown: dict[str, Any]) -> bool:
    return shown.keys() == {"chain", "seq", "hash"}


def test_no_secret_is_in_an_export(room: Room, ada: Household) -> None:
    export = asked(room, ada)
    run(room, Collected.begun(export))

    file = archive(room, export)
    everything = "".join(file.read(name).decode() for name in file.namelist())
    for secret in (*SECRETS, "sealed-key-of-hers", "wrapped-key-of-hers"):
        assert secret not in everything


def test_trades_and_ledger_are_tables_with_plain_numbers(room: Room, ada: Household) -> None:
    export = asked(room, ada)
    run(room, Collected.begun(export))

    file = archive(room, export)
    (trade,) = csv.DictReader(io.StringIO(file.read("trades.csv").decode()))
    assert (trade["instrument"], trade["side"], trade["quantity"]) == (
        "BTC/USD@bitstamp",
        "buy",
        "0.1",
    )
    ledger = list(csv.DictReader(io.StringIO(file.read("ledger.csv").decode())))
    assert ("-5", "cash") in {(one["amount"], one["account"]) for one in ledger}
    # the initial sum and what was taken out again, two lines each
    assert len(ledger) == 4


def test_the_audit_is_exported_as_it_was_hashed_and_its_words_beside_it(
    room: Room, ada: Household
) -> None:
    export = asked(room, ada, Scope.AUDIT)
    run(room, Collected.begun(export))

    file = archive(room, export)
    assert set(file.namelist()) == {
        *("audit.jsonl", "audit_words.jsonl", "audit_report.jsonl", "contents.json")
    }
    exported = read(file.read("audit.jsonl").decode().splitlines())
    chain = account_chain(ALICE)
    assert [one.action for one in exported.chains[chain]] == ["user_registered", "audit_exported"]
    assert list(exported.anchors[chain]) == [2]
    assert exported.breaks() == []
    words = lines(file, "audit_words.jsonl")
    assert words[0]["words"]["email"] == EMAIL
    (proof,) = lines(file, "audit_report.jsonl")
    assert proof["holds"] is True


def test_one_export_runs_at_a_time_and_the_same_command_is_the_same_one(
    room: Room, ada: Household
) -> None:
    export = asked(room, ada)
    assert asked(room, ada) == export
    assert [name for _, name, _ in room.machines.started] == [export.export_id] * 2
    with pytest.raises(Conflict) as refusal:
        asked(room, ada, cause="c2")
    assert refusal.value.code == "EXPORT_RUNNING"

    run(room, Collected.begun(export))
    again = room.request_export(
        ALICE, Scope.ALL, origin=ada.origin, cause="c3", now=NOW + timedelta(minutes=1)
    )
    assert again.export_id != export.export_id


def test_asking_is_written_down(room: Room, ada: Household) -> None:
    asked(room, ada)
    asked_of_audit = [Action.USER_REGISTERED.value, Action.EXPORT_ASKED.value]
    assert [one.action for one in room.records.chain(account_chain(ALICE))] == asked_of_audit


def test_an_export_without_a_sign_of_life_has_failed_and_another_may_start(
    room: Room, ada: Household
) -> None:
    export = asked(room, ada)
    later = NOW + timedelta(minutes=21)
    assert room.read_export(ALICE, export.export_id, later)[0].status is Status.FAILED
    again = room.request_export(ALICE, Scope.ALL, origin=ada.origin, cause="c2", now=later)
    assert again.status is Status.RUNNING


def test_an_export_that_failed_lets_a_new_one_start_and_tells_its_owner(
    room: Room, ada: Household
) -> None:
    export = asked(room, ada)
    for _ in range(2):
        room.collect.fail(Collected.begun(export), NOW)
    assert room.read_export(ALICE, export.export_id, NOW)[0].status is Status.FAILED
    told = [one for one in EventItem.query(f"U#{ALICE}") if _kind(one) == "export_failed"]
    assert len(told) == 1
    asked(room, ada, cause="c2")


def _kind(item: Any) -> str | None:
    return item.data.get("kind") if isinstance(item, EventItem) else None


def test_a_step_that_is_cut_off_anywhere_is_repeated_to_the_same_archive(
    room: Room, ada: Household
) -> None:
    export = asked(room, ada)
    with (
        mock.patch.object(exporting, "STEP_ROWS", 3),
        mock.patch.object(exporting, "PAGE_ROWS", 2),
    ):
        state, steps = Collected.begun(export), 0
        while not state.done:
            cut = _cut(room.files.put, steps)
            with mock.patch.object(S3ExportFiles, "put", cut), pytest.raises(StoreUnavailable):
                _unanswered(room, state)
            state, steps = room.collect(state, NOW), steps + 1
    small = archive(room, export)

    whole = room.request_export(
        ALICE, Scope.ALL, origin=ada.origin, cause="c2", now=NOW + timedelta(minutes=1)
    )
    room.clock.forward(60)
    run(room, Collected.begun(whole))
    large = archive(room, whole)
    assert steps >= 10
    same = set(small.namelist()) - {"contents.json", "exports.jsonl", "events.jsonl"}
    changed = {"audit.jsonl", "audit_words.jsonl", "audit_report.jsonl"}
    for name in same - changed:
        assert small.read(name) == large.read(name), name


def _unanswered(room: Room, state: Collected) -> None:
    room.collect(state, NOW)
    raise StoreUnavailable("the answer is lost")


def _cut(put: Any, steps: int) -> Any:
    """Every other step dies before its parts are stored, the others after it."""

    def cut(_files: Any, *arguments: Any) -> None:
        if steps % 2:
            raise StoreUnavailable("cut off")
        put(*arguments)

    return cut


def test_an_archive_whose_making_was_not_noted_is_not_made_again(
    room: Room, ada: Household
) -> None:
    export = asked(room, ada)
    state = Collected.begun(export)
    while state.step == 0 or state.place is not None:
        state = room.collect(state, NOW)
    lost = StoreUnavailable("not noted")
    with (
        mock.patch.object(type(room.exports), "save", side_effect=lost),
        pytest.raises(StoreUnavailable),
    ):
        room.collect(state, NOW)
    made = _bytes(room, export)

    assert run(room, state).done
    assert _bytes(room, export) == made
    assert room.read_export(ALICE, export.export_id, NOW)[0].size == len(made)


def test_a_link_is_there_while_an_export_is_ready_and_kept(room: Room, ada: Household) -> None:
    export = asked(room, ada)
    assert room.read_export(ALICE, export.export_id, NOW)[1] is None
    run(room, Collected.begun(export))

    ready, url = room.read_export(ALICE, export.export_id, NOW)
    assert ready.status is Status.READY
    assert ready.size == len(_bytes(room, export))
    assert url is not None
    assert "X-Amz-Expires=600" in url
    with pytest.raises(Missing):
        room.read_export(BOB, export.export_id, NOW)
    with pytest.raises(Missing):
        room.read_export(ALICE, export.export_id, NOW + timedelta(days=7))
    (told,) = [one for one in EventItem.query(f"U#{ALICE}") if _type(one) == "export_ready"]
    assert told.data == {"export_id": export.export_id}


def _type(item: Any) -> str | None:
    return item.type if isinstance(item, EventItem) else None


def _bytes(room: Room, export: Export) -> bytes:
    key = f"{export.owner}/{export.export_id}.zip"
    found: bytes = boto3.client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read()
    return found


def test_parts_are_gone_once_they_are_packed(room: Room, ada: Household) -> None:
    export = asked(room, ada)
    run(room, Collected.begun(export))
    left = boto3.client("s3").list_objects_v2(Bucket=BUCKET)["Contents"]
    assert [one["Key"] for one in left] == [f"{ALICE}/{export.export_id}.zip"]


def test_a_finished_export_is_left_alone(room: Room, ada: Household) -> None:
    export = asked(room, ada)
    run(room, Collected.begun(export))
    before = _bytes(room, export)
    late = replace(Collected.begun(export), step=1)
    assert room.collect(late, NOW + timedelta(hours=1)).done
    assert _bytes(room, export) == before


def test_nothing_of_anybody_else_is_in_an_export(room: Room, ada: Household) -> None:
    other = Household(owner=BOB, at=NOW)
    profile = replace(other.profile, username="stranger", email="stranger@mail.example")
    told = entries(Action.USER_REGISTERED, other.origin, NOW, owner=BOB)
    room.users.create(profile, other.security, open_until=NOW + timedelta(days=1), entries=told)

    export = asked(room, ada)
    run(room, Collected.begun(export))
    file = archive(room, export)
    everything = "".join(file.read(name).decode() for name in file.namelist())
    assert "stranger" not in everything
    assert BOB not in everything


@pytest.mark.parametrize(
    "name",
    ["=HYPERLINK(1)", "+1", "-1", "@SUM(A1)", "\tx", "\rx", " =1", "\u202e=1", "\u200b+1"],
)
def test_a_text_that_a_spreadsheet_would_run_is_neutralised(name: str) -> None:
    assert cell(name).startswith("'")
    (read,) = csv.reader(io.StringIO(line([name, "plain"])))
    assert read[1] == "plain"


def test_numbers_stay_numbers_and_unseen_characters_go() -> None:
    from decimal import Decimal

    assert line([Decimal("-12.50"), 3, True, None, NOW]) == "-12.5,3,true,,2026-03-01T12:00:00Z\r\n"
    assert cell("a\u202eb\x00c\nd") == "abc d"
    assert cell(UserId("plain-name")) == "plain-name"
