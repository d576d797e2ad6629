"""Which keys live bots cannot do without: answered to the vault, which knows no bots."""

from dataclasses import dataclass

from nightdesk.bots.ports import Bots
from nightdesk.core.ids import UserId
from nightdesk.trading.order import Mode
from nightdesk.trading.ports import Desk


@dataclass(frozen=True, slots=True)
class LiveKeyUses:
    """The port KeyUses of the accounts room."""

    bots: Bots
    desk: Desk

    def held(self, owner: UserId, provider: str, label: str) -> bool:
        """Whether a live bot has something on this key that only it can close."""
        live = self.desk.owner_books(owner, Mode.LIVE)
        holding = {
            book.bot_id
            for book in live
            if not book.flat and book.instrument_id.partition("@")[2] == provider
        }
        return bool(holding) and any(
            bot.key_label == label for bot in self.bots.list(owner) if bot.bot_id in holding
        )
