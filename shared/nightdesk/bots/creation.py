"""Make a bot: checked, funded and stored in one step."""

import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from nightdesk.accounts.audit import Action, Entry, Origin, Target, bot_chain, entries
from nightdesk.bots import capital, lifecycle
from nightdesk.bots.bot import (
    TIMEFRAMES,
    Bot,
    Lineage,
    bot_id,
    named,
)
from nightdesk.bots.persistence import undisturbed
from nightdesk.bots.ports import Bots, Change
from nightdesk.bots.profiles import (
    BOTS_PER_OWNER,
    CAPITAL_MAX,
    CAPITAL_MIN,
    effective,
    over_limit,
    venue_limit,
)
from nightdesk.bots.versions import Versions, complete
from nightdesk.bots.wanted import Draft
from nightdesk.core.errors import Invalid, Missing, UnknownInstrument
from nightdesk.core.ids import BotId, InstrumentId, UserId
from nightdesk.core.money import fixed
from nightdesk.market.instruments import Rules
from nightdesk.market.ports import RulesStore

KEY_LABEL = re.compile(r"[a-z0-9-]{1,20}")


@dataclass(frozen=True, slots=True)
class CreateBot:
    """Make a paper bot, a draft with its money in it. The same command again makes no second."""

    bots: Bots
    rules: RulesStore
    versions: Versions

    def __call__(
        self, owner: UserId, draft: Draft, *, cause: str, at: datetime, origin: Origin
    ) -> Bot:
        """Return the bot that `cause` made at `at`, now or before.

        Raises Invalid (`UNKNOWN_INSTRUMENT`, `UNKNOWN_STRATEGY`, `BELOW_MIN_NOTIONAL`,
        `BAD_NAME`, `BAD_AMOUNT`, what is wrong with parameters), Conflict (`NAME_TAKEN`,
        `INSUFFICIENT_CAPITAL`, `BOT_LIMIT`).
        """
        identity = bot_id(at, owner, cause)
        bot = self._checked(owner, draft, at, identity)
        step = lifecycle.created(bot, by=owner)
        moved = capital.funded(bot, at)
        change = Change(
            before=None,
            bot=bot,
            record=step.record,
            events=(*step.events, moved.event),
            book=moved.book,
            flow=moved.flow,
            entries=_told(bot, origin),
        )

        def attempt() -> Bot:
            try:
                return self.bots.get(owner, identity)
            except Missing:
                self._within_limits(owner, bot.venue)
                return self.bots.commit(change)

        return undisturbed(attempt)

    def _checked(self, owner: UserId, draft: Draft, at: datetime, identity: BotId) -> Bot:
        rules = _rules(self.rules, draft.instrument_id)
        if draft.timeframe not in TIMEFRAMES:
            raise Invalid(
                "UNKNOWN_TIMEFRAME",
                "a bot does not trade on this timeframe",
                field="timeframe",
                allowed=[tf.value for tf in TIMEFRAMES],
            )
        if not KEY_LABEL.fullmatch(draft.key_label):
            raise Invalid(
                "BAD_KEY_LABEL", "a label has 1 to 20 of a-z, 0-9 and -", field="key_label"
            )
        definition = self.versions.chosen(owner, draft.strategy, draft.timeframe)
        return Bot(
            owner=owner,
            bot_id=identity,
            name=named(draft.name),
            instrument_id=draft.instrument_id,
            timeframe=draft.timeframe,
            key_label=draft.key_label,
            strategy=draft.strategy,
            parameters=complete(definition, draft.parameters),
            risk_mode=draft.risk_mode,
            limits=draft.limits,
            initial=_enough(draft, rules),
            lineage=Lineage(root=identity),
            created_at=at,
            updated_at=at,
        )

    def _within_limits(self, owner: UserId, venue: str) -> None:
        used = self.bots.used(owner)
        if sum(used.values()) >= BOTS_PER_OWNER:
            raise over_limit("owner", BOTS_PER_OWNER)
        if used.get(venue, 0) >= venue_limit(venue):
            raise over_limit(venue, venue_limit(venue))


def _told(bot: Bot, origin: Origin) -> tuple[Entry, ...]:
    """Return what the audit log says of the new bot."""
    return entries(
        Action.BOT_CREATED,
        origin,
        bot.created_at,
        owner=bot.owner,
        target=Target(kind="bot", id=bot.bot_id),
        details={
            "instrument": bot.instrument_id,
            "timeframe": bot.timeframe.value,
            "strategy": bot.strategy,
            "risk_mode": bot.risk_mode.value,
            "capital": bot.initial,
        },
        chain=bot_chain(bot.owner, bot.bot_id),
    )


def _rules(store: RulesStore, instrument_id: InstrumentId) -> Rules:
    try:
        return store.get(instrument_id)
    except UnknownInstrument as error:
        raise Invalid(
            "UNKNOWN_INSTRUMENT", "this desk does not trade that instrument", field="instrument"
        ) from error


def _enough(draft: Draft, rules: Rules) -> Decimal:
    """Return the capital, if it may be so much and can buy the venue's smallest order."""
    if not CAPITAL_MIN <= draft.capital <= CAPITAL_MAX:
        raise Invalid(
            "BAD_AMOUNT",
            "the capital of a paper bot is 100 to 1,000,000 of its quote currency",
            field="capital",
            allowed={"min": fixed(CAPITAL_MIN), "max": fixed(CAPITAL_MAX)},
        )
    position = effective(draft.risk_mode, draft.limits, rules.instrument.venue).position
    if draft.capital * position < rules.min_notional:
        raise Invalid(
            "BELOW_MIN_NOTIONAL",
            "no position that the risk mode allows would reach the venue's smallest order",
            field="capital",
            allowed={"min": fixed(rules.min_notional / position)},
        )
    return draft.capital
