"""Parts of a period: by setup, instrument, hour, session, market condition and week."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from nightdesk.journal.book_stats import Played
from nightdesk.journal.context import session
from nightdesk.journal.finding import Json
from nightdesk.journal.period import ReviewKind
from nightdesk.journal.place import Place
from nightdesk.journal.review_material import Material
from nightdesk.journal.reviewing.telling import shortly
from nightdesk.journal.tag import TagBook
from nightdesk.journal.week import week_of
from nightdesk.performance.groups import Breakdowns
from nightdesk.performance.trade_metrics import TradeColumns

LEAST_SHOWN = 3
VERDICTS = {1: "better", -1: "worse", 0: "no_difference_proven"}
Read = Callable[[Played], str | None]


def parts_of(material: Material, columns: TradeColumns) -> dict[str, Json]:
    """Return the rows of each dimension: groups of three trades and more, thin ones marked.

    A row is called better or worse only where that is proven (journal, part 5).
    """
    breakdowns = Breakdowns.of(columns, thin_n=material.thin_n)
    called = {"setup": {one.id: one.name for one in material.tags.every.values()}}
    return {
        name: _rows(breakdowns, [read(one) for one in material.closed], called.get(name, {}))
        for name, read in _dimensions(material).items()
    }


def _dimensions(material: Material) -> dict[str, Read]:
    place = material.period.place
    found: dict[str, Read] = {
        "setup": lambda one: _setup(material.tags, one),
        "instrument": lambda one: one.trade.instrument,
        "hour": lambda one: f"{place.local(one.trade.opened_at):%H}:00",
        "session": lambda one: (one.trade.context.session or session(one.trade.opened_at)).value,
        "market_condition": lambda one: (
            one.labels.market_condition and one.labels.market_condition.value
        ),
    }
    if material.period.kind is ReviewKind.MONTH:
        found["week"] = lambda one: _week(place, one)
    return found


def _setup(tags: TagBook, one: Played) -> str | None:
    """Return a trade's setup, a merged one as what it became."""
    setup = one.labels.setup_id
    return (tags.of(setup) or setup) if setup else None


def _week(place: Place, one: Played) -> str:
    assert one.trade.closed_at is not None  # noqa: S101 - results count on the close
    return week_of(place, place.day(one.trade.closed_at)).label


def _rows(
    breakdowns: Breakdowns, keys: Sequence[str | None], called: Mapping[str, str]
) -> list[Json]:
    names = sorted({key for key in keys if key})
    place = {name: number for number, name in enumerate(names)}
    codes = np.array([place[key] if key else -1 for key in keys], dtype=np.int64)
    groups = breakdowns.by(codes, len(names))
    return [
        {
            "key": names[row],
            "name": called.get(names[row], names[row]),
            "n": int(groups.n[row]),
            "thin": bool(groups.thin[row]),
            "verdict": VERDICTS[int(groups.verdict[row])],
            **shortly(groups.row(row)),
        }
        for row in groups.order
        if groups.n[row] >= LEAST_SHOWN
    ]
