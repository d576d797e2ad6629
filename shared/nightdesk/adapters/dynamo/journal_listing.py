"""Lists of journal trades: rows with what was written of them, by pages or by long stretches."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from nightdesk.adapters.dynamo import keys
from nightdesk.adapters.dynamo.journal_items import labels_in, listed, trade_in
from nightdesk.adapters.dynamo.queries import LAST, ends, rows
from nightdesk.adapters.dynamo.tables import DeskItem
from nightdesk.core.collecting import uncollected
from nightdesk.core.ids import InstrumentId, TradeId, UserId
from nightdesk.core.pages import Page
from nightdesk.core.quick import quick
from nightdesk.journal.book_stats import Played
from nightdesk.journal.trade import JournalTrade, Labels, Status

WORKERS = 8
SLICES = 24
"""At most so many queries at once make up a long stretch of time, cut at months."""
_SHOWN = ("sk", "row", "version", "body", "deflated")
"""What a row and its labels are made of: each further value is read in thousands, too."""
_PLAYED, _BLANK = quick(Played, ("trade", "labels")), quick(Labels, ("owner", "trade_id"))


def of_book(owner: UserId, account: str, instrument: InstrumentId) -> list[Played]:
    """Return an account's trades in one instrument, hidden ones too, by opening."""
    found = rows(
        DeskItem,
        keys.trades_of_book(owner, account, instrument),
        " ",
        LAST,
        only=_SHOWN,
        index="by_market",
        sort_key="market_sk",
    )
    return list(_paired(owner, found))


@dataclass(frozen=True, slots=True)
class Spread:
    """A long stretch of time read by several queries at once."""

    owner: UserId
    partition: str
    prefix: str
    index: str | None = None
    sort_key: str = "sk"

    def between(self, since: datetime, until: datetime) -> list[Played]:
        """Return what lies in ``since <= moment < until``, oldest first."""
        low, high = self.prefix + keys.feed(since), self.prefix + keys.feed(until)
        if low >= high:
            return []
        edges = ends(DeskItem, self.partition, low, high, index=self.index, sort_key=self.sort_key)
        if edges is None:
            return []
        cuts = [low, *(self.prefix + cut for cut in self._cuts(*edges)), high]
        slices = [(a, b) for a, b in pairwise(cuts) if a < b]
        with uncollected(), ThreadPoolExecutor(max_workers=WORKERS) as pool:
            found = list(pool.map(self._slice, slices))
        return [one for part in found for one in part]

    def _cuts(self, first: str, last: str) -> Iterator[str]:
        """Yield months between the first and the last that there is, at most so many."""
        begin, end = (_month(key.removeprefix(self.prefix)) for key in (first, last))
        step = max(1, -(-(end - begin) // SLICES))
        for number in range(begin + 1, end + 1, step):
            year, month = divmod(number, 12)
            yield keys.feed(datetime(year, month + 1, 1, tzinfo=UTC))

    def _slice(self, span: tuple[str, str]) -> list[Played]:
        low, high = span
        found = rows(
            DeskItem,
            self.partition,
            low,
            high,
            only=_SHOWN,
            index=self.index,
            sort_key=self.sort_key,
        )
        # no key is a bare moment: the next slice begins where this one ends
        return list(_paired(self.owner, found))


def _month(key: str) -> int:
    """Return the month of a place as a count of months."""
    return int(key[:4]) * 12 + int(key[5:7]) - 1


def _paired(owner: UserId, found: Iterable[dict[str, Any]]) -> Iterator[Played]:
    """Yield trades with their labels, which stand right after them."""
    trade: JournalTrade | None = None
    beside = ""
    for row in found:
        sort = row["sk"]["S"]
        if "row" in row:
            if trade is not None:
                yield _bare(trade)
            trade, beside = listed(owner, sort, row["row"]["S"]), keys.labels_beside(sort)
        elif sort == beside and trade is not None:
            yield _PLAYED(trade, labels_in(owner, row))
            trade = None
    if trade is not None:
        yield _bare(trade)


def _bare(trade: JournalTrade) -> Played:
    return _PLAYED(trade, _BLANK(trade.owner, trade.id))


def page_of(
    owner: UserId,
    partition: str,
    span: tuple[str, str],
    *,
    limit: int,
    after: str | None,
    newest_first: bool,
    index: str | None = None,
) -> Page[Played]:
    """Return up to `limit` trades; `after` is the place of the last one handed out."""
    sort_key = "feed_sk" if index else "sk"
    low, high = span
    if after is not None:
        low, high = (low, after) if newest_first else (keys.labels_beside(after) + "!", high)
    found: list[dict[str, Any]] = []
    trades = 0

    def ahead() -> int:
        """Return how much to read: for half of the trades labels at first, then for all."""
        missing = limit + 2 - trades
        return 2 * missing if found else missing + missing // 2

    reading = rows(
        DeskItem,
        partition,
        low,
        high,
        only=(*_SHOWN, sort_key) if index else _SHOWN,
        index=index,
        sort_key=sort_key,
        newest_first=newest_first,
        page_size=ahead,
    )
    place_of: dict[TradeId, str] = {}
    for row in reading:
        sort = row[sort_key]["S"]
        if sort == after:
            continue
        if "row" in row:
            trade_id = trade_in(row["sk"]["S"])
            place_of[trade_id] = sort
            trades += 1
        found.append(row)
        if trades > limit:
            break
    if newest_first:
        found.reverse()
    played = list(_paired(owner, found))
    if newest_first:
        played.reverse()
    # the table has hidden ones, too: such a page is shorter
    shown = [one for one in played[:limit] if one.trade.status is not Status.VOID or index]
    more = place_of[played[limit - 1].trade.id] if trades > limit else None
    return Page(shown, more)
