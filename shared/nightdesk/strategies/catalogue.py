"""The strategies that the desk brings along, each at version 1."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from nightdesk.core.errors import Missing
from nightdesk.core.ids import StrategyId
from nightdesk.strategies.definition import Definition
from nightdesk.strategies.strategy import StrategyVersion

BUILT_IN_IDS = ("ma_cross", "rsi_reversion", "macd_trend", "donchian")
_SINCE = datetime(2026, 1, 1, tzinfo=UTC)


@cache
def built_ins() -> Mapping[StrategyId, StrategyVersion]:
    """Return the built-in strategies by id."""
    folder = files("nightdesk.strategies") / "builtin"
    found = {}
    for name in BUILT_IN_IDS:
        text = (folder / f"{name}.json").read_text(encoding="utf-8")
        definition = Definition.model_validate_json(text)
        found[StrategyId(name)] = StrategyVersion(
            owner=None,
            id=StrategyId(name),
            version=1,
            definition=definition,
            created_at=_SINCE,
        )
    return MappingProxyType(found)


def built_in(strategy_id: str, version: int = 1) -> StrategyVersion:
    """Return a built-in. Raises Missing."""
    found = built_ins().get(StrategyId(strategy_id))
    if found is None or found.version != version:
        raise Missing(f"there is no built-in strategy {strategy_id}@{version}")
    return found
