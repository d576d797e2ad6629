"""What a saved metric is now: a day metric of the account, or a trade metric of its trades."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from nightdesk.core.clock import Clock
from nightdesk.core.ids import UserId
from nightdesk.journal.analytics import ReadMetrics, figures_of
from nightdesk.journal.looking import Asked, View
from nightdesk.journal.ports.trades import By
from nightdesk.journal.saved_metric import DAY_METRICS, TRADE_METRICS, SavedMetric, Span
from nightdesk.journal.trade_filters import NAMES, TradeFilters
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
            filters=filters_of(metric.filters, span),
            view=View(unit=metric.unit, basis=metric.basis),
            now=self.clock.now(),
        )
        if metric.metric in TRADE_METRICS - OF_CAPITAL:  # the account is not read for these
            return figures_of(self.read.look(asked), None)[metric.metric]
        found = self.read(asked)
        return (found.days if metric.metric in DAY_METRICS else found.trades)[metric.metric]


def filters_of(given: Mapping[str, tuple[str, ...]], span: Span) -> TradeFilters:
    """Return filters as they were saved; a value that cannot be is one that no trade has."""
    since, until = span
    by = given.get("by", ())
    return TradeFilters(
        since=since,
        until=until,
        by=By.OPENED if By.OPENED in by else By.CLOSED,
        any_of={name: frozenset(given[name]) for name in NAMES if name in given},
        min_r=min(_bounds(given.get("min_r", ())), default=None),
        max_r=max(_bounds(given.get("max_r", ())), default=None),
    )


def _bounds(texts: tuple[str, ...]) -> list[Decimal]:
    """Return the numbers among these; what was saved is one."""
    found = []
    for text in texts:
        with suppress(InvalidOperation):
            found.append(Decimal(text))
    return [one for one in found if one.is_finite()]
