"""The border of figures: amounts of journal trades become float64 here and nowhere else.

Open and void trades are left out, and paper is never summed with live unless both were asked for.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property

import numpy as np

from nightdesk.core.collecting import uncollected
from nightdesk.core.money import approximate
from nightdesk.journal.book_stats import Played
from nightdesk.journal.marks import Told
from nightdesk.journal.modes import modes_of
from nightdesk.journal.trade import JournalTrade, Outcome, Status
from nightdesk.market.candles import Bools, Floats
from nightdesk.performance.figure import Figure, Reason, missing
from nightdesk.performance.groups import Breakdowns, Ints
from nightdesk.performance.trade_metrics import TradeColumns
from nightdesk.performance.units import Basis, Unit, in_unit, on_basis
from nightdesk.trading.order import Mode

NAN = float("nan")
OUTCOMES = {Outcome.WIN: 1.0, Outcome.LOSS: -1.0, Outcome.BREAKEVEN: 0.0}
NAMES = (
    *("net", "gross", "fees", "funding", "r", "risk", "outcome", "opened", "closed", "hold"),
    *("mae_r", "mfe_r", "capture", "given_back_r", "notional"),
)


@dataclass(frozen=True, kw_only=True)
class Counted:
    """Closed trades in order of (closed, id), once as they are and once as columns.

    `modes` is what is counted, `others` how many trades of another mode are not; `unvalued` are
    counted without an amount, for want of a fee's or a currency's price. `currency` is None where
    nothing is counted; `reason` says why a wanted unit was not to be had.
    """

    played: tuple[Played, ...]
    columns: TradeColumns
    modes: tuple[Mode, ...]
    others: int = 0
    currency: str | None = None
    reason: str | None = None

    @property
    def unvalued(self) -> int:
        """How many trades have no known net."""
        return self.columns.count - int(self.columns.valued.sum())

    @cached_property
    def told(self) -> Told:
        """Return what groups are told by, asked of the trades once."""
        return Told(self.played)

    @cached_property
    def sizes(self) -> Floats:
        """Return the notional of each first entry order in account currency, NaN where unknown."""
        return np.array([_float(one.trade.quantity.size) for one in self.played])

    @cached_property
    def ready(self) -> Breakdowns:
        """Return the columns made ready for all breakdowns; `thin_n` is each one's own."""
        return Breakdowns.of(self.columns)

    @cached_property
    def total(self) -> Mapping[str, Figure]:
        """Return the figures of all trades in the form of a row."""
        return self.by(np.zeros(self.columns.count, dtype=np.int64), 1)[0]

    def by(self, codes: Ints, count: int) -> list[Mapping[str, Figure]]:
        """Return the figures of groups 0 to `count` - 1 in the form of rows; -1 is in none.

        Where trades of a group are there and none has a known net there is no sum either.
        """
        groups = self.ready.by(codes, count)
        there = np.bincount(codes[codes >= 0], minlength=count)
        unknown = ((there > 0) & (groups.n == 0)).tolist()
        return [
            self.had(unpriced(row) if nothing else row)
            for row, nothing in zip(groups.rows(range(count)), unknown, strict=True)
        ]

    def had(self, found: Mapping[str, Figure]) -> Mapping[str, Figure]:
        """Return these figures; where the wanted unit was not to be had none of them, and why."""
        if self.reason is None:
            return found
        return {name: missing(self.reason, 0) for name in found}

    def take(self, chosen: Bools) -> "Counted":
        """Return the trades where `chosen`, shape (n,), is true."""
        kept = tuple(self.played[place] for place in np.flatnonzero(chosen).tolist())
        return replace(self, played=kept, columns=self.columns.take(chosen))

    def shown(self, unit: Unit, basis: Basis, capital: float | None = None) -> "Counted":
        """Return the trades on a basis and in a unit; those without it are left out.

        Percent without a capital leaves none, nor does R where no trade has one, and `reason` says
        so.
        """
        valued = self.columns.valued
        there = valued if basis is Basis.GROSS else np.ones(valued.shape, dtype=bool)
        if unit is Unit.R:
            there = there & np.isfinite(self.columns.r)
        if unit is Unit.PERCENT and (capital is None or capital <= 0):
            none = self.take(np.zeros(valued.shape, dtype=bool))
            return replace(none, reason=Reason.NO_CAPITAL)
        kept = self.take(there)
        if self.columns.count and not kept.columns.count:
            why = Reason.NO_STOP if valued.any() else Reason.FEE_PRICE_MISSING
            return replace(kept, reason=why)
        columns = in_unit(on_basis(kept.columns, basis), unit, capital)
        return replace(kept, columns=columns)


