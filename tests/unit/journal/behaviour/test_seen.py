"""The border: what detectors read of a trade, and what they do not know yet."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from nightdesk.journal.behaviour.seen import seen
from nightdesk.journal.trade import Excursion, ExitReason, Labels, Risk, Status, StopMark
from tests.builders.writing import NOON, OWNER, a_closed_trade

D = Decimal
MINUTE = timedelta(minutes=1)


def blank(**changes: object) -> Labels:
    return replace(Labels(owner=OWNER, trade_id=a_closed_trade().id), **changes)  # type: ignore[arg-type]


def test_stops_of_one_moment_keep_the_order_in_which_they_were_recorded() -> None:
    """Fills of one second may bring a stop each; which came first does not change by itself."""
    marks = [StopMark(at=NOON, price=D(price)) for price in (95, 91, 97, 93, 99, 92, 96, 94)]
    trade = replace(a_closed_trade(), closed_at=NOON + MINUTE, risk=Risk(stops=tuple(marks[:5])))
    found = seen(trade, blank(stops=(marks[0], *marks[5:])))
    assert found.stops == (95.0, 91.0, 97.0, 93.0, 99.0, 92.0, 96.0, 94.0)


def test_amounts_become_floats_and_costs_are_what_lies_between_gross_and_net() -> None:
    trade = a_closed_trade(net="8.5", r="0.85")
    money = replace(trade.money, gross=D("11"), gross_account=D("10"), net_account=D("8.5"))
    quantity = replace(trade.quantity, size=D("1000.5"))
    found = seen(replace(trade, money=money, quantity=quantity), blank())
    assert (found.net, found.gross, found.costs) == (8.5, 10.0, 1.5)
    assert (found.gross_quote, found.size, found.r) == (11.0, 1_000.5, 0.85)
    assert (found.entry_price, found.hold) == (100.0, 3_600.0)


def test_an_open_trade_has_no_result_yet() -> None:
    trade = replace(a_closed_trade(), status=Status.PARTLY_CLOSED)
    found = seen(trade, blank())
    assert (found.closed_at, found.outcome, found.net, found.r, found.hold) == (None,) * 5


def test_what_a_rate_was_missing_for_is_unknown_and_not_zero() -> None:
    trade = a_closed_trade()
    money = replace(trade.money, gross_account=None, net_account=None)
    found = seen(replace(trade, money=money), blank())
    assert (found.net, found.gross, found.costs, found.size) == (None,) * 4


def test_stops_of_fills_and_of_the_person_are_one_row_by_the_time_they_were_recorded() -> None:
    marks = [StopMark(at=NOON + n * MINUTE, price=D(95 + n)) for n in range(3)]
    trade = replace(a_closed_trade(), risk=Risk(stops=(marks[0], marks[2])))
    found = seen(trade, blank(stops=(marks[1], marks[0])))
    assert found.stops == (95.0, 96.0, 97.0)


def test_a_stop_that_was_noted_when_the_trade_was_over_moved_nothing() -> None:
    trade = a_closed_trade()
    assert trade.closed_at is not None
    late = StopMark(at=trade.closed_at, price=D(1))
    assert seen(trade, blank(stops=(late,))).stops == seen(trade, blank()).stops
    held = replace(trade, closed_at=None, status=Status.OPEN)
    assert seen(held, blank(stops=(late,))).stops[-1] == 1.0


def test_what_a_person_wrote_completes_the_fills() -> None:
    trade = replace(a_closed_trade(), excursion=Excursion(mfe=D(20), mfe_r=D(2)))
    wrote = blank(
        exit_reason=ExitReason.MANUAL, planned=True, setup_id="gap", no_stop_declared=True
    )
    found = seen(trade, wrote)
    assert (found.exit_reason, found.planned, found.setup) == (ExitReason.MANUAL, True, "gap")
    assert (found.no_stop_declared, found.mfe_quote, found.mfe_r) == (True, 20.0, 2.0)
    assert seen(trade, blank()).planned is None
