"""The journal's entries: write, list, search, screenshots, insight (journal, page part 3)."""

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Query, status

from functions.api.dependencies import CauseDep, Now, Owner, access
from functions.api.pages import PagingDep
from functions.api.queries import ID, IdPath, Since, Until
from functions.api.routers.journal_entry_schemas import (
    EntryDetailOut,
    EntryEditIn,
    HitOut,
    JournalEntryIn,
    JournalEntryOut,
    ScreenshotAskedOut,
    ScreenshotIn,
)
from functions.api.schemas import PageOut
from nightdesk import bootstrap
from nightdesk.core.ids import TradeId
from nightdesk.journal.entry import LEAST, MOST, EntryKind
from nightdesk.journal.search import Wanted

if TYPE_CHECKING:
    from nightdesk.journal.entry_writing import (
        AddInsight,
        ChangeEntry,
        FindEntries,
        ReadEntry,
        WriteEntry,
    )
    from nightdesk.journal.picturing import (
        AskToUpload,
        RemoveEntry,
        RemoveScreenshot,
        ShowScreenshots,
    )
    from nightdesk.journal.trade_reading import ReadTrade

router = APIRouter(prefix="/api/journal/entries", tags=["journal"])

FindEntriesCall = Annotated["FindEntries", Depends(bootstrap.find_entries)]
ReadEntryCall = Annotated["ReadEntry", Depends(bootstrap.read_entry)]
WriteEntryCall = Annotated["WriteEntry", Depends(bootstrap.write_entry)]
ChangeEntryCall = Annotated["ChangeEntry", Depends(bootstrap.change_entry)]
RemoveEntryCall = Annotated["RemoveEntry", Depends(bootstrap.remove_entry)]
AddInsightCall = Annotated["AddInsight", Depends(bootstrap.add_insight)]
AskToUploadCall = Annotated["AskToUpload", Depends(bootstrap.ask_to_upload)]
ReadTradeCall = Annotated["ReadTrade", Depends(bootstrap.read_trade)]
ShowScreenshotsCall = Annotated["ShowScreenshots", Depends(bootstrap.show_screenshots)]
RemoveScreenshotCall = Annotated["RemoveScreenshot", Depends(bootstrap.remove_screenshot)]

Mood = Annotated[int | None, Query(ge=LEAST, le=MOST)]


async def wanted(
    *,
    owner: Owner,
    trade: ReadTradeCall,
    kind: Annotated[EntryKind | None, Query(description="Of this kind alone.")] = None,
    trade_id: Annotated[TradeId | None, Query(pattern=ID, description="Of this trade.")] = None,
    tag: Annotated[str | None, Query(pattern=ID, description="With this tag, by its id.")] = None,
    since: Since = None,
    until: Until = None,
    mood_min: Mood = None,
    mood_max: Mood = None,
) -> Wanted:
    """Return the filters of a list."""
    return Wanted(
        kind=kind,
        trade_ids=trade.ids(owner, trade_id) if trade_id else (),
        tag=tag,
        since=since,
        until=until,
        mood_min=mood_min,
        mood_max=mood_max,
    )


WantedDep = Annotated[Wanted, Depends(wanted)]


@router.get("")
async def entries(
    owner: Owner, call: FindEntriesCall, filters: WantedDep, paging: PagingDep
) -> PageOut[JournalEntryOut]:
    """List entries, newest first. A page may be short: `next_cursor` says whether more follow."""
    found = call(owner, filters, limit=paging.limit, after=paging.after)
    shown = [one.entry for one in found.items if one.entry]
    out = paging.out(found, HitOut.from_domain)
    items = [JournalEntryOut.from_domain(one) for one in shown]
    return PageOut[JournalEntryOut](items=items, next_cursor=out.next_cursor)


