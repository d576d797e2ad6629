"""Nouns as the body of an item: canonical JSON by the types of their fields, and back.

Amounts are text in fixed notation, moments ISO text. A field that is None, zero or empty, and
would be that by itself, is left out: so a later field of this kind reads older items. `SCHEMA`
stands on every item; a field that changes its name or meaning raises it. A long body is deflated,
because units are paid by the kilobyte.
"""

import json
import zlib
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import cache
from types import MappingProxyType, NoneType, UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from pynamodb.attributes import BinaryAttribute, UnicodeAttribute

from nightdesk.adapters.dynamo.attributes import IntegerAttribute
from nightdesk.core.clock import from_iso, iso
from nightdesk.core.money import fixed
from nightdesk.journal.trade import Charge, Leg, StopMark
from nightdesk.risk.verdict import Check
from nightdesk.trading.ledger import Line

N = TypeVar("N")

SCHEMA = 1
LONG = 700
"""Bytes from which a body is deflated: with its keys an item then stays below a kilobyte."""

_ROWS = frozenset({Check, Line, Leg, Charge, StopMark})
"""Short nouns that come in numbers are lists of values. Their fields are only ever appended."""
_NEVER = object()
_Step = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    write: _Step
    read: _Step
    blank: object
    """The value that is left out, or _NEVER."""


def packed(noun: object, *, without: frozenset[str] = frozenset()) -> str | bytes:
    """Return the body of `noun`; `without` names fields that stand in keys or attributes."""
    kind: Any = type(noun)
    values = {
        field.name: field.write(value)
        for field in _fields(kind)
        if field.name not in without and (value := getattr(noun, field.name)) != field.blank
    }
    text = json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    raw = text.encode()
    return text if len(raw) < LONG else zlib.compress(raw, 9)


def unpacked(kind: type[N], body: str | bytes, **given: object) -> N:
    """Return the noun in `body`, checked again; `given` are the fields that stand elsewhere."""
    values = json.loads(body if isinstance(body, str) else zlib.decompress(body))
    built: N = _built(kind, values, given)
    return built


def _built(kind: Any, values: Mapping[str, Any], given: Mapping[str, object]) -> Any:
    found: dict[str, object] = dict(given)
    for field in _fields(kind):
        if field.name in values:
            found[field.name] = field.read(values[field.name])
        elif field.name not in found and field.blank is not _NEVER:
            found[field.name] = field.blank
    return kind(**found)


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


def _steps(hint: Any) -> tuple[_Step, _Step]:
    """Return how a value of this type is written and read."""
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


def _scalar(hint: Any) -> tuple[_Step, _Step]:
    if hint is Decimal:
        return fixed, Decimal
    if hint is datetime:
        return iso, from_iso
    if hint is date:
        return date.isoformat, date.fromisoformat
    if issubclass(hint, Enum):
        return (lambda value: value.value), hint
    if hint in {str, int, bool}:
        return _same, _same
    raise TypeError(f"no body for {hint}")


def _same(value: Any) -> Any:
    return value


def _optional(write: _Step, read: _Step) -> tuple[_Step, _Step]:
    return (
        lambda value: None if value is None else write(value),
        lambda value: None if value is None else read(value),
    )


def _sequence(write: _Step, read: _Step) -> tuple[_Step, _Step]:
    return (
        lambda values: [write(value) for value in values],
        lambda values: tuple(read(value) for value in values),
    )


def _mapping(key: Any, write: _Step, read: _Step) -> tuple[_Step, _Step]:
    """Keys are text, or pairs such as (account, asset) written `account:asset`."""
    kinds = get_args(key) or (key,)
    if kinds == (str,):
        return (
            lambda values: {one: write(value) for one, value in values.items()},
            lambda values: MappingProxyType({one: read(value) for one, value in values.items()}),
        )
    readers = [_steps(kind)[1] for kind in kinds]

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


def _object(kind: Any) -> tuple[_Step, _Step]:
    def write(value: Any) -> dict[str, Any]:
        return {
            field.name: field.write(one)
            for field in _fields(kind)
            if (one := getattr(value, field.name)) != field.blank
        }

    return write, lambda values: _built(kind, values, {})


def _row(kind: Any) -> tuple[_Step, _Step]:
    def write(value: Any) -> list[Any]:
        whole = [(field, getattr(value, field.name)) for field in _fields(kind)]
        while whole and whole[-1][1] == whole[-1][0].blank:
            whole.pop()
        return [field.write(one) for field, one in whole]

    def read(values: list[Any]) -> object:
        names = [field.name for field in _fields(kind)]
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
