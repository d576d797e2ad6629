"""The Powertools globals, and ids on every log line and trace segment."""

import os

from aws_lambda_powertools import Logger, Metrics, Tracer

from nightdesk.names import NAMESPACE, Env

logger = Logger(service="nightdesk", log_uncaught_exceptions=True)
tracer = Tracer(service="nightdesk")
metrics = Metrics(namespace=NAMESPACE, service="nightdesk")
# Alarms ask by stage; where none is set, nothing reads the metric either.
metrics.set_default_dimensions(stage=os.environ.get(Env.STAGE, "none"))


def trace(**ids: str) -> None:
    """Put ids on every later log line of this invocation, and on its trace segment."""
    logger.append_keys(**ids)
    for name, value in ids.items():
        tracer.put_annotation(name, value)
