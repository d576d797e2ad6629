"""Showing where an owner stands: the portfolio by currency.

What is held is valued at the price of the newest settle; a bot that bought since then, and was
never settled, holds at cost.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, localcontext
from typing import TypeVar

from nightdesk.core.errors import Invalid
from nightdesk.core.ids import BotId, UserId
from nightdesk.core.money import EXACT, ZERO
from nightdesk.market.reading import check_range
from nightdesk.trading.book import Book
from nightdesk.trading.mandate import EquityPoint
from nightdesk.trading.order import Mode
from nightdesk.trading.ports import Desk, Equity, PoolFunds

T = TypeVar("T")

MAX_POINTS = 20_000
"""Equity points that one curve may be drawn from, over all bots."""
SHOWN_POINTS = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """The UTC day of the newest settle: equity at its start, shifted by flows, and the change."""

    date: date
    start: Decimal
    change: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class CurvePoint:
    """Equity of all bots of one currency at one settle; `net_capital` shows flows."""

    as_of: datetime
    equity: Decimal
    net_capital: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdings:
    """All bots of one quote currency together, and the pool beside them. Retired bots are out."""

    currency: str
    as_of: datetime | None
    """The newest settle; None while there was none."""
    bots: int
    positions: int
    cash: Decimal
    reserved: Decimal
    held: Decimal
    """What all holdings are worth, dust included."""
    pool: Decimal
    """Free money that no bot has."""
    net_capital: Decimal
    realised: Decimal
    unrealised: Decimal
    fees: Decimal
    day: Day | None
    curve: tuple[CurvePoint, ...] = ()

    @property
    def equity(self) -> Decimal:
        """What the bots have: cash, reserved, holdings. The pool stands apart."""
        with localcontext(EXACT):
            return self.cash + self.reserved + self.held


@dataclass(frozen=True, slots=True)
class ReadPortfolio:
    """Show what an owner has in one mode, currency by currency."""

    desk: Desk
    equity: Equity
    pools: PoolFunds

    def __call__(
        self,
        owner: UserId,
        mode: Mode,
        *,
        since: datetime | None,
        until: datetime | None,
        as_of: datetime,
    ) -> Sequence[Holdings]:
        """Return the currencies in which there are bots, by code.

        The curve is drawn from `since` on, up to `until` or the present; without `since` there is
        none. Raises Invalid `BAD_RANGE`, also for more points than a curve is drawn from.
        """
        check_range(since, until, as_of)
        by_currency: dict[str, list[Book]] = {}
        for book in self.desk.owner_books(owner, mode):
            by_currency.setdefault(book.quote, []).append(book)
        span = None if since is None else (since, until or as_of)
        if span is not None:
            _check_points((book for books in by_currency.values() for book in books), *span)
        return [
            self._holdings(owner, mode, currency, by_currency[currency], span)
            for currency in sorted(by_currency)
        ]

    def _holdings(
        self,
        owner: UserId,
        mode: Mode,
        currency: str,
        books: Sequence[Book],
        span: tuple[datetime, datetime] | None,
    ) -> Holdings:
        points = {book.bot_id: self.equity.latest(owner, book.bot_id) for book in books}
        marks = {book.bot_id: mark_of(book, points[book.bot_id]) for book in books}
        settled = [point.as_of for point in points.values() if point is not None]
        with localcontext(EXACT):
            return Holdings(
                currency=currency,
                as_of=max(settled, default=None),
                bots=len(books),
                positions=sum(book.position is not None for book in books),
                cash=sum((book.cash for book in books), ZERO),
                reserved=sum((book.reserved for book in books), ZERO),
                held=sum((book.holding * marks[book.bot_id] for book in books), ZERO),
                pool=self.pools.free(owner, mode, currency),
                net_capital=sum((book.net_capital for book in books), ZERO),
                realised=sum((book.realised for book in books), ZERO),
                unrealised=sum((book.unrealised(marks[book.bot_id]) for book in books), ZERO),
                fees=sum((book.fees for book in books), ZERO),
                day=_day(books, points, marks),
                curve=() if span is None else tuple(self._curve(books, *span)),
            )

    def _curve(self, books: Sequence[Book], since: datetime, until: datetime) -> list[CurvePoint]:
        """Add up the bots' points; between its settles a bot stands at its last one."""
        points = sorted(
            (
                point
                for book in books
                for point in self.equity.between(
                    book.owner, book.bot_id, since - book.timeframe.length, until
                )
            ),
            key=lambda point: (point.as_of, point.bot_id),
        )
        last: dict[BotId, EquityPoint] = {}
        found: dict[datetime, CurvePoint] = {}
        for point in points:
            last[point.bot_id] = point
            if point.as_of >= since:
                found[point.as_of] = CurvePoint(
                    as_of=point.as_of,
                    equity=sum((one.equity for one in last.values()), ZERO),
                    net_capital=sum((one.net_capital for one in last.values()), ZERO),
                )
        return _thinned(list(found.values()))


def mark_of(book: Book, point: EquityPoint | None) -> Decimal:
    """Return the price per base unit that a book is valued at."""
    if point is not None:
        return point.mark
    return book.position.avg_price if book.position is not None else ZERO


def _day(
    books: Sequence[Book],
    points: Mapping[BotId, EquityPoint | None],
    marks: Mapping[BotId, Decimal],
) -> Day | None:
    """Return the change since the start of the newest settle's day."""
    settled = [point for point in points.values() if point is not None]
    if not settled:
        return None
    today = max(point.as_of for point in settled).date()
    start = now = ZERO
    for book in books:
        point = points[book.bot_id]
        now += book.equity(marks[book.bot_id])
        if point is None:
            start += book.net_capital
            continue
        before = point.day_start if point.as_of.date() == today else point.equity
        start += before + book.net_capital - point.net_capital
    return Day(date=today, start=start, change=now - start)


def _check_points(books: Iterable[Book], since: datetime, until: datetime) -> None:
    most = sum((until - since) // book.timeframe.length for book in books)
    if most > MAX_POINTS:
        raise Invalid(
            "BAD_RANGE",
            f"the range has up to {most} equity points; a curve is drawn from {MAX_POINTS}",
            field="from",
        )


def _thinned(points: list[T]) -> list[T]:
    """Return at most `SHOWN_POINTS`, evenly spaced, the last one among them."""
    step = -(-len(points) // SHOWN_POINTS)
    return points[::-1][:: max(step, 1)][::-1]
