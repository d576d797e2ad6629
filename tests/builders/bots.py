"""Bots that are valid, and a desk in memory to keep them: a test changes only what it is about."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from nightdesk.bots.bot import Bot, BotStatus, Lineage, OwnLimits, PauseCode, RiskMode
from nightdesk.bots.wanted import Draft
from nightdesk.core.errors import Missing, StaleWrite
from nightdesk.core.ids import BotId, InstrumentId, StrategyId, UserId
from nightdesk.market.timeframe import Timeframe
from nightdesk.strategies.strategy import StrategyVersion

D = Decimal
NOW = datetime(2024, 1, 2, 9, 30, tzinfo=UTC)
TRADER = UserId("usr_1")
STRANGER = UserId("usr_2")
BTC = InstrumentId("BTC/USD@bitstamp")
ETH = InstrumentId("ETH/USD@bitstamp")
BOT_ID = BotId("bot_01HKZZZZZZZZZZZZZZZZZZZZZZ")


def a_bot(**changes: Any) -> Bot:
    """Return a draft, or what `status` asks for with the fields that go with it."""
    status = changes.get("status", BotStatus.DRAFT)
    fields: dict[str, Any] = {
        "owner": TRADER,
        "bot_id": BOT_ID,
        "name": "Alpha",
        "instrument_id": BTC,
        "timeframe": Timeframe.H1,
        "strategy": "ma_cross@1",
        "risk_mode": RiskMode.BALANCED,
        "limits": OwnLimits(),
        "initial": D(1000),
        "lineage": Lineage(root=BOT_ID),
        "created_at": NOW,
        "updated_at": NOW,
        "version": 1,
        "in_market": status in {BotStatus.ACTIVE, BotStatus.TRAINING, BotStatus.PROBATION},
    }
    if status is BotStatus.PAUSED:
        fields |= {"pause_code": PauseCode.USER_PAUSED, "resume_to": BotStatus.ACTIVE}
    if status is BotStatus.RETIRED:
        fields |= {"retired_at": NOW, "retired_code": "OWNER_RETIRED"}
    return Bot(**(fields | changes))


def a_draft(**changes: Any) -> Draft:
    """Return a request for a bot that passes every check."""
    draft = Draft(
        name="Alpha",
        instrument_id=BTC,
        timeframe=Timeframe.H1,
        strategy="ma_cross@1",
        capital=D(1000),
    )
    return replace(draft, **changes)


@dataclass
class MemoryDefinitions:
    """The port strategies.Definitions in memory; `reads` counts the versions asked for."""

    stored: dict[tuple[UserId, StrategyId, int], StrategyVersion] = field(default_factory=dict)
    reads: int = 0

    def get(self, owner: UserId, strategy_id: StrategyId, version: int) -> StrategyVersion:
        self.reads += 1
        try:
            return self.stored[owner, strategy_id, version]
        except KeyError:
            raise Missing(f"{strategy_id}@{version}") from None

    def versions(self, owner: UserId, strategy_id: StrategyId) -> Sequence[StrategyVersion]:
        return [one for key, one in sorted(self.stored.items()) if key[:2] == (owner, strategy_id)]

    def list(self, owner: UserId) -> Sequence[StrategyVersion]:
        return [one for key, one in sorted(self.stored.items()) if key[0] == owner]

    def put(self, strategy: StrategyVersion) -> None:
        assert strategy.owner is not None
        key = (strategy.owner, strategy.id, strategy.version)
        if key in self.stored:
            raise StaleWrite(strategy.ref)
        self.stored[key] = strategy

    def archive(self, owner: UserId, strategy_id: StrategyId, at: datetime) -> None:
        for key, one in self.stored.items():
            if key[:2] == (owner, strategy_id):
                self.stored[key] = replace(one, archived_at=at)
