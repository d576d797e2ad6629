"""Which strategy version a bot pins, and the values of its inputs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from nightdesk.bots.bot import BotStatus
from nightdesk.bots.ports import Bots
from nightdesk.core.errors import Invalid, Missing
from nightdesk.core.ids import BotId, StrategyId, UserId
from nightdesk.core.money import fixed
from nightdesk.market.timeframe import Timeframe
from nightdesk.strategies.catalogue import built_in, built_ins
from nightdesk.strategies.definition import ChoiceInput, Definition, IntInput
from nightdesk.strategies.parameters import number, resolve
from nightdesk.strategies.ports import Definitions
from nightdesk.strategies.strategy import StrategyVersion, read_ref

Key = tuple[UserId | None, str]


@dataclass(frozen=True, slots=True)
class Versions:
    """Built-in and own strategy versions. They never change, so each is read once a process."""

    definitions: Definitions
    known: dict[Key, StrategyVersion] = field(default_factory=dict)

    def __call__(self, owner: UserId, strategy: str) -> StrategyVersion:
        """Return version `id@version`, archived or not. Raises Missing."""
        try:
            strategy_id, version = read_ref(strategy)
        except ValueError as error:
            raise Missing(f"no strategy {strategy!r}") from error
        if strategy_id in built_ins():
            return built_in(strategy_id, version)
        key = (owner, strategy)
        if key not in self.known:
            self.known[key] = self.definitions.get(owner, strategy_id, version)
        return self.known[key]

    def chosen(self, owner: UserId, strategy: str, timeframe: Timeframe) -> Definition:
        """Return what a new bot on `timeframe` would pin.

        Raises Invalid `UNKNOWN_STRATEGY` (also for an archived one), `TF_TOO_FINE`.
        """
        try:
            version = self(owner, strategy)
        except Missing as error:
            raise _unknown() from error
        if not version.built_in:
            # Archiving is the one thing that changes: it is not asked of the cache.
            version = self.definitions.get(owner, version.id, version.version)
        if version.archived_at is not None:
            raise _unknown()
        return version.definition.on(timeframe)


@dataclass(frozen=True, slots=True)
class PinnedBots:
    """Which bots rest on a strategy: strategies' port Pins."""

    bots: Bots

    def pinned(self, owner: UserId, strategy_id: StrategyId) -> list[BotId]:
        """Return the owner's bots that are not retired and hold any version of it, by id."""
        return sorted(
            bot.bot_id
            for bot in self.bots.list(owner)
            if bot.status is not BotStatus.RETIRED and read_ref(bot.strategy)[0] == strategy_id
        )


def complete(definition: Definition, given: Mapping[str, object]) -> Mapping[str, object]:
    """Return the exact value of every input, defaults filled in: JSON-able, Decimals as text.

    Raises Invalid with the code and field of the first that does not fit.
    """
    resolve(definition, given)
    values: dict[str, object] = {}
    for name, declared in definition.inputs.items():
        value = given.get(name, declared.default)
        exact = None if isinstance(declared, ChoiceInput) else number(value)
        if exact is None:
            values[name] = str(value)
        else:
            values[name] = int(exact) if isinstance(declared, IntInput) else fixed(exact)
    return MappingProxyType(values)


def _unknown() -> Invalid:
    return Invalid("UNKNOWN_STRATEGY", "there is no such strategy version", field="strategy")
