"""Look after what is held in a minute in which no due candle closes."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.watch.messages import Input, Output
from nightdesk import bootstrap
from nightdesk.observability import count_faults, logger, metrics, trace, tracer


@logger.inject_lambda_context(clear_state=True)
@tracer.capture_lambda_handler(capture_response=False)
@metrics.log_metrics(capture_cold_start_metric=True)
@count_faults
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Parse, call one use case, answer. A fault escapes: Step Functions reads its class."""
    message = Input.model_validate(event)
    trace(as_of=message.as_of.isoformat())
    batches = bootstrap.watch()(as_of=message.as_of)
    return Output.from_domain(batches, message.as_of, message.now).model_dump(mode="json")
