"""What is known already: by the same name, under another account, or from a file without ids."""

from dataclasses import replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from nightdesk.trading.external import ExternalRecord
from tests.builders.vault import ADA, NOW
from tests.fakes.syncs import FakeHistory
from tests.unit.journal.importing.rig import read
from tests.unit.journal.syncing.rig import ACCOUNT, DAY, HOUR, Rig, a_fill, a_movement

D = Decimal
IMPORT = "import:a"


def imported(rig: Rig, text: str, account: str) -> list[ExternalRecord]:
    """Store what a file tells, as an import does."""
    told = [replace(one, owner=ADA) for one in read(text, account=account)[0]]
    rig.records.put(ADA, told, IMPORT)
    return told


def spot_file(*rows: str) -> str:
    return "Date(UTC),Pair,Side,Price,Executed,Amount,Fee\n" + "".join(f"{one}\n" for one in rows)


ROW = "2026-11-20 12:00:00,BTCUSDT,BUY,100,1BTC,100USDT,0.1USDT"


def same_second(count: int) -> FakeHistory:
    """Fills that look alike and share a second, but not the venue's id."""
    fills = [a_fill(str(n), NOW - DAY) for n in range(1, count + 1)]
    return FakeHistory(done={"trades:BTCUSDT": fills}, size=2)


def test_what_was_imported_into_the_account_is_joined_and_counted_as_updated() -> None:
    rig = Rig(FakeHistory(done={"trades:BTCUSDT": [a_fill("1", NOW - DAY)]}))
    own = "fill_id,at,account,instrument,side,quantity,price,fee,fee_asset\n"
    row = f"1,2026-11-20T12:00:00Z,{ACCOUNT},BTC/USDT@binance,buy,1,100,0.1,USDT\n"
    imported(rig, own + row, ACCOUNT)
    done = rig.synced()
    assert (done.counts["new"], done.counts["updated"]) == (0, 1)
    (kept,) = rig.told.values()
    assert kept.sources == (IMPORT, f"sync:{ACCOUNT}")
    rig.now = NOW + HOUR
    again = rig.synced(90)
    assert (again.counts["new"], again.counts["updated"], again.counts["skipped"]) == (0, 0, 1)


def test_what_was_imported_under_another_name_with_its_id_adds_nothing() -> None:
    rig = Rig(FakeHistory(done={"trades:BTCUSDT": [a_fill("1", NOW - DAY)]}))
    own = "fill_id,at,account,instrument,side,quantity,price,fee,fee_asset\n"
    rows = "".join(
        f"1,2026-11-20T12:00:00Z,{account},BTC/USDT@{venue},{side},1,100,0.1,USDT\n"
        for account, venue, side in (
            ("mine", "binance", "buy"),
            ("mine", "kraken", "buy"),
            ("yours", "binance", "sell"),
        )
    )
    imported(rig, own + rows, "mine")
    done = rig.synced()
    assert (done.counts["new"], done.counts["updated"]) == (0, 1)
    assert len(rig.told) == 3
    joined = [one for one in rig.told.values() if len(one.sources) == 2]
    assert [(one.account, one.instrument) for one in joined] == [("mine", "BTC/USDT@binance")]
    rig.now = NOW + HOUR
    assert rig.synced(90).counts["new"] == 0


def test_each_row_without_an_id_stands_for_one_fill_however_many_look_alike() -> None:
    rig = Rig(same_second(3))
    imported(rig, spot_file(ROW, ROW), "mine")
    done = rig.synced()
    assert (done.counts["new"], done.counts["updated"]) == (1, 2)
    for n in range(1, 3):
        rig.now = NOW + n * HOUR
        again = rig.synced(90)
        assert (again.counts["new"], again.counts["updated"]) == (0, 0)
    assert len(rig.told) == 3


@given(rows=st.integers(0, 5), fills=st.integers(0, 5), size=st.integers(1, 6))
def test_a_file_and_a_key_together_tell_what_happened_once(
    rows: int, fills: int, size: int
) -> None:
    rig = Rig(same_second(fills))
    rig.history.size = size
    if rows:
        imported(rig, spot_file(*[ROW] * rows), "mine")
    rig.synced()
    assert len(rig.told) == max(rows, fills)


def test_a_movement_without_an_id_is_the_same_in_its_own_account_alone() -> None:
    head = "User_ID,UTC_Time,Account,Operation,Coin,Change,Remark\n"
    row = "1,2026-11-20 12:00:00,Spot,Deposit,USDT,100,\n"
    for account, new in ((ACCOUNT, 0), ("mine", 1)):
        rig = Rig(FakeHistory(done={"deposits": [a_movement("d1", NOW - DAY)]}))
        imported(rig, head + row, account)
        assert rig.synced().counts["new"] == new


def test_an_import_that_is_undone_leaves_what_the_key_tells() -> None:
    rig = Rig(same_second(1))
    told = imported(rig, spot_file(ROW), "mine")
    rig.synced()
    assert rig.records.drop(ADA, told, IMPORT) == [False]
    assert len(rig.told) == 1
