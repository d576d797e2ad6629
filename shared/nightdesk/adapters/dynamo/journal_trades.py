"""Journal trades in the desk table: whole by id, short by time, with what was written of them."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from nightdesk.adapters.dynamo import keys
from nightdesk.adapters.dynamo.accounts import found_at
from nightdesk.adapters.dynamo.connection import translated
from nightdesk.adapters.dynamo.journal_items import (
    LabelsItem,
    TradeItem,
    TradePartItem,
    TradeRowItem,
    place,
    renewed,
)
from nightdesk.adapters.dynamo.journal_listing import Spread, of_book, page_of
from nightdesk.adapters.dynamo.journal_writing import put_words
from nightdesk.adapters.dynamo.queries import BATCH_PUTS, LAST, batch, patiently, put_all
from nightdesk.adapters.dynamo.tables import DeskItem, Item
from nightdesk.adapters.dynamo.transactions import Overtaken, Write
from nightdesk.core.errors import Missing, StaleWrite
from nightdesk.core.ids import InstrumentId, TradeId, UserId
from nightdesk.core.pages import Page
from nightdesk.journal.book_stats import Played
from nightdesk.journal.ports.trades import By
from nightdesk.journal.ports.words import Posting
from nightdesk.journal.search import of_trade
from nightdesk.journal.stored import Stored
from nightdesk.journal.trade import Labels, Status

TRIES = 4
"""How often labels are tried while the trade itself is being written."""
PUTS_AT_ONCE = 4
"""Batches under way: more only wait for each other in Python."""


@dataclass(frozen=True, slots=True)
class DynamoTrades:
    """The port Trades."""

    def get(self, owner: UserId, trade_id: TradeId) -> Played:
        """Return one whole, void too; one that moved under its new id. Raises Missing."""
        while stored := self.stored(owner, [trade_id]).get(trade_id):
            if stored.moved_to is None:
                return Played(trade=stored.trade, labels=_labels_of(stored))
            trade_id = stored.moved_to
        raise Missing(f"no trade {trade_id!r}")

    @translated()
    def stored(self, owner: UserId, trade_ids: Sequence[TradeId]) -> Mapping[TradeId, Stored]:
        """Return those that are there as they are kept, read consistently; moved ones too."""
        partition = keys.owner(owner)
        wanted = [(partition, keys.journal_trade(one)) for one in trade_ids]
        found = list(batch(TradeItem, wanted, consistent=True))
        parts = {
            part.sk: part
            for part in batch(
                TradePartItem,
                [key for item in found for key in item.further()],
                consistent=True,
            )
        }
        whole = (item.to_domain([parts[sk] for _, sk in item.further()]) for item in found)
        by_id = {one.trade.id: one for one in whole}
        return {one: by_id[one] for one in trade_ids if one in by_id}

    @translated()
    def of_book(self, owner: UserId, account: str, instrument: InstrumentId) -> Sequence[Played]:
        """Return the trades of one account in one instrument, void too, by opening."""
        return of_book(owner, account, instrument)

    @translated()
    def opened(self, owner: UserId, since: datetime, until: datetime) -> Sequence[Played]:
        """Return those entered with ``since <= opened_at < until``, by (opened_at, id)."""
        spread = Spread(owner, keys.owner(owner), prefix=keys.TRADES)
        return [one for one in spread.between(since, until) if one.trade.status is not Status.VOID]

    @translated()
    def closed(self, owner: UserId, since: datetime, until: datetime) -> Sequence[Played]:
        """Return those closed with ``since <= closed_at < until``, by (closed_at, id)."""
        spread = Spread(
            owner, keys.trades_feed(owner), prefix="", index="by_owner", sort_key="feed_sk"
        )
        return spread.between(since, until)

    @translated()
    def page(
        self,
        owner: UserId,
        *,
        by: By,
        limit: int,
        after: str | None,
        since: datetime | None = None,
        until: datetime | None = None,
        newest_first: bool = True,
    ) -> Page[Played]:
        """Return trades with ``since <= moment < until``; open ones only where `until` is None."""
        if by is By.CLOSED:
            low = keys.feed(since) if since else "!"
            high = keys.feed(until) if until else LAST
            return page_of(
                owner,
                keys.trades_feed(owner),
                (low, high),
                limit=limit,
                after=after,
                newest_first=newest_first,
                index="by_owner",
            )
        low = keys.TRADES + (keys.feed(since) if since else "")
        high = keys.TRADES + (keys.feed(until) if until else LAST)
        return page_of(
            owner,
            keys.owner(owner),
            (low, high),
            limit=limit,
            after=after,
            newest_first=newest_first,
        )

    @translated()
    def hidden(self, owner: UserId, *, limit: int, after: str | None) -> Page[Played]:
        """Return the void ones, by opening, newest first."""
        return page_of(
            owner,
            keys.hidden_feed(owner),
            ("!", LAST),
            limit=limit,
            after=after,
            newest_first=True,
            index="by_owner",
        )

    @translated()
    def save(
        self, stored: Stored, before: Stored | None, *, labels: Labels | None = None
    ) -> Stored:
        """Store it over `before` and return it with its new version. Raises StaleWrite."""
        stale = Overtaken(f"{stored.trade.id} has moved meanwhile")
        version = before.trade.version if before else 0
        after = renewed(stored, version + 1)
        item, parts = TradeItem.of(after)
        write = Write()
        unmoved = TradeItem.version == version if before else DeskItem.pk.does_not_exist()
        write.put(item, unmoved, stale)
        for part in parts:
            write.put(part, None, stale)
        _put_beside(write, after, before, stale)
        if labels is not None:
            write.put(LabelsItem.of(labels, after), DeskItem.pk.does_not_exist(), stale)
            put_words(write, labels.owner, {}, _found_by(after, labels))
        write.commit()
        return after

    @translated()
    def add(self, many: Sequence[Stored]) -> None:
        """Store new ones in batches, each under version one; the same again changes nothing."""
        items: list[Item] = []
        for one in many:
            first = renewed(one, 1)
            whole, parts = TradeItem.of(first)
            items += [whole, *parts, TradeRowItem.of(first)]
        batches = [items[n : n + BATCH_PUTS] for n in range(0, len(items), BATCH_PUTS)]
        with ThreadPoolExecutor(max_workers=PUTS_AT_ONCE) as pool:
            list(pool.map(lambda some: patiently(partial(put_all, some)), batches))

    @translated()
    def labels(self, owner: UserId, trade_id: TradeId) -> Labels:
        """Return what was written of a trade; blank ones where nothing was."""
        stored = self.stored(owner, [trade_id]).get(trade_id)
        return _labels_of(stored) if stored else Labels(owner=owner, trade_id=trade_id)

    @translated()
    def save_labels(self, labels: Labels) -> Labels:
        """Store them over their version and return them with the next. Raises StaleWrite, Missing.

        Where they stand follows from the trade: its item is a condition of the write. The words
        and tags by which the trade is found are written with them.
        """
        for left in reversed(range(TRIES)):
            stored = self.stored(labels.owner, [labels.trade_id]).get(labels.trade_id)
            if stored is None or stored.moved_to is not None:
                raise Missing(f"no trade {labels.trade_id!r}")
            item = LabelsItem.of(labels, stored)
            stale = StaleWrite(f"labels of {labels.trade_id} have moved meanwhile")
            old = _labels_of(stored)
            if old.version != labels.version:
                raise stale
            unmoved = LabelsItem.version == labels.version
            write = Write()
            write.check(
                TradeItem(item.pk, keys.journal_trade(labels.trade_id)),
                TradeItem.version == stored.trade.version,
                Overtaken(f"{labels.trade_id} is being rebuilt"),
            )
            write.put(item, unmoved if labels.version else DeskItem.pk.does_not_exist(), stale)
            put_words(write, labels.owner, _found_by(stored, old), _found_by(stored, labels))
            try:
                write.commit()
            except Overtaken:
                if not left:
                    raise
            else:
                return item.to_domain()
        raise AssertionError  # the last try returns or raises


def _put_beside(write: Write, after: Stored, before: Stored | None, stale: StaleWrite) -> None:
    """Write the row, and keep what was written of the trade right after it."""
    row = TradeRowItem.of(after)
    if after.moved_to is None:
        write.put(row, None, stale)
    if before is None:
        return
    old = TradeRowItem.of(before)
    gone = after.moved_to is not None or old.sk != row.sk
    if gone and before.moved_to is None:
        write.delete(old, None, stale)
    labels = _labels_item(before)
    if labels is None:
        return
    said = labels.to_domain()
    put_words(write, after.trade.owner, _found_by(before, said), _found_by(after, said))
    unmoved = LabelsItem.version == labels.version
    if gone:
        write.delete(labels, unmoved, stale)
    if after.moved_to is not None:
        return
    if gone:
        anew = LabelsItem.of(_back(said), after)
        write.put(anew, None, stale)
        return
    fresh = LabelsItem(labels.pk, labels.sk)
    place(fresh, after, beside=True)
    actions = [
        attribute.remove() if (value := getattr(fresh, name)) is None else attribute.set(value)
        for name, attribute in LabelsItem.get_attributes().items()
        if name in _PLACED and getattr(fresh, name) != getattr(labels, name)
    ]
    if actions:
        write.update(labels, actions, unmoved, stale)


_PLACED = frozenset({"feed", "feed_sk", "market", "market_sk", "expires_at"})


def _found_by(stored: Stored, labels: Labels) -> Mapping[str, Posting]:
    """Return the postings of a trade with these labels; a hidden or moved one is not found."""
    if stored.voided_at is not None or stored.moved_to is not None:
        return {}
    document = of_trade(stored.trade, labels)
    return {} if document is None else document.postings


def _back(labels: Labels) -> Labels:
    """Return labels of which the next version is the one they have."""
    return replace(labels, version=labels.version - 1)


def _labels_item(stored: Stored) -> LabelsItem | None:
    trade = stored.trade
    row = keys.journal_row(trade.opened_at, trade.id)
    return found_at(LabelsItem, keys.owner(trade.owner), keys.labels_beside(row))


def _labels_of(stored: Stored) -> Labels:
    item = _labels_item(stored)
    if item is None:
        return Labels(owner=stored.trade.owner, trade_id=stored.trade.id)
    return item.to_domain()
