"""A queue that feeds one function, and the stream of a table that feeds another."""

from aws_cdk import Duration, Fn
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.cdk.constructs.acknowledged import acknowledge
from infra.cdk.constructs.desk_function import DeskFunction
from infra.cdk.stages import StageConfig
from nightdesk.names import Env

TRIES = 5
"""A message that fails so often is given up."""
HIDDEN = 6
"""Times the function's timeout, as AWS advises: a throttled batch may be tried again meanwhile."""
HIDDEN_ALONE = 1
"""The same where the queue itself bounds its workers, so that none is throttled."""
EVENT_ONLY = {"eventName": ["INSERT"], "dynamodb": {"NewImage": {"kind": {"S": ["EVENT"]}}}}


class WorkQueue(Construct):
    """Messages that wait for one function. Those that fail again and again go to `dead_letters`."""

    def __init__(
        self,
        scope: Construct,
        id: str,  # noqa: A002 - CDK calls it so
        *,
        config: StageConfig,
        worker: DeskFunction,
        dead_letters: sqs.Queue,
        batch: int,
        parallel: int | None = None,
    ) -> None:
        """Build the queue and let `worker` take `batch` messages at once from it.

        What a worker has died over comes again when it is no longer hidden: where `parallel` bounds
        the workers, that is as soon as the dead one could have worked.
        """
        super().__init__(scope, id)
        hidden = HIDDEN if parallel is None else HIDDEN_ALONE
        self._emulated = config.is_local
        self.queue = sqs.Queue(
            self,
            "Queue",
            queue_name=config.name(worker.name.replace("_", "-")),
            visibility_timeout=Duration.seconds(hidden * int(worker.timeout.to_seconds())),
            retention_period=Duration.days(4),
            enforce_ssl=not config.is_local,
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            dead_letter_queue=sqs.DeadLetterQueue(queue=dead_letters, max_receive_count=TRIES),
            removal_policy=config.log_removal,
        )
        if config.is_local:
            acknowledge(
                self.queue, "AwsSolutions-SQS4", "the emulator speaks HTTP, on this machine"
            )
        worker.role.add_to_policy(
            iam.PolicyStatement(
                actions=["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
                resources=[self.queue.queue_arn],
            )
        )
        lambda_.EventSourceMapping(
            self,
            "Messages",
            target=worker.function,
            event_source_arn=self.queue.queue_arn,
            batch_size=batch,
            max_concurrency=parallel,
            report_batch_item_failures=True,
        )

    def may_be_sent_to_by(self, function: DeskFunction, variable: Env) -> None:
        """Let a function send messages, and name the queue.

        To the emulator a batch of them is an action of its own. It has a statement of its own, so
        that the other ones are those of AWS.
        """
        function.set(variable, self.queue.queue_url)
        for action in ("sqs:SendMessage", *(("sqs:SendMessageBatch",) if self._emulated else ())):
            function.role.add_to_policy(
                iam.PolicyStatement(actions=[action], resources=[self.queue.queue_arn])
            )


def feed(reader: DeskFunction, stream_export: str, dead_letters: sqs.Queue) -> None:
    """Let a function read the events of the outbox from the stream of the desk table.

    A batch that fails is halved until the one that fails stands alone, and is given up after a
    day: what follows in its shard waits no longer.
    """
    stream = Fn.import_value(stream_export)
    for actions, resource in (
        (("DescribeStream", "GetRecords", "GetShardIterator"), stream),
        (("ListStreams",), "*"),
    ):
        reader.role.add_to_policy(
            iam.PolicyStatement(
                actions=[f"dynamodb:{action}" for action in actions], resources=[resource]
            )
        )
    reader.role.add_to_policy(
        iam.PolicyStatement(actions=["sqs:SendMessage"], resources=[dead_letters.queue_arn])
    )
    mapping = lambda_.EventSourceMapping(
        reader,
        "Stream",
        target=reader.function,
        event_source_arn=stream,
        starting_position=lambda_.StartingPosition.TRIM_HORIZON,
        batch_size=100,
        max_batching_window=Duration.seconds(0),
        parallelization_factor=1,
        bisect_batch_on_error=True,
        retry_attempts=20,
        max_record_age=Duration.days(1),
        filters=[lambda_.FilterCriteria.filter(EVENT_ONLY)],
    )
    child = mapping.node.default_child
    assert isinstance(child, lambda_.CfnEventSourceMapping)  # noqa: S101 - narrows for mypy
    child.destination_config = lambda_.CfnEventSourceMapping.DestinationConfigProperty(
        on_failure=lambda_.CfnEventSourceMapping.OnFailureProperty(
            destination=dead_letters.queue_arn
        )
    )
