"""How long all figures of a long journal take, beside one group after the other."""

from collections.abc import Mapping
from datetime import UTC, datetime

import numpy as np

from bench.figures import Section, Spread, Table, Target, timed
from bench.traders import BOOK, OWNER, RULES, TAGS, journal
from nightdesk.journal.book_stats import Played
from nightdesk.journal.breakdown import Breakdown, breakdown, code
from nightdesk.journal.columns import Counted, counted
from nightdesk.journal.dimensions import DIMENSIONS, Whole
from nightdesk.journal.place import Place
from nightdesk.journal.playbook import Phase, Playbook, Rule, checked
from nightdesk.journal.tag import Category, Tag, TagBook
from nightdesk.journal.trade import Check
from nightdesk.market.candles import Floats
from nightdesk.performance.day_metrics import day_metrics, rolling_sharpe
from nightdesk.performance.distribution import r_distribution
from nightdesk.performance.trade_metrics import trade_metrics

TRADES = 100_000
DAYS = 3_650
SECONDS = 0.5
RUNS = 11
THIN = 10
ZONE = "Europe/Vienna"
MADE = datetime(2016, 1, 1, tzinfo=UTC)
MISTAKES = 15
"""Tags that speak of mistakes."""


def measure(*, quick: bool = False) -> Section:
    """Compute every figure of made-up trades."""
    trades, returns = journal(2_000 if quick else TRADES), synthetic_returns()
    runs = 2 if quick else RUNS
    loading = timed(lambda: loaded(trades), runs=1 if quick else 3, warm_up=0)
    whole = loaded(trades)
    held = whole.counted

    def every_breakdown() -> list[Breakdown]:
        return [breakdown(name, whole, thin_n=THIN) for name in DIMENSIONS]

    def everything() -> None:
        trade_metrics(held.columns, start_capital=10_000.0)
        r_distribution(held.columns.r)
        day_metrics(returns)
        rolling_sharpe(returns, 90)
        every_breakdown()

    hours = code(DIMENSIONS["hour"], whole)
    times = {
        "load: amounts and what groups are told by": loading,
        "trade metrics": timed(
            lambda: trade_metrics(held.columns, start_capital=10_000.0), runs=runs
        ),
        f"day metrics of {DAYS:,} days": timed(lambda: day_metrics(returns), runs=runs),
        f"{len(DIMENSIONS)} breakdowns": timed(every_breakdown, runs=runs),
        "everything but the load": timed(everything, runs=runs),
        "breakdown by hour": timed(lambda: breakdown("hour", whole, thin_n=THIN), runs=runs),
        "the same, one hour after the other": timed(
            lambda: [trade_metrics(held.columns.take(hours.codes == n)) for n in range(24)],
            runs=runs,
        ),
    }
    groups = sum(len(one.rows) for one in every_breakdown())
    return section(times, len(trades), groups)


def section(times: Mapping[str, Spread], trades: int, groups: int) -> Section:
    """Lay out what was found."""
    return Section(
        name="analytics",
        title="Analytics",
        how=(
            f"All figures of {trades:,} made-up trades of ten years: trade metrics, day metrics, "
            f"and {len(DIMENSIONS)} breakdowns into {groups:,} rows with their intervals and "
            "comparisons, as the routes give them, times by the owner's clock. The load is the "
            "border from nouns to columns, once for all figures. *One after the other* cuts out "
            "the trades of each group and takes their trade metrics."
        ),
        tables=(
            Table(
                heads=("figures", "ms (p10 to p90)"),
                rows=tuple((name, spread.show(1, 1_000)) for name, spread in times.items()),
            ),
        ),
        targets=(
            Target(
                name=f"all metrics and breakdowns of {trades:,} trades, median",
                value=times["everything but the load"].middle,
                limit=SECONDS,
                unit="s",
            ),
        ),
    )


def loaded(trades: list[Played]) -> Whole:
    """Cross the border: columns, the words that groups are told by, rules kept and broken."""
    whole = whole_of(counted(trades))
    for dimension in DIMENSIONS.values():
        dimension.told(whole)
    return whole


def whole_of(found: Counted) -> Whole:
    """Return the trades with an owner's tags, playbook and clock."""
    tags = [
        Tag(
            owner=OWNER,
            id=name,
            name=name,
            category=Category.MISTAKE if n < MISTAKES else Category.CUSTOM,
            created_at=MADE,
        )
        for n, name in enumerate(TAGS)
    ]
    rules = tuple(Rule(id=name, text=name, phase=Phase.ENTRY) for name in RULES)
    book = Playbook(owner=OWNER, id=BOOK, version=1, name=BOOK, rules=rules, created_at=MADE)
    place = Place(zone=ZONE)

    def checks(one: Played) -> Mapping[str, Check]:
        return checked(book, one.trade, one.labels, place)

    return Whole(counted=found, place=place, tags=TagBook(OWNER, tags), checks=checks)


def synthetic_returns() -> Floats:
    """Return daily returns over ten years."""
    answer: Floats = np.random.default_rng(4).standard_t(4, DAYS) * 0.015 + 0.0005
    return answer
