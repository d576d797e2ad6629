"""Trade the due bots of a batch of markets, or protect what they hold."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.trade_bots.messages import Input, Output
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
    trace(
        as_of=message.as_of.isoformat(),
        markets=",".join(market.instrument for market in message.markets),
    )
    traded = bootstrap.trade_bots()(
        message.findings(),
        as_of=message.as_of,
        now=message.now or bootstrap.clock().now(),
        holder=message.worker,
        protect_only=message.protect_only,
    )
    metrics.add_metric(Metric.SUBMIT_UNKNOWN, unit="Count", value=traded.unknown)
    metrics.add_metric(Metric.LEDGER_BROKEN, unit="Count", value=traded.broken)
    return Output.from_domain(traded).model_dump(mode="json")
