"""Accounts whose books the journal keeps, day by day. What is expected was worked out by hand."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nightdesk.core.ids import BotId, InstrumentId
from nightdesk.journal.account import Account, ReadAccount
from nightdesk.journal.cash_row import CashKind, CashRow
from nightdesk.journal.fill import JournalFill
from nightdesk.journal.place import Place
from nightdesk.journal.ports.figures import AccountBot
from nightdesk.journal.round_trips import build
from nightdesk.journal.stored import Stored
from nightdesk.journal.trade import Kind, Source
from nightdesk.market.timeframe import Timeframe
from nightdesk.performance.returns import FlowMethod, daily_returns
from nightdesk.trading.external import Market, RecordKind
from nightdesk.trading.order import Mode, Side
from tests.builders.imports import OWNER, a_deposit, a_fill_outside
from tests.builders.journal_trades import a_book, a_contract, bars, bought, sold
from tests.builders.kept import KeptBooks
from tests.fakes.trading import FakeEquity
from tests.unit.journal.analytics.rig import a_point

D = Decimal
USD = Place(zone="UTC", currency="USD")
FIRST = datetime(2026, 3, 2, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
BTC, ETH = InstrumentId("BTC/USD@kraken"), InstrumentId("ETH/BTC@kraken")
PAPER = AccountBot(bot_id=BotId("bot_1"), mode=Mode.PAPER, quote="USD")
LIVE = AccountBot(bot_id=BotId("bot_2"), mode=Mode.LIVE, quote="USD")


def at(day: int, hour: float = 12) -> datetime:
    return FIRST + day * DAY + hour * HOUR


@dataclass
class Desk:
    """One owner's accounts."""

    books: KeptBooks = field(default_factory=KeptBooks)
    points: FakeEquity = field(default_factory=FakeEquity)
    bots: list[AccountBot] = field(default_factory=list)
    place: Place = USD
    names: Iterator[int] = field(default_factory=lambda: iter(range(10_000)))

    def filled(
        self,
        day: float,
        side: Side,
        quantity: str,
        price: str,
        *,
        instrument: InstrumentId = BTC,
        **changes: Any,
    ) -> None:
        one = a_fill_outside(
            str(next(self.names)),
            at=FIRST + day * DAY,
            side=side,
            quantity=D(quantity),
            price=D(price),
            instrument=instrument,
            **changes,
        )
        self.books.records.put(OWNER, [one], "import:a")

    def moved(
        self,
        day: float,
        amount: str,
        asset: str = "USD",
        kind: RecordKind = RecordKind.DEPOSIT,
        **changes: Any,
    ) -> None:
        one = a_deposit(
            str(next(self.names)),
            at=FIRST + day * DAY,
            quantity=D(amount),
            asset=asset,
            kind=kind,
            **changes,
        )
        self.books.records.put(OWNER, [one], "import:a")

    def noted(
        self,
        day: float,
        amount: str,
        *,
        told: str | None = None,
        kind: CashKind = CashKind.DEPOSIT,
        account: str = "mine",
    ) -> None:
        when = FIRST + day * DAY
        row = CashRow(
            id=str(next(self.names)),
            owner=OWNER,
            account=account,
            at=when,
            asset="USD",
            amount=D(amount),
            kind=kind,
            equity_before=None if told is None else D(told),
            created_at=when,
        )
        self.books.cash.put(row)

    def by_hand(
        self,
        *fills: JournalFill,
        mode: Mode = Mode.LIVE,
        account: str = "mine",
        kind: Kind = Kind.SPOT,
    ) -> None:
        contract = a_contract(
            instrument=BTC, quote="USD", kind=kind, allows_short=kind is not Kind.SPOT
        )
        book = a_book(contract, owner=OWNER, account=account, mode=mode)
        (trade,) = build(fills, book).trades
        self.books.trades.save(Stored(trade=trade, fills_hash="f", fills=tuple(fills)), None)

    def closed(
        self, instrument: InstrumentId, *prices: float, since: int = 0, hour: int = 23
    ) -> None:
        """Let an hour of each day close at a price; the last one of the day unless said."""
        rows = [
            (FIRST + (since + n) * DAY + hour * HOUR, price, price, price, price)
            for n, price in enumerate(prices)
        ]
        self.books.candles.put(bars(rows, Timeframe.H1, instrument))

    def read(self, days: int, *, since: int = 0, **asked: Any) -> Account:
        account = ReadAccount(lambda _: self.bots, self.points, self.books.read)
        return account(OWNER, FIRST + since * DAY, FIRST + days * DAY, place=self.place, **asked)

    def settled(self, bot: AccountBot, day: int, equity: str) -> None:
        if bot not in self.bots:
            self.bots.append(bot)
        point = a_point(at(day), D(equity), D(equity), bot)
        self.points.put([point.__class__(**{**_fields(point), "owner": OWNER})])


def _fields(point: Any) -> dict[str, Any]:
    return {name: getattr(point, name) for name in point.__dataclass_fields__}


@pytest.fixture
def desk() -> Desk:
    return Desk()


def ends(account: Account) -> list[float]:
    return [day.equity_end for day in account.days]


def returns(account: Account) -> list[float | None]:
    return [one.r for one in daily_returns(account.start, account.days)]


def methods(account: Account) -> list[FlowMethod | None]:
    return [one.method for one in daily_returns(account.start, account.days)]


def a_trade(desk: Desk) -> None:
    """Pay in 10,000; buy one bitcoin for 8,000 on the second day, sell it for 8,800 on the 4th."""
    desk.moved(0.5, "10000")
    desk.filled(1.5, Side.BUY, "1", "8000", fee=D(10), fee_asset="USD")
    desk.filled(3.5, Side.SELL, "1", "8800", fee=D(11), fee_asset="USD")
    desk.closed(BTC, 8_100, 8_400, 7_600, 8_900, 9_000)


