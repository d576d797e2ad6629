"""Errors on the wire: one body, one table from fault to status code, no input values echoed."""

import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from nightdesk.core import errors as faults
from nightdesk.core.pages import BadCursor
from nightdesk.names import Metric
from nightdesk.observability import metrics

logger = logging.getLogger(__name__)

Detail = dict[str, object]

STATUS: Mapping[type[faults.Fault], int] = {
    BadCursor: 400,
    faults.Missing: 404,
    faults.UnknownInstrument: 404,
    faults.Conflict: 409,
    faults.StaleWrite: 409,
    faults.Fenced: 409,
    faults.IllegalTransition: 409,
    faults.Invalid: 422,
    faults.Permanent: 422,
    faults.TooMany: 429,
    faults.Transient: 503,
    faults.OutcomeUnknown: 503,
    faults.Fault: 500,
}
"""The nearest class decides. `Refused` (401, 403) brings its own status."""

SPOKEN = (faults.Conflict, faults.Invalid, faults.Refused, faults.TooMany)
"""Rooms write these messages for the caller; all others are for the log and are replaced."""

TEXT = {
    400: "The request could not be read.",
    401: "Sign in first.",
    403: "You may not do this.",
    404: "There is no such thing.",
    405: "This path does not take that method.",
    409: "The stored state has changed; read again.",
    413: "The body is larger than 256 KiB.",
    415: "Bodies are application/json in UTF-8.",
    422: "The request breaks a rule.",
    429: "Too many requests.",
    500: "Something went wrong on our side.",
    503: "Not available just now; try again.",
}

CODES = {404: "NOT_FOUND", 405: "METHOD_NOT_ALLOWED", 500: "INTERNAL"}

MAX_DETAILS = 50
"""As many as a definition's check names."""
MAX_NAME = 100


class HttpRefusal(Exception):
    """A refusal that only HTTP knows: unreadable, too large, of the wrong type."""

    def __init__(
        self, status: int, code: str, message: str | None = None, *, retry_after: int | None = None
    ) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.message = message or TEXT[status]
        self.retry_after = retry_after


def answer(
    request_id: str,
    status: int,
    code: str,
    message: str,
    *,
    details: Sequence[Detail] = (),
    retry_after: float | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """Build the one error answer: ``{"error": {code, message, details, request_id}}``."""
    error = {
        "code": code,
        "message": message,
        "details": list(details),
        "request_id": request_id,
    }
    extra = dict(headers or {})
    if status == HTTPStatus.UNAUTHORIZED:
        extra["WWW-Authenticate"] = "Bearer"
    if status == HTTPStatus.SERVICE_UNAVAILABLE and retry_after is None:
        retry_after = 1
    if retry_after is not None:
        extra["Retry-After"] = str(max(1, round(retry_after)))
    return JSONResponse({"error": error}, status_code=status, headers=extra)


def install(app: FastAPI) -> None:
    """Let `app` answer faults, validation errors and unknown paths in the one form."""
    app.add_exception_handler(faults.Fault, _on_fault)
    app.add_exception_handler(HttpRefusal, _on_refusal)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http)


def status_of(fault: faults.Fault) -> int:
    """Return the status of the nearest class in `STATUS`."""
    if isinstance(fault, faults.Refused):
        return fault.status
    return next(STATUS[kind] for kind in type(fault).__mro__ if kind in STATUS)


async def _on_fault(request: Request, fault: Exception) -> JSONResponse:
    assert isinstance(fault, faults.Fault)  # noqa: S101 - registered for this class alone
    status = status_of(fault)
    if isinstance(fault, faults.StoreUnavailable):
        metrics.add_metric(Metric.DATABASE_ERRORS, unit="Count", value=1)
    if status == HTTPStatus.UNAUTHORIZED:
        metrics.add_metric(Metric.AUTH_FAILURES, unit="Count", value=1)
    code, message = fault.code, TEXT.get(status, TEXT[500])
    if isinstance(fault, SPOKEN):
        message = str(fault)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        logger.error("%s answered %s", type(fault).__name__, status, exc_info=fault)
    if status == HTTPStatus.INTERNAL_SERVER_ERROR:
        code = CODES[500]  # which of our parts is broken is for the operator
    return answer(
        request.state.request_id,
        status,
        code,
        message,
        details=_details(fault),
        retry_after=getattr(fault, "retry_after", None),
    )


def _details(fault: faults.Fault) -> Sequence[Detail]:
    if details := getattr(fault, "details", None):  # a conflict's, an invalid definition's
        return list(details)[:MAX_DETAILS]
    if isinstance(fault, faults.Invalid) and (fault.field or fault.allowed is not None):
        detail: Detail = {"field": fault.field, "rule": fault.code, "message": str(fault)}
        if fault.allowed is not None:
            detail["allowed"] = fault.allowed
        return [detail]
    return []


async def _on_refusal(request: Request, refusal: Exception) -> JSONResponse:
    assert isinstance(refusal, HttpRefusal)  # noqa: S101
    return answer(
        request.state.request_id,
        refusal.status,
        refusal.code,
        refusal.message,
        retry_after=refusal.retry_after,
    )


async def _on_invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101
    found = error.errors()
    request_id = request.state.request_id
    if any(each["loc"][:1] == ("path",) for each in found):
        # An id that cannot exist is answered as one that does not.
        return answer(request_id, 404, CODES[404], TEXT[404])
    details = [_rule(each) for each in found[:MAX_DETAILS]]
    return answer(request_id, 422, "VALIDATION_FAILED", TEXT[422], details=details)


def _rule(error: Mapping[str, Any]) -> Detail:
    """Say which field broke which rule. Our own validators may quote the value: not outside."""
    place = error["loc"][1:] or error["loc"]
    message = str(error["msg"]).removeprefix("Value error, ")
    value = error.get("input")
    quoted = isinstance(value, str | int | float) and (
        str(value) in message or repr(value) in message
    )
    if error["type"] in {"value_error", "assertion_error"} and quoted:
        message = "This is not a valid value."
    field = ".".join(str(part) for part in place)[:MAX_NAME]
    return {"field": field, "rule": str(error["type"]), "message": message}


async def _on_http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101
    status = error.status_code
    return answer(
        request.state.request_id,
        status,
        CODES.get(status, "BAD_REQUEST"),
        TEXT.get(status, TEXT[400]),
        headers=error.headers,
    )
