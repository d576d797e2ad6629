"""Findings and settings of detectors, in memory: as strict as the table."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal

from nightdesk.core.clock import millis
from nightdesk.core.errors import Missing, StaleWrite
from nightdesk.core.events import Event
from nightdesk.core.ids import TradeId, UserId
from nightdesk.core.pages import Page
from nightdesk.journal.finding import DetectorId, DetectorSetting, Finding, Scope
from nightdesk.trading.order import Mode


@dataclass
class FakeFindings:
    """The port Findings, with the events that were told."""

    kept: dict[tuple[UserId, str], Finding] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)

    def add(self, finding: Finding, told: Event | None) -> bool:
        key = (finding.owner, finding.id)
        if key in self.kept:
            return False
        self.kept[key] = replace(finding, version=1)
        if told is not None:
            self.events.append(told)
        return True

    def get(self, owner: UserId, finding_id: str) -> Finding:
        if (owner, finding_id) not in self.kept:
            raise Missing(finding_id)
        return self.kept[owner, finding_id]

    def of_trade(self, owner: UserId, trade_id: TradeId, opened_at: datetime) -> Sequence[Finding]:
        found = [
            one
            for one in self.between(owner, None, None)
            if one.scope is Scope.TRADE
            and one.trades[0] == trade_id
            and millis(one.at) == millis(opened_at)
        ]
        return sorted(found, key=lambda one: (one.detector, one.detector_version))

    def between(
        self, owner: UserId, since: datetime | None, until: datetime | None
    ) -> Sequence[Finding]:
        return [
            one
            for (whose, _), one in sorted(self.kept.items())
            if whose == owner
            and (since is None or millis(since) <= millis(one.at))
            and (until is None or millis(one.at) < millis(until))
        ]

    def each(self, owner: UserId, since: datetime | None, until: datetime) -> Iterator[Finding]:
        return iter(self.between(owner, since, until))

    def page(
        self,
        owner: UserId,
        *,
        limit: int,
        after: str | None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> Page[Finding]:
        found = [
            one
            for one in reversed(self.between(owner, since, until))
            if after is None or one.id < after
        ]
        return Page(found[:limit], found[limit - 1].id if len(found) > limit else None)

    def answer(self, finding: Finding) -> Finding:
        stored = self.kept.get((finding.owner, finding.id))
        if stored is None or stored.version != finding.version:
            raise StaleWrite(finding.id)
        after = replace(stored, answer=finding.answer, version=stored.version + 1)
        self.kept[finding.owner, finding.id] = after
        return after


@dataclass
class FakeDetectorSettings:
    """The port DetectorSettings."""

    kept: dict[tuple[UserId, DetectorId], DetectorSetting] = field(default_factory=dict)

    def all(self, owner: UserId) -> Mapping[DetectorId, DetectorSetting]:
        return {name: one for (whose, name), one in self.kept.items() if whose == owner}

    def save(self, setting: DetectorSetting) -> DetectorSetting:
        key = (setting.owner, setting.detector)
        stored = self.kept.get(key)
        if (stored.version if stored else 0) != setting.version:
            raise StaleWrite(setting.detector)
        self.kept[key] = replace(setting, version=setting.version + 1)
        return self.kept[key]


@dataclass
class FakeEquity:
    """The port EquityOf."""

    points: list[tuple[datetime, Decimal]] = field(default_factory=list)

    def __call__(
        self, owner: UserId, mode: Mode, since: datetime, until: datetime
    ) -> Sequence[tuple[datetime, Decimal]]:
        return [(at, value) for at, value in self.points if since <= at < until]


@dataclass
class FakeMoods:
    """The port Moods."""

    rated: dict[str, dict[date, float]] = field(default_factory=dict)

    def __call__(
        self, owner: UserId, since: date, until: date
    ) -> Mapping[str, Mapping[date, float]]:
        return {
            name: {day: value for day, value in days.items() if since <= day <= until}
            for name, days in self.rated.items()
        }
