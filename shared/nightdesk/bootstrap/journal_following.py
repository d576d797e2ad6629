"""Use cases of what follows from stored trades: they are judged, and looked at again."""

from functools import cache
from typing import TYPE_CHECKING

from nightdesk import settings
from nightdesk.bootstrap.journal_behaviour import gather_history
from nightdesk.bootstrap.journal_capture import journal_queue, keep_trades, preferences_of
from nightdesk.bootstrap.parts import started

if TYPE_CHECKING:
    from nightdesk.adapters.dynamo.journal_owed import DynamoOwedLooks
    from nightdesk.adapters.workflows.journal_queue import SqsJournalQueue
    from nightdesk.journal.following import FollowTrades, LookAgain, ScoreDay
    from nightdesk.journal.owed import CallOwed

_KIND = settings.JournalSettings


@cache
def follow_trades() -> "FollowTrades":
    """Wire FollowTrades."""
    from nightdesk.adapters.dynamo.journal_findings import DynamoDetectorSettings, DynamoFindings
    from nightdesk.adapters.dynamo.journal_plans import DynamoPlans
    from nightdesk.adapters.dynamo.journal_reviews import DynamoReviews
    from nightdesk.adapters.dynamo.journal_tags import DynamoTags
    from nightdesk.adapters.dynamo.journal_trades import DynamoTrades
    from nightdesk.journal.behaviour.judging import JudgeTrades
    from nightdesk.journal.following import FollowTrades, LockPlans
    from nightdesk.journal.planned import NotePlanned, TellPlanned
    from nightdesk.journal.reviewing.staling import MarkStale

    preferences, looks = preferences_of(_KIND), _looks()
    gather = gather_history(_KIND, preferences)
    trades, plans = DynamoTrades(), DynamoPlans()
    return FollowTrades(
        trades=trades,
        keep=keep_trades(_KIND),
        preferences=preferences,
        lock=LockPlans(plans, preferences),
        plan=NotePlanned(trades, TellPlanned(plans, DynamoTags(), preferences)),
        mark=MarkStale(DynamoReviews(), preferences),
        looks=looks,
        judge=JudgeTrades(gather, DynamoDetectorSettings(), DynamoFindings()),
        score=score_day(),
    )


@cache
def score_day() -> "ScoreDay":
    """Wire ScoreDay."""
    from nightdesk.adapters.dynamo.journal_findings import DynamoDetectorSettings, DynamoFindings
    from nightdesk.journal.behaviour.judging import JudgeDay
    from nightdesk.journal.following import ScoreDay

    preferences = preferences_of(_KIND)
    judge = JudgeDay(
        gather_history(_KIND, preferences), preferences, DynamoDetectorSettings(), DynamoFindings()
    )
    return ScoreDay(judge, _looks())


@cache
def look_again() -> "LookAgain":
    """Wire LookAgain."""
    from nightdesk.journal.following import LookAgain
    from nightdesk.journal.keeping import MeasureStored

    return LookAgain(MeasureStored(keep_trades(_KIND)), follow_trades())


@cache
def journal_work() -> "SqsJournalQueue":
    """Wire the queue of the worker itself: what its time is too short for goes back."""
    return journal_queue(_KIND)


@cache
def call_owed() -> "CallOwed":
    """Wire CallOwed."""
    from nightdesk.journal.owed import CallOwed

    return CallOwed(_looks(), journal_queue(_KIND))


@cache
def _looks() -> "DynamoOwedLooks":
    from nightdesk.adapters.dynamo.journal_owed import DynamoOwedLooks

    started(_KIND)
    return DynamoOwedLooks()
