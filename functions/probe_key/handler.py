"""Ask a provider what a key is worth. The one function that opens keys and has no other right."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.probe_key.messages import Input, Output
from nightdesk import bootstrap
from nightdesk.observability import count_faults, logger, metrics, trace, tracer


@logger.inject_lambda_context(clear_state=True)
@tracer.capture_lambda_handler(capture_response=False)
@metrics.log_metrics(capture_cold_start_metric=True)
@count_faults
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Parse, ask, answer. A fault escapes: who invoked it reads its class."""
    message = Input.model_validate(event)
    trace(owner=message.owner, provider=message.provider)
    finding = bootstrap.probe_here()(
        message.context,
        message.sealed,
        now=message.as_of,
        private_hosts=message.private_hosts,
        code=message.code,
    )
    return Output.from_domain(finding).model_dump(mode="json")
