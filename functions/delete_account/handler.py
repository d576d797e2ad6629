"""Erase some of what an owner who left has left behind."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.delete_account.messages import Input, Output
from nightdesk import bootstrap
from nightdesk.observability import count_faults, logger, metrics, trace, tracer


@logger.inject_lambda_context(clear_state=True)
@tracer.capture_lambda_handler(capture_response=False)
@metrics.log_metrics(capture_cold_start_metric=True)
@count_faults
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Parse, call one use case, answer. A fault escapes: Step Functions reads its class."""
    message = Input.model_validate(event)
    trace(request_id=message.request_id, stage=message.stage.value)
    state = bootstrap.delete_account()(message.to_domain(), bootstrap.clock().now())
    return Output.from_domain(state).model_dump(mode="json")
