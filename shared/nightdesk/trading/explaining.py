"""Explaining one decision in full: evidence, signal, verdict, orders, and what became of it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from nightdesk.analysis.ports import Snapshots
from nightdesk.analysis.record import SnapshotRecord
from nightdesk.core.errors import InvariantBroken, Missing, UnknownInstrument
from nightdesk.core.ids import ClientOrderId, DecisionId, UserId
from nightdesk.core.money import ZERO
from nightdesk.core.pages import MAX_LIMIT
from nightdesk.market.instruments import Rules
from nightdesk.market.ports import RulesStore
from nightdesk.trading.book import Book, opened
from nightdesk.trading.decision import Decision
from nightdesk.trading.identity import (
    client_order_id,
    exit_kind,
    position_id,
    protective_decision,
)
from nightdesk.trading.order import Fill, Leg, Order, Side
from nightdesk.trading.ports import Decisions, Desk
from nightdesk.trading.position import Position, RoundTrip
from nightdesk.trading.reading import OrderView, with_fills
from nightdesk.trading.telling import told

VERSIONS_AT_ONCE = 20
MAX_VERSIONS = 400
MEANWHILE = 2
"""Versions of a protection beyond the one that is known: it may be moved while it is read."""
ENOUGH = Decimal("1e15")
MAX_PAGES = 25
"""Of the owner's fills since the entry, that are searched for those of one position."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """A decision and all that followed from it. `summary` is one line of plain English.

    `orders` are what it asked for, as they now stand; one that was never placed stands as it was
    decided. `protective` are the stops and targets of the position that it opened, `position` is
    there while that is open, `trip` once it is closed.
    """

    decision: Decision
    snapshot: SnapshotRecord | None
    orders: tuple[OrderView, ...]
    protective: tuple[OrderView, ...] = ()
    position: Position | None = None
    trip: RoundTrip | None = None
    summary: str


@dataclass(frozen=True, slots=True)
class ExplainDecision:
    """Show one decision with its consequences."""

    decisions: Decisions
    desk: Desk
    snapshots: Snapshots
    rules: RulesStore

    def __call__(self, owner: UserId, decision_id: DecisionId) -> Explanation:
        """Return the whole story. Raises Missing, also for another owner's decision."""
        decision = self.decisions.get(owner, decision_id)
        orders = self._orders(decision)
        explained = Explanation(
            decision=decision, snapshot=self._snapshot(decision), orders=orders, summary=""
        )
        entry = next((one for one in orders if one.order.side is Side.BUY and one.fills), None)
        if entry is not None:
            explained = self._followed(explained, entry)
        summary = told(
            decision,
            orders=[one.order for one in orders],
            fills=[fill for one in orders for fill in one.fills],
            position=explained.position,
            trip=explained.trip,
        )
        return replace(explained, summary=summary)

    def _snapshot(self, decision: Decision) -> SnapshotRecord | None:
        try:
            return self.snapshots.get(decision.snapshot_hash)
        except Missing:
            return None

    def _orders(self, decision: Decision) -> tuple[OrderView, ...]:
        stored = {
            order.client_order_id: order
            for order in self.desk.orders(decision.owner, decision.bot_id, decision.order_ids)
        }
        return tuple(
            with_fills(self.desk, stored.get(order.client_order_id, order))
            for order in decision.orders
        )

    def _followed(self, explained: Explanation, entry: OrderView) -> Explanation:
        """Add the position that this entry opened: how it was protected, how it stands or ended."""
        order = entry.order
        opened_id = position_id(order.client_order_id)
        held = self.desk.book(order.owner, order.bot_id).position
        still_open = held is not None and held.position_id == opened_id
        return replace(
            explained,
            protective=tuple(with_fills(self.desk, one) for one in protecting(self.desk, order)),
            position=held if still_open else None,
            trip=None if still_open else self._trip(explained.decision, entry),
        )

    def _trip(self, decision: Decision, entry: OrderView) -> RoundTrip | None:
        """Return the round trip, booked again from its fills; None where that is not possible."""
        try:
            rules = self.rules.get(entry.order.instrument_id)
        except UnknownInstrument:
            return None
        fills = self._fills_from(entry)
        book = _rich(decision, entry.fills[0].at)
        orders: dict[ClientOrderId, Order] = {}
        for fill in fills:
            order = orders.get(fill.client_order_id)
            if order is None:
                order = self.desk.order(fill.owner, fill.bot_id, fill.client_order_id)
                orders[fill.client_order_id] = order
            try:
                book, trip = _booked(book, order, fill, rules, entry.order)
            except InvariantBroken:
                return None
            if trip is not None:
                return trip
        return None

    def _fills_from(self, entry: OrderView) -> Iterator[Fill]:
        """Yield the bot's fills from this entry on, oldest first."""
        order, after = entry.order, None
        for _ in range(MAX_PAGES):
            page = self.desk.owner_fills_page(
                order.owner,
                limit=MAX_LIMIT,
                after=after,
                since=entry.fills[0].at,
                oldest_first=True,
            )
            yield from (fill for fill in page.items if fill.bot_id == order.bot_id)
            after = page.next_key
            if after is None:
                return


