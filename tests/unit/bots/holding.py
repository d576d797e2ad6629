"""Give a bot of the rig a position or a resting order, and take it away again."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from nightdesk.adapters.dynamo.bookings import BookItem
from nightdesk.bots.bot import Bot
from nightdesk.core.ids import ClientOrderId
from nightdesk.trading.book import Book
from nightdesk.trading.ledger import Balances
from tests.builders.bots import NOW
from tests.builders.trading import a_buy, a_trading_fill

if TYPE_CHECKING:
    from tests.unit.bots.rig import Rig

QUANTITY = Decimal("0.01")


def hold(rig: "Rig", bot: Bot) -> Book:
    """Book a fill of 0.01 BTC at 10,000 as a worker would, and return the book."""
    book = _book(bot)
    order = a_buy(
        owner=bot.owner,
        bot_id=bot.bot_id,
        client_order_id=ClientOrderId(f"nd-{book.version}"),
        instrument_id=bot.instrument_id,
        quantity=QUANTITY,
        reserved=Decimal(110),
    )
    after, _ = book.intended(order, NOW)
    fill = a_trading_fill(order)
    after, filled, _ = after.bought(order.with_fill(fill, fill.at), fill)
    return _store(after.finished(filled, fill.at)[0])


def rest(rig: "Rig", bot: Bot) -> Book:
    """Leave a buy on its way."""
    order = a_buy(
        owner=bot.owner,
        bot_id=bot.bot_id,
        instrument_id=bot.instrument_id,
        quantity=QUANTITY,
        reserved=Decimal(110),
    )
    return _store(_book(bot).intended(order, NOW)[0])


def let_go(rig: "Rig", bot: Bot) -> Book:
    """Close whatever is open at cost: the bot has its cash again."""
    book = _book(bot)
    cash = book.net_capital
    empty = replace(book, position=None, open_orders=(), in_flight=(), balances=Balances())
    funded, _ = empty.funded("again", cash, NOW + timedelta(hours=1))
    return _store(funded)


def _book(bot: Bot) -> Book:
    from nightdesk.adapters.dynamo import keys

    row = BookItem.get(keys.bot(bot.owner, bot.bot_id), keys.POSITION, consistent_read=True)
    return row.to_domain()


def _store(book: Book) -> Book:
    BookItem.from_domain(book, book.fence).save()
    return replace(book, version=book.version + 1)
