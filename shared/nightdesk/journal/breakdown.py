"""Breakdowns: in what groups trades stand, and how each group did beside all others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from nightdesk.journal.columns import Counted
from nightdesk.journal.dimensions import DIMENSIONS, Dimension, Whole
from nightdesk.journal.marks import Marks
from nightdesk.performance.figure import Figure

VERDICTS = {1: "better", -1: "worse", 0: "no difference proven"}
SEVERAL = "A trade may stand in several rows: rows do not add up to this one."
ALL = "All trades; each stands in one row."


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One group. `figures` are by name; `verdict` compares its mean R with that of all others."""

    key: str
    name: str
    figures: Mapping[str, Figure]
    thin: bool
    verdict: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One group with its trades, for figures that rows do not have."""

    key: str
    name: str
    thin: bool
    counted: Counted


@dataclass(frozen=True, slots=True, kw_only=True)
class Breakdown:
    """All groups of a dimension, best net R first, thin ones last; `hidden` ones are too small.

    `total` is all trades, `without` how many of them stand in no row.
    """

    dimension: str
    rows: tuple[Row, ...]
    total: Mapping[str, Figure]
    text: str
    without: int
    hidden: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """Where a group of one dimension meets one of another."""

    row: str
    column: str
    figures: Mapping[str, Figure]
    thin: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Heatmap:
    """Cells that hold trades, and the names of rows and columns in their own order."""

    rows: tuple[tuple[str, str], ...]
    columns: tuple[tuple[str, str], ...]
    cells: tuple[Cell, ...]


def breakdown(name: str, whole: Whole, *, thin_n: int, min_n: int = 1) -> Breakdown:
    """Return the rows of a dimension. Groups of fewer than `min_n` are hidden, below `thin_n` thin.

    Raises KeyError for an unknown dimension.
    """
    dimension, counted = DIMENSIONS[name], whole.counted
    coded = code(dimension, whole)
    ready = replace(counted.ready, thin_n=max(thin_n, min_n))
    groups = ready.by(coded.codes, len(coded.names), rows=coded.rows)
    order = [int(place) for place in groups.order]
    shown = [place for place in order if groups.n[place] >= min_n]
    thin, verdict = groups.thin.tolist(), groups.verdict.tolist()
    rows = tuple(
        Row(
            key=coded.names[place],
            name=dimension.named(coded.names[place], whole),
            figures=figures,
            thin=thin[place],
            verdict=VERDICTS[verdict[place]],
        )
        for place, figures in zip(shown, groups.rows(shown), strict=True)
    )
    return Breakdown(
        dimension=name,
        rows=rows,
        total=counted.total,
        text=SEVERAL if dimension.several else ALL,
        without=counted.columns.count - coded.standing,
        hidden=len(order) - len(shown),
    )


def parts(name: str, whole: Whole, *, thin_n: int, most: int) -> tuple[Sequence[Part], int]:
    """Return the groups of a dimension as `breakdown` orders them, and how many more there are.

    Raises KeyError for an unknown dimension.
    """
    dimension, counted = DIMENSIONS[name], whole.counted
    coded = code(dimension, whole)
    ready = replace(counted.ready, thin_n=thin_n)
    groups = ready.by(coded.codes, len(coded.names), rows=coded.rows)
    order = groups.order.tolist()
    found = [
        Part(
            key=coded.names[place],
            name=dimension.named(coded.names[place], whole),
            thin=bool(groups.thin[place]),
            counted=counted.take(coded.having(place, counted.columns.count)),
        )
        for place in order[:most]
    ]
    return found, len(order) - len(found)


def heatmap(rows: str, columns: str, whole: Whole, *, thin_n: int) -> Heatmap:
    """Return where two dimensions meet. Raises KeyError, ValueError: one has several groups."""
    one, two = DIMENSIONS[rows], DIMENSIONS[columns]
    if one.several or two.several:
        raise ValueError("a trade has one place on a map")
    down, across = code(one, whole), code(two, whole)
    width = max(1, len(across.names))
    # Cells that hold trades alone are counted: of two dimensions by day nearly all are empty.
    places, codes = np.unique(down.codes * width + across.codes, return_inverse=True)
    ready = replace(whole.counted.ready, thin_n=thin_n)
    groups = ready.by(codes, places.size)
    there = np.flatnonzero(groups.n > 0).tolist()
    cells = tuple(
        Cell(
            row=down.names[places[place] // width],
            column=across.names[places[place] % width],
            figures=figures,
            thin=bool(groups.thin[place]),
        )
        for place, figures in zip(there, groups.rows(there), strict=True)
    )
    return Heatmap(
        rows=tuple((key, one.named(key, whole)) for key in down.names),
        columns=tuple((key, two.named(key, whole)) for key in across.names),
        cells=cells,
    )


def code(dimension: Dimension, whole: Whole) -> Marks:
    """Return the groups of a dimension in its order: all of a complete one, else those found."""
    marks = dimension.told(whole)
    found = set(marks.found)
    known = [one for one in dimension.order if one in found or dimension.complete]
    return marks.among((*known, *sorted(found.difference(known))))
