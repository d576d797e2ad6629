"""Parts of a period: by setup, instrument, hour, session, market condition and week."""

from collections.abc import Callable, Mapping, Sequence

from nightdesk.journal.book_stats import Played
from nightdesk.journal.context import session
from nightdesk.journal.finding import Json
from nightdesk.journal.period import ReviewKind
from nightdesk.journal.place import Place
from nightdesk.journal.review_material import Material
from nightdesk.journal.reviewing.counting import ClosedTrades
from nightdesk.journal.reviewing.telling import shortly
from nightdesk.journal.week import week_of

LEAST_SHOWN = 3
VERDICTS = {1: "better", -1: "worse", 0: "no_difference_proven"}
Read = Callable[[Played], str | None]


def parts_of(material: Material, closes: ClosedTrades) -> dict[str, Json]:
    """Return the rows of each dimension: groups of three trades and more, thin ones marked.

    The weeks of a month are all shown: together they are the month. A row is called better or worse
    only where that is proven (journal, part 5).
    """
    called = {"setup": {one.id: one.name for one in material.tags.every.values()}}
    return {
        name: _rows(
            closes,
            [read(one) for one in closes.played],
            material.thin_n,
            called.get(name, {}),
            0 if name == "week" else LEAST_SHOWN,
        )
        for name, read in _dimensions(material).items()
    }


def _dimensions(material: Material) -> dict[str, Read]:
    place = material.period.place
    found: dict[str, Read] = {
        "setup": lambda one: one.labels.setup_id,
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


def _week(place: Place, one: Played) -> str:
    assert one.trade.closed_at is not None  # noqa: S101 - results count on the close
    return week_of(place, place.day(one.trade.closed_at)).label


def _rows(
    closes: ClosedTrades,
    keys: Sequence[str | None],
    thin_n: int,
    called: Mapping[str, str],
    least: int,
) -> list[Json]:
    return [
        {
            "key": key,
            "name": called.get(key, key),
            "n": figures["n"].n,
            "thin": thin,
            "verdict": VERDICTS[verdict],
            **shortly(figures),
        }
        for key, thin, verdict, figures in closes.rows(keys, thin_n=thin_n)
        if figures["n"].n >= least
    ]
