"""Closed trades of a period as a review counts them: amounts in one currency, which is named.

What needs no currency, outcome and R, is counted of trades too whose amounts have no rate.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from nightdesk.journal.book_stats import NO_R, Played
from nightdesk.journal.columns import columns_of, counted
from nightdesk.journal.trade import JournalTrade
from nightdesk.market.candles import Bools
from nightdesk.performance.figure import Figure, Reason, missing
from nightdesk.performance.groups import Breakdowns
from nightdesk.performance.trade_metrics import TradeColumns, trade_metrics
from nightdesk.trading.order import Mode

NO_RATE = "NO_RATE"
OF_NO_CURRENCY = frozenset(
    {"trade_count", "n", "decided", "wins", "losses", "breakevens", "win_rate"}
    | {"r_count", "net_r", "expectancy_r", "longest_win_streak", "longest_loss_streak"}
)
"""Figures that amounts have no part in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedTrades:
    """Closed trades in order of (closed, id): `money` tells their amounts in `currency`.

    `bare` are the same trades, each in its own quote currency, where that values more of them;
    else it is `money`. `own` is the owner's currency.
    """

    played: tuple[Played, ...]
    money: TradeColumns
    bare: TradeColumns
    currency: str
    own: str

    @classmethod
    def of(cls, played: Sequence[Played], own: str) -> "ClosedTrades":
        """Return trades in the owner's currency, else in the quote currency that all share."""
        found = counted(played, modes=tuple(Mode), currency=own)
        return cls._of(found.played, found.columns, found.currency or own, own)

    def alike(self, played: Sequence[Played]) -> "ClosedTrades":
        """Return other trades in the same currency; without amounts where they have another."""
        trades = [one.trade for one in played]
        columns = columns_of(trades, by_quote=self.currency != self.own)
        if self.currency != self.own:
            other = np.array([one.quote != self.currency for one in trades], dtype=bool)
            columns = _unvalued(columns, other)
        return self._of(tuple(played), columns, self.currency, self.own)

    @classmethod
    def _of(
        cls, played: tuple[Played, ...], money: TradeColumns, currency: str, own: str
    ) -> "ClosedTrades":
        bare = money
        if not money.valued.all():
            quoted = columns_of([one.trade for one in played], by_quote=True)
            bare = quoted if quoted.valued.sum() > money.valued.sum() else money
        return cls(played=played, money=money, bare=bare, currency=currency, own=own)

    @property
    def unvalued(self) -> int:
        """How many trades have no amount in `currency`."""
        return self.money.count - int(self.money.valued.sum())

    @property
    def why(self) -> str:
        """Return why trades have no amount."""
        return NO_RATE if self.bare is not self.money else Reason.FEE_PRICE_MISSING

    def take(self, chosen: Bools) -> "ClosedTrades":
        """Return the trades where `chosen`, shape (n,), is true."""
        kept = tuple(self.played[place] for place in np.flatnonzero(chosen).tolist())
        return self._of(kept, self.money.take(chosen), self.currency, self.own)

    def figures(self) -> dict[str, Figure]:
        """Return the figures of all, each with the reason that holds where it has none."""
        found = trade_metrics(self.money)
        if self.bare is not self.money:
            found = _joined(
                trade_metrics(self.bare), found, valued=self.unvalued < len(self.played)
            )
        if self.played and not found["r_count"].value:
            found |= dict.fromkeys(("net_r", "expectancy_r"), missing(self._no_r(), 0))
        return found

    def rows(
        self, keys: Sequence[str | None], *, thin_n: int
    ) -> Sequence[tuple[str, bool, int, Mapping[str, Figure]]]:
        """Return the groups of these keys, one of each trade: key, thin, verdict, figures.

        By net R, falling, thin ones last. `n` is the count of what has a known outcome.
        """
        names = sorted({key for key in keys if key})
        place = {name: number for number, name in enumerate(names)}
        codes = np.array([place[key] if key else -1 for key in keys], dtype=np.int64)
        groups = Breakdowns.of(self.bare, thin_n=thin_n).by(codes, len(names))
        order = groups.order.tolist()
        figures = [groups.row(row) for row in order]
        if self.bare is not self.money:
            amounts = Breakdowns.of(self.money, thin_n=thin_n).by(codes, len(names))
            order.sort(
                key=lambda row: (groups.thin[row], -groups.r.total[row], -amounts.net.total[row])
            )
            figures = [
                _joined(groups.row(row), amounts.row(row), valued=bool(amounts.n[row]))
                for row in order
            ]
        return [
            (names[row], bool(groups.thin[row]), int(groups.verdict[row]), found)
            for row, found in zip(order, figures, strict=True)
        ]

    def _no_r(self) -> str:
        reasons = {no_r(one.trade) for one in self.played}
        return reasons.pop() if len(reasons) == 1 else NO_R


def no_net(trade: JournalTrade) -> str:
    """Return why a closed trade has no amount in the currency of a review."""
    return Reason.FEE_PRICE_MISSING if trade.money.net is None else NO_RATE


def no_r(trade: JournalTrade) -> str:
    """Return why a closed trade has no R: rows of trades do not keep it."""
    if trade.risk.initial_stop is None:
        return Reason.NO_STOP
    return Reason.FEE_PRICE_MISSING if trade.money.net is None else "ZERO_RISK"


def _joined(
    bare: Mapping[str, Figure], money: Mapping[str, Figure], *, valued: bool
) -> dict[str, Figure]:
    """Return the figures of some trades; those of amounts are missing where none is `valued`."""
    return {
        name: one if name in OF_NO_CURRENCY else money[name] if valued else missing(NO_RATE, 0)
        for name, one in bare.items()
    }


def _unvalued(columns: TradeColumns, chosen: Bools) -> TradeColumns:
    """Return columns without amounts, outcome and R where `chosen`."""
    hidden = {
        name: np.where(chosen, np.nan, getattr(columns, name))
        for name in ("net", "fees", "outcome", "r", "risk", "notional")
    }
    return replace(columns, **hidden)
