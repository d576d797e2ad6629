"""What stood around trades, from what is stored: what accounts were worth, how days were rated."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from nightdesk.core.ids import BotId, UserId
from nightdesk.core.money import ZERO
from nightdesk.journal.entry import EntryKind, JournalEntry
from nightdesk.journal.place import Place, in_force
from nightdesk.journal.ports.trades import PreferencesOf
from nightdesk.journal.ports.writing import Entries
from nightdesk.journal.rates import same_money
from nightdesk.journal.search import Find, Wanted
from nightdesk.journal.tag import TagBook
from nightdesk.trading.order import Mode
from nightdesk.trading.ports import Equity

RATINGS = ("mood", "confidence", "discipline")
PAGE = 200
AROUND = timedelta(days=2)
"""No zone is further from UTC than this."""

Funded = Callable[[UserId], Sequence[tuple[BotId, Mode, str]]]
"""Bots of an owner: id, mode, the currency that each counts in."""


@dataclass(frozen=True, slots=True)
class EquityOfBots:
    """The port EquityOf: the sum over an owner's bots, of what each was last worth.

    Nobody knows it where a bot counts in other money than its owner; a coin and what it is pegged
    to are the same.
    """

    bots: Funded
    equity: Equity
    preferences: PreferencesOf

    def __call__(
        self, owner: UserId, mode: Mode, since: datetime, until: datetime
    ) -> Sequence[tuple[datetime, Decimal]]:
        """Return the sums, oldest first, from the first point of each bot on."""
        among = [(bot, quote) for bot, of, quote in self.bots(owner) if of is mode]
        currency = in_force(self.preferences(owner).places, until).currency
        if not all(same_money(quote, currency) for _, quote in among):
            return ()
        points = sorted(
            (point.as_of, bot, point.equity)
            for bot, _ in among
            for point in self.equity.between(owner, bot, since, until)
        )
        worth: dict[BotId, Decimal] = {}
        found: dict[datetime, Decimal] = {}
        for at, bot, equity in points:
            worth[bot] = equity
            found[at] = sum(worth.values(), ZERO)
        return list(found.items())


@dataclass(frozen=True, slots=True)
class MoodsOfEntries:
    """The port Moods: each rating's mean over the entries of a day. Weeks are no days."""

    find: Find
    entries: Entries
    preferences: PreferencesOf

    def __call__(
        self, owner: UserId, since: date, until: date
    ) -> Mapping[str, Mapping[date, float]]:
        """Return the means by rating and day, both ends included."""
        places = self.preferences(owner).places
        rated: dict[str, dict[date, list[int]]] = {name: defaultdict(list) for name in RATINGS}
        for entry in self._between(owner, since, until):
            day = _day(entry, in_force(places, entry.occurred_at))
            if day is None or not since <= day <= until:
                continue
            for name in RATINGS:
                value: int | None = getattr(entry, name)
                if value is not None:
                    rated[name][day].append(value)
        return {
            name: {day: sum(some) / len(some) for day, some in days.items()}
            for name, days in rated.items()
        }

    def _between(self, owner: UserId, since: date, until: date) -> Iterator[JournalEntry]:
        wanted = Wanted(
            since=datetime.combine(since, time(), UTC) - AROUND,
            until=datetime.combine(until, time(), UTC) + AROUND,
        )
        tags, after = TagBook(owner, ()), None
        while True:
            page = self.find(owner, wanted, tags, limit=PAGE, after=after)
            ids = [ref[2:] for ref in page.items if ref.startswith("e:")]
            yield from self.entries.some(owner, ids)
            after = page.next_key
            if after is None:
                return


def _day(entry: JournalEntry, place: Place) -> date | None:
    if entry.kind is EntryKind.WEEK:
        return None
    return entry.day or place.day(entry.occurred_at)
