"""The function: its messages, what comes again, what fails for good."""

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from functions.import_trades import handler
from functions.import_trades.messages import Input
from nightdesk import bootstrap
from nightdesk.core.errors import Missing, StaleWrite, StoreUnavailable
from nightdesk.core.ids import UserId
from nightdesk.journal.imported import Step

EVENTS = Path(__file__).parents[4] / "events" / "import_trades"


def context(left_ms: int = 200_000) -> Any:
    return SimpleNamespace(
        function_name="import_trades",
        memory_limit_in_mb=1_024,
        invoked_function_arn="arn:aws:lambda:eu-west-1:1:function:import_trades",
        aws_request_id="r",
        get_remaining_time_in_millis=lambda: left_ms,
    )


def envelope(*names: str) -> dict[str, Any]:
    return {
        "Records": [
            {"messageId": f"m-{name}", "body": (EVENTS / f"{name}.json").read_text()}
            for name in names
        ]
    }


class Work:
    """Stands for the use cases: keeps what was asked, raises what it shall."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.done: list[tuple[str, str]] = []
        self.enough: list[bool] = []
        self.fault: Exception | None = None
        for name in ("check", "commit", "undo"):
            monkeypatch.setattr(bootstrap, f"{name}_import", lambda name=name: self.step(name))
        monkeypatch.setattr(bootstrap, "fail_import", lambda: self.failed)

    def step(self, name: str) -> Callable[..., None]:
        def work(owner: UserId, import_id: str, now: datetime, *enough: Callable[[], bool]) -> None:
            if self.fault:
                raise self.fault
            self.done.append((name, import_id))
            self.enough += [ask() for ask in enough]

        return work

    def failed(self, owner: UserId, import_id: str, reason: str, now: datetime) -> None:
        self.done.append(("failed", reason))


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Work:
    return Work(monkeypatch)


def test_each_sample_is_a_step() -> None:
    found = {
        path.stem: Input.model_validate(json.loads(path.read_text())) for path in EVENTS.glob("*")
    }
    assert {name: one.step for name, one in found.items()} == {
        "check": Step.CHECK,
        "commit": Step.COMMIT,
        "undo": Step.UNDO,
    }


def test_each_message_is_worked_and_none_comes_again(work: Work) -> None:
    answer = handler.lambda_handler(envelope("check", "commit", "undo"), context())
    assert answer == {"batchItemFailures": []}
    assert [name for name, _ in work.done] == ["check", "commit", "undo"]
    assert work.enough == [False, False]


def test_a_worker_with_little_time_left_stops_after_its_batch(work: Work) -> None:
    handler.lambda_handler(envelope("commit"), context(left_ms=20_000))
    assert work.enough == [True]


@pytest.mark.parametrize("fault", [StoreUnavailable("busy"), StaleWrite("it has moved")])
def test_what_may_pass_comes_again(work: Work, fault: Exception) -> None:
    work.fault = fault
    answer = handler.lambda_handler(envelope("check", "commit"), context())
    wanted = [{"itemIdentifier": "m-check"}, {"itemIdentifier": "m-commit"}]
    assert answer == {"batchItemFailures": wanted}
    assert work.done == []


def test_what_cannot_be_helped_fails_the_import(work: Work) -> None:
    work.fault = Missing("no such part")
    assert handler.lambda_handler(envelope("commit"), context()) == {"batchItemFailures": []}
    assert work.done == [("failed", "NOT_FOUND")]