def protecting(desk: Desk, entry: Order, *, newest: int | None = None) -> Iterator[Order]:
    """Yield the stops and targets of the position that this entry opened, oldest first.

    Their ids follow from the versions of its protection; each that is asked for is paid for, there
    or not. Where the `newest` version is known, those beyond it are not looked for, but for a few
    that may have been written meanwhile.
    """
    position = position_id(entry.client_order_id)
    end = MAX_VERSIONS if newest is None else min(newest + MEANWHILE + 1, MAX_VERSIONS)
    for first in range(1, end, VERSIONS_AT_ONCE):
        wanted = [
            _protective_id(entry, position, version, leg)
            for version in range(first, min(first + VERSIONS_AT_ONCE, end))
            for leg in (Leg.STOP, Leg.TARGET)
        ]
        found = desk.orders(entry.owner, entry.bot_id, wanted)
        if not found:
            return
        yield from found


def version_at_exit(entry: Order, last: Order) -> int | None:
    """Return under which version of its protection the desk sent the `last` order of a position.

    None for one that follows from something else, as a decision to sell does.
    """
    position = position_id(entry.client_order_id)
    kinds = (last.leg, exit_kind(last.created_at))
    for version in range(1, MAX_VERSIONS):
        if last.decision_id in {protective_decision(position, version, kind) for kind in kinds}:
            return version
    return None


def _protective_id(entry: Order, position: str, version: int, leg: Leg) -> ClientOrderId:
    decision = protective_decision(position, version, leg)
    return client_order_id(entry.owner, entry.bot_id, decision, leg)


def _rich(decision: Decision, at: datetime) -> Book:
    """Return a book that can pay for anything: here only the trip matters."""
    book = opened(
        owner=decision.owner,
        bot_id=decision.bot_id,
        mode=decision.mode,
        instrument_id=decision.instrument_id,
        timeframe=decision.timeframe,
        at=at,
    )
    return book.funded("explained", ENOUGH, at)[0]


def _booked(
    book: Book, order: Order, fill: Fill, rules: Rules, entry: Order
) -> tuple[Book, RoundTrip | None]:
    if fill.side is Side.BUY:
        return book.bought(replace(order, reserved=ZERO), fill)[0], None
    book, _, trip = book.sold(order, fill, rules, _reason(order, entry))
    return book, trip


def _reason(order: Order, entry: Order) -> str:
    """Return why a sale was made, in the journal's words; a raised stop is a trail."""
    if order.leg is Leg.STOP and entry.plan is not None and order.trigger is not None:
        return "trail" if order.trigger > entry.plan.protection.stop else str(Leg.STOP)
    return order.reason or str(order.leg)
