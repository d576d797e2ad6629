"""Make uploaded screenshots anew."""

from collections import Counter
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.screenshot.messages import Input, Output
from nightdesk import bootstrap
from nightdesk.journal.screenshot import ShotStatus
from nightdesk.observability import count_faults, logger, metrics, trace, tracer


@logger.inject_lambda_context(clear_state=True)
@tracer.capture_lambda_handler(capture_response=False)
@metrics.log_metrics(capture_cold_start_metric=True)
@count_faults
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Parse, call one use case for each file, answer. A fault escapes: S3's event comes again."""
    message = Input.model_validate(event)
    trace(as_of=message.as_of.isoformat())
    develop, found = bootstrap.develop_screenshot(), Counter[ShotStatus | None]()
    for key in message.keys:
        place = bootstrap.uploaded_as(key)
        shot = develop(*place) if place else None
        found[shot.status if shot else None] += 1
    ready, refused = found[ShotStatus.READY], found[ShotStatus.REFUSED]
    rest = found.total() - ready - refused
    return Output(ready=ready, refused=refused, unknown=rest).model_dump(mode="json")
