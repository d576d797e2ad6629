"""What a saved metric is now: a day metric of the account, or a trade metric of its trades."""

from dataclasses import dataclass, replace

from nightdesk.core.clock import Clock
from nightdesk.core.ids import UserId
from nightdesk.journal.analytics import OF_PERIOD, ReadMetrics, figures_of
from nightdesk.journal.grouping import ReadBreakdown
from nightdesk.journal.looking import Asked, Seen, View, same_currency
from nightdesk.journal.saved_metric import (
    AMOUNTS,
    BROKEN_DOWN,
    DAY_METRICS,
    MOST_GROUPS,
    Group,
    Reading,
    SavedMetric,
    Span,
    Unit,
)
from nightdesk.journal.trade_filters import filters_of
from nightdesk.performance.figure import Reason, missing
from nightdesk.trading.order import Mode


@dataclass(frozen=True, slots=True)
class MeasureMetric:
    """The port Measure."""

    read: ReadMetrics
    breakdown: ReadBreakdown
    clock: Clock

    def __call__(
        self, owner: UserId, metric: SavedMetric, span: Span, before: Span | None = None, /
    ) -> Reading:
        """Return it by the metric's filters, unit, basis and breakdown; results count on close.

        Where no mode is asked for, both spans count the same one. An amount in another currency
        is no previous one.
        """
        present = self._over(owner, metric, span)
        if before is None:
            return present
        past = self._over(owner, replace(metric, breakdown=None), before)
        if present.currency is None:  # whichever mode counts, there is nothing
            present = replace(present, modes=past.modes)
        if past.currency is not None and past.modes != present.modes:
            # one span has live trades and the other none: live ones count as soon as one is there
            live = {**metric.filters, "mode": (Mode.LIVE.value,)}
            return self(owner, replace(metric, filters=live), span, before)
        previous = past.figure
        amount = metric.metric in AMOUNTS and metric.unit is Unit.MONEY
        if amount and not same_currency(present.currency, past.currency):
            previous = missing(Reason.OTHER_CURRENCY, previous.n)
        return replace(present, previous=previous)

    def _over(self, owner: UserId, metric: SavedMetric, span: Span) -> Reading:
        asked = Asked(
            owner=owner,
            filters=filters_of(metric.filters, *span),
            view=View(unit=metric.unit, basis=metric.basis),
            now=self.clock.now(),
        )
        if metric.metric not in BROKEN_DOWN:
            found = self.read(asked, wanted=metric.metric)
            figures = found.days if metric.metric in DAY_METRICS else found.trades
            of_account = metric.metric in DAY_METRICS - OF_PERIOD
            told = found.account if of_account else found.seen.counted
            figure = figures[metric.metric]
            return Reading(figure=figure, modes=told.modes, currency=told.currency)
        seen = self.read.look(asked)  # the account is not read for these
        groups, hidden = self._groups(asked, seen, metric)
        figure = figures_of(seen, None)[metric.metric]
        return Reading(
            figure=figure,
            modes=seen.counted.modes,
            currency=seen.counted.currency,
            groups=groups,
            hidden=hidden,
        )

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
