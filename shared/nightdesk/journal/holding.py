"""A holding in the making: what fills do to quantity and cost, until nothing is left."""

from dataclasses import dataclass, field, fields
from datetime import datetime
from decimal import Decimal

from nightdesk.core.ids import BotId
from nightdesk.core.money import ZERO
from nightdesk.core.quick import quick
from nightdesk.journal.exactly import PLACES_18
from nightdesk.journal.fill import Contract, JournalFill
from nightdesk.journal.trade import Charge, Leg, Side

_LEG = quick(Leg, [one.name for one in fields(Leg)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Dust:
    """What was left of closed trades, too little to sell. It joins the next trade of its side."""

    bot_id: BotId | None
    side: Side
    quantity: Decimal
    cost: Decimal


@dataclass(slots=True, kw_only=True)
class Holding:
    """One trade while its fills are gone through. Cost is the moving average of what is held.

    Whoever calls works in the context `EXACTLY`: then nothing is rounded but a share of the cost.
    """

    contract: Contract
    side: Side
    held: Decimal = ZERO
    cost: Decimal = ZERO
    """Paid for what is held; for a short, received."""
    carried: Decimal = ZERO
    carried_cost: Decimal = ZERO
    peak: Decimal = ZERO
    realised: Decimal = ZERO
    entered: Decimal = ZERO
    exited: Decimal = ZERO
    paid: Decimal = ZERO
    """Sum of price times quantity over the entries."""
    received: Decimal = ZERO
    """Sum of price times quantity over the exits."""
    fills: list[JournalFill] = field(default_factory=list)
    """Those that it was made of, cut where they cross zero; one for each leg."""
    legs: list[Leg] = field(default_factory=list)
    charges: list[Charge] = field(default_factory=list)
    closed_at: datetime | None = None

    @property
    def opened_at(self) -> datetime:
        """When its first fill was."""
        return self.legs[0].at

    def carry(self, dust: Dust) -> None:
        """Take over what former trades of this side left, at its cost."""
        self.carried += dust.quantity
        self.carried_cost += dust.cost
        self.held += dust.quantity
        self.cost += dust.cost

    def enter(self, fill: JournalFill) -> None:
        """Grow by a fill."""
        quantity = fill.effect(self.contract)
        self.held += quantity
        self.cost += fill.price * quantity
        self.entered += quantity
        self.paid += fill.price * quantity
        self.peak = max(self.peak, self.held)
        self._add(fill, quantity, entry=True, realised=ZERO)

    def leave(self, fill: JournalFill) -> None:
        """Shrink by a fill of at most what is held; the last one takes all that is left."""
        quantity = fill.effect(self.contract)
        share = self.cost
        if quantity != self.held:
            share = (self.cost * quantity / self.held).quantize(PLACES_18)
        realised = self.side.direction * (fill.price * quantity - share)
        self.held -= quantity
        self.cost -= share
        self.exited += quantity
        self.received += fill.price * quantity
        self.realised += realised
        self._add(fill, quantity, entry=False, realised=realised)

    def close(self) -> Dust | None:
        """End it with its last fill; what is left is dust."""
        self.closed_at = self.legs[-1].at
        if not self.held:
            return None
        bot_id = self.fills[0].bot_id
        dust = Dust(bot_id=bot_id, side=self.side, quantity=self.held, cost=self.cost)
        self.held = self.cost = ZERO
        return dust

    def _add(self, fill: JournalFill, quantity: Decimal, *, entry: bool, realised: Decimal) -> None:
        self.fills.append(fill)
        self.legs.append(
            _LEG(
                fill_id=fill.id,
                order=fill.order,
                at=fill.at,
                action=fill.side,
                entry=entry,
                quantity=quantity,
                price=fill.price,
                fee=fill.fee_value(self.contract),
                fee_asset=fill.fee_asset,
                fee_price=fill.fee_price if fill.fee_elsewhere(self.contract) else None,
                realised=realised,
                stop=fill.stop,
                target=fill.target,
                rate=fill.rate,
            )
        )
