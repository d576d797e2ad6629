"""Two sets of the same filters in one query, each under a prefix: `a.side=long&b.side=short`."""

from collections.abc import Awaitable, Callable, Iterator
from inspect import Parameter, Signature, signature
from typing import Annotated, Any, get_args

from fastapi import Depends, Query
from fastapi.params import Query as QueryInfo

from functions.api.trade_filters import built, filtered, labelled
from nightdesk.journal.trade_filters import TradeFilters

_PARTS = (labelled, built, filtered)
_JOINED = frozenset({"written", "told"})
"""What `filtered` takes from the other two."""


def prefixed(prefix: str) -> Callable[..., Awaitable[TradeFilters]]:
    """Return a dependency that reads the filters whose names begin with `prefix`."""

    async def read(**given: Any) -> TradeFilters:
        written, told, rest = (
            {name: given[name] for name in signature(part).parameters if name not in _JOINED}
            for part in _PARTS
        )
        return await filtered(written=await labelled(**written), told=await built(**told), **rest)

    read.__signature__ = Signature(list(_parameters(prefix)))  # type: ignore[attr-defined]
    return read


def _parameters(prefix: str) -> Iterator[Parameter]:
    for part in _PARTS:
        for name, one in signature(part).parameters.items():
            if name not in _JOINED:
                alias = f"{prefix}{_alias(one.annotation) or name}"
                asked = Annotated[one.annotation, Query(alias=alias)]  # type: ignore[name-defined]
                yield one.replace(annotation=asked, kind=Parameter.KEYWORD_ONLY)


def _alias(annotation: Any) -> str | None:
    for one in get_args(annotation)[1:]:
        if isinstance(one, QueryInfo) and one.alias:
            return one.alias
    return None


AsideDep = Annotated[TradeFilters, Depends(prefixed("a."))]
BsideDep = Annotated[TradeFilters, Depends(prefixed("b."))]
