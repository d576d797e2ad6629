"""What administrators see and do of other people's bots: halt and repair, and never risk money.

Whose bot it is comes from the index of all bots. Each change is written down in the bot's chain
and in the administrator's, in the transaction of the change.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice

from nightdesk.accounts.audit import (
    Action,
    Entry,
    Json,
    Origin,
    Outcome,
    Target,
    bot_chain,
    entries,
)
from nightdesk.accounts.overview import looked_at
from nightdesk.accounts.ports import AuditTrail, Directory
from nightdesk.bots import lifecycle
from nightdesk.bots.bot import Bot, BotStatus, PauseCode
from nightdesk.bots.lifecycle import Step
from nightdesk.bots.persistence import undisturbed
from nightdesk.bots.ports import AllBots, Bots, Change, StaleLeases
from nightdesk.bots.reading import BotView, view
from nightdesk.bots.switching import PauseBot, StartChecks
from nightdesk.bots.wanted import Wanted
from nightdesk.core.errors import Conflict, Invalid, Missing, Refused
from nightdesk.core.events import Event, event
from nightdesk.core.ids import BotId, InstrumentId, UserId
from nightdesk.core.money import ZERO
from nightdesk.core.pages import Page
from nightdesk.names import EventType
from nightdesk.trading.book import Book
from nightdesk.trading.order import Mode
from nightdesk.trading.ports import Desk, Equity
from nightdesk.trading.proving import ProveAccount, prove


@dataclass(frozen=True, slots=True)
class ShowBots:
    """Show bots of several owners with their figures."""

    desk: Desk
    equity: Equity

    def __call__(self, bots: Iterable[Bot]) -> list[BotView]:
        """Return a view of each, in this order. One that holds nothing needs no price."""
        shown = list(bots)
        books = self.desk.books([(bot.owner, bot.bot_id) for bot in shown])
        return [self._view(bot, books[bot.owner, bot.bot_id]) for bot in shown]

    def _view(self, bot: Bot, book: Book) -> BotView:
        holds = book.holding > ZERO
        return view(bot, book, self.equity.latest(bot.owner, bot.bot_id) if holds else None)


@dataclass(frozen=True, slots=True)
class ListAllBots:
    """List the bots of all owners, or of one, oldest first."""

    index: AllBots
    bots: Bots
    show: ShowBots
    directory: Directory
    audit: AuditTrail

    def __call__(
        self,
        wanted: Wanted,
        *,
        owner: UserId | None,
        origin: Origin,
        now: datetime,
        limit: int,
        after: str | None,
    ) -> Page[BotView]:
        """Return the wanted bots after bot id `after`, at most `limit`.

        A look at one owner's is written down, for that owner to see. Raises Missing for nobody's.
        """
        if owner is None:
            found = self.index.everywhere(BotId(after) if after else None)
        else:
            if owner not in self.directory.accounts([owner]):
                raise Missing("no such account")
            looked_at(self.audit, owner, origin, now)
            mine = self.bots.list(owner)
            found = (bot for bot in mine if after is None or bot.bot_id > after)
        fitting = list(islice(filter(wanted.fits, found), limit + 1))
        shown = fitting[:limit]
        return Page(self.show(shown), shown[-1].bot_id if len(fitting) > limit else None)


@dataclass(frozen=True, slots=True)
class KeepPaper:
    """Take a bot to paper. To live only its owner takes it: it is the owner's money."""

    index: AllBots
    bots: Bots
    audit: AuditTrail

    def __call__(self, bot_id: BotId, mode: Mode, origin: Origin, now: datetime) -> Bot:
        """Return the bot on paper. Nothing is live yet, so that nothing changes.

        Raises Missing, Refused `OWNER_ONLY`, Conflict `STATUS_CONFLICT` once it is retired.
        """
        bot = self.bots.get(self.index.owner(bot_id), bot_id)
        if mode is not Mode.PAPER:
            refused, code = Outcome.REFUSED, "OWNER_ONLY"
            self.audit.record(_told(bot, "mode", origin, now, outcome=refused, code=code))
            raise Refused(code, "Only its owner lets a bot trade with real money.")
        _living(bot)
        self.audit.record(_told(bot, "mode", origin, now, details={"mode": mode.value}))
        return bot


@dataclass(frozen=True, slots=True)
class PauseByAdmin:
    """Stop a bot from opening anything until an administrator lifts it."""

    index: AllBots
    bots: Bots
    pause: PauseBot

    def __call__(self, bot_id: BotId, reason: str, origin: Origin, at: datetime) -> Bot:
        """Return the paused bot. Raises Missing, Conflict `STATUS_CONFLICT`."""
        bot = self.bots.get(self.index.owner(bot_id), bot_id)
        return self.pause(
            bot.owner,
            bot_id,
            at,
            reason=reason,
            code=PauseCode.MANUAL_ADMIN_PAUSE,
            by=origin.actor,
            entries=_told(bot, "pause", origin, at, words={"reason": reason}),
        )


@dataclass(frozen=True, slots=True)
class LiftPause:
    """Lift what an administrator has paused: from then on its owner may resume the bot."""

    index: AllBots
    bots: Bots

    def __call__(self, bot_id: BotId, origin: Origin, at: datetime) -> Bot:
        """Return the bot, paused still. Raises Missing, Conflict `STATUS_CONFLICT`."""
        owner = self.index.owner(bot_id)

        def attempt() -> Bot:
            bot = self.bots.get(owner, bot_id)
            if bot.status is BotStatus.PAUSED and lifecycle.done(bot, at):
                return bot
            step = lifecycle.lifted(bot, at, by=origin.actor)
            return self.bots.commit(_change(bot, step, _told(bot, "resume", origin, at)))

        return undisturbed(attempt)


