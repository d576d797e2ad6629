"""Work imports of files: check, commit, undo, as far as the time allows."""

from contextlib import suppress
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.import_trades.messages import Input
from nightdesk import bootstrap
from nightdesk.core.errors import Missing, Permanent, StaleWrite, Transient
from nightdesk.core.queued import Output
from nightdesk.journal.imported import Step
from nightdesk.observability import count_faults, logger, metrics, trace, tracer

SPARE_MS = 30_000
"""What is left for the batch that is being written when a worker stops."""


@logger.inject_lambda_context(clear_state=True)
@tracer.capture_lambda_handler(capture_response=False)
@metrics.log_metrics(capture_cold_start_metric=True)
@count_faults
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Parse, do each step, answer which messages shall come again.

    A step that nothing can help ends its import as failed; what it wrote can be undone.
    """
    output = Output()
    for message_id, message in output.read(event, Input):
        trace(owner=message.owner, import_id=message.import_id, step=message.step.value)
        try:
            _work(message, context)
        except (Transient, StaleWrite):  # one who writes the same trades is done by then
            logger.exception("the step is tried again")
            output.again(message_id)
        except Permanent as fault:
            logger.exception("the import has failed")
            now = bootstrap.clock().now()
            with suppress(Missing):  # its owner has left
                bootstrap.fail_import()(message.owner, message.import_id, fault.code, now)
    return output.model_dump(mode="json", by_alias=True)


def _work(message: Input, context: LambdaContext) -> None:
    now = bootstrap.clock().now()

    def enough() -> bool:
        return bool(context.get_remaining_time_in_millis() < SPARE_MS)

    if message.step is Step.CHECK:
        bootstrap.check_import()(message.owner, message.import_id, now)
    elif message.step is Step.COMMIT:
        bootstrap.commit_import()(message.owner, message.import_id, now, enough)
    else:
        bootstrap.undo_import()(message.owner, message.import_id, now, enough)
