"""An import from upload to undo: states, events, what is new, known, possible."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from nightdesk.core.errors import Conflict, Invalid, Missing
from nightdesk.core.ids import UserId
from nightdesk.core.pages import Page
from nightdesk.journal.book_stats import Played
from nightdesk.journal.hand_fills import FillDraft
from nightdesk.journal.imported import Status, Step
from nightdesk.journal.importing.issue import IssueCode
from nightdesk.journal.importing.layout import Overrides
from nightdesk.journal.manual_trade import EnterTrade
from nightdesk.journal.trade import Action
from nightdesk.trading.external import ExternalRecord, RecordKind
from tests.unit.journal.importing.rig import NOW, OWNER, D, Rig, never
from tests.unit.journal.importing.test_presets import BINANCE_SPOT, KRAKEN_LEDGERS, KRAKEN_TRADES
from tests.unit.journal.trades.rig import Rig as Journal
from tests.unit.journal.trades.rig import a_draft

HEAD = "fill_id,at,account,instrument,side,quantity,price,fee\n"
ROW = "{id},2024-03-05T14:30:0{s}Z,mine,BTC/EUR@kraken,{side},0.5,50000,5\n"
ELSE = UserId("usr_2")


def own(*ids: str, side: str = "buy", s: int = 0) -> str:
    return HEAD + "".join(ROW.format(id=one, side=side, s=s) for one in ids)


@pytest.fixture
def rig() -> Rig:
    return Rig()


def test_an_import_goes_from_waiting_to_done_and_tells_each_state_once(rig: Rig) -> None:
    import_id = rig.uploaded(own("a", "b"))
    assert rig.imports.get(OWNER, import_id).status is Status.WAITING
    assert rig.request_check(OWNER, import_id, now=NOW).status is Status.CHECKING
    checked = rig.check(OWNER, import_id, NOW)
    assert checked.status is Status.CHECKED
    wanted = {"rows": 2, "fills": 2, "movements": 0, "known": 0, "possible": 0, "issues": 0}
    assert checked.counts == wanted
    assert rig.records.stored == {}, "a check is a dry run"
    assert rig.request_commit(OWNER, import_id, now=NOW).status is Status.COMMITTING
    done = rig.commit(OWNER, import_id, NOW, never)
    assert (done.status, done.counts) == (Status.DONE, {**wanted, "added": 2, "joined": 0})
    assert len(rig.records.stored) == 2
    assert list(rig.rebuild.built) == [(OWNER, "mine", "BTC/EUR@kraken")]
    states = [one.data["status"] for one in rig.imports.events]
    assert states == ["checking", "checked", "committing", "done"]
    assert {one.type for one in rig.imports.events} == {"import_updated"}
    assert [one[2] for one in rig.queue.sent] == [Step.CHECK, Step.COMMIT]


def test_the_same_file_twice_adds_nothing(rig: Rig) -> None:
    rig.brought(BINANCE_SPOT)
    before = rig.state
    again = rig.brought(BINANCE_SPOT)
    assert rig.state == before
    assert (again.counts["known"], again.counts["added"], again.counts["joined"]) == (3, 0, 3)
    codes = {one.code for one in rig.issues(again.import_id)}
    assert codes == {IssueCode.ALREADY_KNOWN}


def test_ledgers_after_trades_bring_only_what_trades_do_not_tell(rig: Rig) -> None:
    rig.brought(KRAKEN_TRADES)
    ledgers = rig.brought(KRAKEN_LEDGERS)
    assert ledgers.counts["known"] == 2
    fills = [one for one in rig.records.stored.values() if one.kind is RecordKind.FILL]
    assert len(fills) == 5


def test_an_id_that_comes_twice_in_a_file_counts_once(rig: Rig) -> None:
    done = rig.brought(own("a", "a", "b"))
    assert (done.counts["added"], done.counts["issues"]) == (2, 1)
    (one,) = rig.issues(done.import_id)
    assert (one.row, one.code) == (3, IssueCode.DUPLICATE_IN_FILE)


def test_equal_rows_without_an_id_count_once_until_one_file_holds_them_together(rig: Rig) -> None:
    rig.brought(own(""))
    assert len(rig.records.stored) == 1
    assert rig.brought(own("")).counts["added"] == 0
    both = rig.brought(own("", ""))
    assert (both.counts["known"], both.counts["possible"], both.counts["added"]) == (1, 0, 1)
    assert len(rig.records.stored) == 2


def test_a_row_without_id_that_looks_like_a_known_fill_waits_for_a_yes(rig: Rig) -> None:
    rig.brought(own("a"))
    doubtful, summary = rig.checked(own("", s=0))
    assert (doubtful.counts["possible"], summary.possible) == (1, (2,))
    assert [one.mark for one in summary.preview] == ["POSSIBLE_DUPLICATE"]
    rig.request_commit(OWNER, doubtful.import_id, now=NOW)
    assert rig.commit(OWNER, doubtful.import_id, NOW, never).counts["added"] == 0
    accepted = rig.brought(own("", s=0), accept=(2,))
    assert accepted.counts["added"] == 1
    assert len(rig.records.stored) == 2


def test_another_second_or_side_is_another_fill(rig: Rig) -> None:
    rig.brought(own("a"))
    assert rig.brought(own("", s=1)).counts["added"] == 1
    assert rig.brought(own("", side="sell")).counts["added"] == 1


def test_undo_takes_back_what_this_import_alone_brought(rig: Rig) -> None:
    first = rig.brought(own("a", "b"))
    second = rig.brought(own("b", "c"))
    undone = rig.undone(first.import_id)
    assert undone.status is Status.UNDONE
    assert {one.ref for one in rig.records.stored.values()} == {"b", "c"}
    built = rig.rebuild.built[OWNER, "mine", next(iter(rig.rebuild.built))[2]]
    assert len(built) == 2
    rig.undone(second.import_id)
    assert rig.records.stored == {}
    assert rig.brought(own("a", "b")).counts["added"] == 2


def test_an_import_is_shown_and_undone_long_after_its_file_has_gone(rig: Rig) -> None:
    done = rig.brought(own("a", "b"))
    rig.files.files.clear()
    _, summary = rig.read(OWNER, done.import_id)
    assert len(summary.preview) == 2
    assert rig.undone(done.import_id).status is Status.UNDONE
    assert rig.records.stored == {}


def test_undo_before_the_commit_ends_the_import_at_once(rig: Rig) -> None:
    checked, _ = rig.checked(own("a"))
    assert rig.request_undo(OWNER, checked.import_id, now=NOW).status is Status.UNDONE
    with pytest.raises(Conflict, match="undone"):
        rig.request_commit(OWNER, checked.import_id, now=NOW)


def test_a_state_that_does_not_allow_a_step_refuses_it(rig: Rig) -> None:
    import_id = rig.uploaded(own("a"))
    with pytest.raises(Conflict) as refused:
        rig.request_commit(OWNER, import_id, now=NOW)
    assert refused.value.code == "IMPORT_STATE"
    rig.request_check(OWNER, import_id, now=NOW)
    for again in (rig.request_check, rig.request_commit, rig.request_undo):
        with pytest.raises(Conflict, match="checking"):
            again(OWNER, import_id, now=NOW)
    done = rig.brought(own("b"))
    with pytest.raises(Conflict, match="done"):
        rig.request_check(OWNER, done.import_id, now=NOW)


def test_work_that_died_may_be_asked_for_again(rig: Rig) -> None:
    import_id = rig.uploaded(own("a"))
    rig.request_check(OWNER, import_id, now=NOW)
    later = NOW + timedelta(minutes=11)
    assert rig.request_check(OWNER, import_id, now=later).status is Status.CHECKING
    rig.check(OWNER, import_id, later)
    rig.request_commit(OWNER, import_id, now=later)
    with pytest.raises(Conflict):
        rig.request_undo(OWNER, import_id, now=later)
    much_later = later + timedelta(minutes=11)
    rig.request_undo(OWNER, import_id, now=much_later)
    # a worker that comes back finds that it is not wanted any more
    assert rig.commit(OWNER, import_id, much_later, never).undoing
    assert rig.records.stored == {}
    assert rig.undo(OWNER, import_id, much_later, never).status is Status.UNDONE


def test_nothing_uploaded_too_large_or_unknown_is_refused(rig: Rig) -> None:
    begun, upload = rig.start(OWNER, filename="x", size=10, account="mine", cause="1", now=NOW)
    assert upload.url
    with pytest.raises(Conflict) as refused:
        rig.request_check(OWNER, begun.import_id, now=NOW)
    assert refused.value.code == "NOT_UPLOADED"
    for size, code in ((0, "UNREADABLE_FILE"), (10 * 2**20 + 1, "FILE_TOO_LARGE")):
        with pytest.raises(Invalid) as wrong:
            rig.start(OWNER, filename="x", size=size, account="mine", cause="2", now=NOW)
        assert wrong.value.code == code
    with pytest.raises(Invalid) as wrong:
        rig.start(OWNER, filename="x", size=1, account="m", chosen="mtgox", cause="3", now=NOW)
    assert wrong.value.code == "UNKNOWN_PRESET"


def test_another_owner_finds_no_import(rig: Rig) -> None:
    import_id = rig.uploaded(own("a"))
    for ask in (rig.request_check, rig.request_commit, rig.request_undo):
        with pytest.raises(Missing):
            ask(ELSE, import_id, now=NOW)
    with pytest.raises(Missing):
        rig.read(ELSE, import_id)


STRANGE = (
    "Zeitpunkt;Markt;Seite;Menge;Preis;Gebühr\n"
    "31.03.2024 01:30:00;BTC-EUR;Kauf;0,5;50.000,25;12,50\n"
    "31.03.2024 02:30:00;BTC-EUR;Verkauf;0,25;51.000,00;6,25\n"
    "27.10.2024 02:30:00;BTC-EUR;Verkauf;0,25;52.000,00;6,25\n"
)


def test_an_unknown_header_is_mapped_by_its_owner_and_the_map_is_kept(rig: Rig) -> None:
    unknown, _ = rig.checked(STRANGE, zone="Europe/Vienna")
    assert (unknown.status, unknown.reason) == (Status.CHECKED, "MAPPING_INCOMPLETE")
    assert unknown.guessed == {
        "at": "Zeitpunkt",
        "instrument": "Markt",
        "side": "Seite",
        "quantity": "Menge",
        "price": "Preis",
        "fee": "Gebühr",
    }
    with pytest.raises(Invalid) as wrong:
        rig.request_commit(OWNER, unknown.import_id, now=NOW)
    assert wrong.value.code == "MAPPING_INCOMPLETE"
    with pytest.raises(Invalid) as wrong:
        rig.request_check(OWNER, unknown.import_id, mapping={"at": "Zeitpunkt"}, now=NOW)
    assert wrong.value.code == "MAPPING_INCOMPLETE"
    rig.request_check(
        OWNER, unknown.import_id, mapping=unknown.guessed, save_as="my broker", now=NOW
    )
    checked = rig.check(OWNER, unknown.import_id, NOW)
    assert (checked.detected["decimal"], checked.detected["thousands"]) == (",", ".")
    assert (checked.counts["fills"], checked.counts["issues"]) == (2, 2)
    assert sorted((one.row, one.code, one.severity) for one in rig.issues(checked.import_id)) == [
        (3, "BAD_TIME", "error"),  # the clocks went from 02:00 to 03:00
        (4, "BAD_TIME", "warning"),  # they showed 02:30 twice: the earlier one
    ]
    rig.request_commit(OWNER, checked.import_id, now=NOW)
    rig.commit(OWNER, checked.import_id, NOW, never)
    found = sorted((one.at.isoformat(), one.price) for one in rig.records.stored.values())
    assert found == [
        ("2024-03-31T00:30:00+00:00", D("50000.25")),
        ("2024-10-27T00:30:00+00:00", D(52000)),
    ]
    known, _ = rig.checked(STRANGE, zone="Europe/Vienna")
    assert (known.counts["fills"], known.counts["known"]) == (2, 2)


PLAIN = "Zeitpunkt;Markt;Seite;Menge;Preis\n05.03.2024 14:30:00;BTC-EUR;Kauf;1,5;50.000,25\n"
MAP = {"at": "Zeitpunkt", "instrument": "Markt", "side": "Seite", "quantity": "Menge"}
PRICED = {**MAP, "price": "Preis"}
MAP_OWN = {one: one for one in ("at", "instrument", "side", "quantity", "price")}


def saved(rig: Rig, mapping: dict[str, str], name: str, now: datetime, **told: str) -> None:
    """Check a file by this map, and keep the map."""
    import_id = rig.uploaded(PLAIN)
    rig.request_check(
        OWNER, import_id, mapping=mapping, overrides=Overrides(**told), save_as=name, now=now
    )


def test_what_is_said_at_an_import_outranks_a_saved_map_field_by_field(rig: Rig) -> None:
    saved(rig, PRICED, "my broker", NOW, zone="Europe/Vienna", decimal=",")
    chosen, summary = rig.checked(PLAIN, zone="America/New_York")
    assert (chosen.detected["zone"], chosen.detected["decimal"]) == ("America/New_York", ",")
    assert summary.preview[0].record.at.isoformat() == "2024-03-05T19:30:00+00:00"
    silent, _ = rig.checked(PLAIN)
    assert silent.detected["zone"] == "Europe/Vienna"


def test_the_newest_map_of_a_header_wins_and_replaces_one_of_its_name(rig: Rig) -> None:
    for place, (name, price) in enumerate((("a", "Menge"), ("b", "Menge"), ("a", "Preis"))):
        saved(rig, {**MAP, "price": price}, name, NOW + timedelta(days=place))
    assert [one.name for one in rig.imports.maps(OWNER)] == ["b", "a"]
    known, summary = rig.checked(PLAIN)
    assert known.mapping == PRICED
    assert summary.preview[0].record.price == D("50000.25")


def test_a_preset_chosen_at_the_check_clears_the_map_and_a_map_the_preset(rig: Rig) -> None:
    import_id = rig.uploaded(own("a"), mapping={**MAP_OWN, "price": "quantity"})
    rig.request_check(OWNER, import_id, chosen="nightdesk", now=NOW)
    checked = rig.check(OWNER, import_id, NOW)
    assert (checked.detected["preset"], checked.mapping) == ("nightdesk", {})
    rig.request_check(OWNER, import_id, mapping=MAP_OWN, now=NOW)
    mapped = rig.check(OWNER, import_id, NOW)
    assert (mapped.detected["preset"], mapped.preset) == ("generic", "")


def test_a_fill_that_was_stored_after_the_check_is_doubled_only_where_accepted(rig: Rig) -> None:
    rows = own("", s=1) + ROW.format(id="", side="buy", s=2)
    late, accepted = (rig.checked(rows)[0] for _ in range(2))
    rig.brought(own("a", s=1))
    for one, accept in ((late, ()), (accepted, (2,))):
        rig.request_commit(OWNER, one.import_id, accept_possible=accept, now=NOW)
        done = rig.commit(OWNER, one.import_id, NOW, never)
        assert (done.counts["added"], done.counts["possible"]) == (1, 1 - len(accept))
    assert len(rig.records.stored) == 3
    (found,) = rig.issues(late.import_id)
    assert (found.row, found.code) == (2, IssueCode.POSSIBLE_DUPLICATE)


def test_rows_that_another_import_told_after_the_check_are_joined_and_new_ones_added(
    rig: Rig,
) -> None:
    twice, _ = rig.checked(own("", ""))
    rig.brought(own(""))
    rig.request_commit(OWNER, twice.import_id, now=NOW)
    done = rig.commit(OWNER, twice.import_id, NOW, never)
    assert (done.counts["added"], done.counts["joined"], done.counts["possible"]) == (1, 1, 0)


@pytest.mark.parametrize(("name", "looks"), [("{}", 0), ("", 1)])
def test_a_commit_looks_again_once_and_only_for_fills_without_an_id(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, name: str, looks: int
) -> None:
    rows = "".join(
        f"{name.format(one)},2024-03-05T{one // 60:02d}:{one % 60:02d}:00Z,mine,"
        "BTC/EUR@kraken,buy,0.5,50000,5\n"
        for one in range(1_200)
    )
    checked, _ = rig.checked(HEAD + rows)
    between, asked = rig.records.between, 0

    def counted(owner: UserId, since: datetime, until: datetime) -> Iterator[ExternalRecord]:
        nonlocal asked
        asked += 1
        return between(owner, since, until)

    monkeypatch.setattr(rig.records, "between", counted)
    rig.request_commit(OWNER, checked.import_id, now=NOW)
    assert rig.commit(OWNER, checked.import_id, NOW, never).counts["added"] == 1_200
    assert (checked.parts, asked) == (3, looks)


def test_a_row_that_looks_like_a_fill_written_by_hand_waits_for_a_yes(rig: Rig) -> None:
    by_hand = Journal(trades=rig.trades).by_hand
    at = datetime(2024, 3, 5, 14, 30, tzinfo=UTC)
    bought = FillDraft(at=at - timedelta(days=9), side=Action.BUY, quantity=D(1), price=D(40000))
    sold = FillDraft(at=at, side=Action.SELL, quantity=D("0.5"), price=D(50000))
    draft = a_draft(instrument="BTC/EUR@kraken", fills=(bought, sold), stop=None)
    EnterTrade(by_hand)(OWNER, draft, now=NOW)
    doubtful, summary = rig.checked(own("", side="sell") + ROW.format(id="", side="buy", s=0))
    assert (doubtful.counts["possible"], summary.possible) == (1, (2,))
    assert rig.checked(own("a", side="sell"))[1].possible == (), "the venue has named it"


def test_trades_by_hand_are_read_once_and_only_for_fills_without_an_id(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, asked = rig.trades.page, 0

    def counted(owner: UserId, **told: Any) -> Page[Played]:
        nonlocal asked
        asked += 1
        return page(owner, **told)

    monkeypatch.setattr(rig.trades, "page", counted)
    rig.checked(own("a", "b"))
    assert asked == 0
    rig.checked(own("", "", "a"))
    assert asked == 1


def test_issues_come_in_pages(rig: Rig) -> None:
    rows = "".join(ROW.format(id=one, side="hold", s=0) for one in range(1_500))
    checked, _ = rig.checked(HEAD + rows)
    assert checked.counts["issues"] == 1_500
    assert len(rig.issues(checked.import_id)) == 1_500
    assert checked.issue_parts == 2


def test_a_long_commit_goes_on_in_another_worker(rig: Rig) -> None:
    checked, _ = rig.checked(own(*(str(one) for one in range(1_200))))
    rig.request_commit(OWNER, checked.import_id, now=NOW)
    rounds = 0
    while rig.commit(OWNER, checked.import_id, NOW, lambda: True).status is not Status.DONE:
        rounds += 1
    assert rounds == 3
    assert len(rig.records.stored) == 1_200
