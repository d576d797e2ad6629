"""The dimensions of breakdowns, as data: how a trade's groups are told, and in what order.

Times are those of the entry on the owner's clock; results count on the close.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from types import MappingProxyType

import numpy as np

from nightdesk.core.collecting import uncollected
from nightdesk.journal.book_stats import Played
from nightdesk.journal.columns import Counted
from nightdesk.journal.marks import DAY, EPOCH, HOUR, UNKNOWN, Marks, on_clock
from nightdesk.journal.place import Place
from nightdesk.journal.tag import Category, TagBook
from nightdesk.journal.trade import (
    After,
    Check,
    MarketCondition,
    Session,
    Side,
    VolatilityBucket,
)
from nightdesk.market.candles import Floats
from nightdesk.performance.groups import Ints

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
HOURS = tuple(f"{hour:02d}" for hour in range(24))
WEEKDAYS = tuple(str(day) for day in range(1, 8))
HOURS_OF_WEEK = tuple(f"{day}-{hour}" for day in WEEKDAYS for hour in HOURS)
MINUTE = 60
HOLDS = (
    ("under 15 min", 15 * MINUTE),
    ("15 min to 1 h", HOUR),
    ("1 h to 4 h", 4 * HOUR),
    ("4 h to 1 d", DAY),
    ("1 d to 3 d", 3 * DAY),
    ("3 d to 1 w", 7 * DAY),
)
"""Names, and what a hold stays below in seconds."""
LENGTHS = (*(name for name, _ in HOLDS), "1 w and more")
QUARTERS = ("1 smallest", "2", "3", "4 largest")
NUMBERS = tuple(f"{number:02d}" for number in range(1, 1_000))
ASKED = frozenset({Check.KEPT, Check.BROKEN})

Checks = Callable[[Played], Mapping[str, Check]]
Names = Callable[[str, "Whole"], str]
Told = Callable[["Whole"], Marks]


def _no_checks(_one: Played) -> Mapping[str, Check]:
    return {}


@dataclass(frozen=True, kw_only=True)
class Whole:
    """The trades of a breakdown, and what tells their groups. `checks` of a trade by rule id."""

    counted: Counted
    place: Place
    tags: TagBook
    checks: Checks = _no_checks
    rules: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Texts of rules by ``playbook id/rule id``."""

    @cached_property
    def entered(self) -> Ints:
        """Return the entries as whole seconds on the owner's clock, shape (n,)."""
        return whole_seconds(on_clock(self.counted.columns.opened, self.place.zone))

    @cached_property
    def days(self) -> tuple[tuple[date, ...], Ints]:
        """Return the days of entry there are, in order, and which of them each trade has."""
        number = self.entered // DAY
        first = int(number.min()) if number.size else 0
        there = np.flatnonzero(np.bincount(number - first))
        days = tuple(EPOCH + timedelta(days=first + day) for day in there.tolist())
        return days, np.searchsorted(there, number - first).astype(np.int64)

    @cached_property
    def kept(self) -> Marks:
        """Return which rules of its playbook a trade kept, and which it broke.

        Predicates read exact amounts, so this goes trade by trade; without a playbook there is
        nothing to look at.
        """
        with uncollected():
            return Marks.of_several([self._kept(one) for one in self.counted.played])

    def _kept(self, one: Played) -> tuple[str, ...]:
        if one.labels.playbook_id is None:
            return ()
        return tuple(
            f"{one.labels.playbook_id}/{rule}:{check}"
            for rule, check in self.checks(one).items()
            if check in ASKED
        )


def as_it_is(key: str, _whole: Whole) -> str:
    """Return the name of a group that is called by its key."""
    return key


@dataclass(frozen=True, slots=True, kw_only=True)
class Dimension:
    """One way to part trades.

    `told` gives each trade's group; with `several`, its groups: one, some or none. `order` is of
    known groups, `complete` shows them all on a map.
    """

    told: Told
    several: bool = False
    order: tuple[str, ...] = ()
    complete: bool = False
    named: Names = as_it_is


def of(tell: Callable[[Played], str | None], order: Sequence[str] = ()) -> Dimension:
    """Return a dimension in which each trade has one group, told from itself."""
    return Dimension(told=lambda whole: whole.counted.told.one(tell), order=tuple(order))


def by_day(tell: Callable[[date], str]) -> Dimension:
    """Return a dimension told from the day of entry on the owner's clock."""

    def told(whole: Whole) -> Marks:
        days, codes = whole.days
        of_days = Marks.of([tell(day) for day in days])
        return Marks(names=of_days.names, codes=of_days.codes[codes])

    return Dimension(told=told)


def weekday_name(key: str, _whole: Whole) -> str:
    """Return `Monday` for `1`, and `Monday 09` for `1-09`."""
    day, _, hour = key.partition("-")
    return f"{DAYS[int(day) - 1]} {hour}".rstrip()


def tag_name(key: str, whole: Whole) -> str:
    """Return the name of a tag."""
    tag = whole.tags.every.get(key)
    return key if tag is None else tag.name


def rule_name(key: str, whole: Whole) -> str:
    """Return the text of a rule and what became of it."""
    rule, _, check = key.rpartition(":")
    return f"{whole.rules.get(rule, rule)}: {check}"


def iso_week(day: date) -> str:
    """Return `2025-W10`."""
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02d}"


