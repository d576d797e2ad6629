"""The dimensions of breakdowns, as data: how a trade's groups are told, and in what order.

Times are those of the entry on the owner's clock; results count on the close.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from types import MappingProxyType
from zoneinfo import ZoneInfo

import numpy as np

from nightdesk.core.money import approximate
from nightdesk.journal.book_stats import Played
from nightdesk.journal.columns import Counted
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

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
HOURS = tuple(f"{hour:02d}" for hour in range(24))
WEEKDAYS = tuple(str(day) for day in range(1, 8))
MINUTE, HOUR, DAY = 60, 3_600, 86_400
HOLDS = (
    ("under 15 min", 15 * MINUTE),
    ("15 min to 1 h", HOUR),
    ("1 h to 4 h", 4 * HOUR),
    ("4 h to 1 d", DAY),
    ("1 d to 3 d", 3 * DAY),
    ("3 d to 1 w", 7 * DAY),
)
"""Names, and what a hold stays below in seconds."""
LONGEST = "1 w and more"
QUARTERS = ("1 smallest", "2", "3", "4 largest")
UNKNOWN = "unknown"
"""The group of trades of which a dimension tells nothing, where each trade has one group."""

Checks = Callable[[Played], Mapping[str, Check]]
Names = Callable[[str, "Whole"], str]
One = Callable[["Whole"], Sequence[str]]
Some = Callable[["Whole"], Sequence[Sequence[str]]]


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
    def local(self) -> list[datetime]:
        """Return the entries on the owner's clock."""
        zone = ZoneInfo(self.place.zone)
        return [one.trade.opened_at.astimezone(zone) for one in self.counted.played]


def as_it_is(key: str, _whole: Whole) -> str:
    """Return the name of a group that is called by its key."""
    return key


@dataclass(frozen=True, slots=True, kw_only=True)
class Dimension:
    """One way to part trades. `order` is of known groups, `complete` shows them all on a map."""

    one: One | None = None
    """Each trade's group."""
    some: Some | None = None
    """Each trade's groups, where it may have several, or none."""
    order: tuple[str, ...] = ()
    complete: bool = False
    named: Names = as_it_is

    def __post_init__(self) -> None:
        if (self.one is None) == (self.some is None):
            raise ValueError("a trade has one group, or some")

    @property
    def several(self) -> bool:
        """Whether a trade may stand in several rows."""
        return self.some is not None


def of(tell: Callable[[Played], str | None], order: Sequence[str] = ()) -> Dimension:
    """Return a dimension in which each trade has one group, told from itself."""
    return Dimension(
        one=lambda whole: [tell(one) or UNKNOWN for one in whole.counted.played],
        order=tuple(order),
    )


def by_entry(
    tell: Callable[[datetime], str],
    order: Sequence[str] = (),
    *,
    named: Names = as_it_is,
    complete: bool = False,
) -> Dimension:
    """Return a dimension told from the entry on the owner's clock."""
    return Dimension(
        one=lambda whole: [tell(moment) for moment in whole.local],
        order=tuple(order),
        named=named,
        complete=complete,
    )


def many(tell: Callable[[Played, Whole], Sequence[str]], *, named: Names = as_it_is) -> Dimension:
    """Return a dimension in which a trade may have several groups, or none."""
    return Dimension(
        some=lambda whole: [tell(one, whole) for one in whole.counted.played],
        named=named,
    )


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


def iso_week(moment: datetime) -> str:
    """Return `2025-W10`."""
    year, week, _ = moment.isocalendar()
    return f"{year}-W{week:02d}"