def test_an_account_is_worth_what_it_holds_at_the_end_of_each_day(desk: Desk) -> None:
    a_trade(desk)
    found = desk.read(5)
    assert (found.currency, found.modes, found.kept.accounts) == ("USD", (Mode.LIVE,), ("mine",))
    # 10,000 - 8,000 - 10 + 8,400; then + 7,600; then 1,990 + 8,800 - 11
    assert ends(found) == pytest.approx([10_000, 10_390, 9_590, 10_779, 10_779])
    assert returns(found) == pytest.approx(
        [0, 390 / 10_000, 9_590 / 10_390 - 1, 10_779 / 9_590 - 1, 0]
    )
    assert methods(found) == [FlowMethod.BOUNDARY, None, None, None, None]
    assert found.kept.caveat is None


def test_a_part_of_the_days_begins_with_what_there_was(desk: Desk) -> None:
    a_trade(desk)
    found = desk.read(5, since=2)
    assert (found.start, found.days[0].day) == (10_390, date(2026, 3, 4))
    assert returns(found) == pytest.approx(returns(desk.read(5))[2:])


def test_a_day_that_is_not_over_counts_as_far_as_it_went(desk: Desk) -> None:
    a_trade(desk)
    account = ReadAccount(lambda _: [], desk.points, desk.books.read)
    found = account(OWNER, FIRST, at(1, 11), place=USD)
    assert ends(found) == [10_000, 10_000]


def test_deposits_count_at_the_start_of_a_day_and_withdrawals_at_its_end(desk: Desk) -> None:
    a_trade(desk)
    desk.moved(2.4, "1000")
    desk.moved(2.6, "-500", kind=RecordKind.WITHDRAWAL, fee=D(5))
    found = desk.read(3)
    assert ends(found)[2] == pytest.approx(9_590 + 1_000 - 505)
    # the fee of a withdrawal is a cost: it did not go out to anybody's good
    assert returns(found)[2] == pytest.approx((10_085 + 500) / (10_390 + 1_000) - 1)
    assert methods(found)[2] is FlowMethod.BOUNDARY


def test_flows_that_say_what_there_was_before_them_are_linked_exactly(desk: Desk) -> None:
    a_trade(desk)
    desk.closed(BTC, 8_000, since=2, hour=11)  # the third day at noon: 1,990 + 8,000
    desk.noted(2.5, "5000", told="9990")
    found = desk.read(3)
    assert ends(found)[2] == pytest.approx(14_590)
    assert methods(found)[2] is FlowMethod.EXACT
    assert returns(found)[2] == pytest.approx(9_990 / 10_390 * 14_590 / 14_990 - 1)


def test_what_the_owner_says_counts_more_than_what_the_journal_adds_up(desk: Desk) -> None:
    a_trade(desk)
    desk.closed(BTC, 8_000, since=2, hour=11)
    desk.noted(2.5, "5000", told="10490")  # 500 more than the journal knows of
    desk.noted(3.75, "1000", told="15879")  # and 100 more later: the others are gone
    found = desk.read(5)
    # 500 were there from the beginning, 100 are from the second time on
    assert ends(found) == pytest.approx([10_500, 10_890, 15_090, 16_879, 16_879])
    assert found.days[0].flows[0].amount == 500
    assert returns(found)[3] == pytest.approx(15_879 / 15_090 - 1)


def test_exact_days_know_all_accounts_at_the_moment_of_a_flow(desk: Desk) -> None:
    desk.moved(0, "1", "BTC", account="other")
    desk.noted(0, "1000")
    desk.closed(BTC, 1_000, since=-1)
    desk.closed(BTC, 1_000, 2_000)
    desk.closed(BTC, 2_000, since=1, hour=11)
    desk.noted(1.5, "1000", told="1000")
    found = desk.read(2)
    # 2,000 became 3,000 by noon, then 4,000 stayed 4,000
    assert methods(found)[1] is FlowMethod.EXACT
    assert returns(found)[1] == pytest.approx(0.5)


def test_an_account_that_begins_in_a_day_takes_no_part_in_the_hours_before(desk: Desk) -> None:
    desk.moved(0, "1", "BTC", account="other")
    desk.closed(BTC, 1_000, since=-1)
    desk.closed(BTC, 1_000, 2_000)
    desk.closed(BTC, 2_000, since=1, hour=11)
    desk.filled(1.5, Side.BUY, "1", "2000")
    desk.books.balances.put(OWNER, "mine", at(1, 13), {"BTC": D(1), "USD": D(1_000)})
    found = desk.read(2)
    assert found.days[1].flows[0].amount == pytest.approx(3_000)
    assert found.days[1].flows[0].equity_before == pytest.approx(2_000)
    assert returns(found)[1] == pytest.approx(1.0)


def test_an_account_nobody_said_the_deposits_of_is_left_out_by_name(desk: Desk) -> None:
    a_trade(desk)
    desk.filled(1, Side.BUY, "1", "8000", account="other")
    desk.filled(2, Side.SELL, "1", "9000", account="other")
    desk.moved(3, "50", "USD", RecordKind.REWARD, account="other")
    found = desk.read(5)
    assert (found.kept.accounts, found.kept.untold) == (("mine",), ("other",))
    assert ends(found)[4] == pytest.approx(10_779)
    desk.noted(0.9, "8000", account="other")
    assert desk.read(5).kept.untold == ()
    assert ends(desk.read(5))[4] == pytest.approx(10_779 + 9_000 + 50)


