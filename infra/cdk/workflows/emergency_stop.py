"""The emergency stop, carried out: every owner it concerns, every bot of theirs, until done."""

from collections.abc import Sequence
from typing import Any

from aws_cdk import ArnFormat, Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from infra.cdk.constructs.acknowledged import acknowledge
from infra.cdk.constructs.desk_function import DeskFunction
from infra.cdk.stages import StageConfig
from infra.cdk.workflows.trading_cycle import EXECUTIONS, LOG_DELIVERY, TRACING

TIMEOUT = Duration.hours(1)
"""What is not stopped by then the trading cycle goes on with; a person is told."""
PAUSE = Duration.seconds(5)
"""Between rounds: a lease runs out, an order that nobody can say is placed is asked for again."""
OWNERS_AT_ONCE = 40
BOTS_AT_ONCE = 10


class OwnerChild(sfn.StateMachineFragment):
    """One owner: shut the gate, pause the bots, clear them one by one, look again.

    It ends in `{"left"}`, the bots with something left to stop: a bot that fails keeps no other,
    and what fails here is taken again in the next round.
    """

    def __init__(self, scope: Construct, id: str, *, work: "Work") -> None:  # noqa: A002
        """Build the states of a child."""
        super().__init__(scope, id)
        # something is left, as far as anybody can say
        failed = sfn.Pass(self, "Owner Failed", parameters={"left": 1})
        done = sfn.Pass(
            self, "Owner Done", parameters={"left": sfn.JsonPath.number_at("$.halted.left")}
        )
        lifted = sfn.Pass(self, "Owner Lifted", parameters={"left": 0})
        lift = work.step("Lift", "lift", result_path=sfn.JsonPath.DISCARD)
        halt = work.step("Halt Bots", "halt", result_path="$.halted")
        again = work.step("Look Again", "halt", result_path="$.halted")
        bots = sfn.Map(
            self,
            "Bots",
            items_path="$.halted.bots",
            item_selector={
                **{
                    name: sfn.JsonPath.string_at(f"$.{name}")
                    for name in ("stop_id", "scope", "owner", "worker")
                },
                "bot_id": sfn.JsonPath.string_at("$$.Map.Item.Value"),
            },
            max_concurrency=BOTS_AT_ONCE,
            result_path=sfn.JsonPath.DISCARD,
        )
        bot = work.step("Stop Bot", "stop", names=("owner", "bot_id", "worker"))
        bot.add_catch(sfn.Pass(self, "Bot Failed"), errors=[sfn.Errors.ALL], result_path="$.error")
        bots.item_processor(bot)
        for step in (lift, halt, again):
            step.add_catch(failed, errors=[sfn.Errors.ALL], result_path="$.error")
        anything = sfn.Choice(self, "Anything Left")
        anything.when(sfn.Condition.is_present("$.halted.bots[0]"), bots.next(again).next(done))
        anything.otherwise(done)
        way = sfn.Choice(self, "Which Way")
        way.when(sfn.Condition.string_equals("$.mode", "lift"), lift.next(lifted))
        self._start = way.otherwise(halt.next(anything))
        self._ends: list[sfn.INextable] = [done, lifted, failed]

    @property
    def start_state(self) -> sfn.State:
        """Where a child begins."""
        return self._start

    @property
    def end_states(self) -> list[sfn.INextable]:
        """Where a child ends."""
        return self._ends


class Work:
    """The function of the stop, as steps: each names its action and what it is handed."""

    def __init__(self, function: DeskFunction) -> None:
        self.function = function

    def step(
        self,
        title: str,
        action: str,
        *,
        names: Sequence[str] = ("owner",),
        result_path: str = "$",
        **more: Any,
    ) -> tasks.LambdaInvoke:
        """Return a step. Its moment is that of the step: rounds go on for minutes."""
        handed = {
            "action": action,
            "as_of": sfn.JsonPath.string_at("$$.State.EnteredTime"),
            **{name: sfn.JsonPath.string_at(f"$.{name}") for name in ("stop_id", "scope", *names)},
            **more,
        }
        if action == "lift":
            handed["restart"] = sfn.JsonPath.object_at("$.restart")
        return self.function.step(
            title, result_path=result_path, payload=sfn.TaskInput.from_object(handed)
        )


