"""Where an owner stands when an entry is asked for, by hand."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from nightdesk.core.ids import BotId, InstrumentId
from nightdesk.risk.verdict import Exposure
from nightdesk.trading.book import Book, Tally
from nightdesk.trading.exposure import day_start, exposure
from nightdesk.trading.mandate import EquityPoint, settled
from nightdesk.trading.order import Order, OrderStatus
from tests.builders.trading import (
    AS_OF,
    BOT,
    a_buy,
    a_funded_book,
    a_holding_book,
    a_stop,
)

D = Decimal
OTHER = BotId("bot_2")
ELSEWHERE = InstrumentId("BTC/USD@coinbase")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def another(book: Book, **changes: Any) -> Book:
    return replace(book, bot_id=OTHER, **changes)


def seen(
    own: Book,
    *,
    books: Sequence[Book] = (),
    points: Mapping[BotId, EquityPoint | None] | None = None,
    pool: str = "0",
    orders: Sequence[Order] = (),
    reference: str = "10000",
) -> Exposure:
    return exposure(
        own,
        reference=D(reference),
        books=books,
        points=points or {},
        pool=D(pool),
        orders=orders,
        streak=5,
        as_of=AS_OF,
    )


def test_a_lone_new_bot_stands_at_its_capital() -> None:
    found = seen(a_funded_book())
    money = D(10_000)
    assert (found.user_equity, found.user_day_start) == (money, money)
    assert (found.bot_equity, found.bot_day_start, found.bot_capital) == (money, money, money)
    assert (found.bot_peak, found.available) == (money, money)
    assert (found.open_positions, found.holding, found.loss_streak) == (0, False, 0)


def test_the_user_is_pool_and_all_bots_of_the_currency_each_once() -> None:
    own, other = a_funded_book(), another(a_funded_book(4_000))
    assert seen(own, books=[own, other], pool="1500").user_equity == D(15_500)
    assert seen(own, books=[other], pool="1500").user_equity == D(15_500)


def test_bots_of_another_currency_are_another_purse() -> None:
    euros = another(a_holding_book(), instrument_id=InstrumentId("BTC/EUR@bitstamp"))
    found = seen(a_funded_book(), books=[euros])
    assert found.user_equity == D(10_000)
    assert found.open_positions == 0


def test_holdings_are_marked_at_the_entrys_price_or_their_own_last_settle() -> None:
    same = another(a_holding_book())
    assert seen(a_funded_book(), books=[same], reference="12000").user_equity == D(20_200)
    far = another(a_holding_book(), instrument_id=ELSEWHERE)
    point = settled(far, D(11_000), AS_OF - HOUR, None)
    marked = seen(a_funded_book(), books=[far], points={OTHER: point}, reference="12000")
    assert marked.user_equity == D(20_100)
    never = seen(a_funded_book(), books=[far], points={OTHER: None}, reference="12000")
    assert never.user_equity == D(20_000), "at what it cost"


def test_the_day_began_with_the_last_point_before_it_shifted_by_flows() -> None:
    book = a_holding_book()
    assert day_start(book, None, AS_OF) == D(10_000)
    yesterday = settled(book, D(11_000), AS_OF - DAY, None)
    assert day_start(book, yesterday, AS_OF) == D(10_100)
    today = settled(book, D(9_000), AS_OF - HOUR, yesterday)
    assert day_start(book, today, AS_OF) == D(10_100)
    richer, _ = book.funded("deposit:2", D(500), AS_OF)
    assert day_start(richer, today, AS_OF) == D(10_600)
    poorer, _ = book.funded("withdrawal:1", D(-600), AS_OF)
    assert day_start(poorer, yesterday, AS_OF) == D(9_500)


def test_the_peak_is_the_highest_so_far_or_now_shifted_by_flows() -> None:
    book = a_holding_book()
    top = settled(book, D(15_000), AS_OF - HOUR, None)
    assert top.peak == D(10_500)
    assert seen(book, points={BOT: top}).bot_peak == D(10_500)
    assert seen(book, points={BOT: top}, reference="20000").bot_peak == D(11_000)
    richer, _ = book.funded("deposit:2", D(500), AS_OF)
    assert seen(richer, points={BOT: top}).bot_peak == D(11_000)


def test_a_gain_that_flowed_in_is_no_gain() -> None:
    book = a_holding_book()
    point = settled(book, D(10_000), AS_OF - HOUR, None)
    richer, _ = book.funded("deposit:2", D(7_000), AS_OF)
    found = seen(richer, points={BOT: point})
    assert found.bot_equity - found.bot_day_start == 0
    assert found.bot_peak == found.bot_equity


def test_entries_of_today_count_over_all_bots_and_those_of_the_bot_by_the_day() -> None:
    midnight = AS_OF.replace(hour=0)
    own = replace(a_funded_book(), entries=(midnight - HOUR, midnight, AS_OF - HOUR))
    other = another(a_funded_book(), entries=(midnight - HOUR, AS_OF - HOUR))
    found = seen(own, books=[own, other])
    assert found.user_entries_today == 3
    assert found.bot_entries == own.entries


def test_open_positions_count_every_bot_that_holds() -> None:
    own, other = a_holding_book(), another(a_holding_book())
    found = seen(own, books=[own, other])
    assert (found.open_positions, found.holding) == (2, True)


@pytest.mark.parametrize(
    ("order", "pending", "unknown"),
    [
        (a_buy(), True, False),
        (a_buy(status=OrderStatus.SUBMIT_UNKNOWN), True, True),
        (a_stop(), False, False),
        (a_stop(status=OrderStatus.SUBMIT_UNKNOWN, sent_at=AS_OF), False, True),
    ],
)
def test_orders_on_their_way_are_told(order: Order, *, pending: bool, unknown: bool) -> None:
    found = seen(a_funded_book(), orders=[order])
    assert (found.entry_pending, found.unknown_pending) == (pending, unknown)


def test_what_is_reserved_is_equity_and_not_available() -> None:
    book, _ = a_funded_book().intended(a_buy(), AS_OF)
    found = seen(book)
    assert (found.bot_equity, found.available) == (D(10_000), D(8_900))


def test_the_streak_and_last_exit_are_the_books() -> None:
    book = replace(
        a_funded_book(), tally=Tally(trips=3, wins=1, recent="WLL"), last_exit_at=AS_OF - DAY
    )
    found = seen(book)
    assert (found.loss_streak, found.last_exit_at) == (2, AS_OF - DAY)
