"""API tokens of the owner (accounts, page part 13). No token opens these routes."""

from typing import Annotated

from fastapi import APIRouter, Depends, status

from functions.api.dependencies import Now, OriginDep, Owner, Who, access
from functions.api.queries import IdPath
from functions.api.routers.api_token_schemas import ApiTokenIn, ApiTokenOut, NewApiTokenOut
from functions.api.schemas import PageOut
from nightdesk import bootstrap
from nightdesk.accounts.api_token import IssueToken, ListTokens, RevokeToken

router = APIRouter(prefix="/api/tokens", tags=["accounts"])

IssueCall = Annotated[IssueToken, Depends(bootstrap.issue_token)]
RevokeCall = Annotated[RevokeToken, Depends(bootstrap.revoke_token)]
ListCall = Annotated[ListTokens, Depends(bootstrap.list_tokens)]


@router.get("", openapi_extra=access(token="never"))
async def tokens(owner: Owner, call: ListCall) -> PageOut[ApiTokenOut]:
    """Show the API tokens, never what they say."""
    found = [ApiTokenOut.from_domain(each) for each in call(owner)]
    return PageOut[ApiTokenOut](items=found, next_cursor=None)


@router.post(
    "",
    status_code=status.HTTP_201_CREATED,
    openapi_extra=access(once=True, secret=True, elevated=True),
)
async def issue(
    body: ApiTokenIn, who: Who, call: IssueCall, origin: OriginDep, now: Now
) -> NewApiTokenOut:
    """Make an API token. It is shown once."""
    made = call(who.owner, who.role, body.to_domain(), origin=origin, now=now)
    return NewApiTokenOut.shown(*made)


@router.delete(
    "/{token_id}",
    status_code=status.HTTP_204_NO_CONTENT,
    openapi_extra=access(token="never"),
)
async def revoke(
    token_id: IdPath, owner: Owner, call: RevokeCall, origin: OriginDep, now: Now
) -> None:
    """Take an API token away; it is dead from the next request on."""
    call(owner, token_id, origin, now)
