"""Decisions in the desk table, one by bot and moment."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from nightdesk.accounts.privacy import kept
from nightdesk.adapters.dynamo import keys
from nightdesk.adapters.dynamo.bodies import Body
from nightdesk.adapters.dynamo.connection import translated
from nightdesk.adapters.dynamo.outbox import EventItem
from nightdesk.adapters.dynamo.queries import LAST, page, put_if_absent
from nightdesk.adapters.dynamo.tables import DeskItem
from nightdesk.adapters.dynamo.transactions import Write
from nightdesk.core.clock import Clock
from nightdesk.core.errors import Missing, StaleWrite
from nightdesk.core.events import Event
from nightdesk.core.ids import BotId, DecisionId, UserId
from nightdesk.core.pages import Page
from nightdesk.trading.decision import Decision
from nightdesk.trading.identity import decided_by

KEPT = timedelta(days=90)
"""Older ones lie in the archive."""

_IN_KEYS = frozenset({"owner", "bot_id"})


class DecisionItem(Body, DeskItem, discriminator="DECISION"):
    """One decision with its evidence."""

    privacy = kept("decisions")

    @classmethod
    def from_domain(cls, decision: Decision, now: datetime) -> Self:
        """Build the row, kept 90 days from `now`."""
        item = cls(
            keys.bot(decision.owner, decision.bot_id),
            keys.decision(decision.as_of),
            expires_at=now + KEPT,
        )
        item.hold(decision, without=_IN_KEYS)
        return item

    def to_domain(self) -> Decision:
        """Build the noun, checked again."""
        owner, bot_id = keys.bot_of(self.pk)
        return self.held(Decision, owner=owner, bot_id=bot_id)


@dataclass(frozen=True, slots=True)
class DynamoDecisions:
    """What was decided. The first decision of a moment stands."""

    clock: Clock

    @translated()
    def put(self, decision: Decision, *told: Event) -> Decision:
        """Store it unless this bot has decided at this moment; return what now stands.

        Events, if there are any, are written in the same transaction, which costs twice the units.
        """
        now = self.clock.now()
        item = DecisionItem.from_domain(decision, now)
        if not told:
            row = put_if_absent(item)
            return DecisionItem.from_raw_data(dict(row)).to_domain() if row else decision
        write = Write()
        decided = StaleWrite("decided before")
        write.put(item, DeskItem.pk.does_not_exist(), decided)
        for event in told:
            write.put(EventItem.from_domain(event, now), DeskItem.pk.does_not_exist(), decided)
        try:
            write.commit()
        except StaleWrite:
            return self.at(decision.owner, decision.bot_id, decision.as_of) or decision
        return decision

    @translated()
    def get(self, owner: UserId, decision_id: DecisionId) -> Decision:
        """Return one decision of this owner. Raises Missing."""
        bot_id, as_of = decided_by(decision_id)
        found = DecisionItem.get(keys.bot(owner, bot_id), keys.decision(as_of)).to_domain()
        if found.decision_id != decision_id:
            raise Missing(f"no decision {decision_id!r}")
        return found

    @translated()
    def at(self, owner: UserId, bot_id: BotId, as_of: datetime) -> Decision | None:
        """Return what this bot decided at this moment, read consistently."""
        place = keys.bot(owner, bot_id), keys.decision(as_of)
        try:
            return DecisionItem.get(*place, consistent_read=True).to_domain()
        except DecisionItem.DoesNotExist:
            return None

    @translated()
    def page(
        self,
        owner: UserId,
        bot_id: BotId,
        *,
        limit: int,
        after: str | None,
        until: datetime | None = None,
    ) -> Page[Decision]:
        """Return a bot's decisions made before `until`, newest first."""
        last = keys.DECISIONS + LAST
        if until is not None:
            last = keys.decision(until.replace(microsecond=0))  # after all of its second
        items, more = page(
            DecisionItem,
            keys.bot(owner, bot_id),
            keys.DECISIONS,
            last,
            limit=limit,
            after=after,
            newest_first=True,
        )
        found = [item.to_domain() for item in items]
        return Page([one for one in found if until is None or one.as_of < until], more)
