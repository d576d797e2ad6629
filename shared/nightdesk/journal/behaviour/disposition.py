"""DISPOSITION: gains are sold sooner than losses.

Source: T. Odean, Are Investors Reluctant to Realize Their Losses?, Journal of Finance 53 (1998)
1775: at each sale all open positions count, as gain or loss at that instant.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from nightdesk.journal.behaviour.detector import ALPHA, Detector, Need, Threshold, Thresholds
from nightdesk.journal.behaviour.history import History, Indices, millis_of
from nightdesk.journal.behaviour.wording import chance, percent
from nightdesk.journal.claim import Claim, Standing
from nightdesk.journal.finding import Chance, DetectorId, Json, Scope, Severity
from nightdesk.performance.significance import poisson_binomial_at_least

SHOWN = 500
"""Sales with a choice that the evidence lists: trade, gain sold, open gains, open losses."""


@dataclass(frozen=True, slots=True)
class Sale:
    """One sale: whether a gain was sold, and which of the positions kept open were gains."""

    gain: bool
    kept: tuple[bool, ...]
    trade: str = ""
    gains: int = field(init=False)
    """Open gains, the sold one included."""
    losses: int = field(init=False)
    """Open losses, the sold one included."""

    def __post_init__(self) -> None:
        gains = self.gain + sum(self.kept)
        object.__setattr__(self, "gains", gains)
        object.__setattr__(self, "losses", 1 + len(self.kept) - gains)

    @property
    def informative(self) -> bool:
        """Whether there was a choice between a gain and a loss."""
        return self.gains > 0 and self.losses > 0


@dataclass(frozen=True)
class Disposition:
    """What some sales come to. `p`: as many gains among the informative sales, by chance."""

    sales: Sequence[Sale]

    @cached_property
    def informative(self) -> list[Sale]:
        """Sales with a choice."""
        return [one for one in self.sales if one.informative]

    @cached_property
    def gains(self) -> int:
        """Gains sold and kept."""
        return sum(one.gains for one in self.sales)

    @cached_property
    def losses(self) -> int:
        """Losses sold and kept."""
        return sum(one.losses for one in self.sales)

    @cached_property
    def pgr(self) -> float | None:
        """Proportion of gains realised."""
        return sum(one.gain for one in self.sales) / self.gains if self.gains else None

    @cached_property
    def plr(self) -> float | None:
        """Proportion of losses realised."""
        return sum(not one.gain for one in self.sales) / self.losses if self.losses else None

    @cached_property
    def effect(self) -> float | None:
        """PGR less PLR."""
        pgr, plr = self.pgr, self.plr
        return None if pgr is None or plr is None else pgr - plr

    @cached_property
    def chance(self) -> Chance:
        """Gains sold at informative sales; any of the open positions might have been sold."""
        chosen = self.informative
        bases = [one.gains / (one.gains + one.losses) for one in chosen]
        sold = sum(one.gain for one in chosen)
        if not chosen:
            return Chance(x=0, n=0, base=None, p=None)
        base = sum(bases) / len(bases)
        p = poisson_binomial_at_least(sold, bases)
        return Chance(x=sold, n=len(chosen), base=base, p=p)


def claim(history: History, used: Thresholds) -> Claim:
    """Judge all sales of the window."""
    return judged(list(sales(history)), used)


def judged(found: Sequence[Sale], used: Thresholds) -> Claim:
    """Say what these sales show."""
    whole = Disposition(found)
    by_chance, effect = whole.chance, whole.effect
    least = used["least"]
    few = min(whole.gains, whole.losses, by_chance.n) < least
    surprising = by_chance.p is not None and by_chance.p < ALPHA  # it may be as small as 0
    fires = effect is not None and effect > used["difference"] and surprising
    figures: dict[str, Json] = {
        "pgr": whole.pgr,
        "plr": whole.plr,
        "de": effect,
        "p_value": by_chance.p,
        "informative_events": by_chance.n,
        "gains": whole.gains,
        "losses": whole.losses,
        "sales": [
            [one.trade, one.gain, one.gains, one.losses] for one in whole.informative[-SHOWN:]
        ],
    }
    if few:
        standing = Standing.NOT_ENOUGH_DATA
        text = (
            f"{whole.gains} gains, {whole.losses} losses, {by_chance.n} sales with a choice; "
            f"{least:g} of each are needed."
        )
    else:
        standing = Standing.FIRES if fires else Standing.SILENT
        text = (
            f"Of open gains {percent(whole.pgr or 0.0)} were sold, of open losses "
            f"{percent(whole.plr or 0.0)}"
        ) + (f" ({chance(by_chance.p or 0.0)})." if fires else ": no more than chance would.")
    return Claim(
        detector=DetectorId.DISPOSITION,
        standing=standing,
        severity=Severity.MEDIUM,
        text=text,
        chance=by_chance,
        trades=tuple(one.trade for one in found if one.trade and one.gain and one.informative),
        measured={"least": min(whole.gains, whole.losses, by_chance.n)}
        | ({"difference": effect} if effect is not None else {}),
        figures=figures,
    )


def sales(history: History) -> Iterator[Sale]:
    """Yield the closings of judged trades, with the other positions priced at that instant.

    A position whose price is not known, or that stands at its entry price, is neither gain nor
    loss and left out; so is a sale at no result.
    """
    own, sold = set(history.judged), history.closings.tolist()
    which, gains = _kept(history)
    ends = np.cumsum(np.bincount(which, minlength=len(sold))).tolist()
    for start, end, place in zip([0, *ends], ends, sold, strict=False):
        one = history.trades[place]
        if one.gross_quote and place in own:
            yield Sale(gain=one.gross_quote > 0, kept=tuple(gains[start:end]), trade=one.id)


def _kept(history: History) -> tuple[Indices, list[bool]]:
    """Return the positions that stood at each sale, in its order: which sale, and if a gain."""
    times = history.closed[history.closings]
    moments = millis_of(times)
    first = np.searchsorted(times, history.opened, side="right")
    counts = np.maximum(np.searchsorted(times, history.closed, side="left") - first, 0)
    held = np.repeat(np.arange(len(history)), counts)
    within = np.arange(held.size) - np.repeat(np.cumsum(counts) - counts, counts)
    sale = np.repeat(first, counts) + within
    entry = np.array([one.entry_price or np.nan for one in history.trades], dtype=np.float64)
    side = np.array([one.side.direction for one in history.trades])
    price = np.full(held.shape, np.nan)
    whose = np.zeros(len(history), dtype=np.int64)
    for number, (name, places) in enumerate(history.instruments.items(), start=1):
        bars = history.around.bars.get(name)
        if bars is not None:
            whose[places] = number
            among = np.flatnonzero(whose[held] == number)
            price[among] = bars.prices(moments[sale[among]])
    away = (price - entry[held]) * side[held]
    known = np.isfinite(away) & (away != 0)
    order = np.argsort(sale[known], kind="stable")
    return sale[known][order].astype(np.int64), (away[known][order] > 0).tolist()


DETECTOR = Detector(
    id=DetectorId.DISPOSITION,
    rule=(
        "At each sale all open positions are priced at that instant. PGR = gains sold / (gains "
        "sold + kept), PLR likewise for losses. PGR - PLR is more than 0.10 and p < 0.05; at least "
        "10 gains, 10 losses and 10 sales with both signs open."
    ),
    base=(
        "Exact: which of the open positions was sold is random, so the number of gains sold is a "
        "Poisson-binomial sum."
    ),
    limits=(
        "Positions are priced at the last close of the journal's timeframe against their first "
        "entry price, and left out where that close is older than two bars; partial exits are not "
        "sales of their own."
    ),
    scope=Scope.WINDOW,
    severity=(Severity.MEDIUM,),
    needs=frozenset({Need.CANDLES}),
    thresholds=(
        Threshold(name="difference", default=0.10, low=0, high=0.9, unit="PGR - PLR"),
        Threshold(name="least", default=10, low=10, high=200, unit="of each", whole=True),
    ),
    claim=claim,
)
