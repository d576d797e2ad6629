"""What accounts were worth and how days were rated, from what is stored."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from nightdesk.core.ids import BotId, UserId
from nightdesk.journal.behaviour.surroundings import EquityOfBots, MoodsOfEntries
from nightdesk.journal.entry import EntryKind
from nightdesk.journal.place import Place
from nightdesk.journal.preferences import Preferences
from nightdesk.journal.search import Find
from nightdesk.trading.order import Mode
from tests.builders.writing import NOON, OWNER, an_entry
from tests.fakes.journal import FakeEntries
from tests.fakes.journal_trades import FakePreferencesOf

D = Decimal
AT = datetime(2025, 3, 3, tzinfo=UTC)
HOUR = timedelta(hours=1)
A, B, P = BotId("bot_a"), BotId("bot_b"), BotId("bot_p")
POINTS = {A: [(AT, D(100)), (AT + 2 * HOUR, D(110))], B: [(AT + HOUR, D(50))], P: [(AT, D(9))]}


class Points:
    """The port Equity, as far as it is asked."""

    def between(self, _: UserId, bot: BotId, since: datetime, until: datetime) -> Sequence[Any]:
        return [
            SimpleNamespace(as_of=at, equity=worth)
            for at, worth in POINTS[bot]
            if since <= at < until
        ]


def equity(
    *bots: tuple[BotId, Mode, str], currency: str = "USDT"
) -> Sequence[tuple[datetime, Decimal]]:
    own = FakePreferencesOf(Place(zone="UTC", currency=currency))
    of = EquityOfBots(lambda _: bots, Points(), own)  # type: ignore[arg-type]
    return of(OWNER, Mode.LIVE, AT, AT + 9 * HOUR)


def test_equity_is_the_sum_of_what_each_bot_was_last_worth() -> None:
    found = equity((A, Mode.LIVE, "USDT"), (B, Mode.LIVE, "USDT"), (P, Mode.PAPER, "EUR"))
    assert found == [(AT, D(100)), (AT + HOUR, D(150)), (AT + 2 * HOUR, D(160))]


def test_a_coin_and_what_it_is_pegged_to_are_one_equity() -> None:
    found = equity((A, Mode.LIVE, "USDT"), (B, Mode.LIVE, "USD"), currency="USD")
    assert found == [(AT, D(100)), (AT + HOUR, D(150)), (AT + 2 * HOUR, D(160))]
    assert not equity((A, Mode.LIVE, "USDT"), currency="EUR")


def test_nobody_knows_equity_in_two_currencies_or_without_bots() -> None:
    assert not equity((A, Mode.LIVE, "USDT"), (B, Mode.LIVE, "EUR"))
    assert not equity()


def test_ratings_are_means_by_the_owners_day_and_weeks_are_no_days() -> None:
    kept = FakeEntries()
    day = NOON.date()
    late = datetime.combine(day, NOON.time(), UTC).replace(hour=23, minute=30)
    for n, (kind, of, at, mood) in enumerate(
        (
            (EntryKind.DAY, day, late + HOUR, 4),
            (EntryKind.FREE, None, NOON, 7),
            (EntryKind.FREE, None, late, 9),
            (EntryKind.WEEK, day, NOON, 1),
            (EntryKind.FREE, None, NOON - timedelta(days=9), 1),
            (EntryKind.FREE, None, NOON, None),
        )
    ):
        entry = an_entry(id=f"e{n}", kind=kind, day=of, occurred_at=at, mood=mood)
        kept.save(entry, None, NOON)
    vienna = FakePreferencesOf(Place(zone="Europe/Vienna", currency="USDT"))
    moods = MoodsOfEntries(Find(kept.postings), kept, vienna)
    found = moods(OWNER, day, day + timedelta(days=1))
    next_day: date = day + timedelta(days=1)
    # half past eleven in UTC is the next day in Vienna
    assert found["mood"] == {day: 5.5, next_day: 9.0}
    assert found["confidence"] == {}


def test_ratings_of_before_a_move_stay_on_the_day_that_it_was_there() -> None:
    kept = FakeEntries()
    late = datetime.combine(NOON.date(), NOON.time(), UTC).replace(hour=23, minute=30)
    kept.save(
        an_entry(id="e1", kind=EntryKind.FREE, day=None, occurred_at=late, mood=9), None, NOON
    )
    places = (Place(zone="Europe/Vienna"), Place(zone="UTC", since=late + timedelta(days=1)))
    own = Preferences(owner=OWNER, places=places)
    day = NOON.date() + timedelta(days=1)
    found = MoodsOfEntries(Find(kept.postings), kept, lambda _: own)(
        OWNER, day, day + timedelta(days=9)
    )
    assert found["mood"] == {day: 9.0}
