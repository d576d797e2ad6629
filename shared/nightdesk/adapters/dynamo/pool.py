"""Money of an owner that no bot has, in the desk table."""

from dataclasses import dataclass
from decimal import Decimal

from pynamodb.exceptions import DoesNotExist

from nightdesk.accounts.privacy import kept
from nightdesk.adapters.dynamo import keys
from nightdesk.adapters.dynamo.attributes import DecimalAttribute, IntegerAttribute
from nightdesk.adapters.dynamo.connection import translated
from nightdesk.adapters.dynamo.tables import DeskItem
from nightdesk.core.ids import UserId
from nightdesk.core.money import ZERO
from nightdesk.trading.order import Mode
from nightdesk.trading.ports import Pot


class PoolItem(DeskItem, discriminator="POOL"):
    """What is free in one mode and currency. It moves by conditional update only."""

    privacy = kept("pools")

    free = DecimalAttribute()
    opening = DecimalAttribute(null=True)
    """What came from outside; unknown of one that is older than this attribute."""
    version = IntegerAttribute(default=1)


@dataclass(frozen=True, slots=True)
class DynamoPool:
    """Free money of owners."""

    @translated()
    def free(self, owner: UserId, mode: Mode, currency: str) -> Decimal:
        """Return the free amount, read consistently; zero when the pool was never opened."""
        try:
            item = PoolItem.get(keys.owner(owner), keys.pool(mode, currency), consistent_read=True)
        except DoesNotExist:
            return ZERO
        return item.free

    @translated()
    def pot(self, owner: UserId, mode: Mode, currency: str) -> Pot | None:
        """Return the pool with what it was opened with, read consistently; None if not known."""
        try:
            item = PoolItem.get(keys.owner(owner), keys.pool(mode, currency), consistent_read=True)
        except DoesNotExist:
            return None
        if item.opening is None:
            return None
        return Pot(opening=item.opening, free=item.free, version=item.version)
