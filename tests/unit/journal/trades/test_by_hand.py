"""Trades that a person enters: every way in, and what is refused."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from nightdesk.core.errors import Conflict, Invalid, Missing, StaleWrite, StoreUnavailable
from nightdesk.core.ids import TradeId, UserId
from nightdesk.journal.book_stats import Played
from nightdesk.journal.hand_fills import FillDraft, from_entry_and_exit
from nightdesk.journal.labelling import LabelChanges
from nightdesk.journal.manual_trade import (
    CloseTrade,
    Closing,
    EditTrade,
    EnterTrade,
    HideTrade,
    RestoreTrade,
    shown_version,
)
from nightdesk.journal.plan import Wish
from nightdesk.journal.stored import Stored, built_from
from nightdesk.journal.trade import Action, Emotion, Kind, Labels, Outcome, Side, Source, Status
from nightdesk.journal.trade_reading import ReadTrade
from tests.builders.journal_trades import AT, HOUR, OWNER, D, a_trade
from tests.builders.writing import a_plan, a_tag
from tests.fakes.imports import FakeExternalRecords
from tests.fakes.journal_trades import FakeTrades
from tests.unit.journal.trades.rig import NOW, Rig, a_draft

OTHER = UserId("usr_2")


@pytest.fixture
def rig() -> Rig:
    return Rig()


def entered(rig: Rig, **changes: Any) -> Played:
    return EnterTrade(rig.by_hand)(OWNER, a_draft(**changes), now=NOW)


def an_entry(**changes: Any) -> FillDraft:
    draft = FillDraft(at=AT, side=Action.BUY, quantity=D(2), price=D(100))
    return replace(draft, **changes)


def test_a_closed_trade_has_its_figures_at_once(rig: Rig) -> None:
    played = entered(rig, labels=LabelChanges(note="felt good", emotions=(Emotion.CALM,)))
    trade = played.trade
    # 10 gained, 0.2 paid, 5 risked
    assert (trade.money.net, trade.risk.r, trade.outcome) == (D("9.8"), D("1.96"), Outcome.WIN)
    assert (trade.source, trade.status, trade.version) == (Source.MANUAL, Status.CLOSED, 1)
    assert (played.labels.note, played.labels.emotions) == ("felt good", (Emotion.CALM,))
    assert rig.trades.get(OWNER, trade.id) == played


def test_the_same_trade_again_is_a_duplicate(rig: Rig) -> None:
    entered(rig)
    with pytest.raises(Conflict) as refused:
        entered(rig)
    assert refused.value.code == "DUPLICATE_FILL"


def test_a_fill_of_another_trade_by_hand_is_a_duplicate(rig: Rig) -> None:
    named = an_entry(id="venue-1", at=AT + HOUR)
    first = entered(rig, fills=(an_entry(id="first"), named))
    with pytest.raises(Conflict) as refused:
        entered(rig, fills=(an_entry(), named))
    assert refused.value.code == "DUPLICATE_FILL"
    other = entered(rig, fills=(an_entry(id="other"),))
    edit, version = EditTrade(rig.by_hand), shown_version(other)
    fills = (an_entry(id="other"), named)
    with pytest.raises(Conflict) as refused:
        edit(OWNER, other.trade.id, LabelChanges(), version=version, now=NOW, fills=fills)
    assert refused.value.code == "DUPLICATE_FILL"
    assert rig.trades.get(OWNER, other.trade.id) == other
    elsewhere = entered(rig, account="another", fills=(an_entry(id="first"), named))
    assert elsewhere.trade.id != first.trade.id
    again = (an_entry(id="first", price=D(101)), named)
    version = shown_version(first)
    edit(OWNER, first.trade.id, LabelChanges(), version=version, now=NOW, fills=again)
    HideTrade(rig.by_hand)(OWNER, first.trade.id, now=NOW)
    entered(rig, fills=(an_entry(), named))


def test_a_hidden_trade_does_not_come_back_beside_another_with_a_fill_of_it(rig: Rig) -> None:
    named = an_entry(id="venue-1", at=AT + HOUR)
    first = entered(rig, fills=(an_entry(), named))
    HideTrade(rig.by_hand)(OWNER, first.trade.id, now=NOW)
    other = entered(rig, fills=(an_entry(price=D(101)), named))
    restore = RestoreTrade(rig.by_hand, FakeExternalRecords())
    with pytest.raises(Conflict) as refused:
        restore(OWNER, first.trade.id, now=NOW)
    assert refused.value.code == "DUPLICATE_FILL"
    HideTrade(rig.by_hand)(OWNER, other.trade.id, now=NOW)
    assert restore(OWNER, first.trade.id, now=NOW).trade.status is Status.OPEN


def test_two_trades_by_hand_may_end_with_equal_fills_that_have_no_name(rig: Rig) -> None:
    out = an_entry(at=AT + 2 * HOUR, side=Action.SELL)
    entered(rig, fills=(an_entry(), out))
    entered(rig, fills=(an_entry(at=AT + HOUR), out))
    assert len(rig.trades.opened(OWNER, AT, NOW)) == 2


@pytest.mark.parametrize("after", [HOUR, timedelta(days=31)])
def test_a_hidden_trade_comes_back_by_being_typed_again(rig: Rig, after: timedelta) -> None:
    labels = LabelChanges(note="mine", emotions=(Emotion.CALM,))
    first = entered(rig, labels=labels)
    HideTrade(rig.by_hand)(OWNER, first.trade.id, now=NOW)
    enter = EnterTrade(rig.by_hand)
    again = enter(OWNER, a_draft(stop=D(90), labels=LabelChanges(note="new")), now=NOW + after)
    assert (again.trade.id, again.trade.status) == (first.trade.id, Status.CLOSED)
    assert (again.trade.risk.initial_stop, again.labels.note) == (D(90), "new")
    assert again.labels.emotions == (Emotion.CALM,)
    assert rig.trades.get(OWNER, first.trade.id) == again
    with pytest.raises(Conflict):
        enter(OWNER, a_draft(), now=NOW + after)


def test_a_hidden_trade_that_is_typed_again_keeps_its_rates(rig: Rig) -> None:
    rig.rates.of[("USDT", "EUR")] = D("0.9")
    rig.preferences.place = replace(rig.preferences.place, currency="EUR")
    first = entered(rig)
    HideTrade(rig.by_hand)(OWNER, first.trade.id, now=NOW)
    rig.rates.of[("USDT", "EUR")] = D("0.8")
    assert entered(rig).trade.money == first.trade.money


def test_two_ends_make_a_trade_of_either_side(rig: Rig) -> None:
    fills = from_entry_and_exit(
        Side.SHORT, an_entry(), an_entry(at=AT + HOUR, price=D(90), side=Action.SELL)
    )
    played = entered(rig, fills=fills, kind=Kind.PERP, stop=D(105))
    assert (played.trade.side, played.trade.money.gross) == (Side.SHORT, D(20))
    assert played.trade.risk.r == D(2)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"instrument": "bitcoin"}, "UNKNOWN_INSTRUMENT"),
        ({"instrument": "BTC/BTC@binance"}, "UNKNOWN_INSTRUMENT"),
        ({"account": "  "}, "VALIDATION_FAILED"),
        # one coin bought, two paid as its fee
        (
            {"fills": (an_entry(quantity=D(1), fee=D(2), fee_asset="BTC"),)},
            "FEE_EXCEEDS_FILL",
        ),
        ({"fills": ()}, "VALIDATION_FAILED"),
        ({"fills": (an_entry(quantity=D(0)),)}, "NEGATIVE_QUANTITY"),
        ({"fills": (an_entry(price=D(-1)),)}, "NEGATIVE_QUANTITY"),
        ({"fills": (an_entry(at=NOW + timedelta(minutes=6)),)}, "VALIDATION_FAILED"),
        ({"fills": (an_entry(at=AT.replace(year=2008)),)}, "VALIDATION_FAILED"),
        ({"fills": (an_entry(side=Action.SELL),)}, "UNMATCHED_SELL"),
        (
            {"fills": (an_entry(), an_entry(at=AT - HOUR, side=Action.SELL))},
            "CLOSE_BEFORE_OPEN",
        ),
        (
            {
                "fills": (
                    an_entry(),
                    an_entry(at=AT + HOUR, side=Action.SELL),
                    an_entry(at=AT + 2 * HOUR),
                )
            },
            "NOT_ONE_TRADE",
        ),
        ({"fills": (an_entry(id="x"), an_entry(id="x"))}, "DUPLICATE_FILL"),
        ({"fills": tuple(an_entry(id=str(n)) for n in range(501))}, "VALIDATION_FAILED"),
        ({"stop": D(0)}, "VALIDATION_FAILED"),
    ],
)
def test_what_is_no_trade_is_refused_and_nothing_is_stored(
    rig: Rig, changes: dict[str, Any], code: str
) -> None:
    with pytest.raises((Invalid, Conflict)) as refused:
        entered(rig, **changes)
    assert refused.value.code == code
    assert not rig.trades.kept


def test_an_open_trade_is_closed_in_two_steps(rig: Rig) -> None:
    first = entered(rig, fills=(an_entry(),), stop=D(90))
    close = CloseTrade(rig.by_hand)
    half = close(
        OWNER,
        first.trade.id,
        Closing(at=AT + HOUR, price=D(110), quantity=D(1), fee=D(1)),
        now=NOW,
    )
    assert (half.trade.status, half.trade.quantity.qty_open) == (Status.PARTLY_CLOSED, D(1))
    done = close(OWNER, first.trade.id, Closing(at=AT + 2 * HOUR, price=D(120)), now=NOW)
    # 10 + 20 - 1 over 2 * 10
    assert (done.trade.status, done.trade.money.net, done.trade.risk.r) == (
        Status.CLOSED,
        D(29),
        D("1.45"),
    )
    with pytest.raises(Conflict) as refused:
        close(OWNER, first.trade.id, Closing(at=AT + 2 * HOUR, price=D(120)), now=NOW)
    assert refused.value.code == "NOT_OPEN"


def test_a_close_that_is_said_twice_is_one(rig: Rig) -> None:
    first = entered(rig, fills=(an_entry(),), stop=None)
    close, part = CloseTrade(rig.by_hand), Closing(at=AT + HOUR, price=D(110), quantity=D(1))
    half = close(OWNER, first.trade.id, part, cause="a", now=NOW)
    assert close(OWNER, first.trade.id, part, cause="a", now=NOW) == half
    assert half.trade.quantity.qty_open == D(1)
    whole = close(OWNER, first.trade.id, part, cause="b", now=NOW)
    assert close(OWNER, first.trade.id, part, cause="b", now=NOW) == whole
    assert (whole.trade.status, whole.trade.money.net) == (Status.CLOSED, D(20))


@pytest.mark.parametrize(
    ("kind", "side", "fee", "quantity"),
    [
        (Kind.SPOT, Action.BUY, "0.002", "1.998"),
        (Kind.SPOT, Action.BUY, "-0.002", "2.002"),
        (Kind.PERP, Action.SELL, "0.002", "2.002"),
    ],
)
def test_closing_all_of_a_trade_leaves_room_for_a_fee_in_its_coins(
    rig: Rig, kind: Kind, side: Action, fee: str, quantity: str
) -> None:
    first = entered(rig, kind=kind, fills=(an_entry(side=side),), stop=None)
    closing = Closing(at=AT + HOUR, price=D(110), fee=D(fee), fee_asset="BTC")
    done = CloseTrade(rig.by_hand)(OWNER, first.trade.id, closing, now=NOW)
    assert (done.trade.status, done.trade.quantity.qty_open) == (Status.CLOSED, D(0))
    assert rig.trades.kept[OWNER, first.trade.id].fills[-1].quantity == D(quantity)


@pytest.mark.parametrize(
    ("closing", "code"),
    [
        (
            Closing(at=AT + HOUR, price=D(1), fee=D(2), fee_asset="BTC"),
            "NEGATIVE_QUANTITY",
        ),
        (Closing(at=AT - HOUR, price=D(1)), "CLOSE_BEFORE_OPEN"),
        (Closing(at=AT + HOUR, price=D(1), quantity=D(3)), "VALIDATION_FAILED"),
        (Closing(at=AT + HOUR, price=D(1), quantity=D(0)), "NEGATIVE_QUANTITY"),
        (Closing(at=AT + HOUR, price=D(0)), "NEGATIVE_QUANTITY"),
        (Closing(at=NOW + HOUR, price=D(1)), "VALIDATION_FAILED"),
    ],
)
def test_a_close_that_cannot_be_changes_nothing(rig: Rig, closing: Closing, code: str) -> None:
    first = entered(rig, fills=(an_entry(),))
    with pytest.raises(Invalid) as refused:
        CloseTrade(rig.by_hand)(OWNER, first.trade.id, closing, now=NOW)
    assert refused.value.code == code
    assert rig.trades.get(OWNER, first.trade.id) == first


def test_labels_change_under_the_version_that_was_shown(rig: Rig) -> None:
    first = entered(rig)
    edit = EditTrade(rig.by_hand)
    version = shown_version(first)
    second = edit(OWNER, first.trade.id, LabelChanges(note="late"), version=version, now=NOW)
    assert (second.labels.note, shown_version(second)) == ("late", version + 1)
    with pytest.raises(StaleWrite):
        edit(OWNER, first.trade.id, LabelChanges(note="x"), version=version, now=NOW)
    same = edit(OWNER, first.trade.id, LabelChanges(note="late"), version=version + 1, now=NOW)
    assert shown_version(same) == version + 1
    with pytest.raises(Missing):
        edit(OTHER, first.trade.id, LabelChanges(note="x"), version=version, now=NOW)


def test_a_stop_of_a_trade_by_hand_stood_at_its_first_fill(rig: Rig) -> None:
    first = entered(rig, stop=None)
    assert first.trade.reasons["r"] == "NO_STOP"
    changes = LabelChanges(stop=D(90), target=D(120))
    second = EditTrade(rig.by_hand)(
        OWNER, first.trade.id, changes, version=shown_version(first), now=NOW
    )
    assert (second.trade.risk.r, second.trade.risk.planned_rr) == (D("0.98"), D(2))


def test_other_fills_make_another_trade_that_keeps_what_was_written(rig: Rig) -> None:
    first = entered(rig, labels=LabelChanges(note="mine"))
    fills = (
        an_entry(quantity=D(1), price=D(101)),
        an_entry(at=AT + HOUR, side=Action.SELL, quantity=D(1), price=D(110)),
    )
    second = EditTrade(rig.by_hand)(
        OWNER,
        first.trade.id,
        LabelChanges(emotions=(Emotion.CALM,)),
        version=shown_version(first),
        now=NOW,
        fills=fills,
    )
    assert second.trade.money.gross == D(9)
    assert (second.labels.note, second.labels.emotions) == ("mine", (Emotion.CALM,))
    assert rig.trades.get(OWNER, first.trade.id).trade.id == second.trade.id
    assert len(rig.trades.opened(OWNER, AT, NOW)) == 1


def test_a_fee_that_was_in_another_asset_is_valued_by_that_one(rig: Rig) -> None:
    rig.rates.of |= {("BNB", "USDT"): D(600), ("ETH", "USDT"): D(3000)}
    entry = an_entry(fee=D("0.01"), fee_asset="BNB")
    first = entered(rig, fills=(entry,))
    assert first.trade.money.fees == D(6)
    edit, rates = EditTrade(rig.by_hand), rig.rates.of
    rig.rates.of = rates | {("BNB", "USDT"): D(700)}
    for asset, fees in (("BNB", D(6)), ("ETH", D(30))):
        first = edit(
            OWNER,
            first.trade.id,
            LabelChanges(),
            version=shown_version(first),
            now=NOW,
            fills=(replace(entry, fee_asset=asset),),
        )
        assert first.trade.money.fees == fees


def test_a_fill_that_was_at_another_time_has_the_rate_of_that_time(rig: Rig) -> None:
    rig.rates.of[("USDT", "EUR")] = D("0.9")
    rig.preferences.place = replace(rig.preferences.place, currency="EUR")
    first = entered(rig, fills=(an_entry(id="a"),))
    rig.rates.of[("USDT", "EUR")] = D("0.8")
    edit = EditTrade(rig.by_hand)
    for at, size in ((AT, D(180)), (AT - HOUR, D(160))):
        first = edit(
            OWNER,
            first.trade.id,
            LabelChanges(),
            version=shown_version(first),
            now=NOW,
            fills=(an_entry(id="a", at=at),),
        )
        assert first.trade.quantity.size == size


def test_a_trade_of_the_desk_keeps_its_fills_and_is_not_hidden(rig: Rig) -> None:
    trade = a_trade(source=Source.DESK)
    rig.trades.save(Stored(trade=trade, fills_hash=built_from(trade)), None)
    edit = EditTrade(rig.by_hand)
    for act in (
        lambda: edit(OWNER, trade.id, LabelChanges(), version=1, now=NOW, fills=(an_entry(),)),
        lambda: CloseTrade(rig.by_hand)(OWNER, trade.id, Closing(at=NOW, price=D(1)), now=NOW),
        lambda: HideTrade(rig.by_hand)(OWNER, trade.id, now=NOW),
    ):
        with pytest.raises(Conflict) as refused:
            act()
        assert refused.value.code == "DESK_TRADE"
    labelled = edit(OWNER, trade.id, LabelChanges(stop=D(1)), version=1, now=NOW)
    assert [mark.at for mark in labelled.labels.stops] == [NOW]
    taken_back = LabelChanges(cleared=frozenset({"stop", "target"}))
    bare = edit(OWNER, trade.id, taken_back, version=shown_version(labelled), now=NOW)
    assert (bare.labels.stops, bare.labels.target) == ((), None)
    assert bare.trade == labelled.trade


def test_a_hidden_trade_comes_back_as_it_stood(rig: Rig) -> None:
    first = entered(rig, labels=LabelChanges(note="mine"))
    hide, restore = HideTrade(rig.by_hand), RestoreTrade(rig.by_hand, FakeExternalRecords())
    for _ in range(2):
        hide(OWNER, first.trade.id, now=NOW)
    assert rig.trades.get(OWNER, first.trade.id).trade.status is Status.VOID
    assert not rig.trades.closed(OWNER, AT, NOW)
    for _ in range(2):
        back = restore(OWNER, first.trade.id, now=NOW)
    assert (back.trade.status, back.labels.note) == (Status.CLOSED, "mine")
    assert replace(back.trade, version=1) == first.trade
    with pytest.raises(Missing):
        hide(OTHER, first.trade.id, now=NOW)
    with pytest.raises(Missing):
        restore(OWNER, TradeId("jt_none"), now=NOW)


def test_a_trade_that_was_hidden_for_thirty_days_is_gone(rig: Rig) -> None:
    first = entered(rig)
    HideTrade(rig.by_hand)(OWNER, first.trade.id, now=NOW)
    restore, over = RestoreTrade(rig.by_hand, FakeExternalRecords()), NOW + timedelta(days=30)
    with pytest.raises(Missing):
        restore(OWNER, first.trade.id, now=over)
    back = restore(OWNER, first.trade.id, now=over - timedelta(seconds=1))
    assert back.trade.status is Status.CLOSED


@pytest.mark.parametrize("moved", [timedelta(0), HOUR / 2])
def test_a_hidden_trade_that_is_edited_stays_hidden_until_it_is_brought_back(
    rig: Rig, moved: timedelta
) -> None:
    first = EnterTrade(rig.by_hand)(OWNER, a_draft(), now=NOW)
    HideTrade(rig.by_hand)(OWNER, first.trade.id, now=NOW)
    hidden = Played(trade=rig.trades.kept[OWNER, first.trade.id].trade, labels=first.labels)
    fills = (
        FillDraft(at=AT + moved, side=Action.BUY, quantity=D(1), price=D(100)),
        FillDraft(at=AT + HOUR, side=Action.SELL, quantity=D(1), price=D(120)),
    )
    changed = EditTrade(rig.by_hand)(
        OWNER,
        first.trade.id,
        LabelChanges(),
        version=shown_version(hidden),
        now=NOW + HOUR,
        fills=fills,
    )
    kept = rig.trades.kept[OWNER, changed.trade.id]
    assert (kept.trade.status, kept.voided_at) == (Status.VOID, NOW)
    assert rig.trades.opened(OWNER, AT, NOW) == []
    restore = RestoreTrade(rig.by_hand, FakeExternalRecords())
    back = restore(OWNER, changed.trade.id, now=NOW + HOUR)
    assert (back.trade.status, back.trade.money.net) == (Status.CLOSED, D(20))


def bought_at(moment: timedelta) -> tuple[FillDraft, ...]:
    return (
        FillDraft(at=AT + moment, side=Action.BUY, quantity=D(1), price=D(100)),
        FillDraft(at=AT + HOUR, side=Action.SELL, quantity=D(1), price=D(110)),
    )


def rebought(rig: Rig, trade_id: TradeId, moment: timedelta) -> Played:
    """Say that a trade was entered at another moment: it gets another id."""
    kept = rig.trades.get(OWNER, trade_id)
    return EditTrade(rig.by_hand)(
        OWNER,
        kept.trade.id,
        LabelChanges(),
        version=shown_version(kept),
        now=NOW,
        fills=bought_at(moment),
    )


class CutOff(FakeTrades):
    """Goes down before the `at`th write; `at` None: never."""

    at: int | None = None

    def save(
        self, stored: Stored, before: Stored | None, *, labels: Labels | None = None
    ) -> Stored:
        self._write()
        return super().save(stored, before, labels=labels)

    def save_labels(self, labels: Labels) -> Labels:
        self._write()
        return super().save_labels(labels)

    def _write(self) -> None:
        if self.at == 0:
            self.at = None
            raise StoreUnavailable("cut off")
        if self.at is not None:
            self.at -= 1


@pytest.mark.parametrize("at", range(3))
def test_entering_that_was_cut_off_and_repeated_keeps_what_was_written(at: int) -> None:
    rig = Rig(trades=CutOff())
    rig.trades.at = at  # type: ignore[attr-defined]
    try:
        entered(rig, labels=LabelChanges(note="felt good"))
    except StoreUnavailable:
        entered(rig, labels=LabelChanges(note="felt good"))
    (trade,) = rig.trades.opened(OWNER, AT, NOW)
    assert trade.labels.note == "felt good"


@pytest.mark.parametrize("at", range(3))
def test_a_move_that_was_cut_off_and_repeated_leaves_one_trade(at: int) -> None:
    rig = Rig(trades=CutOff())
    first = entered(rig, fills=bought_at(timedelta(0)), labels=LabelChanges(note="felt good"))
    rig.trades.at = at  # type: ignore[attr-defined]
    try:
        moved = rebought(rig, first.trade.id, HOUR / 2)
    except StoreUnavailable:
        moved = rebought(rig, first.trade.id, HOUR / 2)
    (trade,) = rig.trades.opened(OWNER, AT, NOW)
    assert (trade.trade.id, trade.labels.note) == (moved.trade.id, "felt good")
    assert moved.trade.id != first.trade.id
    assert rig.trades.get(OWNER, first.trade.id).trade.id == moved.trade.id
    beside = ReadTrade(rig.trades, rig.tags)(OWNER, first.trade.id)
    assert (beside.ids, beside.former) == ((moved.trade.id, first.trade.id), ())


def test_a_version_that_was_shown_of_a_trade_is_stale_once_it_has_moved(rig: Rig) -> None:
    first = entered(rig, fills=bought_at(timedelta(0)))
    shown = shown_version(first)
    edit = EditTrade(rig.by_hand)
    for moment in (HOUR / 2, timedelta(0), HOUR / 4):
        moved = rebought(rig, first.trade.id, moment)
        assert shown_version(moved) > shown
        shown = shown_version(moved)
        for version in range(shown):
            with pytest.raises(StaleWrite):
                edit(OWNER, first.trade.id, LabelChanges(note="x"), version=version, now=NOW)


def test_a_trade_may_be_moved_back_to_when_it_was(rig: Rig) -> None:
    first = entered(rig, fills=bought_at(timedelta(0)), labels=LabelChanges(note="felt good"))
    away = rebought(rig, first.trade.id, HOUR / 2)
    back = rebought(rig, first.trade.id, timedelta(0))
    edit, changes = EditTrade(rig.by_hand), LabelChanges(target=D(120))
    edit(OWNER, back.trade.id, changes, version=shown_version(back), now=NOW)
    beside = ReadTrade(rig.trades, rig.tags)(OWNER, away.trade.id)
    assert (beside.ids, beside.former) == ((first.trade.id, away.trade.id), ())
    (trade,) = rig.trades.opened(OWNER, AT, NOW)
    assert (trade.trade.id, trade.labels.note) == (back.trade.id, "felt good")
    assert back.trade.id == first.trade.id


def test_a_trade_is_not_moved_onto_another(rig: Rig) -> None:
    first = entered(rig, fills=bought_at(timedelta(0)), labels=LabelChanges(note="mine"))
    other = entered(rig, fills=bought_at(HOUR / 2), labels=LabelChanges(note="another"))
    with pytest.raises(Conflict) as refused:
        rebought(rig, first.trade.id, HOUR / 2)
    assert refused.value.code == "DUPLICATE_FILL"
    assert rig.trades.get(OWNER, first.trade.id) == first
    assert rig.trades.get(OWNER, other.trade.id) == other


def test_where_a_trade_moved_away_from_another_may_be_entered(rig: Rig) -> None:
    first = entered(rig, fills=bought_at(timedelta(0)))
    rebought(rig, first.trade.id, HOUR / 2)
    again = entered(rig, fills=bought_at(timedelta(0)), labels=LabelChanges(note="another"))
    assert again.trade.id == first.trade.id
    assert rig.trades.get(OWNER, again.trade.id).labels.note == "another"
    assert len(rig.trades.opened(OWNER, AT, NOW)) == 2


def test_a_trade_is_planned_by_the_plan_that_stood_at_its_entry(rig: Rig) -> None:
    begins = AT.replace(hour=0)
    rig.plans.save(
        a_plan(
            owner=OWNER,
            day=AT.date(),
            begins=begins,
            ends=begins + timedelta(days=1),
            written_at=begins - HOUR,
            wish=Wish(setups=("gap",)),
        )
    )
    made = EnterTrade(rig.by_hand)(OWNER, a_draft(), now=NOW)
    assert made.labels.planned is False
    edit = EditTrade(rig.by_hand)
    rig.tags.save(a_tag(owner=OWNER, id="gapped", name="Gapped", merged_into="gap"), None)
    for setup, planned in (("gap", True), ("news", False), ("gapped", True)):
        changes = LabelChanges(setup_id=setup)
        made = edit(OWNER, made.trade.id, changes, version=shown_version(made), now=NOW)
        assert made.labels.planned is planned
    other = a_draft(
        fills=(FillDraft(at=AT - 48 * HOUR, side=Action.BUY, quantity=D(1), price=D(9)),)
    )
    assert EnterTrade(rig.by_hand)(OWNER, other, now=NOW).labels.planned is False
