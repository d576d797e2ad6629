"""The accounts whose books the journal keeps, as their owner's day figures need them.

An account is worth what it holds of each asset, times its price: no trade need be known for that.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

import numpy as np

from nightdesk.core.clock import from_millis, millis
from nightdesk.core.ids import UserId
from nightdesk.core.money import approximate, as_written
from nightdesk.journal.marking import Marking
from nightdesk.journal.place import Place
from nightdesk.journal.ports.trades import BalancesSaid, VenueBalances
from nightdesk.journal.prices import Prices, ReadPrices
from nightdesk.journal.rates import PEGGED
from nightdesk.journal.standing import Standing
from nightdesk.journal.statement import (
    LEAST,
    RESIDUE,
    Changes,
    Payment,
    ReadStatements,
    Statement,
    together,
)
from nightdesk.market.candles import Floats, Millis
from nightdesk.performance.figure import Caveat
from nightdesk.trading.order import Mode

MOST_OWED = 0.01
"""An account that ever fell short by a greater share of what had come in lacks deposits."""
PLACES = 8
"""Of money; what lies behind them is rounding."""
INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptAccounts:
    """What is known of these accounts within a span, in `currency`.

    `untold` are accounts that are left out: what was paid into them is not known. `stale` and
    `unpriced` are assets that stood at an older price, or at nothing, for want of candles.
    """

    currency: str = ""
    standings: tuple[Standing, ...] = ()
    accounts: tuple[str, ...] = ()
    untold: tuple[str, ...] = ()
    stale: tuple[str, ...] = ()
    unpriced: tuple[str, ...] = ()

    @property
    def caveat(self) -> Caveat | None:
        """What is to be kept in mind of every figure of these accounts."""
        if self.unpriced:
            return Caveat.SOME_UNPRICED
        return Caveat.STALE_PRICES if self.stale else None


NONE_KEPT = KeptAccounts()


@dataclass(frozen=True, slots=True)
class ReadKept:
    """Value accounts that no bot keeps books of: synced ones, imported ones, those by hand."""

    statements: ReadStatements
    balances: VenueBalances
    prices: ReadPrices

    def __call__(
        self,
        owner: UserId,
        since: datetime,
        until: datetime,
        *,
        place: Place,
        modes: Sequence[Mode],
        accounts: Iterable[str] = (),
        by_hand: bool = True,
    ) -> KeptAccounts:
        """Return what they had at the end of each of the owner's days, in one currency.

        That is account currency or, where nothing has a price in it, the one money that all of it
        was traded in. `accounts`: these alone; `by_hand`: also those of which only trades by
        hand are known. Raises StoreUnavailable.
        """
        span = _Span(since, until, place)
        statements = self.statements(owner, modes, accounts, by_hand=by_hand)
        if not statements:
            return KeptAccounts()
        books = [_Book.of(one, self._said(owner, one)) for one in statements]
        prices = self.prices.now()
        valued = _valued(books, prices, place.currency, span)
        quotes = {quote for one in statements for quote in one.quotes}
        one_money = len({PEGGED.get(one, one) for one in quotes}) == 1
        if one_money and not any(one.worth.any() for one in valued):
            # what its owner said of it is in account currency, and so says nothing here
            bare = [replace(one, statement=one.statement.without_equity()) for one in books]
            return _kept(_valued(bare, prices, min(quotes), span), span)
        return _kept(valued, span)

    def _said(self, owner: UserId, one: Statement) -> Sequence[BalancesSaid]:
        """Return what the venue said that there is, by time; paper stands at none."""
        return self.balances(owner, one.account) if one.mode is Mode.LIVE else ()


@dataclass(frozen=True, slots=True)
class _Span:
    since: datetime
    until: datetime
    place: Place

    def ends(self, begin: datetime) -> Iterator[datetime]:
        """Yield when each of the owner's days is over that has a part in ``[begin, until)``."""
        if begin >= self.until:
            return
        day, last = self.place.day(begin), self.place.day(self.until - INSTANT)
        while day <= last:
            day += timedelta(days=1)
            yield min(self.place.midnight(day), self.until)

    def has(self, ms: int) -> bool:
        """Tell whether a moment lies within."""
        return millis(self.since) <= ms < millis(self.until)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Book:
    """A statement as columns. `opening` is what there was before anything changed, at `first`.

    `short`: by how much of an asset, or one alike, it fell short, and when, since money came in.
    """

    statement: Statement
    changes: Mapping[str, Changes]
    opening: Mapping[str, float]
    first: int
    short: Sequence[tuple[str, int, float]]

    @classmethod
    def of(cls, statement: Statement, said: Sequence[BalancesSaid]) -> "_Book":
        """Return it; `said` is what the venue said that there is, by time."""
        changes = statement.changes()
        opening = _opening(changes, said)
        return cls(
            statement=statement,
            changes=changes,
            opening=opening,
            first=min(int(one.times[0]) for one in changes.values()),
            short=tuple(_short(changes, opening, statement.payments)),
        )

    @property
    def came(self) -> Sequence[Payment]:
        """Return what came in."""
        return [one for one in self.statement.payments if one.amount > 0]

    @property
    def equity_told(self) -> Sequence[Payment]:
        """Return the payments at which its owner said what it was worth."""
        return [one for one in self.statement.payments if one.equity_before is not None]

    def held(self, asset: str, times: Millis) -> Floats:
        """Return how much of an asset there was just before each time, shape (n,)."""
        opened = np.full(times.size, self.opening.get(asset, 0.0))
        return opened + self.changes[asset].balances(times) if asset in self.changes else opened


