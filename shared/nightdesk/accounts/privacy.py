"""What becomes of each kind of stored item when its owner asks for a copy, or leaves.

Every item class of the adapters carries its Handling beside it, in `privacy`; together they are
the register. A kind without one fails a test, so nothing can be stored that nobody has thought of
(accounts, part 12).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from nightdesk.accounts.audit import Json
from nightdesk.core.ids import UserId, digest

PSEUDONYM = "{pseudonym}"
"""In a text that takes the place of another: the owner's pseudonym."""


class Fate(StrEnum):
    """What deletion does with an item."""

    KEPT = "kept"
    """It stays, under the owner's id, which is a pseudonym from then on."""
    REPLACED = "replaced"
    """It stays, without what names or describes a person."""
    DESTROYED = "destroyed"
    """It is deleted."""
    LAPSES = "lapses"
    """It holds nothing personal, and its TTL takes it."""
    NOBODYS = "nobodys"
    """It is no owner's: it never stands in an owner's partition."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Handling:
    """How a kind of item is shown in an export, and what deletion does with it.

    `file`: the name of its file in an export, None: it is not shown. `secret`: names that are
    never shown, of attributes and of fields inside them, at any depth. `erased`: what takes the
    place of attributes (or of one field in them, ``attribute.field``); None removes them.
    """

    fate: Fate
    file: str | None = None
    secret: frozenset[str] = frozenset()
    erased: Mapping[str, Json] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        if bool(self.erased) != (self.fate is Fate.REPLACED):
            raise ValueError("what is replaced says by what, and nothing else does")
        if self.fate is Fate.NOBODYS and self.file is not None:
            raise ValueError("what is nobody's is in nobody's export")


def kept(file: str | None, *, secret: Iterable[str] = ()) -> Handling:
    """Return the handling of what must be kept: trades, decisions, the ledger, the audit."""
    return Handling(fate=Fate.KEPT, file=file, secret=frozenset(secret))


def replaced(
    file: str | None, erased: Mapping[str, Json], *, secret: Iterable[str] = ()
) -> Handling:
    """Return the handling of what is kept without its personal parts."""
    fate = Fate.REPLACED
    return Handling(fate=fate, file=file, secret=frozenset(secret), erased=dict(erased))


def destroyed(file: str | None = None, *, secret: Iterable[str] = ()) -> Handling:
    """Return the handling of what goes with its owner."""
    return Handling(fate=Fate.DESTROYED, file=file, secret=frozenset(secret))


def lapses() -> Handling:
    """Return the handling of what is technical, not shown, and gone by itself."""
    return Handling(fate=Fate.LAPSES)


def nobodys() -> Handling:
    """Return the handling of what belongs to the desk or the market."""
    return Handling(fate=Fate.NOBODYS)


def pseudonym(owner: UserId) -> str:
    """Return the name of a deleted owner: a username that tells nothing and is always the same."""
    return f"deleted-{digest('pseudonym', owner).hex()[:16]}"


def filled(value: Json, owner: UserId) -> Json:
    """Return what is written in place of something erased."""
    return value.replace(PSEUDONYM, pseudonym(owner)) if isinstance(value, str) else value


def without(value: Json, secret: frozenset[str]) -> Json:
    """Return `value` without what is secret in it, at any depth."""
    if isinstance(value, Mapping):
        return {name: without(one, secret) for name, one in value.items() if name not in secret}
    if isinstance(value, list):
        return [without(one, secret) for one in value]
    return value
