"""What a saved metric is now: a day metric of the account, or a trade metric of its trades."""

from dataclasses import dataclass

from nightdesk.core.clock import Clock
from nightdesk.core.ids import UserId
from nightdesk.journal.analytics import ReadMetrics, figures_of
from nightdesk.journal.looking import Asked, View
from nightdesk.journal.saved_metric import DAY_METRICS, TRADE_METRICS, SavedMetric, Span
from nightdesk.journal.trade_filters import filters_of
from nightdesk.performance.benchmark import NAMES as AGAINST
from nightdesk.performance.figure import Figure

OF_CAPITAL = frozenset({"trade_max_drawdown_pct"})


@dataclass(frozen=True, slots=True)
class MeasureMetric:
    """The port Measure."""

    read: ReadMetrics
    clock: Clock

    def __call__(self, owner: UserId, metric: SavedMetric, span: Span, /) -> Figure:
        """Return the figure by the metric's filters, unit and basis; results count on the close."""
        asked = Asked(
            owner=owner,
            filters=filters_of(metric.filters, *span),
            view=View(unit=metric.unit, basis=metric.basis),
            now=self.clock.now(),
        )
        if metric.metric in TRADE_METRICS - OF_CAPITAL:  # the account is not read for these
            return figures_of(self.read.look(asked), None)[metric.metric]
        found = self.read(asked, beside=metric.metric in AGAINST)
        return (found.days if metric.metric in DAY_METRICS else found.trades)[metric.metric]