def _opening(changes: Mapping[str, Changes], said: Sequence[BalancesSaid]) -> Mapping[str, float]:
    """Return what a venue named first beyond what the journal adds up to: it was there before.

    The venue tells what is owned. Of loans and derivatives that is their result, which is known
    when all of them are closed.
    """
    found: dict[str, float] = {}
    if not said:
        return found
    at, named = said[0]
    moment = np.array([millis(at)])
    lent = {asset: one.of(~one.owned).balances(moment)[0] for asset, one in changes.items()}
    flat = sum(1 for amount in lent.values() if amount) <= 1  # what is left is their money
    for asset, amount in sorted(named.items()):
        there = 0.0
        if asset in changes:
            there = changes[asset].of(changes[asset].owned).balances(moment)[0]
            there += lent[asset] if flat else 0.0
        if (more := approximate(amount) - there) > LEAST:
            found[asset] = more
    return found


def _short(
    changes: Mapping[str, Changes], opening: Mapping[str, float], payments: Sequence[Payment]
) -> Iterator[tuple[str, int, float]]:
    """Yield by how much the account fell short between payments, when, and of what.

    Who pays in dollars and buys with a coin that is pegged to them has both in one purse.
    """
    purses: dict[str, list[str]] = {}
    for asset in {**changes, **opening}:
        purses.setdefault(PEGGED.get(asset, asset), []).append(asset)
    cuts = [one.ms for one in payments if one.amount > 0]
    for assets in purses.values():
        moved = [changes[asset].of(changes[asset].owned) for asset in assets if asset in changes]
        there = sum(opening.get(asset, 0.0) for asset in assets)
        for at, low in together(moved).lowest(cuts) if moved else ():
            if -low - there > LEAST:
                yield from ((asset, at, -low - there) for asset in assets)


def _valued(
    books: Sequence[_Book], prices: Prices, currency: str, span: _Span
) -> Sequence["_Valued"]:
    """Value accounts in a currency, all of them whenever one of them must be valued."""
    moments = {one.ms for book in books for one in book.equity_told if span.has(one.ms)}
    moments |= {book.first for book in books if span.has(book.first)}
    return [_priced(book, prices, currency, span, sorted(moments)) for book in books]


def _kept(valued: Sequence["_Valued"], span: _Span) -> KeptAccounts:
    """Return what is known of those accounts whose capital is."""
    told = [one for one in valued if one.capital_known]
    return KeptAccounts(
        currency=valued[0].marking.currency,
        standings=(
            *(standing for one in told for standing in one.standings(span)),
            *_transferred(told, span),
        ),
        accounts=tuple(dict.fromkeys(one.book.statement.account for one in told)),
        untold=tuple(one.book.statement.account for one in valued if not one.capital_known),
        stale=tuple(sorted({asset for one in told for asset in one.marking.stale})),
        unpriced=tuple(sorted({asset for one in told for asset in one.marking.unpriced})),
    )


