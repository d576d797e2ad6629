"""EARLY_EXIT: winners closed by hand that kept less than half of what they had."""

from collections.abc import Iterator

from nightdesk.journal.behaviour.detector import ALPHA, Detector, Flag, Need, Threshold, Thresholds
from nightdesk.journal.behaviour.history import History
from nightdesk.journal.behaviour.seen import SeenTrade
from nightdesk.journal.behaviour.wording import chance, percent
from nightdesk.journal.claim import Claim, Standing
from nightdesk.journal.finding import Chance, DetectorId, Scope, Severity
from nightdesk.journal.trade import ExitReason, Outcome
from nightdesk.performance.significance import binomial_at_least

KEPT = 0.5
BASE = 0.39
"""Share of random exits of winners that keep less than half."""
MEASURED = "BTC/USDT, 5 minutes, 2024"
"""What the base rate was measured on."""


def flags(history: History, used: Thresholds) -> Iterator[Flag]:
    """Yield the winners closed by hand that kept too little."""
    for place in history.judged:
        trade = history.trades[place]
        kept = kept_share(trade)
        if kept is None or kept >= used["kept"]:
            continue
        yield Flag(
            trade=trade,
            severity=Severity.LOW,
            text=f"Closed by hand with {percent(kept)} of what it had been ahead.",
            measured={"kept": kept},
            figures={
                "kept": kept,
                "gross": trade.gross_quote,
                "mfe": trade.mfe_quote,
                "hold_seconds": trade.hold,
            },
        )


def kept_share(trade: SeenTrade) -> float | None:
    """Return gross / MFE of a winner that was closed by hand, else None."""
    if trade.outcome is not Outcome.WIN or trade.exit_reason is not ExitReason.MANUAL:
        return None
    if trade.gross_quote is None or not trade.mfe_quote:
        return None
    return trade.gross_quote / trade.mfe_quote


def claim(history: History, used: Thresholds) -> Claim:
    """Compare the share of early exits with that of random ones."""
    shares = [(one.id, kept_share(one)) for one in history.entries]
    known = [(name, share) for name, share in shares if share is not None]
    early = [name for name, share in known if share < used["kept"]]
    n, x = len(known), len(early)
    p = binomial_at_least(x, n, BASE)
    if n < used["winners"]:
        standing = Standing.NOT_ENOUGH_DATA
        text = f"{n} of {used['winners']:g} winners closed by hand."
    elif used["kept"] != KEPT:
        standing = Standing.NOT_ENOUGH_DATA
        text = f"What random exits do is known for {percent(KEPT)} alone."
    elif p < ALPHA:
        standing = Standing.FIRES
        text = (
            f"{x} of {n} winners closed by hand kept less than {percent(used['kept'])} of what "
            f"they had; of random exits {percent(BASE)} do ({chance(p)})."
        )
    else:
        standing = Standing.SILENT
        text = f"{x} of {n} winners closed by hand kept little: no more than random exits do."
    return Claim(
        detector=DetectorId.EARLY_EXIT,
        standing=standing,
        severity=Severity.LOW,
        text=text,
        chance=Chance(x=x, n=n, base=BASE, p=p),
        trades=tuple(early),
        measured={"winners": n},
        figures={"base_measured_on": MEASURED},
    )


DETECTOR = Detector(
    id=DetectorId.EARLY_EXIT,
    rule=(
        "A winner closed by hand with gross below half of its MFE; a claim from 20 winners closed "
        "by hand on."
    ),
    base=f"{BASE} for random exits (measured on {MEASURED}); exact binomial, one-sided.",
    limits="Exits whose reason is not known are left out; another market has another base rate.",
    scope=Scope.TRADE,
    severity=(Severity.LOW,),
    needs=frozenset({Need.CANDLES}),
    thresholds=(
        Threshold(name="kept", default=KEPT, low=0.1, high=0.9, unit="gross / MFE"),
        Threshold(name="winners", default=20, low=20, high=200, unit="trades", whole=True),
    ),
    flags=flags,
    claim=claim,
)
