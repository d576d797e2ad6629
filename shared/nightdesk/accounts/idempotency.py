"""One effect per HTTP command, however often it arrives (the third ring of style, part 8).

A try that was cut off, or answered 401, 429 or 5xx, may be repeated. The repeat gets the same
`cause` and `started_at`, so ids derived from them meet what the first try has already written.
"""

import hashlib
import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from http import HTTPStatus

from nightdesk.accounts.ports import Replies
from nightdesk.accounts.records import Reply
from nightdesk.core.errors import Conflict, Invalid
from nightdesk.core.ids import UserId

KEY = re.compile(r"[A-Za-z0-9_-]{16,64}")
KEPT = timedelta(hours=24)
HELD = timedelta(seconds=60)
"""Longer than any API request may run: only then a try counts as cut off."""

UNKEPT = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.TOO_MANY_REQUESTS})


class InProgress(Conflict):
    """The same command is being worked on. `retry_after` in seconds."""

    retry_after = 1

    def __init__(self) -> None:
        super().__init__("IDEMPOTENCY_IN_PROGRESS", "The first request is still running.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A POST under an Idempotency-Key. `route` is method and path, `body` all that it says."""

    owner: UserId
    route: str
    key: str
    body: bytes

    def __post_init__(self) -> None:
        if not KEY.fullmatch(self.key):
            raise Invalid(
                "VALIDATION_FAILED",
                "An Idempotency-Key has 16 to 64 of A-Z, a-z, 0-9, _ and -.",
                field="Idempotency-Key",
            )


@dataclass(frozen=True, slots=True)
class Begin:
    """Take up a command, or find what it was answered before."""

    replies: Replies

    def __call__(self, command: Command, now: datetime) -> Reply:
        """Return the reply: running (`status` None), to be worked and finished; or answered.

        Raises Invalid `IDEMPOTENCY_KEY_REUSED` (other body), InProgress (409), Conflict
        `SECRET_ALREADY_SHOWN`.
        """
        fresh = Reply(
            owner=command.owner,
            route=command.route,
            key=command.key,
            request_digest=hashlib.sha256(command.body).hexdigest(),
            started_at=now,
            held_until=now + HELD,
            expires_at=now + KEPT,
        )
        seen = self.replies.claim(fresh)
        if seen is None:
            return fresh
        if seen.request_digest != fresh.request_digest:
            raise Invalid(
                "IDEMPOTENCY_KEY_REUSED",
                "This key was used for another request.",
                field="Idempotency-Key",
            )
        if seen.status is not None:
            return _shown(seen)
        if now < seen.held_until:
            raise InProgress
        again = replace(seen, held_until=now + HELD)
        if not self.replies.retake(again, seen):
            raise InProgress
        return again


def _shown(reply: Reply) -> Reply:
    if reply.secret:
        raise Conflict("SECRET_ALREADY_SHOWN", "The answer to this request showed a secret, once.")
    return reply


@dataclass(frozen=True, slots=True)
class Finish:
    """Keep what a command was answered."""

    replies: Replies

    def __call__(
        self, reply: Reply, status: int, body: bytes, now: datetime, *, secret: bool = False
    ) -> bool:
        """Store the answer, or let the next try in at once; False if another try took over."""
        if status in UNKEPT or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return self.replies.retake(replace(reply, held_until=now), reply)
        secret = secret and status < HTTPStatus.BAD_REQUEST
        kept = b"" if secret else body
        return self.replies.finish(replace(reply, status=status, body=kept, secret=secret))
