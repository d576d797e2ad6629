"""Passwords and the mailbox that proves an account (accounts, page part 13)."""

from typing import Annotated

from fastapi import APIRouter, Depends, status

from functions.api import limits
from functions.api.dependencies import Now, OriginDep, ThisSession, Who, access
from functions.api.routers.account_schemas import AcceptedOut
from functions.api.routers.password_schemas import ChangeIn, ForgotIn, ResetIn, VerifyIn
from nightdesk import bootstrap
from nightdesk.accounts.address import VerifyEmail
from nightdesk.accounts.password_change import ChangePassword, ForgotPassword, ResetPassword
from nightdesk.accounts.ports import Mailer
from nightdesk.accounts.tokens import Scope

public = APIRouter(prefix="/api/auth", tags=["accounts"], dependencies=[Depends(limits.network)])
router = APIRouter(prefix="/api/auth", tags=["accounts"])

ChangeCall = Annotated[ChangePassword, Depends(bootstrap.change_password)]
ForgotCall = Annotated[ForgotPassword, Depends(bootstrap.forgot_password)]
ResetCall = Annotated[ResetPassword, Depends(bootstrap.reset_password)]
VerifyCall = Annotated[VerifyEmail, Depends(bootstrap.verify_email)]
Mail = Annotated[Mailer, Depends(bootstrap.mailer)]


@router.post(
    "/password/change",
    status_code=status.HTTP_204_NO_CONTENT,
    openapi_extra=access(token="never", open_early=True, changes_password=True),
)
async def change(
    *, body: ChangeIn, who: Who, this: ThisSession, call: ChangeCall, origin: OriginDep, now: Now
) -> None:
    """Choose another password. Every access token is dead then; this session is refreshed.

    After a forced change no session is left: sign in with the new password.
    """
    call(
        who.owner,
        this if who.scope is Scope.SESSION else None,
        body.current.get_secret_value(),
        body.new.get_secret_value(),
        origin=origin,
        now=now,
    )


@public.post("/password/forgot", status_code=status.HTTP_202_ACCEPTED)
async def forgot(
    body: ForgotIn, call: ForgotCall, mailer: Mail, origin: OriginDep, now: Now
) -> AcceptedOut:
    """Send a reset token to a confirmed address. The answer is the same for any address."""
    call(body.email, origin, now)
    return AcceptedOut(mail=mailer.configured)


@public.post("/password/reset", status_code=status.HTTP_204_NO_CONTENT)
async def reset(body: ResetIn, call: ResetCall, origin: OriginDep, now: Now) -> None:
    """Choose a new password with a mailed token. Every session ends; two-factor stays on."""
    call(body.token, body.new.get_secret_value(), origin=origin, now=now)


@public.post("/email/verify", status_code=status.HTTP_204_NO_CONTENT)
async def verify(body: VerifyIn, call: VerifyCall, origin: OriginDep, now: Now) -> None:
    """Confirm an address with the token that was sent to it."""
    call(body.token, origin, now)
