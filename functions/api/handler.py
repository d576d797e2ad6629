"""Lambda entry of the API. A SnapStart snapshot holds the whole app, and no secret."""

import gc

# What is imported lives as long as the process: looking through it for garbage, again and again
# while it grows, is an eighth of a cold start. Frozen, it is never looked through at all.
gc.disable()

import os
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext
from mangum import Mangum

from functions.api.app import Desk
from nightdesk.observability import logger, metrics, tracer

desk = Desk()
if os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE") == "snap-start":
    desk.build()
application = Mangum(desk, lifespan="off")
gc.freeze()
gc.enable()


@logger.inject_lambda_context(clear_state=True)
@tracer.capture_lambda_handler(capture_response=False)
@metrics.log_metrics(capture_cold_start_metric=True)
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one request of the HTTP API (payload version 2.0)."""
    return application(event, context)  # type: ignore[arg-type] # two types of one object
