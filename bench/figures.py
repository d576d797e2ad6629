"""What a benchmark finds: spreads of repeated runs, tables, targets and whether they are met."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import median, quantiles
from time import perf_counter


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """Repeated runs of one thing: the middle, and what eight of ten runs lie between."""

    runs: int
    low: float
    middle: float
    high: float
    late: float
    """What 19 of 20 runs are under."""

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        """Sum up at least one run."""
        if len(values) == 1:
            values = [values[0], values[0]]
            runs = 1
        else:
            runs = len(values)
        cuts = quantiles(values, n=20, method="inclusive")
        return cls(runs=runs, low=cuts[1], middle=median(values), high=cuts[17], late=cuts[18])

    def show(self, digits: int = 1, scale: float = 1.0) -> str:
        """Return `middle (low to high)`, each times `scale`."""
        middle, low, high = (
            f"{one * scale:.{digits}f}" for one in (self.middle, self.low, self.high)
        )
        return f"{middle} ({low} to {high})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A figure that was promised: `value` may be at most `limit`."""

    name: str
    value: float
    limit: float
    unit: str = ""

    @property
    def met(self) -> bool:
        """Whether the promise is kept."""
        return self.value <= self.limit

    def row(self) -> tuple[str, ...]:
        """Return it as a row of a table."""
        unit = f" {self.unit}" if self.unit else ""
        said = "yes" if self.met else "NO"
        return (self.name, f"{self.value:.4g}{unit}", f"{self.limit:.4g}{unit}", said)


TARGET_HEADS = ("target", "measured", "at most", "met")


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows under heads; the first column is text, the others are figures."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    title: str = ""

    def markdown(self) -> str:
        """Return it for a page."""
        rule = ["---", *("---:" for _ in self.heads[1:])]
        lines = [f"| {' | '.join(line)} |" for line in (self.heads, rule, *self.rows)]
        return "\n".join(([f"**{self.title}**", ""] if self.title else []) + lines)

    def text(self) -> str:
        """Return it for a terminal."""
        every = (self.heads, *self.rows)
        widths = [max(len(line[n]) for line in every) for n in range(len(self.heads))]

        def laid(line: tuple[str, ...]) -> str:
            first, *rest = zip(line, widths, strict=True)
            cells = [first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in rest)]
            return "  ".join(cells).rstrip()

        rule = "  ".join("-" * width for width in widths)
        lines = [laid(self.heads), rule, *(laid(row) for row in self.rows)]
        return "\n".join(([self.title] if self.title else []) + lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """What one benchmark found, and how it looked."""

    name: str
    title: str
    how: str
    tables: tuple[Table, ...]
    targets: tuple[Target, ...] = ()
    notes: tuple[str, ...] = field(default=())

    def all_tables(self) -> tuple[Table, ...]:
        """Return the tables, the one of targets last."""
        if not self.targets:
            return self.tables
        rows = tuple(target.row() for target in self.targets)
        return (*self.tables, Table(heads=TARGET_HEADS, rows=rows))

    def markdown(self) -> str:
        """Return it for a page."""
        parts = [f"## {self.title}", self.how, *(table.markdown() for table in self.all_tables())]
        if self.notes:
            parts.append("\n".join(f"* {note}" for note in self.notes))
        return "\n\n".join(parts)

    def text(self) -> str:
        """Return it for a terminal."""
        notes = [f"  {note}" for note in self.notes]
        return "\n\n".join(
            [f"== {self.title}", *(table.text() for table in self.all_tables()), *notes]
        )


def timed(work: Callable[[], object], *, runs: int, warm_up: int = 1) -> Spread:
    """Return the seconds that `work` takes, after some runs that are not counted."""
    for _ in range(warm_up):
        work()
    taken = []
    for _ in range(runs):
        began = perf_counter()
        work()
        taken.append(perf_counter() - began)
    return Spread.of(taken)
