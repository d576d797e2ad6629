"""Registration, sessions and the owner's account (accounts, page part 13)."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Response, status
from fastapi.responses import JSONResponse

from functions.api import limits
from functions.api.dependencies import Now, OriginDep, Owner, Who, access
from functions.api.queries import IdPath
from functions.api.routers.account_schemas import (
    AcceptedOut,
    AccountIn,
    AccountOut,
    InvitationIn,
    InvitationOut,
    KeySetOut,
    LoginIn,
    OpenInvitationOut,
    RefreshIn,
    RegisterIn,
    TokensOut,
    UserOut,
)
from functions.api.schemas import PageOut
from nightdesk import bootstrap
from nightdesk.accounts.identity import Role
from nightdesk.accounts.login import Attempt, Login
from nightdesk.accounts.ports import TokenSigner
from nightdesk.accounts.profile import Changes, UpdateAccount
from nightdesk.accounts.session import Refresh
from nightdesk.accounts.user import (
    Candidate,
    Invite,
    ListInvitations,
    ReadAccount,
    Register,
    WithdrawInvitation,
)

public = APIRouter(prefix="/api/auth", tags=["accounts"], dependencies=[Depends(limits.network)])
router = APIRouter(prefix="/api", tags=["accounts"])
admin = APIRouter(prefix="/api/admin", tags=["admin"])

RegisterCall = Annotated[Register, Depends(bootstrap.register)]
LoginCall = Annotated[Login, Depends(bootstrap.login)]
RefreshCall = Annotated[Refresh, Depends(bootstrap.refresh)]
ReadAccountCall = Annotated[ReadAccount, Depends(bootstrap.read_account)]
UpdateAccountCall = Annotated[UpdateAccount, Depends(bootstrap.update_account)]
ListInvitationsCall = Annotated[ListInvitations, Depends(bootstrap.list_invitations)]
WithdrawCall = Annotated[WithdrawInvitation, Depends(bootstrap.withdraw_invitation)]
InviteCall = Annotated[Invite, Depends(bootstrap.invite)]
Signer = Annotated[TokenSigner, Depends(bootstrap.token_signer)]


@public.post(
    "/register",
    status_code=status.HTTP_201_CREATED,
    response_model=UserOut,
    responses={202: {"model": AcceptedOut, "description": "Mail tells the rest."}},
)
async def register(
    body: RegisterIn, call: RegisterCall, origin: OriginDep, now: Now
) -> UserOut | Response:
    """Create the first admin with the operator token, or whom an invitation lets in.

    On a desk that is open to all, who has neither is answered 202, whatever comes of it.
    """
    candidate = Candidate(
        username=body.username,
        email=body.email,
        password=body.password.get_secret_value(),
        operator_token=body.operator_token,
        invitation=body.invitation,
    )
    made = call(candidate, origin, now)
    if made is None:
        return JSONResponse(AcceptedOut(mail=True).model_dump(), status.HTTP_202_ACCEPTED)
    return UserOut.from_domain(*made)


@public.post("/login")
async def login(body: LoginIn, call: LoginCall, origin: OriginDep, now: Now) -> TokensOut:
    """Exchange a password for an access token and a refresh token."""
    attempt = Attempt(
        email=body.email,
        password=body.password.get_secret_value(),
        otp=body.otp,
        recovery_code=body.recovery_code,
        device=body.device,
    )
    return TokensOut.from_domain(call(attempt, origin, now))


@public.post("/refresh")
async def refresh(body: RefreshIn, call: RefreshCall, origin: OriginDep, now: Now) -> TokensOut:
    """Exchange the refresh token for the next pair; each works once."""
    return TokensOut.from_domain(call(body.refresh_token, origin, now))


@public.get("/jwks.json")
async def jwks(signer: Signer, now: Now) -> KeySetOut:
    """Show the public halves of the signing keys."""
    return KeySetOut.model_validate({"keys": signer.public_keys(now)})


@router.get("/account", openapi_extra=access(open_early=True))
async def account(owner: Owner, call: ReadAccountCall) -> AccountOut:
    """Show the profile and what protects it."""
    return AccountOut.from_domain(*call(owner))


@router.patch("/account", openapi_extra=access(token="never"))
async def update_account(
    body: AccountIn, who: Who, call: UpdateAccountCall, origin: OriginDep, now: Now
) -> AccountOut:
    """Change the profile. A new address needs step-up, and counts once it is confirmed."""
    changes = Changes(
        version=body.version,
        display_name=body.display_name,
        locale=body.locale,
        time_zone=body.time_zone,
        currency=body.currency,
        email=body.email,
    )
    changed = call(who.owner, changes, elevated=who.elevated(now), origin=origin, now=now)
    return AccountOut.from_domain(*changed)


@admin.get("/invitations", openapi_extra=access(role=Role.ADMIN, token="never"))
async def invitations(call: ListInvitationsCall, now: Now) -> PageOut[OpenInvitationOut]:
    """Show who may still register. Tokens are not shown again."""
    found = [OpenInvitationOut.from_domain(each) for each in call(now)]
    return PageOut[OpenInvitationOut](items=found, next_cursor=None)


@admin.post(
    "/invitations",
    status_code=status.HTTP_201_CREATED,
    openapi_extra=access(role=Role.ADMIN, secret=True, elevated=True),
)
async def invite(
    body: InvitationIn, owner: Owner, call: InviteCall, origin: OriginDep, now: Now
) -> InvitationOut:
    """Invite somebody. The token is shown once."""
    life = timedelta(hours=body.hours)
    made = call(owner, origin, now, email=body.email, role=body.role, life=life)
    return InvitationOut.from_domain(*made)


@admin.delete(
    "/invitations/{invitation_id}",
    status_code=status.HTTP_204_NO_CONTENT,
    openapi_extra=access(role=Role.ADMIN),
)
async def withdraw(
    invitation_id: IdPath, owner: Owner, call: WithdrawCall, origin: OriginDep, now: Now
) -> None:
    """Take an invitation back."""
    call(owner, invitation_id, origin, now)
