"""The simulated exchange: what a venue would have answered, from candles and a seed alone.

It keeps nothing. What it knows of an order is a pure function of the order as it was sent, of the
market data at `sent_at` and of the seed, so a look-up after a crash or a lost answer tells what the
submit told, and any order of processing gives the same bytes. Every draw is
``SHA-256(seed | client order id | purpose)``.

How orders fill (steps of trading §5, assumptions of §6):

* market: at `Quote.last` (the opening price of the candle that begins at `sent_at`), worse by
  half-spread and impact (step 4). At most 5 % of a candle's volume: the candle that begins now has
  not happened, so that of the last closed one. The rest of a market or IOC order EXPIRES.
* stop: on the first closed candle from `created_at` on that reaches it, at the trigger or at an
  open beyond it, worse by cost and slippage (step 6, A3), within that candle's volume.
* take-profit: on the first closed candle that trades through it (A8), at the trigger, or at an open
  above it, without further cost; a taker all the same, since the desk sends it when it is reached.
* stop and take-profit that no closed candle shows were fired by a price just seen: they sell at the
  quote, as a market order would.
* limit: at once like a market order where the price allows (a taker, never beyond its limit), else
  it rests and fills at its limit on candles that trade through it (a maker, step 5), each to 5 % of
  the volume. How far it has come is told up to `updated_at` of the order that is asked about.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from statistics import NormalDist
from typing import Protocol

from nightdesk.core.clock import from_millis
from nightdesk.core.errors import OutcomeUnknown
from nightdesk.core.ids import InstrumentId, VenueOrderId, digest
from nightdesk.core.money import BPS, ZERO, approximate
from nightdesk.market import fees as venue_fees
from nightdesk.market.candles import Candles
from nightdesk.market.fees import FeeRow
from nightdesk.market.instruments import (
    Instrument,
    Quote,
    QuoteClass,
    Rules,
)
from nightdesk.trading.assumptions import Assumptions, draw
from nightdesk.trading.order import (
    Answer,
    Fill,
    Liquidity,
    Order,
    OrderStatus,
    OrderType,
    Side,
    TimeInForce,
)
from nightdesk.trading.pricing import Deal, Pricing, against
from nightdesk.trading.protection import basis, first_touch
from nightdesk.trading.refusal import refusal

LOOK_BACK = timedelta(days=20)
"""Volatility and daily notional are measured over these days before the order."""
PATIENCE = timedelta(minutes=5)
"""A price this long after the order is another market's."""
BEYOND_LIMIT = "PRICE_BEYOND_LIMIT"
SIMULATED_REJECTION = "SIMULATED_REJECTION"

Quotes = Callable[[InstrumentId, datetime], Quote]
"""The price at a moment, as `Venue.quote`."""


