"""A bot's book: its balances, its position, its open orders; and how fills change them."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal, localcontext

from nightdesk.core.errors import InvariantBroken
from nightdesk.core.ids import BotId, ClientOrderId, InstrumentId, PostingId, UserId
from nightdesk.core.money import EXACT, PLACES_12, ZERO, floor_to
from nightdesk.market.instruments import Rules
from nightdesk.market.timeframe import Timeframe
from nightdesk.trading.identity import position_id
from nightdesk.trading.ledger import (
    Account,
    Balances,
    Line,
    Posting,
    deposit,
    reservation,
)
from nightdesk.trading.order import Fill, Mode, Order, Side
from nightdesk.trading.position import Position, RoundTrip

ENTRY_MEMORY = timedelta(days=1)
LOSS_R = Decimal("-0.1")
"""A round trip below this many R is a loss in the sense of a streak (trading §4)."""
STREAK_ENDS = 3
REMEMBERED = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What a bot's closed round trips add up to, in quote currency."""

    trips: int = 0
    wins: int = 0
    recent: str = ""
    """Outcomes of the last 40, newest last: `W` won, `L` lost, `-` neither."""
    net: Decimal = ZERO

    def after(self, trip: RoundTrip) -> "Tally":
        """Return the tally with one more round trip. A net of -0.1 R to zero is neither."""
        outcome = "W" if trip.net > ZERO else "L" if trip.r < LOSS_R else "-"
        return Tally(
            trips=self.trips + 1,
            wins=self.wins + (trip.net > ZERO),
            recent=(self.recent + outcome)[-REMEMBERED:],
            net=self.net + trip.net,
        )

    def losing(self, most: int) -> int:
        """Return the losses in a row; from `most` on they count on until three wins (trading §4).

        What is neither win nor loss ends no row and lengthens none.
        """
        row = wins = worst = 0
        for outcome in self.recent:
            if outcome == "L":
                row += 1
                if row >= most:
                    worst, wins = max(worst, row), 0
            elif outcome == "W":
                row, wins = 0, wins + 1
                if wins >= STREAK_ENDS:
                    worst = 0
        return max(row, worst)


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """All that a bot has, at one version. `fence` is the newest lease that wrote it."""

    owner: UserId
    bot_id: BotId
    mode: Mode
    instrument_id: InstrumentId
    timeframe: Timeframe
    balances: Balances
    position: Position | None = None
    open_orders: tuple[ClientOrderId, ...] = ()
    in_flight: tuple[ClientOrderId, ...] = ()
    """Those of the open orders that the venue may know: they wait for its answer."""
    entries: tuple[datetime, ...] = ()
    """When entries of the last day were sent, oldest first."""
    last_exit_at: datetime | None = None
    entries_blocked: str | None = None
    """The code that blocks entries, written with the bot's status; every commit keeps it."""
    doubt: str = ""
    """What of its own numbers contradicts the rest, in words. While it stands no strategy trades
    the bot: it is for a person to look (trading §5, Ledger)."""
    tally: Tally = Tally()
    updated_at: datetime
    fence: int = 0
    version: int = 0

    @property
    def base(self) -> str:
        """The asset that is bought and sold."""
        return self.instrument_id.partition("/")[0]

    @property
    def quote(self) -> str:
        """The currency of prices and of the bot's capital."""
        return self.instrument_id.partition("/")[2].partition("@")[0]

    @property
    def flat(self) -> bool:
        """Whether nothing is held, resting or on its way; dust too small to sell aside."""
        return self.position is None and not self.open_orders

    @property
    def cash(self) -> Decimal:
        """Quote currency that is free."""
        return self.balances.of(Account.CASH, self.quote)

    @property
    def reserved(self) -> Decimal:
        """Quote currency set aside for open buys."""
        return self.balances.of(Account.RESERVED, self.quote)

    @property
    def dust(self) -> Decimal:
        """Base units too few to sell."""
        return self.balances.of(Account.DUST, self.base)

    @property
    def holding(self) -> Decimal:
        """Base units held, dust included."""
        return self.balances.of(Account.POSITION, self.base) + self.dust

    @property
    def net_capital(self) -> Decimal:
        """What the owner put in, less what was taken out."""
        return -self.balances.of(Account.CAPITAL, self.quote)

    @property
    def realised(self) -> Decimal:
        """Gross result of sales."""
        return -self.balances.of(Account.REALISED, self.quote)

    @property
    def fees(self) -> Decimal:
        """All fees, valued in quote currency."""
        return self.balances.of(Account.FEES, self.quote)

    @property
    def open_cost(self) -> Decimal:
        """What the present holding cost, without fees."""
        return self.balances.of(Account.EXTERNAL, self.quote)

    def equity(self, mark: Decimal) -> Decimal:
        """Return cash, reserved and the holding at `mark` per base unit."""
        with localcontext(EXACT):
            return self.cash + self.reserved + self.holding * mark

    def unrealised(self, mark: Decimal) -> Decimal:
        """Gross result of the holding if it were worth `mark` per base unit."""
        with localcontext(EXACT):
            return self.holding * mark - self.open_cost

    def funded(self, cause: str, amount: Decimal, at: datetime) -> "tuple[Book, Posting]":
        """Return the book after `amount` moved in (negative: out), and its posting."""
        posting = deposit(cause, at, self.quote, amount)
        return self._posted((posting,), at), posting

    def intended(self, order: Order, at: datetime) -> "tuple[Book, tuple[Posting, ...]]":
        """Return the book with one more open order, its cash reserved if it buys."""
        postings: tuple[Posting, ...] = ()
        if order.reserved:
            cause = f"reserve:{order.client_order_id}"
            postings = (reservation(cause, at, self.quote, order.reserved),)
        entries = self.entries
        if order.side is Side.BUY:
            entries = (*(e for e in entries if at - e < ENTRY_MEMORY), at)
        book = replace(self._posted(postings, at), entries=entries)
        book = replace(book, open_orders=(*book.open_orders, order.client_order_id))
        return (book.sending(order) if order.sent_at else book), postings

    def sending(self, order: Order) -> "Book":
        """Return the book with one more order that the venue may know."""
        return replace(self, in_flight=(*self.in_flight, order.client_order_id))

    def finished(self, order: Order, at: datetime) -> "tuple[Book, Order, tuple[Posting, ...]]":
        """Return the book without a final order, whatever it still had reserved freed."""
        postings: tuple[Posting, ...] = ()
        if order.reserved:
            cause = f"release:{order.client_order_id}"
            postings = (reservation(cause, at, self.quote, -order.reserved),)
        left = tuple(oid for oid in self.open_orders if oid != order.client_order_id)
        flying = tuple(oid for oid in self.in_flight if oid != order.client_order_id)
        book = replace(self._posted(postings, at), open_orders=left, in_flight=flying)
        return book, replace(order, reserved=ZERO), postings

    def bought(self, order: Order, fill: Fill) -> "tuple[Book, Order, Posting]":
        """Return book and order after a buy fill, and its posting."""
        in_coins = fill.fee_asset == self.base
        with localcontext(EXACT):
            cost = fill.notional + (ZERO if in_coins else fill.fee_value)
            taken = min(order.reserved, cost)
            received = fill.quantity - fill.fee if in_coins else fill.quantity
            paid_for = fill.notional - (fill.fee_value if in_coins else ZERO)
            lines = [
                Line(Account.RESERVED, self.quote, -taken),
                Line(Account.CASH, self.quote, taken - cost),
                Line(Account.EXTERNAL, self.quote, paid_for),
                Line(Account.FEES, self.quote, fill.fee_value),
                Line(Account.EXTERNAL, self.base, -fill.quantity),
                Line(Account.POSITION, self.base, received + self.dust),
            ]
            if in_coins:
                lines.append(Line(Account.FEES, self.base, fill.fee))
            if self.dust:
                lines.append(Line(Account.DUST, self.base, -self.dust))
        posting = _posting(fill, lines)
        book = self._posted((posting,), fill.at)
        held = self._grown(order, fill, book)
        return (
            replace(book, position=held),
            replace(order, reserved=order.reserved - taken),
            posting,
        )

    def sold(
        self, order: Order, fill: Fill, rules: Rules, reason: str
    ) -> "tuple[Book, Posting, RoundTrip | None]":
        """Return the book after a sale, its posting, and the round trip if that was its end.

        Raises InvariantBroken when more is sold than held.
        """
        held = self.position
        if held is None:
            return *self._dust_sold(fill), None
        if fill.quantity > held.quantity:
            raise InvariantBroken(f"sold {fill.quantity} of {self.holding} {self.base}")
        left = held.quantity - fill.quantity
        ends = _is_dust(left, fill.price, rules)
        with localcontext(EXACT):
            cost = _share(held.cost, fill.quantity, held.quantity)
            entry_fees = _share(held.entry_fees, fill.quantity, held.quantity)
            entry_fees = held.entry_fees if ends else entry_fees
            net = fill.notional - fill.fee_value - cost - entry_fees
            lines = self._sale(fill, cost, Account.POSITION)
            held = replace(
                held,
                slippage=held.slippage + slippage(order, fill),
                orders=_with(held.orders, order),
                sold_net=held.sold_net + net,
                used_fees=held.used_fees + fill.fee_value + entry_fees,
            )
            if not ends:
                rest = replace(
                    held,
                    quantity=left,
                    cost=held.cost - cost,
                    entry_fees=held.entry_fees - entry_fees,
                )
                posting = _posting(fill, lines)
                return replace(self._posted((posting,), fill.at), position=rest), posting, None
        if left:
            lines += [Line(Account.POSITION, self.base, -left), Line(Account.DUST, self.base, left)]
        posting = _posting(fill, lines)
        trip = _round_trip(held, fill.at, reason)
        book = replace(
            self._posted((posting,), fill.at),
            position=None,
            tally=self.tally.after(trip),
            last_exit_at=fill.at,
        )
        return book, posting, trip

    def _dust_sold(self, fill: Fill) -> "tuple[Book, Posting]":
        """Book a late fill of an exit whose earlier fills left only dust: its trip is closed."""
        if fill.quantity > self.dust:
            raise InvariantBroken(f"sold {fill.quantity} of {self.holding} {self.base}")
        with localcontext(EXACT):
            cost = _share(self.open_cost, fill.quantity, self.dust)
            posting = _posting(fill, self._sale(fill, cost, Account.DUST))
        return self._posted((posting,), fill.at), posting

    def _sale(self, fill: Fill, cost: Decimal, account: Account) -> list[Line]:
        return [
            Line(Account.CASH, self.quote, fill.notional - fill.fee_value),
            Line(Account.FEES, self.quote, fill.fee_value),
            Line(Account.EXTERNAL, self.quote, -cost),
            Line(Account.REALISED, self.quote, cost - fill.notional),
            Line(account, self.base, -fill.quantity),
            Line(Account.EXTERNAL, self.base, fill.quantity),
        ]

    def _grown(self, order: Order, fill: Fill, book: "Book") -> Position:
        plan, held = order.plan, self.position
        if plan is None:
            raise InvariantBroken(f"{order.client_order_id} buys without a plan")
        with localcontext(EXACT):
            risk = _share(plan.planned_risk, fill.quantity, order.quantity)
        quantity = book.balances.of(Account.POSITION, self.base)
        if held is None:
            return Position(
                position_id=position_id(order.client_order_id),
                instrument_id=order.instrument_id,
                quantity=quantity,
                cost=book.open_cost,
                entry_fees=fill.fee_value,
                opened_at=fill.at,
                entry_order=order.client_order_id,
                protection=plan.protection,
                planned_risk=risk,
                strategy=plan.strategy,
                bought=fill.quantity,
                slippage=slippage(order, fill),
                orders=(order.client_order_id,),
                first_fill=fill.fill_id,
                carried=self.dust,
                carried_cost=self.open_cost,
                checked_to=order.created_at,
            )
        return replace(
            held,
            quantity=quantity,
            cost=book.open_cost,
            entry_fees=held.entry_fees + fill.fee_value,
            planned_risk=held.planned_risk + risk,
            bought=held.bought + fill.quantity,
            slippage=held.slippage + slippage(order, fill),
            orders=_with(held.orders, order),
        )

    def _posted(self, postings: tuple[Posting, ...], at: datetime) -> "Book":
        return replace(self, balances=self.balances.post(postings), updated_at=at)


