"""Exports of the journal: asked for, made by a machine, fetched by a link (journal, part 8)."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Query, status
from fastapi.responses import Response

from functions.api.dependencies import CauseDep, Now, Owner, access
from functions.api.errors import HttpRefusal
from functions.api.pages import PagingDep
from functions.api.queries import IdPath
from functions.api.routers.journal_export_schemas import (
    JournalExportIn,
    JournalExportOut,
    options_of,
)
from functions.api.schemas import PageOut
from functions.api.trade_filters import Filtered
from nightdesk import bootstrap
from nightdesk.core.money import fixed
from nightdesk.journal.export_job import FILES, ExportKind, JobStatus
from nightdesk.journal.export_options import Numbers
from nightdesk.journal.trade_filters import TradeFilters

if TYPE_CHECKING:
    from nightdesk.journal.export_at_once import TradesAtOnce
    from nightdesk.journal.exporting import AskExport, ReadExports, RemoveExport
    from nightdesk.journal.preferring import ReadPlace

router = APIRouter(prefix="/api/journal/exports", tags=["journal"])

AskExportCall = Annotated["AskExport", Depends(bootstrap.ask_journal_export)]
ReadExportsCall = Annotated["ReadExports", Depends(bootstrap.read_journal_exports)]
RemoveExportCall = Annotated["RemoveExport", Depends(bootstrap.remove_journal_export)]
TradesAtOnceCall = Annotated["TradesAtOnce", Depends(bootstrap.trades_at_once)]
PlaceCall = Annotated["ReadPlace", Depends(bootstrap.journal_place)]

CSV = FILES[ExportKind.TRADES]


@router.post(
    "", status_code=status.HTTP_202_ACCEPTED, openapi_extra=access(once=True, limit="heavy")
)
async def ask_export(
    body: JournalExportIn, owner: Owner, call: AskExportCall, place: PlaceCall, cause: CauseDep
) -> JournalExportOut:
    """Ask for a file of your journal; one of a kind is made at a time, else `EXPORT_RUNNING`.

    Asked again for the same it has the same bytes. `BAD_RANGE` for more than ten years.
    """
    options = body.options(place(owner, cause.at), cause.at)
    job = call(owner, body.kind, options, cause=cause.name, now=cause.at)
    return JournalExportOut.from_domain(job)


@router.get("")
async def list_exports(
    owner: Owner, call: ReadExportsCall, paging: PagingDep, now: Now
) -> PageOut[JournalExportOut]:
    """List your exports, newest first, without links."""
    found = call.page(owner, limit=paging.limit, after=paging.after, now=now)
    return paging.out(found, JournalExportOut.from_domain)


@router.get(
    "/trades.csv",
    response_class=Response,
    responses={
        200: {"content": {"text/csv": {"schema": {"type": "string"}}}},
        413: {"description": "`TOO_MANY_TRADES`: more than 5,000, or 5 MB; ask for an export."},
    },
)
async def trades_at_once(
    *,
    owner: Owner,
    call: TradesAtOnceCall,
    place: PlaceCall,
    filters: Filtered,
    now: Now,
    numbers: Annotated[Numbers, Query(description="`de-AT`: `;` and decimal comma.")] = (
        Numbers.PLAIN
    ),
) -> Response:
    """Give trades as CSV at once, at most 5,000 and 5 MB."""
    where = place(owner, now)
    options = options_of(
        filters.since,
        filters.until,
        zone=where.zone,
        numbers=numbers,
        filters=_as_text(filters),
        place=where,
        now=now,
    )
    content = call(owner, options)
    if content is None:
        raise HttpRefusal(
            413, "TOO_MANY_TRADES", "More than 5,000 trades or 5 MB: ask for an export."
        )
    headers = {"Content-Disposition": f'attachment; filename="{CSV.name}"'}
    return Response(content, media_type=CSV.media, headers=headers)


@router.get("/{job_id}", responses={410: {"description": "`EXPORT_EXPIRED`: it is gone."}})
async def read_export(
    job_id: IdPath, owner: Owner, call: ReadExportsCall, now: Now
) -> JournalExportOut:
    """Show how an export stands, with a fresh link once it is ready.

    One that is `failed` is asked for again; one without a sign of life for 20 minutes has failed.
    """
    job, url = call(owner, job_id, now)
    if job.status is JobStatus.EXPIRED:
        raise HttpRefusal(410, "EXPORT_EXPIRED", "It was kept for seven days: ask for another.")
    return JournalExportOut.from_domain(job, url)


@router.delete("/{job_id}", status_code=status.HTTP_204_NO_CONTENT)
async def remove_export(job_id: IdPath, owner: Owner, call: RemoveExportCall, now: Now) -> None:
    """Remove what was made before its time is over; `EXPORT_RUNNING` while it is being made."""
    call(owner, job_id, now)


def _as_text(filters: TradeFilters) -> Mapping[str, tuple[str, ...]]:
    """Return filters as an export keeps them."""
    found = {name: tuple(sorted(some)) for name, some in filters.any_of.items()}
    found["by"] = (filters.by.value,)
    for name, bound in (("min_r", filters.min_r), ("max_r", filters.max_r)):
        if bound is not None:
            found[name] = (fixed(bound),)
    return found
