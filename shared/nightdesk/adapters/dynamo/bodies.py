"""Nouns as the body of an item: canonical JSON by the types of their fields, and back.

Amounts are text in fixed notation, moments ISO text. A field that is None, zero or empty, and
would be that by itself, is left out: so a later field of this kind reads older items. `SCHEMA`
stands on every item; a field that changes its name or meaning raises it. A long body is deflated,
because units are paid by the kilobyte.
"""

import zlib
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import cache
from operator import attrgetter
from types import MappingProxyType, NoneType, UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

import orjson
from pynamodb.attributes import BinaryAttribute, UnicodeAttribute

from nightdesk.adapters.dynamo.attributes import IntegerAttribute
from nightdesk.core.clock import from_iso, iso
from nightdesk.core.money import fixed
from nightdesk.core.quick import quick, values_of
from nightdesk.journal.trade import Charge, Leg, StopMark
from nightdesk.risk.verdict import Check
from nightdesk.trading.ledger import Line

N = TypeVar("N")

SCHEMA = 1
LONG = 700
"""Bytes from which a body is deflated: with its keys an item then stays below a kilobyte."""

_SMALL_WINDOW, _SMALL_TABLES = 13, 6
"""Bits of the window, and zlib's `memLevel`."""
_ROWS = frozenset({Check, Line, Leg, Charge, StopMark})
"""Short nouns that come in numbers are lists of values. Their fields are only ever appended."""
_NEVER = object()
_Step = Callable[[Any], Any]
_Steps = tuple[_Step | None, _Step | None]


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    write: _Step | None
    """How a value is written; None where it is JSON by itself. The same of `read`."""
    read: _Step | None
    blank: object
    """The value that is left out, or _NEVER."""


def packed(noun: object, *, without: frozenset[str] = frozenset()) -> str | bytes:
    """Return the body of `noun`; `without` names fields that stand in keys or attributes."""
    raw = encoded(noun, without=without)
    return raw.decode() if len(raw) < LONG else deflated(raw)


def encoded(noun: object, *, without: frozenset[str] = frozenset()) -> bytes:
    """Return the body of `noun` as it is before it is made short."""
    kind: Any = type(noun)
    return orjson.dumps(_writer(kind, without)(noun), option=orjson.OPT_SORT_KEYS)


def deflated(raw: bytes) -> bytes:
    """Return what `zlib.decompress` inflates.

    A short body gets a small window: three quarters of the time that zlib takes for one are spent
    on the tables of a large one.
    """
    if len(raw) > 2**_SMALL_WINDOW:
        return zlib.compress(raw, zlib.Z_BEST_COMPRESSION)
    made = zlib.compressobj(zlib.Z_BEST_COMPRESSION, zlib.DEFLATED, _SMALL_WINDOW, _SMALL_TABLES)
    return made.compress(raw) + made.flush()


def unpacked(kind: type[N], body: str | bytes, **given: object) -> N:
    """Return the noun in `body`, checked again; `given` are the fields that stand elsewhere."""
    values = orjson.loads(body if isinstance(body, str) else zlib.decompress(body))
    built: N = _built(kind, values, given)
    return built


def _built(kind: Any, values: Mapping[str, Any], given: Mapping[str, object]) -> Any:
    found: dict[str, object] = dict(given)
    for name, read, blank in _readers(kind):
        if name in values:
            found[name] = values[name] if read is None else read(values[name])
        elif blank is not _NEVER and name not in found:
            found[name] = blank
    return _maker(kind)(**found)


@cache
def _maker(kind: Any) -> Callable[..., Any]:
    """Return what makes such a noun of values by name: nouns are read by ten thousands."""
    given = [one for one in fields(kind) if one.default is MISSING]
    return quick(kind, [one.name for one in given if one.default_factory is MISSING])


@cache
def _readers(kind: Any) -> tuple[tuple[str, _Step | None, object], ...]:
    return tuple((one.name, one.read, one.blank) for one in _fields(kind))


@cache
def _writer(kind: Any, without: frozenset[str] = frozenset()) -> Callable[[Any], dict[str, Any]]:
    """Return what makes a mapping of such a noun: its fields that are not blank.

    One call takes all values out of the noun, and what is JSON by itself is not called for:
    nouns are written by ten thousands.
    """
    chosen = [one for one in _fields(kind) if one.name not in without]
    # None is told by what it is: to ask an amount or a moment whether it equals None takes longer
    steps = [
        (one.name, one.write, one.blank, one.blank is None or one.blank is _NEVER) for one in chosen
    ]
    values = values_of([one.name for one in chosen])

    def write(noun: Any) -> dict[str, Any]:
        return {
            name: value if step is None else step(value)
            for (name, step, blank, itself), value in zip(steps, values(noun), strict=True)
            if value is not blank and (itself or value != blank)
        }

    return write