def opened(
    *,
    owner: UserId,
    bot_id: BotId,
    mode: Mode,
    instrument_id: InstrumentId,
    timeframe: Timeframe,
    at: datetime,
) -> Book:
    """Return the empty book of a new bot."""
    return Book(
        owner=owner,
        bot_id=bot_id,
        mode=mode,
        instrument_id=instrument_id,
        timeframe=timeframe,
        balances=Balances(),
        updated_at=at,
    )


def slippage(order: Order, fill: Fill) -> Decimal:
    """Return the quote currency that a fill cost against the price decided at."""
    with localcontext(EXACT):
        worse = fill.price - order.reference
        return (worse if fill.side is Side.BUY else -worse) * fill.quantity


def _with(orders: tuple[ClientOrderId, ...], order: Order) -> tuple[ClientOrderId, ...]:
    return orders if order.client_order_id in orders else (*orders, order.client_order_id)


def sellable(quantity: Decimal, rules: Rules) -> Decimal:
    """Return how much of `quantity` the venue's lot lets one sell."""
    return floor_to(quantity, rules.lot)


def _is_dust(left: Decimal, price: Decimal, rules: Rules) -> bool:
    whole = sellable(left, rules)
    return whole <= ZERO or whole < rules.min_quantity or whole * price < rules.min_notional


def _share(total: Decimal, part: Decimal, whole: Decimal) -> Decimal:
    """Return the part of a cost that a sale uses up; the last sale takes all that is left."""
    return total if part == whole else (total * part / whole).quantize(PLACES_12)


def _posting(fill: Fill, lines: list[Line]) -> Posting:
    return Posting(
        posting_id=PostingId(f"fill:{fill.fill_id}"),
        at=fill.at,
        lines=tuple(line for line in lines if line.amount),
    )


def _round_trip(held: Position, at: datetime, reason: str) -> RoundTrip:
    """Return the whole of a holding; `held` stands after its last sale."""
    return RoundTrip(
        position_id=held.position_id,
        instrument_id=held.instrument_id,
        opened_at=held.opened_at,
        closed_at=at,
        quantity=held.bought,
        gross=held.sold_net + held.used_fees,
        fees=held.used_fees,
        net=held.sold_net,
        slippage=held.slippage,
        orders=held.orders,
        planned_risk=held.planned_risk,
        exit_reason=reason,
        strategy=held.strategy,
        first_fill=held.first_fill,
        carried=held.carried,
        carried_cost=held.carried_cost,
    )
