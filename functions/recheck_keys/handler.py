"""Ask venues once a day about the keys that passed their last test."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.recheck_keys.messages import Input, Output
from nightdesk import bootstrap
from nightdesk.core.clock import iso
from nightdesk.observability import count_faults, logger, metrics, trace, tracer


@logger.inject_lambda_context(clear_state=True)
@tracer.capture_lambda_handler(capture_response=False)
@metrics.log_metrics(capture_cold_start_metric=True)
@count_faults
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Parse, call one use case, answer. A run that was cut off may be run again."""
    message = Input.model_validate(event)
    trace(as_of=iso(message.as_of))
    done = bootstrap.recheck_keys()(message.as_of)
    return Output.from_domain(done).model_dump(mode="json")
