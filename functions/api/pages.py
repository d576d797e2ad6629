"""Pages on the wire: `?limit=` and `?cursor=`, opaque and bound to owner and route."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Query, Request

from functions.api.dependencies import Owner
from functions.api.schemas import PageOut
from nightdesk import bootstrap
from nightdesk.core.ids import UserId
from nightdesk.core.pages import DEFAULT_LIMIT, MAX_LIMIT, Cursors, Page

T = TypeVar("T")
D = TypeVar("D")

CursorsDep = Annotated[Cursors, Depends(bootstrap.cursors)]
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="Items per page.")]
Cursor = Annotated[
    str | None,
    Query(max_length=1024, description="`next_cursor` of the page before.", examples=[None]),
]


@dataclass(frozen=True, slots=True)
class Paging:
    """Which page is asked for: at most `limit` items after the key `after` (None: the first)."""

    limit: int
    after: str | None
    owner: UserId
    route: str
    cursors: Cursors

    def out(self, page: Page[D], show: Callable[[D], T]) -> PageOut[T]:
        """Return `page` for the wire: each item by `show`, the cursor sealed."""
        items = [show(item) for item in page.items]
        sealed = self.cursors.seal(self.owner, self.route, page.next_key)
        return PageOut[Any](items=items, next_cursor=sealed)


async def paging(
    request: Request,
    owner: Owner,
    cursors: CursorsDep,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Paging:
    """Open the cursor. Raises BadCursor (400) unless this owner got it from this very path."""
    route = request.url.path
    after = cursors.open(owner, route, cursor)
    return Paging(limit=limit, after=after, owner=owner, route=route, cursors=cursors)


PagingDep = Annotated[Paging, Depends(paging)]