def test_a_deposit_that_came_later_than_what_it_should_have_paid_for_does_not_help(
    desk: Desk,
) -> None:
    desk.filled(1, Side.BUY, "1", "8000")
    desk.moved(2, "9000")
    assert desk.read(5).kept.untold == ("mine",)


def test_what_is_short_by_less_than_a_hundredth_is_no_deposit_left_out(desk: Desk) -> None:
    a_trade(desk)
    bnb = InstrumentId("BNB/USD@binance")
    desk.filled(2, Side.BUY, "0.0001", "600", instrument=bnb, fee=D("0.1"), fee_asset="BNB")
    found = desk.read(5)
    assert found.kept.accounts == ("mine",)
    # 0.06 paid for a coin that is owed 0.0999 of, at the 600 of its own fill
    assert ends(found)[4] == pytest.approx(10_779 - 0.06 - 0.0999 * 600)
    assert (found.kept.stale, found.kept.caveat) == (("BNB",), "STALE_PRICES")
    desk.filled(2, Side.BUY, "0.0001", "600", instrument=bnb, fee=D("0.1"), fee_asset="BNB")
    assert desk.read(5).kept.untold == ("mine",)  # now 119.88 of 10,000 are


def test_every_time_that_an_account_fell_short_counts(desk: Desk) -> None:
    desk.filled(0.5, Side.BUY, "1", "80")
    desk.filled(0.6, Side.SELL, "1", "80")
    assert desk.read(3).kept.untold == ("mine",)
    desk.moved(1, "10000")
    desk.filled(2, Side.BUY, "126", "80")  # 80 short of 10,000, which is little
    desk.filled(2.5, Side.SELL, "126", "80")
    assert desk.read(3).kept.untold == ("mine",)


def test_a_shortage_is_priced_by_whatever_coin_of_its_money_has_a_price(desk: Desk) -> None:
    desk.place = Place(zone="UTC", currency="EUR")
    desk.moved(0, "100", "EUR")
    market = InstrumentId("BTC/USDT@binance")
    desk.filled(0.5, Side.BUY, "1", "8000", instrument=market)
    desk.closed(market, 8_000, 8_000)
    desk.closed(InstrumentId("EUR/USDT@binance"), 1.0, 1.0, since=-1)
    desk.closed(InstrumentId("EUR/USDT@binance"), 1.0, 1.0, hour=11)
    assert desk.read(2).kept.untold == ("mine",)
    desk.moved(0.1, "0.01", "BUSD", RecordKind.REWARD)
    assert desk.read(2).kept.untold == ("mine",)


def test_what_a_venue_has_of_another_coin_of_the_same_money_pays_as_well(desk: Desk) -> None:
    desk.filled(1.5, Side.BUY, "1", "8000", instrument=InstrumentId("BTC/USDT@binance"))
    desk.books.balances.put(OWNER, "mine", at(2), {"USDC": D(9_000), "BTC": D(1)})
    found = desk.read(3)
    assert found.kept.untold == ()
    assert ends(found)[0] == pytest.approx(9_000)


@pytest.mark.parametrize(("side", "gain"), [(Side.SELL, 100), (Side.BUY, -100)])
def test_an_open_position_is_no_money_that_was_there(desk: Desk, side: Side, gain: int) -> None:
    perp = InstrumentId("BTC/USDT@binance")
    desk.filled(0.5, side, "0.1", "8000", instrument=perp, market=Market.PERP)
    desk.books.balances.put(OWNER, "mine", at(0, 13), {"USDT": D(1_000)})
    desk.closed(perp, 8_000, 8_000, 7_000)
    assert ends(desk.read(3)) == pytest.approx([1_000, 1_000, 1_000 + gain])


def test_the_result_of_a_closed_position_was_not_there_before(desk: Desk) -> None:
    perp = InstrumentId("BTC/USDT@binance")
    more: dict[str, Any] = {
        "instrument": perp,
        "market": Market.PERP,
        "fee": D(1),
        "fee_asset": "USDT",
    }
    desk.filled(0.5, Side.BUY, "0.1", "8000", **more)
    desk.filled(0.6, Side.SELL, "0.1", "9000", **more)
    desk.books.balances.put(OWNER, "mine", at(1), {"USDT": D(1_098)})
    found = desk.read(2)
    assert found.days[0].flows[0].amount == pytest.approx(1_000)
    assert ends(found)[0] == pytest.approx(1_098)


def test_what_a_venue_says_there_is_was_there_before(desk: Desk) -> None:
    desk.filled(1.5, Side.BUY, "1", "8000")
    desk.books.balances.put(OWNER, "mine", at(2), {"USD": D(2_000), "BTC": D("1.5")})
    desk.books.balances.put(OWNER, "mine", at(3), {"USD": D(90_000)})  # no longer what was before
    desk.closed(BTC, 8_000, 8_000, 10_000)
    found = desk.read(3)
    # 10,000 and half a bitcoin before the first fill, at the price of that time
    assert found.days[0].flows[0].amount == pytest.approx(14_000)
    assert found.days[0].day == date(2026, 3, 3)
    assert ends(found) == pytest.approx([14_000, 17_000])
    assert returns(found) == pytest.approx([0, 17 / 14 - 1])


def test_what_a_venue_names_later_than_in_its_first_answer_was_not_there_before(
    desk: Desk,
) -> None:
    """All had left when the venue was asked first; what it has later nobody told the journal."""
    desk.moved(0, "1000", "USD")
    desk.moved(1, "-1000", "USD", RecordKind.WITHDRAWAL)
    desk.books.balances.put(OWNER, "mine", at(2), {})
    desk.books.balances.put(OWNER, "mine", at(3), {"USD": D(500)})
    assert ends(desk.read(3)) == pytest.approx([1_000, 0, 0])