def unpriced(row: Mapping[str, Figure]) -> Mapping[str, Figure]:
    """Return a row of trades of which none has a known net: that there is none of those."""
    return {
        name: one if name == "n" else missing(Reason.FEE_PRICE_MISSING, 0)
        for name, one in row.items()
    }


def counted(
    played: Iterable[Played], *, modes: Iterable[Mode] = (), currency: str | None = None
) -> Counted:
    """Return what figures count of these trades, in any order.

    `modes`: those asked for; none asked: live, or paper where nothing is live. Amounts are in
    account currency, `currency`, where every trade has them, else in the quote currency that all
    share; where they share none, those without an amount in account currency are unvalued.
    """
    closed = [one for one in played if one.trade.status is Status.CLOSED]
    chosen = modes_of((one.trade for one in closed), modes)
    kept = [one for one in closed if one.trade.mode in chosen]
    kept.sort(key=lambda one: (one.trade.closed_at, one.trade.id))
    quotes = {one.trade.quote for one in kept}
    by_quote = len(quotes) == 1 and not all(map(_in_account, kept))
    return Counted(
        played=tuple(kept),
        columns=columns_of([one.trade for one in kept], by_quote=by_quote),
        modes=chosen,
        others=len(closed) - len(kept),
        currency=(min(quotes) if by_quote else currency) if kept else None,
    )


@dataclass(slots=True)
class Tally:
    """Closed trades that pass by in any order: their values stay, and of each what `keep` leaves.

    For journals that cannot be held whole.
    """

    keep: Callable[[Played], Played]
    _kept: list[Played] = field(default_factory=list)
    _accounted: list[bool] = field(default_factory=list)
    _values: list[Floats] = field(default_factory=list)
    """By quote and by account currency, each of shape (2, some, 15)."""

    def take(self, page: Sequence[Played]) -> None:
        """Count closed trades; others pass by."""
        closed = [one for one in page if one.trade.status is Status.CLOSED]
        if closed:
            trades = [one.trade for one in closed]
            both = [_values(trades, by_quote=by_quote) for by_quote in (True, False)]
            self._values.append(np.array(both))
            self._accounted += map(_in_account, closed)
            self._kept += map(self.keep, closed)

    def counted(self, *, modes: Iterable[Mode] = (), currency: str | None = None) -> Counted:
        """Return them as `counted` would, in its order."""
        kept = self._kept
        chosen = modes_of((one.trade for one in kept), modes)
        order = [place for place, one in enumerate(kept) if one.trade.mode in chosen]
        order.sort(key=lambda place: (kept[place].trade.closed_at, kept[place].trade.id))
        quotes = {kept[place].trade.quote for place in order}
        by_quote = len(quotes) == 1 and not all(self._accounted[place] for place in order)
        none = np.empty((2, 0, len(NAMES)))
        values = np.concatenate([none, *self._values], axis=1)[0 if by_quote else 1]
        return Counted(
            played=tuple(kept[place] for place in order),
            columns=_columns(values[order]),
            modes=chosen,
            others=len(kept) - len(order),
            currency=(min(quotes) if by_quote else currency) if order else None,
        )


def columns_of(trades: Sequence[JournalTrade], *, by_quote: bool) -> TradeColumns:
    """Return closed trades, in order of (closed, id), as columns in quote or account currency."""
    return _columns(_values(trades, by_quote=by_quote))


