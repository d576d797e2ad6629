"""Bring candles and rules up to date: a batch of markets, or the gaps of all of them."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.sync_market.messages import Input, Output
from nightdesk import bootstrap
from nightdesk.core.clock import iso
from nightdesk.observability import count_faults, logger, metrics, trace, tracer


@logger.inject_lambda_context(clear_state=True)
@tracer.capture_lambda_handler(capture_response=False)
@metrics.log_metrics(capture_cold_start_metric=True)
@count_faults
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Parse, sync each market, answer. A fault escapes: Step Functions reads its class."""
    message = Input.model_validate(event)
    trace(as_of=iso(message.as_of), markets=",".join(m.instrument for m in message.markets))
    if message.hourly:
        rules = bootstrap.refresh_rules()(as_of=message.as_of)
        synced = bootstrap.backfill_gaps()(as_of=message.as_of)
        return Output.from_domain(synced, rules).model_dump(mode="json")
    sync = bootstrap.sync_market()
    results = [
        one
        for market in message.markets
        for one in sync(market.instrument, market.timeframes, as_of=message.as_of)
    ]
    for one in results:
        for finding in one.findings:
            logger.info("%s %s %s", one.instrument_id, one.timeframe, finding)
    return Output.from_domain(results).model_dump(mode="json")
