"""What a trader writes, in memory: as strict about versions, names and places as the table."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from nightdesk.core.errors import Conflict, Invalid, Missing, StaleWrite
from nightdesk.core.ids import TradeId, UserId
from nightdesk.core.pages import Page
from nightdesk.journal.book_stats import Played
from nightdesk.journal.entry import FormerText, JournalEntry
from nightdesk.journal.plan import SessionPlan
from nightdesk.journal.playbook import Playbook
from nightdesk.journal.ports.words import Posting
from nightdesk.journal.preferences import Preferences
from nightdesk.journal.saved_metric import SavedMetric
from nightdesk.journal.screenshot import (
    ImageType,
    Picture,
    Refusal,
    Screenshot,
    Upload,
)
from nightdesk.journal.search import of_entry
from nightdesk.journal.tag import Tag


@dataclass
class FakePostings:
    """The port Postings."""

    kept: dict[tuple[UserId, str], dict[str, Posting]] = field(default_factory=dict)

    def newest(
        self, owner: UserId, bucket: str, *, low: str, below: str | None, limit: int
    ) -> Sequence[Posting]:
        found = [
            one
            for place, one in sorted(self.kept.get((owner, bucket), {}).items(), reverse=True)
            if low <= place and (below is None or place < below)
        ]
        return found[:limit]

    def at(self, owner: UserId, bucket: str, places: Sequence[str]) -> Sequence[Posting]:
        there = self.kept.get((owner, bucket), {})
        return [there[place] for place in places if place in there]

    def put(
        self, owner: UserId, before: Mapping[str, Posting], after: Mapping[str, Posting]
    ) -> None:
        for bucket, one in before.items():
            del self.kept[owner, bucket][one.place]
        for bucket, one in after.items():
            self.kept.setdefault((owner, bucket), {})[one.place] = replace(one, bucket=bucket)


@dataclass
class FakeEntries:
    """The port Entries, with the postings that belong to it."""

    postings: FakePostings = field(default_factory=FakePostings)
    kept: dict[tuple[UserId, str], JournalEntry] = field(default_factory=dict)
    texts: list[FormerText] = field(default_factory=list)

    def all(self, owner: UserId) -> Iterator[JournalEntry]:
        yield from (self.kept[key] for key in sorted(self.kept) if key[0] == owner)

    def get(self, owner: UserId, entry_id: str) -> JournalEntry:
        if (owner, entry_id) not in self.kept:
            raise Missing(entry_id)
        return self.kept[owner, entry_id]

    def some(self, owner: UserId, entry_ids: Sequence[str]) -> Sequence[JournalEntry]:
        there = dict.fromkeys(entry_ids)
        return [self.kept[owner, one] for one in there if (owner, one) in self.kept]

    def save(self, entry: JournalEntry, before: JournalEntry | None, now: datetime) -> JournalEntry:
        present = self.kept.get((entry.owner, entry.id))
        if (present.version if present else 0) != (before.version if before else 0):
            raise StaleWrite(entry.id)
        if before and (entry.title, entry.body) != (before.title, before.body):
            self.texts.append(FormerText.of(before, now))
        was = of_entry(before).postings if before else {}
        self.postings.put(entry.owner, was, of_entry(entry).postings)
        saved = replace(entry, version=entry.version + 1)
        self.kept[entry.owner, entry.id] = saved
        return saved

    def remove(self, entry: JournalEntry, now: datetime) -> None:
        present = self.kept.get((entry.owner, entry.id))
        if present is None or present.version != entry.version:
            raise StaleWrite(entry.id)
        self.texts.append(FormerText.of(entry, now))
        self.postings.put(entry.owner, of_entry(entry).postings, {})
        del self.kept[entry.owner, entry.id]

    def former(self, owner: UserId, entry_id: str) -> Sequence[FormerText]:
        found = [one for one in self.texts if (one.owner, one.entry_id) == (owner, entry_id)]
        return sorted(found, key=lambda one: -one.version)


@dataclass
class FakeTags:
    """The port Tags."""

    kept: dict[tuple[UserId, str], Tag] = field(default_factory=dict)

    def all(self, owner: UserId) -> Sequence[Tag]:
        return [tag for (whose, _), tag in sorted(self.kept.items()) if whose == owner]

    def save(self, tag: Tag, before: Tag | None, *, into: Tag | None = None) -> Tag:
        for read in filter(None, (tag, into)):
            present = self.kept.get((tag.owner, read.id))
            if (present.version if present else 0) != read.version:
                raise StaleWrite(read.id)
        if any(other.key == tag.key and other.id != tag.id for other in self.all(tag.owner)):
            raise Conflict("NAME_TAKEN", "Another of your tags has this name.")
        saved = replace(tag, version=tag.version + 1)
        self.kept[tag.owner, tag.id] = saved
        return saved

    def remove(self, tag: Tag) -> None:
        present = self.kept.get((tag.owner, tag.id))
        if present is None or present.version != tag.version:
            raise StaleWrite(tag.id)
        del self.kept[tag.owner, tag.id]


@dataclass
class FakePlans:
    """The port Plans."""

    kept: dict[tuple[UserId, date], SessionPlan] = field(default_factory=dict)

    def get(self, owner: UserId, day: date) -> SessionPlan | None:
        return self.kept.get((owner, day))

    def save(self, plan: SessionPlan) -> SessionPlan:
        present = self.kept.get((plan.owner, plan.day))
        if (present.version if present else 0) != plan.version:
            raise StaleWrite(str(plan.day))
        saved = replace(plan, version=plan.version + 1)
        self.kept[plan.owner, plan.day] = saved
        return saved

    def page(
        self,
        owner: UserId,
        since: date | None,
        until: date | None,
        *,
        limit: int,
        after: str | None,
    ) -> Page[SessionPlan]:
        days = sorted((day for whose, day in self.kept if whose == owner), reverse=True)
        found = [
            self.kept[owner, day]
            for day in days
            if (since is None or day >= since)
            and (until is None or day <= until)
            and (after is None or f"JPLAN#{day}" < after)
        ]
        more = f"JPLAN#{found[limit - 1].day}" if len(found) > limit else None
        return Page(found[:limit], more)


@dataclass
class FakePlaybooks:
    """The port Playbooks."""

    kept: dict[tuple[UserId, str], list[Playbook]] = field(default_factory=dict)

    def versions(self, owner: UserId, book_id: str) -> Sequence[Playbook]:
        return list(self.kept.get((owner, book_id), []))

    def list(self, owner: UserId) -> Sequence[Playbook]:
        return [books[-1] for (whose, _), books in sorted(self.kept.items()) if whose == owner]

    def put(self, book: Playbook, before: Playbook | None) -> None:
        there = self.kept.get((book.owner, book.id), [])
        if (there[-1].version if there else 0) != (before.version if before else 0):
            raise StaleWrite(book.id)
        if any(one.key == book.key and one.id != book.id for one in self.list(book.owner)):
            raise Conflict("NAME_TAKEN", "Another of your playbooks has this name.")
        self.kept[book.owner, book.id] = [*there, book]


@dataclass
class FakeSavedMetrics:
    """The port SavedMetrics."""

    kept: dict[tuple[UserId, str], SavedMetric] = field(default_factory=dict)

    def all(self, owner: UserId) -> Sequence[SavedMetric]:
        return [one for (whose, _), one in sorted(self.kept.items()) if whose == owner]

    def save(self, metric: SavedMetric, *, limit: int) -> SavedMetric:
        present = self.kept.get((metric.owner, metric.id))
        if (present.version if present else 0) != metric.version:
            raise StaleWrite(metric.id)
        counted = [one for one in self.all(metric.owner) if not one.removed]
        if not metric.version and not metric.removed and len(counted) >= limit:
            raise Conflict("METRIC_LIMIT", f"There are {limit} saved metrics.")
        saved = replace(metric, version=metric.version + 1)
        self.kept[metric.owner, metric.id] = saved
        return saved

    def remove(self, metric: SavedMetric) -> None:
        present = self.kept.get((metric.owner, metric.id))
        if present is None or present.version != metric.version:
            raise StaleWrite(metric.id)
        del self.kept[metric.owner, metric.id]


@dataclass
class FakePreferences:
    """The port PreferencesStore."""

    kept: dict[UserId, Preferences] = field(default_factory=dict)

    def get(self, owner: UserId) -> Preferences:
        return self.kept.get(owner, Preferences(owner=owner))

    def save(self, preferences: Preferences) -> Preferences:
        if self.get(preferences.owner).version != preferences.version:
            raise StaleWrite("settings")
        saved = replace(preferences, version=preferences.version + 1)
        self.kept[preferences.owner] = saved
        return saved


@dataclass
class FakeScreenshots:
    """The port Screenshots."""

    kept: dict[tuple[UserId, str, int], Screenshot] = field(default_factory=dict)

    def of(self, owner: UserId, entry_id: str) -> Sequence[Screenshot]:
        return [
            one
            for (who, what, _), one in sorted(self.kept.items())
            if (who, what) == (owner, entry_id)
        ]

    def place(self, shot: Screenshot, now: datetime) -> bool:
        present = self.kept.get((shot.owner, shot.entry_id, shot.slot))
        if present is not None and present.taken(now):
            return False
        self.kept[shot.owner, shot.entry_id, shot.slot] = shot
        return True

    def settle(self, shot: Screenshot) -> None:
        present = self.kept.get((shot.owner, shot.entry_id, shot.slot))
        if present is None or (present.id, present.status) != (shot.id, "waiting"):
            raise StaleWrite(shot.id)
        self.kept[shot.owner, shot.entry_id, shot.slot] = shot

    def remove(self, shot: Screenshot) -> None:
        present = self.kept.get((shot.owner, shot.entry_id, shot.slot))
        if present is not None and present.id == shot.id:
            del self.kept[shot.owner, shot.entry_id, shot.slot]


@dataclass
class FakeScreenshotFiles:
    """The port ScreenshotFiles."""

    uploads: dict[str, bytes] = field(default_factory=dict)
    pictures: dict[str, Picture] = field(default_factory=dict)

    def upload(self, shot: Screenshot, size: int) -> Upload:
        fields = {"key": shot.id, "Content-Type": shot.type.value, "size": str(size)}
        return Upload(url="https://files.example/", fields=fields)

    def uploaded(self, shot: Screenshot, most: int) -> bytes | None:
        found = self.uploads.get(shot.id)
        return None if found is None else found[: most + 1]

    def keep(self, shot: Screenshot, picture: Picture) -> None:
        self.pictures[shot.id] = picture

    def forget_upload(self, shot: Screenshot) -> None:
        self.uploads.pop(shot.id, None)

    def drop(self, shot: Screenshot) -> None:
        self.uploads.pop(shot.id, None)
        self.pictures.pop(shot.id, None)

    def link(self, shot: Screenshot, seconds: int) -> str:
        return f"https://files.example/{shot.id}?seconds={seconds}"


def plain_darkroom(content: bytes, kind: ImageType, *, longest: int) -> Picture:
    """The port Darkroom: takes what ends in `ok` for an image."""
    if not content.endswith(b"ok"):
        raise Invalid(Refusal.IMAGE_BROKEN, "it does not end in ok")
    return Picture(content=content, type=kind, width=2, height=1)


@dataclass
class FakeWrittenTrades:
    """The port WrittenTrades over a list."""

    kept: list[Played] = field(default_factory=list)

    def get(self, owner: UserId, trade_id: TradeId) -> Played:
        for one in self.kept:
            if (one.trade.owner, one.trade.id) == (owner, trade_id):
                return one
        raise Missing(trade_id)

    def opened(self, owner: UserId, since: datetime, until: datetime) -> Sequence[Played]:
        found = [
            one
            for one in self.kept
            if one.trade.owner == owner and since <= one.trade.opened_at < until
        ]
        return sorted(found, key=lambda one: (one.trade.opened_at, one.trade.id))

    def closed(self, owner: UserId, since: datetime, until: datetime) -> Sequence[Played]:
        found = [
            (one.trade.closed_at, one.trade.id, one)
            for one in self.kept
            if one.trade.owner == owner
            and one.trade.closed_at is not None
            and since <= one.trade.closed_at < until
        ]
        return [one for _, _, one in sorted(found, key=lambda row: row[:2])]
