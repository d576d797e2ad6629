"""Conservation of money: random histories of a book against a plain count of coins and cash."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal, localcontext
from types import MappingProxyType

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from nightdesk.core.errors import InvariantBroken
from nightdesk.core.ids import ClientOrderId, FillId, PostingId
from nightdesk.core.money import EXACT, floor_to, up_at_8
from nightdesk.trading import invariants
from nightdesk.trading.book import Tally, sellable
from nightdesk.trading.ledger import Account, Balances, Line, Posting, deposit, reservation
from nightdesk.trading.order import Fill, Order, OrderStatus
from nightdesk.trading.position import RoundTrip
from tests.builders.trading import (
    AS_OF,
    a_buy,
    a_funded_book,
    a_holding_book,
    a_sale,
    a_trading_fill,
    an_empty_book,
    held,
    trading_rules,
)

D = Decimal
RULES = trading_rules(lot=D("0.0001"), min_quantity=D("0.0001"), min_notional=D(10))
RATE = D("0.004")

prices = st.decimals(D("0.5"), D(50_000), places=2)
shares = st.sampled_from([D(1), D(1), D("0.5"), D("0.33"), D("0.01")])


class History(RuleBasedStateMachine):
    """Deposits, buys in parts with fees in money or coins, sales, dust, late fills."""

    @initialize(amount=st.integers(1_000, 1_000_000))
    def begin(self, amount: int) -> None:
        self.book = an_empty_book()
        self.postings: list[Posting] = []
        self.fills: list[Fill] = []
        self.orders: dict[ClientOrderId, Order] = {}
        self.trips: list[RoundTrip] = []
        self.count = 0
        # the plain count, kept beside the book
        self.money = self.coins = self.paid_in = self.all_fees = self.late = D(0)
        self.mark = D(100)
        self.deposit(D(amount))

    def next(self) -> int:
        self.count += 1
        return self.count

    def deposit(self, amount: Decimal) -> None:
        self.book, posting = self.book.funded(f"d{self.next()}", amount, AS_OF)
        self.postings.append(posting)
        self.money += amount
        self.paid_in += amount

    @precondition(lambda self: self.count % 5 == 4)  # seldom, or trades would be
    @rule(amount=st.integers(1, 100_000), share=shares, out=st.booleans())
    def flow(self, amount: int, share: Decimal, *, out: bool) -> None:
        taken = floor_to(self.book.cash * share / 10, D("0.01"))
        self.deposit(-taken if out else D(amount))

    @precondition(lambda self: len(self.orders) < 2)
    @rule(share=st.sampled_from([D("0.3"), D("0.5"), D("0.9"), D("1.2")]), price=prices)
    def intend(self, share: Decimal, price: Decimal) -> None:
        quantity = floor_to(self.book.cash * share / price, RULES.lot)
        if not quantity:
            return
        bound = up_at_8(quantity * price * (1 + RATE) * D("1.01"))
        order_id = ClientOrderId(f"nd{self.next()}")
        order = a_buy(client_order_id=order_id, quantity=quantity, reference=price, reserved=bound)
        if bound > self.book.cash:
            with pytest.raises(InvariantBroken):
                self.book.intended(order, AS_OF)
            return
        self.book, postings = self.book.intended(order, AS_OF)
        self.postings += postings
        self.orders[order_id] = order

    @precondition(lambda self: self.orders)
    @rule(share=shares, off=st.integers(-200, 100), in_coins=st.booleans(), data=st.data())
    def fill_buy(self, share: Decimal, off: int, data: st.DataObject, *, in_coins: bool) -> None:
        order = self.orders[data.draw(st.sampled_from(sorted(self.orders)))]
        price = max(floor_to(order.reference * (1 + D(off) / 10_000), D("0.01")), D("0.01"))
        quantity = max(floor_to(order.remaining * share, RULES.lot), RULES.lot)
        with localcontext(EXACT):
            fee = up_at_8((quantity if in_coins else quantity * price) * RATE)
            value = fee * price if in_coins else fee
            spent = quantity * price + (0 if in_coins else fee)
        fill = a_trading_fill(
            order,
            fill_id=FillId(f"f{self.next()}"),
            quantity=quantity,
            price=price,
            fee=fee,
            fee_asset="BTC" if in_coins else "USD",
            fee_value=value,
        )
        order = order.with_fill(fill, AS_OF)
        self.book, order, posting = self.book.bought(order, fill)
        self.postings.append(posting)
        self.fills.append(fill)
        with localcontext(EXACT):
            self.money -= spent
            self.coins += quantity - (fee if in_coins else 0)
            self.all_fees += value
        self.mark = price
        self.orders[order.client_order_id] = order
        if not order.remaining:
            self.finish(order)

    @precondition(lambda self: self.orders)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        order = self.orders[data.draw(st.sampled_from(sorted(self.orders)))]
        self.finish(order.to(OrderStatus.CANCELED, AS_OF))

    def finish(self, order: Order) -> None:
        self.book, order, postings = self.book.finished(order, AS_OF)
        self.postings += postings
        assert order.reserved == 0
        del self.orders[order.client_order_id]

    @precondition(lambda self: self.book.position is not None)
    @rule(share=st.sampled_from([D(1), D(1), D("0.999"), D("0.5"), D("0.1")]), price=prices)
    def sell(self, share: Decimal, price: Decimal) -> None:
        quantity = sellable(held(self.book).quantity * share, RULES)
        if quantity:
            self.sale(quantity, price)

    @precondition(lambda self: self.book.position is None and self.book.dust)
    @rule(price=prices, share=shares)
    def late_sale_of_dust(self, price: Decimal, share: Decimal) -> None:
        quantity = floor_to(self.book.dust * share, D("1e-8"))
        if quantity:
            before = (self.book.realised, self.book.fees)
            self.sale(quantity, price)
            gained = self.book.realised - before[0]
            self.late += gained - (self.book.fees - before[1])

    def sale(self, quantity: Decimal, price: Decimal) -> None:
        with localcontext(EXACT):
            fee = up_at_8(quantity * price * RATE)
        number = self.next()
        order = a_sale(client_order_id=ClientOrderId(f"nd{number}"), quantity=quantity)
        fill = a_trading_fill(
            order, fill_id=FillId(f"f{number}"), price=price, fee=fee, fee_value=fee
        )
        self.book, posting, trip = self.book.sold(order, fill, RULES, "exit")
        self.postings.append(posting)
        self.fills.append(fill)
        self.trips += [trip] if trip else []
        with localcontext(EXACT):
            self.money += quantity * price - fee
            self.coins -= quantity
            self.all_fees += fee
        self.mark = price

    @invariant()
    def one_every_posting_sums_to_zero(self) -> None:
        for posting in self.postings:
            for asset in ("USD", "BTC"):
                with localcontext(EXACT):
                    assert sum(line.amount for line in posting.lines if line.asset == asset) == 0

    @invariant()
    def two_nothing_that_is_held_is_negative(self) -> None:
        assert min(self.book.cash, self.book.reserved, self.book.holding, self.book.dust) >= 0

    @invariant()
    def three_coins_and_money_are_those_of_the_plain_count(self) -> None:
        assert self.book.holding == self.coins
        with localcontext(EXACT):
            assert self.book.cash + self.book.reserved == self.money
        assert self.book.fees == self.all_fees
        assert self.book.net_capital == self.paid_in

    @invariant()
    def four_reserved_is_the_sum_of_the_bounds(self) -> None:
        assert self.book.reserved == sum((o.reserved for o in self.orders.values()), D(0))

    @invariant()
    def five_equity_is_capital_and_results(self) -> None:
        for mark in (self.mark, D("0.01"), D("123456.78")):
            with localcontext(EXACT):
                plain = self.money + self.coins * mark
                made = self.paid_in + self.book.realised + self.book.unrealised(mark)
                assert self.book.equity(mark) == plain
                assert abs(plain - (made - self.all_fees)) <= D("1e-12")

    @invariant()
    def six_rebuilt_from_postings_is_what_is_stored(self) -> None:
        shuffled = [*self.postings[::2], *self.postings[1::2]]
        totals: dict[tuple[Account, str], Decimal] = {}
        with localcontext(EXACT):
            for posting in shuffled:
                for line in posting.lines:
                    key = (line.account, line.asset)
                    totals[key] = totals.get(key, D(0)) + line.amount
        assert {k: v for k, v in totals.items() if v} == dict(self.book.balances.amounts)

    @invariant()
    def position_and_round_trips_agree_with_the_ledger(self) -> None:
        position = self.book.position
        with localcontext(EXACT):
            net = sum((trip.net for trip in self.trips), self.late)
            if position is not None:
                assert position.quantity == self.book.holding
                assert position.cost == self.book.open_cost
                net += position.sold_net - position.entry_fees
            assert self.book.realised - self.all_fees == net
        assert self.book.tally.trips == len(self.trips)

    @invariant()
    def the_desk_finds_nothing_broken(self) -> None:
        assert invariants.of_book(self.book, self.orders.values(), self.mark) == ()
        assert invariants.of_history(self.book, self.postings, self.fills) == ()


TestHistory = History.TestCase
TestHistory.settings = settings(max_examples=60, stateful_step_count=50)


def test_posting_that_does_not_sum_to_zero_cannot_be_built() -> None:
    with pytest.raises(InvariantBroken, match="does not sum to zero"):
        Posting(posting_id=PostingId("p"), at=AS_OF, lines=(Line(Account.CASH, "USD", D(1)),))


def test_posting_that_sums_to_zero_over_two_assets_alone_cannot_be_built() -> None:
    lines = (Line(Account.CASH, "USD", D(1)), Line(Account.CAPITAL, "EUR", D(-1)))
    with pytest.raises(InvariantBroken):
        Posting(posting_id=PostingId("p"), at=AS_OF, lines=lines)


def test_withdrawal_beyond_the_cash_raises() -> None:
    with pytest.raises(InvariantBroken, match="cash USD would be"):
        a_funded_book(100).funded("w", D(-101), AS_OF)


def test_reservation_beyond_the_cash_raises() -> None:
    with pytest.raises(InvariantBroken):
        a_funded_book(100).intended(a_buy(reserved=D(1_001)), AS_OF)


def test_sale_of_more_than_held_raises() -> None:
    order = a_sale(quantity=D("0.11"))
    with pytest.raises(InvariantBroken, match=r"sold 0\.11 of 0\.1"):
        a_holding_book().sold(order, a_trading_fill(order), RULES, "exit")


def test_reserved_cash_pays_first_and_what_it_lacks_comes_from_cash() -> None:
    order = a_buy(reserved=D(1_000))
    book, _ = a_funded_book().intended(order, AS_OF)
    fill = a_trading_fill(order, price=D(10_001), fee=D(4), fee_value=D(4))
    book, order, _ = book.bought(order.with_fill(fill, AS_OF), fill)
    # by hand: 1,000.10 + 4 = 1,004.10: 1,000 reserved and 4.10 of 9,000
    assert (book.reserved, book.cash, order.reserved) == (D(0), D("8995.90"), D(0))


def test_second_fill_of_an_exit_whose_first_left_only_dust_is_booked() -> None:
    order = a_sale()
    first = a_trading_fill(order, quantity=D("0.0995"), price=D(11_000))
    second = a_trading_fill(order, fill_id=FillId("f2"), quantity=D("0.0005"), price=D(12_000))
    rules = trading_rules(min_notional=D(10))
    book, _, trip = a_holding_book().sold(order, first, rules, "exit")
    assert trip is not None
    assert book.dust == D("0.0005")
    book, _, again = book.sold(order, second, rules, "exit")
    assert again is None
    assert (book.holding, book.open_cost) == (D(0), D(0))
    # by hand: 0.0995 x 1,000 + 0.0005 x 2,000
    assert book.realised == D("100.5")


def test_dust_is_merged_into_the_next_entry_at_its_cost() -> None:
    order = a_sale(quantity=D("0.0995"))
    book, _, _ = a_holding_book().sold(order, a_trading_fill(order), RULES, "exit")
    buy = a_buy(client_order_id=ClientOrderId("nd-next"), reference=D(12_000), reserved=D(0))
    book, _, _ = book.bought(buy, a_trading_fill(buy))
    assert (book.dust, held(book).quantity) == (D(0), D("0.1005"))
    # by hand: 0.0005 x 10,000 + 0.1 x 12,000
    assert held(book).cost == D(1_205)


def test_wins_and_losses_are_counted_and_a_zero_is_neither() -> None:
    results = [D(11_000), D(9_000), D(9_000), D(10_000), D(9_000), D(11_000)]
    book, counts = a_holding_book(), []
    for n, price in enumerate(results):
        sale = a_sale(client_order_id=ClientOrderId(f"s{n}"))
        fill = a_trading_fill(sale, fill_id=FillId(f"s{n}"), price=price)
        book, _, _ = book.sold(sale, fill, RULES, "exit")
        counts.append(book.tally.losing(5))
        buy = a_buy(client_order_id=ClientOrderId(f"b{n}"), reserved=D(0))
        book, _, _ = book.bought(buy, a_trading_fill(buy, fill_id=FillId(f"b{n}")))
    assert counts == [0, 1, 2, 2, 3, 0]
    assert (book.tally.trips, book.tally.wins, book.tally.net) == (6, 2, D(-100))


@pytest.mark.parametrize(
    ("outcomes", "most", "losses"),
    [
        ("", 5, 0),
        ("LLLL", 5, 4),
        ("LLLLW", 5, 0),
        ("LL-LL-", 5, 4),
        ("LLLLL", 5, 5),
        ("LLLLLLL", 5, 7),
        ("LLLLLWW", 5, 5),
        ("LLLLLWW-", 5, 5),
        ("LLLLLWWW", 5, 0),
        ("LLLLLWLWLW", 5, 0),
        ("LLLLLWWLLLLLW", 5, 5),
        ("LLLLLWWWLL", 5, 2),
        ("LLLWW", 3, 3),
    ],
)
def test_a_streak_lasts_until_three_wins(outcomes: str, most: int, losses: int) -> None:
    assert Tally(recent=outcomes).losing(most) == losses


def test_a_loss_below_a_tenth_of_r_is_none_in_a_streak() -> None:
    # the builder's position risks 50 on 0.1 at 10,000: a tenth of R is a net of -5
    for price, outcome in ((D(9_949), "L"), (D(9_950), "-"), (D(10_000), "-"), (D(10_001), "W")):
        sale = a_sale()
        book, _, _ = a_holding_book().sold(sale, a_trading_fill(sale, price=price), RULES, "exit")
        assert book.tally.recent == outcome, price


def test_the_tally_remembers_forty_outcomes() -> None:
    book = a_holding_book()
    full = replace(book, tally=Tally(trips=40, recent="W" + "-" * 39))
    sale = a_sale()
    after, _, _ = full.sold(sale, a_trading_fill(sale, price=D(11_000)), RULES, "exit")
    assert after.tally.recent == "-" * 39 + "W"


def test_entries_older_than_a_day_are_forgotten() -> None:
    book = a_funded_book()
    for hours in (0, 1, 25):
        order = a_buy(client_order_id=ClientOrderId(f"nd{hours}"), reserved=D(1))
        book, _ = book.intended(order, AS_OF + timedelta(hours=hours))
    assert book.entries == (AS_OF + timedelta(hours=25),)


def test_deposit_and_reservation_name_their_cause() -> None:
    assert deposit("c", AS_OF, "USD", D(1)).posting_id == "c"
    assert reservation("r", AS_OF, "USD", D(1)).posting_id == "r"


# -- each invariant is found when it is broken


def tampered(account: Account, asset: str, amount: Decimal) -> Balances:
    amounts = dict(a_holding_book().balances.amounts)
    amounts[account, asset] = amounts.get((account, asset), D(0)) + amount
    return Balances(MappingProxyType(amounts))


@pytest.mark.parametrize(
    ("account", "asset", "amount", "numbers"),
    [
        (Account.CASH, "USD", D(-20_000), {2, 5}),
        (Account.RESERVED, "USD", D(1), {4, 5}),
        (Account.POSITION, "BTC", D("1e-8"), set()),
        (Account.FEES, "USD", D("0.00000001"), {5}),
        (Account.CAPITAL, "USD", D("1e-12"), set()),
        (Account.CAPITAL, "USD", D("2e-12"), {5}),
    ],
)
def test_tampered_balance_is_found(
    account: Account, asset: str, amount: Decimal, numbers: set[int]
) -> None:
    book = replace(a_holding_book(), balances=tampered(account, asset, amount))
    assert {found.number for found in invariants.of_book(book, (), D(10_000))} == numbers


def test_book_that_differs_from_its_history_is_found() -> None:
    order = a_buy()
    start, funding = an_empty_book().funded("d", D(10_000), AS_OF)
    book, reserved = start.intended(order, AS_OF)
    fill = a_trading_fill(order)
    book, order, bought = book.bought(order, fill)
    postings = [funding, *reserved, bought]
    assert invariants.of_history(book, postings, [fill]) == ()
    assert [f.number for f in invariants.of_history(book, postings, [])] == [3]
    assert [f.number for f in invariants.of_history(book, postings[:-1], [fill])] == [6]
    unknown = replace(book, position=None)
    assert [f.number for f in invariants.of_history(unknown, postings, [fill])] == [6]
