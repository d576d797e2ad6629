"""Start, resume and pause bots: one, or all. This is how one halts trading."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from nightdesk.accounts.audit import Entry
from nightdesk.bots import lifecycle
from nightdesk.bots.bot import TRADING, Bot, BotStatus, PauseCode
from nightdesk.bots.capital import barred
from nightdesk.bots.lifecycle import Step, Trigger
from nightdesk.bots.persistence import undisturbed
from nightdesk.bots.ports import Bots, Change
from nightdesk.bots.versions import Versions
from nightdesk.core.errors import Conflict, Fault, Invalid, Missing, UnknownInstrument
from nightdesk.core.ids import BotId, UserId
from nightdesk.market.instruments import TradingStatus
from nightdesk.market.ports import RulesStore
from nightdesk.strategies.parameters import resolve
from nightdesk.trading.book import Book
from nightdesk.trading.order import Mode
from nightdesk.trading.ports import Desk

Violation = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Switched:
    """What became of many bots: those changed, and why the others were not."""

    changed: tuple[BotId, ...]
    unchanged: tuple[tuple[BotId, str], ...]


@dataclass(frozen=True, slots=True)
class StartChecks:
    """What must be so before a bot trades."""

    rules: RulesStore
    versions: Versions

    def __call__(self, bot: Bot, as_of: datetime) -> list[Violation]:
        """Return all violations, each with a code: none means that the bot may start."""
        return [*self._market(bot, as_of), *self._strategy(bot)]

    def _market(self, bot: Bot, as_of: datetime) -> Iterable[Violation]:
        try:
            rules = self.rules.get(bot.instrument_id)
        except UnknownInstrument:
            yield _violation("UNKNOWN_INSTRUMENT", "the venue no longer lists the instrument")
            return
        if rules.status is not TradingStatus.TRADING:
            yield _violation("NOT_TRADING", f"the venue says {rules.status}")
        if rules.stale(as_of):
            yield _violation("RULES_STALE", "the venue's rules are older than 72 hours")

    def _strategy(self, bot: Bot) -> Iterable[Violation]:
        try:
            definition = self.versions(bot.owner, bot.strategy).definition
            resolve(definition.on(bot.timeframe), bot.parameters)
        except Missing:
            yield _violation("UNKNOWN_STRATEGY", "the strategy version is gone")
        except Invalid as problem:
            yield _violation(problem.code, str(problem))


@dataclass(frozen=True, slots=True)
class StartBot:
    """Let a bot trade: a draft for the first time, a paused one again."""

    bots: Bots
    desk: Desk
    checks: StartChecks

    def __call__(
        self, owner: UserId, bot_id: BotId, at: datetime, trigger: Trigger = Trigger.START
    ) -> Bot:
        """Return the bot as it now stands; `trigger` is START or RESUME.

        Raises Missing, Conflict (`STATUS_CONFLICT`, `START_REFUSED` with its violations, also
        while trading is stopped, `BOT_LIMIT`).
        """

        def attempt() -> Bot:
            bot = self.bots.get(owner, bot_id)
            if bot.status in TRADING and lifecycle.done(bot, at):
                return bot
            step = lifecycle.started(bot, trigger, at, by=owner)
            violations = self.checks(bot, at)
            if violations:
                raise Conflict("START_REFUSED", "the bot cannot start", list(violations))
            change = _change(bot, step, self.desk.book(owner, bot_id))
            return self.bots.commit(replace(change, starts=True))

        return undisturbed(attempt)


@dataclass(frozen=True, slots=True)
class PauseBot:
    """Stop a bot from opening anything; what it holds is managed to its exit."""

    bots: Bots
    desk: Desk

    def __call__(
        self,
        owner: UserId,
        bot_id: BotId,
        at: datetime,
        *,
        reason: str | None = None,
        code: PauseCode = PauseCode.USER_PAUSED,
        by: str | None = None,
        entries: tuple[Entry, ...] = (),
    ) -> Bot:
        """Return the paused bot. An entry that a worker decided on before is refused after this.

        `by` is the owner unless told.

        Raises Missing, Conflict `STATUS_CONFLICT`.
        """

        def attempt() -> Bot:
            bot = self.bots.get(owner, bot_id)
            if bot.status is BotStatus.PAUSED and lifecycle.done(bot, at):
                return bot
            lifecycle.allowed(bot, Trigger.PAUSE, BotStatus.PAUSED)
            book = self.desk.book(owner, bot_id)
            step = lifecycle.paused(
                bot,
                at,
                by=by or owner,
                flat=book.flat,
                code=code,
                detail=reason,
            )
            return self.bots.commit(replace(_change(bot, step, book), entries=entries))

        return undisturbed(attempt)


@dataclass(frozen=True, slots=True)
class PauseAll:
    """Halt trading: pause every bot that trades, each by itself. Asked again, it goes on."""

    bots: Bots
    pause: PauseBot

    def __call__(
        self, owner: UserId, at: datetime, *, mode: Mode | None = None, reason: str | None = None
    ) -> Switched:
        """Return which bots are paused now, and why the others did not change."""
        wanted = [bot for bot in _living(self.bots, owner) if mode in {None, bot.mode}]
        return _each(wanted, lambda bot: self.pause(owner, bot.bot_id, at, reason=reason))


@dataclass(frozen=True, slots=True)
class ResumeAll:
    """Resume every bot that is paused for one code."""

    bots: Bots
    start: StartBot

    def __call__(
        self, owner: UserId, at: datetime, *, code: PauseCode = PauseCode.USER_PAUSED
    ) -> Switched:
        """Return which bots trade again, and why the others do not."""
        wanted = [
            bot
            for bot in _living(self.bots, owner)
            if bot.pause_code is code or (bot.status in TRADING and lifecycle.done(bot, at))
        ]
        return _each(wanted, lambda bot: self.start(owner, bot.bot_id, at, Trigger.RESUME))


@dataclass(frozen=True, slots=True)
class LeaveMarket:
    """Take a bot that no longer trades out of its market, once it holds nothing."""

    bots: Bots
    desk: Desk

    def __call__(self, owner: UserId, bot_id: BotId) -> bool:
        """Tell whether it left now; False when it trades, holds something or is out already.

        Raises Missing, StaleWrite.
        """

        def attempt() -> bool:
            bot = self.bots.get(owner, bot_id)
            if bot.status in TRADING or not bot.in_market:
                return False
            book = self.desk.book(owner, bot_id)
            if not book.flat:
                return False
            gone = lifecycle.left_market(bot)
            self.bots.commit(Change(before=bot, bot=gone, seen=book))
            return True

        return undisturbed(attempt)


def _living(bots: Bots, owner: UserId) -> list[Bot]:
    return [bot for bot in bots.list(owner) if bot.status is not BotStatus.RETIRED]


def _each(bots: Iterable[Bot], switch: Callable[[Bot], Bot]) -> Switched:
    """Switch each bot in a transaction of its own: one that fails keeps no other."""
    changed: list[BotId] = []
    unchanged: list[tuple[BotId, str]] = []
    for bot in bots:
        try:
            changed.append(switch(bot).bot_id)
        except Fault as fault:
            unchanged.append((bot.bot_id, fault.code))
    return Switched(changed=tuple(changed), unchanged=tuple(unchanged))


def _change(before: Bot, step: Step, book: Book) -> Change:
    return Change(
        before=before,
        bot=step.bot,
        record=step.record,
        events=step.events,
        book=barred(book, step.bot),
    )


def _violation(code: str, message: str) -> Violation:
    return {"code": code, "message": message}
