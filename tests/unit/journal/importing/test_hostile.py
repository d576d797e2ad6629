"""Thirty files that are not what they should be: each gets a clear answer, none an accident."""

import csv
import gzip
import io
import zipfile
from dataclasses import dataclass

import pytest

from nightdesk.core.errors import Invalid
from nightdesk.journal.imported import Import, Status
from nightdesk.journal.importing import reading
from nightdesk.journal.importing.issue import Issue, IssueCode
from nightdesk.journal.importing.layout import Layout, Overrides, layout
from tests.unit.journal.importing.rig import NOW, OWNER, Rig, read

HEAD = "fill_id,at,account,instrument,side,quantity,price,fee,note\n"
GOOD = "{},2024-03-05T14:30:00Z,mine,BTC/EUR@kraken,buy,0.5,50000,5,\n"
ONE, TWO = GOOD.format("g1"), GOOD.format("g2")


def zipped() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("fills.csv", HEAD + ONE)
    return out.getvalue()


UNREADABLE = {
    "zip": zipped(),
    "gzip": gzip.compress((HEAD + ONE).encode()),
    "png": b"\x89PNG\r\n\x1a\n" + bytes(200),
    "jpeg": b"\xff\xd8\xff\xe0" + bytes(200),
    "pdf": b"%PDF-1.7\n1 0 obj\n",
    "old spreadsheet": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(200),
    "random bytes": bytes((one * 37 + 11) % 256 for one in range(4_000)),
    "only blanks": b"\n \n\t\n",
    "only a mark": b"\xef\xbb\xbf",
    "only NUL": bytes(500),
    "header only": HEAD.encode(),
    "prose": b"Dear trader,\nthis is a letter.\n",
    "html": b"<!doctype html><html><body><h1>403</h1></body></html>",
    "json": b'{"trades": []}',
    "one line of one MB": b"x" * 1_000_000,
    "header too far down": b"a note\n" * 11 + (HEAD + ONE).encode(),
}


def read_layout(content: str) -> Layout:
    return layout(content.encode(), Overrides())


@dataclass
class Outcome:
    found: Import
    issues: list[Issue]
    stored: int


def tried(content: str | bytes) -> Outcome:
    rig = Rig()
    checked, _ = rig.checked(content)
    if checked.status is Status.CHECKED and not checked.reason:
        rig.request_commit(OWNER, checked.import_id, now=NOW)
        rig.commit(OWNER, checked.import_id, NOW, lambda: False)
    issues = rig.issues(checked.import_id) if checked.issue_parts else []
    return Outcome(checked, issues, len(rig.records.stored))


@pytest.mark.parametrize("name", sorted(UNREADABLE))
def test_what_is_no_table_is_refused_in_words_and_nothing_is_written(name: str) -> None:
    rig = Rig()
    import_id = rig.uploaded(UNREADABLE[name])
    try:
        rig.request_check(OWNER, import_id, now=NOW)
    except Invalid as refused:
        code, words = refused.code, str(refused)
    else:
        failed = rig.check(OWNER, import_id, NOW)
        assert failed.status is Status.FAILED
        code, words = failed.reason, failed.detail
    assert code == "UNREADABLE_FILE"
    assert words.startswith("The file cannot be read: ")
    assert rig.records.stored == {}


def test_more_rows_than_allowed_fail_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_ROWS", 100)
    short = "Date(UTC),Pair,Side,Price,Executed,Amount,Fee\n" + (
        "2024-02-01 08:00:00,BTCUSDT,BUY,1,1BTC,1USDT,0BTC\n" * 101
    )
    found = tried(short)
    assert (found.found.status, found.found.reason, found.stored) == (
        Status.FAILED,
        "UNREADABLE_FILE",
        0,
    )