class EmergencyStop(Construct):
    """The machine. Input `{mode, stop_id, scope, restart, after: "", left: 0}`.

    It goes through the owners page by page, and again from the first while anything is left.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,  # noqa: A002 - CDK calls it so
        *,
        config: StageConfig,
        function: DeskFunction,
        dead_letters: sqs.Queue,
    ) -> None:
        """Build the machine and its log group."""
        super().__init__(scope, id)
        self._queue_arn = dead_letters.queue_arn
        work = Work(function)
        lost = self._lost(dead_letters)
        owners = work.step("Find Owners", "owners", names=("mode", "after"), result_path="$.page")
        each = self._each(work)
        add_up = work.step(
            "Add Up",
            "round",
            names=(),
            result_path="$.sum",
            left=sfn.JsonPath.number_at("$.left"),
            results=sfn.JsonPath.object_at("$.results"),
        )
        for state in (owners, each, add_up):
            state.add_catch(lost, errors=[sfn.Errors.ALL], result_path="$.error")
        following = self._turn("Next Owners", after="$.page.after", left="$.sum.left")
        anew = self._turn("From The First")
        wait = sfn.Wait(self, "Wait", time=sfn.WaitTime.duration(PAUSE))
        more = sfn.Choice(self, "More Owners")
        left = sfn.Choice(self, "Left To Stop")
        left.when(sfn.Condition.number_greater_than("$.sum.left", 0), wait.next(anew).next(owners))
        left.otherwise(sfn.Succeed(self, "Stopped"))
        more.when(sfn.Condition.string_equals("$.page.after", ""), left)
        more.otherwise(following.next(owners))
        owners.next(each).next(add_up).next(more)
        self.machine = self._machine(config, owners, function)

    def _turn(self, title: str, *, after: str | None = None, left: str | None = None) -> sfn.Pass:
        """Return what leads to the next page, or back to the first."""
        kept = {name: sfn.JsonPath.string_at(f"$.{name}") for name in ("mode", "stop_id", "scope")}
        return sfn.Pass(
            self,
            title,
            parameters={
                **kept,
                "restart": sfn.JsonPath.object_at("$.restart"),
                "after": "" if after is None else sfn.JsonPath.string_at(after),
                "left": 0 if left is None else sfn.JsonPath.number_at(left),
            },
        )

    def _each(self, work: Work) -> sfn.DistributedMap:
        each = sfn.DistributedMap(
            self,
            "Owners",
            items_path="$.page.owners",
            item_selector={
                **{
                    name: sfn.JsonPath.string_at(f"$.{name}")
                    for name in ("mode", "stop_id", "scope")
                },
                "restart": sfn.JsonPath.object_at("$.restart"),
                "owner": sfn.JsonPath.string_at("$$.Map.Item.Value"),
                "worker": sfn.JsonPath.string_at("$$.Execution.Name"),
            },
            max_concurrency=OWNERS_AT_ONCE,
            tolerated_failure_percentage=100,
            map_execution_type=sfn.StateMachineType.EXPRESS,
            result_path="$.results",
        )
        each.item_processor(OwnerChild(self, "Owner", work=work))
        return each

    def _lost(self, dead_letters: sqs.Queue) -> tasks.SqsSendMessage:
        """Return where a stop goes that could not be carried out: a person must look."""
        lost = tasks.SqsSendMessage(
            self,
            "Keep For A Person",
            queue=dead_letters,
            message_body=sfn.TaskInput.from_json_path_at("$"),
        )
        lost.next(sfn.Fail(self, "Not Carried Out", error="StopNotCarriedOut"))
        return lost

    def _machine(
        self, config: StageConfig, start: sfn.IChainable, function: DeskFunction
    ) -> sfn.StateMachine:
        log_group = logs.LogGroup(
            self,
            "Logs",
            # Outside this prefix every machine takes room in the account's resource policy.
            log_group_name=f"/aws/vendedlogs/states/{config.name('emergency-stop')}",
            retention=config.log_retention,
            removal_policy=config.log_removal,
        )
        name = config.name("emergency-stop")
        role = self._role(name, function)
        machine = sfn.StateMachine(
            self,
            "Machine",
            state_machine_name=name,
            role=role.without_policy_updates(),
            definition_body=sfn.DefinitionBody.from_chainable(sfn.Chain.start(start)),
            timeout=TIMEOUT,
            tracing_enabled=True,
            logs=sfn.LogOptions(destination=log_group, level=sfn.LogLevel.ERROR),
        )
        machine.node.add_dependency(role)
        machine.node.try_remove_child("DistributedMapPolicy")  # stands in the role, narrower
        acknowledge(
            machine,
            "AwsSolutions-SF1",
            "a Standard machine keeps every event for 90 days; logging each again is paid by byte",
        )
        return machine

    def _role(self, machine_name: str, function: DeskFunction) -> iam.Role:
        """Return the machine's role: its function, its own children, its queue, logs, traces."""
        stack = Stack.of(self)
        machine, children = (
            stack.format_arn(
                service="states",
                resource=resource,
                resource_name=named,
                arn_format=ArnFormat.COLON_RESOURCE_NAME,
            )
            for resource, named in (
                ("stateMachine", machine_name),
                ("execution", f"{machine_name}/*"),
            )
        )
        role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("states.amazonaws.com"))
        for actions, resources in (
            (["lambda:InvokeFunction"], [function.function.function_arn]),
            (["states:StartExecution"], [machine]),
            (["states:DescribeExecution", "states:StopExecution"], [children]),
            (["sqs:SendMessage"], [self._queue_arn]),
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
