"""What every figure begins with: the trades asked for, ready to be counted."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from nightdesk.core.ids import UserId
from nightdesk.journal.account import Account, ReadAccount
from nightdesk.journal.book_stats import Played
from nightdesk.journal.columns import Counted, counted
from nightdesk.journal.merged import played_counting
from nightdesk.journal.modes import modes_of
from nightdesk.journal.place import Place, in_force
from nightdesk.journal.ports.trades import By
from nightdesk.journal.ports.writing import Tags, WrittenTrades
from nightdesk.journal.preferences import Preferences
from nightdesk.journal.preferring import ReadPreferences
from nightdesk.journal.rates import same_money
from nightdesk.journal.saved_metric import Basis, Unit
from nightdesk.journal.spans import FIRST, in_range
from nightdesk.journal.tag import TagBook
from nightdesk.journal.trade import JournalTrade
from nightdesk.journal.trade_filters import TradeFilters
from nightdesk.performance import units
from nightdesk.trading.order import Mode


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """In what amounts of trades are shown."""

    unit: Unit = Unit.MONEY
    basis: Basis = Basis.NET


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What an owner asks about, and when."""

    owner: UserId
    filters: TradeFilters
    view: View = View()
    now: datetime

    @property
    def span(self) -> tuple[datetime, datetime]:
        """Return the bounds in time. Raises Invalid `BAD_RANGE`."""
        since, until = self.filters.since, self.filters.until or self.now
        in_range(since, until)
        return since or FIRST, until

    @property
    def modes(self) -> list[Mode]:
        """Return the modes that were asked for."""
        return self.filters.modes


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """The trades that were asked for, and what they are told in.

    `whole` are they in money and after costs, however they are shown. `lines` are the changes of
    zone or currency within the span: a line in every chart.
    """

    counted: Counted
    whole: Counted
    place: Place
    preferences: Preferences
    view: View
    lines: tuple[Place, ...] = ()


HeldOf = Callable[[UserId, datetime], Sequence[Played]]
"""What an owner holds at the present moment."""


@dataclass(frozen=True, slots=True)
class Look:
    """Read the trades that an owner asks about."""

    trades: WrittenTrades
    tags: Tags
    preferences: ReadPreferences
    account: ReadAccount
    held_of: HeldOf

    def __call__(self, asked: Asked) -> Seen:
        """Return them, amounts as the view has them. Raises Invalid `BAD_RANGE`."""
        preferences = self.preferences(asked.owner, asked.now)
        place = in_force(preferences.places, asked.now)
        found = self.played(asked)
        return self.seen(asked, found, preferences, place)

    def seen(
        self,
        asked: Asked,
        played: Sequence[Played],
        preferences: Preferences,
        place: Place,
    ) -> Seen:
        """Return these trades as they were asked for."""
        since, until = asked.span
        view = asked.view
        whole = counted(played, modes=asked.modes, currency=place.currency)
        capital = None
        if view.unit is Unit.PERCENT:
            capital = self.account_behind(asked, whole, place).capital_in(whole.currency)
        shown = whole.shown(units.Unit(view.unit), units.Basis(view.basis), capital)
        lines = tuple(
            one
            for one in preferences.places
            if one.since is not None and since <= one.since < until
        )
        return Seen(
            counted=shown,
            whole=whole,
            place=place,
            preferences=preferences,
            view=view,
            lines=lines,
        )

    def played(self, asked: Asked) -> Sequence[Played]:
        """Return the trades that pass, labels as they count now. Raises Invalid `BAD_RANGE`."""
        since, until = asked.span
        by = asked.filters.by
        read = self.trades.closed if by is By.CLOSED else self.trades.opened
        tags = self.book(asked.owner)
        found = read(asked.owner, since, until)
        wanted = [one for one in found if asked.filters.pass_(one, tags)]
        return played_counting(wanted, tags)

    def beyond(self, asked: Asked, whole: Counted) -> Sequence[JournalTrade]:
        """Return what stood in the span beside `whole`: trades that pass, of the same modes.

        Open ones, and those that have closed since but not within it; asked for by their opening,
        those that were open as it began.
        """
        _, until = asked.span
        edge = asked.filters.until if asked.filters.by is By.CLOSED else asked.filters.since
        tags = self.book(asked.owner)
        found = [one for one in self.held_of(asked.owner, asked.now) if one.trade.opened_at < until]
        if edge is not None and edge < asked.now:
            closed = self.trades.closed(asked.owner, edge, asked.now)
            found += [one for one in closed if one.trade.opened_at < edge]
        trades = [one.trade for one in found if asked.filters.pass_(one, tags)]
        modes = whole.modes if whole.played else modes_of(trades, asked.modes)
        return [one for one in trades if one.mode in modes]

    def account_of(self, asked: Asked, place: Place) -> Account:
        """Return the account over the same span: of its filters modes, bots, accounts count."""
        return self._account(asked, place, asked.modes)

    def account_behind(
        self, asked: Asked, whole: Counted, place: Place, *, there: Account | None = None
    ) -> Account:
        """Return the account that amounts of these trades are a part of: one of their own modes.

        Where no mode was asked for, trades are live as soon as one is, and an account as soon as a
        bot is: live trades are no part of what bots have on paper. `there`: the account that was
        asked for, not read once more where it is the same.
        """
        modes = whole.modes if whole.played else asked.modes
        if there is not None and (not modes or there.modes == tuple(modes)):
            return there
        return self._account(asked, place, modes)

    def _account(self, asked: Asked, place: Place, modes: Sequence[Mode]) -> Account:
        since, until = asked.span  # a day that has begun counts as far as it went
        return self.account(
            asked.owner,
            since,
            min(until, asked.now),
            place=place,
            modes=modes,
            only=sorted(asked.filters.any_of.get("bot_id", ())),
            accounts=sorted(asked.filters.any_of.get("account", ())),
        )

    def book(self, owner: UserId) -> TagBook:
        """Return an owner's tags."""
        return TagBook(owner, self.tags.all(owner))


def same_currency(one: str | None, other: str | None) -> bool:
    """Tell whether amounts can be set against each other; None: there are none."""
    return one is None or other is None or same_money(one, other)
