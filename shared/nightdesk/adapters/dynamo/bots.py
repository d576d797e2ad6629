"""Bots in the desk table: each step one transaction, each market's bots by one query."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

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
from nightdesk.core.errors import Conflict, Fault, StaleWrite
from nightdesk.core.ids import BotId, InstrumentId, UserId
from nightdesk.core.money import ZERO, fixed
from nightdesk.core.pages import Page
from nightdesk.market.timeframe import Timeframe


@dataclass(frozen=True, slots=True)
class DynamoBots:
    """The ports Bots and MarketIndex in the desk table."""

    clock: Clock

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
        found: dict[InstrumentId, list[Timeframe]] = {}
        for row in rows(CountItem, keys.SYSTEM, keys.MARKETS, keys.MARKETS + LAST):
            name, _, timeframe = row["sk"]["S"].removeprefix(keys.MARKETS).rpartition("#")
            if int(row["bots"]["N"]) > 0:
                found.setdefault(InstrumentId(name), []).append(Timeframe(timeframe))
        return {name: sorted(found[name], key=lambda tf: tf.ms) for name in sorted(found)}

    @translated()
    def bots(self, instrument_id: InstrumentId, timeframe: Timeframe) -> Sequence[Bot]:
        """Return the bots in this market, by owner and bot id."""
        market = keys.market(instrument_id, timeframe)
        found = rows(BotItem, market, FIRST, LAST, index="by_market", sort_key="market_sk")
        return [BotItem.from_raw_data(row).to_domain() for row in found]

    @translated()
    def commit(self, change: Change) -> Bot:
        """Write it all or nothing; return the bot with its new version."""
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
        write.commit()
        return replace(bot, version=bot.version + 1)


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
        write.put(PoolItem(*place, free=left), DeskItem.pk.does_not_exist(), stale)
        return
    condition = PoolItem.pk.exists()
    if flow.amount > ZERO:
        condition &= PoolItem.free >= flow.amount
    moves = [PoolItem.free.add(-flow.amount), PoolItem.version.add(1)]
    write.update(PoolItem(*place), moves, condition, short)


def _counts(change: Change, stale: Fault) -> Iterator[tuple[CountItem, int, int | None, Fault]]:
    """Yield the counts that the change moves: up or down by one, with the limit if there is one."""
    bot, before = change.bot, change.before
    step = bot.in_market - (before is not None and before.in_market)
    if step:
        place = keys.market_count(bot.instrument_id, bot.timeframe)
        yield CountItem(keys.SYSTEM, place), step, None, stale
    step = bot.counted - (before is not None and before.counted)
    if step:
        partition, limit = keys.owner(bot.owner), venue_limit(bot.venue)
        everywhere, here = keys.COUNT_ALL, keys.bot_count(bot.venue)
        yield (
            CountItem(partition, everywhere),
            step,
            BOTS_PER_OWNER,
            over_limit("owner", BOTS_PER_OWNER),
        )
        yield CountItem(partition, here), step, limit, over_limit(bot.venue, limit)


def _count(write: Write, item: CountItem, step: int, limit: int | None, refusal: Fault) -> None:
    condition: Condition = CountItem.bots >= 1
    if step > 0:
        condition = CountItem.pk.does_not_exist()
        condition |= CountItem.bots < limit if limit else CountItem.pk.exists()
    # An update that makes the item sets no discriminator by itself.
    actions = [CountItem.bots.add(step), CountItem.kind.set(CountItem)]
    write.update(item, actions, condition, refusal)
