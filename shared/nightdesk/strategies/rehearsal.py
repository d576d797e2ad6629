"""Trying a definition on candles before anybody trades it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nightdesk.analysis.features import FeatureCache
from nightdesk.market.candles import Candles
from nightdesk.market.timeframe import Timeframe
from nightdesk.strategies.conditions import Conditions
from nightdesk.strategies.definition import Definition
from nightdesk.strategies.evaluation import decide
from nightdesk.strategies.parameters import resolve
from nightdesk.strategies.problems import Caution, Problem
from nightdesk.strategies.truth import UNKNOWN
from nightdesk.strategies.values import Values

SAMPLE = 1_000


@dataclass(frozen=True, slots=True)
class RehearseOn:
    """Rehearse definitions on the closed candles of one instrument, by timeframe."""

    candles: Mapping[Timeframe, Candles]

    def __call__(self, definition: Definition) -> Sequence[Problem]:
        """Warn when the entry is known at 1,000 closes or more and true at none of them."""
        base = definition.timeframe
        if base not in self.candles:
            return ()
        values = Values(definition, resolve(definition, {}), FeatureCache(self.candles), base)
        entry = decide(Conditions(values))
        known = int((entry.entry != UNKNOWN).sum())
        if known < SAMPLE or entry.enters.any():
            return ()
        message = f"the entry was never true in {known} candles"
        return (Problem("/entry", Caution.ENTRY_NEVER_TRUE, message),)