def test_coins_that_leave_take_their_worth_along(desk: Desk) -> None:
    a_trade(desk)
    desk.moved(1.75, "-1", "BTC", RecordKind.WITHDRAWAL)
    desk.closed(BTC, 8_200, since=1, hour=17)
    desk.moved(3.25, "1", "BTC")
    desk.closed(BTC, 9_500, since=3, hour=5)
    found = desk.read(5)
    assert ends(found) == pytest.approx([10_000, 1_990, 1_990, 10_779, 10_779])
    assert returns(found)[1] == pytest.approx((1_990 + 8_200) / 10_000 - 1)
    assert returns(found)[2] == 0
    assert returns(found)[3] == pytest.approx(10_779 / (1_990 + 9_500) - 1)


@pytest.mark.parametrize("kind", [RecordKind.REWARD, RecordKind.FUNDING, RecordKind.PNL])
def test_what_was_earned_is_no_deposit(desk: Desk, kind: RecordKind) -> None:
    a_trade(desk)
    desk.moved(2.5, "100", kind=kind)
    found = desk.read(3)
    assert returns(found)[2] == pytest.approx(9_690 / 10_390 - 1)
    assert methods(found)[2] is None


def test_a_transfer_between_own_accounts_is_no_flow(desk: Desk) -> None:
    a_trade(desk)
    desk.moved(2.25, "-1500", kind=RecordKind.TRANSFER)
    desk.moved(2.5, "1500", kind=RecordKind.TRANSFER, account="futures")
    found = desk.read(3)
    assert found.kept.accounts == ("futures", "mine")
    assert returns(found)[2] == pytest.approx(9_590 / 10_390 - 1)
    assert methods(found)[2] is None
    alone = desk.read(3, accounts=["mine"])
    assert alone.kept.accounts == ("mine",)
    assert returns(alone)[2] == pytest.approx((8_090 + 1_500) / 10_390 - 1)


def test_a_transfer_on_which_a_fee_was_paid_is_a_flow_of_the_fee_alone(desk: Desk) -> None:
    desk.moved(0, "1", "BTC")
    desk.closed(BTC, 8_000, since=-1)
    desk.closed(BTC, 8_000, 9_000)
    for hour, price in ((5, 8_000), (11, 9_000)):
        desk.closed(BTC, price, since=1, hour=hour)
    desk.moved(1.25, "-1", "BTC", RecordKind.TRANSFER)
    desk.moved(1.5, "0.9995", "BTC", RecordKind.TRANSFER, account="other")
    found = desk.read(2)
    assert [one.amount for one in found.days[1].flows] == pytest.approx([-0.0005 * 9_000])
    assert returns(found)[1] == pytest.approx(9_000 / 8_000 - 1)


def test_a_transfer_of_nothing_costs_its_fee(desk: Desk) -> None:
    desk.moved(0, "1000")
    desk.moved(1.5, "0", kind=RecordKind.TRANSFER, fee=D(10))
    found = desk.read(2)
    assert found.days[1].flows == ()
    assert returns(found)[1] == pytest.approx(-0.01)


def test_transfers_of_very_many_coins_cancel_each_other_out_too(desk: Desk) -> None:
    desk.moved(0, "1000")
    amounts = ("123456789012.345678", "98765432109.87654", "3333333333.333333")
    for n, amount in enumerate(amounts):
        desk.moved(0.5, amount, "SHIB", account="other")
        desk.moved(1 + n / 10, f"-{amount}", "SHIB", RecordKind.TRANSFER, account="other")
    whole = str(sum(map(D, amounts)))
    desk.moved(1.9, whole, "SHIB", RecordKind.TRANSFER)
    assert desk.read(3).days[1].flows == ()


def test_a_perpetual_is_worth_its_gain(desk: Desk) -> None:
    perp = InstrumentId("BTC/USDT@binance")
    desk.moved(0, "1000", "USDT")
    desk.filled(0.5, Side.SELL, "0.1", "8000", instrument=perp, market=Market.PERP)
    desk.closed(perp, 7_500, 9_000)
    found = desk.read(2)
    assert found.kept.untold == ()
    assert ends(found) == pytest.approx([1_050, 900])


def test_what_a_venue_books_of_a_position_itself_counts_where_its_fills_are_not_known(
    desk: Desk,
) -> None:
    desk.moved(0, "2000")
    position: dict[str, Any] = {"market": Market.MARGIN, "fee_asset": "USD"}
    desk.moved(0.5, "0", kind=RecordKind.PNL, fee=D("9.6"), order="T1")
    desk.moved(1.5, "100", kind=RecordKind.PNL, fee=D("9.76"), order="T2")
    assert ends(desk.read(2)) == pytest.approx([1_990.4, 2_080.64])
    desk.filled(0.5, Side.BUY, "0.1", "60000", ref="T1", fee=D("9.6"), **position)
    desk.filled(1.5, Side.SELL, "0.1", "61000", ref="T2", fee=D("9.76"), **position)
    desk.closed(BTC, 60_500)
    assert ends(desk.read(2)) == pytest.approx([2_040.4, 2_080.64])


def test_without_candles_the_last_fill_says_the_price_and_before_it_the_first(
    desk: Desk,
) -> None:
    desk.moved(0.2, "10000")
    desk.moved(0.3, "1", "BTC")
    desk.filled(1.5, Side.BUY, "1", "8000")
    desk.filled(3.5, Side.SELL, "0.5", "8800")
    found = desk.read(5)
    assert ends(found) == pytest.approx([18_000, 18_000, 18_000, 19_600, 19_600])
    assert found.kept.stale == ("BTC",)


def test_what_has_no_price_anywhere_counts_as_nothing_and_is_named(desk: Desk) -> None:
    a_trade(desk)
    desk.moved(2.5, "1000000", "SCAM")
    found = desk.read(3)
    assert ends(found)[2] == pytest.approx(9_590)
    assert (found.kept.unpriced, found.kept.caveat) == (("SCAM",), "SOME_UNPRICED")
    assert methods(found)[2] is None


