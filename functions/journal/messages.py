"""What the journal queue carries: one task in each message."""

from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from nightdesk.core.ids import BotId, ClientOrderId, TradeId, UserId
from nightdesk.core.wire import DecimalText, Message
from nightdesk.journal import task as nouns

Owner = Annotated[UserId, Field(min_length=1)]


class Closed(Message):
    """A bot's holding has ended."""

    task: Literal["closed"]
    owner: Owner
    bot_id: BotId
    orders: list[ClientOrderId] = Field(min_length=1)
    carried: DecimalText
    carried_cost: DecimalText

    def to_domain(self) -> nouns.TripClosed:
        """Build the noun."""
        return nouns.TripClosed(
            owner=self.owner,
            bot_id=self.bot_id,
            orders=tuple(self.orders),
            carried=self.carried,
            carried_cost=self.carried_cost,
        )


class Filled(Message):
    """An order was filled."""

    task: Literal["filled"]
    owner: Owner
    bot_id: BotId
    order_id: ClientOrderId

    def to_domain(self) -> nouns.Filled:
        """Build the noun."""
        return nouns.Filled(owner=self.owner, bot_id=self.bot_id, order_id=self.order_id)


class Measure(Message):
    """Stored trades are to be measured."""

    task: Literal["measure"]
    owner: Owner
    trade_ids: list[TradeId] = Field(min_length=1)

    def to_domain(self) -> nouns.Measure:
        """Build the noun."""
        return nouns.Measure(owner=self.owner, trade_ids=tuple(self.trade_ids))


Body = Annotated[Closed | Filled | Measure, Field(discriminator="task")]
BODY: TypeAdapter[Closed | Filled | Measure] = TypeAdapter(Body)


class Envelope(Message):
    """What SQS hands over: messages by id, each with one task as its body."""

    Records: list[dict[str, Any]] = Field(min_length=1)

    def tasks(self) -> list[tuple[str, nouns.Task]]:
        """Return each message's id and task. Raises ValidationError."""
        return [
            (record["messageId"], BODY.validate_json(record["body"]).to_domain())
            for record in self.Records
        ]


class Failure(Message):
    """One message that shall come again."""

    message_id: str = Field(serialization_alias="itemIdentifier")


class Output(Message):
    """The messages that shall come again; the others are done."""

    failures: list[Failure] = Field(default_factory=list, serialization_alias="batchItemFailures")
