"""Keys at venues, models, feeds and channels (accounts, page part 13). Secrets only go in."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, status

from functions.api import limits
from functions.api.dependencies import CauseDep, Now, OriginDep, Who, access
from functions.api.routers.key_schemas import (
    LABEL,
    PROVIDER,
    KeyIn,
    KeyOut,
    KeyTestIn,
    ProviderOut,
    SavedOut,
    TestedOut,
)
from functions.api.schemas import PageOut
from nightdesk import bootstrap
from nightdesk.accounts.identity import Role
from nightdesk.accounts.limits import LimitClass
from nightdesk.accounts.offers import holder
from nightdesk.accounts.probing import TestKey, TryKey
from nightdesk.accounts.providers import DEFAULT_LABEL, PROVIDERS, provider
from nightdesk.accounts.session import Identity
from nightdesk.accounts.vault import DeleteKey, ListKeys, SaveKey
from nightdesk.core.ids import SYSTEM, UserId

public = APIRouter(prefix="/api/keys", tags=["keys"], dependencies=[Depends(limits.network)])
router = APIRouter(prefix="/api/keys", tags=["keys"])

SaveKeyCall = Annotated[SaveKey, Depends(bootstrap.save_key)]
TestKeyCall = Annotated[TestKey, Depends(bootstrap.test_key)]
TryKeyCall = Annotated[TryKey, Depends(bootstrap.try_key)]
DeleteKeyCall = Annotated[DeleteKey, Depends(bootstrap.delete_key)]
ListKeysCall = Annotated[ListKeys, Depends(bootstrap.list_keys)]

ProviderPath = Annotated[str, Path(pattern=PROVIDER)]
LabelQuery = Annotated[str, Query(pattern=LABEL)]
SharedQuery = Annotated[bool, Query(description="A key of all owners: for administrators.")]


@public.get("/providers")
async def providers() -> PageOut[ProviderOut]:
    """Show whose keys the desk keeps, and what each hands out."""
    found = [ProviderOut.from_domain(one) for one in PROVIDERS.values()]
    return PageOut[ProviderOut](items=found, next_cursor=None)


@router.get("")
async def keys(who: Who, call: ListKeysCall) -> PageOut[KeyOut]:
    """Show the keys of the signed-in trader, masked; an administrator's also the shared ones."""
    found = [KeyOut.of(slot) for slot in call(who.owner)]
    if who.role is Role.ADMIN:
        found += [KeyOut.of(slot, shared=True) for slot in call(SYSTEM)]
    return PageOut[KeyOut](items=found, next_cursor=None)


# before the routes with {provider}, which would take `test` for one


@router.post("/test", openapi_extra=access(token="never", limit=LimitClass.PROBE))
async def test(
    *,
    request: Request,
    body: KeyTestIn,
    who: Who,
    kept: TestKeyCall,
    tried: TryKeyCall,
    take: limits.TakeCall,
    origin: OriginDep,
    now: Now,
) -> TestedOut:
    """Ask the provider about a key: one that is kept, or fields that nobody keeps."""
    under = _holder(who, body.provider, shared=body.shared)
    limits.provider(request, who, body.provider, now, take=take)
    if body.fields is not None:
        return TestedOut.from_domain(tried(who.owner, body.to_domain(), now))
    found = kept(under, body.provider, body.label, origin, now, code=body.code)
    return TestedOut.from_domain(found)


@router.post(
    "/{provider}",
    status_code=status.HTTP_201_CREATED,
    openapi_extra=access(once=True, elevated=True),
)
async def save(
    provider: ProviderPath,
    body: KeyIn,
    *,
    who: Who,
    call: SaveKeyCall,
    origin: OriginDep,
    cause: CauseDep,
) -> SavedOut:
    """Keep a key. Where the provider tells, one that may withdraw is refused."""
    offer = body.to_domain(provider)
    saved = call(who.owner, offer, origin, cause.at, admin=who.role is Role.ADMIN)
    return SavedOut.from_domain(saved, shared=body.shared)


@router.get("/{provider}")
async def key(
    provider: ProviderPath,
    who: Who,
    call: ListKeysCall,
    *,
    label: LabelQuery = DEFAULT_LABEL,
    shared: SharedQuery = False,
) -> KeyOut:
    """Show one key, masked."""
    under = _holder(who, provider, shared=shared)
    return KeyOut.of(call.one(under, provider, label), shared=shared)


@router.delete(
    "/{provider}",
    status_code=status.HTTP_204_NO_CONTENT,
    openapi_extra=access(elevated=True),
)
async def delete(
    provider: ProviderPath,
    *,
    who: Who,
    call: DeleteKeyCall,
    origin: OriginDep,
    now: Now,
    label: LabelQuery = DEFAULT_LABEL,
    force: bool = False,
    shared: SharedQuery = False,
) -> None:
    """Destroy a key, every version of it. `force`: even while a live bot needs it."""
    under = _holder(who, provider, shared=shared)
    call(under, provider, label, origin, now, force=force)


def _holder(who: Identity, provider_id: str, *, shared: bool) -> UserId:
    return holder(who.owner, provider(provider_id), shared=shared, admin=who.role is Role.ADMIN)
