from collections.abc import Iterator

import pytest

from nightdesk.adapters.dynamo import tables
from nightdesk.adapters.dynamo.journal_books import DynamoPlaybooks
from nightdesk.adapters.dynamo.journal_metrics import DynamoSavedMetrics
from nightdesk.adapters.dynamo.journal_plans import DynamoPlans, DynamoPreferences
from nightdesk.adapters.dynamo.journal_shots import DynamoScreenshots
from nightdesk.adapters.dynamo.journal_tags import DynamoTags
from nightdesk.adapters.dynamo.journal_writing import DynamoEntries, DynamoPostings
from nightdesk.journal.ports.words import Postings
from nightdesk.journal.ports.writing import (
    Entries,
    Plans,
    Playbooks,
    PreferencesStore,
    SavedMetrics,
    Screenshots,
    Tags,
)
from tests.aws import dynamodb
from tests.contracts.journal_writing import (
    EntriesContract,
    PlansContract,
    PlaybooksContract,
    PreferencesContract,
    SavedMetricsContract,
    ScreenshotsContract,
    TagsContract,
)
from tests.fakes.journal import (
    FakeEntries,
    FakePlans,
    FakePlaybooks,
    FakePostings,
    FakePreferences,
    FakeSavedMetrics,
    FakeScreenshots,
    FakeTags,
)


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


class TestFakeEntries(EntriesContract):
    @pytest.fixture
    def postings(self) -> FakePostings:
        return FakePostings()

    @pytest.fixture
    def entries(self, postings: FakePostings) -> Entries:
        return FakeEntries(postings)


class TestDynamoEntries(EntriesContract):
    @pytest.fixture
    def entries(self, desk_table: None) -> Entries:
        return DynamoEntries()

    @pytest.fixture
    def postings(self, desk_table: None) -> Postings:
        return DynamoPostings()


class TestFakeTags(TagsContract):
    @pytest.fixture
    def tags(self) -> Tags:
        return FakeTags()


class TestDynamoTags(TagsContract):
    @pytest.fixture
    def tags(self, desk_table: None) -> Tags:
        return DynamoTags()


class TestFakePlans(PlansContract):
    @pytest.fixture
    def plans(self) -> Plans:
        return FakePlans()


class TestDynamoPlans(PlansContract):
    @pytest.fixture
    def plans(self, desk_table: None) -> Plans:
        return DynamoPlans()


class TestFakePlaybooks(PlaybooksContract):
    @pytest.fixture
    def playbooks(self) -> Playbooks:
        return FakePlaybooks()


class TestDynamoPlaybooks(PlaybooksContract):
    @pytest.fixture
    def playbooks(self, desk_table: None) -> Playbooks:
        return DynamoPlaybooks()


class TestFakeSavedMetrics(SavedMetricsContract):
    @pytest.fixture
    def metrics(self) -> SavedMetrics:
        return FakeSavedMetrics()


class TestDynamoSavedMetrics(SavedMetricsContract):
    @pytest.fixture
    def metrics(self, desk_table: None) -> SavedMetrics:
        return DynamoSavedMetrics()


class TestFakePreferences(PreferencesContract):
    @pytest.fixture
    def preferences(self) -> PreferencesStore:
        return FakePreferences()


class TestDynamoPreferences(PreferencesContract):
    @pytest.fixture
    def preferences(self, desk_table: None) -> PreferencesStore:
        return DynamoPreferences()


class TestFakeScreenshots(ScreenshotsContract):
    @pytest.fixture
    def screenshots(self) -> Screenshots:
        return FakeScreenshots()


class TestDynamoScreenshots(ScreenshotsContract):
    @pytest.fixture
    def screenshots(self, desk_table: None) -> Screenshots:
        return DynamoScreenshots()
