"""Showing what bots did: orders, fills, decisions, postings, each within its owner's wall.

A page may be short while there are more: filters look at a bounded number of rows at a time.
"""

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import TypeVar

from nightdesk.core.clock import from_iso, iso, millis
from nightdesk.core.ids import BotId, ClientOrderId, UserId
from nightdesk.core.pages import Page
from nightdesk.trading.decision import Decision
from nightdesk.trading.ledger import Posting
from nightdesk.trading.order import Fill, Order
from nightdesk.trading.ports import Decisions, Desk, OwnBots
from nightdesk.trading.wanted import Wanted

T = TypeVar("T")

LOOKS = 20
"""How often a filtered page asks for more rows before it is handed out as it is."""
CHUNK = 4
"""Decisions read at once of one bot among many: most pages need a few of each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderView:
    """An order and what it traded, oldest fill first."""

    order: Order
    fills: tuple[Fill, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PostingView:
    """A posting, and the bot whose money it moved."""

    bot_id: BotId
    posting: Posting


@dataclass(frozen=True, slots=True)
class ListOrders:
    """Show an owner's orders."""

    desk: Desk

    def __call__(
        self, owner: UserId, wanted: Wanted, *, limit: int, after: str | None
    ) -> Page[Order]:
        """Return orders over all bots, newest first. Raises Missing for an unknown bot."""
        known(self.desk, owner, wanted.bot_id)

        def look(rows: int, place: str | None) -> Page[Order]:
            return self.desk.owner_orders_page(
                owner, limit=rows, after=place, since=wanted.since, until=wanted.until
            )

        return _fitting(look, wanted.fits, limit, after)


@dataclass(frozen=True, slots=True)
class ListFills:
    """Show an owner's fills."""

    desk: Desk

    def __call__(
        self, owner: UserId, wanted: Wanted, *, limit: int, after: str | None
    ) -> Page[Fill]:
        """Return fills over all bots, newest first. Raises Missing for an unknown bot."""
        known(self.desk, owner, wanted.bot_id)

        def look(rows: int, place: str | None) -> Page[Fill]:
            return self.desk.owner_fills_page(
                owner, limit=rows, after=place, since=wanted.since, until=wanted.until
            )

        return _fitting(look, wanted.fits, limit, after)


@dataclass(frozen=True, slots=True)
class ReadOrder:
    """Show one order."""

    desk: Desk
    bots: OwnBots

    def __call__(self, owner: UserId, order_id: ClientOrderId) -> OrderView:
        """Return the order with its fills. Raises Missing, also for another owner's order."""
        order = self.desk.find_order(owner, self.bots(owner), order_id)
        return with_fills(self.desk, order)


@dataclass(frozen=True, slots=True)
class ListDecisions:
    """Show what an owner's bots decided."""

    decisions: Decisions
    desk: Desk
    bots: OwnBots

    def __call__(
        self, owner: UserId, bot_id: BotId | None, *, limit: int, after: str | None
    ) -> Page[Decision]:
        """Return decisions of one bot or all, newest first; of one moment by bot id.

        Raises Missing for an unknown bot.
        """
        known(self.desk, owner, bot_id)
        among = [bot_id] if bot_id is not None else self.bots(owner)
        rows = limit + 1 if bot_id is not None else CHUNK
        streams = [self._of(owner, one, rows, _until(one, after)) for one in among]
        merged = heapq.merge(*streams, key=lambda one: (-millis(one.as_of), one.bot_id))
        found = list(islice(merged, limit + 1))
        if len(found) <= limit:
            return Page(found)
        last = found[limit - 1]
        return Page(found[:limit], f"{iso(last.as_of)}|{last.bot_id}")

    def _of(
        self, owner: UserId, bot_id: BotId, rows: int, until: datetime | None
    ) -> Iterator[Decision]:
        """Yield a bot's decisions, newest first, read as they are needed."""
        after: str | None = None
        while True:
            page = self.decisions.page(owner, bot_id, limit=rows, after=after, until=until)
            yield from page.items
            after = page.next_key
            if after is None:
                return


@dataclass(frozen=True, slots=True)
class ListPostings:
    """Show the ledger."""

    desk: Desk
    bots: OwnBots

    def __call__(
        self, owner: UserId, bot_id: BotId | None, *, limit: int, after: str | None
    ) -> Page[PostingView]:
        """Return the postings of one bot or all, bot by bot, by cause. Raises Missing."""
        known(self.desk, owner, bot_id)
        among = [bot_id] if bot_id is not None else list(self.bots(owner))
        at, _, place = (after or "").partition("|")
        if at:
            among = among[among.index(BotId(at)) :] if BotId(at) in among else []
        found: list[PostingView] = []
        for one in among:
            if len(found) == limit:
                return Page(found, f"{one}|")
            page = self.desk.postings_page(
                owner, one, limit=limit - len(found), after=place or None
            )
            place = ""
            found += [PostingView(bot_id=one, posting=posting) for posting in page.items]
            if page.next_key is not None:
                return Page(found, f"{one}|{page.next_key}")
        return Page(found)


def known(desk: Desk, owner: UserId, bot_id: BotId | None) -> None:
    """Refuse a bot that is not this owner's. Raises Missing."""
    if bot_id is not None:
        desk.book(owner, bot_id)


def with_fills(desk: Desk, order: Order) -> OrderView:
    """Return an order and what it traded; an order that traded nothing costs no read."""
    if not order.filled:
        return OrderView(order=order)
    fills = desk.fills_of(order.owner, order.bot_id, order.client_order_id)
    return OrderView(order=order, fills=tuple(sorted(fills, key=lambda fill: fill.at)))


def _until(bot_id: BotId, after: str | None) -> datetime | None:
    """Return the moment before which a bot's decisions come next in the merged order."""
    if after is None:
        return None
    moment, _, last = after.partition("|")
    shown = bot_id <= last
    return from_iso(moment) + (timedelta(0) if shown else timedelta(milliseconds=1))


def _fitting(
    look: Callable[[int, str | None], Page[T]],
    fits: Callable[[T], bool],
    limit: int,
    after: str | None,
) -> Page[T]:
    """Return up to `limit` rows that fit; each look asks for as many as are still wanted."""
    found: list[T] = []
    for _ in range(LOOKS):
        page = look(limit - len(found), after)
        found += [row for row in page.items if fits(row)]
        after = page.next_key
        if after is None or len(found) == limit:
            break
    return Page(found, after)
