"""Build, measure, keep and judge trades; look again at those that more is to be told of."""

from datetime import datetime
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.journal.messages import Input
from nightdesk import bootstrap
from nightdesk.core.clock import iso
from nightdesk.core.errors import Fault
from nightdesk.core.queued import Output
from nightdesk.journal.task import Due, Filled, Follow, Measure, Score, Task, TripClosed
from nightdesk.observability import count_faults, logger, metrics, trace, tracer

SPARE_MS = 60_000
"""What the longest task may take: with less time than that left none is begun."""


@logger.inject_lambda_context(clear_state=True)
@tracer.capture_lambda_handler(capture_response=False)
@metrics.log_metrics(capture_cold_start_metric=True)
@count_faults
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Parse, do each task, answer which messages shall come again.

    One that fails keeps no other. It comes again until the queue gives it up to the dead letters.
    What the time is too short for is sent once more: to come again would count as a failure.
    Each hour the schedule sends one by itself: what is due becomes tasks.
    """
    if "Records" not in event:
        _done(Input.model_validate(event))
        return Output().model_dump(mode="json", by_alias=True)
    output = Output()
    for message_id, message in output.read(event, Input):
        try:
            if context.get_remaining_time_in_millis() < SPARE_MS:
                bootstrap.journal_work().send([message.to_domain()], now=message.as_of)
            else:
                _done(message)
        except Fault:
            logger.exception("the task is tried again")
            output.again(message_id)
    return output.model_dump(mode="json", by_alias=True)


def _done(message: Input) -> None:
    trace(as_of=iso(message.as_of), owner=message.owner, task=message.task.kind)
    logger.info("%s", _work(message.to_domain(), message.as_of))


def _work(task: Task, as_of: datetime) -> object:
    """Return what came of it."""
    if isinstance(task, Due):
        return bootstrap.call_owed()(as_of)
    now = bootstrap.clock().now()
    if isinstance(task, TripClosed):
        return bootstrap.capture_trip().closed(task, now=now)
    if isinstance(task, Filled):
        return bootstrap.capture_trip().filled(task.owner, task.bot_id, task.order_id, now=now)
    if isinstance(task, Score):
        return bootstrap.score_day()(task.owner, task.day, task.mode, now=now)
    if isinstance(task, Follow):
        return bootstrap.follow_trades()(task.owner, task.trade_ids, now=now)
    arrived = isinstance(task, Measure)
    return bootstrap.look_again()(task.owner, task.trade_ids, now=now, arrived=arrived)
