"""What an import of a large file costs: check and commit, seconds and memory.

The product's use cases work on its own stores; table and bucket are played by another process (see
`bench.storing`), so that the time which the services take themselves is hardly in it.
"""

import random
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from bench.figures import Section, Spread, Table, Target
from bench.storing import read_units_at, serving
from nightdesk.core.ids import UserId

if TYPE_CHECKING:
    from nightdesk.journal.rebuilding import RebuildAccount
    from nightdesk.trading.external import ExternalRecords

ROWS, QUICK_ROWS, RUNS = 50_000, 200, 3
NARROW_ROWS, NARROW = 10_000, 1_000
"""Rows of the file that goes into a table whose partitions take so many write units a second."""
SECONDS, MEMORY_MB = 30.0, 300.0
STARTED = datetime(2023, 1, 1, tzinfo=UTC)
HEAD = "Date(UTC),Pair,Side,Price,Executed,Amount,Fee\n"
STATEMENT = "User_ID,UTC_Time,Account,Operation,Coin,Change,Remark\n"
COINS = ("BTC", "ETH", "SOL", "ADA", "DOT", "LTC", "XRP", "LINK", "AVAX", "UNI")
EVERY = timedelta(seconds=61)


def measure(*, quick: bool) -> Section:
    """Import files of each kind, each in a process of its own so that memory is its own, too."""
    rows = QUICK_ROWS if quick else ROWS
    tables: list[tuple[str, ...]] = []
    targets = []
    for kind in ("spot", "statement"):
        runs = [_apart(kind, rows, 0) for _ in range(1 if quick else RUNS)]
        checks, commits, peaks, units = (
            Spread.of([run[place] for run in runs]) for place in range(4)
        )
        shown = (checks.show(1), commits.show(1), peaks.show(0), f"{units.middle:,.0f}")
        tables.append((kind, f"{rows:,}", *shown))
        both = Spread.of([run[0] + run[1] for run in runs]).middle
        name = f"{kind}: check and commit"
        targets.append(Target(name=name, value=both, limit=SECONDS, unit="s"))
        targets.append(Target(name=f"{kind}: memory", value=peaks.high, limit=MEMORY_MB, unit="MB"))
    narrow = QUICK_ROWS if quick else NARROW_ROWS
    seconds = _apart("spot", narrow, NARROW)
    last = tuple(f"{one:,.{places}f}" for one, places in zip(seconds, (1, 1, 0, 0), strict=True))
    tables.append(("spot, into narrow partitions", f"{narrow:,}", *last))
    return Section(
        name="importing",
        title="Files of trades",
        how=(
            "A file is checked and committed, and its trades are built, by the product's use "
            "cases through its stores of records, trades and files. Table and bucket are played "
            "over HTTP by another process that keeps all in dictionaries: what the services take "
            "themselves is hardly in it. The "
            "import's own state and what trades are rated by are held in memory. The made-up "
            "fills are round trips of two to five fills, three in the mean, in ten instruments "
            "side by side: some 16,700 trades in 50,000 rows. The statement has three rows a "
            "fill, which are joined. Memory is the peak of a program that does nothing else, its "
            "interpreter and the file included. Read units are those of the fills "
            "that trades are built from. Narrow partitions take a thousand write units a second, "
            "as those of DynamoDB do, and refuse what is more: one run shows how long that is."
        ),
        tables=(
            Table(
                heads=("file", "rows", "check, s", "commit, s", "peak, MB", "read units"),
                rows=tuple(tables),
            ),
        ),
        targets=tuple(targets),
    )


def _apart(kind: str, rows: int, rate: float) -> tuple[float, float, float, float]:
    done = subprocess.run(
        [sys.executable, "-m", "bench.importing", kind, str(rows), str(rate)],
        capture_output=True,
        text=True,
        check=True,
    )
    check, commit, peak, units = (float(word) for word in done.stdout.split())
    return check, commit, peak, units


def fills(count: int) -> Iterator[tuple[datetime, str, bool, int, int]]:
    """Yield made-up fills of round trips: when, coin, whether bought, price and quantity.

    A trip has one to three entries and one or two exits, three fills in the mean, and ends flat;
    those of ten coins run side by side. Prices are cents, quantities hundred-thousandths.
    """
    chance = random.Random(1)  # the same each time # nosec B311
    waiting: dict[str, list[tuple[bool, int]]] = {coin: [] for coin in COINS}
    for n in range(count):
        coin = chance.choice(COINS)
        if not waiting[coin]:
            entries = [
                chance.randint(100, 33_333) for _ in range(chance.choice((1, 1, 1, 2, 2, 3)))
            ]
            sold = sum(entries) if chance.random() < 2 / 3 else chance.randint(1, entries[0] - 1)
            exits = [one for one in (sold, sum(entries) - sold) if one]
            waiting[coin] = [(True, one) for one in entries] + [(False, one) for one in exits]
        bought, quantity = waiting[coin].pop(0)
        yield STARTED + n * EVERY, coin, bought, chance.randint(10_000, 5_000_000), quantity


