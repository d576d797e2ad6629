"""Drives a deployed desk: runs the cycle, calls functions, reads what they left."""

import io
import json
import time
import urllib.request
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from infra.cdk.local.deploy import Deployment, client, function_name

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_stepfunctions import SFNClient

CYCLE = "TradingCycle"
RUN_SECONDS = 300
FIRST_POLL_SECONDS = 0.02
SLOWEST_POLL_SECONDS = 0.2
WAITING = {"ApproximateNumberOfMessages", "ApproximateNumberOfMessagesDelayed"}
AT_WORK = {"ApproximateNumberOfMessagesNotVisible"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """How an execution of a machine ended. `output` is None unless it succeeded."""

    arn: str
    status: str
    output: Any
    error: str | None
    cause: str | None

    @property
    def succeeded(self) -> bool:
        """Whether it ended well."""
        return self.status == "SUCCEEDED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a function answered. With an `error` (a class name) the payload is Lambda's report."""

    payload: Any
    error: str | None


@dataclass(frozen=True)
class Cloud:
    """A deployed desk, through the emulator's endpoint."""

    deployment: Deployment

    def run(
        self, machine: str, event: dict[str, Any], *, timeout_seconds: float = RUN_SECONDS
    ) -> Run:
        """Run a machine (`TradingCycle`, or an ARN) to its end.

        Raises TimeoutError; the execution is stopped then.
        """
        started = self.step_functions.start_execution(
            stateMachineArn=self._machine_arn(machine), input=json.dumps(event)
        )
        arn = started["executionArn"]
        deadline = time.monotonic() + timeout_seconds
        pause = FIRST_POLL_SECONDS
        while (run := self.describe(arn)).status == "RUNNING":
            if time.monotonic() > deadline:
                self.step_functions.stop_execution(executionArn=arn)
                raise TimeoutError(f"{arn} still ran after {timeout_seconds} s")
            time.sleep(pause)
            pause = min(pause * 1.2, SLOWEST_POLL_SECONDS)
        return run

    def describe(self, arn: str) -> Run:
        """Say how an execution stands."""
        found = self.step_functions.describe_execution(executionArn=arn)
        output = found.get("output")
        return Run(
            arn=arn,
            status=found["status"],
            output=json.loads(output) if output else None,
            error=found.get("error"),
            cause=found.get("cause"),
        )

    def history(self, arn: str) -> list[dict[str, Any]]:
        """Return the events of an execution, oldest first."""
        pages = self.step_functions.get_paginator("get_execution_history")
        return [
            dict(event) for page in pages.paginate(executionArn=arn) for event in page["events"]
        ]

    def invoke(self, function: str, event: dict[str, Any]) -> Answer:
        """Call a function by the name of its folder and wait for its answer."""
        found = self.functions.invoke(
            FunctionName=function_name(function), Payload=json.dumps(event).encode()
        )
        payload = json.loads(found["Payload"].read() or b"null")
        failed = "FunctionError" in found
        return Answer(payload=payload, error=payload["errorType"] if failed else None)

    def secret(self, name: str) -> str:
        """Return what a secret holds."""
        return self.secrets_manager.get_secret_value(SecretId=name)["SecretString"]

    def letters(self, to: str) -> list[str]:
        """Return the texts of the mail that was sent to an address, oldest first."""
        url = f"{self.deployment.endpoint}/_ministack/ses/messages"
        with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - ours # nosec B310
            found = json.load(answer)["messages"]
        sent = [one for messages in found.values() for one in messages if to in one["To"]]
        return [one["BodyText"] for one in sorted(sent, key=lambda one: one["Timestamp"])]

    @contextmanager
    def replaced(self, function: str, source: str) -> Iterator[None]:
        """Run `source` as the function's handler module for the time being.

        The deployed handler stands beside it as `functions.<function>.deployed`.
        """
        name = function_name(function)
        deployed = self.functions.get_function(FunctionName=name)["Code"]["Location"]
        with urllib.request.urlopen(deployed) as answer:  # noqa: S310 - ours # nosec B310
            archive = answer.read()
        changed = with_handler(archive, function, source)
        self.functions.update_function_code(FunctionName=name, ZipFile=changed)
        try:
            yield
        finally:
            self.functions.update_function_code(FunctionName=name, ZipFile=archive)

    def waiting(self, *, at_work: bool = False) -> int:
        """Return how many messages the queues hold that nobody works; `at_work`: those, too."""
        counted = WAITING | (AT_WORK if at_work else set())
        urls = self.queues.list_queues().get("QueueUrls", [])
        return sum(
            int(count)
            for url in urls
            if "dead" not in url and "dlq" not in url
            for name, count in self._attributes(url).items()
            if name in counted
        )

    def _attributes(self, url: str) -> dict[str, str]:
        found = self.queues.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
        return dict(found["Attributes"])

    def _machine_arn(self, machine: str) -> str:
        return self.deployment.cycle_arn if machine == CYCLE else machine

    def _client(self, service: str) -> Any:
        return client(service, self.deployment.endpoint, read_seconds=RUN_SECONDS)

    @cached_property
    def step_functions(self) -> "SFNClient":
        """A client of Step Functions."""
        found: SFNClient = self._client("stepfunctions")
        return found

    @cached_property
    def functions(self) -> "LambdaClient":
        """A client of Lambda."""
        found: LambdaClient = self._client("lambda")
        return found

    @cached_property
    def tables(self) -> "DynamoDBClient":
        """A client of DynamoDB."""
        found: DynamoDBClient = self._client("dynamodb")
        return found

    @cached_property
    def queues(self) -> Any:
        """A client of SQS."""
        return self._client("sqs")

    @cached_property
    def secrets_manager(self) -> "SecretsManagerClient":
        """A client of Secrets Manager."""
        found: SecretsManagerClient = self._client("secretsmanager")
        return found


def with_handler(archive: bytes, function: str, source: str) -> bytes:
    """Return a deployable archive with another handler; the one it had is named `deployed`."""
    folder = f"functions/{function}"
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(archive)) as deployed,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as changed,
    ):
        for entry in deployed.infolist():
            content = deployed.read(entry)
            if entry.filename == f"{folder}/handler.py":
                entry.filename = f"{folder}/deployed.py"
            changed.writestr(entry, content)
        changed.writestr(f"{folder}/handler.py", source)
    return buffer.getvalue()
