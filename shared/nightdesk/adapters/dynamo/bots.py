"""Bots in the desk table: each step one transaction, each market's bots by one query."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pynamodb.exceptions import DoesNotExist
from pynamodb.expressions.condition import Condition

from nightdesk.adapters.dynamo import gates, keys
from nightdesk.adapters.dynamo.bookings import BookItem, PostingItem
from nightdesk.adapters.dynamo.bot_items import BotItem, CountItem, NameItem, RecordItem
from nightdesk.adapters.dynamo.connection import translated
from nightdesk.adapters.dynamo.gates import GateItem
from nightdesk.adapters.dynamo.outbox import EventItem
from nightdesk.adapters.dynamo.pool import PoolItem
from nightdesk.adapters.dynamo.queries import FIRST, LAST, page, rows
from nightdesk.adapters.dynamo.tables import DeskItem
from nightdesk.adapters.dynamo.transactions import Write
from nightdesk.bots.bot import Bot
from nightdesk.bots.capital import Flow
from nightdesk.bots.lifecycle import Record, refused_while_stopped
from nightdesk.bots.ports import Change
from nightdesk.bots.profiles import BOTS_PER_OWNER, over_limit, venue_limit
from nightdesk.core.clock import Clock
from nightdesk.core.errors import Conflict, Fault, Misconfigured, Missing, StaleWrite
from nightdesk.core.ids import BotId, InstrumentId, UserId
from nightdesk.core.money import ZERO, fixed
from nightdesk.core.pages import Page
from nightdesk.market.timeframe import Timeframe

if TYPE_CHECKING:
    from nightdesk.adapters.dynamo.audit import DynamoAudit


@dataclass(frozen=True, slots=True)
class DynamoBots:
    """The ports Bots, MarketIndex and AllBots in the desk table.

    `audit` is asked for the log once a change brings entries: those of workers bring none.
    """

    clock: Clock
    audit: "Callable[[], DynamoAudit] | None" = None

    @translated()
    def get(self, owner: UserId, bot_id: BotId) -> Bot:
        """Return one bot, read consistently. Raises Missing."""
        key = keys.bot_record(bot_id)
        return BotItem.get(keys.owner(owner), key, consistent_read=True).to_domain()

    @translated()
    def list(self, owner: UserId) -> Sequence[Bot]:
        """Return all bots of an owner, retired ones too, oldest first."""
        found = rows(BotItem, keys.owner(owner), keys.BOTS, keys.BOTS + LAST, consistent=True)
        return [BotItem.from_raw_data(row).to_domain() for row in found]

    @translated()
    def history(
        self, owner: UserId, bot_id: BotId, *, limit: int, after: str | None
    ) -> Page[Record]:
        """Return a bot's records, newest first."""
        items, more = page(
            RecordItem,
            keys.bot(owner, bot_id),
            keys.STATUSES,
            keys.STATUSES + LAST,
            limit=limit,
            after=after,
            newest_first=True,
        )
        return Page([item.to_domain() for item in items], more)

    @translated()
    def used(self, owner: UserId) -> Mapping[str, int]:
        """Return how many bots count against the limits, by venue, read consistently."""
        low, high = keys.COUNTS, keys.COUNTS + LAST
        found = {
            row["sk"]["S"].removeprefix(keys.COUNTS): int(row["bots"]["N"])
            for row in rows(CountItem, keys.owner(owner), low, high, consistent=True)
            if row["sk"]["S"] != keys.COUNT_ALL
        }
        return {venue: count for venue, count in found.items() if count}

    @translated()
    def markets(self) -> Mapping[InstrumentId, Sequence[Timeframe]]:
        """Return the markets that have bots, by instrument id, shortest timeframe first."""
        return _markets(least=1)

    @translated()
    def markets_ever(self) -> Mapping[InstrumentId, Sequence[Timeframe]]:
        """Return also those that had bots once: whatever candles are stored are of these."""
        return _markets(least=0)

    @translated()
    def bots(self, instrument_id: InstrumentId, timeframe: Timeframe) -> Sequence[Bot]:
        """Return the bots in this market, by owner and bot id."""
        market = keys.market(instrument_id, timeframe)
        found = rows(BotItem, market, FIRST, LAST, index="by_market", sort_key="market_sk")
        return [BotItem.from_raw_data(row).to_domain() for row in found]

    @translated()
    def commit(self, change: Change) -> Bot:
        """Write it all or nothing; return the bot with its new version."""
        if not change.entries:
            self._write(change).commit()
        elif self.audit is None:
            raise Misconfigured("what these bots are changed by is not written down")
        else:
            self.audit().commit(lambda: self._write(change), change.entries)
        return replace(change.bot, version=change.bot.version + 1)

    @translated()
    def owner(self, bot_id: BotId) -> UserId:
        """Return whose bot this is, by the index of all bots."""
        for row in rows(
            BotItem, keys.ALL_BOTS, bot_id, bot_id, index="by_owner", sort_key="feed_sk"
        ):
            return UserId(row["owner"]["S"])
        raise Missing("no such bot")

    def everywhere(self, after: BotId | None = None) -> Iterator[Bot]:
        """Yield the bots after this id; a page of the index is read when it is reached."""
        low = f"{after} " if after else FIRST
        with translated():
            for row in rows(
                BotItem, keys.ALL_BOTS, low, LAST, index="by_owner", sort_key="feed_sk"
            ):
                yield BotItem.from_raw_data(row).to_domain()

    def _write(self, change: Change) -> Write:
        bot = change.bot
        write, stale = Write(), StaleWrite(f"{bot.bot_id} has moved meanwhile")
        new = DeskItem.pk.does_not_exist()
        unmoved = BotItem.version == bot.version if bot.version else new
        write.put(BotItem.from_domain(bot), unmoved, stale)
        _name(write, change)
        if change.record is not None:
            write.put(RecordItem.from_domain(bot, change.record), new, stale)
        for event in change.events:
            write.put(EventItem.from_domain(event, self.clock.now()), new, stale)
        _book(write, change, stale)
        if change.flow is not None:
            write.put(
                PostingItem.from_domain(bot.owner, bot.bot_id, change.flow.posting), new, stale
            )
            _pool(write, bot.owner, change.flow, stale)
        for item, step, limit, refusal in _counts(change, stale):
            _count(write, item, step, limit, refusal)
        for place in gates.of(bot.owner) if change.starts else ():
            write.check(GateItem(*place), GateItem.stop.does_not_exist(), refused_while_stopped())
        return write


