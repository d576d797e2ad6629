"""Use cases of the bots room."""

from functools import cache
from typing import TYPE_CHECKING

from nightdesk import settings
from nightdesk.bootstrap.parts import bots, desk, rules, started, versions

if TYPE_CHECKING:
    from nightdesk.bots.creation import CreateBot
    from nightdesk.bots.editing import ChangeMode, UpdateBot
    from nightdesk.bots.reading import BotHistory, BotLimitsUsed, ListBots, ReadBot
    from nightdesk.bots.retiring import RetireBot
    from nightdesk.bots.switching import (
        PauseAll,
        PauseBot,
        ResumeAll,
        StartBot,
        StartChecks,
    )


@cache
def create_bot() -> "CreateBot":
    """Wire CreateBot."""
    from nightdesk.bots.creation import CreateBot

    started(settings.ApiSettings)
    return CreateBot(bots=bots(), rules=rules(), versions=versions())


@cache
def read_bot() -> "ReadBot":
    """Wire ReadBot."""
    from nightdesk.adapters.dynamo.equity import DynamoEquity
    from nightdesk.bots.reading import ReadBot

    started(settings.ApiSettings)
    return ReadBot(bots=bots(), desk=desk(), equity=DynamoEquity())


@cache
def list_bots() -> "ListBots":
    """Wire ListBots."""
    from nightdesk.adapters.dynamo.equity import DynamoEquity
    from nightdesk.bots.reading import ListBots

    started(settings.ApiSettings)
    return ListBots(bots=bots(), desk=desk(), equity=DynamoEquity())


@cache
def bot_history() -> "BotHistory":
    """Wire BotHistory."""
    from nightdesk.bots.reading import BotHistory

    started(settings.ApiSettings)
    return BotHistory(bots())


@cache
def bot_limits_used() -> "BotLimitsUsed":
    """Wire BotLimitsUsed."""
    from nightdesk.bots.reading import BotLimitsUsed

    started(settings.ApiSettings)
    return BotLimitsUsed(bots())


@cache
def update_bot() -> "UpdateBot":
    """Wire UpdateBot."""
    from nightdesk.bots.editing import UpdateBot

    started(settings.ApiSettings)
    return UpdateBot(bots=bots(), desk=desk(), versions=versions())


@cache
def change_mode() -> "ChangeMode":
    """Wire ChangeMode."""
    from nightdesk.bots.editing import ChangeMode

    started(settings.ApiSettings)
    return ChangeMode(bots())


@cache
def start_bot() -> "StartBot":
    """Wire StartBot."""
    from nightdesk.bots.switching import StartBot

    return StartBot(bots=bots(), desk=desk(), checks=start_checks())


@cache
def start_checks() -> "StartChecks":
    """Wire StartChecks."""
    from nightdesk.bots.switching import StartChecks

    started(settings.ApiSettings)
    return StartChecks(rules=rules(), versions=versions())


@cache
def pause_bot() -> "PauseBot":
    """Wire PauseBot."""
    from nightdesk.bots.switching import PauseBot

    started(settings.ApiSettings)
    return PauseBot(bots=bots(), desk=desk())


@cache
def pause_all() -> "PauseAll":
    """Wire PauseAll."""
    from nightdesk.bots.switching import PauseAll

    return PauseAll(bots=bots(), pause=pause_bot())


@cache
def resume_all() -> "ResumeAll":
    """Wire ResumeAll."""
    from nightdesk.bots.switching import ResumeAll

    return ResumeAll(bots=bots(), start=start_bot())


@cache
def retire_bot() -> "RetireBot":
    """Wire RetireBot."""
    from nightdesk.bots.retiring import RetireBot

    started(settings.ApiSettings)
    return RetireBot(bots=bots(), desk=desk())
