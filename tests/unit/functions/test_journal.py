"""The journal's worker: what is sent is what is read, and a task that fails keeps no other."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from functions.journal import handler
from functions.journal.messages import Input
from nightdesk import bootstrap
from nightdesk.adapters.workflows.journal_queue import (
    KINDS,
    SqsFollowLater,
    SqsJournalQueue,
    body_of,
)
from nightdesk.core.errors import StoreUnavailable
from nightdesk.core.ids import BotId, ClientOrderId, TradeId, UserId
from nightdesk.journal.task import Filled, Follow, Measure, Refresh, Score, Task, TripClosed
from nightdesk.trading.order import Mode

OWNER = UserId("usr_1")
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
IDS = (TradeId("jt_1"), TradeId("jt_2"))
TASKS: tuple[Task, ...] = (
    TripClosed(
        owner=OWNER,
        bot_id=BotId("bot_1"),
        orders=(ClientOrderId("nd-1"),),
        carried=Decimal("0.000001"),
        carried_cost=Decimal("0.5"),
    ),
    Filled(owner=OWNER, bot_id=BotId("bot_1"), order_id=ClientOrderId("nd-1")),
    Measure(owner=OWNER, trade_ids=IDS),
    Follow(owner=OWNER, trade_ids=IDS),
    Refresh(owner=OWNER, trade_ids=IDS),
    Score(owner=OWNER, day=date(2026, 11, 20), mode=Mode.PAPER),
)


def test_each_kind_that_is_sent_is_here() -> None:
    assert {type(task) for task in TASKS} == set(KINDS)


@pytest.mark.parametrize("task", TASKS, ids=lambda task: type(task).__name__)
def test_what_is_read_is_what_was_sent(task: Task) -> None:
    read = Input.model_validate_json(body_of(task, NOW))
    assert (read.to_domain(), read.as_of) == (task, NOW)


@pytest.mark.parametrize(("asks", "kind"), [(SqsFollowLater, Follow), (SqsJournalQueue, Measure)])
def test_what_follows_is_asked_for_in_some_messages_that_wait(asks: Any, kind: Any) -> None:
    class Queue:
        sent: list[tuple[str, int]] = []  # noqa: RUF012 - of this test

        def send(self, bodies: list[str], *, delay: int = 0) -> None:
            self.sent += [(body, delay) for body in bodies]

    queue = Queue()
    names = [TradeId(f"jt_{n}") for n in range(120)]
    asks(queue)(OWNER, names, now=NOW)
    read = [Input.model_validate_json(body).to_domain() for body, _ in queue.sent]
    assert all(isinstance(task, kind) for task in read)
    assert [name for task in read for name in task.trade_ids] == names  # type: ignore[union-attr]
    assert all(delay > 0 for _, delay in queue.sent)


@pytest.fixture
def works(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[Any]]:
    """Stand in for the use cases, and say what each was called with; `fail` makes one fail."""
    called: dict[str, list[Any]] = {"fail": []}

    def factory(name: str) -> Callable[[], Callable[..., object]]:
        def call(*given: object, **named: object) -> object:
            if name in called["fail"]:
                raise StoreUnavailable(name)
            called.setdefault(name, []).append((given, named))
            return name

        return lambda: call

    for name in ("follow_trades", "look_again", "score_day", "call_owed"):
        monkeypatch.setattr(bootstrap, name, factory(name))
    return called


def handled(event: dict[str, Any], *left: int) -> dict[str, Any]:
    """Handle an event; `left` are milliseconds before each message, plenty without any."""
    spare = iter(left)
    context = SimpleNamespace(
        get_remaining_time_in_millis=lambda: next(spare, 180_000),
        function_name="journal",
        memory_limit_in_mb=512,
        invoked_function_arn="arn:aws:lambda:eu-west-1:1:function:journal",
        aws_request_id="r-1",
    )
    answer: dict[str, Any] = handler.lambda_handler(event, context)
    return answer


def batch(*tasks: Task) -> dict[str, Any]:
    bodies = [body_of(task, NOW) for task in tasks]
    return {"Records": [{"messageId": f"m{n}", "body": body} for n, body in enumerate(bodies)]}


def test_judging_that_fails_comes_again_alone(works: dict[str, list[Any]]) -> None:
    works["fail"] = ["follow_trades"]
    _, _, measure, follow, refresh, score = TASKS
    answer = handled(batch(measure, follow, refresh, score))
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m1"}]}
    assert [named["arrived"] for _, named in works["look_again"]] == [True, False]
    assert works["score_day"][0][0] == (OWNER, date(2026, 11, 20), Mode.PAPER)


def test_what_the_time_is_too_short_for_is_sent_once_more(
    works: dict[str, list[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[tuple[Any, datetime]] = []

    class Queue:
        def send(self, tasks: list[Task], *, now: datetime) -> None:
            sent.extend((task, now) for task in tasks)

    monkeypatch.setattr(bootstrap, "journal_work", Queue)
    _, _, measure, follow, refresh, _ = TASKS
    assert handled(batch(measure, follow, refresh), 180_000, 59_000, 2_000) == {
        "batchItemFailures": []
    }
    assert (len(works["look_again"]), "follow_trades" in works) == (1, False)
    assert sent == [(follow, NOW), (refresh, NOW)]


def test_each_hour_what_is_due_is_handed_out(works: dict[str, list[Any]]) -> None:
    event = {"as_of": "2026-11-21T12:00:00Z", "owner": "SYSTEM", "task": {"kind": "due"}}
    assert handled(json.loads(json.dumps(event))) == {"batchItemFailures": []}
    assert works["call_owed"] == [((NOW,), {})]


def test_an_hour_that_fails_is_told_to_the_schedule(works: dict[str, list[Any]]) -> None:
    works["fail"] = ["call_owed"]
    with pytest.raises(StoreUnavailable):
        handled({"as_of": "2026-11-21T12:00:00Z", "owner": "SYSTEM", "task": {"kind": "due"}})