def spot(rows: int) -> Iterator[str]:
    """Yield a made-up trade history: numbers with units, no ids."""
    yield HEAD
    for n, (at, coin, bought, price, quantity) in enumerate(fills(rows)):
        yield (
            f"{at:%Y-%m-%d %H:%M:%S},{coin}USDT,{'BUY' if bought else 'SELL'},{price / 100:.2f},"
            f"0.{quantity:05d}{coin},{price * quantity / 1e7:.6f}USDT,0.00{n % 9 + 1}BNB\n"
        )


def statement(rows: int) -> Iterator[str]:
    """Yield a made-up statement: three rows of each fill."""
    yield STATEMENT
    for n, (at, coin, bought, price, quantity) in enumerate(fills(rows // 3)):
        moment, total = f"{at:%Y-%m-%d %H:%M:%S}", price * quantity / 1e7
        traded, paid = ("Buy", "Spend") if bought else ("Sold", "Revenue")
        went, came = ("", "-") if bought else ("-", "")
        yield f"1,{moment},Spot,Transaction {traded},{coin},{went}0.{quantity:05d},\n"
        yield f"1,{moment},Spot,Transaction {paid},USDT,{came}{total:.6f},\n"
        yield f"1,{moment},Spot,Transaction Fee,BNB,-0.000{n % 8 + 1},\n"


def worked(kind: str, rows: int, rate: float = 0) -> tuple[float, float, float, float]:
    """Import one file into a table whose partitions take `rate` write units a second; 0: any.

    Return the seconds of check and commit, the peak of memory in MB, and the read units of what
    the building of trades reads of the fills.
    """
    from bench.local import variables
    from infra.cdk.local.ministack import client_environment
    from nightdesk.adapters.dynamo import tables

    tables.disconnect()
    with (
        serving(rate) as address,
        variables({**client_environment(), "AWS_ENDPOINT_URL": address}),
    ):
        tables.bind_desk("desk")
        check, committed = _imported(kind, rows)
        return check, committed, _peak(), read_units_at(address)


def _peak() -> float:
    """Return the most memory in MB that this program had.

    Not `ru_maxrss`: what that says begins with what the process had before it became this program,
    a copy of its parent. Source: proc_pid_status(5), VmHWM.
    """
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    (told,) = (line for line in lines if line.startswith("VmHWM:"))
    return int(told.split()[1]) / 1_024


def _imported(kind: str, rows: int) -> tuple[float, float]:
    from nightdesk.adapters.archive import s3
    from nightdesk.adapters.archive.imports import S3ImportFiles
    from nightdesk.adapters.dynamo.external_records import DynamoExternalRecords
    from nightdesk.adapters.dynamo.journal_trades import DynamoTrades
    from nightdesk.journal.import_checking import CheckImport
    from nightdesk.journal.import_committing import CommitImport
    from nightdesk.journal.trade_import import RequestCheck, RequestCommit, StartImport
    from tests.fakes.imports import FakeImportFiles, FakeImportQueue, FakeImports

    owner, now = UserId("usr_bench"), datetime(2026, 11, 21, tzinfo=UTC)
    raw = "".join(spot(rows) if kind == "spot" else statement(rows)).encode()
    imports, files, records = FakeImports(), S3ImportFiles("uploads"), DynamoExternalRecords()
    queue = FakeImportQueue()
    begun, _ = StartImport(imports, FakeImportFiles())(
        owner, filename="bench.csv", size=len(raw), account="bench", cause="bench", now=now
    )
    place = f"imports/files/{owner}/{begun.import_id}"
    s3.client().put_object(Bucket="uploads", Key=place, Body=raw)
    began = perf_counter()
    RequestCheck(imports, files, queue)(owner, begun.import_id, now=now)
    checked = CheckImport(imports, files, records, DynamoTrades())(owner, begun.import_id, now)
    check = perf_counter() - began
    if checked.counts["issues"] or not checked.counts["fills"]:
        raise RuntimeError(f"the bench's own file has issues: {dict(checked.counts)}")
    began = perf_counter()
    RequestCommit(imports, queue)(owner, begun.import_id, now=now)
    commit = CommitImport(imports, files, records, _rebuild(records), queue)
    done = commit(owner, begun.import_id, now, lambda: False)
    committed = perf_counter() - began
    if done.counts["added"] != checked.counts["fills"]:
        raise RuntimeError(f"not all was written: {dict(done.counts)}")
    return check, committed


def _rebuild(records: "ExternalRecords") -> "RebuildAccount":
    """Return what builds the trades; what it asks beside fills and trades is held in memory."""
    from nightdesk.adapters.dynamo.journal_trades import DynamoTrades
    from nightdesk.journal.keeping import KeepTrades
    from nightdesk.journal.rebuilding import RebuildAccount
    from tests.builders.market import MemoryRules
    from tests.builders.trading import trading_rules
    from tests.fakes.journal import FakeTags
    from tests.fakes.journal_trades import FakeUnplaced
    from tests.unit.journal.trades.rig import Rig

    rig, trades = Rig(), DynamoTrades()
    return RebuildAccount(
        records=records,
        trades=trades,
        keep=KeepTrades(trades, rig.measure, rig.later, rig.follow),
        rates=rig.rates,
        preferences=rig.preferences,
        rules=MemoryRules(trading_rules()),
        tags=FakeTags(),
        unplaced=FakeUnplaced(),
    )


if __name__ == "__main__":
    print(*worked(sys.argv[1], int(sys.argv[2]), float(sys.argv[3])))
