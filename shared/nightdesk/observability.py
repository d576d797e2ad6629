"""The Powertools globals, and ids on every log line and trace segment."""

import json
import os
from collections.abc import Callable
from functools import partial, wraps
from typing import ParamSpec, TypeVar

from aws_lambda_powertools import Logger, Metrics, Tracer

from nightdesk.accounts.credential import SealBroken
from nightdesk.core.errors import StoreUnavailable
from nightdesk.names import NAMESPACE, Env, Metric

H = TypeVar("H")
P = ParamSpec("P")
R = TypeVar("R")


class Untraced:
    """Stands for the tracer where nothing is traced.

    Powertools' own loads the X-Ray SDK and botocore even then, as long as all of FastAPI. On
    Lambda it is the real one, made at import: a SnapStart snapshot holds it.
    """

    def capture_lambda_handler(self, *, capture_response: bool) -> Callable[[H], H]:  # noqa: ARG002 - Tracer's
        """Return the handler as it is."""
        return lambda handler: handler

    def put_annotation(self, key: str, value: str) -> None:
        """Do nothing."""


def _traced() -> bool:
    """Tell whether a Lambda service traces us: Powertools' own conditions."""
    wish = os.environ.get("POWERTOOLS_TRACE_DISABLED", "").lower()
    off = wish in {"1", "y", "yes", "t", "true", "on"}
    return "LAMBDA_TASK_ROOT" in os.environ and not off


# ASCII alone: what a trader named a thing can neither break a line of the log nor turn it around.
in_ascii = partial(json.dumps, default=str, separators=(",", ":"))
logger = Logger(service="nightdesk", log_uncaught_exceptions=True, json_serializer=in_ascii)
tracer: Tracer = Tracer(service="nightdesk") if _traced() else Untraced()  # type: ignore[assignment]
metrics = Metrics(namespace=NAMESPACE, service="nightdesk")
# Alarms ask by stage; where none is set, nothing reads the metric either.
metrics.set_default_dimensions(stage=os.environ.get(Env.STAGE, "none"))


def count_faults(handler: Callable[P, R]) -> Callable[P, R]:
    """Count what alarms ask for of the faults that escape a handler; they escape all the same."""

    @wraps(handler)
    def counted(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return handler(*args, **kwargs)
        except StoreUnavailable:
            metrics.add_metric(Metric.DATABASE_ERRORS, unit="Count", value=1)
            raise
        except SealBroken:
            metrics.add_metric(Metric.SEAL_BROKEN, unit="Count", value=1)
            raise

    return counted


def trace(**ids: str) -> None:
    """Put ids on every later log line of this invocation, and on its trace segment."""
    logger.append_keys(**ids)
    for name, value in ids.items():
        tracer.put_annotation(name, value)
