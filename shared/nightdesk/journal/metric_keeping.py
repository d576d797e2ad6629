"""Keeping saved metrics, and showing them with what they are now."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from nightdesk.core.errors import Invalid, Missing
from nightdesk.core.ids import UserId, ulid
from nightdesk.journal.ports.writing import Measure, SavedMetrics
from nightdesk.journal.preferring import ReadPlace
from nightdesk.journal.saved_metric import (
    BROKEN_DOWN,
    LIMIT,
    Basis,
    Goal,
    Measured,
    SavedMetric,
    Unit,
    Window,
    presets,
    spans,
    with_presets,
)
from nightdesk.journal.versions import expect


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricText:
    """What a trader says of a saved metric."""

    name: str
    metric: str
    filters: Mapping[str, tuple[str, ...]]
    breakdown: str | None
    window: Window
    unit: Unit
    basis: Basis
    goal: Goal | None
    pinned: bool
    position: int


@dataclass(frozen=True, slots=True)
class SaveMetric:
    """Make a saved metric, or change one."""

    metrics: SavedMetrics

    def __call__(
        self, owner: UserId, text: MetricText, *, cause: str, now: datetime
    ) -> SavedMetric:
        """Return the new one; the same cause gives the same one.

        Raises Conflict `METRIC_LIMIT`; Invalid for a breakdown of what is of the account.
        """
        metric_id = f"metric_{ulid(now, owner, 'metric', cause).lower()}"
        for one in self.metrics.all(owner):
            if one.id == metric_id:
                return one
        made = _metric(owner, metric_id, text, now)
        return self.metrics.save(made, limit=LIMIT)

    def change(
        self, owner: UserId, metric_id: str, text: MetricText, *, version: int
    ) -> SavedMetric:
        """Return it as it now stands.

        Raises Missing, Conflict `STALE_VERSION`, `METRIC_LIMIT`; Invalid as for a new one.
        """
        before = standing(self.metrics, owner, metric_id)
        expect(before.version, version)
        made = _metric(owner, metric_id, text, before.created_at)
        wanted = replace(made, version=before.version)
        return before if wanted == before else self.metrics.save(wanted, limit=LIMIT)


@dataclass(frozen=True, slots=True)
class RemoveMetric:
    """Remove a saved metric; a preset stays away."""

    metrics: SavedMetrics

    def __call__(self, owner: UserId, metric_id: str) -> None:
        """Remove it. Raises Missing, StaleWrite."""
        metric = standing(self.metrics, owner, metric_id)
        if metric_id in presets(owner):
            self.metrics.save(replace(metric, removed=True), limit=LIMIT)
        else:
            self.metrics.remove(metric)


@dataclass(frozen=True, slots=True)
class ShowMetrics:
    """Show saved metrics with what they are now, and were in the window before."""

    metrics: SavedMetrics
    measure: Measure
    place: ReadPlace

    def __call__(self, owner: UserId, now: datetime) -> list[Measured]:
        """Return all of them: pinned first, then by position."""
        found = with_presets(owner, self.metrics.all(owner))
        return [self.show(metric, now) for metric in found]

    def show(self, metric: SavedMetric, now: datetime) -> Measured:
        """Return one with its figures."""
        present, before = spans(metric.window, self.place(metric.owner, now), now)
        reading = self.measure(metric.owner, metric, present, before)
        return Measured(
            metric=metric,
            reading=reading,
            goal_met=metric.goal.met(reading.figure) if metric.goal else None,
        )


def standing(metrics: SavedMetrics, owner: UserId, metric_id: str) -> SavedMetric:
    """Return a saved metric or preset that was not removed. Raises Missing."""
    for one in with_presets(owner, metrics.all(owner)):
        if one.id == metric_id:
            return one
    raise Missing("no such saved metric")


def _metric(owner: UserId, metric_id: str, text: MetricText, made_at: datetime) -> SavedMetric:
    if text.breakdown is not None and text.metric not in BROKEN_DOWN:
        said = f"{text.metric} is of the account, which has no groups."
        raise Invalid("VALIDATION_FAILED", said, field="breakdown")
    return SavedMetric(
        owner=owner,
        id=metric_id,
        name=text.name,
        metric=text.metric,
        filters=text.filters,
        breakdown=text.breakdown,
        window=text.window,
        unit=text.unit,
        basis=text.basis,
        goal=text.goal,
        pinned=text.pinned,
        position=text.position,
        created_at=made_at,
    )
