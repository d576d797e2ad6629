"""Make reviews: each hour what is due is handed out, and each task is worked by itself."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.review.messages import Hour, Input, Passed
from nightdesk import bootstrap
from nightdesk.core.clock import iso
from nightdesk.core.errors import Conflict, Missing
from nightdesk.core.queued import Output
from nightdesk.observability import count_faults, logger, metrics, trace, tracer


@logger.inject_lambda_context(clear_state=True)
@tracer.capture_lambda_handler(capture_response=False)
@metrics.log_metrics(capture_cold_start_metric=True)
@count_faults
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Parse, hand out or do each task, answer which messages shall come again."""
    if "Records" not in event:
        message = Input.model_validate(event)
        trace(as_of=iso(message.as_of), task=message.task.kind)
        called = bootstrap.call_reviews()(message.as_of)
        return Passed.from_domain(called).model_dump(mode="json")
    output = Output()
    for message_id, message in output.read(event, Input):
        trace(as_of=iso(message.as_of), task=message.task.kind)
        try:
            _work(message)
        except Missing:
            logger.info("its owner has left")
        except Conflict as conflict:
            logger.info("%s: tried again", conflict.code)
            output.again(message_id)
        except Exception:  # noqa: BLE001 - the other messages are other owners'
            logger.exception("the task is tried again")
            output.again(message_id)
    return output.model_dump(mode="json", by_alias=True)


def _work(message: Input) -> None:
    if isinstance(message.task, Hour):
        bootstrap.call_reviews()(message.as_of)
    else:
        bootstrap.work_review()(message.task.to_domain(), now=bootstrap.clock().now())
