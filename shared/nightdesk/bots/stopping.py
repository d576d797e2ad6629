"""What an emergency stop does to an owner's bots, and what lifting it gives back."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from nightdesk.accounts.audit import Origin
from nightdesk.accounts.emergency_stop import CarryToOwner, told_progress
from nightdesk.accounts.ports import StopGates, StopProgress
from nightdesk.accounts.stop import Level, Progress, Stop
from nightdesk.bots.bot import TRADING, BotStatus, PauseCode
from nightdesk.bots.ports import Bots, MarketIndex
from nightdesk.bots.switching import PauseBot, ResumeAll
from nightdesk.core.errors import Fault
from nightdesk.core.ids import SYSTEM, BotId, UserId
from nightdesk.core.money import ZERO
from nightdesk.trading.flatten import LeftToStop, StopBot, Stopped
from nightdesk.trading.ports import Desk, Equity

logger = logging.getLogger(__name__)

EMERGENCY_STOP = "EMERGENCY_STOP"
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


@dataclass(frozen=True, slots=True, kw_only=True)
class CarryOut:
    """The work of one emergency stop, piece by piece: each can be repeated, cut off, or late.

    Whether the stop still stands, and how far it goes, is read at its gate before each piece: a
    stop that was lifted is carried out no more, one that was raised goes on as raised.
    """

    gates: StopGates
    progress: StopProgress
    carry: CarryToOwner
    trading: TradingOwners
    bots: HaltBots
    bot: StopBot
    resume: ResumeAll

    def halt(
        self, owner: UserId, *, scope: UserId, stop_id: str, origin: Origin, now: datetime
    ) -> Halted:
        """Shut the owner's gate if the whole desk is stopped, pause their bots."""
        stop = self._stands(scope, stop_id)
        if stop is None:
            return Halted(paused=0, failed=0, left=())
        if stop.owner != owner:
            self.carry.engage(owner, stop, origin=origin, now=now)
        done = self.bots(owner, now, by=stop.by, flatten=stop.level is Level.FLATTEN)
        self._count(
            stop.at_gate_of(owner), Progress(bots_paused=done.paused, failed=done.failed), now
        )
        return done

    def stop(
        self,
        owner: UserId,
        bot_id: BotId,
        *,
        scope: UserId,
        stop_id: str,
        at: datetime,
        now: datetime,
        holder: str,
    ) -> Stopped:
        """Cancel a bot's entries and sell what it holds, as far as the stop wants it.

        `at` is the market's moment, in a replay the past; `now` the desk's own.
        """
        stop = self._stands(scope, stop_id)
        if stop is None:
            return Stopped(done=True)
        flatten = stop.level is Level.FLATTEN
        done = self.bot(owner, bot_id, reason=EMERGENCY_STOP, flatten=flatten, at=at, holder=holder)
        came_to = Progress(
            orders_cancelled=done.cancelled,
            positions_closed=done.closed,
            failed=int(not done.done),
        )
        self._count(stop.at_gate_of(owner), came_to, now)
        return done

    def lift(
        self, owner: UserId, *, stop_id: str, restart: bool, origin: Origin, now: datetime
    ) -> None:
        """Take the desk's stop from an owner's gate; start again what it paused, if so asked."""
        self.carry.lift(owner, stop_id, origin=origin, now=now)
        if restart:
            self.resume(owner, now, code=PauseCode.EMERGENCY_STOP)

    def owners(
        self, *, scope: UserId, stop_id: str, lifting: bool, after: str | None
    ) -> tuple[Sequence[UserId], str | None]:
        """Return whom a stop concerns, page by page: its owner, or whoever the desk's meets."""
        if scope != SYSTEM:
            return [scope], None
        return self.gates.copies(stop_id, after) if lifting else self.trading(after)

    def _count(self, stop: Stop, came_to: Progress, now: datetime) -> None:
        self.progress.add(stop, came_to)
        if came_to != Progress(failed=came_to.failed):
            self.progress.tell(told_progress(stop, self.progress.read(stop), now), now)

    def _stands(self, scope: UserId, stop_id: str) -> Stop | None:
        stop = self.gates.stop(scope)
        return stop if stop is not None and stop.stop_id == stop_id else None
