"""What a text may say: the numbers supplied to it by unit, and the names that carry digits."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from nightdesk.core.money import as_written
from nightdesk.journal.finding import Json
from nightdesk.journal.reviewing.telling import Unit

MODEL_CURRENCY = "USD"
OF_UNIT = frozenset({"value", "interval", "median", "low", "high"})
"""Fields whose numbers are in the unit that stands beside them; all others are counts."""
SCALES = ("discipline", "tilt")
"""Points of 100, which may be said in percent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Supplied:
    """`numbers` by unit; money is told apart by its currency, in `money`. `names` are all texts.

    `points` of 100 and `ratings` stand by what they are called. `currency` is that of the trades'
    amounts.
    """

    currency: str
    numbers: Mapping[Unit, set[Decimal]] = field(
        default_factory=lambda: {unit: set() for unit in Unit}
    )
    money: dict[str, set[Decimal]] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    points: dict[str, set[Decimal]] = field(default_factory=dict)
    ratings: dict[str, set[Decimal]] = field(default_factory=dict)
    instruments: set[str] = field(default_factory=set)


def supplied(numbers: Mapping[str, Json]) -> Supplied:
    """Return what is in the numbers of a review."""
    found = Supplied(currency=str(numbers["currency"]))
    found.money.update({found.currency: set(), MODEL_CURRENCY: set()})
    _walk(numbers, found, found.currency)
    cost = numbers.get("model_cost")
    if cost is not None:
        found.money[MODEL_CURRENCY].add(Decimal(str(cost)))
        found.names.discard(str(cost))
    found.points.update({name: _points(numbers.get(name), found.currency) for name in SCALES})
    moods = numbers.get("moods")
    if isinstance(moods, Mapping):
        found.ratings.update({name: _points(one, found.currency) for name, one in moods.items()})
    return found


def _points(value: Json, currency: str) -> set[Decimal]:
    found = Supplied(currency=currency)
    _walk(value, found, currency)
    return found.numbers[Unit.POINTS]


def _walk(value: Json, found: Supplied, currency: str, unit: Unit = Unit.COUNT) -> None:
    """Collect what is there; money is in the currency that stands beside it or above it."""
    if isinstance(value, str):
        found.names.add(value)
        if "/" in value and "@" in value:
            found.instruments.update({value, value.split("@")[0], value.split("/")[0]})
    elif isinstance(value, bool) or value is None:
        return
    elif isinstance(value, int | float):
        number = as_written(value)
        money = found.money.setdefault(currency, set())
        (money if unit is Unit.MONEY else found.numbers[unit]).add(number)
    elif isinstance(value, Mapping):
        own = Unit(str(value["unit"])) if "unit" in value else unit
        currency = str(value.get("currency") or currency)
        of_none = value.get("n") == 0  # a sum of nothing may not be said
        for name, one in value.items():
            if name != "unit" and not (of_none and name in OF_UNIT):
                _walk(one, found, currency, own if name in OF_UNIT else Unit.COUNT)
    else:
        for one in value:
            _walk(one, found, currency, unit)
