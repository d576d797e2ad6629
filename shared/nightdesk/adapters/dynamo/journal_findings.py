"""Findings about behaviour, and what owners set of detectors, in the desk table."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Self

from pynamodb.attributes import UnicodeAttribute

from nightdesk.accounts.privacy import destroyed
from nightdesk.adapters.dynamo import keys
from nightdesk.adapters.dynamo.accounts import found_at
from nightdesk.adapters.dynamo.attributes import IntegerAttribute, JsonAttribute, MomentAttribute
from nightdesk.adapters.dynamo.connection import translated
from nightdesk.adapters.dynamo.outbox import EventItem
from nightdesk.adapters.dynamo.queries import LAST, every, page
from nightdesk.adapters.dynamo.tables import DeskItem
from nightdesk.adapters.dynamo.transactions import Write
from nightdesk.core.clock import from_iso, iso
from nightdesk.core.errors import Missing, StaleWrite
from nightdesk.core.events import Event
from nightdesk.core.ids import BotId, TradeId, UserId, ulid
from nightdesk.core.pages import Page
from nightdesk.journal.finding import (
    Answer,
    Chance,
    DetectorId,
    DetectorSetting,
    DetectorStatus,
    Finding,
    Opinion,
    Scope,
    Severity,
)

MOMENT = 10
"""Characters of a finding's id that say when."""


class FindingItem(DeskItem, discriminator="JFIND"):
    """One finding; its id is a ULID of the moment that it speaks of, so they sort by it."""

    privacy = destroyed("journal_findings")

    schema = IntegerAttribute(default=1)
    owner = UnicodeAttribute()
    finding_id = UnicodeAttribute()
    detector = UnicodeAttribute()
    detector_version = IntegerAttribute()
    scope = UnicodeAttribute()
    severity = UnicodeAttribute()
    at = MomentAttribute()
    text = UnicodeAttribute()
    evidence = JsonAttribute()
    bot_id = UnicodeAttribute(null=True)
    shadow = IntegerAttribute(default=0)
    answer = JsonAttribute(null=True)
    found_at = MomentAttribute()
    version = IntegerAttribute(default=1)

    @classmethod
    def from_domain(cls, finding: Finding) -> Self:
        """Build the row of a new one."""
        chance = finding.chance
        return cls(
            keys.owner(finding.owner),
            keys.finding(finding.id),
            owner=finding.owner,
            finding_id=finding.id,
            detector=finding.detector.value,
            detector_version=finding.detector_version,
            scope=finding.scope.value,
            severity=finding.severity.value,
            at=finding.at,
            text=finding.text,
            evidence={
                "trades": list(finding.trades),
                "thresholds": dict(finding.thresholds),
                "measured": dict(finding.measured),
                "figures": dict(finding.figures),
                "chance": None
                if chance is None
                else [chance.x, chance.n, chance.base, chance.p, chance.seed],
            },
            bot_id=finding.bot_id,
            shadow=int(finding.shadow),
            found_at=finding.found_at,
        )

    def to_domain(self) -> Finding:
        """Build the noun, checked again."""
        evidence = self.evidence
        chance = evidence["chance"]
        return Finding(
            id=self.finding_id,
            owner=UserId(self.owner),
            detector=DetectorId(self.detector),
            detector_version=self.detector_version,
            scope=Scope(self.scope),
            severity=Severity(self.severity),
            at=self.at,
            text=self.text,
            trades=tuple(TradeId(one) for one in evidence["trades"]),
            thresholds=evidence["thresholds"],
            measured=evidence["measured"],
            figures=evidence["figures"],
            chance=None
            if chance is None
            else Chance(x=chance[0], n=chance[1], base=chance[2], p=chance[3], seed=chance[4]),
            bot_id=None if self.bot_id is None else BotId(self.bot_id),
            shadow=bool(self.shadow),
            answer=_answer(self.answer),
            found_at=self.found_at,
            version=self.version,
        )


class DetectorSettingItem(DeskItem, discriminator="JDETECTOR"):
    """What an owner set of one detector."""

    privacy = destroyed("journal_detectors")

    detector = UnicodeAttribute()
    status = UnicodeAttribute()
    thresholds = JsonAttribute()
    version = IntegerAttribute()

    @classmethod
    def from_domain(cls, setting: DetectorSetting) -> Self:
        """Build the row that follows the version in `setting`."""
        return cls(
            keys.owner(setting.owner),
            keys.detector(setting.detector),
            detector=setting.detector.value,
            status=setting.status.value,
            thresholds=dict(setting.thresholds),
            version=setting.version + 1,
        )

    def to_domain(self, owner: UserId) -> DetectorSetting:
        """Build the noun."""
        return DetectorSetting(
            owner=owner,
            detector=DetectorId(self.detector),
            status=DetectorStatus(self.status),
            thresholds=self.thresholds,
            version=self.version,
        )


