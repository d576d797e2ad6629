"""Trading's ports in memory. They keep the contracts that the DynamoDB adapters keep."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TypeVar

from nightdesk.analysis.record import SnapshotRecord
from nightdesk.core.clock import Clock, iso
from nightdesk.core.errors import Conflict, Fenced, LeaseTaken, Missing, OutOfOrder, StaleWrite
from nightdesk.core.events import Event
from nightdesk.core.ids import SYSTEM, BotId, ClientOrderId, DecisionId, PostingId, UserId
from nightdesk.core.money import ZERO
from nightdesk.core.pages import Page
from nightdesk.market.timeframe import Timeframe
from nightdesk.trading.book import Book
from nightdesk.trading.decision import Decision
from nightdesk.trading.identity import decided_by
from nightdesk.trading.ledger import Posting
from nightdesk.trading.mandate import EquityPoint
from nightdesk.trading.order import Fill, HeldBy, Mode, Order
from nightdesk.trading.ports import BotKey, Change, Lease, Pot

K = TypeVar("K")
T = TypeVar("T")

Place = tuple[UserId, BotId, str]
"""Owner, bot, and the id within the bot."""


@dataclass(slots=True)
class FakeLeases:
    clock: Clock
    life: timedelta = timedelta(seconds=90)
    held: dict[BotKey, Lease] = field(default_factory=dict)
    fences: dict[BotKey, int] = field(default_factory=dict)
    worked_to: dict[BotKey, datetime] = field(default_factory=dict)

    def take(self, owner: UserId, bot_id: BotId, holder: str, as_of: datetime) -> Lease:
        key, now = (owner, bot_id), self.clock.now()
        if self.worked_to.get(key, as_of) > as_of:
            raise OutOfOrder(bot_id)
        taken = self.held.get(key)
        if taken and taken.expires_at > now and taken.holder != holder:
            raise LeaseTaken(bot_id)
        self.fences[key] = self.fences.get(key, 0) + 1
        self.worked_to[key] = as_of
        self.held[key] = Lease(
            owner=owner,
            bot_id=bot_id,
            holder=holder,
            fence=self.fences[key],
            expires_at=now + self.life,
        )
        return self.held[key]

    def renew(self, lease: Lease) -> Lease:
        self.check(lease)
        longer = replace(lease, expires_at=self.clock.now() + self.life)
        self.held[lease.owner, lease.bot_id] = longer
        return longer

    def free(self, lease: Lease) -> None:
        if self._ours(lease):
            del self.held[lease.owner, lease.bot_id]

    def check(self, lease: Lease) -> None:
        if not self._ours(lease):
            raise Fenced(lease.bot_id)

    def _ours(self, lease: Lease) -> bool:
        held = self.held.get((lease.owner, lease.bot_id))
        return held is not None and (held.holder, held.fence) == (lease.holder, lease.fence)


@dataclass(slots=True)
class FakeGates:
    codes: dict[UserId, str] = field(default_factory=dict)

    def shut(self, owner: UserId) -> str | None:
        return self.codes.get(SYSTEM) or self.codes.get(owner)

    def shut_of(self, owners: Collection[UserId]) -> Mapping[UserId, str]:
        return {owner: code for owner in owners if (code := self.shut(owner)) is not None}


@dataclass(slots=True)
class FakeDesk:
    leases: FakeLeases
    gates: FakeGates = field(default_factory=FakeGates)
    retired: set[BotKey] = field(default_factory=set)
    kept: dict[BotKey, Book] = field(default_factory=dict)
    kept_orders: dict[Place, Order] = field(default_factory=dict)
    kept_fills: dict[Place, Fill] = field(default_factory=dict)
    kept_postings: dict[Place, Posting] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)

    def book(self, owner: UserId, bot_id: BotId) -> Book:
        return _found(self.kept, (owner, bot_id))

    def books(self, keys: Sequence[BotKey]) -> Mapping[BotKey, Book]:
        return {key: self.kept[key] for key in keys if key in self.kept}

    def owner_books(self, owner: UserId, mode: Mode) -> Sequence[Book]:
        return [
            book
            for key, book in sorted(self.kept.items())
            if key[0] == owner and key not in self.retired and book.mode is mode
        ]

    def account_books(self, owner: UserId, mode: Mode, currency: str) -> Sequence[Book]:
        return [
            book
            for key, book in sorted(self.kept.items())
            if key[0] == owner and book.mode is mode and book.quote == currency
        ]

    def holding(self) -> Sequence[BotKey]:
        return sorted(key for key, book in self.kept.items() if book.position or book.open_orders)

    def order(self, owner: UserId, bot_id: BotId, order_id: ClientOrderId) -> Order:
        return _found(self.kept_orders, (owner, bot_id, str(order_id)))

    def orders(
        self, owner: UserId, bot_id: BotId, order_ids: Sequence[ClientOrderId]
    ) -> Sequence[Order]:
        places: list[Place] = [(owner, bot_id, str(one)) for one in dict.fromkeys(order_ids)]
        return [self.kept_orders[place] for place in places if place in self.kept_orders]

    def find_order(self, owner: UserId, bot_ids: Sequence[BotId], order_id: ClientOrderId) -> Order:
        for bot_id in bot_ids:
            if (owner, bot_id, str(order_id)) in self.kept_orders:
                return self.kept_orders[owner, bot_id, str(order_id)]
        raise Missing(order_id)

    def orders_page(
        self, owner: UserId, bot_id: BotId, *, limit: int, after: str | None
    ) -> Page[Order]:
        return _page(_of(self.kept_orders, owner, bot_id), limit, after)

    def fills_page(
        self, owner: UserId, bot_id: BotId, *, limit: int, after: str | None
    ) -> Page[Fill]:
        return _page(_of(self.kept_fills, owner, bot_id), limit, after)

    def fills_of(self, owner: UserId, bot_id: BotId, order_id: ClientOrderId) -> Sequence[Fill]:
        found = _of(self.kept_fills, owner, bot_id)
        return [fill for _, fill in sorted(found.items()) if fill.client_order_id == order_id]

    def postings_page(
        self, owner: UserId, bot_id: BotId, *, limit: int, after: str | None
    ) -> Page[Posting]:
        return _page(_of(self.kept_postings, owner, bot_id), limit, after)

    def history(
        self, owner: UserId, bot_id: BotId, *, consistent: bool
    ) -> tuple[Sequence[Posting], Sequence[Fill]]:
        postings, fills = (
            [one for _, one in sorted(_of(kept, owner, bot_id).items())]
            for kept in (self.kept_postings, self.kept_fills)
        )
        return postings, fills  # type: ignore[return-value]

    def owner_orders_page(
        self,
        owner: UserId,
        *,
        limit: int,
        after: str | None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> Page[Order]:
        ours = (
            order
            for order in self.kept_orders.values()
            if order.owner == owner and (order.held_by is not HeldBy.DESK or order.sent_at)
        )
        found = _within(ours, lambda order: order.created_at, since, until)
        by_key = {_feed(order.created_at, order.client_order_id): order for order in found}
        return _page(by_key, limit, after, newest_first=True)

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
        ours = (fill for fill in self.kept_fills.values() if fill.owner == owner)
        found = _within(ours, lambda fill: fill.at, since, until)
        by_key = {_feed(fill.at, fill.fill_id): fill for fill in found}
        return _page(by_key, limit, after, newest_first=not oldest_first)

    def commit(self, change: Change, lease: Lease) -> Book:
        book = change.book
        key = (book.owner, book.bot_id)
        if (lease.owner, lease.bot_id) != key:
            raise Missing("another bot's lease")
        self.leases.check(lease)
        if change.entry and (code := self.gates.shut(book.owner)):
            raise Conflict(code, "shut")
        self._unmoved(change)
        written = replace(book, version=book.version + 1, fence=lease.fence)
        self.kept[key] = written
        for order in change.orders:
            self.kept_orders[_order(order)] = replace(order, version=order.version + 1)
        self.kept_fills.update({_fill(fill): fill for fill in change.fills})
        self.kept_postings.update({_posting(book, one.posting_id): one for one in change.postings})
        self.events += change.events
        return written

    def _unmoved(self, change: Change) -> None:
        book = change.book
        stands = self.kept.get((book.owner, book.bot_id))
        moved = (stands.version if stands else 0) != book.version
        for order in change.orders:
            there = self.kept_orders.get(_order(order))
            moved |= (there.version if there else 0) != order.version
        moved |= any(_fill(fill) in self.kept_fills for fill in change.fills)
        moved |= any(
            _posting(book, one.posting_id) in self.kept_postings for one in change.postings
        )
        known = {event.event_id for event in self.events}
        if moved or any(event.event_id in known for event in change.events):
            raise StaleWrite(book.bot_id)


@dataclass(slots=True)
class FakeDecisions:
    kept: dict[Place, Decision] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)

    def put(self, decision: Decision, *told: Event) -> Decision:
        place = (decision.owner, decision.bot_id, iso(decision.as_of))
        if place not in self.kept:
            self.kept[place] = decision
            self.events += told
        return self.kept[place]

    def get(self, owner: UserId, decision_id: DecisionId) -> Decision:
        bot_id, as_of = decided_by(decision_id)
        found = _found(self.kept, (owner, bot_id, iso(as_of)))
        if found.decision_id != decision_id:
            raise Missing(decision_id)
        return found

    def at(self, owner: UserId, bot_id: BotId, as_of: datetime) -> Decision | None:
        return self.kept.get((owner, bot_id, iso(as_of)))

    def page(
        self,
        owner: UserId,
        bot_id: BotId,
        *,
        limit: int,
        after: str | None,
        until: datetime | None = None,
    ) -> Page[Decision]:
        found = {
            key: one
            for key, one in _of(self.kept, owner, bot_id).items()
            if until is None or one.as_of < until
        }
        return _page(found, limit, after, newest_first=True)


@dataclass(slots=True)
class FakeEquity:
    kept: dict[Place, EquityPoint] = field(default_factory=dict)

    def latest(
        self, owner: UserId, bot_id: BotId, *, before: datetime | None = None
    ) -> EquityPoint | None:
        points = sorted(_of(self.kept, owner, bot_id).values(), key=lambda one: one.as_of)
        there = [one for one in points if before is None or one.as_of < before]
        return there[-1] if there else None

    def before(
        self, bots: Mapping[BotKey, Timeframe], as_of: datetime
    ) -> Mapping[BotKey, EquityPoint]:
        found: dict[BotKey, EquityPoint] = {}
        for (owner, bot_id), timeframe in bots.items():
            close = timeframe.floor(as_of - timedelta(milliseconds=1))
            exact = self.kept.get((owner, bot_id, iso(close)))
            if (point := exact or self.latest(owner, bot_id)) is not None:
                found[owner, bot_id] = point
        return found

    def put(self, points: Sequence[EquityPoint]) -> None:
        for point in points:
            self.kept[point.owner, point.bot_id, iso(point.as_of)] = point

    def between(
        self, owner: UserId, bot_id: BotId, since: datetime, until: datetime
    ) -> Sequence[EquityPoint]:
        found = sorted(_of(self.kept, owner, bot_id).items())
        return [point for _, point in found if since <= point.as_of < until]


@dataclass(slots=True)
class FakeCycles:
    begun: set[datetime] = field(default_factory=set)

    def begin(self, as_of: datetime) -> bool:
        new = as_of not in self.begun
        self.begun.add(as_of)
        return new


@dataclass(slots=True)
class FakePool:
    amounts: dict[tuple[UserId, Mode, str], Decimal] = field(default_factory=dict)
    openings: dict[tuple[UserId, Mode, str], Decimal] = field(default_factory=dict)

    def free(self, owner: UserId, mode: Mode, currency: str) -> Decimal:
        return self.amounts.get((owner, mode, currency), ZERO)

    def pot(self, owner: UserId, mode: Mode, currency: str) -> Pot | None:
        opening = self.openings.get((owner, mode, currency))
        if opening is None:
            return None
        return Pot(opening=opening, free=self.free(owner, mode, currency), version=1)


@dataclass(slots=True)
class FakeSnapshots:
    kept: dict[str, SnapshotRecord] = field(default_factory=dict)

    def put(self, snapshot: SnapshotRecord) -> None:
        self.kept.setdefault(snapshot.hash, snapshot)

    def get(self, content_hash: str) -> SnapshotRecord:
        return _found(self.kept, content_hash)


def _found(kept: Mapping[K, T], key: K) -> T:
    if key not in kept:
        raise Missing(str(key))
    return kept[key]


def _of(kept: Mapping[Place, T], owner: UserId, bot_id: BotId) -> dict[str, T]:
    return {place[2]: value for place, value in kept.items() if place[:2] == (owner, bot_id)}


def _order(order: Order) -> Place:
    return (order.owner, order.bot_id, str(order.client_order_id))


def _fill(fill: Fill) -> Place:
    return (fill.owner, fill.bot_id, f"{fill.client_order_id}#{fill.fill_id}")


def _posting(book: Book, posting_id: PostingId) -> Place:
    return (book.owner, book.bot_id, str(posting_id))


def _feed(at: datetime, ident: str) -> str:
    return f"{at.isoformat(timespec='milliseconds')}#{ident}"


def _within(
    values: Iterable[T],
    moment: Callable[[T], datetime],
    since: datetime | None,
    until: datetime | None,
) -> list[T]:
    return [
        value
        for value in values
        if (since is None or since <= moment(value)) and (until is None or moment(value) < until)
    ]


def _page(
    by_key: Mapping[str, T], limit: int, after: str | None, *, newest_first: bool = False
) -> Page[T]:
    keys = sorted(by_key, reverse=newest_first)
    if after is not None:
        keys = [key for key in keys if (key < after if newest_first else key > after)]
    shown = keys[:limit]
    return Page([by_key[key] for key in shown], shown[-1] if len(keys) > limit else None)
