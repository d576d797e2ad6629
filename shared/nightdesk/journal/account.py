"""An account by day, from the equity points of an owner's bots.

A point tells equity just after a settle, and by its net capital what came in or went out since the
one before. Such a flow is dated to that settle, so the equity just before it is known: what the
market did between the two settles is counted before the flow.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from nightdesk.core.ids import BotId, UserId
from nightdesk.core.money import ZERO, approximate
from nightdesk.journal.place import Place
from nightdesk.journal.ports.figures import AccountBot, BotsOf
from nightdesk.journal.rates import same_money
from nightdesk.performance.returns import EquityDay, Flow
from nightdesk.trading.order import Mode
from nightdesk.trading.ports import Equity

WORKERS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Equity at the end of each of the owner's days, in one currency.

    `start` stood at the end of the day before the first. `left_out` are the currencies of bots
    that are not counted: nothing is added up across currencies here.
    """

    currency: str | None
    modes: tuple[Mode, ...]
    start: float
    days: tuple[EquityDay, ...]
    left_out: tuple[str, ...] = ()

    @property
    def capital(self) -> float | None:
        """What percent are of: equity at the start, or the first money that came in."""
        if self.start > 0:
            return self.start
        paid = (flow.amount for day in self.days for flow in day.flows if flow.amount > 0)
        return next(paid, None)

    def capital_in(self, currency: str | None) -> float | None:
        """Return what percent of amounts in this currency are of; None: the account has another.

        No currency: there are no amounts.
        """
        known = currency is None or self.currency is None or same_money(currency, self.currency)
        return self.capital if known else None


@dataclass(frozen=True, slots=True)
class _Moment:
    """What a bot has from a moment on, and what came in with it."""

    at: datetime
    bot_id: BotId
    equity: Decimal
    flow: Decimal


@dataclass(frozen=True, slots=True)
class ReadAccount:
    """Add up the bots of an owner, day by day."""

    bots: BotsOf
    equity: Equity

    def __call__(
        self,
        owner: UserId,
        since: datetime,
        until: datetime,
        *,
        place: Place,
        modes: Sequence[Mode] = (),
        only: Sequence[str] = (),
    ) -> Account:
        """Return the days on which ``[since, until)`` has equity, in the owner's zone.

        `only`: these bots. Where bots have several currencies, those in account currency count, or
        else those in the currency of most.
        """
        wanted = [one for one in self.bots(owner) if not only or one.bot_id in only]
        chosen = tuple(sorted(set(modes))) or _usual(wanted)
        wanted = [one for one in wanted if one.mode in chosen]
        quotes = [one.quote for one in wanted]
        currency = place.currency if place.currency in quotes else _most(quotes)
        counted = [one for one in wanted if one.quote == currency]
        with ThreadPoolExecutor(max_workers=WORKERS) as pool:
            found = list(
                pool.map(lambda bot: list(self._moments(owner, bot, since, until)), counted)
            )
        moments = sorted(
            (one for part in found for one in part), key=lambda one: (one.at, one.bot_id)
        )
        start, days = _by_day(moments, place, since, until)
        return Account(
            currency=currency,
            modes=chosen,
            start=start,
            days=days,
            left_out=tuple(sorted(set(quotes) - {currency})),
        )

    def _moments(
        self, owner: UserId, bot: AccountBot, since: datetime, until: datetime
    ) -> Iterator[_Moment]:
        """Yield what a bot had just before the span, and all that came in it."""
        if bot.retired_at is not None and bot.retired_at < since:
            return
        first = self.equity.latest(owner, bot.bot_id, before=since)
        points = self.equity.between(owner, bot.bot_id, since, until)
        paid = last = ZERO
        for point in (*([first] if first else []), *points):
            if bot.retired_at is not None and point.as_of > bot.retired_at:
                break
            yield _Moment(point.as_of, bot.bot_id, point.equity, point.net_capital - paid)
            paid, last = point.net_capital, point.equity
        if bot.retired_at is not None and bot.retired_at < until and last:
            yield _Moment(bot.retired_at, bot.bot_id, ZERO, -last)


def _usual(bots: Sequence[AccountBot]) -> tuple[Mode, ...]:
    live = any(one.mode is Mode.LIVE for one in bots)
    return (Mode.LIVE if live or not bots else Mode.PAPER,)


def _most(quotes: Sequence[str]) -> str | None:
    return max(sorted(set(quotes)), key=quotes.count, default=None)


def _by_day(
    moments: Sequence[_Moment], place: Place, since: datetime, until: datetime
) -> tuple[float, tuple[EquityDay, ...]]:
    """Return the equity before the first day, and each day from then on up to the last one."""
    has: dict[BotId, Decimal] = {}
    whole, start = ZERO, ZERO
    flows: dict[date, list[Flow]] = {}
    ends: dict[date, Decimal] = {}
    for one in moments:
        moved = one.equity - has.get(one.bot_id, ZERO)
        has[one.bot_id] = one.equity
        if one.at < since:
            whole = start = whole + moved
            continue
        day = place.day(one.at)
        if one.flow:
            before = whole + moved - one.flow
            flows.setdefault(day, []).append(
                Flow(amount=approximate(one.flow), equity_before=approximate(before))
            )
        whole += moved
        ends[day] = whole
    if not ends and not start:
        return 0.0, ()
    first = place.day(since) if start else min(ends)
    last = place.day(until - timedelta(microseconds=1))
    days = []
    standing = start
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        standing = ends.get(day, standing)
        days.append(
            EquityDay(day=day, equity_end=approximate(standing), flows=tuple(flows.get(day, ())))
        )
    return approximate(start), tuple(days)
