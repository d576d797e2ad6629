"""Whether the desk answers, and whether it can work."""

import logging
from collections.abc import Callable, Mapping
from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse

import nightdesk
from functions.api import limits
from functions.api.schemas import Answer
from nightdesk import bootstrap

logger = logging.getLogger(__name__)

public = APIRouter(prefix="/api/health", tags=["health"], dependencies=[Depends(limits.network)])

Readiness = Annotated[Mapping[str, Callable[[], object]], Depends(bootstrap.readiness)]

DeskStopped = Annotated[Callable[[], bool], Depends(bootstrap.desk_stopped)]


class LiveOut(Answer):
    """A process that answers, and its version."""

    status: Literal["ok"] = "ok"
    version: str = nightdesk.__version__


class ReadyOut(Answer):
    """Which parts do not answer, by name alone; and whether the whole desk is stopped.

    `emergency_stop` is null while nobody can say.
    """

    status: Literal["ok", "down"]
    failing: list[str]
    emergency_stop: bool | None


@public.get("/live")
async def live() -> LiveOut:
    """Say that the process answers, and its version. Reads nothing."""
    return LiveOut()


@public.get("/ready", response_model=ReadyOut, responses={503: {"model": ReadyOut}})
async def ready(parts: Readiness, stopped: DeskStopped) -> JSONResponse:
    """Try every part that a request needs; 503 with the names of those that fail."""
    failing = [name for name, part in sorted(parts.items()) if not _answers(name, part)]
    out = ReadyOut(
        status="down" if failing else "ok", failing=failing, emergency_stop=_stopped(stopped)
    )
    headers = {"Retry-After": "5"} if failing else None
    return JSONResponse(out.model_dump(), status_code=503 if failing else 200, headers=headers)


def _stopped(stopped: Callable[[], bool]) -> bool | None:
    try:
        return stopped()
    except Exception:
        logger.exception("the desk's gate does not answer")
        return None


def _answers(name: str, part: Callable[[], object]) -> bool:
    try:
        part()
    except Exception:
        logger.exception("%s does not answer", name)
        return False
    return True