def _name(write: Write, change: Change) -> None:
    """Give back the name that the bot had and take the one it has, if they differ."""
    bot, before = change.bot, change.before
    held = before.name if before and before.retired_at is None else None
    wanted = bot.name if bot.retired_at is None else None
    if held == wanted:
        return
    partition = keys.owner(bot.owner)
    if held is not None:
        former = NameItem(partition, keys.bot_name(held))
        stale = StaleWrite(f"the name of {bot.bot_id} has moved meanwhile")
        write.delete(former, NameItem.bot_id == bot.bot_id, stale)
    if wanted is not None:
        taken = Conflict("NAME_TAKEN", "another of your bots has this name", [{"field": "name"}])
        lookup = NameItem(partition, keys.bot_name(wanted), bot_id=bot.bot_id)
        write.put(lookup, DeskItem.pk.does_not_exist(), taken)


def _book(write: Write, change: Change, stale: Fault) -> None:
    book, seen = change.book, change.seen
    if book is not None:
        unmoved = BookItem.version == book.version if book.version else BookItem.pk.does_not_exist()
        write.put(BookItem.from_domain(book, book.fence), unmoved, stale)
    elif seen is not None:
        place = BookItem(keys.bot(seen.owner, seen.bot_id), keys.POSITION)
        write.check(place, BookItem.version == seen.version, stale)


def _pool(write: Write, owner: UserId, flow: Flow, stale: Fault) -> None:
    """Move the pool's money. One that was never used is opened with what is left of its opening."""
    short = Conflict(
        "INSUFFICIENT_CAPITAL",
        f"the pool has less than {fixed(abs(flow.amount))} {flow.currency} free",
        [{"field": "capital", "currency": flow.currency}],
    )
    place = (keys.owner(owner), keys.pool(flow.mode, flow.currency))
    try:
        PoolItem.get(*place, consistent_read=True)
    except DoesNotExist:
        left = flow.opening - flow.amount
        if left < ZERO:
            raise short from None
        opened = PoolItem(*place, free=left, opening=flow.opening)
        write.put(opened, DeskItem.pk.does_not_exist(), stale)
        return
    condition = PoolItem.pk.exists()
    if flow.amount > ZERO:
        condition &= PoolItem.free >= flow.amount
    moves = [PoolItem.free.add(-flow.amount), PoolItem.version.add(1)]
    write.update(PoolItem(*place), moves, condition, short)


def _markets(*, least: int) -> Mapping[InstrumentId, Sequence[Timeframe]]:
    found: dict[InstrumentId, list[Timeframe]] = {}
    for row in rows(CountItem, keys.SYSTEM, keys.MARKETS, keys.MARKETS + LAST):
        name, _, timeframe = row["sk"]["S"].removeprefix(keys.MARKETS).rpartition("#")
        if int(row["bots"]["N"]) >= least:
            found.setdefault(InstrumentId(name), []).append(Timeframe(timeframe))
    return {name: sorted(found[name], key=lambda tf: tf.ms) for name in sorted(found)}


def _counts(change: Change, stale: Fault) -> Iterator[tuple[CountItem, int, int | None, Fault]]:
    """Yield the counts that the change moves: up or down by one, with the limit if there is one."""
    bot, before = change.bot, change.before
    was, now = _market(before), _market(bot)
    for place, step in _moves(was, now):
        yield CountItem(keys.SYSTEM, place), step, None, stale
    partition = keys.owner(bot.owner)
    there, here = _venue(before), _venue(bot)
    for everywhere, step in _moves(there and keys.COUNT_ALL, here and keys.COUNT_ALL):
        refusal = over_limit("owner", BOTS_PER_OWNER)
        yield CountItem(partition, everywhere), step, BOTS_PER_OWNER, refusal
    for venue, step in _moves(there, here):
        limit = venue_limit(venue)
        yield CountItem(partition, keys.bot_count(venue)), step, limit, over_limit(venue, limit)


def _market(bot: Bot | None) -> str | None:
    """Return where a bot counts among those of a market."""
    if bot is None or not bot.in_market:
        return None
    return keys.market_count(bot.instrument_id, bot.timeframe)


def _venue(bot: Bot | None) -> str | None:
    """Return the venue at which a bot counts against its owner's limits."""
    return bot.venue if bot is not None and bot.counted else None


def _moves(before: str | None, after: str | None) -> Iterator[tuple[str, int]]:
    """Yield what has one less, then what has one more; nothing where both are the same."""
    if before == after:
        return
    if before is not None:
        yield before, -1
    if after is not None:
        yield after, 1


def _count(write: Write, item: CountItem, step: int, limit: int | None, refusal: Fault) -> None:
    condition: Condition = CountItem.bots >= 1
    if step > 0:
        condition = CountItem.pk.does_not_exist()
        condition |= CountItem.bots < limit if limit else CountItem.pk.exists()
    # An update that makes the item sets no discriminator by itself.
    actions = [CountItem.bots.add(step), CountItem.kind.set(CountItem)]
    write.update(item, actions, condition, refusal)
