"""Discipline: the share of what was promised that was kept. Never from profit or loss."""

from collections.abc import Iterable

from nightdesk.journal.trade import Check
from nightdesk.performance.figure import Figure, known, missing

NO_CHECKS = "NO_CHECKS"


def discipline(checks: Iterable[Check]) -> Figure:
    """Return 100 * kept / (kept + broken) over rule checks and plan items of a window.

    What is unknown or does not apply counts for nothing; without checks there is no value.
    """
    decided = [check for check in checks if check in {Check.KEPT, Check.BROKEN}]
    if not decided:
        return missing(NO_CHECKS, 0)
    kept = sum(check is Check.KEPT for check in decided)
    return known(100 * kept / len(decided), len(decided))
