"""The stored audit log and the one of the tests keep one contract."""

from datetime import timedelta

import pytest

from nightdesk.accounts.audit import Action
from nightdesk.adapters.dynamo import audit_records
from nightdesk.adapters.dynamo.audit import DynamoAudit
from nightdesk.adapters.dynamo.audit_records import DynamoAuditRecords
from nightdesk.adapters.dynamo.connection import measured
from tests.builders.audit import ANN, AT, an_entry
from tests.contracts.audit import AuditRecordsContract, numbered, sought
from tests.fakes.audit import MemoryAudit


class TestDynamoAuditRecords(AuditRecordsContract):
    @pytest.fixture
    def trail(self, audit: DynamoAudit) -> DynamoAudit:
        return audit

    @pytest.fixture
    def records(self, audit: DynamoAudit) -> DynamoAuditRecords:
        return DynamoAuditRecords()

    def test_more_than_a_query_s_worth_is_read_on(
        self,
        audit: DynamoAudit,
        records: DynamoAuditRecords,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(audit_records, "READS", 3)
        audit.record([numbered(n, AT + timedelta(seconds=n)) for n in range(10)])
        audit.record([an_entry(Action.BOT_CREATED, at=AT - timedelta(hours=1), details={"n": 10})])
        assert self.walk(records, 4) == [*range(9, -1, -1), 10]
        assert self.walk(records, 4, action=Action.BOT_CREATED) == [10]

    def test_a_year_back_is_a_bounded_number_of_queries(
        self, audit: DynamoAudit, records: DynamoAuditRecords
    ) -> None:
        with measured() as units:
            page = records.of_owner(ANN, sought(), limit=50, after=None)
        assert page.next_key is None
        assert units.calls["Query"] <= 15

    def test_a_long_silence_ends_a_page_before_it_ends_the_walk(
        self, audit: DynamoAudit, records: DynamoAuditRecords
    ) -> None:
        audit.record([numbered(1, AT - timedelta(days=2_000))])
        since = AT - timedelta(days=2_100)
        page = records.of_owner(ANN, sought(since=since), limit=50, after=None)
        assert (page.items, page.next_key) == ([], "2024-05-01")
        assert self.walk(records, 50, since=since) == [1]


class TestMemoryAudit(AuditRecordsContract):
    @pytest.fixture
    def trail(self) -> MemoryAudit:
        return MemoryAudit()

    @pytest.fixture
    def records(self, trail: MemoryAudit) -> MemoryAudit:
        return trail
