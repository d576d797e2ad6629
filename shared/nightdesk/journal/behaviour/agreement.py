"""Own emotion labels beside findings: they never make or unmake one."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from nightdesk.journal.finding import DetectorId
from nightdesk.journal.trade import Emotion

SAME: Mapping[DetectorId, frozenset[Emotion]] = MappingProxyType(
    {
        DetectorId.REVENGE: frozenset({Emotion.REVENGE}),
        DetectorId.RAPID_REENTRY: frozenset({Emotion.IMPULSIVE, Emotion.REVENGE}),
        DetectorId.SIZE_ESCALATION: frozenset({Emotion.REVENGE, Emotion.IMPULSIVE}),
        DetectorId.FOMO_EXTENSION: frozenset({Emotion.FOMO}),
        DetectorId.FOMO_CHASE: frozenset({Emotion.FOMO}),
        DetectorId.FOMO_SCATTER: frozenset({Emotion.FOMO, Emotion.IMPULSIVE}),
        DetectorId.OVERTRADE_BURST: frozenset({Emotion.IMPULSIVE}),
        DetectorId.OVERCONFIDENCE: frozenset({Emotion.CONFIDENT}),
        DetectorId.EARLY_EXIT: frozenset({Emotion.ANXIOUS, Emotion.UNCERTAIN}),
    }
)
"""Which labels say the same as a detector."""


def agrees(detector: DetectorId, emotions: Sequence[Emotion]) -> bool | None:
    """Return whether the labels say the same; None without labels, or where none could."""
    same = SAME.get(detector)
    if not same or not emotions:
        return None
    return not same.isdisjoint(emotions)
