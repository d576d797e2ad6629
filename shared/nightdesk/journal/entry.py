"""A journal entry: what a trader wrote of a trade, a day, a week, or of nothing in particular."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from nightdesk.core.ids import TradeId, UserId
from nightdesk.journal.insight import Insight
from nightdesk.journal.trade import MAX_TAGS, Emotion
from nightdesk.journal.wording import prose, said

MAX_TITLE = 200
MAX_BODY = 20_000
LEAST, MOST = 1, 10
"""Of mood, confidence and discipline."""
FORMER_KEPT = timedelta(days=30)
"""How long the text stays that a save replaced, or a deletion took."""


class EntryKind(StrEnum):
    """What an entry is about."""

    TRADE = "trade"
    DAY = "day"
    WEEK = "week"
    FREE = "free"


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalEntry:
    """One entry; `instrument` is that of its trade. Ratings are whole numbers from 1 to 10.

    Of a trade it names the trade, of a day the day, of a week any day in it.
    """

    owner: UserId
    id: str
    kind: EntryKind
    trade_id: TradeId | None = None
    instrument: str | None = None
    day: date | None = None
    title: str
    body: str = ""
    mood: int | None = None
    confidence: int | None = None
    discipline: int | None = None
    emotions: tuple[Emotion, ...] = ()
    tags: tuple[str, ...] = ()
    occurred_at: datetime
    created_at: datetime
    updated_at: datetime
    insight: Insight | None = None
    version: int = 0

    def __post_init__(self) -> None:
        said(self.title, MAX_TITLE)
        if prose(self.body, MAX_BODY) != self.body:
            raise ValueError("a stored text is in NFC, its lines ended by LF")
        for rating in (self.mood, self.confidence, self.discipline):
            if rating is not None and not LEAST <= rating <= MOST:
                raise ValueError(f"a rating is {LEAST} to {MOST}, was {rating}")
        if len(self.tags) > MAX_TAGS or len(set(self.tags)) != len(self.tags):
            raise ValueError(f"at most {MAX_TAGS} tags, each once")
        if len(set(self.emotions)) != len(self.emotions):
            raise ValueError("each emotion once")
        if (self.kind is EntryKind.TRADE) != (self.trade_id is not None):
            raise ValueError("an entry of a trade names it, and no other does")
        if (self.kind in {EntryKind.DAY, EntryKind.WEEK}) != (self.day is not None):
            raise ValueError("an entry of a day or week names a day, and no other does")


@dataclass(frozen=True, slots=True, kw_only=True)
class FormerText:
    """What an entry said before a save or its deletion, as long as it is kept."""

    owner: UserId
    entry_id: str
    version: int
    title: str
    body: str
    until: datetime

    @classmethod
    def of(cls, entry: JournalEntry, now: datetime) -> "FormerText":
        """Return what `entry` said, to be kept from now on."""
        return cls(
            owner=entry.owner,
            entry_id=entry.id,
            version=entry.version,
            title=entry.title,
            body=entry.body,
            until=now + FORMER_KEPT,
        )
