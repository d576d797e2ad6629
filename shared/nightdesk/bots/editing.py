"""Change what an owner may change of a bot."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from nightdesk.bots import lifecycle
from nightdesk.bots.bot import Bot, BotStatus, OwnLimits, named
from nightdesk.bots.persistence import undisturbed
from nightdesk.bots.ports import Bots, Change
from nightdesk.bots.versions import Versions, complete
from nightdesk.bots.wanted import Edit
from nightdesk.core.errors import Conflict
from nightdesk.core.ids import BotId, UserId
from nightdesk.core.money import fixed
from nightdesk.trading.book import Book
from nightdesk.trading.order import Mode
from nightdesk.trading.ports import Desk


@dataclass(frozen=True, slots=True)
class UpdateBot:
    """Change a bot that is not retired. Parameters change only while it holds nothing."""

    bots: Bots
    desk: Desk
    versions: Versions

    def __call__(self, owner: UserId, bot_id: BotId, edit: Edit, at: datetime) -> Bot:
        """Return the bot as it now stands; nothing is written where nothing changes.

        Raises Missing, Invalid (name, parameters), Conflict (`STALE_VERSION`, `NOT_FLAT`,
        `NAME_TAKEN`, `STATUS_CONFLICT` once retired).
        """

        def attempt() -> Bot:
            bot = self.bots.get(owner, bot_id)
            _editable(bot, edit.version)
            after, changes = self._edited(bot, edit)
            if not changes:
                return bot
            seen = self._flat_book(bot) if "parameters" in changes else None
            step = lifecycle.edited(bot, replace(after, updated_at=at), changes, at, by=owner)
            return self.bots.commit(
                Change(before=bot, bot=step.bot, record=step.record, events=step.events, seen=seen)
            )

        return undisturbed(attempt)

    def _edited(self, bot: Bot, edit: Edit) -> tuple[Bot, dict[str, object]]:
        after, changes = bot, dict[str, object]()
        if edit.name is not None and (name := named(edit.name)) != bot.name:
            after, changes["name"] = replace(after, name=name), name
        if edit.risk_mode not in {None, bot.risk_mode}:
            after = replace(after, risk_mode=edit.risk_mode or bot.risk_mode)
            changes["risk_mode"] = after.risk_mode.value
        if edit.limits is not None and edit.limits != bot.limits:
            after, changes["limits"] = replace(after, limits=edit.limits), shown(edit.limits)
        if edit.auto_regenerate not in {None, bot.auto_regenerate}:
            after = replace(after, auto_regenerate=not bot.auto_regenerate)
            changes["auto_regenerate"] = after.auto_regenerate
        if edit.auto_promote_paper not in {None, bot.auto_promote_paper}:
            after = replace(after, auto_promote_paper=not bot.auto_promote_paper)
            changes["auto_promote_paper"] = after.auto_promote_paper
        if edit.parameters is not None:
            values = self._parameters(bot, edit.parameters)
            if values != dict(bot.parameters):
                number = bot.parameter_set + 1
                after = replace(after, parameters=values, parameter_set=number)
                changes |= {"parameters": values, "parameter_set": number}
        return after, changes

    def _parameters(self, bot: Bot, given: Mapping[str, object]) -> dict[str, object]:
        definition = self.versions(bot.owner, bot.strategy).definition
        return dict(complete(definition, given))

    def _flat_book(self, bot: Bot) -> Book:
        book = self.desk.book(bot.owner, bot.bot_id)
        if not book.flat:
            raise Conflict("NOT_FLAT", "parameters change only while the bot holds nothing")
        return book


@dataclass(frozen=True, slots=True)
class ChangeMode:
    """Ask for another trading mode. Paper is always granted; nothing is live yet."""

    bots: Bots

    def __call__(self, owner: UserId, bot_id: BotId, mode: Mode) -> Bot:
        """Return the bot in this mode. Raises Missing, Conflict `LIVE_GATE_REFUSED`."""
        bot = self.bots.get(owner, bot_id)
        if bot.status is BotStatus.RETIRED:
            raise Conflict(lifecycle.STATUS_CONFLICT, "a retired bot has no mode to change")
        if mode is Mode.PAPER:
            return bot
        raise Conflict(
            "LIVE_GATE_REFUSED",
            "this desk trades on paper only",
            [{"code": "MODE_DISABLED", "message": "live trading is not available here"}],
        )


def shown(limits: OwnLimits) -> dict[str, object]:
    """Return own limits as events and answers say them: fractions as text, cooldown in minutes."""
    minutes = None if limits.cooldown is None else int(limits.cooldown.total_seconds() // 60)
    return {
        "trades_per_day": limits.trades_per_day,
        "cooldown_minutes": minutes,
        "daily_loss": None if limits.daily_loss is None else fixed(limits.daily_loss),
        "drawdown": None if limits.drawdown is None else fixed(limits.drawdown),
    }


def _editable(bot: Bot, version: int) -> None:
    if bot.status is BotStatus.RETIRED:
        raise Conflict(lifecycle.STATUS_CONFLICT, "a retired bot stays as it was")
    if bot.version != version:
        raise Conflict(
            "STALE_VERSION",
            "the bot has changed since it was read",
            [{"version": bot.version}],
        )
