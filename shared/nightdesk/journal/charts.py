"""Charts as geometry: lines, bars, dots and words in points, for SVG and PDF alike.

The origin is the upper left corner, y grows downwards. No chart is without titles of both axes,
the unit and how many it rests on: `Chart` refuses to be.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from math import ceil, floor, isfinite, log10

Point = tuple[float, float]
Range = tuple[float, float]
Written = Callable[[float, int], str]
"""Writes a value with so many decimals."""

MARGIN_LEFT, MARGIN_RIGHT = 58.0, 22.0
MARGIN_TOP, MARGIN_BOTTOM = 24.0, 34.0
TICKS = 5
STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
SAME, NOTHING = 1e-12, 1e-100
"""Values that differ by no more of themselves, or at all, are rounding: they are drawn as one."""
LABEL = 7.0
"""Height of a label in points."""
LETTER = 0.6 * LABEL
"""Width of one of its letters, taken over a whole label: it is never wider."""
TITLE_ROOM = 15.0
"""Left of the labels, for the upright title of their axis."""


class Role(StrEnum):
    """What a mark stands for; who draws it chooses the colour."""

    FRAME = "frame"
    GRID = "grid"
    ZERO = "zero"
    DATA = "data"
    FILL = "fill"
    GAIN = "gain"
    LOSS = "loss"
    INFLOW = "inflow"
    OUTFLOW = "outflow"
    LABEL = "label"


class Anchor(StrEnum):
    """Which point of a text is at its place."""

    START = "start"
    MIDDLE = "middle"
    END = "end"


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """A line through points; a closed one is an area, filled and without a border."""

    points: tuple[Point, ...]
    role: Role
    closed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A filled rectangle; `strength` from 0 to 1 is how dark it is."""

    x: float
    y: float
    width: float
    height: float
    role: Role
    strength: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Dot:
    """A filled circle."""

    x: float
    y: float
    radius: float
    role: Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """A text on its base line; `upright` is turned a quarter to the left."""

    x: float
    y: float
    text: str
    role: Role = Role.LABEL
    anchor: Anchor = Anchor.START
    upright: bool = False