def session(one: Played) -> str:
    """Return the session of the entry, by its hour in UTC."""
    return (Session.ASIA, Session.EUROPE, Session.US)[one.trade.opened_at.hour // 8]


def holds(whole: Whole) -> list[str]:
    """Return between which bounds each trade was held; a bound is in the longer one."""
    names = [*(name for name, _ in HOLDS), LONGEST]
    places = np.searchsorted([below for _, below in HOLDS], whole.counted.columns.hold, "right")
    return [names[place] for place in places.tolist()]


def nth(one: Played) -> str | None:
    """Return which trade of its day it was; two digits, so that they sort."""
    number = one.trade.context.nth_of_day
    return None if number is None else f"{number:02d}"


def setup(whole: Whole) -> list[str]:
    """Return each trade's setup, a merged one as what it became."""
    return [
        (whole.tags.of(setup_id) or setup_id) if (setup_id := one.labels.setup_id) else UNKNOWN
        for one in whole.counted.played
    ]


def tags(one: Played, whole: Whole) -> tuple[str, ...]:
    """Return a trade's tags."""
    return whole.tags.shown(one.labels.tags)


def mistakes(one: Played, whole: Whole) -> tuple[str, ...]:
    """Return those of a trade's tags that speak of mistakes."""
    every = whole.tags.every
    return tuple(tag for tag in tags(one, whole) if every[tag].category is Category.MISTAKE)


def rules(one: Played, whole: Whole) -> tuple[str, ...]:
    """Return which rules of its playbook a trade kept, and which it broke."""
    asked = {Check.KEPT, Check.BROKEN}
    found = whole.checks(one)
    return tuple(
        f"{one.labels.playbook_id}/{rule}:{check}"
        for rule, check in found.items()
        if check in asked
    )


def sizes(whole: Whole) -> list[str]:
    """Return in which quarter of all these trades' sizes each lies, bounds in the lower one."""
    amounts = [one.trade.quantity.size for one in whole.counted.played]
    known = np.array([approximate(one) for one in amounts if one is not None])
    if not known.size:
        return [UNKNOWN] * len(amounts)
    quarter = iter(np.searchsorted(np.quantile(known, (0.25, 0.5, 0.75)), known).tolist())
    return [UNKNOWN if one is None else QUARTERS[next(quarter)] for one in amounts]


DIMENSIONS: Mapping[str, Dimension] = MappingProxyType(
    {
        "instrument": of(lambda one: one.trade.instrument),
        "base": of(lambda one: one.trade.base),
        "side": of(lambda one: one.trade.side, [*Side]),
        "setup": Dimension(one=setup, named=tag_name),
        "rule": many(rules, named=rule_name),
        "tag": many(tags, named=tag_name),
        "mistake": many(mistakes, named=tag_name),
        "emotion": many(lambda one, _: tuple(map(str, one.labels.emotions))),
        "market_condition": of(lambda one: one.labels.market_condition, [*MarketCondition]),
        "regime": of(lambda one: one.trade.context.regime),
        "volatility_bucket": of(
            lambda one: one.trade.context.volatility_bucket, [*VolatilityBucket]
        ),
        "hour": by_entry(lambda at: HOURS[at.hour], HOURS, complete=True),
        "weekday": by_entry(
            lambda at: str(at.isoweekday()), WEEKDAYS, named=weekday_name, complete=True
        ),
        "hour_weekday": by_entry(
            lambda at: f"{at.isoweekday()}-{HOURS[at.hour]}", named=weekday_name
        ),
        "day": by_entry(lambda at: at.date().isoformat()),
        "week": by_entry(iso_week),
        "month": by_entry(lambda at: at.date().isoformat()[:7]),
        "year": by_entry(lambda at: str(at.year)),
        "session": of(session, [*Session]),
        "hold": Dimension(one=holds, order=(*(name for name, _ in HOLDS), LONGEST)),
        "nth_of_day": of(nth),
        "after": of(lambda one: one.trade.context.after, [*After]),
        "size": Dimension(one=sizes, order=QUARTERS),
        "venue": of(lambda one: one.trade.venue),
        "account": of(lambda one: one.trade.account),
        "exit_reason": of(lambda one: one.labels.exit_reason or one.trade.exit_reason),
        "origin": of(lambda one: one.trade.origin),
        "bot": of(lambda one: one.trade.bot_id),
        "strategy_version": of(lambda one: one.trade.strategy_version),
    }
)
