"""Use cases of behaviour as the API asks for them. They load numpy when one is asked."""

from functools import cache
from typing import TYPE_CHECKING

from nightdesk import settings
from nightdesk.bootstrap.journal_trades import own_preferences
from nightdesk.bootstrap.parts import bots, candles, started

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nightdesk.adapters.dynamo.journal_findings import (
        DynamoDetectorSettings,
        DynamoFindings,
    )
    from nightdesk.core.ids import BotId, UserId
    from nightdesk.journal.behaviour.answering import AnswerFinding
    from nightdesk.journal.behaviour.asking import AskBehaviour
    from nightdesk.journal.behaviour.gathering import GatherHistory
    from nightdesk.journal.behaviour.tuning import ReadDetectors, TuneDetector
    from nightdesk.journal.ports.trades import PreferencesOf
    from nightdesk.trading.order import Mode


@cache
def ask_behaviour() -> "AskBehaviour":
    """Wire AskBehaviour."""
    from nightdesk.adapters.dynamo.journal_tags import DynamoTags
    from nightdesk.journal.behaviour.answering import ReadFindings
    from nightdesk.journal.behaviour.asking import AskBehaviour
    from nightdesk.journal.behaviour.reporting import (
        ReadSetups,
        ReadTilt,
        ReadTimes,
        ReportWindow,
    )

    gather, own = gather_history(settings.ApiSettings, own_preferences()), _settings()
    return AskBehaviour(
        report=ReportWindow(gather, own),
        tilt=ReadTilt(gather, own_preferences(), own),
        times=ReadTimes(gather, own),
        setups=ReadSetups(gather, own),
        findings=ReadFindings(_findings()),
        tags=DynamoTags(),
    )


@cache
def read_detectors() -> "ReadDetectors":
    """Wire ReadDetectors."""
    from nightdesk.journal.behaviour.tuning import ReadDetectors

    return ReadDetectors(_settings())


@cache
def tune_detector() -> "TuneDetector":
    """Wire TuneDetector."""
    from nightdesk.journal.behaviour.tuning import TuneDetector

    return TuneDetector(_settings())


@cache
def answer_finding() -> "AnswerFinding":
    """Wire AnswerFinding."""
    from nightdesk.journal.behaviour.answering import AnswerFinding

    return AnswerFinding(_findings())


def gather_history(
    kind: "type[settings.ApiSettings | settings.JournalSettings | settings.ReviewSettings]",
    preferences: "PreferencesOf",
) -> "GatherHistory":
    """Wire GatherHistory for the API or a worker."""
    from nightdesk.adapters.dynamo.equity import DynamoEquity
    from nightdesk.adapters.dynamo.journal_plans import DynamoPlans
    from nightdesk.adapters.dynamo.journal_tags import DynamoTags
    from nightdesk.adapters.dynamo.journal_trades import DynamoTrades
    from nightdesk.adapters.dynamo.journal_writing import DynamoEntries, DynamoPostings
    from nightdesk.journal.behaviour.gathering import GatherHistory
    from nightdesk.journal.behaviour.surroundings import EquityOfBots, MoodsOfEntries
    from nightdesk.journal.search import Find

    started(kind)
    return GatherHistory(
        trades=DynamoTrades(),
        preferences=preferences,
        plans=DynamoPlans(),
        candles=candles(),
        equity=EquityOfBots(funded_bots, DynamoEquity(), preferences),
        moods=MoodsOfEntries(Find(DynamoPostings()), DynamoEntries(), preferences),
        tags=DynamoTags(),
    )


def funded_bots(owner: "UserId") -> "Sequence[tuple[BotId, Mode, str]]":
    """Return an owner's bots with mode and currency."""
    return [(bot.bot_id, bot.mode, bot.currency) for bot in bots().list(owner)]


@cache
def _findings() -> "DynamoFindings":
    from nightdesk.adapters.dynamo.journal_findings import DynamoFindings

    started(settings.ApiSettings)
    return DynamoFindings()


@cache
def _settings() -> "DynamoDetectorSettings":
    from nightdesk.adapters.dynamo.journal_findings import DynamoDetectorSettings

    started(settings.ApiSettings)
    return DynamoDetectorSettings()
