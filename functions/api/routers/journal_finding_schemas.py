"""Findings as answers show them: beside a trade, and in behaviour."""

from typing import TYPE_CHECKING, Any, Self

from functions.api.schemas import Answer, Moment
from nightdesk.journal.finding import DetectorId, Opinion, Scope, Severity
from nightdesk.journal.trade import Emotion

if TYPE_CHECKING:
    from nightdesk.journal.behaviour.answering import ShownFinding
    from nightdesk.journal.finding import Answer as Word
    from nightdesk.journal.finding import Chance, Finding


class ChanceOut(Answer):
    """`x` of `n` against the base rate; `p`: how likely as much is without the habit."""

    x: int
    n: int
    base: float | None
    p: float | None
    seed: int | None

    @classmethod
    def from_domain(cls, chance: "Chance") -> Self:
        """Show it."""
        return cls(x=chance.x, n=chance.n, base=chance.base, p=chance.p, seed=chance.seed)


class WordOut(Answer):
    """Your word on a finding."""

    answer: Opinion
    note: str
    at: Moment

    @classmethod
    def from_domain(cls, word: "Word") -> Self:
        """Show it."""
        return cls(answer=word.opinion, note=word.note, at=word.at)


class FindingOut(Answer):
    """What a version of a detector saw, with the thresholds used and what stood against them.

    `trades` begin with the one that is judged; `figures` are the rule's raw figures.
    """

    id: str
    detector: DetectorId
    detector_version: int
    scope: Scope
    severity: Severity
    at: Moment
    text: str
    trades: list[str]
    thresholds: dict[str, float]
    measured: dict[str, float]
    figures: dict[str, Any]
    chance: ChanceOut | None
    answer: WordOut | None
    version: int

    @classmethod
    def from_domain(cls, finding: "Finding") -> Self:
        """Show one."""
        return cls(
            id=finding.id,
            detector=finding.detector,
            detector_version=finding.detector_version,
            scope=finding.scope,
            severity=finding.severity,
            at=finding.at,
            text=finding.text,
            trades=list(finding.trades),
            thresholds=dict(finding.thresholds),
            measured=dict(finding.measured),
            figures=dict(finding.figures),
            chance=ChanceOut.from_domain(finding.chance) if finding.chance else None,
            answer=WordOut.from_domain(finding.answer) if finding.answer else None,
            version=finding.version,
        )


class TradeFindingOut(Answer):
    """A finding on a trade beside your own labels; `agrees` null: they say nothing of it."""

    finding: FindingOut
    emotions: list[Emotion]
    agrees: bool | None

    @classmethod
    def from_domain(cls, shown: "ShownFinding") -> Self:
        """Show one."""
        return cls(
            finding=FindingOut.from_domain(shown.finding),
            emotions=list(shown.emotions),
            agrees=shown.agrees,
        )
