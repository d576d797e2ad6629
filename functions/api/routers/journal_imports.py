"""Imports of files: uploaded, checked, committed, undone (journal, page part 2)."""

from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import APIRouter, Depends, Query, status
from fastapi.responses import Response

from functions.api.dependencies import CauseDep, Now, Owner, access
from functions.api.pages import PagingDep
from functions.api.queries import IdPath
from functions.api.routers.journal_import_schemas import (
    CheckIn,
    CommitIn,
    ImportBegunOut,
    ImportDetailOut,
    ImportIn,
    ImportOut,
    IssueOut,
    PresetOut,
)
from functions.api.schemas import PageOut
from nightdesk import bootstrap
from nightdesk.core.cells import line
from nightdesk.core.ids import UserId
from nightdesk.journal.presets import template
from nightdesk.journal.trade_import import preset_list

if TYPE_CHECKING:
    from nightdesk.journal.trade_import import (
        ListImports,
        ReadImport,
        RequestCheck,
        RequestCommit,
        RequestUndo,
        StartImport,
    )
    from nightdesk.journal.unplaced_reading import ReadUnplaced

router = APIRouter(prefix="/api/journal/imports", tags=["journal"])

StartImportCall = Annotated["StartImport", Depends(bootstrap.start_import)]
ListImportsCall = Annotated["ListImports", Depends(bootstrap.list_imports)]
ReadImportCall = Annotated["ReadImport", Depends(bootstrap.read_import)]
ReadUnplacedCall = Annotated["ReadUnplaced", Depends(bootstrap.read_unplaced)]
RequestCheckCall = Annotated["RequestCheck", Depends(bootstrap.request_import_check)]
RequestCommitCall = Annotated["RequestCommit", Depends(bootstrap.request_import_commit)]
RequestUndoCall = Annotated["RequestUndo", Depends(bootstrap.request_import_undo)]

CSV = "text/csv; charset=utf-8"
COLUMNS = ("row", "column", "value", "code", "severity", "hint")
MOST_PARTS = 20
"""Thousands of issues that a file of them holds: an answer has its bounds."""


@router.get("/presets")
async def presets() -> PageOut[PresetOut]:
    """List the formats that are known by their header."""
    items = [PresetOut.from_domain(one) for one in preset_list()]
    return PageOut[PresetOut](items=items, next_cursor=None)


@router.get(
    "/template.csv",
    response_class=Response,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
)
async def template_file() -> Response:
    """Give the own format as a file: its header and one made-up row."""
    headers = {"Content-Disposition": 'attachment; filename="nightdesk-template.csv"'}
    return Response(template(), media_type=CSV, headers=headers)


@router.post(
    "", status_code=status.HTTP_201_CREATED, openapi_extra=access(once=True, limit="heavy")
)
async def start(
    body: ImportIn, owner: Owner, call: StartImportCall, cause: CauseDep
) -> ImportBegunOut:
    """Begin an import: the answer has a form to post the file with.

    Refused with `FILE_TOO_LARGE`, `UNREADABLE_FILE` for no bytes, `UNKNOWN_PRESET`,
    `MAPPING_INCOMPLETE`, `BAD_FORMAT` for a zone that there is not.
    """
    begun, upload = call(
        owner,
        filename=body.filename,
        size=body.bytes,
        account=body.account,
        chosen=body.preset,
        mapping=body.mapping,
        zone=body.zone,
        cause=cause.name,
        now=cause.at,
    )
    return ImportBegunOut.of(begun, upload)


@router.get("")
async def imports(owner: Owner, call: ListImportsCall, paging: PagingDep) -> PageOut[ImportOut]:
    """List your imports, newest first."""
    return paging.out(call(owner, limit=paging.limit, after=paging.after), ImportOut.from_domain)


@router.get("/{import_id}")
async def import_(
    import_id: IdPath, owner: Owner, call: ReadImportCall, left: ReadUnplacedCall
) -> ImportDetailOut:
    """Show where an import stands, what its check found, and the first 20 lines."""
    found, summary = call(owner, import_id)
    books = [(one.account, one.instrument) for one in summary.touched]
    return ImportDetailOut.of(found, summary, left.touched(owner, books))


@router.delete("/{import_id}", status_code=status.HTTP_202_ACCEPTED)
async def undo(import_id: IdPath, owner: Owner, call: RequestUndoCall, now: Now) -> ImportOut:
    """Undo: take back what this import alone brought; what you wrote of its trades stays.

    `IMPORT_STATE` while it is being checked or committed, and when it is undone already.
    """
    return ImportOut.from_domain(call(owner, import_id, now=now))


@router.post("/{import_id}/check", status_code=status.HTTP_202_ACCEPTED)
async def check(
    import_id: IdPath, body: CheckIn, owner: Owner, call: RequestCheckCall, now: Now
) -> ImportOut:
    """Ask for a dry run: nothing is written but its report.

    Refused with `NOT_UPLOADED`, `IMPORT_STATE`, and what is wrong with the file as a whole:
    `UNREADABLE_FILE`, `FILE_TOO_LARGE`, `MAPPING_INCOMPLETE`, `UNKNOWN_PRESET`, `BAD_FORMAT`.
    """
    asked = call(
        owner,
        import_id,
        chosen=body.preset,
        mapping=body.mapping,
        overrides=body.overrides.to_domain() if body.overrides else None,
        save_as=body.save_as,
        now=now,
    )
    return ImportOut.from_domain(asked)


@router.post(
    "/{import_id}/commit",
    status_code=status.HTTP_202_ACCEPTED,
    openapi_extra=access(once=True),
)
async def commit(
    import_id: IdPath, body: CommitIn, owner: Owner, call: RequestCommitCall, cause: CauseDep
) -> ImportOut:
    """Ask that what the check found be written, each row once.

    `IMPORT_STATE` unless it was checked, `MAPPING_INCOMPLETE` while nobody has named its columns,
    `OUT_OF_RANGE` for more than 10,000 lines to accept.
    """
    asked = call(owner, import_id, accept_possible=body.accept_possible, now=cause.at)
    return ImportOut.from_domain(asked)


@router.get(
    "/{import_id}/issues",
    response_model=PageOut[IssueOut],
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
)
async def issues(
    import_id: IdPath,
    owner: Owner,
    call: ReadImportCall,
    paging: PagingDep,
    written: Annotated[Literal["json", "csv"], Query(alias="format")] = "json",
) -> PageOut[IssueOut] | Response:
    """List what is wrong with lines of the file; as CSV the first 20,000 at once."""
    if written == "csv":
        return Response(_csv(call, owner, import_id), media_type=CSV)
    found = call.issues(owner, import_id, after=paging.after, limit=paging.limit)
    return paging.out(found, IssueOut.from_domain)


def _csv(call: "ReadImport", owner: UserId, import_id: str) -> str:
    lines = [line(COLUMNS)]
    after: str | None = None
    for _ in range(MOST_PARTS):
        page = call.issues(owner, import_id, after=after)
        lines += [
            line((one.row, one.column, one.value, one.code.value, one.severity.value, one.hint))
            for one in page.items
        ]
        after = page.next_key
        if after is None:
            break
    return "".join(lines)
