"""Take the snapshots of a batch of markets."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.analyse.messages import Input, Output, Taken
from nightdesk import bootstrap
from nightdesk.core.clock import iso
from nightdesk.observability import count_faults, logger, metrics, trace, tracer


@logger.inject_lambda_context(clear_state=True)
@tracer.capture_lambda_handler(capture_response=False)
@metrics.log_metrics(capture_cold_start_metric=True)
@count_faults
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Parse, look at each market, answer. A fault escapes: Step Functions reads its class."""
    message = Input.model_validate(event)
    trace(as_of=iso(message.as_of), markets=",".join(m.instrument for m in message.markets))
    take = bootstrap.analyse()
    snapshots = [
        snapshot
        for market in message.markets
        for snapshot in take(
            market.instrument,
            market.timeframes,
            as_of=message.as_of,
            findings=message.findings(market.instrument),
        )
    ]
    taken = tuple(Taken.from_domain(snapshot) for snapshot in snapshots)
    return Output(snapshots=taken).model_dump(mode="json")
