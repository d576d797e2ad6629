"""Lists of trades: by time straight from the index, by a figure over the range that is asked for.

A page by time costs what it shows; what filters leave out is read, too, so many rows at most, and
the cursor goes on. A list by a figure reads its whole range.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from nightdesk.core.errors import Invalid
from nightdesk.core.ids import TradeId, UserId
from nightdesk.core.money import ZERO, fixed
from nightdesk.core.pages import BadCursor, Page
from nightdesk.journal.book_stats import Played
from nightdesk.journal.hand_fills import AHEAD, EARLIEST
from nightdesk.journal.held import ReadHeld
from nightdesk.journal.merged import played_counting
from nightdesk.journal.modes import modes_of
from nightdesk.journal.ports.trades import By, Trades
from nightdesk.journal.ports.writing import Tags
from nightdesk.journal.search import in_order
from nightdesk.journal.spans import in_range
from nightdesk.journal.tag import TagBook
from nightdesk.journal.trade import Outcome, Status
from nightdesk.journal.trade_filters import TradeFilters
from nightdesk.trading.order import Mode

SWEPT, PARTS = 2_000, 40
"""Trades that one request looks at by time, and in how many parts they are read at most.

A page may then be short, and its cursor goes on.
"""


class Sort(StrEnum):
    """What a list is ordered by."""

    CLOSED_AT = "closed_at"
    OPENED_AT = "opened_at"
    NET = "net"
    R = "r"
    HOLD = "hold"


_LACKING = "-"
"""Stands for the figure of a trade without one."""
_BY_TIME = {Sort.CLOSED_AT: By.CLOSED, Sort.OPENED_AT: By.OPENED}


class Order(StrEnum):
    """Which end comes first."""

    DESC = "desc"
    ASC = "asc"


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """What the trades of one page come to. Money is in account currency, of those that have it.

    They are of these modes; `others` of another mode are not counted.
    """

    modes: tuple[Mode, ...]
    others: int
    trades: int
    closed: int
    wins: int
    losses: int
    net_account: Decimal
    fees_account: Decimal
    r: Decimal
    with_r: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """One question, with the tags that its filters go by."""

    owner: UserId
    filters: TradeFilters
    sort: Sort
    order: Order
    limit: int
    book: TagBook

    @property
    def mark(self) -> str:
        return f"{self.filters.mark}{self.sort.value}{self.order.value}"

    @property
    def hidden(self) -> bool:
        return self.filters.any_of.get("status") == frozenset({Status.VOID.value})

    @property
    def descending(self) -> bool:
        return self.order is Order.DESC

    def wants(self, one: Played) -> bool:
        filters = self.filters
        moment = one.trade.closed_at if filters.by is By.CLOSED else one.trade.opened_at
        if moment is None:
            in_time = filters.until is None
        else:
            in_time = (filters.since is None or moment >= filters.since) and (
                filters.until is None or moment < filters.until
            )
        return in_time and filters.pass_(one, self.book)


@dataclass(frozen=True, slots=True)
class ListTrades:
    """List trades that are not hidden, or with the filter `status` void the hidden ones."""

    trades: Trades
    tags: Tags

    def __call__(
        self,
        owner: UserId,
        filters: TradeFilters,
        *,
        sort: Sort,
        order: Order,
        limit: int,
        after: str | None,
        now: datetime,
    ) -> Page[Played]:
        """Return a page; one by time may be short and its key go on.

        Without a figure a trade stands last. Raises BadCursor for a key of another question;
        Invalid `BAD_RANGE`, `OUT_OF_RANGE` for `min_r` above `max_r` or too many words.
        """
        _sound(filters)
        book = TagBook(owner, self.tags.all(owner))
        asked = _Asked(owner=owner, filters=filters, sort=sort, order=order, limit=limit, book=book)
        mark, _, key = (after or f"{asked.mark}~").partition("~")
        if mark != asked.mark:
            raise BadCursor("the cursor belongs to another question")
        if asked.hidden or sort in _BY_TIME:
            page = self._swept(asked, key or None)
        else:
            page = self._sorted(asked, key, now)
        items = played_counting(page.items, book)
        return replace(page, items=items, next_key=page.next_key and f"{mark}~{page.next_key}")

    def _swept(self, asked: _Asked, after: str | None) -> Page[Played]:
        """Read on until the page is half full, and never past what it has place for."""
        found: list[Played] = []
        for _ in range(min(PARTS, max(1, SWEPT // asked.limit))):
            page = self._part(asked, after)
            wanted = [one for one in page.items if asked.wants(one)]
            if found and len(found) + len(wanted) > asked.limit:
                break
            found += wanted
            after = page.next_key
            if after is None or 2 * len(found) > asked.limit:
                break
        return Page(found, after)

    def _part(self, asked: _Asked, after: str | None) -> Page[Played]:
        if asked.hidden:
            return self.trades.hidden(asked.owner, limit=asked.limit, after=after)
        by = _BY_TIME[asked.sort]
        same = by is asked.filters.by
        return self.trades.page(
            asked.owner,
            by=by,
            limit=asked.limit,
            after=after,
            since=asked.filters.since if same else None,
            until=asked.filters.until if same else None,
            newest_first=asked.descending,
        )

    def _sorted(self, asked: _Asked, key: str, now: datetime) -> Page[Played]:
        since, until = asked.filters.since or EARLIEST, asked.filters.until or now + AHEAD
        read = self.trades.closed if asked.filters.by is By.CLOSED else self.trades.opened
        every = list(read(asked.owner, since, until))
        if asked.filters.by is By.CLOSED and asked.filters.until is None:
            every += ReadHeld(self.trades)(asked.owner, now)  # no span of closes has them
        found = [one for one in every if asked.wants(one) and (not key or _behind(one, key, asked))]
        ordered = list(_by_figure(found, asked.sort, descending=asked.descending))
        shown = ordered[: asked.limit]
        more = _place(shown[-1], asked.sort) if len(ordered) > asked.limit else None
        return Page(shown, more)


def totals(page: Sequence[Played], asked: Iterable[Mode] = ()) -> Totals:
    """Return what these trades come to; none `asked`: the live ones, or paper where none is."""
    modes = modes_of((one.trade for one in page), asked)
    played = [one for one in page if one.trade.mode in modes]
    money = [one.trade.money for one in played]
    rs = [one.trade.risk.r for one in played if one.trade.risk.r is not None]
    return Totals(
        modes=modes,
        others=len(page) - len(played),
        trades=len(played),
        closed=sum(one.trade.status is Status.CLOSED for one in played),
        wins=sum(one.trade.outcome is Outcome.WIN for one in played),
        losses=sum(one.trade.outcome is Outcome.LOSS for one in played),
        net_account=_sum(one.net_account for one in money),
        fees_account=_sum(one.fees_account for one in money),
        r=_sum(rs),
        with_r=len(rs),
    )


def _sum(amounts: Iterable[Decimal | None]) -> Decimal:
    return sum((one for one in amounts if one is not None), ZERO)


def _sound(filters: TradeFilters) -> None:
    in_range(filters.since, filters.until)
    low, high = filters.min_r, filters.max_r
    if low is not None and high is not None and low > high:
        raise Invalid("OUT_OF_RANGE", "`min_r` is at most `max_r`.", field="min_r")
    in_order(filters.text)  # raises for too many words


def _figure(one: Played, sort: Sort) -> Decimal | None:
    if sort is Sort.NET:
        return one.trade.money.net_account
    if sort is Sort.R:
        return one.trade.risk.r
    hold = one.trade.hold_seconds
    return None if hold is None else Decimal(hold)


def _by_figure(played: Sequence[Played], sort: Sort, *, descending: bool) -> Iterator[Played]:
    having = [(value, one) for one in played if (value := _figure(one, sort)) is not None]
    having.sort(key=lambda pair: (pair[0], pair[1].trade.id), reverse=descending)
    yield from (one for _, one in having)
    lacking = [one for one in played if _figure(one, sort) is None]
    yield from sorted(lacking, key=lambda one: one.trade.id)


def _place(one: Played, sort: Sort) -> str:
    value = _figure(one, sort)
    return f"{_LACKING if value is None else fixed(value)}|{one.trade.id}"


def _behind(one: Played, place: str, asked: _Asked) -> bool:
    """Tell whether a trade stands behind a place, whatever has become of who stood there."""
    value, trade_id = _figure(one, asked.sort), one.trade.id
    text, _, name = place.partition("|")
    if value is None or text == _LACKING:
        return value is None and (text != _LACKING or trade_id > name)
    mine, last = (value, trade_id), (Decimal(text), TradeId(name))
    return mine < last if asked.descending else mine > last
