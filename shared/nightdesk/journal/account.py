"""An account by day: of an owner's bots, or of the accounts whose books the journal keeps.

Bots have equity points. A point tells equity just after a settle, and by its net capital what came
in or went out since the one before. Such a flow is dated to that settle, so the equity just before
it is known: what the market did between the two settles is counted before the flow.

Where no bot trades, an owner's synced, imported and hand-kept accounts are the account. Both are
never added up in one mode: a bot trades with the money of such an account.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from nightdesk.core.ids import UserId
from nightdesk.core.money import ZERO, approximate
from nightdesk.journal.kept_accounts import NONE_KEPT, KeptAccounts, ReadKept
from nightdesk.journal.place import Place
from nightdesk.journal.ports.figures import AccountBot, BotsOf
from nightdesk.journal.rates import same_money
from nightdesk.journal.standing import Standing
from nightdesk.performance.figure import Figure, Reason, missing
from nightdesk.performance.returns import EquityDay, Flow
from nightdesk.trading.order import Mode
from nightdesk.trading.ports import Equity

WORKERS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Equity at the end of each of the owner's days, in one currency.

    `start` stood at the end of the day before the first. `left_out` are the currencies of what is
    not counted: nothing is added up across currencies here. `kept` are the accounts that the
    journal keeps, where the account is theirs.
    """

    currency: str | None
    modes: tuple[Mode, ...]
    start: float
    days: tuple[EquityDay, ...]
    left_out: tuple[str, ...] = ()
    kept: KeptAccounts = NONE_KEPT

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

    def told(self, found: Mapping[str, Figure]) -> dict[str, Figure]:
        """Return day metrics with what is to be kept in mind of accounts that the journal keeps.

        Where there are such accounts and none that can be valued, it is capital that is missing.
        """
        lacking = not self.days and bool(self.kept.untold)
        shown = {}
        for name, one in found.items():
            if one.value is not None:
                shown[name] = replace(one, caveat=one.caveat or self.kept.caveat)
            else:
                shown[name] = missing(Reason.NO_CAPITAL, one.n) if lacking else one
        return shown


@dataclass(frozen=True, slots=True)
class ReadAccount:
    """Add up what an owner has, day by day."""

    bots: BotsOf
    equity: Equity
    kept: ReadKept

    def __call__(
        self,
        owner: UserId,
        since: datetime,
        until: datetime,
        *,
        place: Place,
        modes: Sequence[Mode] = (),
        only: Sequence[str] = (),
        accounts: Iterable[str] = (),
    ) -> Account:
        """Return the days on which ``[since, until)`` has equity, in the owner's zone.

        `only`: these bots; `accounts`: these of those that the journal keeps. Where bots have
        several currencies, those in account currency count, or else those in the currency of most.
        No mode asked for: live as soon as anything is, or else paper.
        """
        bots = [
            one
            for one in self.bots(owner)
            if (not only or one.bot_id in only)
            and (one.retired_at is None or one.retired_at >= since)
        ]
        free = sorted(set(modes or (Mode.LIVE,)) - {one.mode for one in bots})
        kept = NONE_KEPT
        if free and not only:
            kept = self.kept(
                owner,
                since,
                until,
                place=place,
                modes=free,
                accounts=accounts,
                by_hand=bool(modes) or not bots,
            )
        chosen = tuple(sorted(set(modes))) or _usual(bots, kept)
        bots = [one for one in bots if one.mode in chosen]
        if Mode.LIVE not in chosen and not modes:
            kept = NONE_KEPT
        quotes = [one.quote for one in bots] or [kept.currency for _ in kept.accounts]
        currency = place.currency if place.currency in quotes else _most(quotes)
        left_out = set(quotes) - {currency}
        if kept.accounts and currency and not same_money(currency, kept.currency):
            left_out.add(kept.currency)
            kept = KeptAccounts(untold=kept.untold)
        counted = [one for one in bots if one.quote == currency]
        with ThreadPoolExecutor(max_workers=WORKERS) as pool:
            found = pool.map(lambda bot: list(self._standings(owner, bot, since, until)), counted)
            standings = [one for part in found for one in part]
        start, days = _by_day((*standings, *kept.standings), place, since, until)
        return Account(
            currency=currency,
            modes=chosen,
            start=start,
            days=days,
            left_out=tuple(sorted(left_out)),
            kept=kept,
        )

    def _standings(
        self, owner: UserId, bot: AccountBot, since: datetime, until: datetime
    ) -> Iterator[Standing]:
        """Yield what a bot had just before the span, and all that came in it."""
        if bot.retired_at is not None and bot.retired_at < since:
            return
        first = self.equity.latest(owner, bot.bot_id, before=since)
        points = self.equity.between(owner, bot.bot_id, since, until)
        paid = last = ZERO
        for point in (*([first] if first else []), *points):
            if bot.retired_at is not None and point.as_of > bot.retired_at:
                break
            flow = point.net_capital - paid
            yield Standing(at=point.as_of, part=bot.bot_id, equity=point.equity, flow=flow)
            paid, last = point.net_capital, point.equity
        if bot.retired_at is not None and bot.retired_at < until and last:
            yield Standing(at=bot.retired_at, part=bot.bot_id, equity=ZERO, flow=-last)


def _usual(bots: Sequence[AccountBot], kept: KeptAccounts) -> tuple[Mode, ...]:
    live = bool(kept.accounts) or any(one.mode is Mode.LIVE for one in bots)
    return (Mode.LIVE if live or not bots else Mode.PAPER,)


def _most(quotes: Sequence[str]) -> str | None:
    return max(sorted(set(quotes)), key=quotes.count, default=None)


def _by_day(
    standings: Iterable[Standing], place: Place, since: datetime, until: datetime
) -> tuple[float, tuple[EquityDay, ...]]:
    """Return the equity before the first day, and each day from then on up to the last one."""
    has: dict[str, Decimal] = {}
    whole, start = ZERO, ZERO
    flows: dict[date, list[Flow]] = {}
    ends: dict[date, Decimal] = {}
    for one in sorted(standings, key=lambda one: (one.at, one.part)):
        day = place.day(one.at)
        if one.equity is None:  # where nothing has a price, nothing came
            if one.flow:
                flows.setdefault(day, []).append(Flow(amount=approximate(one.flow)))
            continue
        moved = one.equity - has.get(one.part, ZERO)
        has[one.part] = one.equity
        if one.at < since:
            whole = start = whole + moved
            continue
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