@dataclass(frozen=True, slots=True)
class RestartBot:
    """Set a bot right that hangs: its lease, the doubt in its book. It goes on where it was."""

    index: AllBots
    bots: Bots
    desk: Desk
    leases: StaleLeases
    account: ProveAccount

    def __call__(self, bot_id: BotId, reason: str, origin: Origin, at: datetime) -> Bot:
        """Return the bot, whose book was held against history and account and is sound.

        A halt for doubt ends with that; a pause is not ended by it. Raises Missing, Conflict
        (`LEDGER_BROKEN` with what contradicts itself; `STATUS_CONFLICT` for a draft or a retired
        one).
        """
        owner = self.index.owner(bot_id)

        def attempt() -> Bot:
            bot = self.bots.get(owner, bot_id)
            _living(bot)
            if bot.status is BotStatus.DRAFT:
                raise Conflict(lifecycle.STATUS_CONFLICT, "a draft was never started")
            if lifecycle.done(bot, at):
                return bot
            stale = self.leases.drop(owner, bot_id)
            book = self.desk.book(owner, bot_id)
            broken = prove(self.desk, book).broken + self.account(owner, book.mode, book.quote)
            if broken:
                found: list[dict[str, object]] = [
                    {"invariant": one.number, "message": one.text} for one in broken
                ]
                raise Conflict("LEDGER_BROKEN", "the bot's book contradicts itself", found)
            changes: dict[str, Json] = {
                "restart": True,
                "lease_dropped": stale,
                "doubt_lifted": bool(book.doubt),
            }
            step = lifecycle.edited(bot, replace(bot, updated_at=at), changes, at, by=origin.actor)
            if book.doubt:
                step = replace(step, events=(*step.events, _recovered(book, at)))
            told = _told(bot, "restart", origin, at, details=changes, words={"reason": reason})
            change = _change(bot, step, told)
            return self.bots.commit(replace(change, book=replace(book, doubt="", updated_at=at)))

        return undisturbed(attempt)


@dataclass(frozen=True, slots=True)
class MoveBot:
    """Let a paper bot that holds nothing trade the same pair at another venue."""

    index: AllBots
    bots: Bots
    desk: Desk
    checks: StartChecks

    def __call__(
        self, bot_id: BotId, venue: str, key_label: str, origin: Origin, at: datetime
    ) -> Bot:
        """Return the bot at its venue. The key of that label is looked at when it goes live.

        Raises Missing, Conflict (`NOT_FLAT`, `BOT_LIMIT`, `STATUS_CONFLICT` for a live or retired
        bot), Invalid `UNSUPPORTED_VENUE`.
        """
        owner = self.index.owner(bot_id)

        def attempt() -> Bot:
            bot = self.bots.get(owner, bot_id)
            _living(bot)
            if lifecycle.done(bot, at):
                return bot
            if bot.mode is not Mode.PAPER:
                raise Conflict(lifecycle.STATUS_CONFLICT, "only paper bots move between venues")
            book = self.desk.book(owner, bot_id)
            if not book.flat:
                raise Conflict("NOT_FLAT", "the bot still holds something or has orders open")
            pair = bot.instrument_id.partition("@")[0]
            there = InstrumentId(f"{pair}@{venue}")
            after = replace(bot, instrument_id=there, key_label=key_label, updated_at=at)
            self._tradable(after, at)
            changes: dict[str, Json] = {"instrument": str(there), "key_label": key_label}
            step = lifecycle.edited(bot, after, changes, at, by=origin.actor)
            told = _told(
                bot, "exchange", origin, at, details={"from": str(bot.instrument_id), **changes}
            )
            change = _change(bot, step, told)
            moved = replace(book, instrument_id=there, updated_at=at)
            return self.bots.commit(replace(change, book=moved))

        return undisturbed(attempt)

    def _tradable(self, bot: Bot, at: datetime) -> None:
        violations = self.checks(bot, at)
        if violations:
            raise Invalid(
                "UNSUPPORTED_VENUE", f"not at that venue: {violations[0]['message']}", field="venue"
            )


def _living(bot: Bot) -> None:
    if bot.status is BotStatus.RETIRED:
        raise Conflict(lifecycle.STATUS_CONFLICT, "a retired bot stays as it was")


def _change(before: Bot, step: Step, told: tuple[Entry, ...]) -> Change:
    return Change(before=before, bot=step.bot, record=step.record, events=step.events, entries=told)


def _told(
    bot: Bot,
    what: str,
    origin: Origin,
    now: datetime,
    *,
    details: dict[str, Json] | None = None,
    words: dict[str, str] | None = None,
    outcome: Outcome = Outcome.OK,
    code: str | None = None,
) -> tuple[Entry, ...]:
    """Return what the log says of `what` an administrator did to a bot."""
    return entries(
        Action.BOT_CHANGED_BY_ADMIN,
        origin,
        now,
        owner=bot.owner,
        target=Target(kind="bot", id=bot.bot_id),
        outcome=outcome,
        code=code,
        details={"change": what, **(details or {})},
        words=words,
        chain=bot_chain(bot.owner, bot.bot_id),
    )


def _recovered(book: Book, at: datetime) -> Event:
    told = {
        "scope": "bot",
        "bot_id": book.bot_id,
        "from": "HALTED",
        "to": "ACTIVE",
        "cause": "restart",
    }
    return event(
        book.owner,
        EventType.STATE_CHANGED,
        at,
        told,
        cause=f"{book.bot_id}:{book.version}:sound",
        bot_id=book.bot_id,
    )
