"""One group of results against all others, with the error of looking at many kept in hand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from nightdesk.performance.intervals import mean_difference_interval, student_interval
from nightdesk.performance.significance import benjamini_hochberg, welch_two_sided

Interval = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """One group's mean in R. `p` and `against` (mean less that of the rest) where tested."""

    name: str
    n: int
    mean: float
    interval: Interval | None
    p: float | None = None
    against: float | None = None
    against_interval: Interval | None = None
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
    total = sum(len(one) for one in results.values())
    groups, tested = [], []
    for name in sorted(results):
        own = np.asarray(results[name], dtype=np.float64)
        n = own.size
        if not n:
            continue
        mean = float(own.mean())
        interval = student_interval(own)
        if name == aside or n < max(least, 2) or total - n < max(rest, 2):
            groups.append(Group(name=name, n=n, mean=mean, interval=interval))
            continue
        others = np.concatenate(
            [np.asarray(one, dtype=np.float64) for key, one in results.items() if key != name]
        )
        tested.append(len(groups))
        groups.append(
            Group(
                name=name,
                n=n,
                mean=mean,
                interval=interval,
                p=welch_two_sided(own, others),
                against=mean - float(others.mean()),
                against_interval=mean_difference_interval(own, others),
            )
        )
    kept = benjamini_hochberg([groups[i].p or 0.0 for i in tested], q)
    for i, stands in zip(tested, kept, strict=True):
        groups[i] = replace(groups[i], kept=stands)
    return groups
