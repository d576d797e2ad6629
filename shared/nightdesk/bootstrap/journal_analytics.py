"""Use cases of the journal's figures. They load numpy, so a process does so when one is asked."""

from functools import cache
from typing import TYPE_CHECKING

from nightdesk import settings
from nightdesk.bootstrap.journal_accounts import read_days
from nightdesk.bootstrap.journal_writing import journal_place, read_preferences
from nightdesk.bootstrap.parts import candles, clock, started

if TYPE_CHECKING:
    from nightdesk.journal.analytics import (
        ReadDistribution,
        ReadDrawdowns,
        ReadEquity,
        ReadMetrics,
        ReadRolling,
    )
    from nightdesk.journal.grouping import Compare, ReadBreakdown, ReadCalendar, ReadExitAnalysis
    from nightdesk.journal.looking import Look
    from nightdesk.journal.metric_keeping import ShowMetrics
    from nightdesk.journal.metric_measuring import MeasureMetric


@cache
def read_metrics() -> "ReadMetrics":
    """Wire ReadMetrics."""
    from nightdesk.journal.analytics import ReadMetrics
    from nightdesk.journal.benchmark import ReadHolding

    enabled = started(settings.ApiSettings).enabled_venues
    return ReadMetrics(look(), ReadHolding(candles(), enabled))


@cache
def measure_metric() -> "MeasureMetric":
    """Wire MeasureMetric."""
    from nightdesk.journal.metric_measuring import MeasureMetric

    return MeasureMetric(read_metrics(), read_breakdown(), clock())


@cache
def show_metrics() -> "ShowMetrics":
    """Wire ShowMetrics."""
    from nightdesk.adapters.dynamo.journal_metrics import DynamoSavedMetrics
    from nightdesk.journal.metric_keeping import ShowMetrics

    return ShowMetrics(DynamoSavedMetrics(), measure_metric(), journal_place())


@cache
def read_equity_curve() -> "ReadEquity":
    """Wire ReadEquity."""
    from nightdesk.journal.analytics import ReadEquity

    return ReadEquity(look())


@cache
def read_drawdowns() -> "ReadDrawdowns":
    """Wire ReadDrawdowns."""
    from nightdesk.journal.analytics import ReadDrawdowns

    return ReadDrawdowns(look())


@cache
def read_distribution() -> "ReadDistribution":
    """Wire ReadDistribution."""
    from nightdesk.journal.analytics import ReadDistribution

    return ReadDistribution(look())


@cache
def read_rolling() -> "ReadRolling":
    """Wire ReadRolling."""
    from nightdesk.journal.analytics import ReadRolling

    return ReadRolling(look())


@cache
def read_calendar() -> "ReadCalendar":
    """Wire ReadCalendar."""
    from nightdesk.journal.grouping import ReadCalendar

    return ReadCalendar(look())


@cache
def read_breakdown() -> "ReadBreakdown":
    """Wire ReadBreakdown."""
    from nightdesk.adapters.dynamo.journal_books import DynamoPlaybooks
    from nightdesk.adapters.dynamo.journal_tags import DynamoTags
    from nightdesk.journal.grouping import ReadBreakdown
    from nightdesk.journal.merged import MergedPlaybooks

    return ReadBreakdown(look(), MergedPlaybooks(DynamoPlaybooks(), DynamoTags()))


@cache
def compare_trades() -> "Compare":
    """Wire Compare."""
    from nightdesk.journal.grouping import Compare

    return Compare(look())


@cache
def read_exit_analysis() -> "ReadExitAnalysis":
    """Wire ReadExitAnalysis."""
    from nightdesk.journal.grouping import ReadExitAnalysis

    return ReadExitAnalysis(look())


@cache
def look() -> "Look":
    """Wire Look."""
    from nightdesk.adapters.dynamo.journal_tags import DynamoTags
    from nightdesk.adapters.dynamo.journal_trades import DynamoTrades
    from nightdesk.journal.held import ReadHeld
    from nightdesk.journal.looking import Look

    account = read_days(settings.ApiSettings)
    trades = DynamoTrades()
    return Look(trades, DynamoTags(), read_preferences(), account, ReadHeld(trades))
