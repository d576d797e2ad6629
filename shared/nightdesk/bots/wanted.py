"""What an owner asks of the bots room. Light: the API loads these before it knows the route."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType

from nightdesk.bots.bot import DEFAULT_KEY_LABEL, Bot, BotStatus, OwnLimits, RiskMode
from nightdesk.core.ids import InstrumentId
from nightdesk.market.timeframe import Timeframe
from nightdesk.trading.order import Mode


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What an owner asks for. `parameters` are exact: whole numbers, Decimals or text."""

    name: str
    instrument_id: InstrumentId
    timeframe: Timeframe
    strategy: str
    capital: Decimal
    parameters: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))
    risk_mode: RiskMode = RiskMode.BALANCED
    limits: OwnLimits = field(default_factory=OwnLimits)
    key_label: str = DEFAULT_KEY_LABEL


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """What is to change, against the `version` that the owner saw; None leaves a field.

    `limits` and `parameters` replace the former ones whole.
    """

    version: int
    name: str | None = None
    limits: OwnLimits | None = None
    risk_mode: RiskMode | None = None
    parameters: Mapping[str, object] | None = None
    auto_regenerate: bool | None = None
    auto_promote_paper: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which bots to list; None is any. Retired ones are shown only when they are asked for."""

    status: BotStatus | None = None
    mode: Mode | None = None
    venue: str | None = None
    instrument_id: InstrumentId | None = None

    def fits(self, bot: Bot) -> bool:
        """Tell whether `bot` is wanted."""
        status = bot.status is self.status if self.status else bot.status is not BotStatus.RETIRED
        return (
            status
            and self.mode in {None, bot.mode}
            and self.venue in {None, bot.venue}
            and self.instrument_id in {None, bot.instrument_id}
        )
