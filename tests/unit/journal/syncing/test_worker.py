"""The function: its messages, what comes again, what fails for good."""

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import ValidationError

from functions.sync_accounts import handler
from functions.sync_accounts.messages import Input
from nightdesk import bootstrap
from nightdesk.accounts.credential import SealBroken
from nightdesk.accounts.probing import NotConfigured
from nightdesk.core.clock import from_iso
from nightdesk.core.errors import Missing, StoreUnavailable
from nightdesk.core.ids import UserId
from nightdesk.journal.ports.syncs import KeyRefused
from tests.builders.syncs import a_sync

EVENTS = Path(__file__).parents[4] / "events" / "sync_accounts"
SYNC = "01KAK8E5G00000000000000000"


def sample(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text())
    return found


def context(left_ms: int = 200_000) -> Any:
    return SimpleNamespace(
        function_name="sync_accounts",
        memory_limit_in_mb=512,
        invoked_function_arn="arn:aws:lambda:eu-west-1:1:function:sync_accounts",
        aws_request_id="r",
        get_remaining_time_in_millis=lambda: left_ms,
    )


def envelope() -> dict[str, Any]:
    return {"Records": [{"messageId": "m1", "body": json.dumps(sample("task"))}]}


class Work:
    """Stands for the use cases: keeps what was asked, raises what it shall."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.done: list[tuple[str, object]] = []
        self.fault: Exception | None = None
        monkeypatch.setattr(bootstrap, "sync_account", lambda: self.work)
        monkeypatch.setattr(bootstrap, "start_hourly_syncs", lambda: self.hourly)
        monkeypatch.setattr(bootstrap, "fail_sync", lambda: self.failed)

    def work(
        self, owner: UserId, sync_id: str, now: datetime, enough: Callable[[], bool]
    ) -> object:
        if self.fault:
            raise self.fault
        self.done.append((sync_id, enough()))
        return a_sync()

    def hourly(self, as_of: datetime) -> int:
        self.done.append(("hourly", as_of))
        return 3

    def failed(self, owner: UserId, sync_id: str, reason: str, now: datetime) -> None:
        if reason == "NOT_FOUND":
            raise Missing("its owner has left")
        self.done.append((sync_id, reason))


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Work:
    return Work(monkeypatch)


def test_the_hour_begins_syncs(work: Work) -> None:
    assert Input.model_validate(sample("hourly")).scheduled
    answer = handler.lambda_handler(sample("hourly"), context())
    assert answer == {"batchItemFailures": [], "begun": 3}
    assert work.done == [("hourly", from_iso("2026-11-21T14:15:00Z"))]


@pytest.mark.parametrize(("left_ms", "enough"), [(200_000, False), (30_000, True)])
def test_a_message_is_worked_as_far_as_the_time_allows(
    work: Work, left_ms: int, enough: bool
) -> None:
    answer = handler.lambda_handler(envelope(), context(left_ms))
    assert answer["batchItemFailures"] == []
    assert work.done == [(SYNC, enough)]


def test_what_may_pass_comes_again(work: Work) -> None:
    work.fault = StoreUnavailable("busy")
    answer = handler.lambda_handler(envelope(), context())
    assert answer["batchItemFailures"] == [{"itemIdentifier": "m1"}]
    assert work.done == []


@pytest.mark.parametrize(
    ("fault", "done"),
    [
        (KeyRefused("no"), [(SYNC, "KEY_REFUSED")]),
        (NotConfigured("gone"), [(SYNC, "NOT_CONFIGURED")]),
        (Missing("no such sync"), []),
    ],
)
def test_what_cannot_be_helped_fails_the_sync(
    work: Work, fault: Exception, done: list[Any]
) -> None:
    work.fault = fault
    assert handler.lambda_handler(envelope(), context())["batchItemFailures"] == []
    assert work.done == done


def test_what_a_person_must_look_at_escapes(work: Work) -> None:
    work.fault = SealBroken("moved")
    with pytest.raises(SealBroken):
        handler.lambda_handler(envelope(), context())


@pytest.mark.parametrize(
    "changes", [{"scheduled": True}, {"owner": ""}, {"sync_id": ""}, {"as_of": "now"}]
)
def test_a_message_names_a_sync_or_is_the_schedules(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Input.model_validate(sample("task") | changes)
