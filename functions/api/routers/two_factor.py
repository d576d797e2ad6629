"""The second factor of the owner (accounts, page part 13)."""

from typing import Annotated

from fastapi import APIRouter, Depends, status

from functions.api.dependencies import Now, OriginDep, Owner, access
from functions.api.routers.two_factor_schemas import (
    CodeIn,
    DisableIn,
    EnrolmentOut,
    ProofCodeIn,
    RecoveryCodesOut,
)
from nightdesk import bootstrap
from nightdesk.accounts.two_factor import Confirm, Disable, Enrol, RenewRecoveryCodes

router = APIRouter(prefix="/api/auth/2fa", tags=["accounts"])

EnrolCall = Annotated[Enrol, Depends(bootstrap.enrol_two_factor)]
ConfirmCall = Annotated[Confirm, Depends(bootstrap.confirm_two_factor)]
DisableCall = Annotated[Disable, Depends(bootstrap.disable_two_factor)]
RenewCall = Annotated[RenewRecoveryCodes, Depends(bootstrap.renew_recovery_codes)]


@router.post("/setup", openapi_extra=access(elevated=True, open_early=True, secret=True))
async def setup(owner: Owner, call: EnrolCall) -> EnrolmentOut:
    """Make a secret for an authenticator app; it counts for nothing until it is confirmed."""
    return EnrolmentOut(otpauth_uri=call(owner))


@router.post("/confirm", openapi_extra=access(elevated=True, open_early=True, secret=True))
async def confirm(
    body: CodeIn, owner: Owner, call: ConfirmCall, origin: OriginDep, now: Now
) -> RecoveryCodesOut:
    """Show a code of the new secret: signing in takes one from now on."""
    return RecoveryCodesOut(codes=list(call(owner, body.code, origin, now)))


@router.post(
    "/disable",
    status_code=status.HTTP_204_NO_CONTENT,
    openapi_extra=access(elevated=True, open_early=True),
)
async def disable(
    body: DisableIn, owner: Owner, call: DisableCall, origin: OriginDep, now: Now
) -> None:
    """Sign in by password alone again; takes password and code."""
    call(owner, body.password.get_secret_value(), body.code, origin, now)


@router.post("/recovery-codes", openapi_extra=access(elevated=True, open_early=True, secret=True))
async def recovery_codes(
    body: ProofCodeIn, owner: Owner, call: RenewCall, origin: OriginDep, now: Now
) -> RecoveryCodesOut:
    """Make ten new recovery codes; the old ones are void."""
    return RecoveryCodesOut(codes=list(call(owner, body.code, origin, now)))