def test_prices_go_through_other_coins_and_money(desk: Desk) -> None:
    desk.place = Place(zone="UTC", currency="EUR")
    desk.moved(0.2, "10000", "EUR")
    desk.filled(0.4, Side.BUY, "10000", "0.8", instrument=InstrumentId("USDT/EUR@kraken"))
    desk.filled(0.5, Side.BUY, "1", "5000", instrument=InstrumentId("BTC/USDT@binance"))
    desk.filled(0.6, Side.BUY, "10", "0.05", instrument=ETH)
    desk.closed(InstrumentId("EUR/USDT@binance"), 1.25, 1.0)
    desk.closed(InstrumentId("BTC/USDT@binance"), 6_000, 6_000)
    desk.closed(ETH, 0.1, 0.05)
    found = desk.read(2)
    # 2,000 EUR, 5,000 USDT at 0.8 and 1, half a bitcoin, ten ether at 0.1 and 0.05 bitcoin
    first = 2_000 + 5_000 * 0.8 + 0.5 * 6_000 * 0.8 + 10 * 0.1 * 6_000 * 0.8
    second = 2_000 + 5_000 + 0.5 * 6_000 + 10 * 0.05 * 6_000
    assert ends(found) == pytest.approx([first, second])
    assert found.kept.caveat is None


def test_a_coin_that_was_only_paid_in_has_the_price_of_a_market_in_like_money(desk: Desk) -> None:
    desk.moved(0.5, "2", "BTC")
    desk.closed(InstrumentId("BTC/USDT@binance"), 5_000, 6_000)
    found = desk.read(2)
    assert ends(found) == pytest.approx([10_000, 12_000])
    # no candle tells of noon of the first day: the price after it counts
    assert found.days[0].flows[0].amount == pytest.approx(10_000)
    assert (found.kept.stale, found.kept.unpriced) == (("BTC",), ())


def test_what_has_no_rate_into_account_currency_is_told_in_its_own(desk: Desk) -> None:
    desk.place = Place(zone="UTC", currency="EUR")
    a_trade(desk)
    found = desk.read(5)
    assert (found.currency, found.kept.unpriced) == ("USD", ())
    assert ends(found) == pytest.approx([10_000, 10_390, 9_590, 10_779, 10_779])
    desk.closed(InstrumentId("EUR/USD@kraken"), 1.25, 1.25, 1.25, 1.25, 1.25)
    found = desk.read(5)
    assert found.currency == "EUR"
    assert ends(found)[0] == pytest.approx(8_000)
    assert found.capital_in("EUR") == pytest.approx(8_000)


def test_a_gap_of_candles_is_filled_with_the_price_before_it(desk: Desk) -> None:
    desk.moved(0.99, "2", "BTC")
    desk.closed(InstrumentId("BTC/USDT@binance"), 5_000)
    desk.closed(InstrumentId("BTC/USDT@binance"), 7_000, since=2)
    desk.moved(1.5, "1", "BTC")
    found = desk.read(3)
    assert ends(found) == pytest.approx([10_000, 15_000, 21_000])
    assert returns(found) == pytest.approx([0, 0, 0.4])
    assert found.kept.caveat == "STALE_PRICES"


def test_where_candles_end_the_newest_price_known_counts_whoever_tells_it(desk: Desk) -> None:
    a_trade(desk)
    assert desk.read(9).kept.stale == ()  # nothing is held when candles end
    desk.filled(4.5, Side.BUY, "1", "7000")
    found = desk.read(9)
    assert ends(found)[4:6] == pytest.approx([10_779 - 7_000 + 9_000] * 2)
    assert found.kept.stale == ("BTC",)
    desk.filled(6.5, Side.BUY, "0.1", "6000")
    found = desk.read(9)
    assert ends(found)[6] == pytest.approx(3_779 - 600 + 1.1 * 6_000)


def test_a_gap_of_candles_does_not_bring_back_the_price_of_the_purchase(desk: Desk) -> None:
    desk.moved(0.2, "10000")
    desk.filled(0.5, Side.BUY, "1", "8000")
    desk.closed(BTC, 40_000, 41_000)
    desk.closed(BTC, 42_000, since=3)
    assert ends(desk.read(4)) == pytest.approx([42_000, 43_000, 43_000, 44_000])


def test_a_part_of_time_that_begins_in_a_gap_knows_the_close_before_it(desk: Desk) -> None:
    desk.moved(0.2, "10000")
    desk.filled(0.5, Side.BUY, "1", "8000")
    desk.closed(BTC, 40_000, 41_000)
    assert ends(desk.read(9, since=5)) == [43_000] * 4
    assert desk.read(9, since=5).kept.stale == ("BTC",)
    desk.moved(0.2, "1", "BTC", account="other")  # it never traded the coin
    assert ends(desk.read(9, since=5, accounts=["other"])) == [41_000] * 4


def test_of_fills_in_several_markets_the_newest_counts(desk: Desk) -> None:
    desk.moved(0.2, "100000")
    for day, price, quote in ((0.5, "9000", "USD"), (2.5, "12000", "USDT"), (5.5, "8000", "USD")):
        market = InstrumentId(f"BTC/{quote}@kraken")
        desk.filled(day, Side.BUY, "1", price, instrument=market)
    found = ends(desk.read(6))
    assert found[1] == pytest.approx(100_000)
    assert found[3] == pytest.approx(100_000 - 21_000 + 2 * 12_000)
    assert found[5] == pytest.approx(100_000 - 29_000 + 3 * 8_000)


