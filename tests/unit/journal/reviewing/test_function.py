"""The function as Lambda calls it: by the schedule, by the queue."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from functions.review import handler
from functions.review.messages import Hour, Input
from nightdesk import bootstrap
from nightdesk.adapters.workflows.review_queue import body_of
from nightdesk.core.errors import Missing, StoreUnavailable
from nightdesk.core.ids import UserId
from nightdesk.journal.period import ReviewKind
from nightdesk.journal.review_task import Asked, Due, Expect, ReviewTask
from nightdesk.journal.reviewing.calling import Called
from nightdesk.journal.reviewing.claims import running
from tests.fakes.clock import FakeClock

EVENTS = Path(__file__).parents[4] / "events" / "review"
NOW = datetime(2025, 3, 10, 5, 2, tzinfo=UTC)
TASKS: list[ReviewTask] = [
    Due(owner=UserId("usr_1"), kind=ReviewKind.DAY),
    Asked(
        owner=UserId("usr_1"),
        kind=ReviewKind.MONTH,
        label="2025-02",
        version=3,
        asked_at=datetime(2025, 3, 10, 5, 1, 7, 250_000, tzinfo=UTC),
    ),
    Expect(owners=(UserId("usr_1"), UserId("usr_2"))),
]


@dataclass
class Worker:
    """Does what it is told to, and remembers it."""

    done: list[ReviewTask] = field(default_factory=list)
    faults: dict[ReviewTask, Exception] = field(default_factory=dict)

    def __call__(self, task: ReviewTask, *, now: datetime) -> None:
        if task in self.faults:
            raise self.faults[task]
        self.done.append(task)


def called(event: Any) -> Any:
    context = SimpleNamespace(
        function_name="review",
        memory_limit_in_mb=1024,
        invoked_function_arn="arn:aws:lambda:eu-west-1:1:function:review",
        aws_request_id="1",
    )
    return handler.lambda_handler(event, context)


def records(*tasks: ReviewTask) -> dict[str, Any]:
    bodies = [body_of(task, NOW) for task in tasks]
    return {"Records": [{"messageId": str(n), "body": body} for n, body in enumerate(bodies)]}


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> Worker:
    made = Worker()
    monkeypatch.setattr(bootstrap, "work_review", lambda: made)
    monkeypatch.setattr(bootstrap, "clock", lambda: FakeClock(NOW))
    return made


@pytest.mark.parametrize("event", sorted(EVENTS.glob("*.json")), ids=lambda path: path.stem)
def test_each_sample_is_read(event: Path) -> None:
    assert Input.model_validate(json.loads(event.read_text())).as_of.tzinfo is not None


def test_what_is_sent_is_what_is_read() -> None:
    for task in TASKS:
        read = Input.model_validate_json(body_of(task, NOW))
        assert read.as_of == NOW
        assert not isinstance(read.task, Hour)
        assert read.task.to_domain() == task


def test_the_schedule_hands_out_what_is_due(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[datetime] = []

    def call(as_of: datetime) -> Called:
        asked.append(as_of)
        return Called(due=3, owners=2)

    monkeypatch.setattr(bootstrap, "call_reviews", lambda: call)
    event = json.loads((EVENTS / "hour.json").read_text())
    assert called(event) == {"due": 3, "owners": 2}
    assert asked == [NOW]


def test_tasks_are_worked_by_themselves_and_those_that_fail_come_again(worker: Worker) -> None:
    first, second, third = TASKS
    worker.faults = {first: StoreUnavailable("down"), second: running()}
    answer = called(records(first, second, third))
    assert answer == {"batchItemFailures": [{"itemIdentifier": "0"}, {"itemIdentifier": "1"}]}
    assert worker.done == [third]


def test_a_task_that_fails_as_nobody_foresaw_keeps_no_other(worker: Worker) -> None:
    first, second, third = TASKS
    worker.faults = {first: ValueError("2025-03-09 ends after it began")}
    assert called(records(first, second, third)) == {"batchItemFailures": [{"itemIdentifier": "0"}]}
    assert worker.done == [second, third]


def test_a_task_of_an_owner_who_has_left_is_done(worker: Worker) -> None:
    worker.faults = {TASKS[0]: Missing("no such account")}
    assert called(records(TASKS[0])) == {"batchItemFailures": []}
