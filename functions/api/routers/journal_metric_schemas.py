"""Bodies and answers of the routes of saved metrics and of the journal's settings."""

from typing import TYPE_CHECKING, Annotated, Self

from pydantic import Field

from functions.api.routers.journal_schemas import FigureOut, Filters, Version, among, one_line
from functions.api.schemas import Answer, DecimalText, Lax, Moment, Request, SignedDecimalText
from nightdesk.journal.metric_keeping import MetricText
from nightdesk.journal.preferences import (
    BREAKEVEN_MOST,
    COOLDOWN_MOST,
    THIN_LEAST,
    THIN_MOST,
)
from nightdesk.journal.saved_metric import (
    DIMENSIONS,
    MAX_NAME,
    MAX_POSITION,
    METRICS,
    Basis,
    Bound,
    Goal,
    Unit,
    Window,
)
from nightdesk.market.timeframe import Timeframe
from nightdesk.trading.order import Mode

if TYPE_CHECKING:
    from nightdesk.journal.place import Place
    from nightdesk.journal.preferences import Preferences
    from nightdesk.journal.saved_metric import Group, Measured


class GoalIn(Request):
    """What the figure should be: at least (`ge`) or at most (`le`) a value."""

    bound: Lax[Bound]
    value: SignedDecimalText


class MetricIn(Request):
    """A saved metric. Filters are those of trade lists, `from` and `to` excepted."""

    name: Annotated[str, Field(min_length=1, max_length=MAX_NAME), one_line(MAX_NAME)]
    metric: Annotated[str, *among(METRICS)]
    filters: Filters
    breakdown: Annotated[str, *among(DIMENSIONS)] | None = None
    window: Lax[Window] = Window.DAYS_30
    unit: Lax[Unit] = Unit.MONEY
    basis: Lax[Basis] = Basis.NET
    goal: GoalIn | None = None
    pinned: bool = False
    position: int = Field(default=0, ge=0, le=MAX_POSITION)

    def to_domain(self) -> MetricText:
        """Build the noun."""
        goal = self.goal
        return MetricText(
            name=self.name,
            metric=self.metric,
            filters={name: tuple(values) for name, values in sorted(self.filters.items())},
            breakdown=self.breakdown,
            window=self.window,
            unit=self.unit,
            basis=self.basis,
            goal=Goal(bound=goal.bound, value=goal.value) if goal else None,
            pinned=self.pinned,
            position=self.position,
        )


class MetricEditIn(MetricIn):
    """A saved metric anew, against the version that was read: 0 for a preset as it came."""

    version: Version


class GoalOut(Answer):
    """What the figure should be."""

    bound: Bound
    value: SignedDecimalText


class MetricGroupOut(Answer):
    """The metric of one group of its breakdown; thin below `thin_n` trades."""

    key: str
    name: str
    figure: FigureOut
    thin: bool

    @classmethod
    def from_domain(cls, group: "Group") -> Self:
        """Show one."""
        figure = FigureOut.from_domain(group.figure)
        return cls(key=group.key, name=group.name, figure=figure, thin=group.thin)


class MetricOut(Answer):
    """A saved metric with what it is now, was in the window before, and whether its goal is met.

    `modes` are what counts, in both windows, `currency` that of its amounts now. An amount in
    another one before is no `previous`. `groups` are those of its breakdown, best net R first, thin
    ones last, 50 at most; `hidden` says how many more there are. Version 0: a preset that nobody
    has changed.
    """

    id: str
    name: str
    metric: str
    filters: dict[str, list[str]]
    breakdown: str | None
    window: Window
    unit: Unit
    basis: Basis
    goal: GoalOut | None
    pinned: bool
    position: int
    modes: list[Mode]
    currency: str | None
    figure: FigureOut
    groups: list[MetricGroupOut]
    hidden: int
    previous: FigureOut | None
    goal_met: bool | None
    version: int

    @classmethod
    def from_domain(cls, measured: "Measured") -> Self:
        """Show one."""
        one, goal, reading = measured.metric, measured.metric.goal, measured.reading
        return cls(
            id=one.id,
            name=one.name,
            metric=one.metric,
            filters={name: list(values) for name, values in one.filters.items()},
            breakdown=one.breakdown,
            window=one.window,
            unit=one.unit,
            basis=one.basis,
            goal=GoalOut(bound=goal.bound, value=goal.value) if goal else None,
            pinned=one.pinned,
            position=one.position,
            modes=list(reading.modes),
            currency=reading.currency,
            figure=FigureOut.from_domain(reading.figure),
            groups=[MetricGroupOut.from_domain(one) for one in reading.groups],
            hidden=reading.hidden,
            previous=FigureOut.from_domain(reading.previous) if reading.previous else None,
            goal_met=measured.goal_met,
            version=one.version,
        )


class JournalSettingsIn(Request):
    """All settings, against the version that was read. `cooldown_minutes` 0: none.

    What is beyond its bounds is refused with `OUT_OF_RANGE`.
    """

    breakeven_r: Annotated[DecimalText, Field(description=f"0 to {BREAKEVEN_MOST}.")]
    cooldown_minutes: Annotated[int, Field(description=f"0 to {COOLDOWN_MOST}.")]
    thin_n: Annotated[int, Field(description=f"{THIN_LEAST} to {THIN_MOST}.")]
    default_timeframe: Lax[Timeframe]
    version: Version


class PlaceOut(Answer):
    """A zone and currency, in effect from a moment on: a line in every chart. Null: always."""

    zone: str
    currency: str
    since: Moment | None

    @classmethod
    def from_domain(cls, place: "Place") -> Self:
        """Show one."""
        return cls(zone=place.zone, currency=place.currency, since=place.since)


class JournalSettingsOut(Answer):
    """The journal's settings. `places` follow the profile, each from the week after its change."""

    breakeven_r: DecimalText
    cooldown_minutes: int
    thin_n: int
    default_timeframe: Timeframe
    places: list[PlaceOut]
    version: int

    @classmethod
    def from_domain(cls, preferences: "Preferences") -> Self:
        """Show them."""
        return cls(
            breakeven_r=preferences.breakeven_r,
            cooldown_minutes=preferences.cooldown_minutes,
            thin_n=preferences.thin_n,
            default_timeframe=preferences.default_timeframe,
            places=[PlaceOut.from_domain(one) for one in preferences.places],
            version=preferences.version,
        )