def test_a_coin_has_the_price_of_other_markets_where_its_own_has_no_candles(desk: Desk) -> None:
    desk.moved(0.2, "10000")
    desk.filled(0.5, Side.BUY, "1", "10000", instrument=InstrumentId("BTC/USD@bitpanda"))
    desk.closed(BTC, 11_000, 12_000)
    found = desk.read(2)
    assert (ends(found), found.kept.caveat) == ([11_000, 12_000], None)


def test_prices_of_many_markets_of_many_coins_are_found_at_once(desk: Desk) -> None:
    desk.moved(0, "1000")
    coins = [f"C{n}" for n in range(9)]
    for base in coins:
        for quote in coins:
            if base != quote:
                market = InstrumentId(f"{base}/{quote}@kraken")
                desk.filled(1, Side.BUY, "0.00001", "1", instrument=market)
    market = InstrumentId("C0/USD@kraken")
    desk.filled(2, Side.BUY, "1", "2", instrument=market)
    desk.closed(market, 3, 3, 3, 3)
    found = desk.read(4)
    # all coins are worth what C0 is, three steps from money at most; what was bought was paid
    assert ends(found)[3] == pytest.approx(998 + 3)
    assert found.kept.unpriced == ()


def test_what_was_sold_off_leaves_nothing_behind(desk: Desk) -> None:
    desk.moved(0, "1000")
    pepe = InstrumentId("PEPE/USD@kraken")
    for part in ("12345678.9012", "87654321.0987", "33333333.3333"):
        desk.filled(0.5, Side.BUY, part, "0.000001", instrument=pepe)
    desk.filled(0.6, Side.SELL, "133333333.3332", "0.000001", instrument=pepe)
    found = desk.read(2)
    assert (found.kept.stale, found.kept.unpriced) == ((), ())
    assert ends(found) == pytest.approx([1_000, 1_000])


def test_caveats_are_of_the_days_that_are_shown(desk: Desk) -> None:
    desk.moved(0.5, "2", "BTC")
    desk.closed(BTC, 5_000, 5_000, since=40)
    assert desk.read(42).kept.stale == ("BTC",)
    assert desk.read(42, since=41).kept.caveat is None


def test_days_are_those_of_the_owner(desk: Desk) -> None:
    a_trade(desk)
    desk.place = Place(zone="America/New_York", currency="USD")
    found = desk.read(5)
    assert found.days[0].day == date(2026, 3, 2)
    # their second day ends at 05:00 UTC of the third; the newest close is five hours old by then
    desk.closed(BTC, 8_000, since=2, hour=4)
    assert ends(desk.read(5))[1] == pytest.approx(1_990 + 8_000)
    assert len(found.days) == 5


def test_coins_of_one_money_are_one_purse(desk: Desk) -> None:
    tether = InstrumentId("BTC/USDT@binance")
    desk.noted(0.5, "10000")
    desk.filled(1.5, Side.BUY, "1", "8000", instrument=tether)
    desk.closed(tether, 8_100, 8_400)
    found = desk.read(2)
    assert (found.kept.untold, ends(found)) == ((), [10_000, 10_400])


def test_rows_of_one_moment_are_told_once(desk: Desk) -> None:
    desk.noted(0.5, "1000")
    desk.noted(1.5, "500", told="1300")
    desk.noted(1.5, "200", told="1800")
    found = desk.read(3)
    assert ends(found) == pytest.approx([1_300, 2_000, 2_000])
    assert methods(found)[1] is FlowMethod.BOUNDARY
    assert returns(found)[1] == 0


def test_trades_by_hand_alone_are_untold_and_beside_bots_looked_for_where_asked(desk: Desk) -> None:
    desk.by_hand(bought("1", "1", "8000", at=at(1), source=Source.MANUAL))
    assert desk.read(3).kept.untold == ("mine",)
    desk.settled(PAPER, 0, "500")
    assert desk.read(3).modes == (Mode.PAPER,)
    assert desk.read(3, modes=[Mode.LIVE]).kept.untold == ("mine",)


def test_other_money_is_taken_only_where_nothing_has_a_price_in_account_currency(
    desk: Desk,
) -> None:
    desk.place = Place(zone="UTC", currency="EUR")
    desk.moved(0, "5000", "EUR", account="bank")
    desk.moved(0, "1000", "USDT")
    desk.filled(1, Side.BUY, "1", "10", instrument=InstrumentId("BTC/USDT@binance"))
    found = desk.read(2)
    assert (found.currency, ends(found)[0]) == ("EUR", 5_000)
    assert found.kept.unpriced == ("BTC", "USDT")


def test_coins_of_one_money_are_that_money_where_nobody_knows_its_rate(desk: Desk) -> None:
    desk.place = Place(zone="UTC", currency="EUR")
    desk.moved(0, "1000", "USDT")
    desk.filled(1, Side.BUY, "1", "10", instrument=InstrumentId("BTC/USDT@binance"))
    desk.filled(1, Side.BUY, "1", "10", instrument=InstrumentId("ETH/USDC@binance"))
    found = desk.read(2)
    assert (found.currency, ends(found)) == ("USDC", [1_000, 1_000])


def test_what_was_told_in_account_currency_says_nothing_of_another(desk: Desk) -> None:
    desk.place = Place(zone="UTC", currency="EUR")
    a_trade(desk)
    desk.noted(2.5, "5000", told="9990")
    found = desk.read(3)
    assert (found.currency, methods(found)[2]) == ("USD", FlowMethod.BOUNDARY)
    assert ends(found)[0] == 10_000


