"""Showing what a strategy said of a market's last closes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from nightdesk.analysis.functions import MAX_PERIOD
from nightdesk.analysis.taking import LookAtMarket
from nightdesk.core.errors import Conflict
from nightdesk.core.ids import InstrumentId, StrategyId, UserId
from nightdesk.market.timeframe import Timeframe
from nightdesk.strategies.evaluation import signals
from nightdesk.strategies.signal import Signal
from nightdesk.strategies.versions import ReadStrategy
from nightdesk.strategies.warmup import window


@dataclass(frozen=True, slots=True)
class ReadSignals:
    """Show the signals of a strategy over the last closes of one market."""

    read: ReadStrategy
    look: LookAtMarket

    def __call__(
        self,
        owner: UserId,
        strategy_id: StrategyId,
        instrument_id: InstrumentId,
        *,
        as_of: datetime,
        timeframe: Timeframe | None = None,
        parameters: Mapping[str, object],
        last: int = 100,
    ) -> Sequence[Signal]:
        """Return the ENTER and EXIT signals of the last closes, at most 500, oldest first.

        They are the rules' alone: see `evaluation.signals`. Raises Missing for an unknown
        strategy or a market without candles, Invalid for parameters that do not fit or a
        timeframe coarser than the rules', Conflict `WARMING` before the first value.
        """
        strategy = self.read(owner, strategy_id)
        base = timeframe or strategy.definition.timeframe
        definition = strategy.definition.on(base)
        needs = window(definition, parameters, base)
        last = min(last, MAX_PERIOD)
        snapshot = self.look((instrument_id, base), as_of, (), {**needs, base: needs[base] + last})
        missing = needs[base] - len(snapshot.candles)
        if missing > 0:
            raise Conflict("WARMING", f"{missing} more candles are needed")
        return signals(
            definition, parameters, snapshot.features, base, strategy=strategy.ref, last=last
        )
