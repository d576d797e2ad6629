"""Bodies and answers of the behaviour routes."""

from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import Field, model_validator

from functions.api.routers.journal_finding_schemas import ChanceOut, FindingOut
from functions.api.routers.journal_schemas import Version, several_lines
from functions.api.schemas import Answer, Lax, Moment, Request
from nightdesk.journal.behaviour.detector import Need
from nightdesk.journal.behaviour.tilt import Band
from nightdesk.journal.claim import Standing
from nightdesk.journal.finding import (
    MAX_NOTE,
    DetectorId,
    DetectorStatus,
    Opinion,
    Scope,
    Severity,
)
from nightdesk.trading.order import Mode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nightdesk.journal.behaviour.detector import Flag, Threshold
    from nightdesk.journal.behaviour.groups import Group
    from nightdesk.journal.behaviour.reporting import Report, Row
    from nightdesk.journal.behaviour.tilt import Tilt
    from nightdesk.journal.behaviour.tuning import TunedDetector
    from nightdesk.journal.claim import Claim
    from nightdesk.journal.finding import Finding

MOST_FLAGS = 100
"""Observations of one detector that an answer shows, the newest; `observations` counts all."""


class ObservationOut(Answer):
    """What a detector saw in one trade; `also` are the other trades that it rests on."""

    trade_id: str
    severity: Severity
    text: str
    measured: dict[str, float]
    figures: dict[str, Any]
    also: list[str]

    @classmethod
    def from_domain(cls, flag: "Flag") -> Self:
        """Show one."""
        return cls(
            trade_id=flag.trade.id,
            severity=flag.severity,
            text=flag.text,
            measured=dict(flag.measured),
            figures=dict(flag.figures),
            also=list(flag.also),
        )


class ClaimOut(Answer):
    """What the window says of you: made, not made, or not to be judged yet, and why."""

    standing: Standing
    severity: Severity
    text: str
    chance: ChanceOut | None
    trades: list[str]
    measured: dict[str, float]
    figures: dict[str, Any]

    @classmethod
    def from_domain(cls, claim: "Claim") -> Self:
        """Show it."""
        return cls(
            standing=claim.standing,
            severity=claim.severity,
            text=claim.text,
            chance=ChanceOut.from_domain(claim.chance) if claim.chance else None,
            trades=list(claim.trades),
            measured=dict(claim.measured),
            figures=dict(claim.figures),
        )


class BehaviourRowOut(Answer):
    """One detector over the window: `n` entries looked at, what it saw, what that comes to.

    `agreeing` of `labelled` observations carry an emotion of your own that says the same.
    """

    detector: DetectorId
    version: int
    thresholds: dict[str, float]
    n: int
    observations: int
    shown: list[ObservationOut]
    claim: ClaimOut | None
    labelled: int
    agreeing: int

    @classmethod
    def from_domain(cls, row: "Row") -> Self:
        """Show one."""
        newest = sorted(row.flags, key=lambda one: one.trade.opened_at, reverse=True)
        return cls(
            detector=row.detector.id,
            version=row.detector.version,
            thresholds=dict(row.used),
            n=row.n,
            observations=len(row.flags),
            shown=[ObservationOut.from_domain(one) for one in newest[:MOST_FLAGS]],
            claim=ClaimOut.from_domain(row.claim) if row.claim else None,
            labelled=row.labelled,
            agreeing=row.agreeing,
        )


class BehaviourOut(Answer):
    """All detectors that you hear of over a window of entries, and the newest findings of it."""

    since: Moment
    until: Moment
    mode: Mode
    trades: int
    detectors: list[BehaviourRowOut]
    findings: list[FindingOut]

    @classmethod
    def of(cls, report: "Report", findings: "Sequence[Finding]") -> Self:
        """Show them, without what is in shadow."""
        return cls(
            since=report.wanted.since,
            until=report.wanted.until,
            mode=report.wanted.mode,
            trades=len(report.trades),
            detectors=[BehaviourRowOut.from_domain(one) for one in report.rows if not one.shadow],
            findings=[FindingOut.from_domain(one) for one in findings],
        )


class TiltOut(Answer):
    """A day's score and its parts; `limit_used` is the share of your own daily loss limit.

    It is null without a limit, and where `unvalued` trades have no known result in its unit.
    """

    day: date
    score: int
    band: Band
    parts: dict[str, int]
    loss_run: int
    limit_used: float | None
    unvalued: int
    cooldowns: list[int]

    @classmethod
    def of(cls, day: date, tilt: "Tilt") -> Self:
        """Show one."""
        return cls(
            day=day,
            score=tilt.score,
            band=tilt.band,
            parts=dict(tilt.parts),
            loss_run=tilt.loss_run,
            limit_used=tilt.limit_used,
            unvalued=tilt.unvalued,
            cooldowns=list(tilt.cooldowns),
        )


class TestedGroupOut(Answer):
    """A group's mean in R; `p` and `against` (mean less that of the rest) where it was tested.

    `key` is what filters take it by, `name` what it is called. `better` and `worse` are said only
    of what stands after Benjamini-Hochberg.
    """

    key: str
    name: str
    n: int
    mean: float
    interval: tuple[float, float] | None
    p: float | None
    against: float | None
    better: bool
    worse: bool

    @classmethod
    def from_domain(cls, group: "Group") -> Self:
        """Show one."""
        return cls(
            key=group.key,
            name=group.name,
            n=group.n,
            mean=group.mean,
            interval=group.interval,
            p=group.p,
            against=group.against,
            better=group.better,
            worse=group.worse,
        )


class ThresholdOut(Answer):
    """A number that you may set between bounds."""

    name: str
    value: float
    default: float
    low: float
    high: float
    unit: str
    whole: bool

    @classmethod
    def of(cls, threshold: "Threshold", value: float) -> Self:
        """Show one."""
        return cls(
            name=threshold.name,
            value=value,
            default=threshold.default,
            low=threshold.low,
            high=threshold.high,
            unit=threshold.unit,
            whole=threshold.whole,
        )


class DetectorOut(Answer):
    """A detector as it is declared and as you have it; `limits`: what it cannot see."""

    id: DetectorId
    detector_version: int
    rule: str
    base: str
    limits: str
    scope: Scope
    needs: list[Need]
    status: DetectorStatus
    thresholds: list[ThresholdOut]
    version: int

    @classmethod
    def from_domain(cls, tuned: "TunedDetector") -> Self:
        """Show one."""
        detector, used = tuned.detector, tuned.used
        return cls(
            id=detector.id,
            detector_version=detector.version,
            rule=detector.rule,
            base=detector.base,
            limits=detector.limits,
            scope=detector.scope,
            needs=sorted(detector.needs),
            status=tuned.setting.status,
            thresholds=[ThresholdOut.of(one, used[one.name]) for one in detector.thresholds],
            version=tuned.setting.version,
        )


class DetectorPatch(Request):
    """What is to change, against the version that was read. Null goes back to the default."""

    version: Version
    status: Lax[DetectorStatus] | None = None
    thresholds: dict[
        Annotated[str, Field(max_length=40)],
        Annotated[float, Field(allow_inf_nan=False)] | None,
    ] = Field(default_factory=dict, max_length=20)


class AnswerIn(Request):
    """Your word on a finding; a `note` says something."""

    answer: Lax[Opinion]
    note: Annotated[str, several_lines(MAX_NOTE)] = Field(default="", max_length=MAX_NOTE)

    @model_validator(mode="after")
    def _says(self) -> Self:
        if self.answer is Opinion.NOTE and not self.note.strip():
            raise ValueError("a note says something")
        return self
