"""Plan one minute: which markets are due, or whether anything wants watching."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.plan.messages import Input, Output
from nightdesk import bootstrap
from nightdesk.names import Metric
from nightdesk.observability import count_faults, logger, metrics, trace, tracer


@logger.inject_lambda_context(clear_state=True)
@tracer.capture_lambda_handler(capture_response=False)
@metrics.log_metrics(capture_cold_start_metric=True)
@count_faults
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Parse, call one use case, answer. A fault escapes: Step Functions reads its class."""
    message = Input.model_validate(event)
    trace(as_of=message.as_of.isoformat())
    plan = bootstrap.plan_cycle()(message.as_of, now=message.now or bootstrap.clock().now())
    metrics.add_metric(Metric.CYCLE_LAG, unit="Seconds", value=plan.lag.total_seconds())
    metrics.add_metric(Metric.LATE_CYCLES, unit="Count", value=int(plan.code is not None))
    return Output.from_domain(plan, message.now).model_dump(mode="json")
