"""Whatever way a file comes, and wherever a worker dies, each row is there once."""

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nightdesk.journal import import_checking
from nightdesk.journal.imported import Import, Status
from nightdesk.journal.importing.issue import IssueCode
from tests.fakes.imports import Died, Fate
from tests.unit.journal.importing.rig import NOW, OWNER, Rig, never
from tests.unit.journal.importing.test_presets import (
    BINANCE_SPOT,
    BINANCE_STATEMENT,
    BITPANDA,
    BYBIT,
    COINBASE,
    KRAKEN_LEDGERS,
    KRAKEN_TRADES,
    OKX,
)

FILES = {
    "kraken_ledgers": KRAKEN_LEDGERS,
    "kraken_trades": KRAKEN_TRADES,
    "binance_spot": BINANCE_SPOT,
    "binance_statement": BINANCE_STATEMENT,
    "bitpanda": BITPANDA,
    "coinbase": COINBASE,
    "bybit": BYBIT,
    "okx": OKX,
}
ABOVE = {"bitpanda": 4, "coinbase": 4, "bybit": 2, "okx": 2}


def cut(name: str) -> tuple[list[str], list[str]]:
    """Return what stands above the rows, and the rows."""
    lines = FILES[name].splitlines(keepends=True)
    return lines[: ABOVE.get(name, 1)], lines[ABOVE.get(name, 1) :]


@pytest.mark.parametrize("name", FILES)
@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_a_file_twice_in_pieces_shuffled_and_overlapping_adds_nothing(
    name: str, data: st.DataObject
) -> None:
    rig = Rig()
    rig.brought(FILES[name])
    before = rig.state
    above, rows = cut(name)
    shuffled = data.draw(st.permutations(rows))
    assert rig.brought("".join(above + shuffled)).counts["added"] == 0
    start = data.draw(st.integers(0, len(rows) - 1))
    end = data.draw(st.integers(start + 1, len(rows)))
    for piece in (rows[:end], rows[start:], rows[start:end]):
        assert rig.brought("".join(above + piece)).counts["added"] == 0
    assert rig.state == before


@pytest.mark.parametrize("name", ["kraken_trades", "binance_spot", "bitpanda", "coinbase", "bybit"])
@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_pieces_bring_what_the_whole_brings(name: str, data: st.DataObject) -> None:
    whole, pieces = Rig(), Rig()
    whole.brought(FILES[name])
    above, rows = cut(name)
    rows = data.draw(st.permutations(rows))
    at = data.draw(st.integers(1, len(rows) - 1))
    back = data.draw(st.integers(0, at))
    pieces.brought("".join(above + rows[:at]))
    pieces.brought("".join(above + rows[at - back :]))
    assert pieces.state == whole.state


SEVERAL_FEES = {
    "binance_statement": (
        "User_ID,UTC_Time,Account,Operation,Coin,Change,Remark\n",
        "1,2024-03-01 13:00:00,Spot,Transaction Buy,BTC,0.01,\n",
        "1,2024-03-01 13:00:00,Spot,Transaction Spend,USDT,-600,\n",
        "1,2024-03-01 13:00:00,Spot,Transaction Fee,BTC,-0.00001,\n",
        "1,2024-03-01 13:00:00,Spot,Transaction Buy,BTC,0.02,\n",
        "1,2024-03-01 13:00:00,Spot,Transaction Spend,USDT,-1200,\n",
        "1,2024-03-01 13:00:00,Spot,Transaction Fee,BNB,-0.001,\n",
        "1,2024-03-01 13:00:00,Spot,Transaction Fee,BNB,-0.002,\n",
    ),
    "okx": (
        "id,Order id,Time,Trade Type,Instrument,Type,Amount,Unit,PL,Fee,Fee Unit\n",
        "1,7,2022-05-11 10:00:00,Spot,BTC-USDT,Buy,0.01,BTC,0,-0.00001,BTC\n",
        "2,7,2022-05-11 10:00:00,Spot,BTC-USDT,Sell,300,USDT,0,-0.5,OKB\n",
        "3,7,2022-05-11 10:00:00,Spot,BTC-USDT,Buy,0.02,BTC,0,-0.3,OKB\n",
        "4,7,2022-05-11 10:00:00,Spot,BTC-USDT,Sell,600,USDT,0,-0.1,USDT\n",
    ),
}


