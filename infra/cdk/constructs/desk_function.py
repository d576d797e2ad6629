"""One Lambda function of the desk, with a role, a log group and nothing it was not granted."""

from collections.abc import Sequence
from dataclasses import dataclass

from aws_cdk import ArnFormat, Duration, Fn, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from infra.cdk.assets.layout import handler
from infra.cdk.constructs.acknowledged import acknowledge
from infra.cdk.stages import StageConfig
from nightdesk.core.errors import retried
from nightdesk.names import NAMESPACE, Env

PLATFORM_FAULTS = (
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.TooManyRequestsException",
)
GRACE_SECONDS = 5
"""A step outwaits its function, so that a time-out comes from Lambda with its log line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskTable:
    """A table, and the variable by which a function that may use it finds it."""

    variable: Env
    table: dynamodb.TableV2


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskSecret:
    """A secret, its name, and the variable by which a function that may open it finds it."""

    variable: Env
    name: str
    secret: secretsmanager.Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskKey:
    """The key that wraps data keys, its alias, and the variable by which functions find it."""

    variable: Env
    alias: str
    key: kms.Key


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskBucket:
    """A bucket, and the variable by which a function that may use it finds it.

    `arn_export` is the name under which its stack exports its ARN: a finding of cdk-nag is
    acknowledged by it, and the name that CDK would make is known too late.
    """

    variable: Env
    arn_export: str
    bucket: s3.Bucket


class DeskFunction(Construct):
    """A function behind `functions.<name>.handler.lambda_handler`."""

    def __init__(
        self,
        scope: Construct,
        id: str,  # noqa: A002 - CDK calls it so
        *,
        name: str,
        version: str,
        config: StageConfig,
        code: lambda_.Code,
        layers: Sequence[lambda_.ILayerVersion],
        memory_mib: int,
        timeout: Duration,
        snap_start: bool = False,
    ) -> None:
        """Build the function. `timeout` also bounds its steps in a workflow."""
        super().__init__(scope, id)
        self.name = name
        self._emulated = config.is_local
        self.timeout = timeout
        self.log_group = logs.LogGroup(
            self,
            "Logs",
            log_group_name=f"/nightdesk/{config.stage}/{name}",
            retention=config.log_retention,
            removal_policy=config.log_removal,
        )
        role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        self.log_group.grant_write(role)
        # The emulator reports no error class from its own Python workers, so a Retry by class
        # would never match there: its functions bring their own runtime client.
        runtime = (
            lambda_.Runtime.PROVIDED_AL2023 if config.is_local else lambda_.Runtime.PYTHON_3_13
        )
        snap_start = snap_start and not config.is_local
        self.function = lambda_.Function(
            self,
            "Function",
            function_name=config.name(name),
            runtime=runtime,
            architecture=lambda_.Architecture.ARM_64,
            handler=handler(name),
            code=code,
            layers=None if config.is_local else list(layers),
            memory_size=memory_mib,
            timeout=timeout,
            role=role,
            log_group=self.log_group,
            tracing=lambda_.Tracing.ACTIVE,
            snap_start=lambda_.SnapStartConf.ON_PUBLISHED_VERSIONS if snap_start else None,
            environment=common_environment(name, version, config),
        )
        self.role = role
        acknowledge(
            role,
            "AwsSolutions-IAM5[Resource::*]",
            "X-Ray takes trace segments for no particular resource",
        )
        acknowledge(
            self.function,
            "AwsSolutions-L1",
            "3.13 is the newest that every pinned dependency ships wheels for",
        )

    def set(self, variable: Env, value: str) -> None:
        """Give the function one of its variables."""
        self.function.add_environment(variable, value)

    def may(self, table: DeskTable, *actions: str, index: str | Sequence[str] = ()) -> None:
        """Grant `actions` (without prefix) on a table and Query on an index, and name the table.

        `TableV2.grant` would open every index of the table along with it.
        """
        self.set(table.variable, table.table.table_name)
        self.role.add_to_policy(
            iam.PolicyStatement(
                actions=[f"dynamodb:{action}" for action in actions],
                resources=[table.table.table_arn],
            )
        )
        for name in [index] if isinstance(index, str) else index:
            self.role.add_to_policy(
                iam.PolicyStatement(
                    actions=["dynamodb:Query"],
                    resources=[f"{table.table.table_arn}/index/{name}"],
                )
            )

    def may_open(self, held: DeskSecret, *, replace: bool = False) -> None:
        """Grant reading a secret, to `replace` it too, and name it.

        `Secret.grant_read` would write the role into the policy of the key, and so make the
        stack of the data depend on the stack that works on it.
        """
        self.set(held.variable, held.name)
        key = held.secret.encryption_key
        assert key is not None  # noqa: S101 - each of ours has one
        # by name: the emulator exports a secret's name where AWS exports its ARN, and the six
        # characters behind it are the only ones that a policy cannot know
        named = Stack.of(self).format_arn(
            service="secretsmanager",
            resource="secret",
            resource_name=f"{held.name}-??????",
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )
        # without the condition it could unwrap every key of the vault along with the secret
        by_service = f"secretsmanager.{Stack.of(self).region}.amazonaws.com"
        here = {"StringEquals": {"kms:ViaService": by_service}}
        for actions, arn, conditions in (
            (("GetSecretValue", "PutSecretValue"), named, None),
            (("Decrypt", "GenerateDataKey"), key.key_arn, here),
        ):
            service = "kms" if conditions else "secretsmanager"
            granted = [f"{service}:{action}" for action in actions[: 1 + replace]]
            self.role.add_to_policy(
                iam.PolicyStatement(actions=granted, resources=[arn], conditions=conditions)
            )

    def may_wrap(self, key: DeskKey, *actions: str, kinds: Sequence[str]) -> None:
        """Grant `actions` (without prefix) on data keys of these kinds alone, and name the key.

        The emulator's policies know no encryption context, where the condition would refuse all,
        and take the alias that a call names for the key itself.
        """
        self.set(key.variable, key.alias)
        kind = {"StringEquals": {"kms:EncryptionContext:kind": list(kinds)}}
        alias = Stack.of(self).format_arn(service="kms", resource=key.alias)
        self.role.add_to_policy(
            iam.PolicyStatement(
                actions=[f"kms:{action}" for action in actions],
                resources=[key.key.key_arn, *([alias] if self._emulated else [])],
                conditions=None if self._emulated else kind,
            )
        )

    def may_anchor(self, held: DeskBucket) -> None:
        """Grant putting objects and listing their versions, nothing else, and name the bucket."""
        self.set(held.variable, held.bucket.bucket_name)
        arn = Fn.import_value(held.arn_export)
        for action, resource in (
            ("s3:PutObject", f"{arn}/anchors/*"),
            ("s3:ListBucketVersions", arn),
        ):
            self.role.add_to_policy(iam.PolicyStatement(actions=[action], resources=[resource]))
        acknowledge(
            self.role,
            f"AwsSolutions-IAM5[Resource::{held.arn_export}/anchors/*]",
            "an anchor's name holds a hash that nobody knows before",
        )

    def may_start(self, machine: sfn.StateMachine, variable: Env) -> None:
        """Grant starting a machine, and name it."""
        self.set(variable, machine.state_machine_arn)
        self.role.add_to_policy(
            iam.PolicyStatement(
                actions=["states:StartExecution"], resources=[machine.state_machine_arn]
            )
        )

    def may_count(self, queues: Sequence[sqs.Queue], variable: Env) -> None:
        """Grant reading how many messages wait, never the messages, and name the queues."""
        self.set(variable, ",".join(queue.queue_url for queue in queues))
        self.role.add_to_policy(
            iam.PolicyStatement(
                actions=["sqs:GetQueueAttributes"],
                resources=[queue.queue_arn for queue in queues],
            )
        )

    def may_call(self, other: "DeskFunction", variable: Env) -> None:
        """Grant invoking another function, and name it."""
        self.set(variable, other.function.function_name)
        self.role.add_to_policy(
            iam.PolicyStatement(
                actions=["lambda:InvokeFunction"], resources=[other.function.function_arn]
            )
        )

    def step(
        self, title: str, *, result_path: str = "$", payload: sfn.TaskInput | None = None
    ) -> tasks.LambdaInvoke:
        """Return a workflow step that calls this function and tries transient faults again.

        `payload` is what it is handed, by default the state's input.
        """
        step = tasks.LambdaInvoke(
            self,
            title,
            lambda_function=self.function,
            payload=payload,
            payload_response_only=True,
            retry_on_service_exceptions=False,
            result_path=result_path,
            task_timeout=sfn.Timeout.duration(
                Duration.seconds(self.timeout.to_seconds() + GRACE_SECONDS)
            ),
        )
        step.add_retry(
            errors=[*retried(), *PLATFORM_FAULTS],
            interval=Duration.seconds(1),
            backoff_rate=2,
            max_attempts=4,
            max_delay=Duration.seconds(15),
            jitter_strategy=sfn.JitterType.FULL,
        )
        return step


def common_environment(name: str, version: str, config: StageConfig) -> dict[str, str]:
    """Return the variables that every function has."""
    return {
        Env.STAGE: config.stage,
        Env.VERSION: version,
        Env.COMMIT: config.commit,
        Env.LOG_LEVEL: config.log_level,
        Env.TRACE_RATE: config.trace_rate,
        "POWERTOOLS_SERVICE_NAME": name,
        "POWERTOOLS_METRICS_NAMESPACE": NAMESPACE,
    }
