"""What detectors say becomes findings: derived ids, evidence, and the event that tells of one."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType

from nightdesk.core.events import Event, event
from nightdesk.core.ids import TradeId, UserId
from nightdesk.journal.behaviour.detector import Detector, Flag
from nightdesk.journal.behaviour.gathering import Wanted
from nightdesk.journal.behaviour.registry import DETECTORS
from nightdesk.journal.behaviour.seen import SeenTrade
from nightdesk.journal.behaviour.tilt import SEVERITY, Tilt
from nightdesk.journal.claim import Claim
from nightdesk.journal.finding import (
    DetectorId,
    DetectorSetting,
    DetectorStatus,
    Finding,
    Scope,
    finding_id,
)
from nightdesk.journal.ports.findings import Findings
from nightdesk.names import EventType
from nightdesk.trading.order import Mode

MOST_TRADES = 1_000
"""Trades that one finding names at most: the newest."""


@dataclass(frozen=True, slots=True)
class InForce:
    """A detector as an owner has it: thresholds filled in, in shadow or not."""

    detector: Detector
    used: Mapping[str, float]
    shadow: bool


def in_use(settings: Mapping[DetectorId, DetectorSetting]) -> Iterator[InForce]:
    """Yield the detectors that are not off, in their order."""
    for one in DETECTORS.values():
        own = settings.get(one.id)
        status = own.status if own else DetectorStatus.ON
        if status is not DetectorStatus.OFF:
            used = MappingProxyType(one.used(own.thresholds if own else None))
            yield InForce(one, used, status is DetectorStatus.SHADOW)


def of_flag(owner: UserId, one: InForce, flag: Flag, now: datetime) -> Finding:
    """Return the finding that an observation makes."""
    detector, trade = one.detector, flag.trade
    at = trade.opened_at
    return Finding(
        id=finding_id(owner, detector.id, detector.version, at, trade.id),
        owner=owner,
        detector=detector.id,
        detector_version=detector.version,
        scope=Scope.TRADE,
        severity=flag.severity,
        at=at,
        text=flag.text,
        trades=(trade.id, *(TradeId(name) for name in flag.also[:MOST_TRADES])),
        thresholds=one.used,
        measured=flag.measured,
        figures=flag.figures,
        bot_id=trade.bot_id,
        shadow=one.shadow,
        found_at=now,
    )


def of_claim(wanted: Wanted, one: InForce, claim: Claim, now: datetime) -> Finding:
    """Return the finding that a claim makes; of one window there is one."""
    detector = one.detector
    subject = (wanted.since.isoformat(), wanted.mode.value, wanted.bot_id or "")
    return Finding(
        id=finding_id(wanted.owner, detector.id, detector.version, wanted.until, *subject),
        owner=wanted.owner,
        detector=detector.id,
        detector_version=detector.version,
        scope=Scope.WINDOW,
        severity=claim.severity,
        at=wanted.until,
        text=claim.text,
        trades=tuple(TradeId(name) for name in claim.trades[-MOST_TRADES:]),
        thresholds=one.used,
        measured=claim.measured,
        figures={
            **claim.figures,
            "since": wanted.since.isoformat(),
            "mode": wanted.mode.value,
        },
        chance=claim.chance,
        bot_id=wanted.bot_id,
        shadow=one.shadow,
        found_at=now,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """One day of an owner's trades of one mode: those entered or closed then, by entry."""

    owner: UserId
    mode: Mode
    day: date
    begins: datetime
    trades: Sequence[SeenTrade]


def of_day(day: Day, own: InForce, found: Tilt, now: datetime) -> Finding:
    """Return the finding that a day's score makes."""
    detector = own.detector
    parts = ", ".join(f"{name} {points}" for name, points in found.parts.items() if points)
    used = found.limit_used
    measured: dict[str, float] = dict.fromkeys(("elevated", "high", "breach"), float(found.score))
    if used is not None:
        measured |= {"some_lost": used, "much_lost": used}
    return Finding(
        id=finding_id(day.owner, detector.id, detector.version, day.begins, day.mode.value),
        owner=day.owner,
        detector=detector.id,
        detector_version=detector.version,
        scope=Scope.DAY,
        severity=SEVERITY[found.band],
        at=day.begins,
        text=f"Tilt {found.score} of 100, {found.band.value}: {parts}.",
        trades=tuple(one.id for one in day.trades[:MOST_TRADES]),
        thresholds=own.used,
        measured=measured,
        figures={
            "day": day.day.isoformat(),
            "mode": day.mode.value,
            "score": found.score,
            "band": found.band.value,
            "parts": dict(found.parts),
            "loss_run": found.loss_run,
            "limit_used": used,
            "unvalued": found.unvalued,
            "cooldowns": list(found.cooldowns),
        },
        shadow=own.shadow,
        found_at=now,
    )


def told(finding: Finding) -> Event | None:
    """Return the event of a finding that weighs enough and is not in shadow."""
    if finding.shadow or not finding.severity.told:
        return None
    return event(
        finding.owner,
        EventType.BEHAVIOUR_FLAGGED,
        finding.found_at,
        {
            "finding_id": finding.id,
            "detector": finding.detector.value,
            "version": finding.detector_version,
            "scope": finding.scope.value,
            "severity": finding.severity.value,
            "trade_id": finding.trades[0] if finding.scope is Scope.TRADE else None,
            "text": finding.text,
        },
        cause=finding.id,
    )


def keep(findings: Findings, found: Iterable[Finding]) -> Sequence[Finding]:
    """Store what is new, told where it weighs enough; return that."""
    return [one for one in found if findings.add(one, told(one))]
