"""One trade from the recorded price to the portfolio: each figure checked by hand."""

from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from typing import Any

import pytest

from infra.cdk.local.desk_client import DeskClient
from tests.deployed import BEFORE, ETH, LTC_ENTERS, NEXT_CLOSE, Desk, verify

# Recorded by Bitstamp: litecoin on 2 and 3 February 2019; then what the desk knows of the venue.
CLOSE_BEFORE = Decimal("34.15")
OPEN = Decimal("34.15")
HIGHEST_OF_20 = "33.97"
CLOSE_AFTER = Decimal("33.00")
HALF_SPREAD = Decimal("0.0015")
TAKER = Decimal("0.0040")

CAPITAL = Decimal(2500)
RISKED = Decimal("0.01")  # of a balanced bot's equity
EIGHT_PLACES = Decimal("1e-8")
STOP_SLIPPAGE = Decimal("0.0010")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bought:
    """A trader whose litecoin bot bought; the ether bot had no reason to."""

    trader: DeskClient
    bot: dict[str, Any]
    bots: list[str]
    explained: dict[str, Any]
    fill: dict[str, Any]

    @property
    def quantity(self) -> Decimal:
        return Decimal(self.fill["quantity"])

    @property
    def price(self) -> Decimal:
        return Decimal(self.fill["price"])

    @property
    def fee(self) -> Decimal:
        return Decimal(self.fill["fee"])


@pytest.fixture(scope="module")
def bought(shared_desk: Desk) -> Bought:
    trader = shared_desk.trader()
    bot, other = shared_desk.bot(trader), shared_desk.bot(trader, ETH)
    for moment in (BEFORE, LTC_ENTERS, NEXT_CLOSE):
        shared_desk.cycle(moment)
    (fill,) = trader.items("/api/fills")
    (order,) = trader.items("/api/orders")
    return Bought(
        trader=trader,
        bot=trader.get(f"/api/bots/{bot['bot_id']}"),
        bots=[bot["bot_id"], other["bot_id"]],
        explained=trader.get(f"/api/decisions/{order['decision_id']}"),
        fill=fill,
    )


def test_the_decision_tells_what_was_seen_and_why_it_was_enough(bought: Bought) -> None:
    told = bought.explained
    assert told["decision"]["as_of"] == LTC_ENTERS
    assert told["decision"]["candle"] == BEFORE  # the day that had just closed
    assert told["decision"]["strategy"] == "donchian@1"
    assert told["decision"]["action"] == "ENTER"
    assert len(told["snapshot"]["hash"]) == 64
    assert Decimal(str(told["snapshot"]["content"]["prices"]["close"])) == CLOSE_BEFORE
    (reason,) = told["signal"]["conditions"]
    assert f"close={CLOSE_BEFORE}" in reason
    assert f"highest[-1]={HIGHEST_OF_20}" in reason
    assert told["summary"].startswith(f"Bought {bought.fill['quantity']} LTC at")


def test_the_verdict_shows_every_check_with_its_figures(bought: Bought) -> None:
    verdict = bought.explained["verdict"]
    assert verdict["outcome"] == "approved"
    checks = verdict["checks"]
    assert [check["number"] for check in checks] == sorted(check["number"] for check in checks)
    assert all(check["passed"] for check in checks)
    shown = {check["code"]: check for check in checks}
    for code in ("TRADE_RISK", "POSITION_CAP", "INSUFFICIENT_CAPITAL", "DAILY_LOSS", "NO_STOP"):
        assert shown[code]["figures"], code
    assert shown["INSUFFICIENT_CAPITAL"]["figures"]["available"] == "2500"


def test_the_size_loses_one_percent_at_the_stop_with_all_costs(bought: Bought) -> None:
    stop = Decimal(bought.explained["position"]["protection"]["stop"])
    paid = OPEN * (1 + HALF_SPREAD) * (1 + TAKER)
    received = stop * (1 - HALF_SPREAD - STOP_SLIPPAGE) * (1 - TAKER)
    lost = bought.quantity * (paid - received)
    # the size is floored to a lot of 1e-8: at most that is missing
    assert CAPITAL * RISKED - Decimal("1e-6") < lost <= CAPITAL * RISKED


