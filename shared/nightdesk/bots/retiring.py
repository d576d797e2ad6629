"""Retire a bot: its money goes home, its history stays."""

from dataclasses import dataclass
from datetime import datetime

from nightdesk.accounts.audit import Action, Entry, Json, Origin, Target, bot_chain, entries
from nightdesk.bots import capital, lifecycle
from nightdesk.bots.bot import Bot, BotStatus
from nightdesk.bots.capital import Flow
from nightdesk.bots.lifecycle import Trigger
from nightdesk.bots.persistence import undisturbed
from nightdesk.bots.ports import Bots, Change
from nightdesk.core.errors import Conflict
from nightdesk.core.ids import BotId, UserId
from nightdesk.trading.book import Book
from nightdesk.trading.ports import Desk

OWNER_RETIRED = "OWNER_RETIRED"


@dataclass(frozen=True, slots=True)
class RetireBot:
    """End a bot that holds nothing: free cash back to its pool, in the same step."""

    bots: Bots
    desk: Desk

    def __call__(self, owner: UserId, bot_id: BotId, at: datetime, origin: Origin) -> Bot:
        """Return the retired bot.

        Raises Missing, Conflict (`STATUS_CONFLICT`, `OPEN_POSITIONS`, `NOT_FLAT` for orders).
        """

        def attempt() -> Bot:
            bot = self.bots.get(owner, bot_id)
            if bot.status is BotStatus.RETIRED and lifecycle.done(bot, at):
                return bot
            lifecycle.allowed(bot, Trigger.RETIRE, BotStatus.RETIRED)
            book = self.desk.book(owner, bot_id)
            _flat(book)
            step = lifecycle.retired(bot, at, by=owner, code=OWNER_RETIRED)
            moved = capital.returned(bot, book, at)
            return self.bots.commit(
                Change(
                    before=bot,
                    bot=step.bot,
                    record=step.record,
                    events=(*step.events, moved.event) if moved else step.events,
                    book=capital.barred(moved.book if moved else book, step.bot),
                    flow=moved.flow if moved else None,
                    entries=_told(step.bot, origin, at, moved.flow if moved else None),
                )
            )

        return undisturbed(attempt)


def _told(bot: Bot, origin: Origin, at: datetime, flow: Flow | None) -> tuple[Entry, ...]:
    """Return what the audit log says of the bot's end, and of the money that went home."""
    details: dict[str, Json] = {"mode": bot.mode.value}
    if flow is not None:
        details |= {"returned": abs(flow.amount), "currency": flow.currency}
    return entries(
        Action.BOT_RETIRED,
        origin,
        at,
        owner=bot.owner,
        target=Target(kind="bot", id=bot.bot_id),
        details=details,
        chain=bot_chain(bot.owner, bot.bot_id),
    )


def _flat(book: Book) -> None:
    if book.position is not None:
        raise Conflict(
            "OPEN_POSITIONS",
            "the bot still holds a position",
            [{"position_id": book.position.position_id}],
        )
    if book.open_orders:
        raise Conflict(
            "NOT_FLAT",
            "the bot still has orders open",
            [{"client_order_id": order} for order in book.open_orders],
        )
