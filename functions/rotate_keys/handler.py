"""Look at the ring of signing keys once a day, and turn it one step when it is time."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.rotate_keys.messages import Input, Output
from nightdesk import bootstrap
from nightdesk.core.clock import iso
from nightdesk.observability import count_faults, logger, metrics, trace, tracer


@logger.inject_lambda_context(clear_state=True)
@tracer.capture_lambda_handler(capture_response=False)
@metrics.log_metrics(capture_cold_start_metric=True)
@count_faults
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Parse, turn, answer. Called again after a step, it finds that the next one is not due."""
    message = Input.model_validate(event)
    trace(as_of=iso(message.as_of))
    return Output(turned=bootstrap.rotate_keys()(message.as_of)).model_dump(mode="json")
