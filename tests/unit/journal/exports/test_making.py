"""Files made from a stored journal: every part filled, hostile cells harmless, bytes repeated."""

import csv
import hashlib
import io
import json
import tracemalloc
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree as Xml

import pytest
from pypdf import PdfReader

from nightdesk.core.ids import UserId
from nightdesk.journal.export_archive import Part, archived
from nightdesk.journal.export_job import ExportJob, ExportKind
from nightdesk.journal.export_options import Numbers
from nightdesk.journal.ports.exports import Written
from nightdesk.journal.ports.trades import By
from nightdesk.journal.report import Quantity, Report
from nightdesk.journal.saved_metric import Basis, Unit
from nightdesk.journal.trade import Risk, Status
from tests.builders.behaviour import a_finding
from tests.builders.imports import a_fill_outside
from tests.builders.journal_trades import OWNER, a_trade
from tests.builders.journal_year import BEGIN, END, Year, a_year
from tests.builders.writing import a_tag
from tests.contracts.journal_trades import a_stored
from tests.unit.journal.exports.rig import Rig, wanted

NOW = datetime(2026, 1, 2, 8, tzinfo=UTC)
SPACE = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
D = Decimal


@pytest.fixture(scope="module")
def year() -> Year:
    return a_year(60)


@pytest.fixture(scope="module")
def rig(year: Year) -> Rig:
    made = Rig().had(year)
    judged = year.trades[0].trade
    found = a_finding(owner=OWNER, at=judged.opened_at, trades=(judged.id,))
    made.findings.add(found, None)
    return made


@pytest.fixture(scope="module")
def report(rig: Rig) -> Report:
    return rig.report(OWNER, wanted(), now=NOW)


def job(kind: ExportKind, owner: UserId = OWNER, **options: Any) -> ExportJob:
    return ExportJob.asked(owner, kind, wanted(**options), cause="c", now=NOW)


def made(rig: Rig, kind: ExportKind, **options: Any) -> bytes:
    return b"".join(rig.make(job(kind, **options), lambda percent: None))


def rows(content: bytes, delimiter: str = ",") -> list[dict[str, str]]:
    text = io.StringIO(content.decode("utf-8-sig"), newline="")
    return list(csv.DictReader(text, delimiter=delimiter, strict=True))


def test_trades_come_by_close_with_what_was_found_and_judged(rig: Rig, year: Year) -> None:
    found = rows(made(rig, ExportKind.TRADES))
    closed = sorted(year.trades, key=lambda one: (one.trade.closed_at, one.trade.id))
    assert [one["trade_id"] for one in found] == [one.trade.id for one in closed]
    assert sum(D(one["net"]) for one in found) == sum(one.trade.money.net or D(0) for one in closed)
    by_id = {one["trade_id"]: one for one in found}
    assert by_id[year.trades[0].trade.id]["findings"] == "REVENGE"
    ticked = [one for one in found if one["rules_kept"]]
    assert {one["playbook_version"] for one in ticked} == {"1"}
    assert {int(one["rules_kept"]) + int(one["rules_broken"]) for one in ticked} == {2}


def test_no_cell_of_a_file_begins_like_a_formula(rig: Rig) -> None:
    for kind in (ExportKind.TRADES, ExportKind.CASH, ExportKind.FINDINGS):
        for row in rows(made(rig, kind)):
            texts = [one for one in row.values() if not one.lstrip("-").replace(".", "").isdigit()]
            assert not [one for one in texts if one[:1] in {"=", "+", "@"}]
    assert {row["note"] for row in rows(made(rig, ExportKind.TRADES))} >= {"'=HYPERLINK(1)"}


def test_filters_span_and_moment_narrow_the_trades(rig: Rig, year: Year) -> None:
    longs = rows(made(rig, ExportKind.TRADES, filters={"side": ("long",)}))
    assert {one["side"] for one in longs} == {"long"}
    half = END - timedelta(days=180)
    late = rows(made(rig, ExportKind.TRADES, since=half, filters={"by": (By.OPENED.value,)}))
    assert len(late) == sum(one.trade.opened_at >= half for one in year.trades)
    assert [one["opened_at"] for one in late] == sorted(one["opened_at"] for one in late)


def test_open_trades_come_behind_the_closed_ones_where_they_are_wanted(rig: Rig) -> None:
    holding = Rig().had(a_year(3))
    trade = replace(a_trade(), status=Status.OPEN, closed_at=None)
    holding.trades.add([a_stored(trade)])
    assert len(rows(made(holding, ExportKind.TRADES))) == 3
    with_it = rows(made(holding, ExportKind.TRADES, open_too=True))
    assert (len(with_it), with_it[-1]["status"], with_it[-1]["closed_at"]) == (4, "open", "")


def test_fills_are_those_of_the_trades_with_their_fees(rig: Rig, year: Year) -> None:
    found = rows(made(rig, ExportKind.FILLS))
    assert len(found) == 2 * len(year.trades)
    paid = sum(D(one["fee_quote"]) for one in found)
    assert paid == sum(one.trade.money.fees or D(0) for one in year.trades)


