"""What a trader asks to see of orders and fills. Light: the API imports it to start."""

from dataclasses import dataclass
from datetime import datetime

from nightdesk.core.ids import BotId
from nightdesk.trading.order import Fill, Mode, Order, OrderStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """None is any. Orders count from when they were made: ``since <= at < until``."""

    bot_id: BotId | None = None
    status: OrderStatus | None = None
    mode: Mode | None = None
    since: datetime | None = None
    until: datetime | None = None

    def fits(self, one: Order | Fill) -> bool:
        """Tell whether this order or fill is wanted; times aside. A fill has no status."""
        status = one.status if isinstance(one, Order) else self.status
        return (
            self.bot_id in {None, one.bot_id}
            and self.mode in {None, one.mode}
            and self.status in {None, status}
        )
