"""What the journal's worker is asked to do. Each may come twice, late, or in another order."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import ClassVar, Protocol, Self, TypeAlias

from nightdesk.core.events import Event
from nightdesk.core.ids import BotId, ClientOrderId, TradeId, UserId
from nightdesk.core.money import ZERO
from nightdesk.names import EventType
from nightdesk.trading.order import Mode


@dataclass(frozen=True, slots=True, kw_only=True)
class TripClosed:
    """A bot's holding has ended: its orders, and the dust that it had taken over."""

    owner: UserId
    bot_id: BotId
    orders: tuple[ClientOrderId, ...]
    carried: Decimal = ZERO
    carried_cost: Decimal = ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """An order of a bot was filled, in part or whole."""

    owner: UserId
    bot_id: BotId
    order_id: ClientOrderId


@dataclass(frozen=True, slots=True, kw_only=True)
class _OfTrades:
    MOST: ClassVar[int] = 50

    owner: UserId
    trade_ids: tuple[TradeId, ...]

    @classmethod
    def some(cls, owner: UserId, trade_ids: Sequence[TradeId]) -> Sequence[Self]:
        """Return tasks for these trades, each for not too many."""
        starts = range(0, len(trade_ids), cls.MOST)
        return [
            cls(owner=owner, trade_ids=tuple(trade_ids[start : start + cls.MOST]))
            for start in starts
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure(_OfTrades):
    """Stored trades whose excursions and surroundings are still to be found; then they follow."""

    MOST: ClassVar[int] = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Follow(_OfTrades):
    """Trades that were stored just now: plans, reviews and findings follow from them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refresh(_OfTrades):
    """Trades stored a while ago that candles may tell more of by now."""

    MOST: ClassVar[int] = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """A day of an owner's trades of a mode that is over, or soon will be."""

    owner: UserId
    day: date
    mode: Mode


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """The hour is full: what is due becomes tasks. `owner` is the desk itself."""

    owner: UserId


Task: TypeAlias = TripClosed | Filled | Measure | Follow | Refresh | Score | Due


class JournalQueue(Protocol):
    """Carries tasks to the journal's worker."""

    def send(self, tasks: Sequence[Task], *, now: datetime) -> None:
        """Send them all, or raise StoreUnavailable: some may have been sent then."""
        ...


@dataclass(frozen=True, slots=True)
class RouteEvents:
    """Hand the journal what concerns it of what happened at the desk."""

    queue: JournalQueue

    def __call__(self, events: Sequence[Event], *, now: datetime) -> int:
        """Return how many tasks were sent. Raises StoreUnavailable."""
        tasks = [task for task in map(task_of, events) if task is not None]
        if tasks:
            self.queue.send(tasks, now=now)
        return len(tasks)


def task_of(event: Event) -> Task | None:
    """Return what the journal has to do because of this event, None for nothing."""
    if event.bot_id is None:
        return None
    data = event.data
    if event.type == EventType.ROUND_TRIP_CLOSED:
        orders = data["orders"]
        assert isinstance(orders, list | tuple)  # noqa: S101 - as trading writes it
        return TripClosed(
            owner=event.owner,
            bot_id=event.bot_id,
            orders=tuple(ClientOrderId(str(order)) for order in orders),
            carried=Decimal(str(data["carried"])),
            carried_cost=Decimal(str(data["carried_cost"])),
        )
    if event.type == EventType.FILL_BOOKED:
        order_id = ClientOrderId(str(data["client_order_id"]))
        return Filled(owner=event.owner, bot_id=event.bot_id, order_id=order_id)
    return None
