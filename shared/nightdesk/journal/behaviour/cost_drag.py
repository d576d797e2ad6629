"""COST_DRAG: what the last closed trades paid in fees and funding, against what they won."""

from collections.abc import Sequence
from dataclasses import dataclass

from nightdesk.journal.behaviour.detector import Detector, Threshold, Thresholds
from nightdesk.journal.behaviour.history import History
from nightdesk.journal.behaviour.seen import SeenTrade
from nightdesk.journal.behaviour.wording import amount, percent
from nightdesk.journal.claim import Claim, Standing
from nightdesk.journal.finding import DetectorId, Scope, Severity


@dataclass(frozen=True, slots=True)
class Costs:
    """Sums over some trades, account currency."""

    gross: float
    net: float
    costs: float
    won: float

    @property
    def share(self) -> float | None:
        """Costs divided by positive gross; None without any."""
        return self.costs / self.won if self.won > 0 else None


def costs_of(trades: Sequence[SeenTrade]) -> Costs:
    """Sum up trades of known result."""
    gross = [one.gross or 0.0 for one in trades]
    return Costs(
        gross=sum(gross),
        net=sum(one.net or 0.0 for one in trades),
        costs=sum(one.costs or 0.0 for one in trades),
        won=sum(one for one in gross if one > 0),
    )


def claim(history: History, used: Thresholds) -> Claim:
    """Judge the last closed entries, beside what else was closed."""
    known = [
        (place, one)
        for place, one in ((i, history.trades[i]) for i in history.closings.tolist())
        if one.gross is not None and one.net is not None and one.costs is not None
    ]
    n, own = int(used["trades"]), set(history.judged)
    newest = dict([(place, one) for place, one in known if place in own][-n:])
    last = list(newest.values())
    before = [one for place, one in known if place not in newest]
    found, past = costs_of(last), costs_of(before)
    share = found.share
    drags = (share is not None and share >= used["share"]) or found.gross > 0 > found.net
    standing = Standing.FIRES if drags else Standing.SILENT
    text = (
        f"Costs of the last {n} closed trades: {amount(found.costs)} of {amount(found.won)} won"
        + (f" ({percent(share)})" if share is not None else "")
        + (f"; before that {percent(past.share)}." if past.share is not None else ".")
    )
    if len(last) < n:
        standing, text = Standing.NOT_ENOUGH_DATA, f"{len(last)} of {n} closed trades."
    return Claim(
        detector=DetectorId.COST_DRAG,
        standing=standing,
        severity=Severity.INFO,
        text=text,
        trades=tuple(one.id for one in last),
        measured={"trades": len(last)} | ({"share": share} if share is not None else {}),
        figures={
            "n": len(last),
            "cost_share": share,
            "gross": found.gross,
            "net": found.net,
            "costs": found.costs,
            "past_cost_share": past.share,
            "past_n": len(before),
        },
    )


DETECTOR = Detector(
    id=DetectorId.COST_DRAG,
    rule=(
        "Over the last 20 closed trades: costs (fees less funding received) are at least 30 % of "
        "positive gross, or gross is above and net below zero."
    ),
    base="The own past: the same share of the trades before.",
    limits="Spread and slippage are inside gross and not seen.",
    scope=Scope.WINDOW,
    severity=(Severity.INFO,),
    thresholds=(
        Threshold(name="trades", default=20, low=10, high=200, unit="trades", whole=True),
        Threshold(name="share", default=0.30, low=0.05, high=1, unit="share of positive gross"),
    ),
    bots=True,
    claim=claim,
)
