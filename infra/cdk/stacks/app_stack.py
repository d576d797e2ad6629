"""What works on the data and keeps none: functions, the API, the cycle, schedules."""

from dataclasses import fields
from functools import partial
from importlib.metadata import version
from typing import Any

from aws_cdk import CfnOutput, Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_scheduler_targets as targets
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.cdk.assets.layout import FUNCTIONS, LAYERS, Assets
from infra.cdk.constructs.acknowledged import acknowledge
from infra.cdk.constructs.desk_api import DeskApi
from infra.cdk.constructs.desk_function import DeskFunction
from infra.cdk.constructs.export_files import (
    may_erase_files,
    may_fetch_exports,
    may_make_exports,
    may_read_anchors,
)
from infra.cdk.constructs.reserved import reserve
from infra.cdk.constructs.upload_files import (
    may_develop,
    may_read_imports,
    may_take_uploads,
    on_new_screenshots,
)
from infra.cdk.constructs.work_queue import WorkQueue, feed
from infra.cdk.stacks.data_stack import (
    BY_MARKET,
    BY_MONTH,
    BY_OWNER,
    BY_SEVERITY,
    DESK_STREAM,
    DataStack,
)
from infra.cdk.stages import StageConfig
from infra.cdk.workflows.emergency_stop import EmergencyStop
from infra.cdk.workflows.privacy import AccountDeletion, Export
from infra.cdk.workflows.trading_cycle import Steps, TradingCycle
from nightdesk.names import Env

SIZES: dict[str, tuple[int, int]] = {
    "api": (1024, 20),
    "plan": (512, 20),
    "sync_market": (512, 60),
    "analyse": (1024, 60),
    "trade_bots": (1024, 60),
    "watch": (512, 45),
    "settle": (512, 30),
    "probe_key": (512, 15),
    "recheck_keys": (512, 900),
    "rotate_keys": (512, 30),
    "notify": (256, 30),
    "journal": (512, 180),
    "import_trades": (1024, 300),
    "sync_accounts": (512, 300),
    "review": (1024, 120),
    "screenshot": (1024, 60),
    "audit": (512, 900),
    "emergency_stop": (1024, 30),
    "export": (1769, 900),
    "delete_account": (512, 120),
}
"""Memory in MiB (a Lambda's share of a core grows with it) and timeout in seconds."""

READ = ("GetItem", "BatchGetItem", "Query")
WRITE = ("PutItem", "UpdateItem", "ConditionCheckItem")
DELETE = ("DeleteItem",)
MANY = ("BatchWriteItem",)
APPEND = ("GetItem", "PutItem", "Query")
"""All that anybody may do to the audit log."""
SYNCS_AT_ONCE = 5
"""Accounts that are worked at the same time: those of one venue may share its limit."""
IMPORTS_AT_ONCE = 20
"""Files that are worked at the same time, of all owners."""
CALLED = (
    "sync_market",
    "audit",
    "recheck_keys",
    "rotate_keys",
    "journal",
    "review",
    "sync_accounts",
)
"""Functions that schedules call."""
OPENED_HERE = ("audit", "totp")
"""Kinds of sealed things that the API opens: its own. It seals those of providers as well."""
OPENED_BY_PROBE = ("venue", "llm", "feed", "notify")
OPENED_BY_SYNC = ("venue",)