@cache
def _fields(kind: Any) -> tuple[_Field, ...]:
    hints = get_type_hints(kind)
    return tuple(
        _Field(field.name, *_steps(hints[field.name]), _blank(field.default, hints[field.name]))
        for field in fields(kind)
        if field.init
    )


def _blank(default: object, hint: Any) -> object:
    if default is not MISSING:
        return default if not default else _NEVER
    if NoneType in get_args(hint):
        return None
    if get_origin(hint) is tuple:
        return ()
    return MappingProxyType({}) if get_origin(hint) is Mapping else _NEVER


def _steps(hint: Any) -> _Steps:
    """Return how a value of this type is written and read; None where it is JSON by itself."""
    hint = getattr(hint, "__supertype__", hint)
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in {Union, UnionType}:
        return _optional(*_steps(next(one for one in arguments if one is not NoneType)))
    if origin is tuple:
        return _sequence(*_steps(arguments[0]))
    if origin is Mapping:
        return _mapping(arguments[0], *_steps(arguments[1]))
    if is_dataclass(hint):
        return _row(hint) if hint in _ROWS else _object(hint)
    return _scalar(hint)


def _scalar(hint: Any) -> _Steps:
    if hint is Decimal:
        return fixed, Decimal
    if hint is datetime:
        return iso, from_iso
    if hint is date:
        return date.isoformat, date.fromisoformat
    if issubclass(hint, Enum):
        return attrgetter("value"), hint
    if hint in {str, int, bool}:
        return None, None
    raise TypeError(f"no body for {hint}")


def _optional(write: _Step | None, read: _Step | None) -> _Steps:
    return (
        write and (lambda value: None if value is None else write(value)),
        read and (lambda value: None if value is None else read(value)),
    )


def _sequence(write: _Step | None, read: _Step | None) -> _Steps:
    return (
        list if write is None else (lambda values: [write(value) for value in values]),
        tuple if read is None else (lambda values: tuple([read(value) for value in values])),
    )


def _mapping(key: Any, write: _Step | None, read: _Step | None) -> _Steps:
    """Keys are text, or pairs such as (account, asset) written `account:asset`."""
    kinds = get_args(key) or (key,)
    write, read = write or _same, read or _same
    if kinds == (str,):
        return (
            lambda values: {one: write(value) for one, value in values.items()},
            lambda values: MappingProxyType({one: read(value) for one, value in values.items()}),
        )
    readers = [_steps(kind)[1] or _same for kind in kinds]

    def read_key(text: str) -> object:
        parts = text.split(":", len(kinds) - 1)
        found = tuple(reader(part) for reader, part in zip(readers, parts, strict=True))
        return found if len(kinds) > 1 else found[0]

    def write_key(value: Any) -> str:
        return ":".join(value) if len(kinds) > 1 else value

    return (
        lambda values: {write_key(one): write(value) for one, value in values.items()},
        lambda values: MappingProxyType({read_key(t): read(value) for t, value in values.items()}),
    )


def _same(value: Any) -> Any:
    return value


def _object(kind: Any) -> _Steps:
    return _writer(kind), lambda values: _built(kind, values, {})


def _row(kind: Any) -> _Steps:
    steps = [(one.write, one.blank) for one in _fields(kind)]
    names = [one.name for one in _fields(kind)]
    told_by = values_of(names)

    def write(noun: Any) -> list[Any]:
        values = told_by(noun)
        end = len(steps)
        while end and values[end - 1] == steps[end - 1][1]:
            end -= 1
        return [
            value if step is None else step(value)
            for (step, _), value in zip(steps[:end], values, strict=False)
        ]

    def read(values: list[Any]) -> object:
        return _built(kind, dict(zip(names, values, strict=False)), {})

    return write, read


class Body:
    """Attributes of an item whose noun is its body: text while short, deflated when long."""

    schema = IntegerAttribute(default=SCHEMA)
    body = UnicodeAttribute(null=True)
    deflated = BinaryAttribute(legacy_encoding=False, null=True)

    def hold(self, noun: object, *, without: frozenset[str] = frozenset()) -> None:
        """Take `noun` as the body; `without` names fields that stand in keys or attributes."""
        body = packed(noun, without=without)
        if isinstance(body, str):
            self.body = body
        else:
            self.deflated = body

    def held(self, kind: type[N], **given: object) -> N:
        """Return the noun, checked again; `given` are the fields that stand elsewhere."""
        return unpacked(kind, self.body or self.deflated or "{}", **given)