def test_the_fill_is_the_open_with_spread_and_impact_and_the_fee_is_of_the_table(
    bought: Bought,
) -> None:
    worst = OPEN * (1 + 2 * HALF_SPREAD)
    assert OPEN * (1 + HALF_SPREAD) < bought.price < worst
    assert bought.price == bought.price.quantize(Decimal("0.01"))
    fee = (bought.quantity * bought.price * TAKER).quantize(EIGHT_PLACES, ROUND_CEILING)
    assert (bought.fee, bought.fill["fee_asset"]) == (fee, "USD")
    assert Decimal(bought.fill["notional"]) == bought.quantity * bought.price
    ((order),) = bought.explained["orders"]
    assert order["fills"] == [bought.fill]
    assert order["order"]["status"] == "FILLED"
    assert Decimal(order["order"]["average_price"]) == bought.price


def test_the_stop_stands_below_the_position_it_protects(bought: Bought) -> None:
    ((stop),) = bought.explained["protective_orders"]
    assert (stop["order"]["side"], stop["order"]["type"]) == ("sell", "stop")
    assert Decimal(stop["order"]["quantity"]) == bought.quantity
    assert Decimal(stop["order"]["trigger"]) < OPEN


def test_the_bot_is_worth_its_cash_and_what_it_holds_at_the_last_close(bought: Bought) -> None:
    figures = bought.bot["capital"]
    cash = CAPITAL - bought.quantity * bought.price - bought.fee
    assert Decimal(figures["cash"]) == cash
    assert Decimal(figures["holding"]) == bought.quantity
    assert Decimal(figures["mark"]) == CLOSE_AFTER
    assert Decimal(figures["equity"]) == cash + bought.quantity * CLOSE_AFTER
    assert Decimal(figures["unrealised"]) == bought.quantity * (CLOSE_AFTER - bought.price)
    assert Decimal(figures["fees"]) == bought.fee


def test_the_portfolio_is_the_sum_of_the_bots(bought: Bought) -> None:
    (portfolio,) = bought.trader.get("/api/portfolio")["currencies"]
    bots = [bought.trader.get(f"/api/bots/{bot}")["capital"] for bot in bought.bots]
    assert len(bots) == portfolio["bots"] == 2
    for name in ("equity", "cash", "reserved", "net_capital", "realised", "unrealised", "fees"):
        assert Decimal(portfolio[name]) == sum(Decimal(bot[name]) for bot in bots), name
    assert Decimal(portfolio["held"]) == bought.quantity * CLOSE_AFTER


def test_the_postings_are_the_fill_and_sum_to_nothing(bought: Bought) -> None:
    bot = {"bot_id": bought.bots[0]}
    postings = bought.trader.items("/api/ledger", bot_id=bot["bot_id"])
    for posting in postings:
        for asset in {line["asset"] for line in posting["lines"]}:
            lines = [line for line in posting["lines"] if line["asset"] == asset]
            assert sum(Decimal(line["amount"]) for line in lines) == 0
    balances: dict[tuple[str, str], Decimal] = {}
    for line in (line for posting in postings for line in posting["lines"]):
        place = (line["account"], line["asset"])
        balances[place] = balances.get(place, Decimal(0)) + Decimal(line["amount"])
    assert balances["cash", "USD"] == CAPITAL - bought.quantity * bought.price - bought.fee
    assert balances["position", "LTC"] == bought.quantity
    assert balances["fees", "USD"] == bought.fee
    assert balances["reserved", "USD"] == 0
    proof = verify(bought.trader, bot)
    proved = {
        (line["account"], line["asset"]): Decimal(line["amount"]) for line in proof["balances"]
    }
    assert proved == {place: amount for place, amount in balances.items() if place in proved}
    assert all(amount == 0 for place, amount in balances.items() if place not in proved)


def test_the_position_shows_what_it_cost_and_where_it_stands(bought: Bought) -> None:
    (position,) = bought.trader.items("/api/positions")
    assert Decimal(position["mark"]) == CLOSE_AFTER
    assert Decimal(position["value"]) == bought.quantity * CLOSE_AFTER
    held = position["position"]
    assert Decimal(held["cost"]) == bought.quantity * bought.price
    assert Decimal(held["entry_fees"]) == bought.fee
    detail = bought.trader.get(f"/api/positions/{held['position_id']}")
    assert [order["fills"] for order in detail["orders"]] == [[bought.fill]]
