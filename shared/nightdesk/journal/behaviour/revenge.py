"""REVENGE: an entry soon after a loss that counted, larger, in the same market or unplanned."""

from collections.abc import Iterator

from nightdesk.journal.behaviour.detector import (
    ROUNDING,
    Detector,
    Flag,
    Need,
    Threshold,
    Thresholds,
    capped,
    reaches,
)
from nightdesk.journal.behaviour.history import THIN, History
from nightdesk.journal.behaviour.shuffles import Counting, LossRule, RevengeCounting
from nightdesk.journal.behaviour.wording import amount, span
from nightdesk.journal.finding import DetectorId, Json, Scope, Severity

SEVERITY = {1: Severity.INFO, 2: Severity.MEDIUM, 3: Severity.HIGH}


def flags(history: History, used: Thresholds) -> Iterator[Flag]:
    """Yield the entries after a loss that counted, with at least one factor."""
    for place in history.soon_after_loss(used["window_minutes"] * 60):
        last = int(history.last[place])
        loss = _loss(history, last, place, used)
        if loss is not None:
            found = _flag(history, place, last, loss, used)
            if found is not None:
                yield found


def _loss(
    history: History, last: int, place: int, used: Thresholds
) -> dict[str, float | None] | None:
    """Return the loss and what it had to reach; None when it did not, or is not known."""
    loss = -float(history.net[last])
    equity, usual = history.equity(place), history.usual_loss(last)
    known = usual is not None and usual.made_of >= THIN
    parts: dict[str, float | None] = {
        "loss": loss,
        "equity": equity,
        "median_loss": usual.median if usual and known else None,
        "median_loss_of": usual.made_of if usual and known else None,
    }
    of_equity = used["equity_share"] * equity if equity is not None else 0.0
    of_losses = used["loss_share"] * usual.median if usual and known else 0.0
    if not reaches(loss, of_equity) or loss < of_losses:
        return None
    return parts | {"loss_needed": max(of_equity, of_losses)}


def _flag(
    history: History, place: int, last: int, loss: dict[str, float | None], used: Thresholds
) -> Flag | None:
    trade, lost = history.trades[place], history.trades[last]
    gap = float(history.opened[place] - history.closed[last])
    usual, size = history.usual_size(place), trade.size
    large = usual is not None and size is not None and size >= used["size_factor"] * usual.median
    factors: list[Json] = []
    if large:
        factors.append("size")
    if trade.instrument == lost.instrument:
        factors.append("same_instrument")
    if trade.planned is False:
        factors.append("no_plan")
    if not factors:
        return None
    thin = usual is None or usual.thin
    measured = {"window_minutes": gap / 60}
    if usual is not None and size is not None and usual.median > 0:
        measured["size_factor"] = size / usual.median
    if loss["equity"]:
        measured["equity_share"] = (loss["loss"] or 0.0) / loss["equity"]
    if loss["median_loss"]:
        measured["loss_share"] = (loss["loss"] or 0.0) / loss["median_loss"]
    said = {"size": "a larger size", "same_instrument": "the same instrument", "no_plan": "no plan"}
    return Flag(
        trade=trade,
        severity=capped(SEVERITY[len(factors)], thin=thin),
        text=(
            f"Entered {span(gap)} after a loss of {amount(loss['loss'] or 0.0)}, with "
            f"{', '.join(said[str(one)] for one in factors)}."
        ),
        measured=measured,
        figures={
            "after": lost.id,
            "gap_seconds": gap,
            "factors": factors,
            **loss,
            "size": size,
            "median_size": usual.median if usual else None,
            "median_size_of": usual.made_of if usual else 0,
            "thin": thin,
        },
        also=(lost.id,),
    )


def counting(history: History, used: Thresholds) -> Counting:
    """Count flags of two factors or more."""
    rule = LossRule(
        window_seconds=used["window_minutes"] * 60,
        size_factor=used["size_factor"],
        equity_share=used["equity_share"] * (1 - ROUNDING),
        loss_share=used["loss_share"],
    )
    return RevengeCounting(history, rule)


DETECTOR = Detector(
    id=DetectorId.REVENGE,
    rule=(
        "The last closed trade was a loss of at least 0.25 % of equity and half the median of the "
        "20 losses before it (equity that is not known drops out, and so do fewer than ten "
        "losses), the entry came within 15 minutes of it, and at least one holds: size at least "
        "1.25 times the usual one, the same instrument, no plan. One of these is info, two are "
        "medium, three high."
    ),
    base=(
        "How often two factors or more come together in 1,000 shuffles of what was traded over "
        "the same times."
    ),
    limits="A plan that was never written down looks like none.",
    scope=Scope.TRADE,
    severity=(Severity.INFO, Severity.MEDIUM, Severity.HIGH),
    needs=frozenset({Need.EQUITY}),
    thresholds=(
        Threshold(name="window_minutes", default=15, low=1, high=120, unit="minutes"),
        Threshold(name="size_factor", default=1.25, low=1.05, high=5, unit="times the usual size"),
        Threshold(name="equity_share", default=0.0025, low=0, high=0.05, unit="share of equity"),
        Threshold(name="loss_share", default=0.5, low=0, high=2, unit="times the usual loss"),
    ),
    flags=flags,
    counting=counting,
)
