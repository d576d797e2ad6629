"""Bodies and answers of the routes of the journal's exports."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field

from functions.api.queries import UtcMoment
from functions.api.routers.journal_schemas import Filters
from functions.api.schemas import Answer, Lax, Moment, Request
from nightdesk.core.errors import Invalid
from nightdesk.journal.export_job import ExportKind, JobStatus
from nightdesk.journal.export_options import LONGEST, ExportOptions, Numbers
from nightdesk.journal.saved_metric import Basis, Unit
from nightdesk.journal.spans import FIRST

if TYPE_CHECKING:
    from nightdesk.journal.export_job import ExportJob
    from nightdesk.journal.place import Place


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, ZoneInfoNotFoundError) as error:
        raise ValueError("there is no such time zone") from error
    return name


Zone = Annotated[
    str,
    Field(max_length=60, pattern=r"^[A-Za-z0-9_+/-]+$", examples=["Europe/Vienna"]),
    AfterValidator(_zone),
]


class JournalExportIn(Request):
    """What is wanted. Without `from` ten years back, without `to` up to the end of the day.

    `filters` narrow trades; `zone` is yours unless said; `numbers` are how CSV and PDF write them.
    `unit` and `basis` are for the report.
    """

    kind: Lax[ExportKind]
    since: Lax[UtcMoment] | None = Field(default=None, alias="from")
    until: Lax[UtcMoment] | None = Field(default=None, alias="to")
    filters: Filters
    zone: Zone | None = None
    numbers: Lax[Numbers] = Numbers.PLAIN
    unit: Lax[Unit] = Unit.MONEY
    basis: Lax[Basis] = Basis.NET

    def options(self, place: "Place", now: datetime) -> ExportOptions:
        """Build the noun. Raises Invalid `BAD_RANGE`."""
        return options_of(
            self.since,
            self.until,
            zone=self.zone or place.zone,
            numbers=self.numbers,
            unit=self.unit,
            basis=self.basis,
            filters={name: tuple(sorted(some)) for name, some in self.filters.items()},
            place=place,
            now=now,
        )


def options_of(
    since: datetime | None,
    until: datetime | None,
    *,
    zone: str,
    numbers: Numbers,
    unit: Unit = Unit.MONEY,
    basis: Basis = Basis.NET,
    filters: Mapping[str, tuple[str, ...]],
    place: "Place",
    now: datetime,
) -> ExportOptions:
    """Return the options of an export. Raises Invalid `BAD_RANGE`.

    Without an end it is that of the owner's day: asked again on the same day it is the same.
    """
    end = min(until or place.bounds(place.day(now))[1], place.bounds(place.day(now))[1])
    begin = since or max(end, FIRST) - LONGEST
    if not begin < end or end - begin > LONGEST:
        raise Invalid("BAD_RANGE", "`from` is before `to`, at most ten years.", field="from")
    return ExportOptions(
        since=begin,
        until=end,
        zone=zone,
        numbers=numbers,
        unit=unit,
        basis=basis,
        open_too=until is None,
        filters=filters,
    )


class JournalExportOut(Answer):
    """An export: `queued`, `running`, `ready`, `failed` or `expired`; `progress` is percent.

    `url` is there while it is `ready`, made anew at each request and good for ten minutes. `bytes`
    and `sha256` are those of the file.
    """

    id: str
    kind: ExportKind
    status: JobStatus
    progress: int
    asked_at: Moment
    finished_at: Moment | None
    kept_until: Moment
    filename: str
    bytes: int | None
    sha256: str | None
    url: str | None

    @classmethod
    def from_domain(cls, job: "ExportJob", url: str | None = None) -> Self:
        """Show an export and its link."""
        return cls(
            id=job.id,
            kind=job.kind,
            status=job.status,
            progress=job.progress,
            asked_at=job.asked_at,
            finished_at=job.finished_at,
            kept_until=job.until,
            filename=job.kind.file.name,
            bytes=job.size,
            sha256=job.sha256,
            url=url,
        )
