"""Lists of journal trades: rows with what was written of them, by pages or by long stretches."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import chain, pairwise
from typing import Any

from nightdesk.adapters.dynamo import keys
from nightdesk.adapters.dynamo.journal_items import labels_in, listed, trade_in
from nightdesk.adapters.dynamo.queries import FIRST, LAST, opening, rows
from nightdesk.adapters.dynamo.tables import DeskItem
from nightdesk.core.collecting import uncollected
from nightdesk.core.ids import InstrumentId, TradeId, UserId
from nightdesk.core.pages import Page
from nightdesk.core.quick import quick
from nightdesk.journal.book_stats import Played
from nightdesk.journal.trade import JournalTrade, Labels, Status

WORKERS = 8
PARTS = 24
"""At most so many parts of a long stretch of time are read."""
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
        """Return what lies in ``since <= moment < until``, oldest first.

        A journal of some hundred trades is one answer. What is beyond is read in parts of as many
        days as that answer had.
        """
        low, high = self.prefix + keys.feed(since), self.prefix + keys.feed(until)
        if low >= high:
            return []
        with uncollected():
            first, beyond = opening(
                DeskItem,
                self.partition,
                low,
                high,
                only=(*_SHOWN, self.sort_key) if self.index else _SHOWN,
                index=self.index,
                sort_key=self.sort_key,
            )
            if beyond is None:
                return list(_paired(self.owner, first))
            cuts = [*self._cuts(first[0][self.sort_key]["S"], *beyond), high]
            # labels may stand in the next answer; no key is a bare moment: a part begins where the
            # one before it ends
            parts = [
                chain(first, self._rows(beyond[0] + FIRST, cuts[0])),
                *(self._rows(*span) for span in pairwise(cuts)),
            ]
            with ThreadPoolExecutor(max_workers=WORKERS) as pool:
                found = list(pool.map(lambda part: list(_paired(self.owner, part)), parts))
        return [one for part in found for one in part]

    def _cuts(self, first: str, until: str, last: str) -> Iterator[str]:
        """Yield where to cut what lies between `until` and `last`."""
        begin, here, end = (self._day(key) for key in (first, until, last))
        parts = min(PARTS, -(-(end - here) // max(1, here - begin)))
        for number in range(1, parts):
            day = date.fromordinal(here + (end - here) * number // parts)
            yield self.prefix + keys.feed(datetime(day.year, day.month, day.day, tzinfo=UTC))

    def _day(self, key: str) -> int:
        """Return the day of a place as a count of days."""
        day = key.removeprefix(self.prefix)[: len("2025-03-02")]
        return date.fromisoformat(day).toordinal()

    def _rows(self, low: str, high: str) -> Iterator[dict[str, Any]]:
        return rows(
            DeskItem,
            self.partition,
            low,
            high,
            only=_SHOWN,
            index=self.index,
            sort_key=self.sort_key,
        )


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
