"""What stands between a flood on the API and a stop; and who answers pages of other origins."""

from collections.abc import Callable

import pytest

from infra.cdk.stages import STAGES, StageConfig, stage_config
from tests.infrastructure.templates import Synthesised, functions, resources

StageOf = Callable[[str], Synthesised]
ACCOUNT = 1_000
"""Concurrent executions of an account, unless more or fewer were agreed; 100 cannot be reserved."""


def test_trading_functions_hold_concurrency_that_the_api_cannot_take(stage_of: StageOf) -> None:
    found = {
        name: function.get("ReservedConcurrentExecutions")
        for name, function in functions(stage_of("prod").app).items()
    }
    reserved = {name: copies for name, copies in found.items() if copies is not None}
    assert set(reserved) == {"plan", "watch", "trade_bots", "emergency_stop"}
    assert reserved["trade_bots"] == StageConfig(stage="prod").batch_concurrency
    assert sum(reserved.values()) <= ACCOUNT - 100


def test_the_emulator_reserves_nothing(stage_of: StageOf) -> None:
    for function in functions(stage_of("local").app).values():
        assert "ReservedConcurrentExecutions" not in function


@pytest.mark.parametrize("stage", sorted(set(STAGES) - {"local"}))
def test_every_real_stage_reserves_unless_it_is_told_not_to(stage: str) -> None:
    assert stage_config({"stage": stage}.get).reserved_concurrency
    assert not stage_config({"stage": stage, "reserve": "no"}.get).reserved_concurrency


def test_the_function_answers_cors_and_the_gateway_does_not(stage_of: StageOf) -> None:
    app = stage_of("prod").app
    (api,) = resources(app, "AWS::ApiGatewayV2::Api").values()
    assert "CorsConfiguration" not in api["Properties"]
    routes = resources(app, "AWS::ApiGatewayV2::Route").values()
    assert [one["Properties"]["RouteKey"] for one in routes] == ["ANY /{proxy+}"]


@pytest.mark.parametrize("origins", ["*", "https://desk.example.com,*", "null"])
def test_a_stage_takes_exact_origins(origins: str) -> None:
    with pytest.raises(ValueError, match="exact origins"):
        stage_config({"stage": "dev", "cors_origins": origins}.get)