def test_trades_by_hand_are_of_the_account_they_name(desk: Desk) -> None:
    desk.noted(0.5, "10000")
    desk.by_hand(
        bought("1", "1", "8000", at=at(1), fee=D(10), fee_asset="USD", source=Source.MANUAL),
        sold("2", "1", "8800", at=at(3), fee=D(11), fee_asset="USD", source=Source.MANUAL),
    )
    desk.closed(BTC, 8_100, 8_400, 7_600, 8_900)
    assert ends(desk.read(4)) == pytest.approx([10_000, 10_390, 9_590, 10_779])


def test_a_fee_by_hand_is_of_the_asset_that_it_names(desk: Desk) -> None:
    desk.noted(0.5, "10000")
    fill = bought("1", "1", "8000", at=at(1), fee=D("0.01"), fee_asset="BTC", source=Source.MANUAL)
    desk.by_hand(fill)
    desk.closed(BTC, 8_000, since=1)
    assert ends(desk.read(2))[1] == pytest.approx(2_000 + 0.99 * 8_000)


def test_a_position_by_hand_that_was_sold_first_is_no_shortage(desk: Desk) -> None:
    desk.noted(0.5, "1000")
    desk.by_hand(sold("1", "1", "8000", at=at(1), source=Source.MANUAL), kind=Kind.PERP)
    desk.closed(BTC, 7_900, since=1)
    found = desk.read(2)
    assert (found.kept.untold, ends(found)) == ((), [1_000, 1_100])


def test_accounts_that_were_not_asked_for_are_not_looked_at(desk: Desk) -> None:
    desk.moved(0.5, "100")
    for account in ("mine", "other"):
        desk.noted(0.5, "1000", account=account)
        fill = bought(account, "1", "500", at=at(1), source=Source.MANUAL)
        desk.by_hand(fill, account=account)
    desk.closed(BTC, 600, since=1)
    found = desk.read(2, accounts=["other"])
    assert (found.kept.accounts, ends(found)) == (("other",), [1_000, 1_100])
    assert desk.read(2, accounts=["nobody"]).days == ()


def test_paper_by_hand_is_never_added_to_live(desk: Desk) -> None:
    desk.noted(0.5, "10000", account="play")
    desk.by_hand(
        bought("1", "1", "8000", at=at(1), source=Source.MANUAL),
        mode=Mode.PAPER,
        account="play",
    )
    assert desk.read(4).days == ()
    found = desk.read(4, modes=[Mode.PAPER])
    assert (found.modes, ends(found)[0]) == ((Mode.PAPER,), 10_000)


def test_one_name_on_paper_and_live_is_two_accounts(desk: Desk) -> None:
    desk.moved(0.1, "9")
    desk.noted(0.5, "500")
    desk.books.balances.put(OWNER, "mine", at(0, 13), {"USD": D(10_509)})
    desk.by_hand(bought("1", "1", "8000", at=at(1), source=Source.MANUAL), mode=Mode.PAPER)
    paper = desk.read(3, modes=[Mode.PAPER])
    assert (paper.days, paper.kept.untold) == ((), ("mine",))
    assert ends(desk.read(3))[0] == 10_509
    both = desk.read(3, modes=[Mode.LIVE, Mode.PAPER])
    assert (both.kept.accounts, ends(both)[2]) == (("mine",), 10_509)


def test_a_bot_that_is_long_gone_hides_no_account(desk: Desk) -> None:
    gone = AccountBot(bot_id=LIVE.bot_id, mode=Mode.LIVE, quote="USD", retired_at=at(1))
    desk.settled(gone, 0, "500")
    a_trade(desk)
    assert ends(desk.read(5)) == [500, 0, 0, 0, 0]
    assert ends(desk.read(5, since=2)) == pytest.approx([9_590, 10_779, 10_779])


def test_where_bots_trade_they_alone_are_the_account(desk: Desk) -> None:
    a_trade(desk)
    desk.settled(LIVE, 0, "500")
    found = desk.read(3)
    assert (ends(found), found.kept.accounts) == ([500, 500, 500], ())


def test_paper_bots_do_not_hide_live_accounts(desk: Desk) -> None:
    desk.settled(PAPER, 0, "500")
    assert desk.read(3).modes == (Mode.PAPER,)
    a_trade(desk)
    found = desk.read(3)
    assert (found.modes, ends(found)[0]) == ((Mode.LIVE,), 10_000)
    assert ends(desk.read(3, modes=[Mode.PAPER])) == [500, 500, 500]
    assert ends(desk.read(3, modes=[Mode.LIVE, Mode.PAPER]))[0] == 10_500
    assert desk.read(3, only=[PAPER.bot_id]).modes == (Mode.PAPER,)


def test_an_account_that_is_not_told_leaves_the_bots_as_they_were(desk: Desk) -> None:
    desk.settled(PAPER, 0, "500")
    desk.filled(1, Side.BUY, "1", "8000")
    found = desk.read(3)
    assert (found.modes, ends(found), found.kept.untold) == ((Mode.PAPER,), [500, 500, 500], ())


def test_other_money_than_that_of_bots_is_left_out(desk: Desk) -> None:
    desk.settled(AccountBot(bot_id=BotId("bot_1"), mode=Mode.PAPER, quote="EUR"), 0, "500")
    a_trade(desk)
    found = desk.read(3, modes=[Mode.LIVE, Mode.PAPER])
    assert (found.currency, ends(found), found.left_out) == ("EUR", [500, 500, 500], ("USD",))
    assert found.kept.accounts == ()


def test_another_traders_books_are_not_read(desk: Desk) -> None:
    a_trade(desk)
    account = ReadAccount(lambda _: [], desk.points, desk.books.read)
    found = account("usr_9", FIRST, at(5), place=USD)  # type: ignore[arg-type]
    assert (found.days, found.kept.accounts) == ((), ())


