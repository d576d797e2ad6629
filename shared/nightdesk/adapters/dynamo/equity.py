"""Equity points in the desk table, one by bot and settle."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from nightdesk.accounts.privacy import kept
from nightdesk.adapters.dynamo import keys
from nightdesk.adapters.dynamo.bodies import Body
from nightdesk.adapters.dynamo.connection import translated
from nightdesk.adapters.dynamo.queries import LAST, batch, every, put_all, rows
from nightdesk.adapters.dynamo.tables import DeskItem
from nightdesk.core.ids import BotId, UserId
from nightdesk.market.timeframe import Timeframe
from nightdesk.trading.mandate import EquityPoint
from nightdesk.trading.ports import BotKey

_IN_KEYS = frozenset({"owner", "bot_id"})


class EquityItem(Body, DeskItem, discriminator="EQUITY"):
    """One point."""

    privacy = kept("equity")

    @classmethod
    def from_domain(cls, point: EquityPoint) -> Self:
        """Build the row."""
        item = cls(keys.bot(point.owner, point.bot_id), keys.equity(point.as_of))
        item.hold(point, without=_IN_KEYS)
        return item

    def to_domain(self) -> EquityPoint:
        """Build the noun."""
        owner, bot_id = keys.bot_of(self.pk)
        return self.held(EquityPoint, owner=owner, bot_id=bot_id)


@dataclass(frozen=True, slots=True)
class DynamoEquity:
    """Equity points of bots."""

    @translated()
    def latest(
        self, owner: UserId, bot_id: BotId, *, before: datetime | None = None
    ) -> EquityPoint | None:
        """Return the newest point, of those ``as_of < before`` where a moment is named."""
        found = rows(
            EquityItem,
            keys.bot(owner, bot_id),
            keys.EQUITY,
            keys.equity(before) if before else keys.EQUITY + LAST,
            newest_first=True,
            page_size=2,
        )
        points = (EquityItem.from_raw_data(row).to_domain() for row in found)
        return next((one for one in points if before is None or one.as_of < before), None)

    @translated()
    def before(
        self, bots: Mapping[BotKey, Timeframe], as_of: datetime
    ) -> Mapping[BotKey, EquityPoint]:
        """Return each bot's point at the last close of its timeframe before `as_of`.

        One batch finds them all, since their keys are known. Who is not among them, because it is
        new, was paused or the desk stood still, is looked up by itself.
        """
        places = {
            (keys.bot(*key), keys.equity(_close_before(timeframe, as_of))): key
            for key, timeframe in bots.items()
        }
        items = batch(EquityItem, places)
        found = {places[item.pk, item.sk]: item.to_domain() for item in items}
        for key in bots:
            if key not in found and (newest := self.latest(*key)) is not None:
                found[key] = newest
        return found

    @translated()
    def put(self, points: Sequence[EquityPoint]) -> None:
        """Store points; the same point again changes nothing."""
        put_all([EquityItem.from_domain(point) for point in points])

    @translated()
    def between(
        self, owner: UserId, bot_id: BotId, since: datetime, until: datetime
    ) -> Sequence[EquityPoint]:
        """Return the points with ``since <= as_of < until``, oldest first."""
        if since >= until:
            return []
        found = every(EquityItem, keys.bot(owner, bot_id), keys.equity(since), keys.equity(until))
        points = (item.to_domain() for item in found)
        return [point for point in points if since <= point.as_of < until]


def _close_before(timeframe: Timeframe, as_of: datetime) -> datetime:
    return timeframe.floor(as_of - timedelta(milliseconds=1))
