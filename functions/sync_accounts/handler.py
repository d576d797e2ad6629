"""Fetch what accounts did at their venues: begin the syncs each hour, and do their work."""

from contextlib import suppress
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.sync_accounts.messages import Input, Output
from nightdesk import bootstrap
from nightdesk.core.clock import iso
from nightdesk.core.errors import Missing, Permanent, Transient
from nightdesk.observability import count_faults, logger, metrics, trace, tracer

SPARE_MS = 60_000
"""What is left for the page that is being fetched when a worker stops."""


@logger.inject_lambda_context(clear_state=True)
@tracer.capture_lambda_handler(capture_response=False)
@metrics.log_metrics(capture_cold_start_metric=True)
@count_faults
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Parse, begin or go on, answer which messages shall come again.

    A sync that nothing can help ends as failed; what it fetched stays.
    """
    if "Records" not in event:
        message = Input.model_validate(event)
        trace(as_of=iso(message.as_of))
        begun = bootstrap.start_hourly_syncs()(message.as_of)
        return Output(begun=begun).model_dump(mode="json", by_alias=True)
    output = Output()
    for message_id, message in output.read(event, Input):
        trace(owner=message.owner, sync_id=message.sync_id)
        try:
            _work(message, context)
        except Transient:
            logger.exception("the sync is gone on with later")
            output.again(message_id)
        except Permanent as fault:
            logger.exception("the sync has failed")
            now = bootstrap.clock().now()
            with suppress(Missing):  # its owner has left
                bootstrap.fail_sync()(message.owner, message.sync_id, fault.code, now)
    return output.model_dump(mode="json", by_alias=True)


def _work(message: Input, context: LambdaContext) -> None:
    now = bootstrap.clock().now()

    def enough() -> bool:
        return bool(context.get_remaining_time_in_millis() < SPARE_MS)

    done = bootstrap.sync_account()(message.owner, message.sync_id, now, enough)
    logger.info("%s %s %s", done.account, done.status, dict(done.counts))