def _values(trades: Sequence[JournalTrade], *, by_quote: bool) -> Floats:
    """Return the values of trades, shape (n, 15)."""
    with uncollected():
        rows = np.array([_row(one, by_quote=by_quote) for one in trades], dtype=np.float64)
    return rows.reshape(len(trades), len(NAMES))


def _columns(values: Floats) -> TradeColumns:
    by_name = values.T  # (15, n)
    return TradeColumns(**{name: by_name[place].copy() for place, name in enumerate(NAMES)})


def _in_account(one: Played) -> bool:
    """Tell whether a trade has its amounts in account currency, or has none at all."""
    money = one.trade.money
    return money.net is None or (money.net_account is not None and money.gross_account is not None)


def _row(trade: JournalTrade, *, by_quote: bool) -> tuple[float, ...]:
    """Return the values of one trade in the order of `NAMES`.

    What is only known in quote currency is taken at the trade's own mean rate. Gross and funding
    of a trade without a net are 0: nothing reads them.
    """
    if trade.closed_at is None:
        raise ValueError(f"{trade.id} is not closed")
    net, gross, fees, funding, rate = _money(trade, by_quote=by_quote)
    excursion, risk = trade.excursion, trade.risk
    valued = net == net  # noqa: PLR0124 - not NaN
    opened, closed = trade.opened_at.timestamp(), trade.closed_at.timestamp()
    r = _float(risk.r)
    at_risk = _float(risk.initial_risk) * rate
    if not at_risk > 0 and r != 0:
        at_risk = net / r
    outcome = NAN if trade.outcome is None else OUTCOMES[trade.outcome]
    return (
        net,
        gross if valued else 0.0,
        fees,
        funding if valued else 0.0,
        r if valued else NAN,
        at_risk if valued else NAN,
        outcome if valued else NAN,
        opened,
        closed,
        closed - opened,
        _float(excursion.mae_r),
        _float(excursion.mfe_r),
        _float(excursion.capture),
        _given_back(trade),
        approximate(trade.quantity.avg_entry * trade.quantity.qty_entered) * rate,
    )


def _money(trade: JournalTrade, *, by_quote: bool) -> tuple[float, float, float, float, float]:
    """Return net, gross, fees, funding, and how much one quote unit is; NaN where unknown."""
    money = trade.money
    if trade.outcome is None:
        return NAN, 0.0, NAN, 0.0, NAN
    if by_quote:
        if money.net is None or money.fees is None:
            return NAN, 0.0, NAN, 0.0, NAN
        amounts = (money.net, money.gross, money.fees, money.funding)
        net, gross, fees, funding = map(approximate, amounts)
        return net, gross, fees, funding, 1.0
    if money.net_account is None or money.gross_account is None or money.fees_account is None:
        return NAN, 0.0, NAN, 0.0, NAN
    received = money.net_account - money.gross_account + money.fees_account
    amounts = (money.net_account, money.gross_account, money.fees_account, received)
    net, gross, fees, funding = map(approximate, amounts)
    return net, gross, fees, funding, _rate(trade)


def _rate(trade: JournalTrade) -> float:
    """Return account currency per quote currency, as the trade's own amounts were changed.

    Of its fees where it has some: each was changed at its own fill, and they are of one sign. A
    result near 0 is a difference of amounts at several rates, and its quotient may be any number.
    """
    money = trade.money
    for account, quote in (
        (money.fees_account, money.fees),
        (money.gross_account, money.gross),
        (money.net_account, money.net),
    ):
        if account and quote and account / quote > 0:
            return approximate(account / quote)
    return 1.0


def _given_back(trade: JournalTrade) -> float:
    given, risk = trade.excursion.given_back, trade.risk.initial_risk
    return approximate(given / risk) if given is not None and risk else NAN


def _float(value: Decimal | None) -> float:
    return NAN if value is None else approximate(value)