class AppStack(Stack):
    """Stateless. Who may read and write what stands in `_grant`, one line each."""

    def __init__(
        self,
        scope: Construct,
        id: str,  # noqa: A002 - CDK calls it so
        *,
        config: StageConfig,
        assets: Assets,
        data: DataStack,
        **kwargs: Any,
    ) -> None:
        """Build functions, grants, API, cycle and schedules."""
        super().__init__(scope, id, **kwargs)
        self.config = config
        self.functions = self._functions(assets)
        reserve(self.functions, config)
        self._grant(data)
        self._grant_journal(data)
        self._set_variables()
        self.api = DeskApi(self, "Gateway", config=config, function=self.functions["api"])
        steps = Steps(**{step.name: self.functions[step.name] for step in fields(Steps)})
        self.cycle = TradingCycle(self, "TradingCycle", config=config, steps=steps)
        called = (name.replace("_", "-") for name in CALLED)
        triggers = ("cycle", *called, "emergency-stop", "notify", "import-trades")
        self.dead_letters = {name: self._dead_letters(name) for name in triggers}
        self.stop = EmergencyStop(
            self,
            "StopTrading",
            config=config,
            function=self.functions["emergency_stop"],
            dead_letters=self.dead_letters["emergency-stop"],
        )
        self.functions["api"].may_start(self.stop.machine, Env.EMERGENCY_STOP_MACHINE)
        self.export = Export(self, "ExportData", config=config, function=self.functions["export"])
        self.functions["api"].may_start(self.export.machine, Env.EXPORT_WORKFLOW)
        self.deletion = AccountDeletion(
            self, "AccountDeletion", config=config, function=self.functions["delete_account"]
        )
        self.functions["api"].may_start(self.deletion.machine, Env.DELETION_WORKFLOW)
        self.functions["api"].may_count(list(self.dead_letters.values()), Env.DEAD_LETTERS)
        self._feed_journal(data)
        self._schedule()
        CfnOutput(self, "ApiUrl", value=self.api.url)
        CfnOutput(self, "CycleArn", value=self.cycle.machine.state_machine_arn)
        CfnOutput(self, "StopArn", value=self.stop.machine.state_machine_arn)
        CfnOutput(self, "ExportArn", value=self.export.machine.state_machine_arn)
        CfnOutput(self, "DeletionArn", value=self.deletion.machine.state_machine_arn)

    def _functions(self, assets: Assets) -> dict[str, DeskFunction]:
        code = lambda_.Code.from_asset(str(assets.code))
        layers: dict[str, lambda_.ILayerVersion] = {}
        for layer in () if self.config.is_local else LAYERS:
            layers[layer.name] = lambda_.LayerVersion(
                self,
                f"{layer.name.title()}Layer",
                code=lambda_.Code.from_asset(str(assets.layer(layer.name))),
                compatible_runtimes=[lambda_.Runtime.PYTHON_3_13],
                compatible_architectures=[lambda_.Architecture.ARM_64],
            )
        return {
            name: DeskFunction(
                self,
                "".join(word.title() for word in name.split("_")),
                name=name,
                version=version("nightdesk"),
                config=self.config,
                code=code,
                layers=[layers[layer] for layer in needed if layer in layers],
                memory_mib=SIZES[name][0],
                timeout=Duration.seconds(SIZES[name][1]),
                snap_start=name == "api",
            )
            for name, needed in FUNCTIONS.items()
        }

    def _grant(self, data: DataStack) -> None:
        """Say who may do what. A transaction is granted by the actions of its members."""
        fn = self.functions
        fn["plan"].may(data.desk, "Query", index=BY_MARKET)
        fn["plan"].may(data.runtime, "PutItem")
        fn["sync_market"].may(data.desk, "Query")
        fn["sync_market"].may(data.market, *READ, *WRITE, *DELETE, *MANY)
        fn["analyse"].may(data.market, *READ, *WRITE)
        fn["trade_bots"].may(data.desk, *READ, *WRITE, index=BY_MARKET)
        fn["trade_bots"].may(data.market, *READ)
        fn["trade_bots"].may(data.runtime, "GetItem", *WRITE)
        fn["watch"].may(data.desk, "BatchGetItem", "Query", index=BY_MARKET)
        fn["watch"].may(data.market, *READ)
        fn["settle"].may(data.desk, *READ, *WRITE, *MANY, index=BY_MARKET)
        fn["settle"].may(data.market, *READ)
        fn["api"].may(data.desk, *READ, *WRITE, *DELETE, index=BY_OWNER)
        fn["api"].may(data.market, *READ)
        fn["api"].may(data.runtime, *READ, *WRITE, *DELETE)
        fn["api"].may(data.audit, *APPEND, index=(BY_MONTH, BY_SEVERITY))
        for table in (data.desk, data.market, data.runtime):
            fn["api"].may(table, "DescribeTable")
        fn["api"].may_wrap(data.vault, "GenerateDataKey", kinds=[*OPENED_HERE, *OPENED_BY_PROBE])
        fn["api"].may_wrap(data.vault, "Decrypt", kinds=OPENED_HERE)
        fn["api"].may_call(fn["probe_key"], Env.PROBE_FUNCTION)
        fn["recheck_keys"].may(data.desk, "BatchGetItem", "PutItem", index=BY_MARKET)
        fn["recheck_keys"].may(data.audit, *APPEND)
        fn["recheck_keys"].may_call(fn["probe_key"], Env.PROBE_FUNCTION)
        fn["rotate_keys"].may(data.audit, "PutItem", "Query")
        fn["rotate_keys"].may_open(data.signing, replace=True)
        fn["probe_key"].may_wrap(data.vault, "Decrypt", kinds=OPENED_BY_PROBE)
        fn["audit"].may(data.audit, "Query")
        fn["emergency_stop"].may(data.desk, *READ, *WRITE, *DELETE, *MANY, index=BY_MARKET)
        fn["emergency_stop"].may(data.market, *READ)
        fn["emergency_stop"].may(data.runtime, "GetItem", "Query", *WRITE)
        fn["emergency_stop"].may(data.audit, "PutItem", "Query")
        fn["audit"].may_anchor(data.anchors)
        fn["export"].may(data.desk, "GetItem", "BatchGetItem", "Query", "PutItem", index=BY_OWNER)
        fn["export"].may(data.market, *READ)
        fn["export"].may(data.audit, "Query")
        fn["export"].may_wrap(data.vault, "Decrypt", kinds=["audit"])
        may_read_anchors(fn["export"], data.anchors)
        may_make_exports(fn["export"], data.exports)
        may_fetch_exports(fn["api"], data.exports)
        fn["delete_account"].may(data.desk, *READ, *WRITE, *DELETE, *MANY)
        fn["delete_account"].may(data.runtime, "Query", *MANY)
        fn["delete_account"].may(data.audit, "PutItem", "Query")
        may_erase_files(fn["delete_account"], data.exports)
        fn["api"].may_open(data.pepper)
        fn["api"].may_open(data.signing)
        fn["api"].may_open(data.operator)

    def _grant_journal(self, data: DataStack) -> None:
        """Say who may do what for the journal."""
        fn = self.functions
        fn["journal"].may(data.desk, *READ, *WRITE, *DELETE, index=(BY_OWNER, BY_MARKET))
        fn["journal"].may(data.market, *READ)
        fn["import_trades"].may(
            data.desk, *READ, *WRITE, *DELETE, *MANY, index=(BY_MARKET, BY_OWNER)
        )
        fn["import_trades"].may(data.market, *READ)
        may_read_imports(fn["import_trades"], data.uploads)
        fn["sync_accounts"].may(
            data.desk, *READ, *WRITE, *DELETE, *MANY, index=(BY_MARKET, BY_OWNER)
        )
        fn["sync_accounts"].may(data.market, *READ)
        fn["sync_accounts"].may(data.runtime, "BatchGetItem", "PutItem", "UpdateItem")
        fn["sync_accounts"].may_wrap(data.vault, "Decrypt", kinds=OPENED_BY_SYNC)
        fn["review"].may(data.desk, *READ, *WRITE, *DELETE, index=(BY_MARKET, BY_OWNER))
        fn["review"].may(data.market, *READ)
        fn["screenshot"].may(data.desk, *READ, *WRITE, *DELETE)
        may_develop(fn["screenshot"], data.uploads)
        may_take_uploads(fn["api"], data.uploads)
        may_erase_files(fn["delete_account"], data.uploads)

    def _feed_journal(self, data: DataStack) -> None:
        """Lead events, tasks, files and pictures to whom they concern."""
        fn, config = self.functions, self.config
        feed(fn["notify"], config.name(DESK_STREAM), self.dead_letters["notify"])
        journal, imports, reviews, syncs = (
            WorkQueue(
                self,
                f"{name.title().replace('_', '')}Work",
                config=config,
                worker=fn[name],
                dead_letters=self.dead_letters[name.replace("_", "-")],
                batch=batch,
                parallel=parallel,
            )
            for name, batch, parallel in (
                ("journal", 10, None),
                ("import_trades", 1, IMPORTS_AT_ONCE),
                ("review", 10, None),
                ("sync_accounts", 1, SYNCS_AT_ONCE),
            )
        )
        for name in ("sync_accounts", "api"):
            syncs.may_be_sent_to_by(fn[name], Env.SYNC_QUEUE)
        for name in ("notify", "journal", "import_trades", "sync_accounts", "api"):
            journal.may_be_sent_to_by(fn[name], Env.JOURNAL_QUEUE)
        for name in ("import_trades", "api"):
            imports.may_be_sent_to_by(fn[name], Env.IMPORT_QUEUE)
        for name in ("review", "api"):
            reviews.may_be_sent_to_by(fn[name], Env.REVIEW_QUEUE)
        on_new_screenshots(self, config, data.uploads, fn["screenshot"])

    def _set_variables(self) -> None:
        config = self.config
        for name in ("api", "export", "import_trades", "journal", "review", "sync_accounts"):
            self.functions[name].set(Env.ENABLED_VENUES, ",".join(config.venues))
        for name in ("sync_market", "trade_bots", "watch", "emergency_stop"):
            worker = self.functions[name]
            worker.set(Env.ENABLED_VENUES, ",".join(config.venues))
            worker.set(Env.VENUE_TIMEOUT_SECONDS, str(config.venue_timeout_seconds))
            if config.replay_folder:
                worker.set(Env.REPLAY_FOLDER, config.replay_folder)
        if config.cors_origins:
            self.functions["api"].set(Env.CORS_ORIGINS, ",".join(config.cors_origins))
        if config.mail_from:
            self._may_write_mail(self.functions["api"], config.mail_from)

    def _may_write_mail(self, function: DeskFunction, sender: str) -> None:
        """Let a function send mail from this address. SES asks for the right on its identity.

        That is the address where it was verified by itself, else its domain. The emulator asks
        for it on no resource at all.
        """
        function.set(Env.MAIL_FROM, sender)
        identities = [
            self.format_arn(service="ses", resource="identity", resource_name=name)
            for name in (sender, sender.rpartition("@")[2])
        ]
        function.role.add_to_policy(
            iam.PolicyStatement(
                actions=["ses:SendEmail"],
                resources=["*"] if self.config.is_local else identities,
            )
        )

    def _schedule(self) -> None:
        """Start the cycle each minute, the sweep for gaps and rules each hour, the audit's proof.

        Cron, not rate: the scheduled time is then a full minute, and it is the cycle's `as_of`.
        A start that is later than its use is dropped into the dead letters instead.
        """
        group = scheduler.ScheduleGroup(
            self,
            "Schedules",
            schedule_group_name=self.config.name("schedules"),
            removal_policy=self.config.log_removal,
        )
        as_of = {"as_of": scheduler.ContextAttribute.scheduled_time}
        role = self._scheduler_role()
        cycle = targets.StepFunctionsStartExecution(
            self.cycle.machine,
            input=scheduler.ScheduleTargetInput.from_object(as_of),
            role=role,
            dead_letter_queue=self.dead_letters["cycle"],
            max_event_age=Duration.minutes(2),
            retry_attempts=3,
        )
        call = partial(self._call, as_of=as_of, role=role)
        sync = call("sync_market", {"scheduled": True}, last=Duration.minutes(30))
        anchor = call("audit", {}, last=Duration.hours(12))
        verify = call("audit", {"verify": True}, last=Duration.hours(12))
        recheck = call("recheck_keys", {}, last=Duration.hours(12))
        rotate = call("rotate_keys", {}, last=Duration.hours(12))
        due = {"owner": "SYSTEM", "task": {"kind": "due"}}
        owed = call("journal", due, last=Duration.minutes(50))
        accounts = call("sync_accounts", {"scheduled": True}, last=Duration.minutes(30))
        review = call("review", {"task": {"kind": "hour"}}, last=Duration.minutes(50))
        at = scheduler.ScheduleExpression.cron
        for name, target, cron in (
            ("Cycle", cycle, at(minute="*")),
            ("SyncMarket", sync, at(minute="5")),
            ("JournalOwed", owed, at(minute="25")),
            ("SyncAccounts", accounts, at(minute="15")),
            ("Reviews", review, at(minute="2")),
            ("RecheckKeys", recheck, at(hour="3", minute="20")),
            ("RotateKeys", rotate, at(hour="4", minute="20")),
            ("AuditAnchors", anchor, at(hour="0", minute="10")),
            ("AuditVerify", verify, at(week_day="SUN", hour="0", minute="40")),
        ):
            scheduler.Schedule(
                self,
                f"{name}Schedule",
                schedule=cron,
                schedule_group=group,
                target=target,
                enabled=self.config.schedules_enabled,
            )

    def _call(
        self,
        name: str,
        message: dict[str, Any],
        *,
        as_of: dict[str, Any],
        role: iam.IRole,
        last: Duration,
    ) -> targets.LambdaInvoke:
        """Return the start of a function; later than `last` it is of no use."""
        return targets.LambdaInvoke(
            self.functions[name].function,
            input=scheduler.ScheduleTargetInput.from_object({**as_of, **message}),
            role=role,
            dead_letter_queue=self.dead_letters[name.replace("_", "-")],
            max_event_age=last,
            retry_attempts=3,
        )

    def _scheduler_role(self) -> iam.IRole:
        """Return the schedules' role. CDK would let it call every version of the function."""
        role = iam.Role(
            self,
            "SchedulerRole",
            assumed_by=iam.ServicePrincipal(
                "scheduler.amazonaws.com",
                conditions={"StringEquals": {"aws:SourceAccount": self.account}},
            ),
        )
        called = [self.functions[name].function.function_arn for name in CALLED]
        for action, resources in (
            ("states:StartExecution", [self.cycle.machine.state_machine_arn]),
            ("lambda:InvokeFunction", called),
            ("sqs:SendMessage", [queue.queue_arn for queue in self.dead_letters.values()]),
        ):
            role.add_to_policy(iam.PolicyStatement(actions=[action], resources=resources))
        return role.without_policy_updates()

    def _dead_letters(self, trigger: str) -> sqs.Queue:
        queue = sqs.Queue(
            self,
            f"{trigger.title().replace('-', '')}DeadLetters",
            queue_name=self.config.name(f"{trigger}-dead-letters"),
            enforce_ssl=not self.config.is_local,
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            retention_period=Duration.days(14),
            removal_policy=self.config.log_removal,
        )
        acknowledge(queue, "AwsSolutions-SQS3", "it is itself the queue of dead letters")
        if self.config.is_local:
            acknowledge(queue, "AwsSolutions-SQS4", "the emulator speaks HTTP, on this machine")
        return queue