@router.post("", status_code=status.HTTP_201_CREATED)
async def write(
    body: JournalEntryIn, owner: Owner, call: WriteEntryCall, read: ReadEntryCall, cause: CauseDep
) -> JournalEntryOut:
    """Write an entry. `OUT_OF_RANGE` for a moment before 2009 or still to come."""
    entry = call(owner, body.to_domain(), cause=cause.name, now=cause.at)
    return JournalEntryOut.from_domain(read.show(entry))


@router.get("/search")
async def search(
    q: Annotated[str, Query(min_length=2, max_length=100, description="Words; all must match.")],
    owner: Owner,
    call: FindEntriesCall,
    filters: WantedDep,
    paging: PagingDep,
) -> PageOut[HitOut]:
    """Search titles, bodies, notes, tags and instruments, newest first.

    All words must match, the last one as a beginning; case and accents count for nothing. More
    than twenty words are refused with `OUT_OF_RANGE`.
    """
    asked = filters.saying(q)
    return paging.out(
        call(owner, asked, limit=paging.limit, after=paging.after), HitOut.from_domain
    )


@router.get("/{entry_id}")
async def entry(
    entry_id: IdPath, owner: Owner, read: ReadEntryCall, pictures: ShowScreenshotsCall, now: Now
) -> EntryDetailOut:
    """Show an entry with its screenshots, and what it said in the last 30 days."""
    shown = read(owner, entry_id)
    former = read.former(owner, entry_id, now=now)
    return EntryDetailOut.of(shown, pictures(owner, entry_id), former)


@router.put("/{entry_id}")
async def change(
    *,
    entry_id: IdPath,
    body: EntryEditIn,
    owner: Owner,
    call: ChangeEntryCall,
    read: ReadEntryCall,
    now: Now,
) -> JournalEntryOut:
    """Write an entry anew; what it said before is kept for 30 days."""
    changed = call(owner, entry_id, body.text(), version=body.version, now=now)
    return JournalEntryOut.from_domain(read.show(changed))


@router.delete("/{entry_id}", status_code=status.HTTP_204_NO_CONTENT)
async def remove(entry_id: IdPath, owner: Owner, call: RemoveEntryCall, now: Now) -> None:
    """Remove an entry and its screenshots; a copy of your data has its text for 30 days."""
    call(owner, entry_id, now=now)


@router.post("/{entry_id}/screenshots", status_code=status.HTTP_201_CREATED)
async def add_screenshot(
    entry_id: IdPath, body: ScreenshotIn, owner: Owner, call: AskToUploadCall, cause: CauseDep
) -> ScreenshotAskedOut:
    """Ask for a form to upload one image by: PNG, JPEG or WebP, at most 5 MiB.

    What comes is made anew without metadata. Refused with `IMAGE_TYPE` for another type,
    `FILE_TOO_LARGE`, `SCREENSHOT_LIMIT` beyond ten.
    """
    shot, upload = call(
        owner,
        entry_id,
        kind=body.type,
        size=body.bytes,
        sha256=body.sha256,
        caption=body.caption,
        cause=cause.name,
        now=cause.at,
    )
    return ScreenshotAskedOut.of(shot, upload)


@router.delete("/{entry_id}/screenshots/{screenshot_id}", status_code=status.HTTP_204_NO_CONTENT)
async def remove_screenshot(
    entry_id: IdPath, screenshot_id: IdPath, owner: Owner, call: RemoveScreenshotCall
) -> None:
    """Remove a screenshot."""
    call(owner, entry_id, screenshot_id)


@router.post("/{entry_id}/insight", openapi_extra=access(limit="ai"))
async def insight(
    entry_id: IdPath, owner: Owner, call: AddInsightCall, read: ReadEntryCall, now: Now
) -> JournalEntryOut:
    """Put beside an entry what the rules say of its trade: facts, and up to three suggestions.

    Of an entry without a trade both are empty.
    """
    return JournalEntryOut.from_domain(read.show(call(owner, entry_id, now=now)))
