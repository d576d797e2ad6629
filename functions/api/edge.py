"""What happens before routing and after the answer: id, size, type, strict JSON, headers.

Pure ASGI: it costs no task per request, sees every answer, also those of unknown paths, and is
the last to catch what nobody foresaw.
"""

import json
import logging
import re
import uuid
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from functions.api import limits
from functions.api.errors import TEXT, HttpRefusal, answer

logger = logging.getLogger(__name__)

MAX_BODY = 256 * 1024
MAX_DEPTH = 32

HEADERS = {
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Vary": "Origin",
}

EXPOSED = "RateLimit, RateLimit-Policy, Retry-After, X-Request-Id, Idempotency-Replayed"
PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, POST, PUT, PATCH, DELETE",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Idempotency-Key",
    "Access-Control-Max-Age": "600",
}

JSON_TYPE = re.compile(r'^application/json\s*(;\s*charset\s*=\s*"?utf-8"?\s*)?$', re.IGNORECASE)
STRINGS = re.compile(rb'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
"""A string, closed or not. Possessive: no body makes it go back."""
NO_BRACKET = bytes(set(range(256)) - set(b"[]{}"))

OnAnswer = Callable[[int, bytes], None]
Origins = Callable[[], Collection[str]]
"""Returns the origins whose pages may read our answers. Asked late: a snapshot holds none."""


class Edge:
    """Wrap the whole app. `scope["state"]` gets `request_id`; it may get `on_answer`.

    `on_answer(status, body)` is called once, before the answer leaves: so a stored reply is
    there before its caller can ask again.
    """

    def __init__(self, app: ASGIApp, *, origins: Origins) -> None:
        self._app = app
        self._origins = origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _request_id(scope)
        state = scope.setdefault("state", {})
        state["request_id"] = request_id
        out = _Answer(send, request_id, state)
        try:
            asked = Headers(scope=scope)
            out.add(self._cors(asked))
            if scope["method"] == "OPTIONS" and "access-control-request-method" in asked:
                await Response(status_code=204)(scope, receive, out)
                return
            body = await _body(scope, receive)
            await self._app(scope, _replay(body), out)
        except HttpRefusal as refusal:
            response = answer(request_id, refusal.status, refusal.code, refusal.message)
            await response(scope, receive, out)
        except Exception:
            logger.exception("unforeseen")
            if out.started:
                raise
            response = answer(request_id, 500, "INTERNAL", TEXT[500])
            await response(scope, receive, out)

    def _cors(self, asked: Headers) -> dict[str, str]:
        """Return what lets a page of a listed origin read the answer; nothing for any other.

        Origins are compared whole, byte by byte. No credentials: we take no cookie.
        """
        origin = asked.get("origin")
        if origin is None or origin not in self._origins():
            return {}
        allowed = {"Access-Control-Allow-Origin": origin, "Access-Control-Expose-Headers": EXPOSED}
        if "access-control-request-method" in asked:
            return allowed | PREFLIGHT
        return allowed


class _Answer:
    """Sends the answer on with our headers, once whoever waits for it has seen it whole."""

    def __init__(self, send: Send, request_id: str, state: dict[str, Any]) -> None:
        self._send = send
        self._headers = HEADERS | {"X-Request-Id": request_id}
        self._state = state
        self._start: Message | None = None
        self._body = b""
        self.started = False

    def add(self, headers: Mapping[str, str]) -> None:
        """Send these along, too."""
        self._headers |= headers

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in (self._headers | limits.headers(self._state)).items():
                if name not in headers:
                    headers[name] = value
            self._start = message
            return
        self._body += message.get("body", b"")
        if message.get("more_body") or self._start is None:
            return
        self._tell(self._start["status"])
        self.started = True
        await self._send(self._start)
        await self._send({"type": "http.response.body", "body": self._body})

    def _tell(self, status: int) -> None:
        on_answer: OnAnswer | None = self._state.pop("on_answer", None)
        if on_answer is None:
            return
        try:
            on_answer(status, self._body)
        except Exception:
            # What was done is done: the caller gets the answer, a repeat finds it unfinished.
            logger.exception("the answer could not be kept for a repeat")


def _request_id(scope: Scope) -> str:
    """Take the id that API Gateway gave, never one from a header that the caller wrote."""
    context = scope.get("aws.event", {}).get("requestContext", {})
    return str(context.get("requestId") or uuid.uuid4())


async def _body(scope: Scope, receive: Receive) -> bytes:
    """Read the body whole. Raises HttpRefusal: 413, 415, 400 `BAD_JSON`."""
    headers = Headers(scope=scope)
    length = headers.get("content-length", "0")
    if length.isascii() and length.isdigit() and int(length[:10]) > MAX_BODY:
        raise HttpRefusal(413, "BODY_TOO_LARGE")
    chunks, size, more = [], 0, True
    while more:
        message = await receive()
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > MAX_BODY:
            raise HttpRefusal(413, "BODY_TOO_LARGE")
        chunks.append(chunk)
        more = message.get("more_body", False)
    body = b"".join(chunks)
    if body:
        if not JSON_TYPE.match(headers.get("content-type", "")) or "content-encoding" in headers:
            raise HttpRefusal(415, "UNSUPPORTED_MEDIA_TYPE")
        strict_json(body)
    return body


def strict_json(body: bytes) -> None:
    """Refuse what is not JSON in UTF-8: NaN, 1e400, half a surrogate, a depth bomb.

    Raises HttpRefusal 400 `BAD_JSON`. Depth is tried first, without recursion: each round takes
    the innermost pairs away, and what 32 rounds leave is nested too deeply, or not closed.
    """
    brackets = STRINGS.sub(b"", body).translate(None, NO_BRACKET)
    for _ in range(MAX_DEPTH):
        brackets = brackets.replace(b"[]", b"").replace(b"{}", b"")
    if brackets:
        raise HttpRefusal(400, "BAD_JSON", "The body is not JSON, or nested too deeply.")
    try:
        value = json.loads(body.decode("utf-8"), parse_constant=_refuse, parse_float=_finite)
        if b"\\u" in body:
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError) as error:
        raise HttpRefusal(400, "BAD_JSON", "The body is not JSON.") from error


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def _finite(text: str) -> float:
    value = float(text)
    if value in {float("inf"), float("-inf")}:
        raise ValueError("a number is too large")
    return value


def _replay(body: bytes) -> Callable[[], Awaitable[Message]]:
    """Hand the body to the app, which asks for it as if it came from the wire."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        return messages.pop() if messages else {"type": "http.disconnect"}

    return receive
