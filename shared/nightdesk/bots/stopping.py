"""What an emergency stop does to an owner's bots, and what lifting it gives back."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from nightdesk.bots.bot import TRADING, BotStatus, PauseCode
from nightdesk.bots.ports import Bots, MarketIndex
from nightdesk.bots.switching import PauseBot
from nightdesk.core.errors import Fault
from nightdesk.core.ids import BotId, UserId
from nightdesk.core.money import ZERO
from nightdesk.trading.flatten import LeftToStop
from nightdesk.trading.ports import Desk, Equity

logger = logging.getLogger(__name__)

PAGE = 200
"""Owners that are stopped before the next are looked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Halted:
    """What is so after the bots of an owner were paused. `left`: bots with something to stop."""

    paused: int
    failed: int
    left: tuple[BotId, ...]


@dataclass(frozen=True, slots=True)
class HaltBots:
    """Pause whatever trades, and tell what is left to do. Again, it changes nothing."""

    bots: Bots
    desk: Desk
    pause: PauseBot
    left: LeftToStop

    def __call__(self, owner: UserId, at: datetime, *, by: str, flatten: bool) -> Halted:
        """Return how many were paused now, and the bots with orders or positions to see to.

        Each is paused in a transaction of its own; one that fails keeps no other.
        """
        found = [bot for bot in self.bots.list(owner) if bot.status is not BotStatus.RETIRED]
        paused = failed = 0
        for bot in found:
            try:
                if bot.status in TRADING:
                    self.pause(owner, bot.bot_id, at, code=PauseCode.EMERGENCY_STOP, by=by)
                    paused += 1
            except Fault as fault:
                logger.warning("bot %s is not paused: %s", bot.bot_id, fault)
                failed += 1
        books = self.desk.books([(owner, bot.bot_id) for bot in found])
        left = self.left(books.values(), flatten=flatten)
        return Halted(paused=paused, failed=failed, left=tuple(book.bot_id for book in left))


@dataclass(frozen=True, slots=True)
class StoppedBots:
    """Count the bots that a stop has paused."""

    bots: Bots

    def __call__(self, owner: UserId) -> int:
        """Return how many are paused for it at present."""
        found = self.bots.list(owner)
        return sum(bot.pause_code is PauseCode.EMERGENCY_STOP for bot in found)


@dataclass(frozen=True, slots=True)
class TradingOwners:
    """Find every owner whose bots trade or hold something, without a scan."""

    index: MarketIndex

    def __call__(self, after: str | None) -> tuple[Sequence[UserId], str | None]:
        """Return owners market by market, some again, and where to go on; None at the end."""
        found: dict[UserId, None] = {}
        markets = [(one, tf) for one, tfs in self.index.markets().items() for tf in tfs]
        names = [f"{instrument}#{timeframe}" for instrument, timeframe in markets]
        for name, market in sorted(zip(names, markets, strict=True)):
            if after is not None and name <= after:
                continue
            found |= dict.fromkeys(bot.owner for bot in self.index.bots(*market))
            if len(found) >= PAGE and name != max(names):
                return list(found), name
        return list(found), None


@dataclass(frozen=True, slots=True)
class ResetPeaks:
    """Count drawdowns from the present: what a stop was for is not held against its end."""

    bots: Bots
    equity: Equity

    def __call__(self, owner: UserId) -> int:
        """Let the newest equity point of each bot be its peak; return how many that moved."""
        points = [
            point
            for bot in self.bots.list(owner)
            if bot.status is not BotStatus.RETIRED
            and (point := self.equity.latest(owner, bot.bot_id)) is not None
            and point.peak > point.equity
        ]
        self.equity.put([replace(one, peak=one.equity, drawdown=ZERO) for one in points])
        return len(points)

    reset = __call__
