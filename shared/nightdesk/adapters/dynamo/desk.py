"""Books, orders, fills and postings: read by bot or owner, written one change at a time."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pynamodb.exceptions import CancellationReason, TransactWriteError

from nightdesk.adapters.dynamo import gates, keys
from nightdesk.adapters.dynamo.bookings import BookItem, FillItem, OrderItem, PostingItem, written
from nightdesk.adapters.dynamo.connection import connection, translated
from nightdesk.adapters.dynamo.gates import GateItem
from nightdesk.adapters.dynamo.leases import LeaseItem, held
from nightdesk.adapters.dynamo.queries import FIRST, LAST, batch, every, page, rows
from nightdesk.adapters.dynamo.tables import DeskItem
from nightdesk.core.clock import Clock
from nightdesk.core.errors import Conflict, Fault, Fenced, Missing, StaleWrite
from nightdesk.core.ids import BotId, ClientOrderId, UserId
from nightdesk.core.pages import Page
from nightdesk.trading.book import Book
from nightdesk.trading.ledger import Posting
from nightdesk.trading.order import Fill, Mode, Order
from nightdesk.trading.ports import BotKey, Change, Lease

_RETIRED = "retired"
_FAILED = "ConditionalCheckFailed"
_TOKEN = 36


@dataclass(frozen=True, slots=True)
class DynamoDesk:
    """The desk table, with the lease in `runtime` as a condition of every change."""

    clock: Clock

    @translated()
    def book(self, owner: UserId, bot_id: BotId) -> Book:
        """Return a bot's book, read consistently. Raises Missing."""
        return BookItem.get(
            keys.bot(owner, bot_id), keys.POSITION, consistent_read=True
        ).to_domain()

    @translated()
    def books(self, keys_: Sequence[BotKey]) -> Mapping[BotKey, Book]:
        """Return many books, read consistently; a missing one is left out."""
        wanted = [(keys.bot(owner, bot_id), keys.POSITION) for owner, bot_id in keys_]
        found = {item.pk: item.to_domain() for item in batch(BookItem, wanted, consistent=True)}
        return {key: found[pk] for key, (pk, _) in zip(keys_, wanted, strict=True) if pk in found}

    @translated()
    def owner_books(self, owner: UserId, mode: Mode) -> Sequence[Book]:
        """Return the books of all bots of an owner that are not retired, in this mode."""
        bots = rows(DeskItem, keys.owner(owner), keys.BOTS, keys.BOTS + LAST, only=("sk", "status"))
        trading = [
            (owner, BotId(bot["sk"]["S"].removeprefix(keys.BOTS)))
            for bot in bots
            if bot.get("status", {}).get("S") != _RETIRED
        ]
        return [book for book in self.books(trading).values() if book.mode is mode]

    @translated()
    def account_books(self, owner: UserId, mode: Mode, currency: str) -> Sequence[Book]:
        """Return the books of all bots there ever were in a mode and currency, consistently."""
        bots = rows(
            DeskItem, keys.owner(owner), keys.BOTS, keys.BOTS + LAST, consistent=True, only=("sk",)
        )
        known = [(owner, BotId(bot["sk"]["S"].removeprefix(keys.BOTS))) for bot in bots]
        found = self.books(known).values()
        return [book for book in found if book.mode is mode and book.quote == currency]

    @translated()
    def holding(self) -> Sequence[BotKey]:
        """Return the bots that hold a position or have an order open, for the watch."""
        found = rows(
            DeskItem,
            keys.HOLDING,
            FIRST,
            LAST,
            only=("pk",),
            index="by_market",
            sort_key="market_sk",
        )
        return [keys.bot_of(row["pk"]["S"]) for row in found]

    @translated()
    def order(self, owner: UserId, bot_id: BotId, order_id: ClientOrderId) -> Order:
        """Return one order. Raises Missing."""
        return OrderItem.get(
            keys.bot(owner, bot_id), keys.order(order_id), consistent_read=True
        ).to_domain()

    @translated()
    def orders(
        self, owner: UserId, bot_id: BotId, order_ids: Sequence[ClientOrderId]
    ) -> Sequence[Order]:
        """Return these orders, read consistently; a missing one is left out."""
        partition = keys.bot(owner, bot_id)
        wanted = [(partition, keys.order(order_id)) for order_id in order_ids]
        found = {item.sk: item.to_domain() for item in batch(OrderItem, wanted, consistent=True)}
        return [found[sk] for _, sk in dict.fromkeys(wanted) if sk in found]

    @translated()
    def find_order(self, owner: UserId, bot_ids: Sequence[BotId], order_id: ClientOrderId) -> Order:
        """Return the order of one of these bots that has this id. Raises Missing."""
        wanted = [(keys.bot(owner, bot_id), keys.order(order_id)) for bot_id in bot_ids]
        for item in batch(OrderItem, wanted):
            return item.to_domain()
        raise Missing(f"no order {order_id!r}")

    @translated()
    def orders_page(
        self, owner: UserId, bot_id: BotId, *, limit: int, after: str | None
    ) -> Page[Order]:
        """Return a bot's orders by client order id."""
        return _listed(OrderItem, keys.bot(owner, bot_id), keys.ORDERS, limit, after)

    @translated()
    def fills_page(
        self, owner: UserId, bot_id: BotId, *, limit: int, after: str | None
    ) -> Page[Fill]:
        """Return a bot's fills by order and fill id."""
        return _listed(FillItem, keys.bot(owner, bot_id), keys.FILLS, limit, after)

    @translated()
    def fills_of(self, owner: UserId, bot_id: BotId, order_id: ClientOrderId) -> Sequence[Fill]:
        """Return the fills of one order, read consistently."""
        first = keys.fills(order_id)
        found = every(FillItem, keys.bot(owner, bot_id), first, first + LAST, consistent=True)
        return [item.to_domain() for item in found]

    @translated()
    def postings_page(
        self, owner: UserId, bot_id: BotId, *, limit: int, after: str | None
    ) -> Page[Posting]:
        """Return a bot's postings by cause."""
        return _listed(PostingItem, keys.bot(owner, bot_id), keys.POSTINGS, limit, after)

    @translated()
    def history(
        self, owner: UserId, bot_id: BotId, *, consistent: bool
    ) -> tuple[Sequence[Posting], Sequence[Fill]]:
        """Return all postings and fills that a bot ever had. Raises InvariantBroken."""
        partition = keys.bot(owner, bot_id)
        postings = every(
            PostingItem, partition, keys.POSTINGS, keys.POSTINGS + LAST, consistent=consistent
        )
        fills = every(FillItem, partition, keys.FILLS, keys.FILLS + LAST, consistent=consistent)
        return [item.to_domain() for item in postings], [item.to_domain() for item in fills]

    @translated()
    def owner_orders_page(
        self,
        owner: UserId,
        *,
        limit: int,
        after: str | None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> Page[Order]:
        """Return an owner's orders made at ``since <= created_at < until``, newest first.

        Orders that the desk only watches are not among them before they are sent.
        """
        feed = keys.orders_feed(owner)
        return _fed(OrderItem, feed, _span(since, until), limit=limit, after=after)

    @translated()
    def owner_fills_page(
        self,
        owner: UserId,
        *,
        limit: int,
        after: str | None,
        since: datetime | None = None,
        until: datetime | None = None,
        oldest_first: bool = False,
    ) -> Page[Fill]:
        """Return an owner's fills at ``since <= at < until``, newest first unless told."""
        return _fed(
            FillItem,
            keys.fills_feed(owner),
            _span(since, until),
            limit=limit,
            after=after,
            oldest_first=oldest_first,
        )

    @translated()
    def commit(self, change: Change, lease: Lease) -> Book:
        """Write it all or nothing; return the book with its new version.

        A fill or posting that is there already makes the whole change a repeat: StaleWrite. Only
        the same request under the same lease, sent again because its answer was lost, is answered
        as the first was. Raises Fenced when the lease has passed on, StaleWrite when book or order
        moved meanwhile, Conflict(EMERGENCY_STOP) when an entry meets a shut gate.
        """
        book = change.book
        checks = _checks(change, lease)
        puts = [
            item.get_save_kwargs_from_instance(condition=condition)
            for item, condition in written(change, fence=lease.fence, now=self.clock.now())
        ]
        try:
            connection().transact_write_items(
                condition_check_items=checks,
                delete_items=(),
                put_items=puts,
                update_items=(),
                client_request_token=_token(checks, puts),
            )
        except TransactWriteError as error:
            refusal = _refusal(error.cancellation_reasons, lease, len(checks))
            if refusal is None:
                raise
            raise refusal from error
        return replace(book, version=book.version + 1, fence=lease.fence)


def _listed(
    kind: type[Any], partition: str, first: str, limit: int, after: str | None
) -> Page[Any]:
    """Return a page of a bot's items whose sort keys begin with `first`."""
    items, more = page(kind, partition, first, first + LAST, limit=limit, after=after)
    return Page([item.to_domain() for item in items], more)


def _fed(
    kind: type[Any],
    feed: str,
    span: tuple[str, str],
    *,
    limit: int,
    after: str | None,
    oldest_first: bool = False,
) -> Page[Any]:
    """Return a page of an owner's feed over all bots."""
    items, more = page(
        kind,
        feed,
        *span,
        limit=limit,
        after=after,
        newest_first=not oldest_first,
        index="by_owner",
        sort_key="feed_sk",
    )
    return Page([item.to_domain() for item in items], more)


def _span(since: datetime | None, until: datetime | None) -> tuple[str, str]:
    return keys.feed(since) if since else FIRST, keys.feed(until) if until else LAST


def _checks(change: Change, lease: Lease) -> list[dict[str, Any]]:
    """Return the conditions on what a change does not write: the lease first, then the gates."""
    book = change.book
    if (lease.owner, lease.bot_id) != (book.owner, book.bot_id):
        raise Missing(f"the lease is not on {book.bot_id}")
    checks = [
        LeaseItem.get_operation_kwargs_from_class(
            keys.bot(lease.owner, lease.bot_id), keys.LEASE, condition=held(lease)
        )
    ]
    for partition, sort in gates.of(book.owner) if change.entry else ():
        check = GateItem.get_operation_kwargs_from_class(partition, sort, condition=gates.OPEN)
        checks.append({**check, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"})
    return checks


def _refusal(
    reasons: Sequence[CancellationReason | None], lease: Lease, checks: int
) -> Fault | None:
    """Return what a cancelled transaction means; None when no condition of it failed.

    Reasons stand in the order of the request: the checks, then the puts.
    """
    failed = [reason if reason and reason.code == _FAILED else None for reason in reasons]
    if not any(failed):
        return None
    if failed[0]:
        return Fenced(f"the lease on {lease.bot_id} has passed on from {lease.holder}")
    for gate in failed[1:checks]:
        if gate:
            code = gates.reason_in(gate.raw_item) or "EMERGENCY_STOP"
            return Conflict(code, "entries are blocked")
    return StaleWrite(f"{lease.bot_id} has moved meanwhile, or this was written before")


def _token(checks: Sequence[object], puts: Sequence[object]) -> str:
    """Return the token by which DynamoDB knows the same request again, for ten minutes."""
    text = json.dumps([checks, puts], sort_keys=True, default=bytes.hex)
    return hashlib.sha256(text.encode()).hexdigest()[:_TOKEN]