@pytest.mark.parametrize("name", SEVERAL_FEES)
def test_a_trade_of_several_fees_pays_each_once_wherever_its_file_is_cut(name: str) -> None:
    header, *rows = SEVERAL_FEES[name]
    whole = Rig()
    whole.brought("".join((header, *rows)))
    for start, end in combinations(range(len(rows) + 1), 2):
        piece = "".join((header, *rows[start:end]))
        assert whole.brought(piece).counts["added"] == 0
        rig = Rig()
        rig.brought(piece)
        rig.brought("".join((header, *rows)))
        assert money(rig) == money(whole)
    assert whole.brought("".join((header, *reversed(rows)))).counts["added"] == 0


@settings(max_examples=25, deadline=None)
@given(at=st.integers(1, 16))
def test_a_statement_cut_inside_a_group_comes_to_the_same_money(at: int) -> None:
    whole, pieces = Rig(), Rig()
    whole.brought(BINANCE_STATEMENT)
    above, rows = cut("binance_statement")
    pieces.brought("".join(above + rows[:at]))
    pieces.brought(BINANCE_STATEMENT)
    assert money(pieces) == money(whole)


def money(rig: Rig) -> dict[str, Decimal]:
    """What came of each asset by all records."""
    sums: dict[str, Decimal] = {}
    for one in rig.records.stored.values():
        moved = [(one.asset, one.quantity - one.fee)]
        if one.price is not None:
            base, _, rest = str(one.instrument).partition("/")
            sign = 1 if one.side == "buy" else -1
            paid = (one.quantity * one.price).quantize(Decimal("1e-8"))
            moved = [
                (base, sign * one.quantity),
                (rest.partition("@")[0], -sign * paid),
                (one.fee_asset, -one.fee),
            ]
        for asset, amount in moved:
            sums[asset] = sums.get(asset, Decimal(0)) + amount
    return {asset: amount for asset, amount in sums.items() if amount}


HEAD = "fill_id,at,account,instrument,side,quantity,price\n"
MANY = HEAD + "".join(
    f"{(one % 7 and one) or ''},2024-03-05T14:{one % 60:02d}:00Z,mine,"
    f"{'BTC' if one % 2 else 'ETH'}/EUR@kraken,buy,0.{one % 9 + 1},50000\n"
    for one in range(60)
)


@pytest.mark.parametrize("after", [False, True])
def test_killed_at_any_write_the_end_is_the_same(
    after: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_checking, "BATCH", 20)
    wanted = Rig()
    first = wanted.brought(MANY)
    writes = wanted.fate.writes
    for at in range(1, writes + 1):
        rig = Rig(fate=Fate(at=at, after=after))
        import_id = rig.uploaded(MANY)
        for work, before in (
            (partial(rig.request_check, OWNER, import_id, now=NOW), "waiting"),
            (partial(rig.check, OWNER, import_id, NOW), "checking"),
            (partial(rig.request_commit, OWNER, import_id, now=NOW), "checked"),
            (partial(rig.commit, OWNER, import_id, NOW, never), "committing"),
        ):
            done = survive(rig, work, import_id, before)
        assert done.status is Status.DONE
        assert rig.state == wanted.state
        assert done.counts == first.counts
        assert rig.rebuild.built.keys() == wanted.rebuild.built.keys()
        assert {len(one) for one in rig.rebuild.built.values()} == {
            len(one) for one in wanted.rebuild.built.values()
        }


@pytest.mark.parametrize("after", [False, True])
def test_a_row_that_waits_since_the_commit_is_told_once_wherever_that_is_killed(
    after: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_checking, "BATCH", 20)
    other = HEAD + "x,2024-03-05T14:00:00Z,mine,ETH/EUR@kraken,buy,0.1,50000\n"
    for at in range(1, 90):
        rig = Rig()
        checked, _ = rig.checked(MANY)
        rig.brought(other)
        rig.request_commit(OWNER, checked.import_id, now=NOW)
        rig.fate.writes, rig.fate.at, rig.fate.after = 0, at, after
        work = partial(rig.commit, OWNER, checked.import_id, NOW, never)
        done = survive(rig, work, checked.import_id, "committing")
        assert (done.counts["added"], done.counts["possible"]) == (59, 1)
        codes = [(one.row, one.code) for one in rig.issues(checked.import_id)]
        assert codes == [(2, IssueCode.POSSIBLE_DUPLICATE)]
        if rig.fate.at is not None:
            return
    raise AssertionError("it never came to its end")


def survive(rig: Rig, work: Callable[[], Import], import_id: str, before: str) -> Import:
    """Work; if the worker dies, another does the same while the state asks for it."""
    try:
        return work()
    except Died:
        rig.fate.at = None
        found = rig.imports.get(OWNER, import_id)
        return work() if found.status.value == before else found


