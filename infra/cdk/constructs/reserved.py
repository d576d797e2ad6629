"""Concurrency that is kept free for trading, so that no flood on the API takes it."""

from collections.abc import Mapping

from aws_cdk import aws_lambda as lambda_

from infra.cdk.constructs.desk_function import DeskFunction
from infra.cdk.stages import StageConfig


def reservations(config: StageConfig) -> dict[str, int]:
    """Return how many copies of each trading function may always run.

    A reservation is a ceiling as well: that of `trade_bots` is what the map of the cycle starts
    at the same time, the others run once per minute or per stop.
    """
    if not config.reserved_concurrency:
        return {}
    return {
        "plan": 2,
        "watch": 2,
        "trade_bots": config.batch_concurrency,
        "emergency_stop": 10,
    }


def reserve(functions: Mapping[str, DeskFunction], config: StageConfig) -> None:
    """Reserve it, where the stage does."""
    for name, copies in reservations(config).items():
        resource = functions[name].function.node.default_child
        assert isinstance(resource, lambda_.CfnFunction)  # noqa: S101 - narrows for mypy
        resource.reserved_concurrent_executions = copies
