"""What writing needs from outside: where it is kept, and what it may ask about trades."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Protocol

from nightdesk.core.ids import TradeId, UserId
from nightdesk.core.pages import Page
from nightdesk.journal.book_stats import Played
from nightdesk.journal.entry import FormerText, JournalEntry
from nightdesk.journal.insight import Seen
from nightdesk.journal.plan import SessionPlan
from nightdesk.journal.playbook import Playbook
from nightdesk.journal.preferences import Preferences
from nightdesk.journal.saved_metric import Reading, SavedMetric, Span
from nightdesk.journal.screenshot import ImageType, Picture, Screenshot, Upload
from nightdesk.journal.tag import Tag
from nightdesk.journal.trade import JournalTrade


class Entries(Protocol):
    """Entries with their postings, and the texts that they had."""

    def all(self, owner: UserId) -> Iterator[JournalEntry]:
        """Yield every entry of an owner, by id."""
        ...

    def get(self, owner: UserId, entry_id: str) -> JournalEntry:
        """Return one, read consistently. Raises Missing."""
        ...

    def some(self, owner: UserId, entry_ids: Sequence[str]) -> Sequence[JournalEntry]:
        """Return those that are there, in the order asked for."""
        ...

    def save(self, entry: JournalEntry, before: JournalEntry | None, now: datetime) -> JournalEntry:
        """Store it over `before` (None: a new one) and return it with its new version.

        Entry, postings and the former text are one transaction. Raises StaleWrite unless `before`
        is what stands there.
        """
        ...

    def remove(self, entry: JournalEntry, now: datetime) -> None:
        """Remove it and its postings; its text is kept for a while. Raises StaleWrite."""
        ...

    def former(self, owner: UserId, entry_id: str) -> Sequence[FormerText]:
        """Return the texts that an entry had and that are still kept, newest first."""
        ...


class Tags(Protocol):
    """Tags. First setups are stored once they are changed."""

    def all(self, owner: UserId) -> Sequence[Tag]:
        """Return every stored tag, merged and archived ones too, read consistently, by id."""
        ...

    def save(self, tag: Tag, before: Tag | None, *, into: Tag | None = None) -> Tag:
        """Store it with its name and return it with its new version.

        Raises Conflict `NAME_TAKEN`; StaleWrite unless `before` is what stands there (None, or
        one of version 0: nothing does), and `into`, what it is merged into, stands there, too.
        """
        ...

    def remove(self, tag: Tag) -> None:
        """Remove a tag that nothing uses, and its name. Raises StaleWrite."""
        ...


class Plans(Protocol):
    """Plans by day."""

    def get(self, owner: UserId, day: date) -> SessionPlan | None:
        """Return one, read consistently, or None."""
        ...

    def save(self, plan: SessionPlan) -> SessionPlan:
        """Store it and return it with its new version. Raises StaleWrite."""
        ...

    def page(
        self,
        owner: UserId,
        since: date | None,
        until: date | None,
        *,
        limit: int,
        after: str | None,
    ) -> Page[SessionPlan]:
        """Return plans with ``since <= day <= until``, newest first."""
        ...


class Playbooks(Protocol):
    """Playbooks, version by version."""

    def versions(self, owner: UserId, book_id: str) -> Sequence[Playbook]:
        """Return all versions, oldest first, read consistently; empty if there is none."""
        ...

    def list(self, owner: UserId) -> Sequence[Playbook]:
        """Return the newest version of each, by id."""
        ...

    def put(self, book: Playbook, before: Playbook | None) -> None:
        """Store the version after `before` and take its name.

        Raises Conflict `NAME_TAKEN`, StaleWrite if that version is there already.
        """
        ...


class SavedMetrics(Protocol):
    """Saved metrics. Presets are stored once they are changed."""

    def all(self, owner: UserId) -> Sequence[SavedMetric]:
        """Return every stored one, removed presets too, read consistently, by id."""
        ...

    def save(self, metric: SavedMetric, *, limit: int) -> SavedMetric:
        """Store it and return it with its new version.

        Raises Conflict `METRIC_LIMIT` if a new one would be beyond the limit, StaleWrite.
        """
        ...

    def remove(self, metric: SavedMetric) -> None:
        """Remove it. Raises StaleWrite."""
        ...


class PreferencesStore(Protocol):
    """The journal's settings of each owner."""

    def get(self, owner: UserId) -> Preferences:
        """Return them; as they are by themselves where nothing is stored."""
        ...

    def save(self, preferences: Preferences) -> Preferences:
        """Store them and return them with their new version. Raises StaleWrite."""
        ...


class Screenshots(Protocol):
    """Screenshots of entries: ten places each."""

    def of(self, owner: UserId, entry_id: str) -> Sequence[Screenshot]:
        """Return all of an entry, by slot, read consistently."""
        ...

    def place(self, shot: Screenshot, now: datetime) -> bool:
        """Take its slot, unless another one holds it; whether it was taken."""
        ...

    def settle(self, shot: Screenshot) -> None:
        """Store what became of a waiting one. Raises StaleWrite if it waits no more."""
        ...

    def remove(self, shot: Screenshot) -> None:
        """Give its slot back; one that is gone is as good as removed."""
        ...


class ScreenshotFiles(Protocol):
    """The files: as they were uploaded, and as they are kept."""

    def upload(self, shot: Screenshot, size: int) -> Upload:
        """Return the form that takes exactly one file of its type and of at most `size` bytes."""
        ...

    def uploaded(self, shot: Screenshot, most: int) -> bytes | None:
        """Return what was uploaded, cut after one byte more than `most`; None if nothing is."""
        ...

    def keep(self, shot: Screenshot, picture: Picture) -> None:
        """Store what is shown; again, it is the same file."""
        ...

    def forget_upload(self, shot: Screenshot) -> None:
        """Remove what was uploaded."""
        ...

    def drop(self, shot: Screenshot) -> None:
        """Remove whatever there is of it."""
        ...

    def link(self, shot: Screenshot, seconds: int) -> str:
        """Return an address under which it is shown for so long."""
        ...


class Darkroom(Protocol):
    """Makes images anew."""

    def __call__(self, content: bytes, kind: ImageType, *, longest: int) -> Picture:
        """Return the pixels of an image in a file of the same type, and nothing else.

        It stands upright, its longer side has at most `longest` pixels. Raises Invalid with a
        code of `screenshot.Refusal`.
        """
        ...


class WrittenTrades(Protocol):
    """Trades with what was written of them."""

    def get(self, owner: UserId, trade_id: TradeId) -> Played:
        """Return one. Raises Missing."""
        ...

    def opened(self, owner: UserId, since: datetime, until: datetime) -> Sequence[Played]:
        """Return those entered with ``since <= opened_at < until``, by (opened_at, id)."""
        ...

    def closed(self, owner: UserId, since: datetime, until: datetime) -> Sequence[Played]:
        """Return those closed with ``since <= closed_at < until``, by (closed_at, id)."""
        ...


class FoundOfTrade(Protocol):
    """Findings that name a trade. Answered by what judges behaviour."""

    def __call__(self, trade: JournalTrade) -> Sequence[Seen]:
        """Return them as an entry mentions them, in a stable order."""
        ...


class Measure(Protocol):
    """Computes one saved metric over a span and the one before. Answered by analytics."""

    def __call__(
        self, owner: UserId, metric: SavedMetric, span: Span, before: Span | None = None, /
    ) -> Reading:
        """Return it by the metric's filters, unit, basis and breakdown; results count on close.

        Where no mode is asked for, both spans count the same one.
        """
        ...
