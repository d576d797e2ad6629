"""Own trades around some: read once, then asked for each of them."""

from bisect import bisect_left, insort
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from nightdesk.core.ids import TradeId, UserId
from nightdesk.journal.place import in_force
from nightdesk.journal.ports.trades import By, Trades
from nightdesk.journal.preferences import Preferences
from nightdesk.journal.trade import JournalTrade

AROUND = 200
"""Own trades before one that thirds of volatility are made of."""
NEXT = 5
"""Trades entered after one that may have to learn how it ended."""
DAY = timedelta(days=1)
MOMENT = timedelta(milliseconds=1)

_Times = list[tuple[datetime, TradeId]]


@dataclass(slots=True)
class Nearby:
    """An owner's trades by entry and by close, and in which zone the owner counts days."""

    preferences: Preferences
    _trades: dict[TradeId, JournalTrade] = field(default_factory=dict, init=False)
    _opened: _Times = field(default_factory=list, init=False)
    _closed: _Times = field(default_factory=list, init=False)

    def put(self, trade: JournalTrade) -> None:
        """Take a trade, or what is known of it now."""
        before = self._trades.get(trade.id)
        if before is not None:
            if (before.opened_at, before.closed_at) == (trade.opened_at, trade.closed_at):
                self._trades[trade.id] = trade
                return
            self._opened.remove((before.opened_at, before.id))
            if before.closed_at is not None:
                self._closed.remove((before.closed_at, before.id))
        self._trades[trade.id] = trade
        insort(self._opened, (trade.opened_at, trade.id))
        if trade.closed_at is not None:
            insort(self._closed, (trade.closed_at, trade.id))

    def midnight(self, trade: JournalTrade) -> datetime:
        """Return when the day of a trade's entry began where its owner was."""
        place = in_force(self.preferences.places, trade.opened_at)
        return place.bounds(place.day(trade.opened_at))[0]

    def earlier(self, trade: JournalTrade) -> Sequence[JournalTrade]:
        """Return the trades of its day so far, those closed last, the newest ones."""
        moment = trade.opened_at + MOMENT
        entered = _before(self._opened, moment)
        ended = _before(self._closed, moment)
        first = min(_before(self._opened, self.midnight(trade)), max(0, entered - AROUND))
        times = (*self._opened[first:entered], *self._closed[max(0, ended - AROUND) : ended])
        return [self._trades[name] for name in dict.fromkeys(name for _, name in times)]


def read(
    trades: Trades, owner: UserId, preferences: Preferences, around: Sequence[JournalTrade]
) -> Nearby:
    """Return what an owner entered and closed before any of some trades."""
    nearby = Nearby(preferences)
    if not around:
        return nearby
    since = nearby.midnight(min(around, key=lambda one: one.opened_at))
    until = max(one.opened_at for one in around) + MOMENT
    found = [*trades.opened(owner, since, until), *trades.closed(owner, since, until)]
    for by in By:
        found += trades.page(owner, by=by, limit=AROUND, after=None, until=since).items
    for one in found:
        nearby.put(one.trade)
    return nearby


def entered_after(
    trades: Trades,
    owner: UserId,
    told: Sequence[JournalTrade],
    fresh: Iterable[TradeId],
    *,
    most: int,
) -> list[TradeId]:
    """Return what was entered so soon after these trades that they may have to do with it.

    How a trade ended matters to those entered next after its end; that it was at all (it is
    `fresh`), to those of its day.
    """
    if not told:
        return []
    ordered = sorted(told, key=lambda one: (one.opened_at, one.id))
    new = set(fresh)
    until = ordered[-1].opened_at + DAY
    around = [
        (one.trade.opened_at, one.trade.id)
        for one in trades.opened(owner, ordered[0].opened_at, until)
    ]
    last = max(one.closed_at or one.opened_at for one in ordered)
    after = trades.page(owner, by=By.OPENED, limit=NEXT, after=None, since=last, newest_first=False)
    found: dict[TradeId, None] = dict.fromkeys(one.trade.id for one in after.items)
    for trade in ordered:
        end = _before(around, trade.closed_at or trade.opened_at)
        near = around[end : end + NEXT]
        if trade.id in new:
            begin = _before(around, trade.opened_at)
            near += around[begin : _before(around, trade.opened_at + DAY)]
        found |= dict.fromkeys(name for _, name in near)
    mine = {one.id for one in told}
    return [name for name in found if name not in mine][:most]


def _before(times: Sequence[tuple[datetime, TradeId]], moment: datetime) -> int:
    return bisect_left(times, (moment, TradeId("")))
