"""Kept replies in the runtime table: one effect per HTTP command."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from pynamodb.attributes import BooleanAttribute, UnicodeAttribute
from pynamodb.exceptions import DoesNotExist
from pynamodb.expressions.condition import Condition

from nightdesk.accounts.privacy import destroyed
from nightdesk.accounts.records import Reply
from nightdesk.adapters.dynamo import keys
from nightdesk.adapters.dynamo.attributes import IntegerAttribute, MomentAttribute
from nightdesk.adapters.dynamo.connection import translated
from nightdesk.adapters.dynamo.tables import RuntimeItem
from nightdesk.core.errors import Missing, StaleWrite, StoreUnavailable
from nightdesk.core.ids import UserId


class ReplyItem(RuntimeItem, discriminator="REPLY"):
    """One command and its answer. `status` absent: it runs, or was cut off."""

    privacy = destroyed()

    owner = UnicodeAttribute()
    route = UnicodeAttribute()
    key = UnicodeAttribute()
    request_digest = UnicodeAttribute()
    started_at = MomentAttribute()
    held_until = MomentAttribute()
    kept_until = MomentAttribute()
    status = IntegerAttribute(null=True)
    body = UnicodeAttribute(null=True)
    secret = BooleanAttribute(default=False)

    @classmethod
    def from_domain(cls, reply: Reply) -> Self:
        """Build the row."""
        return cls(
            keys.owner(reply.owner),
            keys.reply(reply.route, reply.key),
            owner=reply.owner,
            route=reply.route,
            key=reply.key,
            request_digest=reply.request_digest,
            started_at=reply.started_at,
            held_until=reply.held_until,
            kept_until=reply.expires_at,
            status=reply.status,
            body=reply.body.decode() or None,
            secret=reply.secret,
            expires_at=reply.expires_at,
        )

    def to_domain(self) -> Reply:
        """Build the noun."""
        return Reply(
            owner=UserId(self.owner),
            route=self.route,
            key=self.key,
            request_digest=self.request_digest,
            started_at=self.started_at,
            held_until=self.held_until,
            expires_at=self.kept_until,
            status=self.status,
            body=(self.body or "").encode(),
            secret=self.secret,
        )


@dataclass(frozen=True, slots=True)
class DynamoReplies:
    """The port Replies."""

    def claim(self, reply: Reply) -> Reply | None:
        """Store a running reply, or return the one that stands there."""
        gone = RuntimeItem.pk.does_not_exist() | (ReplyItem.kept_until <= reply.started_at)
        if _saved(reply, gone):
            return None
        try:
            with translated():
                pk, sk = keys.owner(reply.owner), keys.reply(reply.route, reply.key)
                return ReplyItem.get(pk, sk, consistent_read=True).to_domain()
        except Missing as error:
            raise StoreUnavailable("a kept reply expired just now") from error

    def retake(self, reply: Reply, seen: Reply) -> bool:
        """Put `reply` in place of `seen`; False if somebody was faster."""
        return _saved(reply, _running(seen.held_until))

    def finish(self, reply: Reply) -> bool:
        """Store the answer; False if another try has taken over."""
        return _saved(reply, _running(reply.held_until))

    def reachable(self) -> None:
        """Read one item, there or not. Raises StoreUnavailable, Misconfigured."""
        with translated():
            try:
                ReplyItem.get(keys.SYSTEM, keys.reply("", ""))
            except DoesNotExist:
                return


def _running(held_until: datetime) -> Condition:
    running: Condition = ReplyItem.status.does_not_exist() & (ReplyItem.held_until == held_until)
    return running


def _saved(reply: Reply, condition: Condition) -> bool:
    try:
        with translated():
            ReplyItem.from_domain(reply).save(condition)
    except StaleWrite:
        return False
    return True
