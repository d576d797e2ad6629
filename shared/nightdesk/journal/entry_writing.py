"""Writing entries: make, change, remove, list, search, and what stands beside them by rule."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from nightdesk.core.errors import Invalid, Missing
from nightdesk.core.ids import TradeId, UserId, ulid
from nightdesk.core.pages import Page
from nightdesk.journal.book_stats import Played
from nightdesk.journal.entry import EntryKind, FormerText, JournalEntry
from nightdesk.journal.insight import Seen, by_rules
from nightdesk.journal.playbook import Playbook, checked
from nightdesk.journal.ports.writing import (
    Entries,
    FoundOfTrade,
    Playbooks,
    Tags,
    WrittenTrades,
)
from nightdesk.journal.preferring import ReadPlace
from nightdesk.journal.search import Find, Wanted
from nightdesk.journal.spans import in_range
from nightdesk.journal.tag import TagBook
from nightdesk.journal.trade import Emotion, JournalTrade
from nightdesk.journal.versions import expect

FIRST = datetime(2009, 1, 1, tzinfo=UTC)
"""Before there was anything to trade here."""
AHEAD = timedelta(minutes=5)
DAYS_AHEAD = timedelta(days=14)


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryText:
    """What a trader writes: everything of an entry that is not the desk's own.

    `occurred_at` None: now for a new entry, unchanged for another.
    """

    kind: EntryKind
    trade_id: TradeId | None = None
    day: date | None = None
    title: str
    body: str = ""
    mood: int | None = None
    confidence: int | None = None
    discipline: int | None = None
    emotions: tuple[Emotion, ...] = ()
    tags: tuple[str, ...] = ()
    occurred_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class WriteEntry:
    """Make an entry."""

    entries: Entries
    tags: Tags
    trades: WrittenTrades

    def __call__(
        self, owner: UserId, text: EntryText, *, cause: str, now: datetime
    ) -> JournalEntry:
        """Return the stored entry; the same cause gives the same one.

        Raises Missing for a trade or tag that is not the owner's, Invalid `OUT_OF_RANGE`.
        """
        plausible(text, now)
        entry_id = ulid(now, owner, "entry", cause)
        kept = self.entries.some(owner, [entry_id])
        if kept:
            return kept[0]
        book = TagBook(owner, self.tags.all(owner))
        trade = trade_of(self.trades, owner, text.trade_id)
        entry = JournalEntry(
            owner=owner,
            id=entry_id,
            kind=text.kind,
            trade_id=trade.id if trade else None,
            instrument=str(trade.instrument) if trade else None,
            day=text.day,
            title=text.title,
            body=text.body,
            mood=text.mood,
            confidence=text.confidence,
            discipline=text.discipline,
            emotions=text.emotions,
            tags=known_tags(book, text.tags),
            occurred_at=text.occurred_at or now,
            created_at=now,
            updated_at=now,
        )
        return self.entries.save(entry, None, now)


@dataclass(frozen=True, slots=True)
class ChangeEntry:
    """Write an entry anew; what it said stays for 30 days."""

    entries: Entries
    tags: Tags
    trades: WrittenTrades

    def __call__(
        self, owner: UserId, entry_id: str, text: EntryText, *, version: int, now: datetime
    ) -> JournalEntry:
        """Return it as it now stands.

        Raises Missing, Invalid `OUT_OF_RANGE`, Conflict `STALE_VERSION`, StaleWrite.
        """
        plausible(text, now)
        before = self.entries.get(owner, entry_id)
        expect(before.version, version)
        book = TagBook(owner, self.tags.all(owner))
        trade_id, instrument = before.trade_id, before.instrument
        if text.trade_id != trade_id:
            trade = trade_of(self.trades, owner, text.trade_id)
            trade_id = trade.id if trade else None
            instrument = str(trade.instrument) if trade else None
        entry = replace(
            before,
            kind=text.kind,
            trade_id=trade_id,
            instrument=instrument,
            day=text.day,
            title=text.title,
            body=text.body,
            mood=text.mood,
            confidence=text.confidence,
            discipline=text.discipline,
            emotions=text.emotions,
            tags=known_tags(book, text.tags),
            occurred_at=text.occurred_at or before.occurred_at,
            updated_at=now,
        )
        if replace(entry, updated_at=before.updated_at) == before:
            return before
        return self.entries.save(entry, before, now)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownEntry:
    """An entry with the tags that count now."""

    entry: JournalEntry
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReadEntry:
    """Show one entry."""

    entries: Entries
    tags: Tags

    def __call__(self, owner: UserId, entry_id: str) -> ShownEntry:
        """Return it. Raises Missing."""
        entry = self.entries.get(owner, entry_id)
        return ShownEntry(entry=entry, tags=TagBook(owner, self.tags.all(owner)).shown(entry.tags))

    def former(self, owner: UserId, entry_id: str, *, now: datetime) -> Sequence[FormerText]:
        """Return the texts that it had in the last 30 days, newest first."""
        return [one for one in self.entries.former(owner, entry_id) if now < one.until]

    def show(self, entry: JournalEntry) -> ShownEntry:
        """Return what was just written, as it is shown."""
        return ShownEntry(
            entry=entry, tags=TagBook(entry.owner, self.tags.all(entry.owner)).shown(entry.tags)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """What a search found: an entry, or a trade by its own note and tags."""

    entry: ShownEntry | None = None
    trade_id: TradeId | None = None


@dataclass(frozen=True, slots=True)
class FindEntries:
    """List and search, newest first."""

    find: Find
    entries: Entries
    tags: Tags

    def __call__(
        self, owner: UserId, wanted: Wanted, *, limit: int, after: str | None
    ) -> Page[Hit]:
        """Return a page. Lists show entries alone; with words, notes on trades are found, too.

        A page may be short and its key go on. Raises BadCursor, Invalid `BAD_RANGE`,
        `OUT_OF_RANGE` for moods or too many words.
        """
        in_range(wanted.since, wanted.until)
        low, high = wanted.mood_min, wanted.mood_max
        if low is not None and high is not None and low > high:
            raise Invalid("OUT_OF_RANGE", "`mood_min` is at most `mood_max`.", field="mood_min")
        book = TagBook(owner, self.tags.all(owner))
        page = self.find(owner, wanted, book, limit=limit, after=after)
        ids = [ref[2:] for ref in page.items if ref.startswith("e:")]
        found = {entry.id: entry for entry in self.entries.some(owner, ids)}
        hits = []
        for ref in page.items:
            kind, _, ident = ref.partition(":")
            if kind == "t" and wanted.text:
                hits.append(Hit(trade_id=TradeId(ident)))
            elif kind == "e" and ident in found:
                shown = ShownEntry(entry=found[ident], tags=book.shown(found[ident].tags))
                hits.append(Hit(entry=shown))
        return Page(hits, page.next_key)


@dataclass(frozen=True, slots=True)
class AddInsight:
    """Put beside an entry what the rules say of its trade. Worded by rule, without a model."""

    entries: Entries
    trades: WrittenTrades
    playbooks: Playbooks
    findings: FoundOfTrade
    place: ReadPlace

    def __call__(self, owner: UserId, entry_id: str, *, now: datetime) -> JournalEntry:
        """Return the entry with its insight. Raises Missing, StaleWrite."""
        before = self.entries.get(owner, entry_id)
        if before.trade_id is None:
            insight = by_rules(None, None, {}, (), at=now)
        else:
            played = self.trades.get(owner, before.trade_id)
            labels, book = played.labels, self._book(played)
            rules = {}
            if book is not None:
                rules = {rule.id: rule.text for rule in book.rules}
                checks = checked(book, played.trade, labels, self.place(owner, now))
                labels = replace(labels, checklist=checks)
            seen: Sequence[Seen] = self.findings(played.trade)
            insight = by_rules(played.trade, labels, rules, seen, at=now)
        if before.insight is not None and replace(before.insight, at=now) == insight:
            return before
        return self.entries.save(replace(before, insight=insight), before, now)

    def _book(self, played: Played) -> Playbook | None:
        """Return the playbook in the version that the trade keeps."""
        labels = played.labels
        if labels.playbook_id is None:
            return None
        versions = self.playbooks.versions(labels.owner, labels.playbook_id)
        return next((one for one in versions if one.version == labels.playbook_version), None)


def plausible(text: EntryText, now: datetime) -> None:
    """Refuse a moment before 2009 or still to come. Raises Invalid `OUT_OF_RANGE`."""
    at = text.occurred_at
    if at is not None and not FIRST <= at <= now + AHEAD:
        raise Invalid("OUT_OF_RANGE", "Between 2009 and now.", field="occurred_at")
    if text.day is not None and not FIRST.date() <= text.day <= (now + DAYS_AHEAD).date():
        raise Invalid("OUT_OF_RANGE", "Between 2009 and two weeks from now.", field="day")


def known_tags(book: TagBook, tag_ids: Sequence[str]) -> tuple[str, ...]:
    """Return the ids that count for these. Raises Missing for one that is not the owner's."""
    if any(book.of(one) is None for one in tag_ids):
        raise Missing("no such tag")
    return book.shown(tag_ids)


def trade_of(trades: WrittenTrades, owner: UserId, trade_id: TradeId | None) -> JournalTrade | None:
    """Return a trade, one that moved by the id that it has now. Raises Missing."""
    return None if trade_id is None else trades.get(owner, trade_id).trade
