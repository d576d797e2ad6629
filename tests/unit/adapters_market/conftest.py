from collections.abc import Iterator

import pytest

from nightdesk.adapters.dynamo import tables
from tests.aws import dynamodb


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty DynamoDB inside this process."""
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_DYNAMODB", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    with dynamodb():
        tables.disconnect()
        yield
        tables.disconnect()


@pytest.fixture
def desk_table(aws: None) -> None:
    tables.bind_desk("desk-test")
    tables.DeskItem.create_table(billing_mode="PAY_PER_REQUEST")


@pytest.fixture
def market_table(aws: None) -> None:
    tables.bind_market("market-test")
    tables.MarketItem.create_table(billing_mode="PAY_PER_REQUEST")