def _priced(
    book: _Book, prices: Prices, currency: str, span: _Span, moments: Sequence[int]
) -> "_Valued":
    """Price an account's assets where they are held, and each where it was paid or fell short."""
    begin = max(from_millis(book.first), span.since)
    shown = {millis(begin), *moments, *(millis(end) for end in span.ends(begin))}
    shown = {ms for ms in shown if ms >= book.first}
    held_at = shown | {book.first, *(one.ms for one in book.equity_told)}
    paid_at = {one.ms for one in book.statement.payments}
    times = np.array(sorted(held_at | paid_at | {at for _, at, _ in book.short}))
    in_figures = {*shown, *(ms for ms in paid_at if span.has(ms))}
    held, wanted = {}, {}
    for asset in {**book.changes, **book.opening}:
        held[asset] = np.where(np.isin(times, [*held_at]), book.held(asset, times), 0.0)
        own = [one.ms for one in book.statement.payments if one.asset == asset]
        own += [at for name, at, _ in book.short if name == asset]
        wanted[asset] = (held[asset] != 0) | np.isin(times, own)
    marking = Marking(
        read=prices,
        statement=book.statement,
        currency=currency,
        times=times,
        wanted=wanted,
        shown=np.isin(times, [*in_figures]),
    )
    priced = marking.prices()
    worth = np.zeros(times.size)
    for asset, amounts in held.items():
        worth += amounts * priced[asset]
    return _Valued(
        book=book, marking=marking, moments=moments, times=times, prices=priced, worth=worth
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Valued:
    """An account in one currency at some rising `times`: prices, and what it held was worth.

    `moments`: when some account's equity was told, or an account begins, within the span.
    """

    book: _Book
    marking: Marking
    moments: Sequence[int]
    times: Millis
    prices: Mapping[str, Floats]
    worth: Floats

    @property
    def capital_known(self) -> bool:
        """Whether it is known what was paid in: by its owner, its venue or its payments."""
        if self.book.equity_told:
            return True
        if not self.book.came and not self.book.opening:
            return False
        opening = self._at(self.book.first, self.worth)
        came = [(one.ms, self.value(one)) for one in self.book.came]
        for asset, at, short in self.book.short:
            paid = opening + sum(value for ms, value in came if ms <= at)
            if short * self._at(at, self.prices[asset]) > MOST_OWED * paid:
                return False
        return True

    def value(self, payment: Payment) -> float:
        """Return what a payment was worth when it was made."""
        return payment.amount * self.price(payment)

    def price(self, payment: Payment) -> float:
        """Return the price of what was paid, when it was."""
        return self._at(payment.ms, self.prices[payment.asset])

    def equity(self) -> Floats:
        """Return what it was worth just before each of the times, by what its owner said of it.

        What was said last holds until more is said, and the first also before: whatever the
        journal does not know of was there.
        """
        told = self.book.equity_told
        if not told:
            return self.worth
        moments = np.array([one.ms for one in told])
        known = self.worth[np.searchsorted(self.times, moments)]
        unknown = np.array([one.equity_before or 0.0 for one in told]) - known
        newest = np.searchsorted(moments, self.times, side="left") - 1
        levelled: Floats = self.worth + unknown[np.maximum(newest, 0)]
        return levelled

    def standings(self, span: _Span) -> Iterator[Standing]:
        """Yield what it had when the span began, at `moments` and at the end of each day.

        Between them what was paid: what was there just before that is known at `moments` alone.
        """
        equity, begin = self.equity(), from_millis(self.book.first)
        if begin >= span.until:
            return
        if begin < span.since:
            begin = span.since
            yield self._standing(begin - INSTANT, self._at(millis(begin), equity))
        elif opening := self._at(self.book.first, equity):
            yield self._standing(begin, opening, flow=opening)
        for ms in (ms for ms in self.moments if ms > self.book.first):
            yield self._standing(max(from_millis(ms) - INSTANT, begin), self._at(ms, equity))
        for one in self.book.statement.payments:
            if not span.has(one.ms):
                continue
            at, value = max(one.at, span.since), self.value(one)
            if one.equity_before is not None:
                yield self._standing(at, one.equity_before + value, flow=value)
            elif not one.transfer:
                yield self._standing(at, None, flow=value)
        for end in span.ends(begin):
            yield self._standing(end - INSTANT, self._at(millis(end), equity))

    def _at(self, moment: int, column: Floats) -> float:
        return float(column[np.searchsorted(self.times, moment)])

    def _standing(self, at: datetime, equity: float | None, flow: float = 0.0) -> Standing:
        return Standing(
            at=at,
            part=f"{self.book.statement.account}#{self.book.statement.mode}",
            equity=None if equity is None else _shown(equity),
            flow=_shown(flow),
        )


def _transferred(accounts: Sequence[_Valued], span: _Span) -> Iterator[Standing]:
    """Yield what transfers of a day brought or took, where they do not cancel each other out.

    What leaves one of these accounts for another one is no flow of the whole. What is left of it
    has the price of the last of them: the others' are of other hours.
    """
    found: dict[tuple[date, str], list[tuple[Payment, float]]] = {}
    for account in accounts:
        for one in account.book.statement.payments:
            if one.transfer and span.has(one.ms):
                day = span.place.day(one.at), one.asset
                found.setdefault(day, []).append((one, account.price(one)))
    for (_, asset), some in sorted(found.items()):
        last, price = max(some, key=lambda pair: pair[0].at)
        left = sum(one.amount for one, _ in some)
        if abs(left) > LEAST + RESIDUE * sum(abs(one.amount) for one, _ in some):
            yield Standing(
                at=max(last.at, span.since),
                part=f"transfers of {asset}",
                equity=None,
                flow=_shown(left * price),
            )


def _shown(amount: float) -> Decimal:
    """Return an amount of money without what additions of floats have left of it."""
    return as_written(round(amount, PLACES))
