from collections.abc import Iterator

import pytest

from nightdesk.adapters.dynamo import tables
from nightdesk.adapters.dynamo.journal_findings import DynamoDetectorSettings, DynamoFindings
from nightdesk.adapters.dynamo.outbox import EventItem
from nightdesk.journal.behaviour.making import told
from nightdesk.journal.finding import Severity
from nightdesk.journal.ports.findings import DetectorSettings, Findings
from tests.aws import dynamodb
from tests.builders.behaviour import a_finding
from tests.contracts.journal_findings import DetectorSettingsContract, FindingsContract
from tests.fakes.findings import FakeDetectorSettings, FakeFindings


@pytest.fixture
def desk_table(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty desk table inside this process."""
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_DYNAMODB", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    with dynamodb():
        tables.disconnect()
        tables.bind_desk("desk-test")
        tables.DeskItem.create_table(billing_mode="PAY_PER_REQUEST")
        yield
        tables.disconnect()


class TestFakeFindings(FindingsContract):
    @pytest.fixture
    def findings(self) -> Findings:
        return FakeFindings()


class TestDynamoFindings(FindingsContract):
    @pytest.fixture
    def findings(self, desk_table: None) -> Findings:
        return DynamoFindings()


class TestFakeDetectorSettings(DetectorSettingsContract):
    @pytest.fixture
    def settings(self) -> DetectorSettings:
        return FakeDetectorSettings()


class TestDynamoDetectorSettings(DetectorSettingsContract):
    @pytest.fixture
    def settings(self, desk_table: None) -> DetectorSettings:
        return DynamoDetectorSettings()


def test_a_finding_and_its_event_are_written_once_together(desk_table: None) -> None:
    finding = a_finding(severity=Severity.HIGH)
    for _ in range(2):
        DynamoFindings().add(finding, told(finding))
    (item,) = EventItem.query(f"U#{finding.owner}", EventItem.sk.startswith("EVENT#"))
    assert (item.type, item.data["finding_id"]) == ("behaviour_flagged", finding.id)
    assert item.data["trade_id"] == "jt_2"


@pytest.mark.parametrize("severity", [Severity.INFO, Severity.LOW])
def test_what_weighs_little_or_is_in_shadow_is_not_told(severity: Severity) -> None:
    assert told(a_finding(severity=severity)) is None
    assert told(a_finding(severity=Severity.HIGH, shadow=True)) is None