class History(Protocol):
    """Recorded candles of one instrument, of one fixed timeframe: the finest that is stored."""

    def __call__(self, instrument_id: InstrumentId, since: datetime, until: datetime) -> Candles:
        """Return the candles with ``since <= open_time < until``, as `CandleStore.between`.

        One that is not closed by `until` is dropped here.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedExchange:
    """Answers orders as a venue would. See the module for how they fill."""

    quotes: Quotes
    history: History
    assumptions: Assumptions
    fees: Callable[[str, QuoteClass, datetime], FeeRow] = venue_fees.fee
    half_spread_bps: Callable[[Instrument], Decimal] = venue_fees.half_spread

    @property
    def _pricing(self) -> Pricing:
        return Pricing(
            assumptions=self.assumptions, fees=self.fees, half_spread_bps=self.half_spread_bps
        )

    def submit(self, order: Order, rules: Rules) -> Answer:
        """Answer one order. Raises OutcomeUnknown when the answer is lost, ValueError if unsent."""
        answer = self._answer(order, rules)
        if self._lost(order):
            raise OutcomeUnknown(f"no answer to {order.client_order_id}")
        return answer

    def look_up(self, order: Order, rules: Rules) -> Answer | None:
        """Return what `submit` answered, or would have; None when it never came here."""
        if order.sent_at is None or (self._lost(order) and not self._placed(order)):
            return None
        return self._answer(order, rules)

    def cancel(self, order: Order, rules: Rules) -> Answer:
        """Cancel what rests of it as of `updated_at`; a final order answers what it came to."""
        answer = self._answer(order, rules)
        if not answer.status.open:
            return answer
        return Answer(
            status=OrderStatus.CANCELED, fills=answer.fills, venue_order_id=answer.venue_order_id
        )

    def _answer(self, order: Order, rules: Rules) -> Answer:
        sent = _sent(order)
        if (reason := refusal(order, rules)) is not None:
            return self._final(order, OrderStatus.REJECTED, reason=reason)
        if self._draw(order, "rejection") < self.assumptions.rejection_rate:
            return self._final(order, OrderStatus.REJECTED, reason=SIMULATED_REJECTION)
        candles = self.history(order.instrument_id, sent - LOOK_BACK, sent).closed(sent)
        if order.type in {OrderType.STOP, OrderType.TAKE_PROFIT}:
            return self._triggered(order, rules, candles)
        quote = self._quote(order, candles)
        if quote is None:
            return self._final(order, OrderStatus.EXPIRED, reason="NO_PRICE")
        if order.type is OrderType.LIMIT:
            return self._limit(order, rules, quote, candles)
        return self._taken(order, rules, quote.last, candles, _last_volume(candles))

    def _quote(self, order: Order, candles: Candles) -> Quote | None:
        """Return the price at the order's arrival; None in a gap, where nothing fills (A12).

        A price a whole candle old is from before the gap, one far ahead from behind it.
        """
        sent = _sent(order)
        quote = self.quotes(order.instrument_id, sent)
        fresh = sent - candles.timeframe.length < quote.at <= sent + PATIENCE
        return quote if fresh else None

    def _triggered(self, order: Order, rules: Rules, candles: Candles) -> Answer:
        stop = order.type is OrderType.STOP
        slip = Decimal(str(self.assumptions.stop_slippage_bps)) / BPS if stop else ZERO
        since = candles.since(order.created_at)
        index = first_touch(order, since)
        if index is None:
            quote = self._quote(order, candles)
            if quote is None:
                return self._final(order, OrderStatus.EXPIRED, reason="NO_PRICE")
            volume = _last_volume(candles)
            return self._taken(order, rules, quote.last, candles, volume, slip=slip)
        price, volume = basis(order, since, index), float(since.volume[index])
        before = candles.rows(0, len(candles) - len(since) + index)
        if not stop:
            return self._taken(order, rules, price, before, volume, free=True)
        return self._taken(order, rules, price, before, volume, slip=slip)

    def _taken(
        self,
        order: Order,
        rules: Rules,
        price: Decimal,
        candles: Candles,
        volume: float,
        *,
        slip: Decimal = ZERO,
        free: bool = False,
    ) -> Answer:
        """Take from the market at `price`, worse by its cost, up to a share of `volume`."""
        quantity = self._pricing.share(order.quantity, price, volume, rules)
        if not quantity:
            return self._final(order, OrderStatus.EXPIRED, reason="NO_LIQUIDITY")
        worse = ZERO if free else self._pricing.cost(rules, candles, quantity * price, slip)
        paid = against(order.side, price, worse, rules.tick)
        deal = Deal(
            price=paid, quantity=quantity, liquidity=Liquidity.TAKER, at=self._arrival(order)
        )
        fill = self._pricing.fill(order, rules, deal, 1)
        if order.type is OrderType.LIMIT and _beyond(order, paid):
            return self._final(order, OrderStatus.EXPIRED, reason=BEYOND_LIMIT)
        if not _covered(order, rules, fill):
            return self._final(order, OrderStatus.EXPIRED, reason="PRICE_BEYOND_BOUND")
        if quantity == order.quantity:
            return self._final(order, OrderStatus.FILLED, (fill,))
        return self._final(order, OrderStatus.EXPIRED, (fill,), reason="NO_LIQUIDITY")

    def _limit(self, order: Order, rules: Rules, quote: Quote, candles: Candles) -> Answer:
        resting = order.time_in_force is TimeInForce.GTC
        if not _beyond(order, quote.last):
            answer = self._taken(order, rules, quote.last, candles, _last_volume(candles))
            whole = answer.status is OrderStatus.FILLED
            if whole or not resting:
                return answer
            return self._rested(order, rules, answer.fills)
        if not resting:
            return self._final(order, OrderStatus.EXPIRED, reason=BEYOND_LIMIT)
        return self._rested(order, rules, ())

    def _rested(self, order: Order, rules: Rules, taken: tuple[Fill, ...]) -> Answer:
        """Fill what is left on the candles since it was sent, up to the order's `updated_at`."""
        limit = approximate(_price(order))
        until = order.updated_at
        candles = self.history(order.instrument_id, _sent(order), until).closed(until)
        fills = list(taken)
        left = order.quantity - sum((fill.quantity for fill in taken), ZERO)
        for index in range(len(candles)):
            extreme = float((candles.low if order.side is Side.BUY else candles.high)[index])
            beyond = extreme < limit if order.side is Side.BUY else extreme > limit
            opened = from_millis(int(candles.open_time[index]))
            drawn = self._draw(order, f"touch:{int(candles.open_time[index])}")
            if not beyond and (extreme != limit or drawn >= self.assumptions.touch_probability):
                continue
            part = min(left, self._pricing.available(float(candles.volume[index]), rules))
            if part <= ZERO:
                continue
            deal = Deal(
                price=_price(order),
                quantity=part,
                liquidity=Liquidity.MAKER,
                at=opened + candles.timeframe.length,
            )
            fills.append(self._pricing.fill(order, rules, deal, len(fills) + 1))
            left -= part
            if not left:
                return self._final(order, OrderStatus.FILLED, tuple(fills))
        status = OrderStatus.PARTIALLY_FILLED if fills else OrderStatus.ACCEPTED
        return self._final(order, status, tuple(fills))

    def _arrival(self, order: Order) -> datetime:
        normal = NormalDist().inv_cdf(self._draw(order, "latency"))
        factor = math.exp(self.assumptions.jitter * normal)
        return _sent(order) + timedelta(milliseconds=round(self.assumptions.latency_ms * factor))

    def _lost(self, order: Order) -> bool:
        return self._draw(order, "lost") < self.assumptions.lost_rate

    def _placed(self, order: Order) -> bool:
        return self._draw(order, "placed") < 0.5  # noqa: PLR2004 - a fair coin

    def _draw(self, order: Order, purpose: str) -> float:
        return draw(self.assumptions.seed, order.client_order_id, purpose)

    def _final(
        self,
        order: Order,
        status: OrderStatus,
        fills: Sequence[Fill] = (),
        *,
        reason: str | None = None,
    ) -> Answer:
        placed = digest(self.assumptions.seed, order.client_order_id, "venue order").hex()
        return Answer(
            status=status,
            fills=tuple(fills),
            venue_order_id=VenueOrderId(f"sim-{placed[:20]}"),
            reason=reason,
        )


def _covered(order: Order, rules: Rules, fill: Fill) -> bool:
    """Tell whether the reservation pays for the fill: the worst price that the buyer accepts."""
    if order.side is Side.SELL or order.filled:
        return True
    fee = fill.fee_value if fill.fee_asset == rules.instrument.quote else ZERO
    return fill.notional + fee <= order.reserved


def _beyond(order: Order, price: Decimal) -> bool:
    """Tell whether `price` is worse than the limit."""
    return price > _price(order) if order.side is Side.BUY else price < _price(order)


def _price(order: Order) -> Decimal:
    if order.price is None:
        raise ValueError(f"{order.client_order_id} has no limit")
    return order.price


def _sent(order: Order) -> datetime:
    if order.sent_at is None:
        raise ValueError(f"{order.client_order_id} was not sent")
    return order.sent_at


def _last_volume(candles: Candles) -> float:
    return float(candles.volume[-1]) if len(candles) else 0.0
