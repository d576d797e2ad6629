"""Books, orders, fills and postings in the desk table, and what one change writes of them."""

from collections.abc import Iterator
from datetime import datetime
from typing import Self

from pynamodb.expressions.condition import Condition

from nightdesk.accounts.privacy import kept, replaced
from nightdesk.adapters.dynamo import keys
from nightdesk.adapters.dynamo.attributes import IntegerAttribute
from nightdesk.adapters.dynamo.bodies import Body
from nightdesk.adapters.dynamo.outbox import EventItem
from nightdesk.adapters.dynamo.tables import DeskItem
from nightdesk.core.ids import BotId, ClientOrderId, PostingId, UserId
from nightdesk.trading.book import Book
from nightdesk.trading.ledger import Posting
from nightdesk.trading.order import Fill, HeldBy, Order
from nightdesk.trading.ports import Change

_OF_BOOK = frozenset({"owner", "bot_id", "version", "fence"})
_OF_ORDER = frozenset({"owner", "bot_id", "client_order_id", "version"})
_OF_FILL = frozenset({"owner", "bot_id", "client_order_id"})
_OF_POSTING = frozenset({"posting_id"})


class BookItem(Body, DeskItem, discriminator="BOOK"):
    """A bot's book. While it holds or awaits something, index `by_market` shows it to the watch."""

    privacy = replaced("books", {"market": None, "market_sk": None})

    version = IntegerAttribute()
    fence = IntegerAttribute()

    @classmethod
    def from_domain(cls, book: Book, fence: int) -> Self:
        """Build the row that follows the version in `book`."""
        partition = keys.bot(book.owner, book.bot_id)
        item = cls(partition, keys.POSITION, version=book.version + 1, fence=fence)
        item.hold(book, without=_OF_BOOK)
        if book.position or book.open_orders:
            item.market, item.market_sk = keys.HOLDING, f"{book.owner}#{book.bot_id}"
        return item

    def to_domain(self) -> Book:
        """Build the noun, checked again."""
        owner, bot_id = keys.bot_of(self.pk)
        return self.held(Book, owner=owner, bot_id=bot_id, version=self.version, fence=self.fence)


class OrderItem(Body, DeskItem, discriminator="ORDER"):
    """One order; index `by_owner` has an owner's orders by the time they were made.

    A stop or target that the desk watches is not there before it is sent: most never are, and
    each write of an index costs a unit.
    """

    privacy = kept("orders")

    version = IntegerAttribute()

    @classmethod
    def from_domain(cls, order: Order) -> Self:
        """Build the row that follows the version in `order`."""
        item = cls(
            keys.bot(order.owner, order.bot_id),
            keys.order(order.client_order_id),
            version=order.version + 1,
        )
        item.hold(order, without=_OF_ORDER)
        if order.held_by is not HeldBy.DESK or order.sent_at is not None:
            item.feed = keys.orders_feed(order.owner)
            item.feed_sk = keys.feed(order.created_at, order.client_order_id)
        return item

    def to_domain(self) -> Order:
        """Build the noun, checked again."""
        owner, bot_id = keys.bot_of(self.pk)
        order_id = ClientOrderId(self.sk.removeprefix(keys.ORDERS))
        return self.held(
            Order, owner=owner, bot_id=bot_id, client_order_id=order_id, version=self.version
        )


class FillItem(Body, DeskItem, discriminator="FILL"):
    """One fill; index `by_owner` has an owner's fills by time."""

    privacy = kept("fills")

    @classmethod
    def from_domain(cls, fill: Fill) -> Self:
        """Build the row."""
        item = cls(
            keys.bot(fill.owner, fill.bot_id),
            keys.fill(fill.client_order_id, fill.fill_id),
            feed=keys.fills_feed(fill.owner),
            feed_sk=keys.feed(fill.at, fill.fill_id),
        )
        item.hold(fill, without=_OF_FILL)
        return item

    def to_domain(self) -> Fill:
        """Build the noun, checked again."""
        owner, bot_id = keys.bot_of(self.pk)
        order_id = self.sk.removeprefix(keys.FILLS).partition("#")[0]
        return self.held(Fill, owner=owner, bot_id=bot_id, client_order_id=ClientOrderId(order_id))


class PostingItem(Body, DeskItem, discriminator="POSTING"):
    """One posting."""

    privacy = kept("postings")

    @classmethod
    def from_domain(cls, owner: UserId, bot_id: BotId, posting: Posting) -> Self:
        """Build the row."""
        item = cls(keys.bot(owner, bot_id), keys.posting(posting.posting_id))
        item.hold(posting, without=_OF_POSTING)
        return item

    def to_domain(self) -> Posting:
        """Build the noun, checked again."""
        return self.held(Posting, posting_id=PostingId(self.sk.removeprefix(keys.POSTINGS)))


def written(change: Change, *, fence: int, now: datetime) -> Iterator[tuple[DeskItem, Condition]]:
    """Return what a change puts, each with its condition; the book first.

    New things must not be there yet. A book or order must be at the version that was read, and
    no newer lease than `fence` may have written the book.
    """
    book, new = change.book, DeskItem.pk.does_not_exist()
    unmoved = (BookItem.version == book.version) & (BookItem.fence <= fence)
    yield BookItem.from_domain(book, fence), unmoved if book.version else new
    for order in change.orders:
        yield (
            OrderItem.from_domain(order),
            OrderItem.version == order.version if order.version else new,
        )
    for fill in change.fills:
        yield FillItem.from_domain(fill), new
    for posting in change.postings:
        yield PostingItem.from_domain(book.owner, book.bot_id, posting), new
    for event in change.events:
        yield EventItem.from_domain(event, now), new