@dataclass(frozen=True, slots=True)
class DynamoFindings:
    """The port Findings."""

    @translated()
    def add(self, finding: Finding, told: Event | None) -> bool:
        """Store it, and `told` in the same transaction, unless it is there; whether it was new."""
        known = StaleWrite(f"{finding.id} is there already")
        write = Write()
        write.put(FindingItem.from_domain(finding), FindingItem.pk.does_not_exist(), known)
        if told is not None:
            write.put(EventItem.from_domain(told, finding.found_at), None, known)
        try:
            write.commit()
        except StaleWrite as error:
            if error is not known:
                raise
            return False
        return True

    def get(self, owner: UserId, finding_id: str) -> Finding:
        """Return one, read consistently. Raises Missing."""
        found = found_at(FindingItem, keys.owner(owner), keys.finding(finding_id))
        if found is None:
            raise Missing(f"no finding {finding_id}")
        return found.to_domain()

    @translated()
    def of_trade(self, owner: UserId, trade_id: TradeId, opened_at: datetime) -> Sequence[Finding]:
        """Return those that judge this trade, by detector id and version."""
        moment = keys.finding(_moment(opened_at))
        found = [
            one.to_domain()
            for one in every(FindingItem, keys.owner(owner), moment, moment + LAST)
            if one.scope == Scope.TRADE.value and one.evidence["trades"][:1] == [trade_id]
        ]
        return sorted(found, key=lambda one: (one.detector, one.detector_version))

    def between(self, owner: UserId, since: datetime, until: datetime) -> Sequence[Finding]:
        """Return those with ``since <= at < until`` by (at, id)."""
        return list(self.each(owner, since, until))

    def each(self, owner: UserId, since: datetime | None, until: datetime) -> Iterator[Finding]:
        """Yield the same one by one."""
        low, high = _bounds(since, until)
        with translated():
            for one in every(FindingItem, keys.owner(owner), low, high):
                yield one.to_domain()

    @translated()
    def page(
        self,
        owner: UserId,
        *,
        limit: int,
        after: str | None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> Page[Finding]:
        """Return those with ``since <= at < until``, newest first."""
        low, high = _bounds(since, until)
        items, more = page(
            FindingItem,
            keys.owner(owner),
            low,
            high,
            limit=limit,
            after=after,
            newest_first=True,
        )
        return Page([one.to_domain() for one in items], more)

    @translated()
    def answer(self, finding: Finding) -> Finding:
        """Store its answer over the version that was read, and nothing else of it."""
        answer = finding.answer
        item = FindingItem(keys.owner(finding.owner), keys.finding(finding.id))
        said = (
            FindingItem.answer.remove()
            if answer is None
            else FindingItem.answer.set(
                {"opinion": answer.opinion.value, "note": answer.note, "at": iso(answer.at)}
            )
        )
        write = Write()
        moved = StaleWrite(f"{finding.id} was answered meanwhile")
        version = FindingItem.version == finding.version
        write.update(item, [said, FindingItem.version.set(finding.version + 1)], version, moved)
        write.commit()
        return replace(finding, version=finding.version + 1)


@dataclass(frozen=True, slots=True)
class DynamoDetectorSettings:
    """The port DetectorSettings."""

    @translated()
    def all(self, owner: UserId) -> Mapping[DetectorId, DetectorSetting]:
        """Return all that are stored, read consistently."""
        low, high = keys.DETECTORS, keys.DETECTORS + LAST
        found = every(DetectorSettingItem, keys.owner(owner), low, high, consistent=True)
        settings = [one.to_domain(owner) for one in found]
        return {one.detector: one for one in settings}

    @translated()
    def save(self, setting: DetectorSetting) -> DetectorSetting:
        """Store it over its version and return it with the next one. Raises StaleWrite."""
        absent = DeskItem.pk.does_not_exist()
        version = setting.version
        unmoved = DetectorSettingItem.version == version if version else absent
        DetectorSettingItem.from_domain(setting).save(condition=unmoved)
        return replace(setting, version=version + 1)


def _answer(stored: Mapping[str, Any] | None) -> Answer | None:
    if stored is None:
        return None
    return Answer(
        opinion=Opinion(stored["opinion"]), note=stored["note"], at=from_iso(stored["at"])
    )


def _moment(at: datetime) -> str:
    """Return what the ids of all findings that speak of this millisecond begin with."""
    return ulid(at)[:MOMENT]


def _bounds(since: datetime | None, until: datetime | None) -> tuple[str, str]:
    low = keys.finding(_moment(since)) if since else keys.FINDINGS
    # the moment by itself sorts before all ids that begin with it
    return low, keys.finding(_moment(until)) if until else keys.FINDINGS + LAST