@pytest.mark.parametrize("after", [False, True])
def test_an_undo_killed_at_any_write_ends_the_same(after: bool) -> None:
    other = HEAD + "".join(line + "\n" for line in MANY.splitlines()[3:6])
    for at in range(1, 90):
        rig = Rig()
        kept = rig.brought(other)
        wanted = rig.state
        done = rig.brought(MANY)
        rig.request_undo(OWNER, done.import_id, now=NOW)
        rig.fate.writes, rig.fate.at, rig.fate.after = 0, at, after
        died = False
        try:
            rig.undo(OWNER, done.import_id, NOW, never)
        except Died:
            died = True
            rig.undo(OWNER, done.import_id, NOW, never)
        assert rig.imports.get(OWNER, done.import_id).status is Status.UNDONE
        assert rig.state == wanted
        sources = {one.sources for one in rig.records.stored.values()}
        assert sources == {(kept.source,)}
        if not died:
            return
    raise AssertionError("it never came to its end")


def test_two_workers_at_once_do_no_more_than_one() -> None:
    rig = Rig()
    checked, _ = rig.checked(MANY)
    rig.request_commit(OWNER, checked.import_id, now=NOW)
    slow = rig.imports.get(OWNER, checked.import_id)
    rig.commit(OWNER, checked.import_id, NOW, never)
    fast = rig.state
    part = rig.files.part(OWNER, checked.import_id, 0)
    rig.records.put(OWNER, [one.record for one in part], slow.source)
    assert rig.state == fast


def test_a_file_of_newest_first_orders_fills_of_one_second_as_they_happened() -> None:
    rows = [
        "2024-01-01 10:00:00,BTCUSDT,BUY,1,1.0BTC,1.0USDT,0BTC\n",
        "2024-01-02 10:00:00,BTCUSDT,BUY,1,2.0BTC,2.0USDT,0BTC\n",
        "2024-01-02 10:00:00,BTCUSDT,SELL,1,3.0BTC,3.0USDT,0BTC\n",
    ]
    head = "Date(UTC),Pair,Side,Price,Executed,Amount,Fee\n"
    for order in (rows, rows[::-1]):
        rig = Rig()
        rig.brought(head + "".join(order))
        found = sorted(rig.records.stored.values(), key=lambda one: (one.at, one.seq))
        assert [int(one.quantity) for one in found] == [1, 2, 3]


def legs(*seconds: tuple[int, int, int]) -> list[str]:
    """Rows of OKX, two a fill: of minute, order, and units that were bought at one."""
    return [
        f"{minute}{order}{side},{order},2026-05-11 21:{minute:02d}:00,Spot,BTC-USDT,{side},{size},"
        f"{unit},1,0,0,{unit},0,0,{sign}{size},0,{unit}\n"
        for minute, order, size in seconds
        for side, unit, sign in (("Buy", "BTC", ""), ("Sell", "USDT", "-"))
    ]


def test_joined_legs_of_newest_first_are_ordered_as_they_happened() -> None:
    above, _ = cut("okx")
    rows = legs((10, 1, 1), (20, 2, 2), (20, 3, 3))
    for order in (rows, rows[::-1]):
        rig = Rig()
        rig.brought("".join(above + order))
        assert sizes(rig) == [1, 2, 3]


@pytest.mark.parametrize("newest_first", [False, True])
@pytest.mark.parametrize("overlap", [0, 1, 2])
@pytest.mark.parametrize("late", [False, True])
def test_a_second_that_a_cut_goes_through_is_ordered_as_in_the_whole(
    *, newest_first: bool, overlap: int, late: bool
) -> None:
    head = "Date(UTC),Pair,Side,Price,Executed,Amount,Fee\n"
    rows = [
        f"2024-01-0{day} 10:00:00,BTCUSDT,BUY,1,{n}.0BTC,{n}.0USDT,0BTC\n"
        for n, day in enumerate((1, 2, 2, 2, 2, 3), 1)
    ]
    pieces = [rows[:3], rows[3 - overlap :]]
    if newest_first:
        pieces = [one[::-1] for one in pieces]
    rig = Rig()
    for piece in pieces[::-1] if late else pieces:
        rig.brought(head + "".join(piece))
    assert sizes(rig) == [1, 2, 3, 4, 5, 6]


def sizes(rig: Rig) -> list[int]:
    """What was bought, in the order in which trades are built."""
    found = sorted(rig.records.stored.values(), key=lambda one: (one.at, one.seq, one.fingerprint))
    return [int(one.quantity) for one in found]
