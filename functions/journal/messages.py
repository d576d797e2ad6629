"""What the journal queue carries: one task in each message."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from nightdesk.core.ids import BotId, ClientOrderId, TradeId, UserId
from nightdesk.core.wire import DecimalText, Message, Moment
from nightdesk.journal import task as nouns
from nightdesk.trading.order import Mode


class Closed(Message):
    """A bot's holding has ended."""

    kind: Literal["closed"]
    bot_id: BotId
    orders: list[ClientOrderId] = Field(min_length=1)
    carried: DecimalText
    carried_cost: DecimalText

    def to_domain(self, owner: UserId) -> nouns.TripClosed:
        """Build the noun."""
        return nouns.TripClosed(
            owner=owner,
            bot_id=self.bot_id,
            orders=tuple(self.orders),
            carried=self.carried,
            carried_cost=self.carried_cost,
        )


class Filled(Message):
    """An order was filled."""

    kind: Literal["filled"]
    bot_id: BotId
    order_id: ClientOrderId

    def to_domain(self, owner: UserId) -> nouns.Filled:
        """Build the noun."""
        return nouns.Filled(owner=owner, bot_id=self.bot_id, order_id=self.order_id)


class Measure(Message):
    """Stored trades are to be measured."""

    kind: Literal["measure"]
    trade_ids: list[TradeId] = Field(min_length=1)

    def to_domain(self, owner: UserId) -> nouns.Measure:
        """Build the noun."""
        return nouns.Measure(owner=owner, trade_ids=tuple(self.trade_ids))


class Follow(Message):
    """Trades were stored."""

    kind: Literal["follow"]
    trade_ids: list[TradeId] = Field(min_length=1)

    def to_domain(self, owner: UserId) -> nouns.Follow:
        """Build the noun."""
        return nouns.Follow(owner=owner, trade_ids=tuple(self.trade_ids))


class Refresh(Message):
    """Candles may tell more of trades by now."""

    kind: Literal["refresh"]
    trade_ids: list[TradeId] = Field(min_length=1)

    def to_domain(self, owner: UserId) -> nouns.Refresh:
        """Build the noun."""
        return nouns.Refresh(owner=owner, trade_ids=tuple(self.trade_ids))


class Score(Message):
    """A day is over."""

    kind: Literal["score"]
    day: date
    mode: Mode

    def to_domain(self, owner: UserId) -> nouns.Score:
        """Build the noun."""
        return nouns.Score(owner=owner, day=self.day, mode=self.mode)


class Due(Message):
    """The hour is full."""

    kind: Literal["due"]

    def to_domain(self, owner: UserId) -> nouns.Due:
        """Build the noun."""
        return nouns.Due(owner=owner)


class Input(Message):
    """One task; `as_of` is when it was asked for."""

    as_of: Moment
    owner: Annotated[UserId, Field(min_length=1)]
    task: Annotated[
        Closed | Filled | Measure | Follow | Refresh | Score | Due, Field(discriminator="kind")
    ]

    def to_domain(self) -> nouns.Task:
        """Build the noun."""
        return self.task.to_domain(self.owner)
