"""What every keeper of written things keeps to."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from nightdesk.core.errors import Conflict, Missing, StaleWrite
from nightdesk.core.ids import TradeId
from nightdesk.journal.entry import EntryKind, FormerText
from nightdesk.journal.insight import Fact, Insight
from nightdesk.journal.place import Place
from nightdesk.journal.plan import LossUnit, MaxLoss, PlanNote, Wish
from nightdesk.journal.playbook import BookStatus, Phase
from nightdesk.journal.ports.words import Postings
from nightdesk.journal.ports.writing import (
    Entries,
    Plans,
    Playbooks,
    PreferencesStore,
    SavedMetrics,
    Screenshots,
    Tags,
)
from nightdesk.journal.predicate import Compare, Predicate
from nightdesk.journal.preferences import Preferences
from nightdesk.journal.saved_metric import Bound, Goal, Window
from nightdesk.journal.screenshot import LIMIT, WAITED_FOR, Refusal, ShotStatus
from nightdesk.journal.search import of_entry
from nightdesk.journal.tag import Category
from nightdesk.journal.trade import Emotion
from tests.builders.writing import (
    BTC,
    DAY,
    NOON,
    OTHER,
    OWNER,
    a_book,
    a_plan,
    a_rule,
    a_saved_metric,
    a_screenshot,
    a_tag,
    an_entry,
)

D = Decimal
FULL = {
    "kind": EntryKind.TRADE,
    "trade_id": TradeId("jt_1"),
    "instrument": BTC,
    "mood": 7,
    "confidence": 1,
    "discipline": 10,
    "emotions": (Emotion.CALM, Emotion.FOMO),
    "tags": ("tag_1", "breakout"),
    "body": "Long: " + "break of the range, " * 60,
    "insight": Insight(facts=(Fact(code="R", text="1 R"),), suggestions=(), at=NOON),
}


class EntriesContract:
    """Subclasses give the fixtures `entries` and `postings`: empty, over the same store."""

    def test_what_was_saved_is_read_whole(self, entries: Entries) -> None:
        saved = entries.save(an_entry(**FULL), None, NOON)
        assert saved == an_entry(**FULL, version=1)
        assert entries.get(OWNER, "01ENTRY") == saved
        day = an_entry(id="01DAY", kind=EntryKind.DAY, day=DAY)
        entries.save(day, None, NOON)
        assert entries.get(OWNER, "01DAY").day == DAY

    def test_a_save_over_something_older_is_stale_and_changes_nothing(
        self, entries: Entries, postings: Postings
    ) -> None:
        first = entries.save(an_entry(), None, NOON)
        second = entries.save(replace(first, title="Second"), first, NOON)
        for before in (None, first):
            with pytest.raises(StaleWrite):
                entries.save(replace(first, title="Zebra"), before, NOON)
        with pytest.raises(StaleWrite):
            entries.remove(first, NOON)
        assert entries.get(OWNER, "01ENTRY") == second
        assert postings.newest(OWNER, "z", low="", below=None, limit=9) == []

    def test_each_save_keeps_the_former_text_for_thirty_days(self, entries: Entries) -> None:
        first = entries.save(an_entry(title="First"), None, NOON)
        second = entries.save(replace(first, title="Second", body="x"), first, NOON)
        third = entries.save(replace(second, mood=3), second, NOON)
        entries.remove(third, NOON + timedelta(days=1))
        texts = entries.former(OWNER, "01ENTRY")
        assert [(one.title, one.version) for one in texts] == [("Second", 3), ("First", 1)]
        assert texts[1] == FormerText.of(first, NOON)
        assert texts[1].until == NOON + timedelta(days=30)
        assert entries.former(OTHER, "01ENTRY") == []
        with pytest.raises(Missing):
            entries.get(OWNER, "01ENTRY")

    def test_some_come_in_the_order_asked_for(self, entries: Entries) -> None:
        for name in ("a", "b", "c"):
            entries.save(an_entry(id=name), None, NOON)
        assert [one.id for one in entries.some(OWNER, ["c", "x", "a", "c"])] == ["c", "a"]
        assert entries.some(OTHER, ["a"]) == []
        assert entries.some(OWNER, []) == []

    def test_all_are_those_of_the_owner(self, entries: Entries) -> None:
        for name in ("b", "a"):
            entries.save(an_entry(id=name), None, NOON)
        assert [one.id for one in entries.all(OWNER)] == ["a", "b"]
        assert list(entries.all(OTHER)) == []

    def test_postings_follow_the_text(self, entries: Entries, postings: Postings) -> None:
        first = entries.save(an_entry(title="Apple banana", body="", tags=("t1",)), None, NOON)
        (found,) = postings.newest(OWNER, "b", low="", below=None, limit=9)
        assert (found.terms, found.kind, found.bucket) == (("banana",), "free", "b")
        assert postings.at(OWNER, "#", [found.place])[0].terms == ("t1",)
        second = entries.save(replace(first, title="Apple cherry", tags=()), first, NOON)
        assert postings.newest(OWNER, "b", low="", below=None, limit=9) == []
        assert postings.at(OWNER, "#", [found.place]) == []
        later = replace(second, occurred_at=NOON + timedelta(hours=1))
        third = entries.save(later, second, NOON)
        (moved,) = postings.newest(OWNER, "c", low="", below=None, limit=9)
        assert moved.place == of_entry(third).postings["c"].place != found.place
        entries.remove(third, NOON)
        for bucket in ("a", "c", "*"):
            assert postings.newest(OWNER, bucket, low="", below=None, limit=9) == []

    def test_postings_come_newest_first_within_bounds(
        self, entries: Entries, postings: Postings
    ) -> None:
        for hour in range(5):
            at = NOON + timedelta(hours=hour, milliseconds=hour % 2 * 250)
            entries.save(an_entry(id=f"e{hour}", occurred_at=at), None, NOON)
        entries.save(an_entry(owner=OTHER, id="other"), None, NOON)
        every = postings.newest(OWNER, "*", low="", below=None, limit=9)
        assert [one.place.partition("#")[2] for one in every] == [
            f"e:e{n}" for n in (4, 3, 2, 1, 0)
        ]
        middle = postings.newest(OWNER, "*", low=every[3].place, below=every[0].place, limit=2)
        assert [one.place for one in middle] == [every[1].place, every[2].place]
        rest = postings.newest(OWNER, "*", low=every[3].place, below=middle[-1].place, limit=2)
        assert [one.place for one in rest] == [every[3].place]

    def test_the_largest_entry_is_saved_moved_and_removed_as_one(
        self, entries: Entries, postings: Postings
    ) -> None:
        others = "".join(map(chr, range(0x431, 0x43A)))
        letters = f"abcdefghijklmnopqrstuvwxyz0{others}"
        words = [f"{one}{number}" for number in range(100) for one in letters]
        whole = FULL | {"body": " ".join(words), "tags": tuple(f"t{n}" for n in range(20))}
        first = entries.save(an_entry(**whole), None, NOON)
        assert len(postings.newest(OWNER, "z", low="", below=None, limit=9)[0].terms) == 100
        moved = replace(
            first, title="Moved", body=first.body + "!", occurred_at=NOON - timedelta(1)
        )
        second = entries.save(moved, first, NOON)
        (found,) = postings.newest(OWNER, "*", low="", below=None, limit=9)
        assert found.place == of_entry(second).postings["*"].place
        entries.remove(second, NOON)
        assert postings.newest(OWNER, "*", low="", below=None, limit=9) == []

    def test_a_document_of_its_own_is_put_and_taken_away(self, postings: Postings) -> None:
        after = of_entry(an_entry(title="Apple", body="")).postings
        postings.put(OWNER, {}, after)
        postings.put(OWNER, {}, after)
        assert len(postings.newest(OWNER, "a", low="", below=None, limit=9)) == 1
        postings.put(OWNER, after, {})
        postings.put(OWNER, {}, {})
        assert postings.newest(OWNER, "a", low="", below=None, limit=9) == []


class TagsContract:
    """Subclasses give the fixture `tags`: empty."""

    def test_what_was_saved_is_read(self, tags: Tags) -> None:
        whole = a_tag(
            category=Category.MISTAKE, colour="#ff0000", description="Too late", archived=True
        )
        saved = tags.save(whole, None)
        assert saved == replace(whole, version=1)
        assert list(tags.all(OWNER)) == [saved]
        assert list(tags.all(OTHER)) == []

    def test_a_name_is_taken_once_whatever_its_case(self, tags: Tags) -> None:
        tags.save(a_tag(name="Chased"), None)
        for name in ("Chased", "cHASED", "chased"):
            with pytest.raises(Conflict) as refused:
                tags.save(a_tag(id="tag_2", name=name), None)
            assert refused.value.code == "NAME_TAKEN"
        tags.save(a_tag(owner=OTHER, id="tag_2"), None)
        assert len(tags.all(OWNER)) == 1

    def test_a_new_name_frees_the_old_one(self, tags: Tags) -> None:
        first = tags.save(a_tag(name="Chased"), None)
        renamed = tags.save(replace(first, name="Hunted"), first)
        tags.save(a_tag(id="tag_2", name="Chased"), None)
        with pytest.raises(Conflict):
            tags.save(replace(renamed, name="chased"), renamed)
        same = tags.save(replace(renamed, name="HUNTED"), renamed)
        tags.remove(same)
        tags.save(a_tag(id="tag_3", name="Hunted"), None)

    def test_an_older_version_is_stale(self, tags: Tags) -> None:
        first = tags.save(a_tag(), None)
        tags.save(replace(first, colour="#000000"), first)
        for wrong in (
            lambda: tags.save(replace(first, archived=True), first),
            lambda: tags.remove(first),
        ):
            with pytest.raises(StaleWrite):
                wrong()
        with pytest.raises((StaleWrite, Conflict)):
            tags.save(a_tag(), None)

    def test_a_tag_is_merged_into_one_that_stands_as_it_was_read(self, tags: Tags) -> None:
        first, second = (tags.save(a_tag(id=name, name=name), None) for name in ("a", "b"))
        moved = tags.save(replace(first, merged_into="b"), first, into=second)
        with pytest.raises(StaleWrite):
            tags.save(replace(second, merged_into="a"), second, into=first)
        third = tags.save(a_tag(id="c", name="c"), None)
        setup = a_tag(id="breakout", name="breakout")
        last = tags.save(replace(third, merged_into="breakout"), third, into=setup)
        assert list(tags.all(OWNER)) == [moved, second, last]
        tags.save(setup, None)
        with pytest.raises(StaleWrite):
            tags.save(replace(second, merged_into="breakout"), second, into=setup)
        assert tags.all(OWNER)[1] == second

    def test_a_first_setup_is_stored_at_its_first_change(self, tags: Tags) -> None:
        before = a_tag(id="breakout", name="breakout")
        tags.save(replace(before, colour="#00ff00"), before)
        (found,) = tags.all(OWNER)
        assert (found.colour, found.version) == ("#00ff00", 1)


class PlansContract:
    """Subclasses give the fixture `plans`: empty."""

    def test_what_was_saved_is_read(self, plans: Plans) -> None:
        wish = Wish(
            max_trades=0,
            max_loss=MaxLoss(amount=D("1.5"), unit=LossUnit.R),
            instruments=(BTC,),
            setups=("breakout",),
            intent="Wait",
            market_view="Ranging",
        )
        whole = a_plan(wish=wish, notes=(PlanNote(at=NOON, text="Late"),), locked_at=NOON)
        saved = plans.save(whole)
        assert saved == replace(whole, version=1)
        assert plans.get(OWNER, DAY) == saved
        assert plans.get(OTHER, DAY) is None
        assert plans.get(OWNER, DAY + timedelta(days=1)) is None

    def test_there_is_one_of_a_day_and_an_older_version_is_stale(self, plans: Plans) -> None:
        first = plans.save(a_plan())
        plans.save(replace(first, locked_at=NOON))
        for wrong in (a_plan(), first):
            with pytest.raises(StaleWrite):
                plans.save(wrong)

    def test_pages_come_newest_first_within_days(self, plans: Plans) -> None:
        for n in range(1, 8):
            plans.save(a_plan(day=date(2025, 3, n)))
        low, high = date(2025, 3, 2), date(2025, 3, 6)
        first = plans.page(OWNER, low, high, limit=3, after=None)
        assert [one.day.day for one in first.items] == [6, 5, 4]
        rest = plans.page(OWNER, low, high, limit=3, after=first.next_key)
        assert [one.day.day for one in rest.items] == [3, 2]
        assert rest.next_key is None
        assert len(plans.page(OWNER, None, None, limit=50, after=None).items) == 7


class PlaybooksContract:
    """Subclasses give the fixture `playbooks`: empty."""

    def test_what_was_put_is_read(self, playbooks: Playbooks) -> None:
        asked = Predicate(field="planned_rr", compare=Compare.GE, values=("2",))
        rules = (a_rule(), a_rule(id="rr", predicate=asked, phase=Phase.RISK))
        book = a_book(rules=rules, description="How to", status=BookStatus.ARCHIVED)
        playbooks.put(book, None)
        assert list(playbooks.versions(OWNER, "book_1")) == [book]
        assert list(playbooks.list(OWNER)) == [book]
        assert list(playbooks.versions(OTHER, "book_1")) == []
        assert list(playbooks.list(OTHER)) == []

    def test_versions_come_oldest_first_and_the_list_has_the_newest(
        self, playbooks: Playbooks
    ) -> None:
        before = None
        for version in range(1, 13):
            book = a_book(version=version, description=f"{version}")
            playbooks.put(book, before)
            before = book
        playbooks.put(a_book(id="book_10", name="Other"), None)
        versions = playbooks.versions(OWNER, "book_1")
        assert [one.version for one in versions] == list(range(1, 13))
        assert [(one.id, one.version) for one in playbooks.list(OWNER)] == [
            ("book_1", 12),
            ("book_10", 1),
        ]

    def test_a_version_is_written_once(self, playbooks: Playbooks) -> None:
        first, second = a_book(), a_book(version=2)
        playbooks.put(first, None)
        playbooks.put(second, first)
        for book, before in (
            (a_book(version=2, description="x"), first),
            (a_book(version=3), first),
        ):
            with pytest.raises(StaleWrite):
                playbooks.put(book, before)
        assert list(playbooks.versions(OWNER, "book_1")) == [first, second]

    def test_a_name_is_taken_once_and_freed_by_another(self, playbooks: Playbooks) -> None:
        first = a_book()
        playbooks.put(first, None)
        with pytest.raises(Conflict) as refused:
            playbooks.put(a_book(id="book_2", name="BREAKOUTS"), None)
        assert refused.value.code == "NAME_TAKEN"
        playbooks.put(a_book(version=2, name="Ranges"), first)
        playbooks.put(a_book(id="book_2", name="Breakouts"), None)


class SavedMetricsContract:
    """Subclasses give the fixture `metrics`: empty."""

    def test_what_was_saved_is_read(self, metrics: SavedMetrics) -> None:
        whole = a_saved_metric(
            filters={"instrument": ("BTC/USDT@binance",), "side": ("long",)},
            breakdown="hour",
            window=Window.ALL,
            goal=Goal(bound=Bound.AT_MOST, value=D("-0.05")),
            pinned=True,
            position=3,
        )
        saved = metrics.save(whole, limit=9)
        assert saved == replace(whole, version=1)
        assert list(metrics.all(OWNER)) == [saved]
        assert list(metrics.all(OTHER)) == []

    def test_the_limit_holds_and_what_is_removed_makes_room(self, metrics: SavedMetrics) -> None:
        kept = [metrics.save(a_saved_metric(id=f"m{n}"), limit=3) for n in range(3)]
        with pytest.raises(Conflict) as refused:
            metrics.save(a_saved_metric(id="m3"), limit=3)
        assert refused.value.code == "METRIC_LIMIT"
        changed = metrics.save(replace(kept[0], pinned=True), limit=3)
        metrics.remove(changed)
        metrics.save(a_saved_metric(id="m3"), limit=3)
        with pytest.raises(Conflict):
            metrics.save(a_saved_metric(id="m4"), limit=3)
        metrics.save(a_saved_metric(id="preset", removed=True), limit=3)
        metrics.save(replace(kept[1], removed=True), limit=3)
        metrics.save(a_saved_metric(id="m5"), limit=3)
        assert len(metrics.all(OWNER)) == 5

    def test_an_older_version_is_stale(self, metrics: SavedMetrics) -> None:
        first = metrics.save(a_saved_metric(), limit=9)
        metrics.save(replace(first, pinned=True), limit=9)
        with pytest.raises(StaleWrite):
            metrics.save(replace(first, position=1), limit=9)
        with pytest.raises(StaleWrite):
            metrics.save(a_saved_metric(), limit=9)
        with pytest.raises(StaleWrite):
            metrics.remove(first)


class PreferencesContract:
    """Subclasses give the fixture `preferences`: empty."""

    def test_they_are_as_they_are_by_themselves_until_they_are_saved(
        self, preferences: PreferencesStore
    ) -> None:
        assert preferences.get(OWNER) == Preferences(owner=OWNER)
        places = (Place(), Place(zone="Asia/Tokyo", currency="JPY", since=NOON))
        wanted = Preferences(owner=OWNER, breakeven_r=D("0"), thin_n=20, places=places)
        saved = preferences.save(wanted)
        assert saved == replace(wanted, version=1)
        assert preferences.get(OWNER) == saved
        assert preferences.get(OTHER) == Preferences(owner=OTHER)
        with pytest.raises(StaleWrite):
            preferences.save(wanted)


class ScreenshotsContract:
    """Subclasses give the fixture `screenshots`: empty."""

    def test_places_are_taken_once(self, screenshots: Screenshots) -> None:
        for slot in range(LIMIT):
            shot = a_screenshot(slot=slot, id=f"s{slot}", caption="Entry")
            assert screenshots.place(shot, NOON)
            assert not screenshots.place(replace(shot, id="other"), NOON)
        found = screenshots.of(OWNER, "01ENTRY")
        assert [one.id for one in found] == [f"s{slot}" for slot in range(LIMIT)]
        assert found[0].caption == "Entry"
        assert screenshots.of(OTHER, "01ENTRY") == []
        assert screenshots.of(OWNER, "01ENTR") == []

    def test_what_never_came_or_was_refused_gives_its_place_back(
        self, screenshots: Screenshots
    ) -> None:
        shot = a_screenshot()
        screenshots.place(shot, NOON)
        later = NOON + WAITED_FOR
        second = a_screenshot(id="shot_2", asked_at=later)
        assert screenshots.place(second, later)
        with pytest.raises(StaleWrite):
            screenshots.settle(replace(shot, status=ShotStatus.READY))
        screenshots.settle(replace(second, status=ShotStatus.REFUSED, reason=Refusal.IMAGE_BROKEN))
        (found,) = screenshots.of(OWNER, "01ENTRY")
        assert found.reason is Refusal.IMAGE_BROKEN
        assert screenshots.place(a_screenshot(id="shot_3", asked_at=later), later)

    def test_a_ready_one_stays_until_it_is_removed(self, screenshots: Screenshots) -> None:
        shot = a_screenshot()
        screenshots.place(shot, NOON)
        ready = replace(shot, status=ShotStatus.READY, width=3, height=2, size=99)
        screenshots.settle(ready)
        with pytest.raises(StaleWrite):
            screenshots.settle(ready)
        assert not screenshots.place(a_screenshot(id="x"), NOON + timedelta(days=9))
        screenshots.remove(replace(ready, id="another"))
        assert screenshots.of(OWNER, "01ENTRY") == [ready]
        screenshots.remove(ready)
        screenshots.remove(ready)
        assert screenshots.of(OWNER, "01ENTRY") == []
