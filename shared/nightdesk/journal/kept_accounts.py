"""The accounts whose books the journal keeps, as their owner's day figures need them.

An account is worth what it holds of each asset, times its price: no trade need be known for that.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

import numpy as np

from nightdesk.core.clock import from_millis, millis
from nightdesk.core.ids import UserId
from nightdesk.core.money import approximate, as_written
from nightdesk.journal.marking import Marking
from nightdesk.journal.place import Place
from nightdesk.journal.ports.trades import VenueBalances
from nightdesk.journal.prices import ReadPrices
from nightdesk.journal.rates import PEGGED
from nightdesk.journal.standing import Standing
from nightdesk.journal.statement import Changes, Payment, ReadStatements, Statement, together
from nightdesk.market.candles import Floats, Millis
from nightdesk.performance.figure import Caveat
from nightdesk.trading.order import Mode

MOST_OWED = 0.01
"""An account that once fell short by a greater share of what had come in lacks deposits."""
LEAST = 1e-8
"""Amounts up to here are rounding."""
INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
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


NONE_KEPT = Kept()


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
    ) -> Kept:
        """Return what they had at the end of each of the owner's days, in one currency.

        That is account currency or, where nobody knows what it costs in that, the one currency
        that all of it was traded in. `accounts`: these alone; `by_hand`: also those of which only
        trades by hand are known. Raises StoreUnavailable.
        """
        span = _Span(since, until, place)
        statements = self.statements(owner, modes, accounts, by_hand=by_hand)
        said = [self.balances(owner, one.account) for one in statements]
        found = self._kept(statements, said, place.currency, span)
        quotes = {quote for one in statements for quote in one.quotes}
        if len(quotes) == 1 and not quotes.isdisjoint(found.unpriced):
            # what its owner said of it is in account currency, and so says nothing here
            bare = [one.untold() for one in statements]
            found = self._kept(bare, said, quotes.pop(), span)
        return found

    def _kept(
        self,
        statements: Sequence[Statement],
        said: Sequence[Sequence[tuple[datetime, str, Decimal]]],
        currency: str,
        span: "_Span",
    ) -> Kept:
        """Return it in this currency; `said` is what venues said of each account, by time."""
        valued = [
            _valued(one, of_it, Marking(read=self.prices, statement=one, currency=currency), span)
            for one, of_it in zip(statements, said, strict=True)
        ]
        told = [one for one in valued if one.told]
        markings = [one.marking for one in told]
        return Kept(
            currency=currency,
            standings=(
                *(standing for one in told for standing in one.standings(span)),
                *_transferred(told, span),
            ),
            accounts=tuple(one.statement.account for one in told),
            untold=tuple(one.statement.account for one in valued if not one.told),
            stale=tuple(sorted({asset for one in markings for asset in one.stale})),
            unpriced=tuple(sorted({asset for one in markings for asset in one.unpriced})),
        )


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


def _valued(
    statement: Statement,
    said: Sequence[tuple[datetime, str, Decimal]],
    marking: Marking,
    span: _Span,
) -> "_Valued":
    """Put a statement's assets in account currency wherever that is asked about.

    `said` is what the venue said that there is, by time. What it named first beyond what the
    journal adds up to had been there from the beginning.
    """
    changes = statement.changes()
    first = min(int(one.times[0]) for one in changes.values())
    opening: dict[str, float] = {}
    for at, asset, amount in said:
        if at != said[0][0]:
            break
        there = changes[asset].balances(np.array([millis(at)]))[0] if asset in changes else 0.0
        if (more := approximate(amount) - float(there)) > LEAST:
            opening[asset] = more
    lows = _lows(changes, opening)
    begin = max(from_millis(first), span.since)
    times = np.array(
        sorted(
            {first, millis(begin)}
            | {millis(end) for end in span.ends(begin)}
            | {millis(one.at) for one in statement.payments}
            | {at_ms for at_ms, _ in lows.values()}
        )
    )
    worth = np.zeros(times.size)
    prices: dict[str, Floats] = {}
    for asset in sorted({*changes, *opening}):
        held = np.full(times.size, opening.get(asset, 0.0))
        if asset in changes:
            held = held + changes[asset].balances(times)
        held[np.abs(held) <= LEAST] = 0
        moments = [millis(one.at) for one in statement.payments if one.asset == asset]
        moments += [lows[asset][0]] if asset in lows else []
        prices[asset] = marking.prices(asset, times, (held != 0) | np.isin(times, moments))
        worth += held * prices[asset]
    return _Valued(
        statement=statement,
        first=first,
        opened=bool(opening),
        lows=lows,
        marking=marking,
        times=times,
        prices=prices,
        worth=worth,
    )


def _lows(
    changes: Mapping[str, Changes], opening: Mapping[str, float]
) -> Mapping[str, tuple[int, float]]:
    """Return by how much the account once fell short, and when, by the asset or one alike.

    Who pays in dollars and buys with a coin that is pegged to them has both in one purse.
    """
    purses: dict[str, list[str]] = {}
    for asset in changes:
        purses.setdefault(PEGGED.get(asset, asset), []).append(asset)
    found = {}
    for assets in purses.values():
        at, low = together([changes[asset] for asset in assets]).lowest()
        short = -low - sum(opening.get(asset, 0.0) for asset in assets)
        if short > LEAST:
            found[assets[0]] = (at, short)
    return found


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Valued:
    """A statement in account currency at some rising `times`: prices, and what it held was worth.

    `opened`: whether a venue said that there was something before anything changed. `lows`: by how
    much of an asset it once fell short, and when.
    """

    statement: Statement
    first: int
    opened: bool
    lows: Mapping[str, tuple[int, float]]
    marking: Marking
    times: Millis
    prices: Mapping[str, Floats]
    worth: Floats

    @property
    def told(self) -> bool:
        """Whether it is known what was paid in: by its owner, its venue or its payments."""
        if any(one.told is not None for one in self.statement.payments):
            return True
        came = [one for one in self.statement.payments if one.amount > 0]
        if not came and not self.opened:
            return False
        opening = self._at(self.first, self.worth)
        for asset, (at, short) in self.lows.items():
            paid = opening + sum(self.value(one) for one in came if millis(one.at) <= at)
            if short * self._at(at, self.prices[asset]) > MOST_OWED * paid:
                return False
        return True

    def value(self, payment: Payment) -> float:
        """Return what a payment was worth when it was made."""
        return payment.amount * self._at(millis(payment.at), self.prices[payment.asset])

    def equity(self) -> Floats:
        """Return what it was worth just before each of the times, by what its owner said of it.

        What was said last holds until more is said, and the first also before: whatever the
        journal does not know of was there.
        """
        told = [one for one in self.statement.payments if one.told is not None]
        if not told:
            return self.worth
        moments = np.array([millis(one.at) for one in told])
        known = self.worth[np.searchsorted(self.times, moments)]
        more = np.array([one.told or 0.0 for one in told]) - known
        place = np.searchsorted(moments, self.times, side="left") - 1
        levelled: Floats = self.worth + more[np.maximum(place, 0)]
        return levelled

    def standings(self, span: _Span) -> Iterator[Standing]:
        """Yield what it had when the span began, what was paid, and the end of each day."""
        equity, begin = self.equity(), from_millis(self.first)
        if begin >= span.until:
            return
        if begin < span.since:
            begin = span.since
            yield self._standing(begin - INSTANT, self._at(millis(begin), equity))
        elif there := self._at(self.first, equity):
            yield self._standing(begin, there, flow=there)
        for one in self.statement.payments:
            if not span.since <= one.at < span.until:
                continue
            value = self.value(one)
            if one.told is not None:
                yield self._standing(one.at, one.told + value, flow=value)
            elif not one.transfer:
                yield self._standing(one.at, None, flow=value)
        for end in span.ends(begin):
            yield self._standing(end - INSTANT, self._at(millis(end), equity))

    def _at(self, moment: int, column: Floats) -> float:
        return float(column[np.searchsorted(self.times, moment)])

    def _standing(self, at: datetime, equity: float | None, flow: float = 0.0) -> Standing:
        return Standing(
            at=at,
            part=f"{self.statement.account}#{self.statement.mode}",
            equity=None if equity is None else as_written(equity),
            flow=as_written(flow),
        )


def _transferred(accounts: Sequence[_Valued], span: _Span) -> Iterator[Standing]:
    """Yield what transfers of a day brought or took, where they do not cancel each other out.

    What leaves one of these accounts for another one is no flow of the whole.
    """
    found: dict[tuple[date, str], list[tuple[Payment, float]]] = {}
    for account in accounts:
        for one in account.statement.payments:
            if one.transfer and span.since <= one.at < span.until:
                day = span.place.day(one.at), one.asset
                found.setdefault(day, []).append((one, account.value(one)))
    for (_, asset), some in sorted(found.items()):
        if abs(sum(one.amount for one, _ in some)) > LEAST:
            yield Standing(
                at=max(one.at for one, _ in some),
                part=f"transfers of {asset}",
                equity=None,
                flow=as_written(sum(worth for _, worth in some)),
            )
