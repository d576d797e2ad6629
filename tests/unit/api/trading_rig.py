"""The app over a desk in memory on which two traders' bots have traded."""

from datetime import timedelta
from typing import Any

from nightdesk import bootstrap
from nightdesk.core.ids import BotId, UserId
from nightdesk.trading.explaining import ExplainDecision
from nightdesk.trading.holding import ListPositions, ReadPosition
from nightdesk.trading.proving import ProveAccount, VerifyLedger
from nightdesk.trading.reading import (
    ListDecisions,
    ListFills,
    ListOrders,
    ListPostings,
    ReadOrder,
)
from nightdesk.trading.standing import ReadPortfolio
from tests.builders.market import MemoryRules
from tests.builders.story import RULES, Life, World
from tests.builders.trading import AS_OF
from tests.fakes.trading import FakeSnapshots
from tests.unit.accounts.rig import ORIGIN, an_attempt
from tests.unit.api.conftest import Api

BOT = BotId("bot_01HZZZZZZZZZZZZZZZZZZZB0T1")
BOT_2 = BotId("bot_01HZZZZZZZZZZZZZZZZZZZB0T2")
BOBS = BotId("bot_01HZZZZZZZZZZZZZZZZZZZB0B5")
HOUR = timedelta(hours=1)
NOW = AS_OF + timedelta(days=1)


class Floor:
    """Alice has two funded bots, Bob has one; the present is a day after they began."""

    def __init__(self, api: Api) -> None:
        self.api = api
        api.alice()
        api.bob()
        api.clock.moment = NOW
        self.alice = api.bearer(api.rig.login(an_attempt(), ORIGIN, NOW))
        self.bob = api.bearer(api.rig.login(an_attempt("bob@example.com"), ORIGIN, NOW))
        owners = {one.username: one.owner for one in api.rig.desk.profiles.values()}
        self.world = World()
        self.first = self._life(owners["alice"], BOT)
        self.second = self._life(owners["alice"], BOT_2)
        self.bobs = self._life(owners["bob"], BOBS)
        self._join()

    def get(self, path: str, *, as_bob: bool = False, **query: Any) -> Any:
        headers = self.bob if as_bob else self.alice
        return self.api.client.get(f"/api{path}", params=query, headers=headers)

    def ok(self, path: str, **query: Any) -> Any:
        answer = self.get(path, **query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def refusal(self, path: str, **query: Any) -> tuple[int, str, str | None]:
        answer = self.get(path, **query)
        error = answer.json()["error"]
        details = error["details"]
        return answer.status_code, error["code"], details[0]["field"] if details else None

    def missing(self, path: str, **query: Any) -> dict[str, Any]:
        """Return what an unknown thing answers, the request's own id aside."""
        answer = self.get(path, **query)
        assert answer.status_code == 404, answer.text
        error: dict[str, Any] = answer.json()["error"]
        del error["request_id"]
        return error

    def walk(self, path: str, **query: Any) -> list[Any]:
        """Read all pages."""
        found: list[Any] = []
        cursor: dict[str, str] = {}
        while True:
            page = self.ok(path, **query, **cursor)
            found += page["items"]
            if page["next_cursor"] is None:
                return found
            cursor = {"cursor": page["next_cursor"]}

    def _life(self, owner: UserId, bot_id: BotId) -> Life:
        return Life(self.world, owner, bot_id).funded()

    def _join(self) -> None:
        world, rules = self.world, MemoryRules(RULES)
        self.snapshots = FakeSnapshots()
        parts: dict[Any, Any] = {
            bootstrap.list_orders: ListOrders(world.desk),
            bootstrap.read_order: ReadOrder(world.desk, world.bots),
            bootstrap.list_fills: ListFills(world.desk),
            bootstrap.list_positions: ListPositions(world.desk, world.equity),
            bootstrap.read_position: ReadPosition(world.desk, world.equity),
            bootstrap.read_portfolio: ReadPortfolio(world.desk, world.equity, world.pools),
            bootstrap.list_postings: ListPostings(world.desk, world.bots),
            bootstrap.verify_ledger: VerifyLedger(
                world.desk, ProveAccount(world.desk, world.pools)
            ),
            bootstrap.list_decisions: ListDecisions(world.decisions, world.desk, world.bots),
            bootstrap.explain_decision: ExplainDecision(
                decisions=world.decisions,
                desk=world.desk,
                snapshots=self.snapshots,
                rules=rules,
            ),
        }
        self.api.give(parts)