def hours(whole: Whole) -> Marks:
    """Return the hour of each entry on the owner's clock."""
    return Marks(names=HOURS, codes=_hour(whole.entered))


def weekdays(whole: Whole) -> Marks:
    """Return the day of the week of each entry on the owner's clock."""
    return Marks(names=WEEKDAYS, codes=_weekday(whole.entered))


def hours_of_week(whole: Whole) -> Marks:
    """Return day of the week and hour of each entry on the owner's clock."""
    codes = _weekday(whole.entered) * len(HOURS) + _hour(whole.entered)
    return Marks(names=HOURS_OF_WEEK, codes=codes)


def whole_seconds(moments: Floats) -> Ints:
    """Return the second in which each moment lies."""
    return np.floor(moments).astype(np.int64)


def _hour(seconds: Ints) -> Ints:
    return seconds // HOUR % len(HOURS)


def _weekday(seconds: Ints) -> Ints:
    """Return 0 for Monday: the epoch was a Thursday."""
    return (seconds // DAY + 3) % len(WEEKDAYS)


def sessions(whole: Whole) -> Marks:
    """Return the session of each entry, by its hour in UTC."""
    third = _hour(whole_seconds(whole.counted.columns.opened)) // 8
    return Marks(names=(Session.ASIA, Session.EUROPE, Session.US), codes=third)


def holds(whole: Whole) -> Marks:
    """Return between which bounds each trade was held; a bound is in the longer one."""
    places = np.searchsorted([below for _, below in HOLDS], whole.counted.columns.hold, "right")
    return Marks(names=LENGTHS, codes=places.astype(np.int64))


def nth(one: Played) -> str | None:
    """Return which trade of its day it was, in two digits at least."""
    number = one.trade.context.nth_of_day
    return None if number is None else f"{number:02d}"


def setup(whole: Whole) -> Marks:
    """Return each trade's setup, a merged one as what it became."""
    return whole.counted.told.one(_setup).renamed(lambda key: whole.tags.of(key) or key)


def _setup(one: Played) -> str | None:
    return one.labels.setup_id


def tags(whole: Whole) -> Marks:
    """Return the trades' tags, a merged one as what it became."""
    return whole.counted.told.some(_tags).renamed(whole.tags.of)


def _tags(one: Played) -> tuple[str, ...]:
    return one.labels.tags


def mistakes(whole: Whole) -> Marks:
    """Return those of the trades' tags that speak of mistakes."""
    every = whole.tags.every
    return tags(whole).renamed(lambda tag: tag if every[tag].category is Category.MISTAKE else None)


def emotions(whole: Whole) -> Marks:
    """Return what the trader felt."""
    return whole.counted.told.some(_emotions)


def _emotions(one: Played) -> tuple[str, ...]:
    return one.labels.emotions


def sizes(whole: Whole) -> Marks:
    """Return in which quarter of all these trades' sizes each lies, bounds in the lower one."""
    amounts = whole.counted.sizes
    known = np.isfinite(amounts)
    codes = np.full(amounts.shape, len(QUARTERS), dtype=np.int64)
    if known.any():
        bounds = np.quantile(amounts[known], (0.25, 0.5, 0.75))
        codes[known] = np.searchsorted(bounds, amounts[known])
    return Marks(names=(*QUARTERS, UNKNOWN), codes=codes)


DIMENSIONS: Mapping[str, Dimension] = MappingProxyType(
    {
        "instrument": of(lambda one: one.trade.instrument),
        "base": of(lambda one: one.trade.base),
        "side": of(lambda one: one.trade.side, [*Side]),
        "setup": Dimension(told=setup, named=tag_name),
        "rule": Dimension(told=lambda whole: whole.kept, several=True, named=rule_name),
        "tag": Dimension(told=tags, several=True, named=tag_name),
        "mistake": Dimension(told=mistakes, several=True, named=tag_name),
        "emotion": Dimension(told=emotions, several=True),
        "market_condition": of(lambda one: one.labels.market_condition, [*MarketCondition]),
        "regime": of(lambda one: one.trade.context.regime),
        "volatility_bucket": of(
            lambda one: one.trade.context.volatility_bucket, [*VolatilityBucket]
        ),
        "hour": Dimension(told=hours, order=HOURS, complete=True),
        "weekday": Dimension(told=weekdays, order=WEEKDAYS, named=weekday_name, complete=True),
        "hour_weekday": Dimension(told=hours_of_week, named=weekday_name),
        "day": by_day(date.isoformat),
        "week": by_day(iso_week),
        "month": by_day(lambda day: day.isoformat()[:7]),
        "year": by_day(lambda day: str(day.year)),
        "session": Dimension(told=sessions, order=(*Session,)),
        "hold": Dimension(told=holds, order=LENGTHS),
        "nth_of_day": of(nth, NUMBERS),
        "after": of(lambda one: one.trade.context.after, [*After]),
        "size": Dimension(told=sizes, order=QUARTERS),
        "venue": of(lambda one: one.trade.venue),
        "account": of(lambda one: one.trade.account),
        "exit_reason": of(lambda one: one.labels.exit_reason or one.trade.exit_reason),
        "origin": of(lambda one: one.trade.origin),
        "bot": of(lambda one: one.trade.bot_id),
        "strategy_version": of(lambda one: one.trade.strategy_version),
    }
)
