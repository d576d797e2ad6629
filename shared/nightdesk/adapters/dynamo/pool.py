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


class PoolItem(DeskItem, discriminator="POOL"):
    """What is free in one mode and currency. It moves by conditional update only."""

    privacy = kept("pools")

    free = DecimalAttribute()
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
