"""Reader one of the desk table's stream: hands the journal what concerns it."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.notify.messages import Input, Output
from nightdesk import bootstrap
from nightdesk.core.clock import iso
from nightdesk.observability import count_faults, logger, metrics, trace, tracer


@logger.inject_lambda_context(clear_state=True)
@tracer.capture_lambda_handler(capture_response=False)
@metrics.log_metrics(capture_cold_start_metric=True)
@count_faults
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Parse, route, answer. A fault escapes: the batch comes again, and tasks may come twice."""
    message = Input.model_validate(event)
    trace(as_of=iso(message.as_of))
    found = bootstrap.events_of(message.put)
    tasks = bootstrap.route_events()(found, now=message.as_of)
    if tasks:
        logger.info("%s tasks for the journal", tasks)
    return Output(events=len(found), tasks=tasks).model_dump(mode="json")
