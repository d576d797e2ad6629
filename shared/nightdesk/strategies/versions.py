"""Keeping strategies: versions are immutable, an edit is the next one, deleting archives."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from nightdesk.core.errors import Conflict, Invalid, Missing, Refused
from nightdesk.core.ids import StrategyId, UserId, ulid
from nightdesk.core.pages import Page
from nightdesk.strategies.catalogue import BUILT_IN_IDS, built_in, built_ins
from nightdesk.strategies.definition import Definition
from nightdesk.strategies.ports import Definitions, Pins, Rehearsal
from nightdesk.strategies.problems import Problem
from nightdesk.strategies.strategy import StrategyVersion
from nightdesk.strategies.validation import Checked, validate


class InvalidDefinition(Invalid):
    """A definition with errors; `details` names them all, as the wire shows them."""

    def __init__(self, errors: Sequence[Problem]) -> None:
        shown = f"{len(errors)} errors" if len(errors) > 1 else "an error"
        super().__init__("INVALID_DEFINITION", f"the definition has {shown}")
        self.errors = tuple(errors)
        self.details: list[dict[str, object]] = [
            {
                "field": problem.path,
                "rule": problem.code.value,
                "message": problem.message,
                "allowed": problem.allowed,
            }
            for problem in errors
        ]


@dataclass(frozen=True, slots=True)
class Stored:
    """A version as it now stands, and what about it is probably not meant."""

    strategy: StrategyVersion
    warnings: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class ValidateStrategy:
    """Check a definition without storing it."""

    rehearse: Rehearsal | None = None

    def __call__(self, document: object) -> Checked:
        """Return all errors and warnings. Never raises."""
        checked = validate(document)
        if checked.definition is None or self.rehearse is None:
            return checked
        more = tuple(self.rehearse(checked.definition))
        return replace(checked, warnings=checked.warnings + more)


@dataclass(frozen=True, slots=True)
class CreateStrategy:
    """Store version 1 of a new strategy."""

    definitions: Definitions
    check: ValidateStrategy = ValidateStrategy()

    def __call__(self, owner: UserId, document: object, *, as_of: datetime) -> Stored:
        """Return the stored version; the same document at the same moment is the same strategy.

        Raises InvalidDefinition, Conflict `NAME_TAKEN`, StaleWrite.
        """
        definition, warnings = _sound(self.check(document))
        strategy_id = StrategyId(ulid(as_of, owner, "strategy", definition.hash))
        for other in self.definitions.list(owner):
            if other.id == strategy_id:
                return Stored(other, warnings)
            if other.definition.name == definition.name:
                raise Conflict("NAME_TAKEN", f"{definition.name} is the name of another strategy")
        created = StrategyVersion(
            owner=owner, id=strategy_id, version=1, definition=definition, created_at=as_of
        )
        self.definitions.put(created)
        return Stored(created, warnings)


@dataclass(frozen=True, slots=True)
class EditStrategy:
    """Store the next version of a strategy; who pins an older one keeps it."""

    definitions: Definitions
    check: ValidateStrategy = ValidateStrategy()

    def __call__(
        self,
        owner: UserId,
        strategy_id: StrategyId,
        document: object,
        *,
        base_version: int,
        as_of: datetime,
    ) -> Stored:
        """Return version ``base_version + 1``, or the newest itself when nothing has changed.

        Raises InvalidDefinition, Missing, Refused `BUILT_IN`, Conflict `STALE_VERSION` when the
        newest version is another, Conflict `NAME_TAKEN`, StaleWrite when two edits race.
        """
        newest = _own(self.definitions, owner, strategy_id)
        definition, warnings = _sound(self.check(document))
        if newest.definition.hash == definition.hash:
            return Stored(newest, warnings)
        if newest.version != base_version:
            raise Conflict(
                "STALE_VERSION",
                f"the newest version is {newest.version}, not {base_version}",
                [{"field": "base_version", "rule": "STALE_VERSION", "allowed": newest.version}],
            )
        for other in self.definitions.list(owner):
            if other.id != strategy_id and other.definition.name == definition.name:
                raise Conflict("NAME_TAKEN", f"{definition.name} is the name of another strategy")
        edited = replace(newest, version=base_version + 1, definition=definition, created_at=as_of)
        self.definitions.put(edited)
        return Stored(edited, warnings)


@dataclass(frozen=True, slots=True)
class ArchiveStrategy:
    """Take a strategy out of the list; its versions stay readable for what they traded."""

    definitions: Definitions
    pins: Pins

    def __call__(self, owner: UserId, strategy_id: StrategyId, *, as_of: datetime) -> None:
        """Archive it; a repeat changes nothing.

        Raises Missing, Refused `BUILT_IN`, Conflict `IN_USE` naming the bots that hold it.
        """
        _refuse_built_in(strategy_id)
        if not self.definitions.versions(owner, strategy_id):
            raise Missing(f"there is no strategy {strategy_id}")
        bots = self.pins.pinned(owner, strategy_id)
        if bots:
            details: list[dict[str, object]] = [{"bot_id": bot_id} for bot_id in bots]
            raise Conflict("IN_USE", f"{len(bots)} bots hold this strategy", details)
        self.definitions.archive(owner, strategy_id, as_of)


@dataclass(frozen=True, slots=True)
class ReadStrategy:
    """Show one version of a strategy, the trader's own or a built-in."""

    definitions: Definitions

    def __call__(
        self, owner: UserId, strategy_id: StrategyId, version: int | None = None
    ) -> StrategyVersion:
        """Return the version, the newest unless it is named. Raises Missing."""
        if strategy_id in BUILT_IN_IDS:
            return built_in(strategy_id, version or 1)
        if version is not None:
            return self.definitions.get(owner, strategy_id, version)
        return _own(self.definitions, owner, strategy_id)


@dataclass(frozen=True, slots=True)
class ListStrategies:
    """Show the built-ins and what the trader has made."""

    definitions: Definitions

    def __call__(self, owner: UserId, *, limit: int, after: str | None) -> Page[StrategyVersion]:
        """Return the newest versions behind id `after`: built-ins, then the trader's own by id."""
        found = [*built_ins().values(), *self.definitions.list(owner)]
        ids = [one.id for one in found]
        if after in ids:
            found = found[ids.index(StrategyId(after)) + 1 :]
        elif after is not None:  # archived since: it was one of the trader's own
            found = [one for one in found if not one.built_in and one.id > after]
        return Page(found[:limit], found[limit - 1].id if len(found) > limit else None)


def _own(definitions: Definitions, owner: UserId, strategy_id: StrategyId) -> StrategyVersion:
    _refuse_built_in(strategy_id)
    versions = definitions.versions(owner, strategy_id)
    if not versions or versions[-1].archived_at is not None:
        raise Missing(f"there is no strategy {strategy_id}")
    return versions[-1]


def _refuse_built_in(strategy_id: StrategyId) -> None:
    if strategy_id in BUILT_IN_IDS:
        raise Refused("BUILT_IN", "a built-in strategy cannot be changed; create a copy")


def _sound(checked: Checked) -> tuple[Definition, tuple[Problem, ...]]:
    if checked.definition is None:
        raise InvalidDefinition(checked.errors)
    return checked.definition, checked.warnings
