"""Bodies and answers of what administrators see and do of bots: headers and figures alone."""

from typing import TYPE_CHECKING, Literal, Self

from pydantic import Field

from functions.api.schemas import Answer, DecimalText, Moment, Request, SignedDecimalText
from nightdesk.bots.bot import DEFAULT_KEY_LABEL, BotStatus, PauseCode
from nightdesk.market.timeframe import Timeframe
from nightdesk.trading.order import Mode

if TYPE_CHECKING:
    from nightdesk.bots.reading import BotView


class PaperIn(Request):
    """The mode wanted. Only paper is an administrator's to give."""

    mode: Literal["paper", "live"]


class VenueIn(Request):
    """Where to trade from now on, and by the key of which label once the bot is live."""

    venue: str = Field(pattern=r"^[a-z]{3,12}$", examples=["coinbase"])
    key_label: str = Field(default=DEFAULT_KEY_LABEL, pattern=r"^[a-z0-9-]{1,20}$")


class CapitalOut(Answer):
    """What a bot works with, in its quote currency.

    `real_profit`: equity less all that its owner has put in, net of what was taken out.
    """

    currency: str
    initial: DecimalText
    net_capital: SignedDecimalText
    equity: SignedDecimalText
    as_of: Moment
    stale: bool


class BotHeaderOut(Answer):
    """A bot as administrators see it: no strategy, no parameter, no decision."""

    bot_id: str
    owner: str
    name: str
    instrument: str
    timeframe: Timeframe
    key_label: str
    mode: Mode
    status: BotStatus
    pause_code: PauseCode | None
    risk_mode: str
    capital: CapitalOut
    real_profit: SignedDecimalText
    created_at: Moment
    updated_at: Moment

    @classmethod
    def from_domain(cls, view: "BotView") -> Self:
        """Show a bot's header and what it is worth."""
        bot, figures = view.bot, view.figures
        return cls(
            bot_id=bot.bot_id,
            owner=bot.owner,
            name=bot.name,
            instrument=bot.instrument_id,
            timeframe=bot.timeframe,
            key_label=bot.key_label,
            mode=bot.mode,
            status=bot.status,
            pause_code=bot.pause_code,
            risk_mode=bot.risk_mode.value,
            capital=CapitalOut(
                currency=bot.currency,
                initial=bot.initial,
                net_capital=figures.net_capital,
                equity=figures.equity,
                as_of=figures.as_of,
                stale=figures.stale,
            ),
            real_profit=figures.equity - figures.net_capital,
            created_at=bot.created_at,
            updated_at=bot.updated_at,
        )
