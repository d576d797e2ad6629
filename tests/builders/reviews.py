"""Reviews and what they are made of, valid as they are: a test changes only what it is about."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from nightdesk.core.ids import TradeId, UserId
from nightdesk.journal.book_stats import Played
from nightdesk.journal.experiment import Experiment, Metric
from nightdesk.journal.period import Period, ReviewKind, period_named
from nightdesk.journal.place import Place
from nightdesk.journal.review import Review, ReviewText, TextSource, Wording
from nightdesk.journal.review_material import Material
from nightdesk.journal.tag import TagBook
from nightdesk.journal.trade import Outcome
from nightdesk.trading.order import Mode
from tests.builders.journal_trades import a_trade, some_labels

OWNER, OTHER = UserId("usr_1"), UserId("usr_2")
VIENNA = Place(zone="Europe/Vienna", currency="EUR")
WEEK = "2025-W10"
MONDAY = datetime(2025, 3, 10, 5, 30, tzinfo=UTC)
"""After its week: half past six in Vienna."""
D = Decimal


def a_period(label: str = WEEK, kind: ReviewKind = ReviewKind.WEEK) -> Period:
    return period_named(kind, label, [VIENNA])


def a_played(
    name: str, r: str | None = "1", *, day: date = date(2025, 3, 5), **labels: Any
) -> Played:
    """Return a closed long of that result, 100 in account currency for each R, 10 of it fees."""
    at = datetime(day.year, day.month, day.day, 10, tzinfo=UTC)
    trade = a_trade()
    result = D(r or "1")
    net = 100 * result
    trade = replace(
        trade,
        id=TradeId(f"jt_{name}"),
        owner=OWNER,
        opened_at=at,
        closed_at=at + timedelta(hours=2),
        outcome=Outcome.WIN if net > 0 else Outcome.LOSS,
        money=replace(
            trade.money, net_account=net, gross_account=net + 10, fees_account=D(10), net=net
        ),
        risk=replace(trade.risk, r=None if r is None else result, initial_risk=D(100)),
    )
    return Played(trade=trade, labels=some_labels(trade, **labels))


def some_material(closed: Sequence[Played] = (), **changes: Any) -> Material:
    material = Material(
        owner=OWNER,
        period=a_period(),
        mode=Mode.LIVE,
        closed=tuple(closed),
        opened=tuple(closed),
        tags=TagBook(OWNER, ()),
        verdicts={},
        tilts={},
        moods={},
    )
    return replace(material, **changes)


def an_experiment(**changes: Any) -> Experiment:
    return replace(
        Experiment(
            text="Trade without revenge.",
            metric=Metric.FLAGGED_SHARE,
            filter={"detector": "REVENGE"},
            baseline=D("0.3"),
            target=D("0.15"),
            week="2025-W11",
        ),
        **changes,
    )


def a_text(**changes: Any) -> ReviewText:
    return replace(ReviewText(opening="A week of trades.", question="What next?"), **changes)


def a_review(**changes: Any) -> Review:
    """Return the first version of a week's review, being computed."""
    begun = Review.begun(OWNER, a_period(), 1, MONDAY)
    return replace(begun, **changes)


def a_ready_review(**changes: Any) -> Review:
    done = a_review().ready(
        {"quiet": False, "counts": {"wins": 3}, "rows": [{"key": "a"}]},
        Wording(text=a_text(), source=TextSource.RULES),
        an_experiment(),
        MONDAY,
    )
    return replace(done, **changes)