def test_another_owner_gets_files_without_rows(rig: Rig) -> None:
    for kind in (ExportKind.TRADES, ExportKind.FILLS, ExportKind.CASH, ExportKind.FINDINGS):
        content = b"".join(rig.make(job(kind, UserId("usr_2")), lambda percent: None))
        assert rows(content) == []


def test_numbers_are_written_as_in_austria(rig: Rig) -> None:
    found = rows(made(rig, ExportKind.TRADES, numbers=Numbers.DE_AT), ";")
    plain = rows(made(rig, ExportKind.TRADES))
    assert found[0]["net"] == plain[0]["net"].replace(".", ",")


def test_every_part_of_the_report_is_filled(report: Report, year: Year) -> None:
    parts = {
        name: getattr(report, name)
        for name in (
            *("scope", "conventions", "summary", "metrics", "account", "equity", "falls"),
            *("months", "r_values", "excursions", "hours", "habits", "discipline", "plans"),
            *("costs", "trades", "reasons"),
        )
    }
    assert [name for name, part in parts.items() if not part] == []
    titles = [one.title for one in report.breakdowns]
    assert titles == ["instrument", "setup", "session", "bot and human"]
    assert all(one.rows and len(one.rows) <= 10 and one.proven for one in report.breakdowns)


def test_its_figures_are_those_of_the_trades(report: Report, year: Year) -> None:
    trades = [one.trade for one in year.trades]
    net = sum(one.money.net or D(0) for one in trades)
    result = report.summary[0]
    assert result.money is not None
    assert result.money.value == pytest.approx(float(net))
    assert result.r is not None
    assert result.r.value == pytest.approx(float(sum(one.risk.r or D(0) for one in trades)))
    # 10,000 stood at the start
    assert result.percent is not None
    assert result.percent.value == pytest.approx(float(net) / 10_000)
    assert sum(one.n for one in report.months) == len(trades)
    assert sum(one.n for one in report.hours) == len(trades)
    for one in report.breakdowns[2:]:
        assert sum(row.n for row in one.rows) == len(trades)
    assert report.trades_in_all == len(report.trades) == len(trades)
    fees = {line.name: line.figure.value for line in report.costs}["fees"]
    assert fees == pytest.approx(float(sum(one.money.fees or D(0) for one in trades)))


def test_its_account_has_the_flows_and_drawdowns_of_its_days(report: Report) -> None:
    # the first money, 2,000 in, 1,500 out
    assert [one.flow for one in report.equity if one.flow] == [10_000, 2_000, -1_500]
    deepest = min(one.drawdown for one in report.equity)
    assert report.falls[0].depth == pytest.approx(deepest)
    assert [one.depth for one in report.falls] == sorted(one.depth for one in report.falls)
    year_line = {line.name: line.figure.value for line in report.account}["return"]
    growth = 1.0
    for month in report.months:
        growth *= 1 + (month.account_return.value or 0)
    assert year_line == pytest.approx(growth - 1)


def test_claims_stand_with_their_base_rates(report: Report) -> None:
    with_base = [one for one in report.habits if one.base is not None]
    assert with_base
    assert all(one.n and one.text for one in with_base)


@pytest.mark.parametrize("basis", list(Basis))
def test_without_a_stop_nothing_is_told_in_r_not_even_that_it_is_0(
    year: Year, basis: Basis
) -> None:
    bare = [replace(one, trade=replace(one.trade, risk=Risk())) for one in year.trades]
    rig = Rig().had(replace(year, trades=tuple(bare)))
    told = rig.report(OWNER, wanted(basis=basis), now=NOW).summary
    assert {row.r.reason for row in told if row.r is not None} == {"NO_STOP"}
    assert all(row.money is not None and row.money.value is not None for row in told)


def test_units_and_basis_are_those_that_were_asked_for(rig: Rig, report: Report) -> None:
    in_r = rig.report(OWNER, wanted(unit=Unit.R, basis=Basis.GROSS), now=NOW)
    assert (in_r.shown_in, report.shown_in) == ("R", "USDT")
    months = [one.net.value for one in in_r.months if one.n]
    assert months == pytest.approx([one.r.value for one in in_r.months if one.n])
    assert in_r.summary[0].money != report.summary[0].money
    assert "Results are in R, before fees and funding." in in_r.scope


def test_without_bots_the_report_is_of_the_accounts_that_the_journal_keeps(year: Year) -> None:
    rig = Rig(bots=[]).had(year)
    report = rig.report(OWNER, wanted(), now=NOW)
    # rows of cash alone: 1,000 in and out, the last one in
    assert [one.equity for one in report.equity[:1]] == [1_000]
    assert [one.flow for one in report.equity if one.flow] == [1_000, -1_000] * 2 + [1_000]
    n = len(report.equity)
    assert f"The account: {year.cash[0].account} in USDT, {n} days." in report.scope
    outside = a_fill_outside("1", owner=OWNER, at=BEGIN, account="other")
    rig.kept.records.put(OWNER, [outside], "import:a")
    said = rig.report(OWNER, wanted(), now=NOW).scope
    assert "Left out, since what was paid in is not known: other." in said


