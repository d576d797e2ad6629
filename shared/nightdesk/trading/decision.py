"""What a bot decided, on what evidence, and what it wants done."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from nightdesk.core.ids import BotId, ClientOrderId, DecisionId, InstrumentId, UserId
from nightdesk.market.timeframe import Timeframe
from nightdesk.risk.verdict import Outcome, Verdict
from nightdesk.strategies.signal import Action
from nightdesk.trading.order import Mode, Order


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalRecord:
    """What the strategy said: its action, strength and the conditions that were true."""

    action: Action
    strength: Decimal
    reason: tuple[str, ...]
    stop: Decimal | None = None
    target: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One decision with its evidence. `orders` are those it asks for; a denial asks for none."""

    decision_id: DecisionId
    owner: UserId
    bot_id: BotId
    instrument_id: InstrumentId
    timeframe: Timeframe
    mode: Mode
    as_of: datetime
    candle: datetime
    """Open time of the newest closed candle."""
    snapshot_hash: str
    strategy: str
    definition_hash: str
    regime: str
    action: Action
    code: str | None
    """Why nothing was done, or why less: the verdict's reason, or what blocked the signal."""
    signal: SignalRecord
    verdict: Verdict | None = None
    reference: Decimal
    gate: str | None = None
    """What kept every entry out while it was made, whatever was decided: `EMERGENCY_STOP`."""
    orders: tuple[Order, ...] = ()
    """What is to be placed; an entry that risk denied stands here as refused."""

    @property
    def denied(self) -> bool:
        """Whether risk refused the entry."""
        return self.verdict is not None and self.verdict.outcome is Outcome.DENIED

    @property
    def order_ids(self) -> tuple[ClientOrderId, ...]:
        """The client order ids it asks for."""
        return tuple(order.client_order_id for order in self.orders)
