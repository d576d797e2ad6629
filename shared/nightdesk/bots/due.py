"""The bots of a market as mandates: this room's answer to trading's port DueBots."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from nightdesk.bots.bot import Bot
from nightdesk.bots.ports import Holders, MarketIndex
from nightdesk.bots.profiles import limits_of
from nightdesk.bots.versions import Versions
from nightdesk.core.errors import Invalid, Missing
from nightdesk.core.ids import InstrumentId
from nightdesk.market.timeframe import Timeframe
from nightdesk.risk.limits import OwnerLimits
from nightdesk.strategies.definition import Definition
from nightdesk.strategies.parameters import resolve
from nightdesk.strategies.strategy import StrategyVersion
from nightdesk.trading.mandate import Mandate
from nightdesk.trading.ports import BotKey

_MAX_CACHED = 1_000

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class MarketBots:
    """Bots that trade, found by market; what they pin is read once a process."""

    index: MarketIndex
    holders: Holders
    versions: Versions
    fitted: dict[tuple[str, Timeframe], Definition] = field(default_factory=dict)
    """By definition hash and timeframe: one object, so that caches beside it are shared."""

    def markets(self) -> Mapping[InstrumentId, Sequence[Timeframe]]:
        """Return the markets that have bots which trade or hold a position."""
        return self.index.markets()

    def of(self, instrument_id: InstrumentId, timeframe: Timeframe) -> Sequence[Mandate]:
        """Return the mandates of this market's bots, by owner and bot id.

        A bot whose strategy can no longer be read is left out and logged: the others trade.
        """
        found = (self._mandate(bot) for bot in self.index.bots(instrument_id, timeframe))
        return [mandate for mandate in found if mandate is not None]

    def holding(self) -> Sequence[BotKey]:
        """Return the bots that hold a position or have an order open."""
        return self.holders.holding()

    def _mandate(self, bot: Bot) -> Mandate | None:
        try:
            version = self.versions(bot.owner, bot.strategy)
            definition = self._fitted(version, bot.timeframe)
            return mandate(bot, version, definition)
        except (Missing, Invalid):
            logger.exception("bot %s has no usable strategy", bot.bot_id)
            return None

    def _fitted(self, version: StrategyVersion, timeframe: Timeframe) -> Definition:
        key = (version.definition.hash, timeframe)
        if key not in self.fitted:
            if len(self.fitted) >= _MAX_CACHED:
                self.fitted.clear()
            self.fitted[key] = version.definition.on(timeframe)
        return self.fitted[key]


def mandate(bot: Bot, version: StrategyVersion, definition: Definition) -> Mandate:
    """Return what a decision needs of `bot`. Raises Invalid for parameters that do not fit."""
    return Mandate(
        owner=bot.owner,
        bot_id=bot.bot_id,
        bot_name=bot.name,
        instrument_id=bot.instrument_id,
        timeframe=bot.timeframe,
        strategy=bot.strategy,
        definition=definition,
        definition_hash=version.definition.hash,
        parameters=resolve(definition, bot.parameters),
        limits=limits_of(bot),
        owner_limits=OwnerLimits(),
        mode=bot.mode,
        entries_blocked=bot.entries_blocked,
    )
