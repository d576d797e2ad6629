"""TILT: one number for a day, from flags of its entries, its last run and its realised result.

It alone reads what other detectors said. Its parts are always shown.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from nightdesk.journal.behaviour.detector import Detector, Need, Threshold, Thresholds, reaches
from nightdesk.journal.behaviour.seen import SeenTrade
from nightdesk.journal.finding import DetectorId, Scope, Severity
from nightdesk.journal.trade import Outcome

LONGEST = 4
PER_LOSS, REVENGE, FOMO, IMPULSIVE, ESCALATION = 12, 25, 12, 10, 20
MUCH_LOST, SOME_LOST = 25, 15
HIGHEST = 100
COOLDOWNS = (15, 30, 60)
"""Minutes that are offered."""
FOMO_IDS = frozenset({DetectorId.FOMO_EXTENSION, DetectorId.FOMO_CHASE, DetectorId.FOMO_SCATTER})


class Band(StrEnum):
    """What a score is called."""

    CALM = "calm"
    ELEVATED = "elevated"
    HIGH = "high"
    BREACH = "breach"


SEVERITY = {
    Band.CALM: Severity.INFO,
    Band.ELEVATED: Severity.LOW,
    Band.HIGH: Severity.MEDIUM,
    Band.BREACH: Severity.HIGH,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tilt:
    """A day's score and what it is made of."""

    score: int
    band: Band
    parts: Mapping[str, int]
    loss_run: int
    limit_used: float | None
    """Share of the own daily loss limit that the day's realised net has used, where known."""
    unvalued: int = 0
    """Closed trades whose result is not known in the unit of a declared limit."""

    @property
    def cooldowns(self) -> tuple[int, ...]:
        """Minutes of rest that are offered, none on a calm day."""
        return () if self.band is Band.CALM else COOLDOWNS


def tilt(
    closed: Sequence[SeenTrade],
    flagged: Iterable[tuple[DetectorId, Severity]],
    used: Thresholds,
    *,
    loss_limit: float | None = None,
    loss_limit_r: float | None = None,
) -> Tilt:
    """Return the tilt of one day: `closed` then, and `flagged`, what was said of its entries."""
    ended = sorted(
        (one for one in closed if one.closed_at is not None),
        key=lambda one: (one.closed_at, one.opened_at, one.id),
    )
    run = loss_run(ended)
    said = set(flagged)
    ids = {detector for detector, _ in said}
    revenge = any(name is DetectorId.REVENGE and severity.told for name, severity in said)
    results = (([one.net for one in ended], loss_limit), ([one.r for one in ended], loss_limit_r))
    against = [(values, limit) for values, limit in results if limit]
    unvalued = max((values.count(None) for values, _ in against), default=0)
    shares = [
        -sum(value for value in values if value is not None) / limit
        for values, limit in against
        if None not in values
    ]
    share = max(shares, default=None)
    parts = {
        "loss_streak": PER_LOSS * min(run, LONGEST),
        "revenge": REVENGE if revenge else 0,
        "fomo": FOMO if ids & FOMO_IDS else 0,
        "impulsive": IMPULSIVE if DetectorId.RAPID_REENTRY in ids else 0,
        "escalation": ESCALATION if DetectorId.SIZE_ESCALATION in ids else 0,
        "daily_loss": _lost(share, used),
    }
    score = min(HIGHEST, sum(parts.values()))
    return Tilt(
        score=score,
        band=_band(score, used),
        parts=parts,
        loss_run=run,
        limit_used=share,
        unvalued=unvalued,
    )


def loss_run(ended: Sequence[SeenTrade]) -> int:
    """Return how many losses in a row the trades end with, skipping break-evens."""
    run = 0
    for trade in reversed(ended):
        if trade.outcome is Outcome.WIN:
            break
        run += trade.outcome is Outcome.LOSS
    return run


def _lost(share: float | None, used: Thresholds) -> int:
    if share is None:
        return 0
    if reaches(share, used["much_lost"]):
        return MUCH_LOST
    return SOME_LOST if reaches(share, used["some_lost"]) else 0


def _band(score: int, used: Thresholds) -> Band:
    if score < used["elevated"]:
        return Band.CALM
    if score < used["high"]:
        return Band.ELEVATED
    return Band.HIGH if score < used["breach"] else Band.BREACH


DETECTOR = Detector(
    id=DetectorId.TILT,
    rule=(
        "0 to 100 per day: 12 for each loss of the run that the day ends with (at most 4), 25 for "
        "revenge of medium and up, 12 for any FOMO, 10 for a rapid re-entry, 20 for an "
        "escalation, 25 from 70 % (15 from 50 %) of the own daily loss limit used; each part "
        "once. Below 30 calm, 60 elevated, 80 high, else breach."
    ),
    base="None: the parts are shown, and a cool-down of 15, 30 or 60 minutes is offered.",
    limits=(
        "The weights are a convention. A part whose data is missing counts 0: so does the loss "
        "limit on a day with a result that is not known in its unit."
    ),
    scope=Scope.DAY,
    severity=tuple(SEVERITY.values()),
    needs=frozenset({Need.LIMITS}),
    thresholds=(
        Threshold(name="some_lost", default=0.5, low=0.1, high=1, unit="share of the limit"),
        Threshold(name="much_lost", default=0.7, low=0.1, high=1, unit="share of the limit"),
        Threshold(name="elevated", default=30, low=10, high=50, unit="points"),
        Threshold(name="high", default=60, low=30, high=80, unit="points"),
        Threshold(name="breach", default=80, low=50, high=100, unit="points"),
    ),
)
