"""Reading a journal: trades for its figures, what its account was worth, a page of its list."""

from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from time import process_time
from typing import Any

from bench.answering import MEGABYTE_SECONDS, WAIT_SECONDS, Answering, answered
from bench.figures import Section, Spread, Table, Target, timed
from bench.local import variables
from bench.traders import FIRST, OWNER, Hours, journal, records
from infra.cdk.local.ministack import client_environment
from nightdesk.adapters.dynamo import tables
from nightdesk.adapters.dynamo.connection import connection
from nightdesk.adapters.dynamo.equity import DynamoEquity
from nightdesk.adapters.dynamo.external_records import DynamoExternalRecords, ExternalItem
from nightdesk.adapters.dynamo.journal_cash import DynamoCashRows
from nightdesk.adapters.dynamo.journal_items import LabelsItem, TradeRowItem
from nightdesk.adapters.dynamo.journal_syncs import DynamoBalances
from nightdesk.adapters.dynamo.journal_trades import DynamoTrades
from nightdesk.journal.account import Account, ReadAccount
from nightdesk.journal.kept_accounts import ReadKept
from nightdesk.journal.place import Place
from nightdesk.journal.ports.trades import By
from nightdesk.journal.prices import ReadPrices
from nightdesk.journal.statement import ReadStatements
from nightdesk.journal.stored import Stored
from nightdesk.trading.external import ExternalRecord

TRADES, YEARS = 10_000, 2.0
PAGE = 50
RUNS = 11
LOAD_SECONDS, PAGE_MS, PAGE_UNITS = 1.0, 60.0, 10.0
HOURS = Hours(YEARS)
UNTIL = datetime(2030, 1, 1, tzinfo=UTC)


def measure(*, quick: bool = False) -> Section:
    """Read made-up trades through the product's own store."""
    count, runs = (500, 2) if quick else (TRADES, RUNS)
    table, store = Answering(), DynamoTrades()
    reach = {**client_environment(), "AWS_ENDPOINT_URL": "http://127.0.0.1:9"}
    tables.disconnect()
    with variables(reach):
        tables.bind_desk("desk")
        table.put(rows(count))
        table.put([texts(ExternalItem.from_domain(one).serialize()) for one in filled(count)])
        with answered(connection().client, table):
            load = read(table, lambda: store.closed(OWNER, FIRST, UNTIL), count, runs)
            page = read(
                table,
                lambda: store.page(OWNER, by=By.CLOSED, limit=PAGE, after=None).items,
                PAGE,
                runs,
            )
            days = int(365 * YEARS)
            account = read(table, lambda: worth(days).days, days, runs)
    tables.disconnect()
    return section(load, page, account, count)


def filled(trades: int) -> list[ExternalRecord]:
    """Return the fills of so many round trips, and what was paid in before."""
    return records(2 * trades, years=YEARS)


def worth(days: int) -> Account:
    """Return what the account of these fills was worth on each day."""
    statements = ReadStatements(DynamoExternalRecords(), DynamoCashRows(), DynamoTrades())
    kept = ReadKept(statements, DynamoBalances(), ReadPrices(HOURS, ("binance",), HOURS.stored))
    read = ReadAccount(lambda _: (), DynamoEquity(), kept)
    place = Place(currency="USDT")
    return read(OWNER, FIRST, FIRST + timedelta(days=days), place=place)


class Reading:
    """What reading costs: seconds, processor seconds, read units and queries."""

    def __init__(self, spread: Spread, cpu: float, units: float, calls: int) -> None:
        self.spread, self.cpu, self.units, self.calls = spread, cpu, units, calls

    def row(self, name: str) -> tuple[str, ...]:
        """Return it as a row of a table."""
        cpu = f"{self.cpu * 1_000:.0f}"
        return (name, self.spread.show(0, 1_000), cpu, f"{self.units:.1f}", str(self.calls))


def read(table: Answering, work: Callable[[], Any], wanted: int, runs: int) -> Reading:
    """Time `work`, which reads so many trades. Raises RuntimeError when it reads others."""
    table.read, table.calls = 0.0, 0
    if len(work()) != wanted:
        raise RuntimeError("not all trades were read")
    units, calls = table.read, table.calls
    spread = timed(work, runs=runs)
    spent = []
    for _ in range(runs):
        began = process_time()
        work()
        spent.append(process_time() - began)
    return Reading(spread, Spread.of(spent).middle, units, calls)


def section(load: Reading, page: Reading, account: Reading, count: int) -> Section:
    """Lay out what was found."""
    return Section(
        name="journal",
        title="Reading a journal",
        how=(
            f"{count:,} closed trades of {YEARS:g} years, with what was written of two in five, "
            "through the product's store, to nouns. The table's side is played by DynamoDB's "
            "rules in this process (order, pages of a megabyte, read units): an answer takes "
            f"{WAIT_SECONDS * 1_000:g} ms and {MEGABYTE_SECONDS * 1_000:g} ms for each megabyte, "
            "which is assumed. The emulator looks at the whole partition for each query, so that "
            "long lists on it say nothing of DynamoDB. Processor time is of the whole process, "
            "the playing of the table included. The account is that of a trader without bots: "
            f"{2 * count:,} fills are read, balances added up, and each day's taken at the price "
            "of the hour; candles are held in memory."
        ),
        tables=(
            Table(
                heads=("read", "ms (p10 to p90)", "processor, ms", "read units", "queries"),
                rows=(
                    load.row(f"{count:,} trades"),
                    page.row(f"a page of {PAGE}"),
                    account.row(f"an account by day, of {2 * count:,} fills"),
                ),
            ),
        ),
        targets=(
            Target(
                name=f"{count:,} trades, median",
                value=load.spread.middle,
                limit=LOAD_SECONDS,
                unit="s",
            ),
            Target(
                name=f"a page of {PAGE}, p95",
                value=page.spread.late * 1_000,
                limit=PAGE_MS,
                unit="ms",
            ),
            Target(name=f"a page of {PAGE}", value=page.units, limit=PAGE_UNITS, unit="RU"),
        ),
    )


def rows(count: int) -> list[dict[str, Any]]:
    """Return the items of so many trades in DynamoDB's own JSON."""
    found: list[dict[str, Any]] = []
    for one in journal(count, years=YEARS):
        stored = Stored(trade=one.trade, fills_hash="made up")
        found.append(TradeRowItem.of(stored).serialize())
        if not one.labels.blank:
            found.append(LabelsItem.of(one.labels, stored).serialize())
    return [texts(item) for item in found]


def texts(item: dict[str, Any]) -> dict[str, Any]:
    """Return an item with its bytes as they go over the wire."""
    return {
        name: {"B": b64encode(one["B"]).decode()} if isinstance(one.get("B"), bytes) else one
        for name, one in item.items()
    }
