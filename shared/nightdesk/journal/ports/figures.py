"""What figures need from outside."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from nightdesk.core.ids import BotId, UserId
from nightdesk.trading.order import Mode


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountBot:
    """A bot whose equity is part of an account. What it had when it was retired was taken out."""

    bot_id: BotId
    mode: Mode
    quote: str
    retired_at: datetime | None = None


class BotsOf(Protocol):
    """The bots of an owner."""

    def __call__(self, owner: UserId) -> Sequence[AccountBot]:
        """Return all of them, retired ones too."""
        ...