def test_the_cover_names_setups_and_tags_that_it_is_of() -> None:
    rig = Rig()
    rig.tags.save(a_tag(owner=OWNER, id="tag_kept", name="Opening range"), None)
    rig.tags.save(a_tag(owner=OWNER, id="tag_gone", name="ORB", merged_into="tag_kept"), None)
    filters = {"setup": ("gap", "tag_gone", "tag_kept"), "tag": ("tag_none",)}
    report = rig.report(OWNER, wanted(filters=filters), now=NOW)
    assert "Only where setup is gap or Opening range." in report.scope
    assert "Only where tag is tag_none." in report.scope


def test_a_report_of_nothing_has_sentences_and_no_empty_chart() -> None:
    reader = PdfReader(io.BytesIO(made(Rig(), ExportKind.REPORT)))
    text = " ".join(page.extract_text() for page in reader.pages)
    assert text.count("There is nothing of it in this period.") > 5
    assert "0 closed trades" in text


def test_holds_are_told_in_units_that_people_use(report: Report) -> None:
    from nightdesk.journal.report_words import ReportWords

    words = ReportWords(numbers=Numbers.DE_AT)
    shown = [words.value(one, Quantity.SECONDS) for one in (42, 90, 5_400, 129_600)]
    assert shown == ["42 s", "1,5 min", "1,5 h", "1,5 d"]


@pytest.mark.parametrize("kind", [*ExportKind])
def test_asked_again_each_kind_has_the_same_bytes(rig: Rig, kind: ExportKind) -> None:
    later = replace(job(kind), asked_at=NOW + timedelta(hours=3), id="another")
    assert made(rig, kind) == b"".join(rig.make(later, lambda percent: None))


def test_everything_is_an_archive_whose_manifest_holds(rig: Rig, year: Year) -> None:
    archive = zipfile.ZipFile(io.BytesIO(made(rig, ExportKind.ALL)))
    assert archive.testzip() is None
    manifest = json.loads(archive.read("manifest.json"))
    names = [one for one in archive.namelist() if one != "manifest.json"]
    assert names == [*manifest["files"]]
    assert names == [
        *("trades.csv", "fills.csv", "cash.csv", "findings.csv", "journal.md"),
        *(f"{one.value}.jsonl" for one in Written),
        *("report.pdf", "journal.xlsx"),
    ]
    for name in names:
        content, told = archive.read(name), manifest["files"][name]
        assert told["bytes"] == len(content)
        assert told["sha256"] == hashlib.sha256(content).hexdigest()
    counts = {name: told.get("rows") for name, told in manifest["files"].items()}
    assert counts == {
        "trades.csv": 60,
        "fills.csv": 120,
        "cash.csv": 5,
        "findings.csv": 1,
        "journal.md": 90,
        **{f"{one.value}.jsonl": 0 for one in Written},
        "tags.jsonl": 2,
        "report.pdf": None,
        "journal.xlsx": None,
    }
    assert (manifest["from"], manifest["zone"]) == ("2024-12-31T23:00:00Z", "Europe/Vienna")
    # each is what is made of it alone
    assert archive.read("trades.csv") == made(rig, ExportKind.TRADES)
    assert archive.read("report.pdf") == made(rig, ExportKind.REPORT)


def test_a_workbook_keeps_text_text_and_numbers_numbers(rig: Rig) -> None:
    with zipfile.ZipFile(io.BytesIO(made(rig, ExportKind.WORKBOOK))) as book:
        pages = [one for one in book.namelist() if one.startswith("xl/worksheets/sheet")]
        xml = [Xml.fromstring(book.read(one)) for one in pages]
    assert len(pages) == 6
    assert not [one for page in xml for one in page.iter(f"{{{SPACE['m']}}}f")]
    said = {"".join(one.itertext()) for one in xml[1].iter(f"{{{SPACE['m']}}}is")}
    assert "=HYPERLINK(1)" in said  # a string cell is never run


def test_progress_rises_to_its_end_and_never_falls(rig: Rig) -> None:
    told: list[int] = []
    for _ in rig.make(job(ExportKind.ALL), told.append):
        pass
    assert told == sorted(told)
    assert told[0] < 10
    assert 80 < told[-1] <= 100


def test_an_archive_is_written_as_it_is_read() -> None:
    """40 MB pass through a few: nothing is held whole."""

    def pieces() -> Iterator[bytes]:
        for number in range(4_000):
            yield hashlib.shake_128(number.to_bytes(4)).digest(10_000)

    tracemalloc.start()
    size = sum(len(one) for one in archived([Part(name="a", pieces=pieces(), heads=0)], {}))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert size > 40_000_000
    assert peak < 8_000_000
