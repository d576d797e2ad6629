"""Rate limits of the wire: which bucket a request is taken from, and what its answer says."""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, Request

from functions.api.dependencies import Access, Network, Now
from nightdesk import bootstrap
from nightdesk.accounts.limits import LimitClass, Spent, Taken, TakeRequest, of_network, of_user
from nightdesk.accounts.session import Identity
from nightdesk.core.errors import Misconfigured, StoreUnavailable
from nightdesk.names import Metric
from nightdesk.observability import metrics

logger = logging.getLogger(__name__)

TakeCall = Annotated[TakeRequest, Depends(bootstrap.take_request)]


async def network(request: Request, address: Network, now: Now, take: TakeCall) -> None:
    """Take a request of somebody unknown: `auth` for what changes something, else `public`.

    For public routers: ``APIRouter(dependencies=[Depends(limits.network)])``. Raises Spent.
    """
    kind = LimitClass.PUBLIC if request.method in {"GET", "HEAD"} else LimitClass.AUTH
    _take(request, take, of_network(address), kind, now)


def user(
    request: Request, who: Identity, wanted: Access, now: datetime, *, take: TakeRequest
) -> None:
    """Take a request of this user, whether a session or an API token sends it. Raises Spent."""
    kind = LimitClass(wanted.limit or LimitClass.READ)
    _take(request, take, of_user(who.owner), kind, now, overrides=who.limits)


def provider(
    request: Request, who: Identity, provider_id: str, now: datetime, *, take: TakeRequest
) -> None:
    """Take a test of one provider's key, beside the `probe` that the guard took. Raises Spent."""
    subject = of_user(who.owner, provider_id)
    _take(request, take, subject, LimitClass.PROBE_PROVIDER, now, overrides=who.limits)


def _take(
    request: Request,
    take: TakeRequest,
    subject: str,
    kind: LimitClass,
    now: datetime,
    *,
    overrides: Mapping[str, int] | None = None,
) -> None:
    override = (overrides or {}).get(kind)
    try:
        taken = take(subject, kind, now, override)
    except Spent as spent:
        _note(request, spent.taken)
        raise
    except (StoreUnavailable, Misconfigured) as fault:
        metrics.add_metric(Metric.RATE_LIMITER_FAILED, unit="Count", value=1)
        logger.warning("the counters of requests do not answer", exc_info=fault)
        if kind.closed:
            raise StoreUnavailable("the counters of requests do not answer") from fault
        return
    _note(request, taken)


def _note(request: Request, taken: Taken) -> None:
    """Leave it for the edge, which writes the headers of every answer."""
    if not hasattr(request.state, "taken"):
        request.state.taken = []
    request.state.taken.append(taken)


def headers(state: Mapping[str, Any]) -> dict[str, str]:
    """Return RateLimit-Policy and RateLimit as structured fields; nothing if nothing was taken."""
    taken: Sequence[Taken] = state.get("taken", ())
    if not taken:
        return {}
    return {
        "RateLimit-Policy": ", ".join(
            f'"{each.kind}";q={each.limit};w={each.kind.window}' for each in taken
        ),
        "RateLimit": ", ".join(
            f'"{each.kind}";r={each.remaining};t={each.reset}' for each in taken
        ),
    }
