"""What watches: alarms with their runbook sections, one dashboard, one topic."""

from typing import Any

from aws_cdk import Stack
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from infra.cdk.constructs.acknowledged import acknowledge
from infra.cdk.constructs.alarms import DeskAlarms
from infra.cdk.constructs.dashboard import desk_dashboard
from infra.cdk.stacks.app_stack import AppStack
from infra.cdk.stacks.data_stack import DataStack
from infra.cdk.stages import StageConfig


class OpsStack(Stack):
    """Alarms go to one topic; `-c alarm_email=` subscribes a person to it."""

    def __init__(
        self,
        scope: Construct,
        id: str,  # noqa: A002 - CDK calls it so
        *,
        config: StageConfig,
        data: DataStack,
        app: AppStack,
        **kwargs: Any,
    ) -> None:
        """Build the topic, the alarms and the dashboard."""
        super().__init__(scope, id, **kwargs)
        self.topic = sns.Topic(self, "Alarms", topic_name=config.name("alarms"), enforce_ssl=True)
        acknowledge(
            self.topic,
            "AwsSolutions-SNS2",
            "an alarm names a metric and a threshold; CloudWatch cannot use the AWS-managed key",
        )
        if config.alarm_email:
            self.topic.add_subscription(subscriptions.EmailSubscription(config.alarm_email))
        DeskAlarms(self, "Alarm", config=config, app=app, topic=self.topic)
        desk_dashboard(self, config=config, data=data, app=app)
