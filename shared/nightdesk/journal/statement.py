"""What moved in the accounts whose books the journal keeps: by fills, movements, cash and hand.

Bots have books of their own. Amounts become float64 here: figures alone read them.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import numpy as np

from nightdesk.core.clock import millis
from nightdesk.core.collecting import uncollected
from nightdesk.core.ids import InstrumentId, UserId
from nightdesk.core.money import approximate
from nightdesk.journal.cash_row import CashRow
from nightdesk.journal.fill import JournalFill
from nightdesk.journal.ports.trades import CashRows, Trades
from nightdesk.journal.spans import FIRST, LAST
from nightdesk.journal.stored import Stored
from nightdesk.journal.trade import Kind, Source
from nightdesk.market.candles import Bools, Floats, Millis
from nightdesk.trading.external import ExternalRecord, ExternalRecords, Market, RecordKind
from nightdesk.trading.order import Mode, Side

PAID = frozenset({RecordKind.DEPOSIT, RecordKind.WITHDRAWAL, RecordKind.TRANSFER})
"""Movements that neither gain nor lose: all others, rewards and fees say, are results."""
LEAST = 1e-8
"""Amounts up to here are rounding."""
RESIDUE = 1e-10
"""The same as a share of all that was ever added."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """What came into an account (positive) or left it, without being earned or lost.

    `equity_before` is what the account was worth just before, in account currency, where its owner
    said so.
    """

    at: datetime
    asset: str
    amount: float
    equity_before: float | None = None
    transfer: bool = False

    @property
    def ms(self) -> int:
        """Its moment, in milliseconds as all that is counted here."""
        return millis(self.at)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Changes:
    """Changes of one asset of an account: `times` rise, in milliseconds; all of shape (n,).

    `owned`: False for fills of loans and derivatives, which may go below zero.
    """

    times: Millis
    amounts: Floats
    owned: Bools

    @property
    def residue(self) -> float:
        """What additions of floats may leave of nothing."""
        return LEAST + RESIDUE * float(np.abs(self.amounts).sum())

    def of(self, owned: Bools) -> "Changes":
        """Return some of them."""
        return Changes(times=self.times[owned], amounts=self.amounts[owned], owned=owned[owned])

    def balances(self, times: Millis) -> Floats:
        """Return what there is just before each of these times, of what changed."""
        sums = np.concatenate(([0.0], np.cumsum(self.amounts)))
        found: Floats = sums[np.searchsorted(self.times, times, side="left")]
        found[np.abs(found) <= self.residue] = 0
        return found

    def lowest(self, cuts: Sequence[int]) -> Iterator[tuple[int, float]]:
        """Yield the lowest balance between these rising times, and when, where it is below zero.

        Changes of one moment are one: which of them came first is not known.
        """
        times, first = np.unique(self.times, return_index=True)
        if not times.size:
            return
        balances = np.cumsum(np.add.reduceat(self.amounts, first))
        edges = np.unique(np.searchsorted(times, cuts, side="left"))
        for some in np.split(np.arange(times.size), edges):
            if some.size and balances[some].min() < -self.residue:
                place = some[balances[some].argmin()]
                yield int(times[place]), float(balances[place])


def together(parts: Sequence[Changes]) -> Changes:
    """Return the changes of several assets as if they were one."""
    times = np.concatenate([one.times for one in parts])
    order = np.argsort(times, kind="stable")
    return Changes(
        times=times[order],
        amounts=np.concatenate([one.amounts for one in parts])[order],
        owned=np.concatenate([one.owned for one in parts])[order],
    )


@dataclass(slots=True, kw_only=True)
class Statement:
    """One account of one mode. `traded` are prices of its fills, (milliseconds, price) by time."""

    account: str
    mode: Mode
    payments: list[Payment] = field(default_factory=list)
    traded: dict[InstrumentId, list[tuple[int, float]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    _moved: dict[str, list[tuple[int, float, bool]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    _booked: list[tuple[str, str, int, float]] = field(default_factory=list)
    _lent: set[str] = field(default_factory=set)

    def take_record(self, record: ExternalRecord) -> None:
        """Take a fill or a movement."""
        if record.instrument is not None and record.price is not None:
            sign = -1 if record.side is Side.SELL else 1
            self._trade(
                record.instrument,
                millis(record.at),
                sign * approximate(record.quantity),
                approximate(record.price),
                fee=(record.fee_asset, approximate(record.fee)),
                owned=record.market is Market.SPOT,
            )
            if record.market is not Market.SPOT:
                self._lent.add(record.ref)
            return
        amount, at = approximate(record.quantity), millis(record.at)
        moved = amount - approximate(record.fee)
        if record.order and record.kind is RecordKind.PNL:
            self._booked.append((record.order, record.asset, at, moved))
            return
        self._moved[record.asset].append((at, moved, True))
        if record.kind in PAID:
            self.payments.append(
                Payment(
                    at=record.at,
                    asset=record.asset,
                    amount=amount,
                    transfer=record.kind is RecordKind.TRANSFER,
                )
            )

    def take_fill(self, instrument: InstrumentId, fill: JournalFill, *, owned: bool) -> None:
        """Take a fill that was written by hand."""
        self._trade(
            instrument,
            millis(fill.at),
            fill.side.sign * approximate(fill.quantity),
            approximate(fill.price),
            fee=(fill.fee_asset or "", approximate(fill.fee)),
            owned=owned,
        )

    def take_cash(self, row: CashRow) -> None:
        """Take a row that was written by hand."""
        amount = approximate(row.moved)
        before = None if row.equity_before is None else approximate(row.equity_before)
        self._moved[row.asset].append((millis(row.at), amount, True))
        self.payments.append(
            Payment(at=row.at, asset=row.asset, amount=amount, equity_before=before)
        )

    def _trade(
        self,
        instrument: InstrumentId,
        at: int,
        quantity: float,
        price: float,
        *,
        fee: tuple[str, float],
        owned: bool,
    ) -> None:
        """Note what a fill moved on both sides of its pair, and its fee (in quote unless named)."""
        base, _, rest = instrument.partition("/")
        quote = rest.partition("@")[0]
        self._moved[base].append((at, quantity, owned))
        self._moved[quote].append((at, -quantity * price, owned))
        asset, paid = fee
        if paid:
            self._moved[asset or quote].append((at, -paid, True))
        self.traded[instrument].append((at, price))

    def changes(self) -> dict[str, Changes]:
        """Return the changes of each asset, by name."""
        found = {}
        for asset in sorted(self._moved):
            rows = sorted(self._moved[asset])
            times, amounts, owned = zip(*rows, strict=True)
            found[asset] = Changes(
                times=np.array(times, dtype=np.int64),
                amounts=np.array(amounts, dtype=np.float64),
                owned=np.array(owned, dtype=np.bool_),
            )
        return found

    def without_equity(self) -> "Statement":
        """Return it without what its owner said that it was worth."""
        payments = [replace(one, equity_before=None) for one in self.payments]
        return replace(self, payments=payments)

    @property
    def quotes(self) -> frozenset[str]:
        """What it paid with, or was paid: few, and all else is worth what they are."""
        return frozenset(one.partition("/")[2].partition("@")[0] for one in self.traded)

    def finish(self) -> None:
        """Put payments and prices in order of their time, when all has been taken.

        Results that a venue books count where the fills that made them are not known: these say
        more, what a position that is open is worth.

        Of rows of one moment the least equity counts, as if it stood before all of them.
        """
        for order, asset, at, moved in self._booked:
            if order not in self._lent:
                self._moved[asset].append((at, moved, True))
        by_time = sorted(
            self.payments,
            key=lambda one: (one.ms, one.equity_before is None, one.equity_before or 0.0),
        )
        self.payments = [
            replace(one, equity_before=None) if n and one.ms == by_time[n - 1].ms else one
            for n, one in enumerate(by_time)
        ]
        for prices in self.traded.values():
            prices.sort()


@dataclass(frozen=True, slots=True)
class ReadStatements:
    """Collect what moved, account by account."""

    records: ExternalRecords
    cash: CashRows
    trades: Trades

    def __call__(
        self,
        owner: UserId,
        modes: Sequence[Mode],
        accounts: Iterable[str] = (),
        *,
        by_hand: bool = True,
    ) -> Sequence[Statement]:
        """Return the accounts of these modes, or some of them by name, from their first day on.

        What stands in files and at venues is live; what was entered by hand is as its trades say.
        Unless `by_hand`, trades are not looked at where nothing else is known: who has bots has
        many, and hardly one of them was entered by hand.
        """
        wanted, found = frozenset(accounts), _Found()
        with uncollected():
            for record in self.records.between(owner, FIRST, LAST):
                if not wanted or record.account in wanted:
                    found.of(record.account, Mode.LIVE).take_record(record)
        rows = [row for row in self.cash.of(owner) if not wanted or row.account in wanted]
        if by_hand or rows or found.accounts:
            for stored in self._by_hand(owner, wanted):
                trade = stored.trade
                for fill in stored.fills:
                    one = found.of(trade.account, trade.mode)
                    one.take_fill(trade.instrument, fill, owned=trade.kind is Kind.SPOT)
        for row in rows:
            found.of(row.account, found.mode(row.account)).take_cash(row)
        return [one for one in found.sorted() if one.mode in modes]

    def _by_hand(self, owner: UserId, wanted: frozenset[str]) -> Iterator[Stored]:
        """Yield the trades by hand: their fills are kept with them alone."""
        rows = self.trades.opened(owner, FIRST, LAST)
        ids = [
            one.trade.id
            for one in rows
            if one.trade.source is Source.MANUAL and (not wanted or one.trade.account in wanted)
        ]
        yield from self.trades.stored(owner, ids).values()


@dataclass(slots=True)
class _Found:
    accounts: dict[tuple[str, Mode], Statement] = field(default_factory=dict)

    def of(self, account: str, mode: Mode) -> Statement:
        """Return the statement of an account, begun if it is new."""
        if (account, mode) not in self.accounts:
            self.accounts[account, mode] = Statement(account=account, mode=mode)
        return self.accounts[account, mode]

    def mode(self, account: str) -> Mode:
        """Return the mode of an account's cash: paper where all that it holds is."""
        paper = (account, Mode.PAPER) in self.accounts and (account, Mode.LIVE) not in self.accounts
        return Mode.PAPER if paper else Mode.LIVE

    def sorted(self) -> Iterator[Statement]:
        for key in sorted(self.accounts):
            self.accounts[key].finish()
            yield self.accounts[key]
