"""Use cases of reviews: what their owners ask for, and what the worker does."""

from functools import cache
from typing import TYPE_CHECKING

from nightdesk import settings
from nightdesk.bootstrap.journal_accounts import read_days
from nightdesk.bootstrap.journal_behaviour import gather_history
from nightdesk.bootstrap.journal_capture import preferences_of
from nightdesk.bootstrap.journal_trades import own_preferences
from nightdesk.bootstrap.parts import started

if TYPE_CHECKING:
    from nightdesk.adapters.dynamo.journal_reviews import DynamoAppointments, DynamoReviews
    from nightdesk.adapters.workflows.review_queue import SqsReviewQueue
    from nightdesk.journal.behaviour.claiming import JudgeClaims
    from nightdesk.journal.behaviour.judging import JudgeDay
    from nightdesk.journal.ports.findings import Moods
    from nightdesk.journal.reviewing.asking import AskReview, ReadReviews
    from nightdesk.journal.reviewing.calling import CallReviews
    from nightdesk.journal.reviewing.editing import EditExperiment
    from nightdesk.journal.reviewing.gathering import GatherFromJournal
    from nightdesk.journal.reviewing.working import WorkReview

API, WORKER = settings.ApiSettings, settings.ReviewSettings
_Kind = type[settings.ApiSettings] | type[settings.ReviewSettings]


@cache
def ask_review() -> "AskReview":
    """Wire AskReview."""
    from nightdesk.journal.reviewing.asking import AskReview

    return AskReview(_reviews(API), _queue(API), own_preferences())


@cache
def read_reviews() -> "ReadReviews":
    """Wire ReadReviews."""
    from nightdesk.journal.reviewing.asking import ReadReviews

    return ReadReviews(_reviews(API), own_preferences())


@cache
def edit_experiment() -> "EditExperiment":
    """Wire EditExperiment."""
    from nightdesk.journal.reviewing.editing import EditExperiment

    return EditExperiment(_reviews(API), own_preferences())


@cache
def call_reviews() -> "CallReviews":
    """Wire CallReviews."""
    from nightdesk.adapters.dynamo.directory import DynamoDirectory
    from nightdesk.journal.reviewing.calling import CallReviews

    return CallReviews(_appointments(), DynamoDirectory(), _queue(WORKER))


@cache
def work_review() -> "WorkReview":
    """Wire WorkReview. No model is configured: the rules write all texts."""
    from nightdesk.journal.reviewing.appointing import KeepAppointment, KeepAppointments
    from nightdesk.journal.reviewing.making import MakeReview
    from nightdesk.journal.reviewing.working import WorkReview
    from nightdesk.journal.reviewing.writing import RulesWriter

    preferences = preferences_of(WORKER)
    make = MakeReview(_reviews(WORKER), preferences, _gather(), _judge(), _claims(), RulesWriter())
    return WorkReview(
        KeepAppointment(make, _appointments()), KeepAppointments(_appointments(), preferences)
    )


@cache
def _gather() -> "GatherFromJournal":
    from nightdesk.adapters.dynamo.journal_books import DynamoPlaybooks
    from nightdesk.adapters.dynamo.journal_findings import DynamoDetectorSettings, DynamoFindings
    from nightdesk.adapters.dynamo.journal_plans import DynamoPlans
    from nightdesk.adapters.dynamo.journal_tags import DynamoTags
    from nightdesk.adapters.dynamo.journal_trades import DynamoTrades
    from nightdesk.journal.reviewing.gathering import GatherFromJournal

    return GatherFromJournal(
        trades=DynamoTrades(),
        findings=DynamoFindings(),
        plans=DynamoPlans(),
        playbooks=DynamoPlaybooks(),
        reviews=_reviews(WORKER),
        moods=_moods(),
        account=read_days(WORKER),
        tags=DynamoTags(),
        settings=DynamoDetectorSettings(),
    )


@cache
def _moods() -> "Moods":
    from nightdesk.adapters.dynamo.journal_writing import DynamoEntries, DynamoPostings
    from nightdesk.journal.behaviour.surroundings import MoodsOfEntries
    from nightdesk.journal.search import Find

    return MoodsOfEntries(Find(DynamoPostings()), DynamoEntries(), preferences_of(WORKER))


@cache
def _judge() -> "JudgeDay":
    from nightdesk.adapters.dynamo.journal_findings import DynamoDetectorSettings, DynamoFindings
    from nightdesk.journal.behaviour.judging import JudgeDay

    preferences = preferences_of(WORKER)
    gather = gather_history(WORKER, preferences)
    return JudgeDay(gather, preferences, DynamoDetectorSettings(), DynamoFindings())


@cache
def _claims() -> "JudgeClaims":
    from nightdesk.adapters.dynamo.journal_findings import DynamoDetectorSettings, DynamoFindings
    from nightdesk.journal.behaviour.claiming import JudgeClaims

    gather = gather_history(WORKER, preferences_of(WORKER))
    return JudgeClaims(gather, DynamoDetectorSettings(), DynamoFindings())


@cache
def _reviews(kind: _Kind) -> "DynamoReviews":
    from nightdesk.adapters.dynamo.journal_reviews import DynamoReviews

    started(kind)
    return DynamoReviews()


@cache
def _appointments() -> "DynamoAppointments":
    from nightdesk.adapters.dynamo.journal_reviews import DynamoAppointments

    started(WORKER)
    return DynamoAppointments()


@cache
def _queue(kind: _Kind) -> "SqsReviewQueue":
    from nightdesk.adapters.workflows.review_queue import SqsReviewQueue
    from nightdesk.adapters.workflows.sqs import SqsQueue

    return SqsReviewQueue(SqsQueue(started(kind).review_queue))