amounts = st.integers(min_value=1, max_value=50)
events = st.lists(
    st.tuples(
        st.sampled_from(["in", "out", "buy", "sell", "coin", "reward"]),
        st.integers(min_value=0, max_value=9 * 24 - 1),
        amounts,
    ),
    max_size=25,
)
prices = st.lists(st.floats(min_value=1, max_value=9), min_size=10 * 24, max_size=10 * 24)


@settings(max_examples=60)
@given(done=events, closes=prices)
def test_any_history_is_worth_its_balances_times_prices(
    done: list[tuple[str, int, int]], closes: list[float]
) -> None:
    """Against a ledger kept by hand: a dict of balances and a price for each hour."""
    desk, told = Desk(), D(1_000_000)
    desk.moved(0, str(told))
    rows = [(FIRST + n * HOUR, one, one, one, one) for n, one in enumerate(closes)]
    desk.books.candles.put(bars(rows, Timeframe.H1, BTC))
    money, coins = np.zeros(11 * 24), np.zeros(11 * 24)
    money[:] = float(told)
    paid = {0: [float(told)]}
    for what, hour, amount in done:
        day, half = (hour + 0.5) / 24, hour + 1
        price = closes[hour - 1] if hour else None
        if what in {"in", "out"}:
            signed = amount if what == "in" else -amount
            kind = RecordKind.DEPOSIT if what == "in" else RecordKind.WITHDRAWAL
            desk.moved(day, str(signed), kind=kind)
            money[half:] += signed
            paid.setdefault(hour // 24, []).append(signed)
        elif what == "reward":
            desk.moved(day, str(amount), kind=RecordKind.REWARD)
            money[half:] += amount
        elif what == "coin" and price is not None:
            desk.moved(day, str(amount), "BTC")
            coins[half:] += amount
            paid.setdefault(hour // 24, []).append(amount * price)
        elif what == "buy" or (what == "sell" and coins[half:].min() >= amount):
            sign = 1 if what == "buy" else -1
            desk.filled(day, Side.BUY if sign > 0 else Side.SELL, str(amount), "5")
            money[half:] -= sign * amount * 5
            coins[half:] += sign * amount
    found = desk.read(10)
    last = [24 * (day + 1) for day in range(10)]
    worth = [money[hour] + coins[hour] * closes[hour - 1] for hour in last]
    assert ends(found) == pytest.approx(worth, rel=1e-9)
    for n, had in enumerate(found.days):
        assert sorted(one.amount for one in had.flows) == pytest.approx(sorted(paid.get(n, [])))
    before = [0.0, *worth[:-1]]
    for n, r in enumerate(returns(found)):
        came = sum(one for one in paid.get(n, []) if one > 0)
        went = -sum(one for one in paid.get(n, []) if one < 0)
        assert r == pytest.approx((worth[n] + went) / (before[n] + came) - 1, abs=1e-12)


names = st.sampled_from(["USD", "USDT", "EUR", "BTC", "ETH", "XYZ"])
amount = st.integers(min_value=-(10**6), max_value=10**6).map(lambda n: f"{n / 1000}")
moments = st.integers(min_value=0, max_value=6 * 24 * 60).map(lambda minutes: minutes / 1_440)
told = st.one_of(
    st.tuples(
        st.just("moved"), moments, amount, names, st.sampled_from(sorted(RecordKind)[1:]), amount
    ),
    st.tuples(st.just("noted"), moments, amount, st.none() | st.just("1000") | st.just("0")),
    st.tuples(
        st.just("filled"),
        moments,
        st.sampled_from(Side),
        names,
        names,
        st.sampled_from(Market),
        amount,
    ),
)


@settings(max_examples=150)
@given(
    rows=st.lists(told, max_size=12),
    said=st.lists(st.tuples(names, st.integers(min_value=0, max_value=9_000)), max_size=3),
    since=st.integers(min_value=-1, max_value=5),
    zone=st.sampled_from(["UTC", "Pacific/Kiritimati", "America/New_York"]),
    currency=st.sampled_from(["USD", "EUR", "BTC"]),
)
def test_whatever_was_told_days_are_numbers_and_parts_of_time_agree(
    rows: list[tuple[Any, ...]],
    said: list[tuple[str, int]],
    since: int,
    zone: str,
    currency: str,
) -> None:
    desk = Desk(place=Place(zone=zone, currency=currency))
    desk.closed(BTC, 100, 90, 110)
    desk.closed(InstrumentId("EUR/USD@kraken"), 1.1, 1.2)
    for n, (what, day, *more) in enumerate(rows):
        account = ("mine", "other")[n % 2]
        if what == "moved":
            quantity, asset, kind, fee = more
            if kind is not RecordKind.FILL:
                desk.moved(day, quantity, asset, kind, fee=D(fee), account=account)
        elif what == "noted" and D(more[0]):
            desk.noted(day, more[0], told=more[1], kind=CashKind.CORRECTION, account=account)
        elif what == "filled":
            side, base, quote, market, fee = more
            if base != quote:
                pair = InstrumentId(f"{base}/{quote}@kraken")
                extra: dict[str, Any] = {"market": market, "fee": D(fee), "fee_asset": quote}
                desk.filled(day, side, "1.5", "2", instrument=pair, account=account, **extra)
    if said:
        desk.books.balances.put(OWNER, "mine", at(3), {name: D(n) for name, n in said})
    whole, part = desk.read(7), desk.read(7, since=since)
    assert all(np.isfinite(ends(whole)))
    assert len({day.day for day in whole.days}) == len(whole.days)
    n = len(part.days)
    same = whole.currency == part.currency  # where nothing had a price, it is told in other money
    if since >= 0 and n and same and whole.kept.caveat is None:
        assert ends(part) == pytest.approx(ends(whole)[-n:], rel=1e-6, abs=1e-6)
