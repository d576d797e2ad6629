"""What a saved metric is now: a day metric of the account, or a trade metric of its trades."""

from dataclasses import dataclass, replace

from nightdesk.core.clock import Clock
from nightdesk.core.ids import UserId
from nightdesk.journal.analytics import ReadMetrics, figures_of
from nightdesk.journal.grouping import ReadBreakdown
from nightdesk.journal.looking import Asked, Seen, View
from nightdesk.journal.saved_metric import (
    BROKEN_DOWN,
    DAY_METRICS,
    MOST_GROUPS,
    Group,
    Reading,
    SavedMetric,
    Span,
)
from nightdesk.journal.trade_filters import filters_of
from nightdesk.performance.benchmark import NAMES as AGAINST


@dataclass(frozen=True, slots=True)
class MeasureMetric:
    """The port Measure."""

    read: ReadMetrics
    breakdown: ReadBreakdown
    clock: Clock

    def __call__(self, owner: UserId, metric: SavedMetric, span: Span, /) -> Reading:
        """Return it by the metric's filters, unit, basis and breakdown; results count on close."""
        asked = Asked(
            owner=owner,
            filters=filters_of(metric.filters, *span),
            view=View(unit=metric.unit, basis=metric.basis),
            now=self.clock.now(),
        )
        if metric.metric not in BROKEN_DOWN:
            found = self.read(asked, beside=metric.metric in AGAINST)
            figures = found.days if metric.metric in DAY_METRICS else found.trades
            return Reading(figure=figures[metric.metric])
        seen = self.read.look(asked)  # the account is not read for these
        groups, hidden = self._groups(asked, seen, metric)
        figure = figures_of(seen, None)[metric.metric]
        return Reading(figure=figure, groups=groups, hidden=hidden)

    def _groups(
        self, asked: Asked, seen: Seen, metric: SavedMetric
    ) -> tuple[tuple[Group, ...], int]:
        if metric.breakdown is None:
            return (), 0
        parts, hidden = self.breakdown.parts(asked, seen, metric.breakdown, most=MOST_GROUPS)
        groups = tuple(
            Group(
                key=part.key,
                name=part.name,
                figure=figures_of(replace(seen, counted=part.counted), None)[metric.metric],
                thin=part.thin,
            )
            for part in parts
        )
        return groups, hidden
