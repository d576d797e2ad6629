"""What every Imports, ImportFiles and ExternalRecords keeps to."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from nightdesk.core.errors import Missing, StaleWrite
from nightdesk.core.ids import InstrumentId, UserId
from nightdesk.journal.imported import Planned, Preview, SavedMap, Status, Summary, Touched
from nightdesk.journal.importing.issue import IssueCode, issue
from nightdesk.journal.importing.layout import Overrides
from nightdesk.journal.ports.imports import ImportFiles, Imports
from nightdesk.journal.trade_import import told
from nightdesk.trading.external import ExternalRecords, Put
from tests.builders.imports import AT, OWNER, a_deposit, a_fill_outside, an_import, mark

ELSE = UserId("usr_2")
A, B = "import:a", "sync:b"
SECOND = timedelta(seconds=1)


def a_map(**changes: Any) -> SavedMap:
    """One that says which column is the time."""
    told: dict[str, Any] = {
        "owner": OWNER,
        "name": "broker",
        "header": ("preis", "zeit"),
        "mapping": {"at": "Zeit"},
        "created_at": AT,
    }
    return SavedMap(**(told | changes))


class ImportsContract:
    def test_create_again_answers_what_is_stored(self, imports: Imports) -> None:
        first = imports.create(an_import())
        assert first == replace(an_import(), version=1)
        assert imports.create(an_import(filename="other.csv")) == first
        assert imports.get(OWNER, first.import_id) == first

    def test_another_owners_import_is_missing(self, imports: Imports) -> None:
        first = imports.create(an_import())
        with pytest.raises(Missing):
            imports.get(ELSE, first.import_id)

    def test_save_keeps_everything_and_goes_over_the_version_that_was_read(
        self, imports: Imports
    ) -> None:
        first = imports.create(an_import())
        full = replace(
            first,
            status=Status.COMMITTING,
            preset="kraken_trades",
            mapping={"at": "Zeit"},
            overrides=Overrides(delimiter=";", zone="Europe/Vienna"),
            detected={"decimal": ","},
            guessed={"price": "Preis"},
            header=("Zeit", "Preis"),
            counts={"rows": 7},
            parts=3,
            issue_parts=1,
            cursor=2,
            accepted=(4, 9),
            began=True,
            undoing=True,
            reason="NOT_FOUND",
            detail="words",
            held_until=AT,
        )
        saved = imports.save(full, events=[told(full, AT)], now=AT)
        assert saved == replace(full, version=2)
        assert imports.get(OWNER, first.import_id) == saved
        with pytest.raises(StaleWrite):
            imports.save(full, now=AT)
        assert imports.get(OWNER, first.import_id) == saved

    def test_pages_are_newest_first_and_of_one_owner(self, imports: Imports) -> None:
        ids = [f"01KAK8E5G0000000000000000{n}" for n in range(3)]
        for one in ids:
            imports.create(an_import(import_id=one))
        imports.create(an_import(owner=ELSE))
        page = imports.page(OWNER, limit=2, after=None)
        assert [one.import_id for one in page.items] == ids[:0:-1]
        rest = imports.page(OWNER, limit=2, after=page.next_key)
        assert [one.import_id for one in rest.items] == ids[:1]
        assert rest.next_key is None

    def test_maps_are_kept_replaced_and_forgotten(self, imports: Imports) -> None:
        one = a_map(map_id="m1")
        imports.keep(one)
        imports.keep(replace(one, name="my broker"))
        assert imports.maps(OWNER) == [replace(one, name="my broker")]
        assert imports.maps(ELSE) == []
        imports.forget(OWNER, "m1")
        assert imports.maps(OWNER) == []
        with pytest.raises(Missing):
            imports.forget(OWNER, "m1")

    def test_maps_come_by_when_they_were_kept_whatever_their_ids(self, imports: Imports) -> None:
        kept = [a_map(map_id=one, created_at=AT + n * SECOND) for n, one in enumerate("zma")]
        for one in kept:
            imports.keep(one)
        assert imports.maps(OWNER) == kept
        again = replace(kept[0], created_at=AT + 9 * SECOND)
        imports.keep(again)
        assert imports.maps(OWNER) == [*kept[1:], again]


class ImportFilesContract:
    def test_what_was_not_uploaded_has_no_size_and_no_content(self, files: ImportFiles) -> None:
        assert files.upload(OWNER, "i1", most=100).url
        assert files.size(OWNER, "i1") is None
        with pytest.raises(Missing):
            files.content(OWNER, "i1", most=10)
        with pytest.raises(Missing):
            files.part(OWNER, "i1", 0)

    def test_parts_issues_and_summary_are_read_as_they_were_put(self, files: ImportFiles) -> None:
        planned = [Planned(record=a_fill_outside(str(n)), rows=(n, n + 1)) for n in range(40)]
        planned.append(Planned(record=a_deposit("d"), rows=(99,)))
        files.put_part(OWNER, "i1", 0, planned)
        assert list(files.part(OWNER, "i1", 0)) == planned
        files.put_part(OWNER, "i1", 0, planned[:1])
        assert list(files.part(OWNER, "i1", 0)) == planned[:1]
        found = [issue(3, IssueCode.BAD_TIME, column="at", value="=" * 90)]
        files.put_issues(OWNER, "i1", 0, found)
        assert list(files.issues(OWNER, "i1", 0)) == found
        summary = Summary(
            known=(1,),
            possible=(2, 3),
            touched=(Touched(account="mine", instrument=InstrumentId("BTC/EUR@kraken")),),
            preview=(Preview(row=1, mark="NEW", record=a_fill_outside("1")),),
            since=AT,
            until=AT + SECOND,
        )
        files.put_summary(OWNER, "i1", summary)
        assert files.summary(OWNER, "i1") == summary
        with pytest.raises(Missing):
            files.summary(ELSE, "i1")
        assert files.destroy(OWNER) == 3
        with pytest.raises(Missing):
            files.summary(OWNER, "i1")


class ExternalRecordsContract:
    def test_a_record_stands_for_what_another_source_tells_under_its_own_name(
        self, records: ExternalRecords
    ) -> None:
        first, other = a_fill_outside("f", ref=""), a_fill_outside("other", ref="T1")
        records.put(OWNER, [first], A)
        for _ in range(2):
            assert records.claim(OWNER, first, other.fingerprint, B)
        assert records.taken(OWNER, [other.fingerprint]) == {other.fingerprint}
        assert list(records.put(OWNER, [other], B)) == [Put.TAKEN]
        (kept,) = records.between(OWNER, AT, AT)
        assert kept.sources == (A, B)
        assert not records.claim(ELSE, first, other.fingerprint, B)
        third = a_fill_outside("third", ref="")
        records.put(OWNER, [third], A)
        assert not records.claim(OWNER, third, other.fingerprint, B)
        assert list(records.drop(OWNER, [first], A)) == [False]

    def test_a_record_is_added_once_and_joined_by_others(self, records: ExternalRecords) -> None:
        one, two = a_fill_outside("1"), a_deposit("2")
        assert records.put(OWNER, [one, two], A) == [Put.ADDED, Put.ADDED]
        assert records.put(OWNER, [two, one], A) == [Put.ADDED, Put.ADDED]
        assert records.put(OWNER, [one], B) == [Put.JOINED]
        assert records.put(OWNER, [one], B) == [Put.JOINED]
        found = list(records.between(OWNER, AT - SECOND, AT + SECOND))
        assert {(found.fingerprint, found.sources) for found in found} == {
            (one.fingerprint, (A, B)),
            (two.fingerprint, (A,)),
        }
        assert list(records.between(ELSE, AT - SECOND, AT + SECOND)) == []

    def test_what_was_thought_to_be_new_is_put_like_all_else(
        self, records: ExternalRecords
    ) -> None:
        one, two = a_fill_outside("1"), a_deposit("2", sources=(B,))
        three = a_fill_outside("3", sources=(B,))
        leg = a_fill_outside("leg", ref="", sources=(B,))
        whole = a_fill_outside("whole", legs=(leg.fingerprint,), ref="")
        assert records.put(OWNER, [one, whole], A, unseen=True) == [Put.ADDED, Put.ADDED]
        for _ in range(2):
            told = records.put(OWNER, [two, one, leg, three], B, unseen=True)
            assert told == [Put.ADDED, Put.JOINED, Put.TAKEN, Put.ADDED]
        assert records.put(OWNER, [one], A, unseen=True) == [Put.ADDED]
        found = records.between(OWNER, AT - SECOND, AT + SECOND)
        assert {(one.fingerprint, one.sources) for one in found} == {
            (one.fingerprint, (A, B)),
            (whole.fingerprint, (A,)),
            (two.fingerprint, (B,)),
            (three.fingerprint, (B,)),
        }

    def test_a_record_is_read_as_it_was_put(self, records: ExternalRecords) -> None:
        full = a_fill_outside(
            "1",
            fee=Decimal("-0.5"),
            fee_asset="BNB",
            fee_price=Decimal("0.01"),
            order="o",
            seq=-7,
            stop=Decimal(9),
            target=Decimal(11),
            tax_withheld=Decimal("1.5"),
            tax_asset="EUR",
            setup="breakout",
            tags=("a", "b"),
            note="words",
        )
        records.put(OWNER, [full], A)
        assert full.instrument is not None
        assert list(records.fills(OWNER, "mine", full.instrument)) == [full]
        assert list(records.fills(OWNER, "other", full.instrument)) == []

    def test_many_at_once_are_all_stored(self, records: ExternalRecords) -> None:
        many = [a_fill_outside(str(n), at=AT + n * SECOND) for n in range(230)]
        assert records.put(OWNER, many, A) == [Put.ADDED] * 230
        more = [*many[100:], a_fill_outside("x")]
        assert records.put(OWNER, more, B) == [*[Put.JOINED] * 130, Put.ADDED]
        assert records.taken(OWNER, [many[3].fingerprint, mark("none")]) == {many[3].fingerprint}
        span = list(records.between(OWNER, AT + SECOND, AT + 3 * SECOND))
        assert [one.at for one in span] == [AT + n * SECOND for n in (1, 2, 3)]

    def test_dropping_leaves_what_another_source_tells(self, records: ExternalRecords) -> None:
        one, two = a_fill_outside("1"), a_fill_outside("2")
        records.put(OWNER, [one, two], A)
        records.put(OWNER, [one], B)
        assert records.drop(OWNER, [one, two], A) == [False, True]
        assert records.drop(OWNER, [one, two], A) == [False, True]
        assert records.taken(OWNER, [one.fingerprint, two.fingerprint]) == {one.fingerprint}
        assert records.put(OWNER, [two], A) == [Put.ADDED]
        assert records.drop(OWNER, [one], B) == [True]

    @pytest.mark.parametrize("legs", [3, 150])
    def test_legs_belong_to_one_record(self, records: ExternalRecords, legs: int) -> None:
        marks = tuple(mark(f"leg{n}") for n in range(legs))
        whole = a_fill_outside("whole", legs=marks, ref="")
        part = a_fill_outside("part", legs=marks[:2], ref="")
        assert records.put(OWNER, [whole], A) == [Put.ADDED]
        assert records.put(OWNER, [part], B) == [Put.TAKEN]
        assert records.put(OWNER, [whole], A) == [Put.ADDED]
        assert records.taken(OWNER, marks) == set(marks)
        assert records.drop(OWNER, [part], B) == [True]
        assert records.taken(OWNER, marks) == set(marks)
        assert records.drop(OWNER, [whole], A) == [True]
        assert records.taken(OWNER, marks) == frozenset()
        assert records.put(OWNER, [part], B) == [Put.ADDED]

    def test_nothing_is_no_write(self, records: ExternalRecords) -> None:
        assert records.put(OWNER, [], A) == []
        assert records.drop(OWNER, [], A) == []
        assert records.taken(OWNER, []) == frozenset()
