"""The trading cycle: which bots are due, and a child for every two of their markets."""

from dataclasses import dataclass, fields

from aws_cdk import ArnFormat, Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.cdk.constructs.acknowledged import acknowledge
from infra.cdk.constructs.desk_function import DeskFunction
from infra.cdk.stages import StageConfig

CYCLE_TIMEOUT = Duration.minutes(5)
"""An Express child may not live longer either."""

LOG_DELIVERY = [
    "logs:CreateLogDelivery",
    "logs:GetLogDelivery",
    "logs:UpdateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:DescribeResourcePolicies",
    "logs:DescribeLogGroups",
]
TRACING = [
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
]
EXECUTIONS = "arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:execution"
"""As cdk-nag spells the tokens of an ARN."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """The functions of the cycle."""

    plan: DeskFunction
    sync_market: DeskFunction
    analyse: DeskFunction
    trade_bots: DeskFunction
    watch: DeskFunction
    settle: DeskFunction


class MarketBatch(sfn.StateMachineFragment):
    """One child: at most two markets, `{as_of, now, worker, markets, protect_only}`.

    It ends in `{"skipped": false, ...}` or, whatever went wrong, in `{"skipped": true, "error"}`:
    a map item that failed would count against the others. What a function answers stays in
    the child but for what `Trade Bots` and `Settle` say; so the map's output stays small.
    """

    def __init__(self, scope: Construct, id: str, *, steps: Steps) -> None:  # noqa: A002
        """Build the states of a child."""
        super().__init__(scope, id)
        skipped = sfn.Pass(
            self,
            "Batch Skipped",
            parameters={"skipped": True, "error": sfn.JsonPath.string_at("$.error.Error")},
        )
        sync = steps.sync_market.step("Sync Market", result_path="$.sync")
        analyse = steps.analyse.step("Analyse", result_path="$.analyse")
        trade = steps.trade_bots.step("Trade Bots", result_path="$.trade")
        settle = steps.settle.step("Settle", result_path="$.settle")
        protect = steps.trade_bots.step("Protect Bots", result_path="$.trade")
        for step in (sync, analyse, trade, settle, protect):
            step.add_catch(skipped, errors=[sfn.Errors.ALL], result_path="$.error")
        done = sfn.Pass(
            self,
            "Batch Done",
            parameters={
                "skipped": False,
                "trade": sfn.JsonPath.object_at("$.trade"),
                "settle": sfn.JsonPath.object_at("$.settle"),
            },
        )
        protected = sfn.Pass(
            self,
            "Batch Protected",
            parameters={"skipped": False, "trade": sfn.JsonPath.object_at("$.trade")},
        )
        full = sync.next(analyse).next(trade).next(settle).next(done)
        only = sfn.Choice(self, "Protect Only")
        only.when(sfn.Condition.boolean_equals("$.protect_only", True), protect.next(protected))  # noqa: FBT003
        self._start = only.otherwise(full)
        self._ends: list[sfn.INextable] = [done, protected, skipped]

    @property
    def start_state(self) -> sfn.State:
        """Where a child begins."""
        return self._start

    @property
    def end_states(self) -> list[sfn.INextable]:
        """Where a child ends."""
        return self._ends


class TradingCycle(Construct):
    """The machine. Input `{"as_of": <scheduled time>}`; output one object per batch."""

    def __init__(
        self,
        scope: Construct,
        id: str,  # noqa: A002 - CDK calls it so
        *,
        config: StageConfig,
        steps: Steps,
    ) -> None:
        """Build the machine and its log group."""
        super().__init__(scope, id)
        batches = sfn.DistributedMap(
            self,
            "Batches",
            items_path="$.batches",
            item_selector={
                **{
                    name: sfn.JsonPath.object_at(f"$$.Map.Item.Value.{name}")
                    for name in ("as_of", "now", "markets", "protect_only")
                },
                # holds the leases: a retry within this execution, or its redrive, goes on at once
                "worker": sfn.JsonPath.string_at("$$.Execution.Name"),
            },
            max_concurrency=config.batch_concurrency,
            tolerated_failure_percentage=100,
            map_execution_type=sfn.StateMachineType.EXPRESS,
        )
        batches.item_processor(MarketBatch(self, "Batch", steps=steps))
        due = sfn.Choice(self, "What Is Due")
        due.when(sfn.Condition.string_equals("$.kind", "cycle"), batches)
        due.when(
            sfn.Condition.string_equals("$.kind", "watch"),
            steps.watch.step("Watch").next(batches),
        )
        due.when(sfn.Condition.string_equals("$.kind", "idle"), sfn.Succeed(self, "Nothing Due"))
        due.otherwise(sfn.Fail(self, "Unknown Kind", error="UnknownKind"))
        log_group = logs.LogGroup(
            self,
            "Logs",
            # Outside this prefix every machine takes room in the account's resource policy.
            log_group_name=f"/aws/vendedlogs/states/{config.name('cycle')}",
            retention=config.log_retention,
            removal_policy=config.log_removal,
        )
        role = self._role(config.name("cycle"), steps)
        self.machine = sfn.StateMachine(
            self,
            "Machine",
            state_machine_name=config.name("cycle"),
            # What CDK would grant by itself reaches every version of every function.
            role=role.without_policy_updates(),
            definition_body=sfn.DefinitionBody.from_chainable(steps.plan.step("Plan").next(due)),
            timeout=CYCLE_TIMEOUT,
            tracing_enabled=True,
            logs=sfn.LogOptions(destination=log_group, level=sfn.LogLevel.ERROR),
        )
        self.machine.node.add_dependency(role)
        self.machine.node.try_remove_child("DistributedMapPolicy")  # stands in the role, narrower
        acknowledge(
            self.machine,
            "AwsSolutions-SF1",
            "a Standard machine keeps every event for 90 days; logging each again is paid by byte",
        )

    def _role(self, machine_name: str, steps: Steps) -> iam.Role:
        """Return the machine's role: its functions, its own children, logs and traces."""
        stack = Stack.of(self)
        functions = [getattr(steps, field.name).function for field in fields(steps)]
        machine = stack.format_arn(
            service="states",
            resource="stateMachine",
            resource_name=machine_name,
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )
        children = stack.format_arn(
            service="states",
            resource="execution",
            resource_name=f"{machine_name}/*",
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )
        role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("states.amazonaws.com"))
        for actions, resources in (
            (["lambda:InvokeFunction"], [function.function_arn for function in functions]),
            (["states:StartExecution"], [machine]),
            (["states:DescribeExecution", "states:StopExecution"], [children]),
            (LOG_DELIVERY, ["*"]),
            (TRACING, ["*"]),
        ):
            role.add_to_policy(iam.PolicyStatement(actions=actions, resources=resources))
        acknowledge(
            role,
            "AwsSolutions-IAM5[Resource::*]",
            "log delivery and X-Ray know no narrower resource",
        )
        acknowledge(
            role,
            f"AwsSolutions-IAM5[Resource::{EXECUTIONS}:{machine_name}/*]",
            "the children that a Distributed Map starts get their names at run time",
        )
        return role
