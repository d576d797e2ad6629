"""Rules of building round trips that no worked case shows."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from nightdesk.core.ids import BotId, InstrumentId
from nightdesk.journal.fill import JournalFill
from nightdesk.journal.round_trips import Built, build
from nightdesk.journal.stored import built_from
from nightdesk.journal.trade import (
    Charge,
    ExitReason,
    JournalTrade,
    Origin,
    Outcome,
    Source,
    Status,
    StopMark,
)
from tests.builders.journal_trades import (
    AT,
    HOUR,
    MINUTE,
    PAR,
    a_book,
    a_contract,
    a_perp,
    bought,
    sold,
)

D = Decimal


def only(built: Built) -> JournalTrade:
    (trade,) = built.trades
    return trade


def a_round(**entry: object) -> list[JournalFill]:
    out = sold("2", "1", "110", at=AT + HOUR)
    return [replace(bought("1", "1", "100"), **entry), out]  # type: ignore[arg-type]


def test_bots_of_one_account_are_apart() -> None:
    one, other = BotId("bot_1"), BotId("bot_2")
    fills = [
        bought("1", "1", "100", bot_id=one, reason=None),
        bought("2", "1", "200", at=AT + MINUTE, bot_id=other),
        sold("3", "1", "90", at=AT + HOUR, bot_id=other, reason=ExitReason.STOP),
        sold("4", "1", "110", at=AT + 2 * HOUR, bot_id=one),
    ]
    first, second = build(fills, a_book()).trades
    assert (first.bot_id, first.money.gross, first.origin) == (one, D(10), Origin.BOT)
    assert (second.bot_id, second.money.gross) == (other, D(-110))
    assert (first.exit_reason, second.exit_reason) == (ExitReason.UNKNOWN, ExitReason.STOP)


def test_what_an_order_has_yet_to_sell_is_no_dust() -> None:
    fills = [
        bought("1", "1", "100"),
        sold("2", "0.99995", "110", at=AT + HOUR, order="out"),
        sold("3", "0.00005", "111", at=AT + HOUR + MINUTE, order="out"),
    ]
    built = build(fills, a_book())
    trade = only(built)
    assert (trade.closed_at, trade.quantity.partial_exits) == (AT + HOUR + MINUTE, 0)
    assert (built.dust, built.warnings) == ((), ())


def test_less_than_a_sale_may_be_worth_is_dust_too() -> None:
    contract = a_contract(lot=D("0.01"), min_notional=D(10))
    fills = [bought("1", "1", "100"), sold("2", "0.95", "110", at=AT + HOUR)]
    built = build(fills, a_book(contract))
    assert (only(built).status, built.dust[0].quantity) == (Status.CLOSED, D("0.05"))


def test_an_exit_that_the_desk_calls_the_end_is_the_end() -> None:
    fills = [bought("1", "1", "100"), sold("2", "0.5", "110", at=AT + HOUR, ends=True)]
    built = build(fills, a_book())
    assert only(built).status is Status.CLOSED
    assert (built.dust[0].quantity, built.dust[0].cost) == (D("0.5"), D(50))


def test_an_inverse_contract_makes_no_trade() -> None:
    inverse = a_perp(instrument=InstrumentId("BTC/USD@bybit"), inverse=True)
    built = build(a_round(), a_book(inverse))
    assert [one.text for one in built.warnings] == [
        "UNSUPPORTED_CONTRACT: instrument=BTC/USD@bybit"
    ]
    assert not built.trades


def test_a_fee_that_leaves_nothing_of_a_fill_leaves_it_out() -> None:
    fills = [bought("0", "0.1", "100", fee=D("0.1"), fee_asset="BTC"), *a_round()]
    built = build(fills, a_book())
    assert [one.code for one in built.warnings] == ["FEE_EXCEEDS_FILL"]
    assert only(built).money.gross == D(10)


@pytest.mark.parametrize(
    ("seconds", "risk", "recorded"), [(0, D(10), 0), (60, D(10), 60), (61, None, 61)]
)
def test_a_stop_counts_for_r_within_a_minute(
    seconds: int, risk: Decimal | None, recorded: int
) -> None:
    mark = StopMark(at=AT + timedelta(seconds=seconds), price=D(90))
    trade = only(build(a_round(), a_book(), stops=[mark]))
    assert (trade.risk.initial_risk, trade.risk.stop_recorded_after_seconds) == (risk, recorded)
    assert trade.risk.stops == (mark,)
    assert trade.reasons.get("r") == (None if risk else "NO_STOP")


def test_later_moves_of_a_stop_never_change_the_risk() -> None:
    moves = [StopMark(at=AT + n * MINUTE, price=D(90 + n)) for n in (2, 3, 3, 9)]
    trade = only(build(a_round(stop=D(95)), a_book(), stops=moves))
    assert (trade.risk.initial_risk, trade.risk.r) == (D(5), D(2))
    assert [mark.price for mark in trade.risk.stops] == [D(95), D(92), D(93), D(99)]


def test_the_planned_ratio_is_that_of_the_first_leg_alone() -> None:
    entry, out = a_round(stop=D(95))
    later = bought("1b", "1", "101", at=AT + MINUTE, stop=D(95), target=D(120))
    fills = [entry, later, replace(out, quantity=D(2))]
    risk = only(build(fills, a_book())).risk
    assert (risk.planned_rr, risk.target) == (None, D(120))
    assert only(build(fills, a_book())).reasons["planned_rr"] == "NO_TARGET"
    fills[0] = replace(entry, target=D(110))
    assert only(build(fills, a_book())).risk.planned_rr == D(2)


def test_stops_belong_to_the_trade_that_was_open() -> None:
    fills = [*a_round(), bought("3", "1", "100", at=AT + 2 * HOUR)]
    marks = [
        StopMark(at=AT + timedelta(seconds=5), price=D(90)),
        StopMark(at=AT + 2 * HOUR - timedelta(seconds=5), price=D(80)),
    ]
    first, second = build(fills, a_book(), stops=marks).trades
    assert (first.risk.initial_stop, second.risk.initial_stop) == (D(90), D(80))
    assert second.reasons["r"] == "OPEN"


def test_the_stop_of_a_fill_that_turns_a_position_round_is_of_what_it_opens() -> None:
    fills = [
        bought("f1", "1", "100"),
        sold("f2", "2", "98", at=AT + timedelta(seconds=30), stop=D(103)),
    ]
    long, short = build(fills, a_book(a_perp())).trades
    assert (long.risk.stops, long.reasons["r"]) == ((), "NO_STOP")
    assert (short.risk.initial_stop, short.risk.initial_risk) == (D(103), D(5))


def test_the_threshold_of_breaking_even_is_the_owners_and_exclusive() -> None:
    fills = a_round(stop=D(50))  # 10 gained of 50 risked
    assert only(build(fills, a_book())).outcome is Outcome.WIN
    assert only(build(fills, a_book(), breakeven_r=D("0.2"))).outcome is Outcome.WIN
    assert only(build(fills, a_book(), breakeven_r=D("0.21"))).outcome is Outcome.BREAKEVEN


def test_without_a_rate_account_currency_is_null_with_its_reason() -> None:
    trade = only(build(a_round(rate=None, fee=D(1)), a_book()))
    assert (trade.money.net, trade.money.net_account) == (D(9), None)
    assert (trade.reasons["net_account"], trade.incomplete) == ("RATE_MISSING", ("RATE_MISSING",))
    # the entry's rate is not asked where it cost no fee
    assert only(build(a_round(rate=None), a_book())).money.net_account == D(10)


def test_slippage_is_counted_from_the_decision_or_not_at_all() -> None:
    fills = [
        bought("1", "2", "101", reference=D(100)),
        sold("2", "2", "110", at=AT + HOUR, reference=D(111)),
    ]
    assert only(build(fills, a_book())).money.slippage == D(4)
    without = only(build([fills[0], replace(fills[1], reference=None)], a_book()))
    assert (without.money.slippage, without.reasons["slippage"]) == (None, "NO_REFERENCE")


def test_funding_twice_counts_once_and_open_trades_have_theirs() -> None:
    charge = Charge(id="f", at=AT + MINUTE, amount=D(-1), rate=PAR)
    built = build([bought("1", "1", "100")], a_book(a_perp()), funding=[charge, charge])
    assert (only(built).money.funding, only(built).money.net) == (D(-1), D(-1))


def test_the_source_that_knows_most_names_the_trade() -> None:
    fills = a_round(source=Source.IMPORT, import_id="i1")
    trade = only(build(fills, a_book()))
    assert (trade.source, trade.import_ids) == (Source.SYNC, ("i1",))


def test_hashes_tell_the_same_from_another() -> None:
    fills = a_round()
    other = [fills[0], replace(fills[1], fee=D(1))]
    again = built_from(only(build([*reversed(fills), fills[0]], a_book())))
    assert built_from(only(build(fills, a_book()))) == again
    assert built_from(only(build(other, a_book()))) != again


def test_no_fills_make_no_trades() -> None:
    assert build([], a_book()) == Built()


def test_a_net_of_zero_is_even_whatever_its_owner_calls_even() -> None:
    fills = [
        bought("f1", "1", "100", stop=D(90)),
        sold("f2", "1", "100", at=AT + HOUR),
    ]
    (trade,) = build(fills, a_book(), breakeven_r=D(0)).trades
    assert (trade.money.net, trade.outcome) == (D(0), Outcome.BREAKEVEN)


@pytest.mark.parametrize(("after", "told"), [(0.0, 0), (60.0, 60), (60.5, 61)])
def test_a_stop_is_within_a_minute_only_if_it_was_recorded_by_then(after: float, told: int) -> None:
    stop = StopMark(at=AT + timedelta(seconds=after), price=D(90))
    fills = [
        bought("f1", "1", "100"),
        sold("f2", "1", "110", at=AT + HOUR),
    ]
    (trade,) = build(fills, a_book(), stops=[stop]).trades
    assert trade.risk.stop_recorded_after_seconds == told
    assert (trade.risk.r is not None) == (told <= 60)
