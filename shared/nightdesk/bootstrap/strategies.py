"""Use cases of analysis and strategies."""

from functools import cache
from typing import TYPE_CHECKING, Any

from nightdesk import settings
from nightdesk.bootstrap.parts import bots, clock, definitions, look, started

if TYPE_CHECKING:
    from collections.abc import Callable

    from nightdesk.analysis.taking import TakeSnapshots
    from nightdesk.strategies.showing import ReadSignals
    from nightdesk.strategies.versions import (
        ArchiveStrategy,
        CreateStrategy,
        EditStrategy,
        ListStrategies,
        ReadStrategy,
        ValidateStrategy,
    )


@cache
def analyse() -> "TakeSnapshots":
    """Wire TakeSnapshots."""
    from nightdesk.adapters.dynamo.snapshots import DynamoSnapshots
    from nightdesk.analysis.taking import TakeSnapshots

    started(settings.AnalyseSettings)
    return TakeSnapshots(look=look(), snapshots=DynamoSnapshots(clock()))


@cache
def list_strategies() -> "ListStrategies":
    """Wire ListStrategies."""
    from nightdesk.strategies.versions import ListStrategies

    started(settings.ApiSettings)
    return ListStrategies(definitions())


@cache
def read_strategy() -> "ReadStrategy":
    """Wire ReadStrategy."""
    from nightdesk.strategies.versions import ReadStrategy

    started(settings.ApiSettings)
    return ReadStrategy(definitions())


@cache
def create_strategy() -> "CreateStrategy":
    """Wire CreateStrategy."""
    from nightdesk.strategies.versions import CreateStrategy

    started(settings.ApiSettings)
    return CreateStrategy(definitions())


@cache
def edit_strategy() -> "EditStrategy":
    """Wire EditStrategy."""
    from nightdesk.strategies.versions import EditStrategy

    started(settings.ApiSettings)
    return EditStrategy(definitions())


@cache
def archive_strategy() -> "ArchiveStrategy":
    """Wire ArchiveStrategy."""
    from nightdesk.bots.versions import PinnedBots
    from nightdesk.strategies.versions import ArchiveStrategy

    started(settings.ApiSettings)
    return ArchiveStrategy(definitions(), PinnedBots(bots()))


@cache
def validate_strategy() -> "ValidateStrategy":
    """Wire ValidateStrategy."""
    from nightdesk.strategies.versions import ValidateStrategy

    return ValidateStrategy()


@cache
def read_signals() -> "ReadSignals":
    """Wire ReadSignals."""
    from nightdesk.strategies.showing import ReadSignals

    return ReadSignals(read_strategy(), look())


def strategy_grammar() -> "Callable[[], dict[str, Any]]":
    """Return what shows the grammar of definitions."""
    from nightdesk.strategies.grammar import grammar

    return grammar
