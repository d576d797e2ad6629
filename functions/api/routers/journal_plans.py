"""The journal's plans of days (journal, page part 3)."""

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends

from functions.api.dependencies import CauseDep, Now, Owner
from functions.api.pages import PagingDep
from functions.api.routers.journal_plan_schemas import DayPlanOut, NoteIn, PlanIn
from functions.api.routers.journal_schemas import DayFrom, DayPath, DayUntil
from functions.api.schemas import PageOut
from nightdesk import bootstrap

if TYPE_CHECKING:
    from nightdesk.journal.planning import LockPlan, NotePlan, ReadPlan, WritePlan

router = APIRouter(prefix="/api/journal/plans", tags=["journal"])

ReadPlanCall = Annotated["ReadPlan", Depends(bootstrap.read_plan)]
WritePlanCall = Annotated["WritePlan", Depends(bootstrap.write_plan)]
LockPlanCall = Annotated["LockPlan", Depends(bootstrap.lock_plan)]
NotePlanCall = Annotated["NotePlan", Depends(bootstrap.note_plan)]


@router.get("")
async def plans(
    *,
    owner: Owner,
    read: ReadPlanCall,
    paging: PagingDep,
    now: Now,
    since: DayFrom = None,
    until: DayUntil = None,
) -> PageOut[DayPlanOut]:
    """List plans with their verdicts, newest day first; `from` and `to` are days, both counted."""
    found = read.page(owner, since, until, now=now, limit=paging.limit, after=paging.after)
    return paging.out(found, DayPlanOut.from_domain)


@router.get("/{day}")
async def plan(day: DayPath, owner: Owner, read: ReadPlanCall, now: Now) -> DayPlanOut:
    """Show a day's plan, what locked it, and the verdict once the day is over.

    A day without a plan is no error: its verdict is `no_plan`.
    """
    return DayPlanOut.from_domain(read(owner, day, now))


@router.put("/{day}")
async def write_plan(
    *, day: DayPath, body: PlanIn, owner: Owner, call: WritePlanCall, read: ReadPlanCall, now: Now
) -> DayPlanOut:
    """Write the plan of a day up to 14 days ahead, until it is locked.

    Then it is `PLAN_LOCKED`, and further ahead `FUTURE_TOO_FAR`. A first plan has `version` 0.
    """
    written = call(owner, day, body.to_domain(), version=body.version, now=now)
    return DayPlanOut.from_domain(read.show(written, now))


@router.post("/{day}/lock")
async def lock_plan(
    day: DayPath, owner: Owner, call: LockPlanCall, read: ReadPlanCall, cause: CauseDep
) -> DayPlanOut:
    """Lock a plan by hand; from then on only notes are added. One that is locked stays so."""
    return DayPlanOut.from_domain(read.show(call(owner, day, now=cause.at), cause.at))


@router.post("/{day}/note")
async def note_plan(
    *,
    day: DayPath,
    body: NoteIn,
    owner: Owner,
    call: NotePlanCall,
    read: ReadPlanCall,
    cause: CauseDep,
) -> DayPlanOut:
    """Add a note to a plan, locked or not; `NOTE_LIMIT` beyond 20."""
    noted = call(owner, day, body.text, now=cause.at)
    return DayPlanOut.from_domain(read.show(noted, cause.at))
