import json
from typing import Any

import pytest
from aws_lambda_powertools import Metrics

from functions.api import errors
from nightdesk import observability
from nightdesk.core.errors import Missing, StoreUnavailable


class Counted:
    """Stands for Powertools' metrics."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def add_metric(self, name: str, unit: str, value: float) -> None:
        self.names.append(name)


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Counted:
    found = Counted()
    monkeypatch.setattr(observability, "metrics", found)
    monkeypatch.setattr(errors, "metrics", found)
    return found


def test_store_that_is_away_is_counted_and_the_fault_escapes(counted: Counted) -> None:
    @observability.count_faults
    def handler(event: dict[str, Any], context: object) -> None:
        raise StoreUnavailable("throttled")

    with pytest.raises(StoreUnavailable):
        handler({}, None)
    assert counted.names == ["DatabaseErrors"]


def test_other_faults_escape_uncounted(counted: Counted) -> None:
    @observability.count_faults
    def handler(event: dict[str, Any], context: object) -> None:
        raise Missing("nothing there")

    with pytest.raises(Missing):
        handler({}, None)
    assert counted.names == []


def test_count_leaves_with_the_metrics_of_a_handler_that_fails(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    metrics = Metrics(namespace="Nightdesk", service="nightdesk")
    metrics.clear_metrics()  # every instance shares what handlers before it have counted
    monkeypatch.setattr(observability, "metrics", metrics)

    @metrics.log_metrics
    @observability.count_faults
    def handler(event: dict[str, Any], context: object) -> None:
        raise StoreUnavailable("throttled")

    with pytest.raises(StoreUnavailable):
        handler({}, None)
    assert json.loads(capsys.readouterr().out)["DatabaseErrors"] == [1.0]
