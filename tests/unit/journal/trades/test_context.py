from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from nightdesk.core.ids import TradeId
from nightdesk.journal.context import session, surroundings, third
from nightdesk.journal.place import Place
from nightdesk.journal.trade import (
    After,
    Context,
    JournalTrade,
    Outcome,
    Session,
    Status,
    VolatilityBucket,
)
from nightdesk.trading.order import Mode
from tests.builders.journal_trades import AT, HOUR, a_trade

D = Decimal
VIENNA = Place(zone="Europe/Vienna", currency="EUR")
NOON = datetime(2025, 3, 3, 12, tzinfo=UTC)


def one(
    name: str, opened: datetime, closed: datetime | None = None, **changes: object
) -> JournalTrade:
    trade = a_trade(id=TradeId(name), opened_at=opened, closed_at=closed or opened + HOUR)
    return replace(trade, **changes)  # type: ignore[arg-type]


def context(trade: JournalTrade, *earlier: JournalTrade, place: Place = VIENNA) -> Context:
    found = surroundings(trade, earlier=earlier, place=place, regime="ranging", volatility=None)
    return found.context


@pytest.mark.parametrize(
    ("hour", "part"),
    [(0, Session.ASIA), (7, Session.ASIA), (8, Session.EUROPE), (15, Session.EUROPE),
     (16, Session.US), (23, Session.US)],
)  # fmt: skip
def test_sessions_are_eight_hours_of_the_utc_day(hour: int, part: Session) -> None:
    assert session(AT.replace(hour=hour, minute=59)) is part


def test_the_day_is_the_owners_and_counts_what_was_entered_before() -> None:
    late = datetime(2025, 3, 2, 23, 30, tzinfo=UTC)  # half past midnight in Vienna
    early = late - timedelta(hours=1)
    trade = one("c", NOON)
    same, before = one("b", late), one("a", early)
    assert context(trade, same, before).nth_of_day == 2
    assert context(trade, same, before, place=Place(zone="UTC")).nth_of_day == 1
    paper = replace(same, mode=Mode.PAPER)
    void = replace(same, status=Status.VOID)
    assert context(trade, paper, void, one("d", NOON + HOUR)).nth_of_day == 1


def test_after_is_how_the_last_one_ended_that_had_closed_by_the_entry() -> None:
    trade = one("z", NOON)
    lost = one("a", NOON - 5 * HOUR, NOON - 2 * HOUR, outcome=Outcome.LOSS)
    won = one("b", NOON - 6 * HOUR, NOON - 3 * HOUR, outcome=Outcome.WIN)
    running = one("c", NOON - HOUR, NOON + HOUR, outcome=Outcome.WIN)
    even = one("d", NOON - 4 * HOUR, NOON, outcome=Outcome.BREAKEVEN)
    assert context(trade, won, lost, running).after is After.LOSS
    assert context(trade, won).after is After.WIN
    assert context(trade, won, even).after is After.NONE
    assert context(trade, running).after is After.NONE


def test_thirds_need_nine_own_trades_and_borders_count_below() -> None:
    others = [D(n) / 100 for n in range(1, 10)]
    # linear quantiles of 0.01 … 0.09: a third lies at 0.0366…, two thirds at 0.0633…
    assert third(D("0.036"), others) is VolatilityBucket.LOW
    assert third(D("0.037"), others) is VolatilityBucket.MIDDLE
    assert third(D("0.064"), others) is VolatilityBucket.HIGH
    assert third(D("0.05"), [*others[:8], None]) is None


def test_what_is_not_known_has_a_reason() -> None:
    trade = surroundings(
        one("a", NOON), earlier=(), place=VIENNA, regime=None, volatility=D("0.02")
    )
    assert trade.reasons["regime"] == "CANDLES_MISSING"
    assert trade.reasons["volatility_bucket"] == "TOO_FEW_TRADES"
