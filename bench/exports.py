"""How long exports take from a stored journal, and how much memory the archive of a long one."""

import resource
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from time import perf_counter

from bench.figures import Section, Spread, Table, Target, timed
from nightdesk.adapters.dynamo.journal_rows import row_of, trade_of
from nightdesk.core.ids import TradeId, UserId
from nightdesk.core.pages import Page
from nightdesk.journal.book_stats import Played
from nightdesk.journal.export_job import ExportJob, ExportKind
from nightdesk.journal.ports.trades import By
from nightdesk.journal.stored import Stored
from nightdesk.journal.trade import Labels
from tests.builders.journal_trades import OWNER
from tests.builders.journal_year import BEGIN, END, Year, a_year
from tests.fakes.journal_trades import FakeTrades
from tests.unit.journal.exports.rig import Rig, wanted

NOW = datetime(2026, 1, 2, tzinfo=UTC)
PRINTED, WRITTEN, LONG = 500, 10_000, 100_000
SECONDS, MEBIBYTES = 1.0, 512
RUNS = 7
TEMPLATES = 500


@dataclass
class LongTrades(FakeTrades):
    """The port Trades over so many trades that only rows of a few are kept: others repeat them."""

    count: int = LONG
    year: Year | None = None

    def __post_init__(self) -> None:
        self.year = self.year or a_year(TEMPLATES)
        self._whole = self.year.trades
        self._rows = [row_of(one.trade) for one in self._whole]
        self._said = self.year.labels
        self._step = (END - BEGIN) / (self.count + 1)

    def page(
        self,
        owner: UserId,
        *,
        by: By,
        limit: int,
        after: str | None,
        since: datetime | None = None,
        until: datetime | None = None,
        newest_first: bool = True,
    ) -> Page[Played]:
        start = int(after) if after else 0
        end = min(start + limit, self.count if owner == OWNER else 0)
        found = [self._listed(owner, number) for number in range(start, end)]
        return Page(found, str(end) if end < self.count else None)

    def stored(self, owner: UserId, trade_ids: Sequence[TradeId]) -> Mapping[TradeId, Stored]:
        return {one: self._stored(one) for one in trade_ids}

    def opened(self, owner: UserId, since: datetime, until: datetime) -> Sequence[Played]:
        return list(self._between(owner, since, until))

    def closed(self, owner: UserId, since: datetime, until: datetime) -> Sequence[Played]:
        return list(self._between(owner, since, until))

    def _between(self, owner: UserId, since: datetime, until: datetime) -> Iterator[Played]:
        first = max(0, int((since - BEGIN) / self._step))
        last = min(self.count, int((until - BEGIN) / self._step))
        return (self._listed(owner, number) for number in range(first, last))

    def _listed(self, owner: UserId, number: int) -> Played:
        place = number % TEMPLATES
        name, at = TradeId(f"jt_{number:026d}"), BEGIN + number * self._step
        trade = trade_of(owner, name, self._rows[place])
        moved = replace(trade, opened_at=at, closed_at=at + timedelta(seconds=200))
        return Played(trade=moved, labels=replace(self._said[place], trade_id=name))

    def _stored(self, name: TradeId) -> Stored:
        number = int(name.removeprefix("jt_"))
        whole = self._whole[number % TEMPLATES]
        return replace(whole, trade=replace(whole.trade, id=name))

    def labels(self, owner: UserId, trade_id: TradeId) -> Labels:
        return replace(self._said[int(trade_id[3:]) % TEMPLATES], trade_id=trade_id)


def long_journal(count: int) -> Rig:
    """Return a journal of so many trades."""
    year = a_year(TEMPLATES)
    rig = Rig().had(replace(year, trades=(), labels=()))
    rig.trades = LongTrades(count=count, year=year)
    return rig


def made(rig: Rig, kind: ExportKind) -> int:
    """Make a file and return its size in bytes: nothing of it is kept."""
    job = ExportJob.asked(OWNER, kind, wanted(), cause="bench", now=NOW)
    return sum(len(piece) for piece in rig.make(job, lambda percent: None))


def archived(count: int) -> tuple[float, float, int]:
    """Make everything of a long journal; return seconds, peak MiB of this process, and bytes."""
    begun = perf_counter()
    size = made(long_journal(count), ExportKind.ALL)
    unit = 2**20 if sys.platform == "darwin" else 2**10
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
    return perf_counter() - begun, peak, size


def measure(*, quick: bool = False) -> Section:
    """Make files of a year, of ten thousand trades, and everything of a hundred thousand."""
    runs = 2 if quick else RUNS
    written, long = (50, 500) if quick else (WRITTEN, LONG)
    year, busy = Rig().had(a_year(PRINTED)), long_journal(written)
    times: dict[str, Spread] = {
        f"report.pdf, {PRINTED:,} trades": timed(lambda: made(year, ExportKind.REPORT), runs=runs),
        f"trades.csv, {written:,} trades": timed(lambda: made(busy, ExportKind.TRADES), runs=runs),
        f"journal.xlsx, {written:,} trades": timed(
            lambda: made(busy, ExportKind.WORKBOOK), runs=min(runs, 3)
        ),
    }
    with get_context("spawn").Pool(1) as pool:  # its peak is its own
        seconds, peak, size = pool.apply(archived, (long,))
    everything = (f"journal.zip, {long:,} trades", f"{seconds:.0f}")
    report = times[f"report.pdf, {PRINTED:,} trades"]
    return Section(
        name="exports",
        title="Exports",
        how=(
            "Files made from a journal in memory whose rows are read as those of the table are: "
            "figures gathered, documents written. The archive holds every kind of file; its memory "
            f"is the peak of a process of its own, libraries included. It had {size / 2**20:.0f} "
            "MiB."
        ),
        tables=(
            Table(
                heads=("file", "seconds (p10 to p90)"),
                rows=(*((name, one.show(2)) for name, one in times.items()), everything),
            ),
        ),
        targets=(
            Target(
                name=f"report of {PRINTED} trades, median",
                value=round(report.middle, 3),
                limit=SECONDS,
                unit="s",
            ),
            Target(
                name=f"everything of {long:,} trades, peak memory",
                value=round(peak),
                limit=MEBIBYTES,
                unit="MiB",
            ),
        ),
    )
