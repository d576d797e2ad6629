"""One group of results against all others, with the error of looking at many kept in hand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from nightdesk.market.candles import Floats
from nightdesk.performance.intervals import student_interval, welch
from nightdesk.performance.significance import benjamini_hochberg, welch_p

Interval = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """One group's mean in R. `p` and `against` (mean less that of the rest) where tested.

    `key` is what its trades have, `name` what it is called.
    """

    key: str
    name: str
    n: int
    mean: float
    interval: Interval | None
    p: float | None = None
    against: float | None = None
    kept: bool = False
    """Whether the difference stands after Benjamini-Hochberg."""

    @property
    def better(self) -> bool:
        """Whether it is proven better than the rest."""
        return self.kept and (self.against or 0.0) > 0

    @property
    def worse(self) -> bool:
        """Whether it is proven worse than the rest."""
        return self.kept and (self.against or 0.0) < 0


def compared(
    results: Mapping[str, Sequence[float]],
    *,
    least: int,
    rest: int,
    q: float,
    aside: str | None = None,
) -> list[Group]:
    """Test each group of `least` results with `rest` elsewhere; groups by name.

    The group `aside` belongs to the rest of the others and is not tested itself.
    Welch two-sided against all other groups together; a share `q` of what is kept may be false.
    """
    columns = {name: np.asarray(results[name], dtype=np.float64) for name in sorted(results)}
    columns = {name: one for name, one in columns.items() if one.size}
    total = sum(one.size for one in columns.values())
    tested = [
        name
        for name, one in columns.items()
        if name != aside and one.size >= max(least, 2) and total - one.size >= max(rest, 2)
    ]
    ps, differences = _welch(columns, tested)
    kept = dict(zip(tested, benjamini_hochberg(ps, q), strict=True))
    by_name = dict(zip(tested, zip(ps.tolist(), differences.tolist(), strict=True), strict=True))
    return [
        Group(
            key=name,
            name=name,
            n=one.size,
            mean=float(one.mean()),
            interval=student_interval(one),
            p=by_name[name][0] if name in by_name else None,
            against=by_name[name][1] if name in by_name else None,
            kept=kept.get(name, False),
        )
        for name, one in columns.items()
    ]


def _welch(columns: Mapping[str, Floats], tested: Sequence[str]) -> tuple[Floats, Floats]:
    """Return p and mean less that of the rest of each tested group, all worked out at once."""
    others = [
        np.concatenate([one for name, one in columns.items() if name != own]) for own in tested
    ]
    mean, variance, n = _moments([columns[name] for name in tested])
    mean_of_rest, variance_of_rest, m = _moments(others)
    difference = mean - mean_of_rest
    error, degrees = welch(variance, n, variance_of_rest, m)
    return welch_p(difference, error, degrees), difference


def _moments(columns: Sequence[Floats]) -> tuple[Floats, Floats, Floats]:
    """Return mean, variance and length of each column."""
    return (
        np.array([one.mean() for one in columns]),
        np.array([one.var(ddof=1) for one in columns]),
        np.array([float(one.size) for one in columns]),
    )
