"""Build, measure and keep the trades of the desk's bots."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.journal.messages import Envelope, Failure, Output
from nightdesk import bootstrap
from nightdesk.core.clock import iso
from nightdesk.core.errors import Fault
from nightdesk.journal.task import Filled, Task, TripClosed
from nightdesk.observability import count_faults, logger, metrics, trace, tracer


@logger.inject_lambda_context(clear_state=True)
@tracer.capture_lambda_handler(capture_response=False)
@metrics.log_metrics(capture_cold_start_metric=True)
@count_faults
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Parse, do each task, answer which messages shall come again.

    One that fails keeps no other. It comes again until the queue gives it up to the dead letters.
    """
    failures = []
    for message_id, message in Envelope.model_validate(event).tasks():
        trace(as_of=iso(message.as_of), owner=message.owner, task=message.task.kind)
        try:
            logger.info("%s", _work(message.to_domain()))
        except Fault:
            logger.exception("the task is tried again")
            failures.append(Failure(message_id=message_id))
    return Output(failures=failures).model_dump(mode="json", by_alias=True)


def _work(task: Task) -> object:
    """Return what came of it."""
    now = bootstrap.clock().now()
    if isinstance(task, TripClosed):
        return bootstrap.capture_trip().closed(task, now=now)
    if isinstance(task, Filled):
        return bootstrap.capture_trip().filled(task.owner, task.bot_id, task.order_id, now=now)
    return bootstrap.measure_stored()(task.owner, task.trade_ids)