BROKEN = {
    "NUL in a row": (
        "g3,2024-03-05T14:30:00Z,mine,BTC/EUR@kraken,buy,0\x00.5,5,5,\n",
        "MISSING_COLUMN",
    ),
    "formula as number": (GOOD.format("g3").replace("0.5", "=1+1"), "FORMULA_CELL"),
    "formula as instrument": (
        GOOD.format("g3").replace("BTC/EUR@kraken", "@SUM(A1)"),
        "FORMULA_CELL",
    ),
    "formula as id": (GOOD.format("=cmd|' /C calc'!A0"), "FORMULA_CELL"),
    "formula as time": (
        GOOD.format("g3").replace("2024-03-05T14:30:00Z", "=NOW()"),
        "FORMULA_CELL",
    ),
    "not a number": (GOOD.format("g3").replace("0.5", "NaN"), "BAD_NUMBER"),
    "infinity": (GOOD.format("g3").replace("50000", "Infinity"), "BAD_NUMBER"),
    "number too large": (GOOD.format("g3").replace("0.5", "1" * 30), "BAD_NUMBER"),
    "digits of another script": (
        GOOD.format("g3").replace("0.5", "\u0660\u066b\u0665"),
        "BAD_NUMBER",
    ),
    "zero quantity": (GOOD.format("g3").replace("0.5", "0"), "BAD_NUMBER"),
    "negative quantity": (GOOD.format("g3").replace("0.5", "-0.5"), "NEGATIVE_QUANTITY"),
    "zero price": (GOOD.format("g3").replace("50000", "0.00"), "ZERO_PRICE"),
    "no such day": (GOOD.format("g3").replace("03-05", "02-30"), "BAD_TIME"),
    "no time": (GOOD.format("g3").replace("2024-03-05T14:30:00Z", ""), "MISSING_COLUMN"),
    "before any venue": (GOOD.format("g3").replace("2024", "1999"), "BAD_TIME"),
    "in the future": (GOOD.format("g3").replace("2024", "2031"), "FUTURE_TIME"),
    "unknown side": (GOOD.format("g3").replace("buy", "hodl"), "BAD_SIDE"),
    "no pair": (GOOD.format("g3").replace("BTC/EUR@kraken", "?!"), "UNKNOWN_INSTRUMENT"),
    "a pair of one asset": (
        GOOD.format("g3").replace("BTC/EUR@kraken", "BTC/BTC@kraken"),
        "UNKNOWN_INSTRUMENT",
    ),
    "unknown asset of the fee": (
        "g3,2024-03-05T14:30:00Z,mine,BTC/EUR@kraken,buy,0.5,50000,5 🚀,\n",
        "BAD_NUMBER",
    ),
    "too few cells": ("g3,2024-03-05T14:30:00Z,mine\n", "MISSING_COLUMN"),
    "too many cells": (GOOD.format("g3").replace("0.5", "1,234,5"), "MISSING_COLUMN"),
    "a quote that never closes": (GOOD.format('"g3'), "MISSING_COLUMN"),
    "a line of one MB": (GOOD.format("g3").replace("mine", "m" * 1_000_000), "MISSING_COLUMN"),
    "a quoted line of one MB": (
        GOOD.format("g3").replace("mine", '"' + "m" * 1_000_000 + '"'),
        "MISSING_COLUMN",
    ),
    "an id twice": (ONE, "DUPLICATE_IN_FILE"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_row_has_its_code_and_costs_no_good_one(name: str) -> None:
    row, code = BROKEN[name]
    found = tried(HEAD + ONE + row + TWO)
    assert found.stored == 2
    assert [(one.row, one.code.value) for one in found.issues] == [(3, code)]
    assert len(found.issues[0].value) <= 40
    assert found.issues[0].hint


@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"],
)
def test_every_encoding_is_read(encoding: str) -> None:
    words = "Frühstück nach dem Trade"
    row = ONE.replace("5,\n", f"5,{words}\n")
    rig = Rig()
    rig.brought((HEAD + row + TWO).encode(encoding))
    assert len(rig.records.stored) == 2
    assert {one.note for one in rig.records.stored.values()} == {words, ""}


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_delimiter_and_end_of_line_is_read(delimiter: str, end: str) -> None:
    text = (HEAD + ONE + TWO).replace(",", delimiter).replace("\n", end)
    assert tried(text).stored == 2


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("whole", [True, False])
def test_cells_may_be_wrapped_in_single_quotes(delimiter: str, *, whole: bool) -> None:
    out = io.StringIO()
    if whole:
        write = csv.writer(out, delimiter=delimiter, quotechar="'", quoting=csv.QUOTE_ALL).writerow
    else:
        write = csv.writer(out, delimiter=delimiter, quotechar="'").writerow
    note = f'mine{delimiter} so it\'s "fine"'
    for line in (HEAD, ONE, TWO):
        *cells, last = line.rstrip("\n").split(",")
        write([*cells, last or note])
    found = tried(out.getvalue())
    assert (found.stored, found.found.detected["quote"]) == (2, "'")
    assert {one.note for one in read(out.getvalue())[0]} == {note}


@pytest.mark.parametrize("note", ["it's 'fine'", "'tis", "O'Neil's", "'=A1", "\"a 'b'\""])
def test_an_apostrophe_wraps_no_cell(note: str) -> None:
    records, issues = read(HEAD + ONE.replace("5,\n", f"5,{note}\n") + TWO)
    assert (len(records), issues) == (2, [])


def test_mixed_ends_of_lines_are_read() -> None:
    text = HEAD.replace("\n", "\r\n") + ONE.replace("\n", "\r") + TWO + "\r\n\r\n"
    assert tried(text).stored == 2


def test_ten_lines_may_stand_before_the_header() -> None:
    found = tried("a note\n" * 10 + HEAD + ONE)
    assert (found.stored, found.found.detected["header_line"]) == (1, "11")


def test_a_long_quoted_line_before_the_header_is_passed_over_and_counted() -> None:
    found = read_layout('"' + "x" * 200_000 + '"\n' + HEAD + ONE)
    assert (found.header_line, found.preset and found.preset.id) == (2, "nightdesk")


def test_a_note_may_have_lines_and_quotes() -> None:
    row = ONE.replace("5,\n", '5,"first\nsecond, ""so"" "\n')
    rig = Rig()
    rig.brought(HEAD + row + TWO)
    assert {one.note for one in rig.records.stored.values()} == {'first\nsecond, "so"', ""}


def test_signs_of_inches_cost_no_row_between_them() -> None:
    rows = [GOOD.format(f"g{one}") for one in range(10)]
    for place in (2, 7):
        rows[place] = rows[place].replace("5,\n", '5,a 5" screen\n')
    records, issues = read(HEAD + "".join(rows))
    assert issues == []
    assert [one.ref for one in records] == [f"g{one}" for one in range(10)]
    assert {one.ref for one in records if one.note == 'a 5" screen'} == {"g2", "g7"}


def test_two_rows_with_open_quotes_are_not_taken_for_one() -> None:
    found = tried(HEAD + ONE + GOOD.format('"g3') + GOOD.format('"g4') + TWO)
    assert found.stored == 2
    assert [(one.row, one.code) for one in found.issues] == [
        (3, "MISSING_COLUMN"),
        (4, "MISSING_COLUMN"),
    ]


def test_words_that_a_spreadsheet_would_run_are_left_out_and_the_fill_taken() -> None:
    found = tried(HEAD + ONE.replace("5,\n", '5,"=HYPERLINK(""http://x"")"\n'))
    assert found.stored == 1
    (one,) = found.issues
    assert (one.code, one.severity) == (IssueCode.FORMULA_CELL, "warning")


def test_a_header_of_one_preset_under_another_name_is_refused() -> None:
    rig = Rig()
    import_id = rig.uploaded(HEAD + ONE, chosen="kraken_trades")
    with pytest.raises(Invalid, match="columns that were asked for"):
        rig.request_check(OWNER, import_id, now=NOW)


@pytest.mark.parametrize(
    ("told", "account"),
    [
        ("my\u202ebroker", "mybroker"),
        ("\u200b", "mine"),
        ("cafe\u0301", "caf\u00e9"),
        ("x" * 100, "x" * 60),
        (" main ", "main"),
    ],
)
def test_an_account_is_named_as_a_person_could_have_typed_it(told: str, account: str) -> None:
    """A name that only looks like another one would stand beside it in every list."""
    records, issues = read(HEAD + GOOD.format("g1").replace(",mine,", f",{told},"))
    assert ([one.account for one in records], issues) == ([account], [])
