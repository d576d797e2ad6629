"""A desk of bots on DynamoDB inside this process, with every use case of the room."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest

from nightdesk.accounts.audit import Origin
from nightdesk.adapters.dynamo import tables
from nightdesk.adapters.dynamo.audit import DynamoAudit
from nightdesk.adapters.dynamo.bots import DynamoBots
from nightdesk.adapters.dynamo.desk import DynamoDesk
from nightdesk.adapters.dynamo.equity import DynamoEquity
from nightdesk.adapters.dynamo.pool import DynamoPool
from nightdesk.bots.bot import Bot
from nightdesk.bots.creation import CreateBot
from nightdesk.bots.due import MarketBots
from nightdesk.bots.editing import UpdateBot
from nightdesk.bots.reading import BotHistory, ListBots, ReadBot
from nightdesk.bots.retiring import RetireBot
from nightdesk.bots.switching import (
    LeaveMarket,
    PauseAll,
    PauseBot,
    ResumeAll,
    StartBot,
    StartChecks,
)
from nightdesk.bots.versions import Versions
from nightdesk.bots.wanted import Draft
from nightdesk.core.ids import BotId, UserId
from tests.aws import dynamodb
from tests.builders.audit import an_origin
from tests.builders.bots import BTC, ETH, NOW, TRADER, MemoryDefinitions, a_draft
from tests.builders.market import MemoryRules, SteppedClock, some_rules
from tests.fakes.audit import OpenSealer


@dataclass
class Rig:
    """All use cases over one table."""

    clock: SteppedClock = field(default_factory=lambda: SteppedClock(NOW))
    definitions: MemoryDefinitions = field(default_factory=MemoryDefinitions)
    rules: MemoryRules = field(
        default_factory=lambda: MemoryRules(
            some_rules(BTC, observed_at=NOW), some_rules(ETH, observed_at=NOW)
        )
    )

    def __post_init__(self) -> None:
        self.audit = DynamoAudit(OpenSealer(), self.clock)
        self.bots = DynamoBots(self.clock, lambda: self.audit)
        self.desk = DynamoDesk(self.clock)
        self.equity = DynamoEquity()
        self.pool = DynamoPool()
        self.versions = Versions(self.definitions)
        self.new_bot = CreateBot(self.bots, self.rules, self.versions)
        self.start = StartBot(self.bots, self.desk, StartChecks(self.rules, self.versions))
        self.pause = PauseBot(self.bots, self.desk)
        self.pause_all = PauseAll(self.bots, self.pause)
        self.resume_all = ResumeAll(self.bots, self.start)
        self.leave = LeaveMarket(self.bots, self.desk)
        self.retire_bot = RetireBot(self.bots, self.desk)
        self.update = UpdateBot(self.bots, self.desk, self.versions)
        self.read = ReadBot(self.bots, self.desk, self.equity)
        self.list = ListBots(self.bots, self.desk, self.equity)
        self.history = BotHistory(self.bots)
        self.due = MarketBots(self.bots, self.desk, self.versions)

    def create(self, *, owner: UserId = TRADER, at: datetime | None = None, **changes: Any) -> Bot:
        """Make a bot; its name tells one command from another."""
        draft = a_draft(**changes)
        return self.create_bot(owner, draft, cause=draft.name, at=at or self.clock.now())

    def create_bot(
        self,
        owner: UserId,
        draft: Draft,
        *,
        cause: str,
        at: datetime,
        origin: Origin | None = None,
    ) -> Bot:
        """Make a bot, by its owner if nobody is named."""
        return self.new_bot(owner, draft, cause=cause, at=at, origin=origin or an_origin(owner))

    def retire(
        self, owner: UserId, bot_id: BotId, at: datetime, origin: Origin | None = None
    ) -> Bot:
        """Retire a bot, by its owner if nobody is named."""
        return self.retire_bot(owner, bot_id, at, origin or an_origin(owner))


@contextmanager
def a_rig(monkeypatch: pytest.MonkeyPatch) -> Iterator[Rig]:
    """Use cases over empty tables."""
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_DYNAMODB", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    with dynamodb():
        tables.disconnect()
        tables.bind_desk("desk-bots")
        tables.bind_audit("audit-bots")
        for item in (tables.DeskItem, tables.AuditItem):
            item.create_table(billing_mode="PAY_PER_REQUEST")
        yield Rig()
        tables.disconnect()
