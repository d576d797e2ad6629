"""Registration, sessions and the owner's account (accounts, page part 13)."""

from typing import Annotated

from fastapi import APIRouter, Depends, status

from functions.api.dependencies import Now, OriginDep, Owner, access
from functions.api.routers.account_schemas import (
    AccountOut,
    InvitationIn,
    InvitationOut,
    KeySetOut,
    LoginIn,
    RefreshIn,
    RegisterIn,
    TokensOut,
    UserOut,
)
from nightdesk import bootstrap
from nightdesk.accounts.identity import Role
from nightdesk.accounts.login import Attempt, Login
from nightdesk.accounts.ports import TokenSigner
from nightdesk.accounts.session import Refresh
from nightdesk.accounts.user import Candidate, Invite, ReadAccount, Register

public = APIRouter(prefix="/api/auth", tags=["accounts"])
router = APIRouter(prefix="/api", tags=["accounts"])
admin = APIRouter(prefix="/api/admin", tags=["admin"])

RegisterCall = Annotated[Register, Depends(bootstrap.register)]
LoginCall = Annotated[Login, Depends(bootstrap.login)]
RefreshCall = Annotated[Refresh, Depends(bootstrap.refresh)]
ReadAccountCall = Annotated[ReadAccount, Depends(bootstrap.read_account)]
InviteCall = Annotated[Invite, Depends(bootstrap.invite)]
Signer = Annotated[TokenSigner, Depends(bootstrap.token_signer)]


@public.post("/register", status_code=status.HTTP_201_CREATED)
async def register(body: RegisterIn, call: RegisterCall, now: Now) -> UserOut:
    """Create the first admin with the operator token, or a trader with an invitation."""
    candidate = Candidate(
        username=body.username,
        email=body.email,
        password=body.password.get_secret_value(),
        operator_token=body.operator_token,
        invitation=body.invitation,
    )
    profile, security = call(candidate, now)
    return UserOut.from_domain(profile, security)


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


@admin.post(
    "/invitations",
    status_code=status.HTTP_201_CREATED,
    openapi_extra=access(role=Role.ADMIN, secret=True, elevated=True),
)
async def invite(body: InvitationIn, owner: Owner, call: InviteCall, now: Now) -> InvitationOut:
    """Invite a trader. The token is shown once."""
    return InvitationOut.from_domain(*call(owner, now, email=body.email))
