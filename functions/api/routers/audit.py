"""The audit log (accounts, page parts 9 and 13)."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Query

from functions.api.dependencies import Now, OriginDep, Owner, access
from functions.api.pages import PagingDep
from functions.api.queries import ID, Since, Until
from functions.api.routers.audit_schemas import AnAction, EntryOut
from functions.api.schemas import PageOut
from nightdesk import bootstrap
from nightdesk.accounts.anchor import KEPT
from nightdesk.accounts.audit import Severity
from nightdesk.accounts.identity import Role
from nightdesk.accounts.sought import Sought
from nightdesk.core.ids import UserId

if TYPE_CHECKING:
    from nightdesk.accounts.audit_log import QueryAudit, QueryAuditEvents

router = APIRouter(prefix="/api/audit", tags=["audit"])
admin = APIRouter(prefix="/api/admin/audit", tags=["admin"])

QueryAuditCall = Annotated["QueryAudit", Depends(bootstrap.query_audit)]
QueryAuditEventsCall = Annotated["QueryAuditEvents", Depends(bootstrap.query_audit_events)]

YEAR = timedelta(days=365)
MONTH = timedelta(days=31)

ActionFilter = Annotated[
    AnAction | None, Query(alias="action", description="What was done, this alone.")
]
SeverityFilter = Annotated[
    Severity | None, Query(alias="severity", description="Of this severity alone.")
]
TargetFilter = Annotated[
    str | None, Query(alias="target", pattern=ID, description="Done to the thing with this id.")
]
ActorFilter = Annotated[
    str | None, Query(alias="actor", pattern=ID, description="Done by whoever has this id.")
]
UserFilter = Annotated[
    str | None,
    Query(alias="user_id", pattern=ID, description="In this user's account; `SYSTEM`: the desk."),
]


@router.get("")
async def own(
    *,
    owner: Owner,
    call: QueryAuditCall,
    paging: PagingDep,
    now: Now,
    action: ActionFilter = None,
    severity: SeverityFilter = None,
    target: TargetFilter = None,
    actor: ActorFilter = None,
    since: Since = None,
    until: Until = None,
) -> PageOut[EntryOut]:
    """List what was done in your account, newest first; without `from` a year back.

    With filters a page may be short while there are more: go on until `next_cursor` is null.
    """
    first, last = _span(since, until, now, YEAR)
    sought = Sought(
        since=first, until=last, action=action, severity=severity, target=target, actor=actor
    )
    found = call(owner, sought, limit=paging.limit, after=paging.after)
    return paging.out(found, EntryOut.from_domain)


@admin.get("/events", openapi_extra=access(role=Role.ADMIN))
async def events(
    *,
    origin: OriginDep,
    call: QueryAuditEventsCall,
    paging: PagingDep,
    now: Now,
    user_id: UserFilter = None,
    action: ActionFilter = None,
    severity: SeverityFilter = None,
    target: TargetFilter = None,
    actor: ActorFilter = None,
    since: Since = None,
    until: Until = None,
) -> PageOut[EntryOut]:
    """List a user's entries, or without `user_id` the warning and critical ones of all.

    Newest first; without `from` a year back for a user, a month for all. Looking at a user leaves
    an entry in both logs. Over all users the words stay sealed.
    """
    first, last = _span(since, until, now, YEAR if user_id else MONTH)
    sought = Sought(
        since=first, until=last, action=action, severity=severity, target=target, actor=actor
    )
    user = UserId(user_id) if user_id else None
    found = call(user, sought, origin=origin, now=now, limit=paging.limit, after=paging.after)
    return paging.out(found, EntryOut.from_domain)


def _span(
    since: datetime | None, until: datetime | None, now: datetime, back: timedelta
) -> tuple[datetime, datetime]:
    """Return the first moment and the one after the last: between now and the oldest entries.

    What was done at this very moment is in.
    """
    oldest, present = now - KEPT, now + timedelta(milliseconds=1)
    last = min(until or present, present)
    return max(since or max(last, oldest + back) - back, oldest), last
