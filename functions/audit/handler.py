"""Write down the heads of the audit log's chains each day, and walk the chains each week."""

from datetime import datetime, timedelta
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.audit.messages import Input, Output
from nightdesk import bootstrap
from nightdesk.names import Metric
from nightdesk.observability import count_faults, logger, metrics, trace, tracer

DAY = timedelta(days=1)


@logger.inject_lambda_context(clear_state=True)
@tracer.capture_lambda_handler(capture_response=False)
@metrics.log_metrics(capture_cold_start_metric=True)
@count_faults
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Parse, call one use case, answer. A broken chain is an answer, and an alarm."""
    message = Input.model_validate(event)
    trace(as_of=message.as_of.isoformat())
    if message.verify:
        output = _verified(message.chain, message.as_of)
        metrics.add_metric(Metric.AUDIT_BROKEN, unit="Count", value=len(output.broken))
        for one in output.broken:
            logger.critical("chain %s breaks at %d: %s", one.chain, one.seq, one.reason)
    else:
        output = Output(anchored=bootstrap.anchor_heads()((message.as_of - DAY).date()))
    return output.model_dump(mode="json")


def _verified(chain: str | None, as_of: datetime) -> Output:
    if chain is None:
        found = bootstrap.verify_all()(as_of)
        return Output.of_walk(found.chains, found.broken)
    broken = bootstrap.verify_chain()(chain, as_of)
    return Output.of_walk(1, [broken] if broken else [])
