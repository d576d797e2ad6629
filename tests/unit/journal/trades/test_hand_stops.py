"""Stops of trades by hand: what the first one was stays, later ones are moves."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from nightdesk.core.errors import StoreUnavailable
from nightdesk.core.ids import TradeId
from nightdesk.journal.behaviour.seen import seen
from nightdesk.journal.book_stats import Played
from nightdesk.journal.hand_fills import FillDraft
from nightdesk.journal.labelling import LabelChanges
from nightdesk.journal.manual_trade import (
    CloseTrade,
    Closing,
    EditTrade,
    EnterTrade,
    shown_version,
)
from nightdesk.journal.trade import Action, StopMark
from tests.builders.journal_trades import AT, HOUR, OWNER, D
from tests.fakes.journal_trades import FakeTrades
from tests.unit.journal.trades.rig import Rig, a_draft

NOW = AT + 5 * HOUR
BOUGHT = (FillDraft(at=AT, side=Action.BUY, quantity=D(1), price=D(100)),)
TAKEN_BACK = LabelChanges(cleared=frozenset({"stop"}))


@pytest.fixture
def rig() -> Rig:
    return Rig()


def entered(rig: Rig, **changes: object) -> TradeId:
    draft = a_draft(**({"fills": BOUGHT} | changes))
    return EnterTrade(rig.by_hand)(OWNER, draft, now=NOW).trade.id


def edited(
    rig: Rig,
    trade_id: TradeId,
    changes: LabelChanges,
    *,
    now: datetime = NOW,
    fills: tuple[FillDraft, ...] | None = None,
) -> Played:
    version = shown_version(rig.trades.get(OWNER, trade_id))
    edit = EditTrade(rig.by_hand)
    return edit(OWNER, trade_id, changes, version=version, now=now, fills=fills)


def closed(rig: Rig, trade_id: TradeId) -> Played:
    closing = Closing(at=NOW + HOUR, price=D(110))
    return CloseTrade(rig.by_hand)(OWNER, trade_id, closing, now=NOW + HOUR)


def test_moving_the_stop_of_an_open_trade_leaves_what_was_risked(rig: Rig) -> None:
    trade_id = entered(rig)
    moved = edited(rig, trade_id, LabelChanges(stop=D(99))).trade.risk
    assert (moved.initial_stop, moved.initial_risk) == (D(95), D(5))
    assert moved.stops == (StopMark(at=AT, price=D(95)), StopMark(at=NOW, price=D(99)))
    assert closed(rig, trade_id).trade.risk.r == D(2)


def test_a_stop_moved_away_is_seen_while_the_trade_is_open_and_after_it_has_closed(
    rig: Rig,
) -> None:
    trade_id = entered(rig)
    for played in (edited(rig, trade_id, LabelChanges(stop=D(90))), closed(rig, trade_id)):
        assert seen(played.trade, played.labels).stops == (95.0, 90.0)
        assert [mark.price for mark in played.trade.risk.stops] == [D(95), D(90)]


@pytest.mark.parametrize(("seconds", "risk"), [(60, D(5)), (61, None)])
def test_the_first_stop_of_an_open_trade_counts_only_within_a_minute(
    rig: Rig, seconds: int, risk: Decimal | None
) -> None:
    trade_id, now = entered(rig, stop=None), AT + timedelta(seconds=seconds)
    later = edited(rig, trade_id, LabelChanges(stop=D(95)), now=now).trade
    assert (later.risk.initial_risk, later.risk.stop_recorded_after_seconds) == (risk, seconds)
    assert later.risk.stops == (StopMark(at=now, price=D(95)),)


def test_null_takes_back_the_first_stop_and_its_moves(rig: Rig) -> None:
    trade_id = entered(rig)
    edited(rig, trade_id, LabelChanges(stop=D(99)))
    bare = edited(rig, trade_id, TAKEN_BACK)
    assert (bare.trade.risk.stops, bare.labels.stops) == ((), ())
    assert bare.trade.reasons["r"] == "NO_STOP"
    late = edited(rig, trade_id, LabelChanges(stop=D(99)), now=NOW + HOUR / 2)
    assert late.trade.reasons["r"] == "NO_STOP"


def test_a_stop_that_is_recorded_after_the_end_changes_nothing_of_the_trade(rig: Rig) -> None:
    trade_id = entered(rig)
    before = closed(rig, trade_id).trade.risk
    after = edited(rig, trade_id, LabelChanges(stop=D(99)), now=NOW + 2 * HOUR)
    assert after.trade.risk == before
    assert after.labels.stops == (StopMark(at=NOW + 2 * HOUR, price=D(99)),)


def test_fills_given_anew_correct_the_first_stop_and_keep_its_moves(rig: Rig) -> None:
    trade_id = entered(rig)
    edited(rig, trade_id, LabelChanges(stop=D(99)))
    risk = edited(rig, trade_id, LabelChanges(stop=D(90)), fills=BOUGHT).trade.risk
    assert (risk.initial_stop, risk.initial_risk) == (D(90), D(10))
    assert [mark.price for mark in risk.stops] == [D(90), D(99)]


def test_a_target_by_hand_is_what_stood_at_the_first_fill(rig: Rig) -> None:
    risk = edited(rig, entered(rig), LabelChanges(target=D(115))).trade.risk
    assert (risk.target, risk.planned_rr, risk.initial_stop) == (D(115), D(3), D(95))


@pytest.mark.parametrize("at", range(2))
def test_a_move_that_was_cut_off_is_no_part_of_the_risk_and_is_not_lost_once_it_is_written(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    trade_id = entered(rig)

    def cut_off(*_: object, **__: object) -> None:
        raise StoreUnavailable("cut off")

    with monkeypatch.context() as patch:
        patch.setattr(FakeTrades, ("save_labels", "save")[at], cut_off)
        with pytest.raises(StoreUnavailable):
            edited(rig, trade_id, LabelChanges(stop=D(99)))
    ended = closed(rig, trade_id)
    assert ended.trade.risk.r == D(2)
    assert [mark.price for mark in ended.trade.risk.stops] == [D(95), D(99)][: 1 + at]
