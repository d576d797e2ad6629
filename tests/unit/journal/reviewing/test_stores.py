from collections.abc import Iterator

import pytest

from nightdesk.adapters.dynamo import tables
from nightdesk.adapters.dynamo.journal_reviews import DynamoAppointments, DynamoReviews
from nightdesk.adapters.dynamo.outbox import EventItem
from nightdesk.journal.ports.reviews import Appointments, Reviews
from tests.aws import dynamodb
from tests.builders.reviews import MONDAY, a_ready_review, a_review
from tests.contracts.journal_reviews import AppointmentsContract, ReviewsContract
from tests.fakes.reviews import FakeAppointments, FakeReviews


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


class TestFakeReviews(ReviewsContract):
    @pytest.fixture
    def reviews(self) -> Reviews:
        return FakeReviews()


class TestDynamoReviews(ReviewsContract):
    @pytest.fixture
    def reviews(self, desk_table: None) -> Reviews:
        return DynamoReviews()

    def test_its_event_is_written_with_it(self, reviews: Reviews) -> None:
        reviews.begin(a_review())
        ready = a_ready_review(revision=1)
        reviews.save(ready, events=[ready.told(MONDAY)], now=MONDAY)
        (told,) = (item.to_domain() for item in tables.DeskItem.scan() if type(item) is EventItem)
        assert told.type == "review_ready"
        assert told.data == {"kind": "week", "label": "2025-W10"}


class TestFakeAppointments(AppointmentsContract):
    @pytest.fixture
    def appointments(self) -> Appointments:
        return FakeAppointments()


class TestDynamoAppointments(AppointmentsContract):
    @pytest.fixture
    def appointments(self, desk_table: None) -> Appointments:
        return DynamoAppointments()
