"""The HTTP API: one function behind every route, throttled, with an access log."""

import json

from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk.aws_apigatewayv2_integrations import HttpLambdaIntegration
from constructs import Construct

from infra.cdk.constructs.acknowledged import acknowledge
from infra.cdk.constructs.desk_function import DeskFunction
from infra.cdk.stages import StageConfig
from nightdesk.names import Env

REQUESTS_PER_SECOND = 200
BURST = 400

ACCESS_LOG = {
    # Neither path parameters nor queries: both can hold ids and tokens of traders.
    "request_id": "$context.requestId",
    "method": "$context.httpMethod",
    "status": "$context.status",
    "duration_ms": "$context.responseLatency",
    "bytes": "$context.responseLength",
    "error": "$context.integrationErrorMessage",
}


class DeskApi(Construct):
    """API Gateway in front of `function`, by way of its alias `live`."""

    def __init__(
        self,
        scope: Construct,
        id: str,  # noqa: A002 - CDK calls it so
        *,
        config: StageConfig,
        function: DeskFunction,
    ) -> None:
        """Build the API. The function learns its address as PUBLIC_URL."""
        super().__init__(scope, id)
        self.http_api = apigateway.HttpApi(
            self, "HttpApi", api_name=config.name("api"), create_default_stage=False
        )
        self.url = self.http_api.api_endpoint
        if config.endpoint:
            self.url = f"{config.endpoint}/_aws/execute-api/{self.http_api.api_id}/$default"
        function.set(Env.PUBLIC_URL, self.url)
        # SnapStart restores published versions only, so the API calls one, by its alias.
        self.alias = lambda_.Alias(
            self, "Live", alias_name="live", version=function.function.current_version
        )
        log_group = logs.LogGroup(
            self,
            "AccessLogs",
            log_group_name=f"/nightdesk/{config.stage}/access",
            retention=config.log_retention,
            removal_policy=config.log_removal,
        )
        self.stage = apigateway.HttpStage(
            self,
            "Stage",
            http_api=self.http_api,
            stage_name="$default",
            auto_deploy=True,
            throttle=apigateway.ThrottleSettings(rate_limit=REQUESTS_PER_SECOND, burst_limit=BURST),
        )
        settings = apigateway.CfnStage.AccessLogSettingsProperty(
            destination_arn=log_group.log_group_arn, format=json.dumps(ACCESS_LOG)
        )
        default = self.stage.node.default_child
        assert isinstance(default, apigateway.CfnStage)  # noqa: S101 - narrows for mypy
        default.access_log_settings = settings
        routes = self.http_api.add_routes(
            path="/{proxy+}",
            integration=HttpLambdaIntegration("Integration", self.alias),
        )
        for route in routes:
            acknowledge(
                route,
                "AwsSolutions-APIG4",
                "sessions and API tokens are checked by the function, which also knows roles",
            )
