"""Saved metrics, and the journal's settings (journal, page part 3)."""

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, status

from functions.api.dependencies import CauseDep, Now, Owner
from functions.api.queries import IdPath
from functions.api.routers.journal_metric_schemas import (
    JournalSettingsIn,
    JournalSettingsOut,
    MetricEditIn,
    MetricIn,
    MetricOut,
)
from functions.api.schemas import PageOut
from nightdesk import bootstrap

if TYPE_CHECKING:
    from nightdesk.journal.metric_keeping import RemoveMetric, SaveMetric, ShowMetrics
    from nightdesk.journal.preferring import ReadPreferences, SetPreferences

router = APIRouter(prefix="/api/journal", tags=["journal"])

ShowMetricsCall = Annotated["ShowMetrics", Depends(bootstrap.show_metrics)]
SaveMetricCall = Annotated["SaveMetric", Depends(bootstrap.save_metric)]
RemoveMetricCall = Annotated["RemoveMetric", Depends(bootstrap.remove_metric)]
ReadPreferencesCall = Annotated["ReadPreferences", Depends(bootstrap.read_preferences)]
SetPreferencesCall = Annotated["SetPreferences", Depends(bootstrap.set_preferences)]


@router.get("/metrics/saved")
async def saved_metrics(owner: Owner, call: ShowMetricsCall, now: Now) -> PageOut[MetricOut]:
    """List saved metrics with their figures: pinned ones first, then by position."""
    items = [MetricOut.from_domain(one) for one in call(owner, now)]
    return PageOut[MetricOut](items=items, next_cursor=None)


@router.post("/metrics/saved", status_code=status.HTTP_201_CREATED)
async def save_metric(
    body: MetricIn, owner: Owner, call: SaveMetricCall, show: ShowMetricsCall, cause: CauseDep
) -> MetricOut:
    """Save a metric. Refused with `METRIC_LIMIT` beyond 100.

    A `breakdown` shows trade metrics by group; those of the account have none.
    """
    saved = call(owner, body.to_domain(), cause=cause.name, now=cause.at)
    return MetricOut.from_domain(show.show(saved, cause.at))


@router.put("/metrics/saved/{metric_id}")
async def change_metric(
    *,
    metric_id: IdPath,
    body: MetricEditIn,
    owner: Owner,
    call: SaveMetricCall,
    show: ShowMetricsCall,
    now: Now,
) -> MetricOut:
    """Change a saved metric or a preset."""
    saved = call.change(owner, metric_id, body.to_domain(), version=body.version)
    return MetricOut.from_domain(show.show(saved, now))


@router.delete("/metrics/saved/{metric_id}", status_code=status.HTTP_204_NO_CONTENT)
async def remove_metric(metric_id: IdPath, owner: Owner, call: RemoveMetricCall) -> None:
    """Remove a saved metric; a preset that is removed stays away."""
    call(owner, metric_id)


@router.get("/settings")
async def journal_settings(owner: Owner, call: ReadPreferencesCall, now: Now) -> JournalSettingsOut:
    """Show the journal's settings, and since when which zone and currency count."""
    return JournalSettingsOut.from_domain(call(owner, now))


@router.put("/settings")
async def change_journal_settings(
    body: JournalSettingsIn, owner: Owner, call: SetPreferencesCall, now: Now
) -> JournalSettingsOut:
    """Change the journal's settings. Zone and currency are those of the account."""
    changed = call(
        owner,
        breakeven_r=body.breakeven_r,
        cooldown_minutes=body.cooldown_minutes,
        thin_n=body.thin_n,
        default_timeframe=body.default_timeframe,
        version=body.version,
        now=now,
    )
    return JournalSettingsOut.from_domain(changed)
