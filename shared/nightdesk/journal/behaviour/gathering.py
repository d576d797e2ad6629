"""Bringing together what detectors look at: trades, and what stood around them."""

from bisect import bisect_left
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

from nightdesk.core.ids import BotId, InstrumentId, UserId
from nightdesk.core.money import approximate
from nightdesk.journal.behaviour.bars import FEWEST, WINDOW, Bars
from nightdesk.journal.behaviour.fomo_extension import USUAL_BARS
from nightdesk.journal.behaviour.history import DayLimits, History, Surroundings
from nightdesk.journal.behaviour.seen import SeenTrade, seen
from nightdesk.journal.book_stats import Played
from nightdesk.journal.period import DAY
from nightdesk.journal.place import Place, in_force
from nightdesk.journal.plan import LossUnit, SessionPlan
from nightdesk.journal.ports.findings import EquityOf, Moods, TradesToJudge
from nightdesk.journal.ports.trades import PreferencesOf
from nightdesk.journal.ports.writing import Plans, Tags
from nightdesk.journal.tag import TagBook
from nightdesk.journal.trade import Origin
from nightdesk.market.candles import Candles
from nightdesk.market.ports import CandleStore
from nightdesk.market.series import joined
from nightdesk.market.timeframe import Timeframe
from nightdesk.trading.order import Mode

BEFORE = WINDOW + USUAL_BARS
"""Bars before the first entry that a percentile of its own is taken over."""
PAST = timedelta(days=90)
"""Trades before a new one, or before a window, that are its past."""
PAGE = 200
FALLBACKS = (Timeframe.M15, Timeframe.H1, Timeframe.M5, Timeframe.H4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Whose trades of which mode: those of people, or of one bot, entered in a span.

    With `only` it is made of the trades that it is true of, as if there were no others: what came
    before an entry, also before `since`, and what is shuffled, is of them too, so that x, n, base
    and p speak of the same trades.
    """

    owner: UserId
    mode: Mode
    since: datetime
    until: datetime
    bot_id: BotId | None = None
    only: Callable[[Played], bool] | None = None


@dataclass(frozen=True, slots=True)
class GatherHistory:
    """Read trades and what stood around them, as it was declared at the time."""

    trades: TradesToJudge
    preferences: PreferencesOf
    plans: Plans
    candles: CandleStore
    equity: EquityOf
    moods: Moods
    tags: Tags

    def __call__(
        self,
        wanted: Wanted,
        *,
        judge: Collection[str] | None = None,
        entered: datetime | None = None,
    ) -> History:
        """Return the history; observations are wanted of the trades `judge`, or of all.

        With `entered` they are wanted of those entered from then on. Bars are read of what is
        judged alone.
        """
        found = [
            seen(one.trade, one.labels)
            for one in self.trades.opened(wanted.owner, wanted.since, wanted.until)
            if one.trade.mode is wanted.mode and (wanted.only is None or wanted.only(one))
        ]
        found = [one for one in found if _looked_at(one, wanted)]
        if entered is not None:
            judge = [one.id for one in found if one.opened_at >= entered]
        return self.around(wanted, found, judge)

    def window(self, wanted: Wanted) -> History:
        """Return the history of a window: its own entries are judged, in the light of their past.

        So that it sees in an entry what was found of it when it was new.
        """
        return self(replace(wanted, since=wanted.since - PAST), entered=wanted.since)

    def around(
        self, wanted: Wanted, trades: Sequence[SeenTrade], judge: Collection[str] | None
    ) -> History:
        """Return these trades with what stood around them; a merged setup is what it became."""
        preferences = self.preferences(wanted.owner)
        places = preferences.places
        tags = TagBook(wanted.owner, self.tags.all(wanted.owner))
        trades = [_named(one, tags) for one in trades]
        names = None if judge is None else frozenset(judge)
        judged = [one for one in trades if names is None or one.id in names]
        first, last = (in_force(places, at).day(at) for at in (wanted.since, wanted.until))
        around = Surroundings(
            zone=ZoneInfo(places[0].zone if places else Place().zone),
            moves=[(one.since, ZoneInfo(one.zone)) for one in places[1:] if one.since is not None],
            limits=self._limits(wanted.owner, first - DAY, last + DAY, trades),
            cooldown_minutes=preferences.cooldown_minutes,
            equity=[
                (at, approximate(value))
                for at, value in self.equity(wanted.owner, wanted.mode, wanted.since, wanted.until)
            ],
            bars=self._bars(judged, preferences.default_timeframe),
            moods=self.moods(wanted.owner, first, last),
            setups={one.id: one.name for one in tags.every.values()},
            thin_n=preferences.thin_n,
        )
        return History(trades, around, judge=names)

    def _limits(
        self, owner: UserId, first: date, last: date, trades: Sequence[SeenTrade]
    ) -> Mapping[date, DayLimits]:
        """Return what plans declared that stood before the first entry of their day.

        A plan knows when its day began and ended, wherever its owner is now.
        """
        entered = sorted(trade.opened_at for trade in trades)
        found: dict[date, DayLimits] = {}
        after: str | None = None
        while True:
            page = self.plans.page(owner, first, last, limit=PAGE, after=after)
            for plan in page.items:
                place = bisect_left(entered, plan.begins)
                if place == len(entered) or entered[place] >= plan.ends:
                    continue
                if plan.written_at <= entered[place]:
                    found[plan.day] = _declared(plan)
            after = page.next_key
            if after is None:
                return MappingProxyType(found)

    def _bars(self, judged: Sequence[SeenTrade], wanted: Timeframe) -> Mapping[str, Bars]:
        spans: dict[str, tuple[datetime, datetime]] = {}
        for trade in judged:
            at, end = trade.opened_at, trade.closed_at or trade.opened_at
            first, last = spans.get(trade.instrument, (at, end))
            spans[trade.instrument] = min(first, at), max(last, end)
        found = {}
        for instrument, (first, last) in sorted(spans.items()):
            candles = self._candles(InstrumentId(instrument), wanted, first, last)
            if candles is not None:
                found[instrument] = Bars(candles)
        return MappingProxyType(found)

    def _candles(
        self, instrument: InstrumentId, wanted: Timeframe, first: datetime, last: datetime
    ) -> Candles | None:
        """Return stored candles of the wanted timeframe, or of the first that has enough."""
        for timeframe in dict.fromkeys((wanted, *FALLBACKS)):
            before = self.candles.load(instrument, timeframe, as_of=first, limit=BEFORE)
            if len(before) < FEWEST:
                continue
            begin = before.last_open + timedelta(milliseconds=timeframe.ms)
            if begin + timedelta(milliseconds=timeframe.ms) > last:
                return before
            return joined(before, self.candles.between(instrument, timeframe, begin, last))
        return None


def _looked_at(trade: SeenTrade, wanted: Wanted) -> bool:
    if wanted.bot_id is not None:
        return trade.bot_id == wanted.bot_id
    return trade.origin is Origin.HUMAN


def _named(trade: SeenTrade, tags: TagBook) -> SeenTrade:
    setup = tags.of(trade.setup) if trade.setup else None
    return trade if setup in {None, trade.setup} else replace(trade, setup=setup)


def _declared(plan: SessionPlan) -> DayLimits:
    most = plan.wish.max_loss
    amount = approximate(most.amount) if most else None
    in_r = most is not None and most.unit is LossUnit.R
    return DayLimits(
        max_trades=plan.wish.max_trades,
        max_loss=None if in_r else amount,
        max_loss_r=amount if in_r else None,
    )
