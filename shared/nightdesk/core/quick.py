"""Nouns built by thousands: the same nouns, checked as ever, without their frozen `__init__`.

The `__init__` of a frozen dataclass stores each field by a call of `object.__setattr__`, which
takes most of the time that a stored row takes. A class of the same slots that is not frozen stores
them directly; an object may change between classes whose slots are the same. Source: The Python
Language Reference, 3.3.2.4.1, "Notes on using __slots__".
"""

from collections.abc import Callable, Sequence
from dataclasses import MISSING, Field, field, fields, make_dataclass
from operator import attrgetter
from typing import Any, TypeVar

N = TypeVar("N")


def quick(kind: type[N], names: Sequence[str]) -> Callable[..., N]:
    """Return what builds nouns of `kind` from the values of the fields `names`, in that order.

    Fields that are not named have their defaults. `kind` is a slotted dataclass whose fields are
    all given at its making; what it checks in `__post_init__` is checked. The answer raises what
    `kind` raises. Raises TypeError where a field without default is not named, or without slots.
    """
    if "__slots__" not in vars(kind):
        raise TypeError(f"{kind.__name__} has no slots")
    by_name: dict[str, Field[Any]] = {one.name: one for one in fields(kind)}  # type: ignore[arg-type]  # N is any dataclass
    rest = [by_name[name] for name in by_name if name not in names]
    checked: Callable[[Any], None] | None = getattr(kind, "__post_init__", None)

    def becomes(self: Any) -> None:
        self.__class__ = kind
        if checked is not None:
            checked(self)

    made: Callable[..., N] = make_dataclass(
        kind.__name__,
        [*((name, Any) for name in names), *map(_with_default, rest)],
        namespace={"__post_init__": becomes},
        repr=False,
        eq=False,
        match_args=False,
        slots=True,
    )
    return made


def altered(kind: type[N], *names: str) -> Callable[..., N]:
    """Return what makes a noun of another one and new values of `names`, in that order.

    It is `dataclasses.replace` for nouns that are changed by thousands; `kind` is as in `quick`.
    """
    kept = [one.name for one in fields(kind) if one.name not in names]  # type: ignore[arg-type]  # N is any dataclass
    values = values_of(kept)
    made = quick(kind, [*kept, *names])
    return lambda noun, *changed: made(*values(noun), *changed)


def values_of(names: Sequence[str]) -> Callable[[Any], Sequence[Any]]:
    """Return what gets these attributes of a noun: `attrgetter` of one name gives no sequence."""
    if len(names) > 1:
        return attrgetter(*names)
    return lambda noun: [getattr(noun, name) for name in names]


def _with_default(one: "Field[Any]") -> tuple[str, Any, Any]:
    if one.default is not MISSING:
        return one.name, Any, field(default=one.default)
    if one.default_factory is not MISSING:
        return one.name, Any, field(default_factory=one.default_factory)
    raise TypeError(f"{one.name} has no default and is not named")
