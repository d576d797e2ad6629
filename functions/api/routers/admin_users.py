"""Users, for administrators (accounts, page part 13). Nothing here shows what a user keeps."""

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Query, status

from functions.api.dependencies import CauseDep, Now, OriginDep, access
from functions.api.pages import PagingDep
from functions.api.queries import IdPath
from functions.api.routers.admin_user_schemas import (
    BlockedOut,
    EndedOut,
    ForcedLogoutIn,
    LimitIn,
    ManagedOut,
    ReasonIn,
    RemovalIn,
    RoleIn,
    TemporaryOut,
    UserLimitsOut,
    UserViewOut,
)
from functions.api.routers.privacy_schemas import DeletionOut
from functions.api.schemas import PageOut
from nightdesk import bootstrap
from nightdesk.accounts.directory import Sifted
from nightdesk.accounts.identity import AccountStatus, Role
from nightdesk.accounts.limits import LimitClass
from nightdesk.core.errors import Conflict
from nightdesk.core.ids import UserId

if TYPE_CHECKING:
    from nightdesk.accounts.administering import BlockUser, ChangeRole, LimitUser, UnblockUser
    from nightdesk.accounts.deletion import RequestDeletion
    from nightdesk.accounts.overview import ListUsers, ShowUser
    from nightdesk.accounts.password_change import ResetPasswordByAdmin
    from nightdesk.accounts.session import LogoutEverywhere

admin = APIRouter(prefix="/api/admin/users", tags=["admin"])

ListUsersCall = Annotated["ListUsers", Depends(bootstrap.list_users)]
ShowUserCall = Annotated["ShowUser", Depends(bootstrap.show_user)]
BlockCall = Annotated["BlockUser", Depends(bootstrap.block_user)]
UnblockCall = Annotated["UnblockUser", Depends(bootstrap.unblock_user)]
ResetCall = Annotated["ResetPasswordByAdmin", Depends(bootstrap.reset_password_by_admin)]
LogoutCall = Annotated["LogoutEverywhere", Depends(bootstrap.logout_everywhere)]
RoleCall = Annotated["ChangeRole", Depends(bootstrap.change_role)]
LimitCall = Annotated["LimitUser", Depends(bootstrap.limit_user)]
RemoveCall = Annotated["RequestDeletion", Depends(bootstrap.request_deletion)]

NameFilter = Annotated[
    str | None,
    Query(
        alias="query",
        min_length=1,
        max_length=32,
        pattern=r"^[A-Za-z0-9_.-]*$",
        description="Username begins with this.",
    ),
]
StatusFilter = Annotated[
    AccountStatus | None, Query(alias="status", description="Of this status alone.")
]
READS = access(role=Role.ADMIN)
WRITES = access(role=Role.ADMIN, elevated=True)


@admin.get("", openapi_extra=READS)
async def users(
    call: ListUsersCall,
    paging: PagingDep,
    now: Now,
    *,
    query: NameFilter = None,
    state: StatusFilter = None,
) -> PageOut[UserViewOut]:
    """Show who is there, oldest first."""
    wanted = Sifted(query=query, status=state)
    found = call(wanted, now, limit=paging.limit, after=paging.after)
    return paging.out(found, UserViewOut.from_domain)


@admin.get("/{user_id}", openapi_extra=READS)
async def user(user_id: IdPath, call: ShowUserCall, origin: OriginDep, now: Now) -> UserViewOut:
    """Show one user. The user finds that in their audit log."""
    return UserViewOut.from_domain(call(UserId(user_id), origin, now))


@admin.post("/{user_id}/block", openapi_extra=WRITES)
async def block(
    user_id: IdPath, body: ReasonIn, call: BlockCall, origin: OriginDep, now: Now
) -> BlockedOut:
    """Shut a user out from the next request on, and pause their bots; exits go on."""
    return BlockedOut(bots_paused=call(UserId(user_id), body.reason, origin, now))


@admin.post("/{user_id}/unblock", openapi_extra=WRITES)
async def unblock(
    user_id: IdPath, body: ReasonIn, call: UnblockCall, origin: OriginDep, now: Now
) -> ManagedOut:
    """Let a user in again. They sign in anew, and resume their bots themselves."""
    return ManagedOut.from_domain(call(UserId(user_id), body.reason, origin, now))


@admin.post(
    "/{user_id}/reset-password",
    openapi_extra=access(role=Role.ADMIN, elevated=True, secret=True),
)
async def reset_password(
    user_id: IdPath, call: ResetCall, origin: OriginDep, now: Now
) -> TemporaryOut:
    """Give a user a password for one login, at which they choose another. Shown once."""
    return TemporaryOut(temporary_password=call(UserId(user_id), origin, now))


@admin.post("/{user_id}/logout", openapi_extra=WRITES)
async def logout(
    user_id: IdPath,
    call: LogoutCall,
    origin: OriginDep,
    now: Now,
    body: ForcedLogoutIn | None = None,
) -> EndedOut:
    """End every session of a user, with `include_tokens` also their API tokens."""
    if origin.actor == user_id:
        raise Conflict("SELF", "End your own sessions with POST /api/auth/logout-all.")
    tokens = body is not None and body.include_tokens
    return EndedOut(sessions_ended=call(UserId(user_id), origin, now, include_tokens=tokens))


@admin.post("/{user_id}/role", openapi_extra=WRITES)
async def role(
    user_id: IdPath, body: RoleIn, call: RoleCall, origin: OriginDep, now: Now
) -> ManagedOut:
    """Make an administrator of a user, or a trader of an administrator; never of the last one."""
    return ManagedOut.from_domain(call(UserId(user_id), body.role, origin, now))


@admin.post("/{user_id}/limits", openapi_extra=WRITES)
async def limits(
    user_id: IdPath, body: LimitIn, call: LimitCall, origin: OriginDep, now: Now
) -> UserLimitsOut:
    """Give a user a rate limit of their own for one class of requests."""
    kind = LimitClass(body.class_)
    found = call(UserId(user_id), kind, body.per_minute, origin, now)
    return UserLimitsOut(limits=dict(found))


@admin.delete(
    "/{user_id}",
    status_code=status.HTTP_202_ACCEPTED,
    openapi_extra=access(role=Role.ADMIN, elevated=True, once=True),
)
async def remove(
    user_id: IdPath, body: RemovalIn, call: RemoveCall, origin: OriginDep, cause: CauseDep
) -> DeletionOut:
    """Shut an account and erase what is personal in it; trades and their records stay."""
    deletion = call(
        UserId(user_id),
        confirm=body.confirm,
        flatten=body.flatten,
        origin=origin,
        cause=cause.name,
        now=cause.at,
        immediate=body.immediate,
        reason=body.reason,
    )
    return DeletionOut.from_domain(deletion)
