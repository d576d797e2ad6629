"""Who may do what with uploads: owners send them by forms, workers read and replace them."""

from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.cdk.constructs.desk_function import DeskBucket, DeskFunction
from infra.cdk.constructs.export_files import grant_files
from infra.cdk.stages import StageConfig

NEW_SHOTS, READY_SHOTS, IMPORTS = "screenshots/new/*", "screenshots/ready/*", "imports/*"


def tell_of_uploads(bucket: s3.Bucket) -> None:
    """Let a bucket tell EventBridge of new objects.

    The property of `Bucket` would bring a function of CDK's own to set what CloudFormation can.
    """
    resource = bucket.node.default_child
    assert isinstance(resource, s3.CfnBucket)  # noqa: S101 - narrows for mypy
    resource.notification_configuration = s3.CfnBucket.NotificationConfigurationProperty(
        event_bridge_configuration=s3.CfnBucket.EventBridgeConfigurationProperty(
            event_bridge_enabled=True
        )
    )


def may_take_uploads(api: DeskFunction, held: DeskBucket) -> None:
    """Grant what forms and links are signed with, and reading the report of an import."""
    read = ["s3:GetObject"]
    grant_files(
        api,
        held,
        {
            NEW_SHOTS: ["s3:PutObject", "s3:DeleteObject"],
            READY_SHOTS: [*read, "s3:DeleteObject"],
            IMPORTS: [*read, "s3:PutObject"],
        },
        listing=["s3:ListBucket"],
    )


def may_develop(function: DeskFunction, held: DeskBucket) -> None:
    """Grant reading what was uploaded as a screenshot, and putting what is made of it."""
    grant_files(
        function,
        held,
        {NEW_SHOTS: ["s3:GetObject", "s3:DeleteObject"], READY_SHOTS: ["s3:PutObject"]},
        listing=["s3:ListBucket"],
    )


def may_read_imports(function: DeskFunction, held: DeskBucket) -> None:
    """Grant reading uploaded files, and writing reports beside them."""
    objects = {IMPORTS: ["s3:GetObject", "s3:PutObject"]}
    grant_files(function, held, objects, listing=["s3:ListBucket"])


def on_new_screenshots(
    scope: Construct, config: StageConfig, held: DeskBucket, function: DeskFunction
) -> None:
    """Call a function for each new screenshot."""
    rule = events.CfnRule(
        scope,
        "NewScreenshots",
        name=config.name("new-screenshots"),
        event_pattern={
            "source": ["aws.s3"],
            "detail-type": ["Object Created"],
            "detail": {
                "bucket": {"name": [held.bucket.bucket_name]},
                "object": {"key": [{"prefix": NEW_SHOTS.removesuffix("*")}]},
            },
        },
        targets=[
            events.CfnRule.TargetProperty(arn=function.function.function_arn, id="Screenshot")
        ],
    )
    function.function.add_permission(
        "NewScreenshots",
        principal=iam.ServicePrincipal("events.amazonaws.com"),
        source_arn=rule.attr_arn,
    )
