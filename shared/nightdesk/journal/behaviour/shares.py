"""What FOMO claims share: entries that were flagged against how often bars look like that."""

from collections.abc import Sequence

from nightdesk.journal.behaviour.detector import ALPHA, LEAST
from nightdesk.journal.behaviour.wording import chance, percent
from nightdesk.journal.claim import Claim, Standing
from nightdesk.journal.finding import Chance, DetectorId, Severity
from nightdesk.performance.significance import poisson_binomial_at_least


def share_claim(
    detector: DetectorId, flagged: Sequence[str], bases: Sequence[float], said: str
) -> Claim:
    """Claim that `flagged` of ``len(bases)`` entries are more than their bases account for.

    `bases` are the chances of each entry by itself; the count is a Poisson-binomial sum.
    """
    n, x = len(bases), len(flagged)
    base = sum(bases) / n if n else None
    p = poisson_binomial_at_least(x, bases) if n else None
    found = Chance(x=x, n=n, base=base, p=p)
    if n < LEAST or base is None or p is None:
        text, standing = f"{n} of {LEAST} entries with enough bars.", Standing.NOT_ENOUGH_DATA
    elif p < ALPHA:
        standing = Standing.FIRES
        text = (
            f"{x} of {n} entries ({percent(x / n)}) {said}; "
            f"of all bars {percent(base)} did ({chance(p)})."
        )
    else:
        text, standing = f"{x} of {n} entries {said}: no more than bars do.", Standing.SILENT
    return Claim(
        detector=detector,
        standing=standing,
        severity=Severity.MEDIUM,
        text=text,
        chance=found,
        trades=tuple(flagged),
    )