Mark = Path | Box | Dot | Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A drawn chart. `unit` is that of its values, `n` how many things it is made of."""

    title: str
    x_title: str
    y_title: str
    unit: str
    n: int
    width: float
    height: float
    marks: tuple[Mark, ...]

    def __post_init__(self) -> None:
        if not all((self.title, self.x_title, self.y_title, self.unit)):
            raise ValueError("a chart has a title, two axes and a unit")
        if self.n < 1:
            raise ValueError("a chart of nothing is not drawn")

    @property
    def caption(self) -> str:
        """Return what stands above it."""
        return f"{self.title} ({self.unit}, n = {self.n})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """Values from `low` to `high`, and where labels stand."""

    low: float
    high: float
    ticks: tuple[tuple[float, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plane:
    """The rectangle between two axes, and where a value lies in it."""

    width: float
    height: float
    x: Axis
    y: Axis
    left: float = field(init=False)
    """Its left border: long labels push it in, so that none stands on the title of their axis."""

    def __post_init__(self) -> None:
        longest = max((len(text) for _, text in self.y.ticks), default=0)
        object.__setattr__(self, "left", max(MARGIN_LEFT, TITLE_ROOM + longest * LETTER))

    @property
    def right(self) -> float:
        """Return its right border."""
        return self.width - MARGIN_RIGHT

    @property
    def bottom(self) -> float:
        """Return its lower border."""
        return self.height - MARGIN_BOTTOM

    def across(self, value: float) -> float:
        """Return where a value of x lies."""
        part = (value - self.x.low) / (self.x.high - self.x.low)
        return self.left + part * (self.right - self.left)

    def down(self, value: float) -> float:
        """Return where a value of y lies."""
        part = (value - self.y.low) / (self.y.high - self.y.low)
        return self.bottom - part * (self.bottom - MARGIN_TOP)

    def at(self, x: float, y: float) -> Point:
        """Return where a pair of values lies."""
        return self.across(x), self.down(y)


def scale(values: Sequence[float], *, zero: bool = False, count: int = TICKS) -> Range:
    """Return round ends around all values, never the same; with `zero` 0 lies between them.

    Raises ValueError for none, or for one that is not finite.
    """
    if not values or not all(isfinite(one) for one in values):
        raise ValueError("an axis needs finite values")
    low, high = min(values), max(values)
    if zero:
        low, high = min(low, 0.0), max(high, 0.0)
    greatest = max(abs(low), abs(high))
    if high - low <= max(greatest * SAME, NOTHING):
        reach = greatest / 10 if greatest > NOTHING else 1.0
        low, high = low - reach, high + reach
    step = round_step((high - low) / count)
    return floor(low / step + 1e-9) * step, ceil(high / step - 1e-9) * step


def round_step(rough: float) -> float:
    """Return the least of 1, 2, 2.5, 5 times a power of ten that is no less than `rough`."""
    power = 10.0 ** floor(log10(rough))
    return next((one * power for one in STEPS if one * power >= rough * (1 - 1e-9)), 10 * power)


def axis(ends: Range, written: Written, *, count: int = TICKS) -> Axis:
    """Return an axis with labels at round values."""
    low, high = ends
    step = round_step((high - low) / count)
    first = ceil(low / step - 1e-9)
    last = floor(high / step + 1e-9)
    values = [0.0 if n == 0 else n * step for n in range(first, last + 1)]
    digits = decimals(step)
    return Axis(low=low, high=high, ticks=tuple((one, written(one, digits)) for one in values))


def decimals(step: float) -> int:
    """Return how many decimals labels need that are a round step apart, so that each is true."""
    exponent = Decimal(f"{step:.2g}").normalize().as_tuple().exponent
    return max(0, -int(exponent))


def counts(most: int, written: Written) -> Axis:
    """Return an axis from 0 to a count or beyond, with labels at whole numbers alone."""
    step = ceil(round_step(most / TICKS))
    places = range(0, most + step, step)
    ticks = tuple((float(one), written(one, 0)) for one in places)
    return Axis(low=0.0, high=float(places[-1]), ticks=ticks)


def named(names: Sequence[str], *, every: int = 1) -> Axis:
    """Return an axis of places 0, 1, 2 … each half a step from its neighbours' border."""
    ticks = tuple((float(n), name) for n, name in enumerate(names) if n % every == 0)
    return Axis(low=-0.5, high=len(names) - 0.5, ticks=ticks)


def frame(plane: Plane, *, x_title: str, y_title: str, grid: bool = True) -> tuple[Mark, ...]:
    """Return both axes with their labels and titles, and lines of help at the labels of y."""
    marks: list[Mark] = []
    for value, text in plane.y.ticks:
        y = plane.down(value)
        if grid:
            role = Role.ZERO if value == 0 else Role.GRID
            marks.append(Path(points=((plane.left, y), (plane.right, y)), role=role))
        marks.append(Words(x=plane.left - 4, y=y + LABEL / 3, text=text, anchor=Anchor.END))
    for value, text in plane.x.ticks:
        x = plane.across(value)
        marks.append(
            Path(points=((x, plane.bottom), (x, plane.bottom + 3)), role=Role.FRAME),
        )
        marks.append(Words(x=x, y=plane.bottom + 11, text=text, anchor=Anchor.MIDDLE))
    corner = (plane.left, plane.bottom)
    marks.append(
        Path(
            points=((plane.left, MARGIN_TOP), corner, (plane.right, plane.bottom)), role=Role.FRAME
        ),
    )
    across, down = (plane.left + plane.right) / 2, (MARGIN_TOP + plane.bottom) / 2
    marks.append(Words(x=across, y=plane.height - 8, text=x_title, anchor=Anchor.MIDDLE))
    marks.append(Words(x=9, y=down, text=y_title, anchor=Anchor.MIDDLE, upright=True))
    return tuple(marks)
