"""Make uploaded screenshots anew."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.screenshot.messages import Input, Output
from nightdesk import bootstrap
from nightdesk.observability import count_faults, logger, metrics, trace, tracer


@logger.inject_lambda_context(clear_state=True)
@tracer.capture_lambda_handler(capture_response=False)
@metrics.log_metrics(capture_cold_start_metric=True)
@count_faults
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Parse, call one use case, answer. A fault escapes: the event comes again."""
    message = Input.model_validate(event)
    trace(as_of=message.as_of.isoformat())
    place = bootstrap.uploaded_as(message.key)
    shot = bootstrap.develop_screenshot()(*place) if place else None
    return Output(status=shot.status if shot else None).model_dump(mode="json")
