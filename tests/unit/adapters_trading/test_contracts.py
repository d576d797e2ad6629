"""Fakes and DynamoDB adapters keep the same contracts."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from pynamodb.attributes import UnicodeAttribute

from nightdesk.adapters.clock import WallClock
from nightdesk.adapters.dynamo import keys
from nightdesk.adapters.dynamo.cycles import DynamoCycles
from nightdesk.adapters.dynamo.decisions import DynamoDecisions
from nightdesk.adapters.dynamo.desk import DynamoDesk
from nightdesk.adapters.dynamo.equity import DynamoEquity
from nightdesk.adapters.dynamo.gates import DynamoGates
from nightdesk.adapters.dynamo.leases import DynamoLeases
from nightdesk.adapters.dynamo.outbox import EventItem
from nightdesk.adapters.dynamo.pool import DynamoPool
from nightdesk.adapters.dynamo.snapshots import DynamoSnapshots
from nightdesk.adapters.dynamo.tables import DeskItem
from nightdesk.analysis.ports import Snapshots
from nightdesk.core.ids import BotId, UserId
from nightdesk.trading.order import Mode
from nightdesk.trading.ports import Cycles, Decisions, Desk, Equity, Gates, Leases, PoolFunds
from nightdesk.trading.trade_bots import decision_made
from tests.builders.decisions import a_hold, an_entry
from tests.builders.trading import BOT, OWNER
from tests.contracts.decisions import DecisionsContract
from tests.contracts.desk import DeskContract
from tests.contracts.equity import EquityContract, PoolContract
from tests.contracts.leases import CyclesContract, GatesContract, LeaseRaces, LeasesContract
from tests.contracts.snapshots import SnapshotsContract
from tests.fakes.clock import FakeClock
from tests.fakes.trading import (
    FakeCycles,
    FakeDecisions,
    FakeDesk,
    FakeEquity,
    FakeGates,
    FakeLeases,
    FakePool,
    FakeSnapshots,
)


class ListedBot(DeskItem, discriminator="BOT_OF_TESTS"):
    """Stands for the bots room's item: the desk reads its key and status alone."""

    status = UnicodeAttribute()


class TestFakeDesk(DeskContract):
    @pytest.fixture
    def leases(self, clock: FakeClock) -> FakeLeases:
        return FakeLeases(clock)

    @pytest.fixture
    def desk(self, leases: FakeLeases) -> Desk:
        return FakeDesk(leases)

    @pytest.fixture
    def shut_gate(self, desk: FakeDesk) -> Callable[[UserId, str], None]:
        return desk.gates.codes.__setitem__

    @pytest.fixture
    def list_bot(self, desk: FakeDesk) -> Callable[[UserId, BotId, str], None]:
        def put(owner: UserId, bot_id: BotId, status: str) -> None:
            if status == "retired":
                desk.retired.add((owner, bot_id))

        return put


class TestDynamoDesk(DeskContract):
    @pytest.fixture
    def leases(self, bound_tables: None, clock: FakeClock) -> Leases:
        return DynamoLeases(clock)

    @pytest.fixture
    def desk(self, bound_tables: None, clock: FakeClock) -> Desk:
        return DynamoDesk(clock)

    @pytest.fixture
    def list_bot(self, bound_tables: None) -> Callable[[UserId, BotId, str], None]:
        def put(owner: UserId, bot_id: BotId, status: str) -> None:
            ListedBot(keys.owner(owner), f"{keys.BOTS}{bot_id}", status=status).save()

        return put


class TestFakeLeases(LeasesContract):
    @pytest.fixture
    def leases(self, clock: FakeClock) -> Leases:
        return FakeLeases(clock)


class TestDynamoLeases(LeasesContract):
    @pytest.fixture
    def leases(self, bound_tables: None, clock: FakeClock) -> Leases:
        return DynamoLeases(clock)


class TestDynamoLeaseRaces(LeaseRaces):
    @pytest.fixture
    def leases(self, bound_tables: None) -> Leases:
        return DynamoLeases(WallClock())


class TestFakeGates(GatesContract):
    @pytest.fixture
    def gates(self) -> Gates:
        return FakeGates()

    @pytest.fixture
    def shut_gate(self, gates: FakeGates) -> Callable[[UserId, str], None]:
        return gates.codes.__setitem__


class TestDynamoGates(GatesContract):
    @pytest.fixture
    def gates(self, bound_tables: None) -> Gates:
        return DynamoGates()


class TestFakeCycles(CyclesContract):
    @pytest.fixture
    def cycles(self) -> Cycles:
        return FakeCycles()


class TestDynamoCycles(CyclesContract):
    @pytest.fixture
    def cycles(self, bound_tables: None, clock: FakeClock) -> Cycles:
        return DynamoCycles(clock)


class TestFakeDecisions(DecisionsContract):
    @pytest.fixture
    def decisions(self) -> Decisions:
        return FakeDecisions()


class TestDynamoDecisions(DecisionsContract):
    @pytest.fixture
    def decisions(self, bound_tables: None, clock: FakeClock) -> Decisions:
        return DynamoDecisions(clock)


def test_what_a_decision_tells_is_stored_with_it_and_once(
    bound_tables: None, clock: FakeClock
) -> None:
    decisions, decision = DynamoDecisions(clock), a_hold()
    told = decision_made(decision)
    assert decisions.put(decision, told) == decision
    assert decisions.put(an_entry(), told) == decision
    (stored,) = EventItem.query(keys.bot(OWNER, BOT), EventItem.sk.startswith("EVENT#"))
    assert (stored.type, stored.data["decision_id"]) == ("decision_made", decision.decision_id)


class TestFakeEquity(EquityContract):
    @pytest.fixture
    def equity(self) -> Equity:
        return FakeEquity()


class TestDynamoEquity(EquityContract):
    @pytest.fixture
    def equity(self, bound_tables: None) -> Equity:
        return DynamoEquity()


class TestFakePool(PoolContract):
    @pytest.fixture
    def pool(self) -> PoolFunds:
        return FakePool()

    @pytest.fixture
    def fund(self, pool: FakePool) -> Callable[[UserId, Mode, str, Decimal], None]:
        def put(owner: UserId, mode: Mode, currency: str, amount: Decimal) -> None:
            pool.amounts[owner, mode, currency] = amount
            pool.openings[owner, mode, currency] = Decimal(10_000)

        return put


class TestDynamoPool(PoolContract):
    @pytest.fixture
    def pool(self, bound_tables: None) -> PoolFunds:
        return DynamoPool()


class TestFakeSnapshots(SnapshotsContract):
    @pytest.fixture
    def snapshots(self) -> Snapshots:
        return FakeSnapshots()


class TestDynamoSnapshots(SnapshotsContract):
    @pytest.fixture
    def snapshots(self, bound_tables: None, clock: FakeClock) -> Snapshots:
        return DynamoSnapshots(clock)
