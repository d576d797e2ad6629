"""Bodies and answers of the entries routes."""

from datetime import date
from typing import TYPE_CHECKING, Annotated, Self

from pydantic import Field, model_validator

from functions.api.queries import UtcMoment
from functions.api.routers.journal_schemas import (
    Day,
    Ident,
    Version,
    one_line,
    optional_line,
    several_lines,
)
from functions.api.schemas import Answer, Lax, Moment, Request
from nightdesk.core.ids import TradeId
from nightdesk.journal.entry import LEAST, MAX_BODY, MAX_TITLE, MOST, EntryKind
from nightdesk.journal.entry_writing import EntryText
from nightdesk.journal.insight import TextSource
from nightdesk.journal.screenshot import (
    MAX_BYTES,
    MAX_CAPTION,
    ImageType,
    Refusal,
    ShotStatus,
)
from nightdesk.journal.trade import MAX_TAGS, Emotion

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nightdesk.journal.entry import FormerText
    from nightdesk.journal.entry_writing import Hit, ShownEntry
    from nightdesk.journal.insight import Fact, Insight
    from nightdesk.journal.picturing import ShownShot
    from nightdesk.journal.screenshot import Screenshot, Upload

Rating = Annotated[int, Field(ge=LEAST, le=MOST)]


class JournalEntryIn(Request):
    """What you write. `trade_id` for kind `trade`, `day` for `day` and `week` (any day in it)."""

    kind: Lax[EntryKind]
    trade_id: Ident | None = None
    day: Day | None = None
    title: Annotated[str, one_line(MAX_TITLE)] = Field(min_length=1, max_length=MAX_TITLE)
    body: Annotated[str, several_lines(MAX_BODY)] = Field(default="", max_length=MAX_BODY)
    mood: Rating | None = None
    confidence: Rating | None = None
    discipline: Rating | None = None
    emotions: list[Lax[Emotion]] = Field(default_factory=list, max_length=len(Emotion))
    tags: list[Ident] = Field(default_factory=list, max_length=MAX_TAGS)
    occurred_at: UtcMoment | None = None

    @model_validator(mode="after")
    def _belongs(self) -> Self:
        if (self.kind is EntryKind.TRADE) != (self.trade_id is not None):
            raise ValueError("an entry of kind trade names a trade_id, and no other does")
        if (self.kind in {EntryKind.DAY, EntryKind.WEEK}) != (self.day is not None):
            raise ValueError("an entry of kind day or week names a day, and no other does")
        if len(set(self.emotions)) != len(self.emotions) or len(set(self.tags)) != len(self.tags):
            raise ValueError("each emotion and each tag once")
        return self

    def to_domain(self) -> EntryText:
        """Build the noun."""
        return EntryText(
            kind=self.kind,
            trade_id=None if self.trade_id is None else TradeId(self.trade_id),
            day=self.day,
            title=self.title,
            body=self.body,
            mood=self.mood,
            confidence=self.confidence,
            discipline=self.discipline,
            emotions=tuple(self.emotions),
            tags=tuple(self.tags),
            occurred_at=self.occurred_at,
        )


class EntryEditIn(JournalEntryIn):
    """An entry anew, against the version that was read; `occurred_at` left out stays."""

    version: Version

    def text(self) -> EntryText:
        """Build the noun."""
        return self.to_domain()


class FactOut(Answer):
    """One fact or suggestion; `code` is stable."""

    code: str
    text: str

    @classmethod
    def from_domain(cls, fact: "Fact") -> Self:
        """Show one."""
        return cls(code=fact.code, text=fact.text)


class InsightOut(Answer):
    """What the rules say of the entry's trade, as of `at`."""

    facts: list[FactOut]
    suggestions: list[FactOut]
    source: TextSource
    at: Moment

    @classmethod
    def from_domain(cls, insight: "Insight") -> Self:
        """Show it."""
        return cls(
            facts=[FactOut.from_domain(one) for one in insight.facts],
            suggestions=[FactOut.from_domain(one) for one in insight.suggestions],
            source=insight.source,
            at=insight.at,
        )


