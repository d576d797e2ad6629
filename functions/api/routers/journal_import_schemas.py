"""Bodies and answers of the imports routes."""

from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import Field, model_validator

from functions.api.routers.journal_cash_schemas import UnplacedOut
from functions.api.routers.journal_entry_schemas import UploadOut
from functions.api.routers.journal_schemas import one_line, optional_line
from functions.api.schemas import Answer, DecimalText, Moment, Request, SignedDecimalText
from nightdesk.journal.hand_fills import MAX_ACCOUNT
from nightdesk.journal.imported import MAX_ACCEPTED, Status
from nightdesk.journal.importing.issue import IssueCode, Severity
from nightdesk.journal.importing.layout import Overrides
from nightdesk.journal.trade_import import MAX_NAME
from nightdesk.trading.external import RecordKind
from nightdesk.trading.order import Side

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nightdesk.journal.imported import Import, Preview, Summary, Upload
    from nightdesk.journal.importing.issue import Issue
    from nightdesk.journal.unplaced import Unplaced

MOST_BYTES = 10**9
"""What a caller may say; a file over 10 MiB is refused by its own code."""
Cell = Annotated[str, Field(min_length=1, max_length=120, pattern=r"^[^\x00-\x1f\x7f]*$")]
Mapping = Annotated[
    dict[Annotated[str, Field(max_length=40)], Cell],
    Field(max_length=40, description="Names of columns, by what they tell."),
]
PresetId = Annotated[str, Field(pattern=r"^[a-z0-9_]{0,40}$")]
Zone = Annotated[str, Field(max_length=60, pattern=r"^[A-Za-z0-9_+/:-]*$")]


class PresetOut(Answer):
    """A format that is known by its header: columns with alternatives (`a|b`), in any order."""

    id: str
    title: str
    venue: str
    required: list[str]
    optional: list[str]
    note: str

    @classmethod
    def from_domain(cls, told: dict[str, Any]) -> Self:
        """Show one."""
        return cls(**told)


class ImportIn(Request):
    """A file that is about to come: CSV of at most 10 MiB.

    `preset` where you know it, or a `mapping` of your own; else the header tells. `zone` is that of
    times without one.
    """

    filename: Annotated[str, one_line(MAX_NAME)] = Field(min_length=1, max_length=MAX_NAME)
    bytes: int = Field(ge=0, le=MOST_BYTES)
    account: Annotated[str, one_line(MAX_ACCOUNT)] = Field(min_length=1, max_length=MAX_ACCOUNT)
    preset: PresetId = ""
    mapping: Mapping | None = None
    zone: Zone = ""

    @model_validator(mode="after")
    def _either(self) -> Self:
        if self.preset and self.mapping:
            raise ValueError("either a preset or a mapping")
        return self


class OverridesIn(Request):
    """What you say of the file in place of what is detected; empty: detect it."""

    delimiter: str = Field(default="", max_length=1)
    quote: str = Field(default="", max_length=1)
    encoding: str = Field(default="", max_length=20)
    decimal: str = Field(default="", max_length=1)
    zone: Zone = ""
    dates: str = Field(default="", max_length=5, description="`day` or `month` comes first.")

    def to_domain(self) -> Overrides:
        """Build the noun. Raises Invalid `BAD_FORMAT`."""
        return Overrides(
            delimiter=self.delimiter,
            quote=self.quote,
            encoding=self.encoding,
            decimal=self.decimal,
            zone=self.zone,
            dates=self.dates,
        )


class CheckIn(Request):
    """What the check is to go by; what is left out stays. `save_as` keeps the map by this name."""

    preset: PresetId | None = None
    mapping: Mapping | None = None
    overrides: OverridesIn | None = None
    save_as: Annotated[str, optional_line(MAX_NAME)] = Field(default="", max_length=MAX_NAME)


class CommitIn(Request):
    """Lines of possible duplicates that are to be taken all the same."""

    accept_possible: list[Annotated[int, Field(ge=1, le=10**7)]] = Field(
        default_factory=list, max_length=MAX_ACCEPTED
    )


class ImportOut(Answer):
    """An import. `counts`: rows, fills, movements, known, possible, issues; added and joined.

    `detected` is how the file is read, `guessed` what its columns probably tell; `reason` says
    why it has failed, or waits for a mapping.
    """

    id: str
    filename: str
    bytes: int
    account: str
    status: Status
    preset: str
    mapping: dict[str, str]
    detected: dict[str, str]
    guessed: dict[str, str]
    header: list[str]
    counts: dict[str, int]
    undoing: bool
    reason: str | None
    detail: str | None
    created_at: Moment
    updated_at: Moment

    @classmethod
    def from_domain(cls, one: "Import") -> Self:
        """Show one."""
        return cls(
            id=one.import_id,
            filename=one.filename,
            bytes=one.size,
            account=one.account,
            status=one.status,
            preset=one.preset,
            mapping=dict(one.mapping),
            detected=dict(one.detected),
            guessed=dict(one.guessed),
            header=list(one.header),
            counts=dict(one.counts),
            undoing=one.undoing,
            reason=one.reason or None,
            detail=one.detail or None,
            created_at=one.created_at,
            updated_at=one.updated_at,
        )


class ImportBegunOut(Answer):
    """The import, and where its file is posted within ten minutes: all `fields`, then `file`."""

    id: str
    upload: UploadOut

    @classmethod
    def of(cls, one: "Import", upload: "Upload") -> Self:
        """Show both."""
        return cls(id=one.import_id, upload=UploadOut(url=upload.url, fields=dict(upload.fields)))


class PreviewOut(Answer):
    """What a line became; `mark` says whether it is new, known or possibly known.

    `quantity` is base units of a fill, or what a movement moved of its asset.
    """

    row: int
    mark: str
    kind: RecordKind
    at: Moment
    account: str
    instrument: str | None
    side: Side | None
    quantity: SignedDecimalText
    price: DecimalText | None
    asset: str | None
    fee: SignedDecimalText
    fee_asset: str | None

    @classmethod
    def from_domain(cls, preview: "Preview") -> Self:
        """Show one."""
        record = preview.record
        return cls(
            row=preview.row,
            mark=preview.mark,
            kind=record.kind,
            at=record.at,
            account=record.account,
            instrument=record.instrument,
            side=record.side,
            quantity=record.quantity,
            price=record.price,
            asset=record.asset or None,
            fee=record.fee,
            fee_asset=record.fee_asset or None,
        )


class ImportDetailOut(ImportOut):
    """An import with the first 20 lines of its report, and the lines of possible duplicates.

    `unplaced` is what is in no trade now, of the accounts and instruments that its file names.
    """

    preview: list[PreviewOut]
    possible: list[int]
    unplaced: list[UnplacedOut]

    @classmethod
    def of(cls, one: "Import", summary: "Summary", unplaced: "Sequence[Unplaced]") -> Self:
        """Show all of it."""
        return cls(
            **dict(ImportOut.from_domain(one)),
            preview=[PreviewOut.from_domain(line) for line in summary.preview],
            possible=list(summary.possible),
            unplaced=[UnplacedOut.from_domain(row) for row in unplaced],
        )


class IssueOut(Answer):
    """What is wrong with a line of the file (the first is 1), and what to do about it."""

    row: int
    column: str
    value: str
    code: IssueCode
    severity: Severity
    hint: str

    @classmethod
    def from_domain(cls, issue: "Issue") -> Self:
        """Show one."""
        return cls(
            row=issue.row,
            column=issue.column,
            value=issue.value,
            code=issue.code,
            severity=issue.severity,
            hint=issue.hint,
        )
