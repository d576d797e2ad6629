"""Own trades read once for many, held against asking for each trade by itself."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from nightdesk.core.ids import TradeId
from nightdesk.journal.keeping import MANY, MeasureStored
from nightdesk.journal.nearby import AROUND, entered_after, read
from nightdesk.journal.ports.trades import By
from nightdesk.journal.stored import Stored
from nightdesk.journal.trade import After, JournalTrade, Outcome, Status
from tests.builders.journal_trades import AT, OWNER, a_trade
from tests.fakes.journal_trades import FakePreferencesOf, FakeTrades
from tests.unit.journal.trades.rig import Rig

MINUTE = timedelta(minutes=1)

spans = st.lists(
    st.tuples(st.integers(-40_000, 40_000), st.none() | st.integers(0, 20_000)), max_size=30
)


def one(number: int, opened: int, held: int | None = 60) -> JournalTrade:
    """Return a trade that was entered so many minutes after noon, and held so many."""
    at = AT + opened * MINUTE
    closed = None if held is None else at + held * MINUTE
    status = Status.OPEN if closed is None else Status.CLOSED
    return a_trade(id=TradeId(f"t{number:03}"), opened_at=at, closed_at=closed, status=status)


def kept(trades: list[JournalTrade]) -> FakeTrades:
    stored = FakeTrades()
    for trade in trades:
        stored.save(Stored(trade=trade, fills_hash=trade.id), None)
    return stored


def asked_by_itself(trades: FakeTrades, trade: JournalTrade) -> set[TradeId]:
    """Return the trades of its day, the newest ones, and those that closed last."""
    midnight = trade.opened_at.replace(hour=0, minute=0)
    moment = trade.opened_at + timedelta(milliseconds=1)
    found = {one.trade.id for one in trades.opened(OWNER, midnight, moment)}
    for by in By:
        page = trades.page(OWNER, by=by, limit=AROUND, after=None, until=moment)
        found |= {one.trade.id for one in page.items}
    return found


@given(spans=spans, chosen=st.integers(1, 30))
def test_what_is_read_for_some_is_what_each_would_have_read(
    spans: list[tuple[int, int | None]], chosen: int
) -> None:
    trades = [one(number, *span) for number, span in enumerate(spans)]
    stored = kept(trades)
    preferences = FakePreferencesOf()(OWNER)
    nearby = read(stored, OWNER, preferences, trades[:chosen])
    for trade in trades[:chosen]:
        assert {found.id for found in nearby.earlier(trade)} == asked_by_itself(stored, trade)


def test_those_entered_after_many_learn_of_them_from_one_message() -> None:
    rig = Rig()
    first = [one(number, 10 * number, 5) for number in range(MANY)]
    later = [one(100 + number, 200 + number, 5) for number in range(3)]
    for trade in later:
        rig.trades.save(Stored(trade=trade, fills_hash=trade.id), None)
    MeasureStored(rig.keep)(OWNER, [trade.id for trade in later])
    assert rig.trades.get(OWNER, later[0].id).trade.context.nth_of_day == 1
    rig.trades.add([Stored(trade=trade, fills_hash=trade.id) for trade in first])
    assert MeasureStored(rig.keep)(OWNER, [trade.id for trade in first]) == MANY
    told = [rig.trades.get(OWNER, trade.id).trade.context for trade in later]
    assert [one.nth_of_day for one in told] == [MANY + 1, MANY + 2, MANY + 3]
    ended = {Outcome.WIN: After.WIN, Outcome.LOSS: After.LOSS}
    assert told[0].after is ended.get(first[-1].outcome or Outcome.BREAKEVEN, After.NONE)


def test_only_so_many_are_told_of_an_old_trade_that_comes_late() -> None:
    trades = [one(number, number) for number in range(100)]
    found = entered_after(kept(trades), OWNER, trades[:1], [trades[0].id], most=60)
    assert len(found) == 60
    assert trades[0].id not in found
    assert entered_after(kept([]), OWNER, [], [], most=60) == []