class JournalEntryOut(Answer):
    """An entry; `tags` are those that count now, merged ones followed."""

    id: str
    kind: EntryKind
    trade_id: str | None
    instrument: str | None
    day: date | None
    title: str
    body: str
    mood: int | None
    confidence: int | None
    discipline: int | None
    emotions: list[Emotion]
    tags: list[str]
    occurred_at: Moment
    created_at: Moment
    updated_at: Moment
    insight: InsightOut | None
    version: int

    @classmethod
    def from_domain(cls, shown: "ShownEntry") -> Self:
        """Show an entry."""
        entry = shown.entry
        return cls(
            id=entry.id,
            kind=entry.kind,
            trade_id=entry.trade_id,
            instrument=entry.instrument,
            day=entry.day,
            title=entry.title,
            body=entry.body,
            mood=entry.mood,
            confidence=entry.confidence,
            discipline=entry.discipline,
            emotions=list(entry.emotions),
            tags=list(shown.tags),
            occurred_at=entry.occurred_at,
            created_at=entry.created_at,
            updated_at=entry.updated_at,
            insight=InsightOut.from_domain(entry.insight) if entry.insight else None,
            version=entry.version,
        )


class FormerTextOut(Answer):
    """What an entry said at a version, kept until then."""

    version: int
    title: str
    body: str
    until: Moment

    @classmethod
    def from_domain(cls, text: "FormerText") -> Self:
        """Show one."""
        return cls(version=text.version, title=text.title, body=text.body, until=text.until)


class ScreenshotOut(Answer):
    """A screenshot. `url` shows it for ten minutes, once it is ready."""

    id: str
    type: ImageType
    caption: str
    status: ShotStatus
    reason: Refusal | None
    width: int | None
    height: int | None
    bytes: int | None
    url: str | None

    @classmethod
    def from_domain(cls, shown: "ShownShot") -> Self:
        """Show one."""
        shot = shown.shot
        return cls(
            id=shot.id,
            type=shot.type,
            caption=shot.caption,
            status=shot.status,
            reason=shot.reason,
            width=shot.width,
            height=shot.height,
            bytes=shot.size,
            url=shown.url,
        )


class EntryDetailOut(JournalEntryOut):
    """An entry with its screenshots and its former texts, newest first."""

    screenshots: list[ScreenshotOut]
    former: list[FormerTextOut]

    @classmethod
    def of(
        cls,
        shown: "ShownEntry",
        screenshots: "Sequence[ShownShot]",
        former: "Sequence[FormerText]",
    ) -> Self:
        """Show all of an entry."""
        return cls(
            **dict(JournalEntryOut.from_domain(shown)),
            screenshots=[ScreenshotOut.from_domain(one) for one in screenshots],
            former=[FormerTextOut.from_domain(one) for one in former],
        )


class HitOut(Answer):
    """What a search found: an entry, or a trade by its own note, tags or instrument."""

    entry: JournalEntryOut | None
    trade_id: str | None

    @classmethod
    def from_domain(cls, hit: "Hit") -> Self:
        """Show one."""
        entry = JournalEntryOut.from_domain(hit.entry) if hit.entry else None
        return cls(entry=entry, trade_id=hit.trade_id)


class ScreenshotIn(Request):
    """A file that is about to come: its type, size in bytes and SHA-256 in hex."""

    type: str = Field(max_length=100, json_schema_extra={"enum": [one.value for one in ImageType]})
    bytes: int = Field(ge=1, le=100 * MAX_BYTES)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    caption: Annotated[str, optional_line(MAX_CAPTION)] = Field(default="", max_length=MAX_CAPTION)


class UploadOut(Answer):
    """A form to be sent as multipart/form-data: all `fields`, and then the file as `file`."""

    url: str
    fields: dict[str, str]


class ScreenshotAskedOut(Answer):
    """The screenshot that waits for its file, and where that goes within ten minutes."""

    id: str
    upload: UploadOut

    @classmethod
    def of(cls, shot: "Screenshot", upload: "Upload") -> Self:
        """Show both."""
        return cls(id=shot.id, upload=UploadOut(url=upload.url, fields=dict(upload.fields)))
