"""Showing what an owner's bots hold, and what protects it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, localcontext

from nightdesk.core.clock import iso
from nightdesk.core.errors import Missing
from nightdesk.core.ids import UserId
from nightdesk.core.money import EXACT
from nightdesk.core.pages import Page
from nightdesk.trading.book import Book
from nightdesk.trading.order import Mode
from nightdesk.trading.ports import Desk, Equity
from nightdesk.trading.position import Position
from nightdesk.trading.reading import OrderView, with_fills
from nightdesk.trading.standing import mark_of

MODES = (Mode.PAPER, Mode.LIVE)


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionView:
    """An open position and what it is worth, in quote currency.

    `mark` is a price per base unit, `marked_at` None while nothing was settled since the entry:
    then the mark is the mean entry price.
    """

    book: Book
    position: Position
    mark: Decimal
    marked_at: datetime | None

    @property
    def value(self) -> Decimal:
        """What the holding is worth at the mark."""
        with localcontext(EXACT):
            return self.position.quantity * self.mark

    @property
    def unrealised(self) -> Decimal:
        """Gross result at the mark, entry and exit fees aside."""
        with localcontext(EXACT):
            return self.position.unrealised(self.mark)


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionDetail:
    """A position, the orders that built it, and those that protect it now."""

    view: PositionView
    orders: tuple[OrderView, ...]
    protective: tuple[OrderView, ...]


@dataclass(frozen=True, slots=True)
class ListPositions:
    """Show what an owner's bots hold."""

    desk: Desk
    equity: Equity

    def __call__(
        self, owner: UserId, mode: Mode | None, *, limit: int, after: str | None
    ) -> Page[PositionView]:
        """Return open positions, newest first."""
        keyed = sorted(
            (
                (f"{iso(book.position.opened_at)}|{book.position.position_id}", book)
                for book in _books(self.desk, owner, mode)
                if book.position is not None
            ),
            key=lambda pair: pair[0],
            reverse=True,
        )
        behind = [pair for pair in keyed if after is None or pair[0] < after]
        views = [_marked(self.equity, book) for _, book in behind[:limit]]
        more = behind[limit - 1][0] if len(behind) > limit else None
        return Page([view for view in views if view is not None], more)


@dataclass(frozen=True, slots=True)
class ReadPosition:
    """Show one open position."""

    desk: Desk
    equity: Equity

    def __call__(self, owner: UserId, position_id: str) -> PositionDetail:
        """Return it with its orders. Raises Missing, also once it is closed."""
        for book in _books(self.desk, owner, None):
            if book.position is None or book.position.position_id != position_id:
                continue
            view = _marked(self.equity, book)
            if view is not None:
                own = self.desk.orders(owner, book.bot_id, book.position.orders)
                resting = self.desk.orders(owner, book.bot_id, book.open_orders)
                return PositionDetail(
                    view=view,
                    orders=tuple(with_fills(self.desk, order) for order in own),
                    protective=tuple(with_fills(self.desk, order) for order in resting),
                )
        raise Missing(f"no position {position_id!r}")


def _books(desk: Desk, owner: UserId, mode: Mode | None) -> Iterable[Book]:
    for each in MODES if mode is None else (mode,):
        yield from desk.owner_books(owner, each)


def _marked(equity: Equity, book: Book) -> PositionView | None:
    if book.position is None:
        return None
    point = equity.latest(book.owner, book.bot_id)
    return PositionView(
        book=book,
        position=book.position,
        mark=mark_of(book, point),
        marked_at=None if point is None else point.as_of,
    )
