"""The rows of bots in the desk table: the bot, its history, its name, and counts of bots."""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any, Self

from pynamodb.attributes import BooleanAttribute, UnicodeAttribute

from nightdesk.accounts.privacy import PSEUDONYM, destroyed, kept, replaced
from nightdesk.adapters.dynamo import keys
from nightdesk.adapters.dynamo.attributes import (
    DecimalAttribute,
    IntegerAttribute,
    JsonAttribute,
    MomentAttribute,
)
from nightdesk.adapters.dynamo.tables import DeskItem
from nightdesk.bots.bot import (
    Bot,
    BotStatus,
    Lineage,
    Origin,
    OwnLimits,
    PauseCode,
    RiskMode,
)
from nightdesk.bots.lifecycle import Record
from nightdesk.core.ids import BotId, InstrumentId, UserId
from nightdesk.core.money import fixed
from nightdesk.market.timeframe import Timeframe
from nightdesk.trading.order import Mode


class BotItem(DeskItem, discriminator="BOT"):
    """One bot. In index `by_market` only while it trades or still holds something.

    In index `by_owner` all bots of the desk stand under SYSTEM, by id: what administrators read,
    and how they find the owner of a bot.
    """

    privacy = replaced("bots", {"name": PSEUDONYM})

    owner = UnicodeAttribute()
    name = UnicodeAttribute()
    instrument = UnicodeAttribute()
    timeframe = UnicodeAttribute()
    key_label = UnicodeAttribute()
    mode = UnicodeAttribute()
    status = UnicodeAttribute()
    pause_code = UnicodeAttribute(null=True)
    resume_to = UnicodeAttribute(null=True)
    strategy = UnicodeAttribute()
    parameters = JsonAttribute()
    parameter_set = IntegerAttribute()
    risk_mode = UnicodeAttribute()
    limits = JsonAttribute()
    initial = DecimalAttribute()
    lineage = JsonAttribute()
    auto_regenerate = BooleanAttribute()
    auto_promote_paper = BooleanAttribute()
    version = IntegerAttribute()
    created_at = MomentAttribute()
    updated_at = MomentAttribute()
    retired_at = MomentAttribute(null=True)
    retired_code = UnicodeAttribute(null=True)

    @classmethod
    def from_domain(cls, bot: Bot) -> Self:
        """Build the row that follows the version in `bot`."""
        item = cls(
            keys.owner(bot.owner),
            keys.bot_record(bot.bot_id),
            owner=bot.owner,
            name=bot.name,
            instrument=bot.instrument_id,
            timeframe=bot.timeframe.value,
            key_label=bot.key_label,
            mode=bot.mode.value,
            status=bot.status.value,
            pause_code=bot.pause_code and bot.pause_code.value,
            resume_to=bot.resume_to and bot.resume_to.value,
            strategy=bot.strategy,
            parameters=dict(bot.parameters),
            parameter_set=bot.parameter_set,
            risk_mode=bot.risk_mode.value,
            limits=_limits(bot.limits),
            initial=bot.initial,
            lineage=_lineage(bot.lineage),
            auto_regenerate=bot.auto_regenerate,
            auto_promote_paper=bot.auto_promote_paper,
            version=bot.version + 1,
            created_at=bot.created_at,
            updated_at=bot.updated_at,
            retired_at=bot.retired_at,
            retired_code=bot.retired_code,
        )
        item.feed, item.feed_sk = keys.ALL_BOTS, str(bot.bot_id)
        if bot.in_market:
            item.market = keys.market(bot.instrument_id, bot.timeframe)
            item.market_sk = keys.bot(bot.owner, bot.bot_id)
        return item

    def to_domain(self) -> Bot:
        """Build the noun, checked again."""
        return Bot(
            owner=UserId(self.owner),
            bot_id=BotId(self.sk.removeprefix(keys.BOTS)),
            name=self.name,
            instrument_id=InstrumentId(self.instrument),
            timeframe=Timeframe(self.timeframe),
            key_label=self.key_label,
            mode=Mode(self.mode),
            status=BotStatus(self.status),
            pause_code=PauseCode(self.pause_code) if self.pause_code else None,
            resume_to=BotStatus(self.resume_to) if self.resume_to else None,
            strategy=self.strategy,
            parameters=self.parameters,
            parameter_set=self.parameter_set,
            risk_mode=RiskMode(self.risk_mode),
            limits=_read_limits(self.limits),
            initial=self.initial,
            lineage=_read_lineage(self.lineage),
            auto_regenerate=self.auto_regenerate,
            auto_promote_paper=self.auto_promote_paper,
            in_market=self.market is not None,
            version=self.version,
            created_at=self.created_at,
            updated_at=self.updated_at,
            retired_at=self.retired_at,
            retired_code=self.retired_code,
        )


class RecordItem(DeskItem, discriminator="STATUS"):
    """One line of a bot's history."""

    privacy = replaced("bot_history", {"detail": None, "changes.name": None})

    at = MomentAttribute()
    before = UnicodeAttribute(null=True)
    after = UnicodeAttribute()
    code = UnicodeAttribute(null=True)
    detail = UnicodeAttribute(null=True)
    by = UnicodeAttribute()
    changes = JsonAttribute(null=True)

    @classmethod
    def from_domain(cls, bot: Bot, record: Record) -> Self:
        """Build the row."""
        return cls(
            keys.bot(bot.owner, bot.bot_id),
            keys.status_record(record.number),
            at=record.at,
            before=record.before and record.before.value,
            after=record.after.value,
            code=record.code,
            detail=record.detail,
            by=record.by,
            changes=dict(record.changes) or None,
        )

    def to_domain(self) -> Record:
        """Build the noun."""
        return Record(
            number=int(self.sk.removeprefix(keys.STATUSES)),
            at=self.at,
            before=BotStatus(self.before) if self.before else None,
            after=BotStatus(self.after),
            code=self.code,
            detail=self.detail,
            by=self.by,
            changes=self.changes or {},
        )


class NameItem(DeskItem, discriminator="BOTNAME"):
    """A name that one of an owner's bots has."""

    privacy = destroyed()

    bot_id = UnicodeAttribute()


class CountItem(DeskItem, discriminator="BOTCOUNT"):
    """How many bots there are: of an owner, of an owner at a venue, of a market."""

    privacy = kept(None)

    bots = IntegerAttribute()


def _limits(limits: OwnLimits) -> dict[str, object]:
    return {
        "trades_per_day": limits.trades_per_day,
        "cooldown": None if limits.cooldown is None else int(limits.cooldown.total_seconds()),
        "daily_loss": None if limits.daily_loss is None else fixed(limits.daily_loss),
        "drawdown": None if limits.drawdown is None else fixed(limits.drawdown),
    }


def _read_limits(stored: Mapping[str, Any]) -> OwnLimits:
    seconds, day, drawdown = (stored.get(n) for n in ("cooldown", "daily_loss", "drawdown"))
    return OwnLimits(
        trades_per_day=stored.get("trades_per_day"),
        cooldown=None if seconds is None else timedelta(seconds=seconds),
        daily_loss=None if day is None else Decimal(day),
        drawdown=None if drawdown is None else Decimal(drawdown),
    )


def _lineage(lineage: Lineage) -> dict[str, object]:
    return {
        "origin": lineage.origin.value,
        "parent": lineage.parent,
        "root": lineage.root,
        "generation": lineage.generation,
    }


def _read_lineage(stored: Mapping[str, Any]) -> Lineage:
    return Lineage(
        origin=Origin(stored["origin"]),
        parent=stored["parent"],
        root=BotId(stored["root"]),
        generation=stored["generation"],
    )
