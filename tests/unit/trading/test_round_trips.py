"""Worked round trips against the book.

`tests/reference/data/round_trips.json` is a copy of worked cases. Those that apply here are spot,
long, in one currency, with the fee in quote or base, booked once in order: rt-01, 03 to 07, 12, 13,
15, 16, 21. The others are perpetuals or shorts (02, 10, 11, 18, 19, 22), a third fee asset (08, 09:
a later issue), unordered or repeated fills (14: sorted and made single before they come here), a
sale of what the desk does not know (17: refused here) or a second account currency (20: the
journal). Excursions and efficiencies of the cases are the journal's, too.
"""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from nightdesk.core.clock import from_iso
from nightdesk.core.errors import InvariantBroken
from nightdesk.core.ids import ClientOrderId, FillId, InstrumentId
from nightdesk.market.instruments import Instrument
from nightdesk.trading.book import Book
from nightdesk.trading.order import Order
from nightdesk.trading.position import RoundTrip
from tests.builders.trading import (
    AS_OF,
    a_buy,
    a_plan,
    a_protection,
    a_sale,
    a_trading_fill,
    an_empty_book,
    trading_rules,
)

D = Decimal
FILE = Path(__file__).parents[2] / "reference" / "data" / "round_trips.json"
REFERENCE = json.loads(FILE.read_text(encoding="utf-8"))
CASES = {case["id"]: case for case in REFERENCE["cases"]}
TOLERANCE = D(REFERENCE["tolerance"])
APPLY = ("01", "03", "04", "05", "06", "07", "12", "13", "15", "16", "21")
INSTRUMENT = InstrumentId("BTC/USDT@binance")


def order_of(row: dict[str, Any], quantity: Decimal) -> Order:
    """Return the order of a fill of a case; 1 R is what the stop of that fill would lose."""
    common: dict[str, Any] = {
        "client_order_id": ClientOrderId(row["order"]),
        "instrument_id": INSTRUMENT,
        "quantity": quantity,
        "reference": D(row["price"]),
        "created_at": from_iso(row["at"]),
    }
    if row["side"] == "SELL":
        return a_sale(**common)
    risk = D(1)
    if "stop" in row:
        risk = (D(row["price"]) - D(row["stop"])) * quantity or D("1e-12")
    plan = a_plan(protection=a_protection(stop=D(1), target=None), planned_risk=risk)
    return a_buy(**common, plan=plan, reserved=D(0))


def booked(case: dict[str, Any]) -> tuple[Book, list[RoundTrip]]:
    """Book the fills of a case one by one."""
    trips: list[RoundTrip] = []
    book, _ = an_empty_book(instrument_id=INSTRUMENT).funded("usdt", D(1_000_000), AS_OF)
    rules = trading_rules(
        instrument=Instrument(id=INSTRUMENT, symbol="BTCUSDT"),
        min_quantity=D(case["inputs"]["instrument"]["min_qty"]),
        lot=D("0.00001"),
        min_notional=D(0),
    )
    sizes: dict[str, Decimal] = {}
    for row in case["inputs"]["fills"]:
        sizes[row["order"]] = sizes.get(row["order"], D(0)) + D(row["qty"])
    for row in case["inputs"]["fills"]:
        order = order_of(row, sizes[row["order"]])
        fee, asset = D(row["fee"]), row["fee_asset"] or "USDT"
        fill = a_trading_fill(
            order,
            fill_id=FillId(row["id"]),
            quantity=D(row["qty"]),
            price=D(row["price"]),
            fee=fee,
            fee_asset=asset,
            fee_value=fee * D(row["price"]) if asset == "BTC" else fee,
            at=from_iso(row["at"]),
        )
        if row["side"] == "BUY":
            book, _, _ = book.bought(order, fill)
        else:
            book, _, trip = book.sold(order, fill, rules, "exit")
            trips += [trip] if trip else []
    return book, trips


@pytest.mark.parametrize("case_id", [f"rt-{n}" for n in APPLY])
def test_round_trip_of_a_worked_case_equals_it(case_id: str) -> None:
    case = CASES[case_id]
    book, trips = booked(case)
    closed = [t for t in case["expected"]["trades"] if t["status"] == "closed"]
    assert len(trips) == len(closed)
    for trip, wanted in zip(trips, closed, strict=True):
        assert abs(trip.gross - D(wanted["gross"])) <= TOLERANCE
        assert abs(trip.fees - D(wanted["fees"])) <= TOLERANCE
        assert abs(trip.net - D(wanted["net"])) <= TOLERANCE
        assert (trip.opened_at, trip.closed_at) == (
            from_iso(wanted["opened_at"]),
            from_iso(wanted["closed_at"]),
        )
        if wanted["r"] is not None:
            assert abs(trip.planned_risk - D(wanted["initial_risk"])) <= TOLERANCE
            assert abs(trip.r - D(wanted["r"])) <= TOLERANCE
    dust = case["expected"]["dust"]
    assert book.dust == (D(dust["qty"]) if dust else D(0))
    if dust:
        assert abs(book.open_cost - D(dust["cost"])) <= TOLERANCE


def test_partly_closed_case_keeps_its_average_cost() -> None:
    book, trips = booked(CASES["rt-16"])
    assert not trips
    assert book.position is not None
    assert (book.position.quantity, book.position.avg_price) == (D(2), D(100))
    assert book.realised == D(10)


def test_sale_of_what_the_desk_does_not_know_raises() -> None:
    with pytest.raises(InvariantBroken):
        booked(CASES["rt-17"])
