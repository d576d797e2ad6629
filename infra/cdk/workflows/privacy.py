"""Privacy: an owner's copy of everything, made step by step, and the end of an account."""

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.cdk.constructs.acknowledged import acknowledge
from infra.cdk.constructs.desk_function import DeskFunction
from infra.cdk.stages import StageConfig
from infra.cdk.workflows.trading_cycle import LOG_DELIVERY, TRACING

EXPORT_TIMEOUT = Duration.hours(12)
LATER = Duration.hours(1)
DELETION_TIMEOUT = Duration.days(60)
"""Seven days of grace, and time for a person to see to what keeps failing."""


class Export(Construct):
    """The machine. Its input is the state before the first step, its output that after the last.

    A copy of everything takes many steps, a file of a journal one. A step that keeps failing ends
    the export as failed, and the owner may ask for another one.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,  # noqa: A002 - CDK calls it so
        *,
        config: StageConfig,
        function: DeskFunction,
    ) -> None:
        """Build the machine and its log group."""
        super().__init__(scope, id)
        collect = function.step("Collect Or Pack")
        failed = sfn.Fail(self, "Export Failed", error="ExportFailed")
        exported = sfn.Succeed(self, "Exported")
        given_up = function.step("Give Up", payload=_given_up())
        collect.add_catch(given_up.next(failed), errors=[sfn.Errors.ALL], result_path="$.error")
        done = sfn.Choice(self, "Is It Done")
        done.when(sfn.Condition.boolean_equals("$.done", True), exported)  # noqa: FBT003
        done.otherwise(collect)
        collect.next(done)
        make = function.step("Make Journal File")
        no_file = function.step("Give Up Journal File", payload=_given_up(journal=True))
        make.add_catch(no_file.next(failed), errors=[sfn.Errors.ALL], result_path="$.error")
        make.next(exported)
        which = sfn.Choice(self, "What Is Wanted")
        which.when(sfn.Condition.is_present("$.journal"), make)
        which.otherwise(collect)
        self.machine = machine_of(self, config, "export", which, function, timeout=EXPORT_TIMEOUT)


def _given_up(**more: bool) -> sfn.TaskInput:
    names = ("as_of", "owner", "export_id")
    named = {name: sfn.JsonPath.string_at(f"$.{name}") for name in names}
    return sfn.TaskInput.from_object({**named, "failed": True, **more})


class AccountDeletion(Construct):
    """The machine. It sleeps until the grace is over, and works page by page from then on.

    What cannot be done is tried again each hour: a deletion is not given up.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,  # noqa: A002 - CDK calls it so
        *,
        config: StageConfig,
        function: DeskFunction,
    ) -> None:
        """Build the machine and its log group."""
        super().__init__(scope, id)
        grace = sfn.Wait(
            self, "Until It Takes Effect", time=sfn.WaitTime.timestamp_path("$.effective_at")
        )
        erase = function.step("Erase")
        later = sfn.Wait(self, "Later", time=sfn.WaitTime.duration(LATER))
        later.next(erase)
        erase.add_catch(later, errors=[sfn.Errors.ALL], result_path="$.error")
        after = sfn.Choice(self, "What Next")
        after.when(sfn.Condition.string_equals("$.next", "more"), erase)
        after.when(sfn.Condition.string_equals("$.next", "held"), later)
        after.otherwise(sfn.Succeed(self, "Deleted"))
        erase.next(after)
        self.machine = machine_of(
            self, config, "account-deletion", grace.next(erase), function, timeout=DELETION_TIMEOUT
        )


def machine_of(
    scope: Construct,
    config: StageConfig,
    name: str,
    start: sfn.IChainable,
    function: DeskFunction,
    *,
    timeout: Duration,
) -> sfn.StateMachine:
    """Return a Standard machine of one function, with a role of its own."""
    log_group = logs.LogGroup(
        scope,
        "Logs",
        # Outside this prefix every machine takes room in the account's resource policy.
        log_group_name=f"/aws/vendedlogs/states/{config.name(name)}",
        retention=config.log_retention,
        removal_policy=config.log_removal,
    )
    role = iam.Role(scope, "Role", assumed_by=iam.ServicePrincipal("states.amazonaws.com"))
    for actions, resources in (
        (["lambda:InvokeFunction"], [function.function.function_arn]),
        (LOG_DELIVERY, ["*"]),
        (TRACING, ["*"]),
    ):
        role.add_to_policy(iam.PolicyStatement(actions=actions, resources=resources))
    acknowledge(
        role,
        "AwsSolutions-IAM5[Resource::*]",
        "log delivery and X-Ray know no narrower resource",
    )
    machine = sfn.StateMachine(
        scope,
        "Machine",
        state_machine_name=config.name(name),
        # What CDK would grant by itself reaches every version of every function.
        role=role.without_policy_updates(),
        definition_body=sfn.DefinitionBody.from_chainable(start),
        timeout=timeout,
        tracing_enabled=True,
        logs=sfn.LogOptions(destination=log_group, level=sfn.LogLevel.ERROR),
    )
    machine.node.add_dependency(role)
    acknowledge(
        machine,
        "AwsSolutions-SF1",
        "a Standard machine keeps every event for 90 days; logging each again is paid by byte",
    )
    return machine
