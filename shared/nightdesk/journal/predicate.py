"""Predicates over a trade's fields as data: what a rule of a playbook can ask by itself.

There is no code in them: one field, one comparison, one value or a list. They ask what was done,
never what it brought: results are no rules.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum

from nightdesk.core.errors import Invalid
from nightdesk.core.money import fixed
from nightdesk.journal.place import Place
from nightdesk.journal.trade import (
    After,
    Check,
    ExitReason,
    JournalTrade,
    Kind,
    Labels,
    MarketCondition,
    Origin,
    Session,
    Side,
    Status,
    VolatilityBucket,
)

MAX_VALUES = 24
MAX_VALUE = 60
LARGEST = Decimal(10) ** 12
SETUP = "setup_id"
"""The field whose values are tags."""


class Compare(StrEnum):
    """How a field is compared."""

    LT = "lt"
    LE = "le"
    EQ = "eq"
    NE = "ne"
    GE = "ge"
    GT = "gt"
    IN = "in"
    NOT_IN = "not_in"


LISTS = frozenset({Compare.IN, Compare.NOT_IN})
ORDERS = frozenset({Compare.LT, Compare.LE, Compare.GE, Compare.GT})

Value = Decimal | str | None
_Read = Callable[[JournalTrade, Labels, Place], Value]


@dataclass(frozen=True, slots=True)
class _Field:
    """What may be asked about: how it is read, and which words it may be (None: a number)."""

    read: _Read
    words: tuple[str, ...] | None = None
    free: bool = False
    exit: bool = False
    """Known once the trade is closed."""

    @property
    def number(self) -> bool:
        """Whether it is compared as a number."""
        return self.words is None and not self.free


def _number(
    read: Callable[[JournalTrade], Decimal | int | None], *, at_exit: bool = False
) -> _Field:
    return _Field(lambda trade, _l, _p: _exact(read(trade)), exit=at_exit)


def _exact(value: Decimal | int | None) -> Decimal | None:
    return None if value is None else Decimal(value)


def _word(read: Callable[[JournalTrade], str | None], kinds: type[StrEnum]) -> _Field:
    return _Field(lambda trade, _l, _p: read(trade), words=tuple(one.value for one in kinds))


def _text(read: Callable[[JournalTrade], str | None]) -> _Field:
    return _Field(lambda trade, _l, _p: read(trade), free=True)


def _truth(read: Callable[[Labels], bool | None]) -> _Field:
    return _Field(lambda _t, labels, _p: _spelled(read(labels)), words=("false", "true"))


def _spelled(value: object) -> str | None:
    return None if value is None else str(value).lower()


FIELDS: Mapping[str, _Field] = {
    "planned_rr": _number(lambda t: t.risk.planned_rr),
    "stop_recorded_after_seconds": _number(lambda t: t.risk.stop_recorded_after_seconds),
    "initial_risk": _number(lambda t: t.risk.initial_risk),
    "planned_risk": _number(lambda t: t.risk.planned_risk),
    "size": _number(lambda t: t.quantity.size),
    "scale_ins": _number(lambda t: t.quantity.scale_ins),
    "partial_exits": _number(lambda t: t.quantity.partial_exits, at_exit=True),
    "hold_seconds": _number(lambda t: t.hold_seconds, at_exit=True),
    "nth_of_day": _number(lambda t: t.context.nth_of_day),
    "hour": _Field(lambda t, _l, place: Decimal(place.local(t.opened_at).hour)),
    "weekday": _Field(lambda t, _l, place: Decimal(place.local(t.opened_at).isoweekday())),
    "side": _word(lambda t: t.side, Side),
    "kind": _word(lambda t: t.kind, Kind),
    "origin": _word(lambda t: t.origin, Origin),
    "session": _word(lambda t: t.context.session, Session),
    "after": _word(lambda t: t.context.after, After),
    "volatility_bucket": _word(lambda t: t.context.volatility_bucket, VolatilityBucket),
    "regime": _text(lambda t: t.context.regime),
    "instrument": _text(lambda t: t.instrument),
    "base": _text(lambda t: t.base),
    "quote": _text(lambda t: t.quote),
    "account": _text(lambda t: t.account),
    "exit_reason": _Field(
        lambda t, labels, _p: labels.exit_reason or t.exit_reason,
        words=tuple(one.value for one in ExitReason),
        exit=True,
    ),
    SETUP: _Field(lambda _t, labels, _p: labels.setup_id, free=True),
    "market_condition": _Field(
        lambda _t, labels, _p: labels.market_condition,
        words=tuple(one.value for one in MarketCondition),
    ),
    "planned": _truth(lambda labels: labels.planned),
    "no_stop_declared": _truth(lambda labels: labels.no_stop_declared),
}
"""The fields that a predicate may ask about. `hour` and `weekday` (1 Monday) are of the entry, in
the owner's zone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Predicate:
    """`field compare values`: one value, or a list for `in` and `not_in`. Numbers are text."""

    field: str
    compare: Compare
    values: tuple[str, ...]

    def __post_init__(self) -> None:
        asked = FIELDS.get(self.field)
        if asked is None:
            raise _bad("field", f"there is no field {self.field[:40]!r}", sorted(FIELDS))
        if not 1 <= len(self.values) <= (MAX_VALUES if self.compare in LISTS else 1):
            raise _bad("value", f"one value, or a list of 1 to {MAX_VALUES} for in and not_in")
        if len(set(self.values)) != len(self.values):
            raise _bad("value", "each value once")
        if self.compare in ORDERS and not asked.number:
            raise _bad("op", f"{self.field} is no number", [*LISTS, Compare.EQ, Compare.NE])
        for value in self.values:
            _fits(asked, self.field, value)

    def check(self, trade: JournalTrade, labels: Labels, place: Place) -> Check:
        """Return whether a trade keeps it. A field without a value cannot say: unknown."""
        asked = FIELDS[self.field]
        found = asked.read(trade, labels, place)
        if found is None or (asked.exit and trade.status is not Status.CLOSED):
            return Check.UNKNOWN
        wanted: list[Value] = [Decimal(one) if asked.number else one for one in self.values]
        return Check.KEPT if _holds(self.compare, found, wanted) else Check.BROKEN


def _holds(compare: Compare, found: Value, wanted: list[Value]) -> bool:
    if compare in {Compare.IN, Compare.EQ}:
        return found in wanted
    if compare in {Compare.NOT_IN, Compare.NE}:
        return found not in wanted
    limit = wanted[0]
    assert isinstance(found, Decimal)  # noqa: S101 - numbers alone have an order here
    assert isinstance(limit, Decimal)  # noqa: S101
    return {
        Compare.LT: found < limit,
        Compare.LE: found <= limit,
        Compare.GE: found >= limit,
        Compare.GT: found > limit,
    }[compare]


def _fits(asked: _Field, name: str, value: str) -> None:
    if asked.number:
        try:
            number = Decimal(value)
        except InvalidOperation as error:
            raise _bad("value", f"{name} is compared with numbers") from error
        if not number.is_finite() or abs(number) > LARGEST or fixed(number) != value:
            raise _bad("value", "a number in plain digits, without an exponent")
    elif asked.words is not None and value not in asked.words:
        raise _bad("value", f"{name} is one of a list", list(asked.words))
    elif not 1 <= len(value) <= MAX_VALUE:
        raise _bad("value", f"1 to {MAX_VALUE} characters")


def _bad(field: str, message: str, allowed: object = None) -> Invalid:
    return Invalid("BAD_PREDICATE", message, field=f"predicate.{field}", allowed=allowed)
