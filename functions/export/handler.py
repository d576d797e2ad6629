"""Collect some of what is an owner's, or pack what was collected; or make a file of a journal."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.export.messages import Input, Output
from nightdesk import bootstrap
from nightdesk.observability import count_faults, logger, metrics, trace, tracer


@logger.inject_lambda_context(clear_state=True)
@tracer.capture_lambda_handler(capture_response=False)
@metrics.log_metrics(capture_cold_start_metric=True)
@count_faults
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Parse, call one use case, answer. A fault escapes: Step Functions reads its class."""
    message = Input.model_validate(event)
    trace(export_id=message.export_id)
    if message.journal:
        return _journal(message)
    collect, now = bootstrap.collect_export(), bootstrap.clock().now()
    state = message.to_domain()
    if message.failed:
        collect.fail(state, now)
        return message.model_dump(mode="json")
    return Output.from_domain(collect(state, now)).model_dump(mode="json")


def _journal(message: Input) -> dict[str, Any]:
    clock = bootstrap.clock()
    if message.failed:
        bootstrap.fail_journal_export()(message.owner, message.export_id, clock.now())
    else:
        bootstrap.make_journal_export()(message.owner, message.export_id, clock.now)
    return message.model_copy(update={"done": True}).model_dump(mode="json")
