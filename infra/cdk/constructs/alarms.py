"""The alarms. Each names the section of docs/runbook.md that says what it means and what to do."""

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sns as sns
from constructs import Construct

from infra.cdk.stacks.app_stack import AppStack
from infra.cdk.stages import StageConfig
from nightdesk.names import NAMESPACE, Metric

RUNBOOK = "docs/runbook.md"
SERVICE = "nightdesk"
"""Powertools adds this dimension to every metric."""
MINUTE = Duration.minutes(1)
FIVE_MINUTES = Duration.minutes(5)


class DeskAlarms(Construct):
    """All alarms of a stage, to one topic."""

    def __init__(
        self,
        scope: Construct,
        id: str,  # noqa: A002 - CDK calls it so
        *,
        config: StageConfig,
        app: AppStack,
        topic: sns.ITopic,
    ) -> None:
        """Build the alarms. Missing data is fine, but for NoCycle."""
        super().__init__(scope, id)
        self._config = config
        self._action = actions.SnsAction(topic)
        self._of_functions(app)
        self._of_the_cycle(app)
        self._of_the_stop(app)
        self._of_our_numbers()
        self._of_the_api(app)
        for trigger, queue in app.dead_letters.items():
            self._alarm(
                "DeadLetters",
                queue.metric_approximate_number_of_messages_visible(period=MINUTE),
                severity="critical",
                threshold=1,
                subject=trigger,
            )

    def _alarm(
        self,
        section: str,
        metric: cloudwatch.IMetric,
        *,
        severity: str,
        threshold: float,
        subject: str = "",
        periods: int = 1,
        below: bool = False,
        missing: cloudwatch.TreatMissingData = cloudwatch.TreatMissingData.NOT_BREACHING,
    ) -> None:
        if self._config.is_local and isinstance(metric, cloudwatch.MathExpression):
            return  # the emulator rejects alarms on metric math
        name = f"{section}-{subject}" if subject else section
        operator = cloudwatch.ComparisonOperator
        alarm = cloudwatch.Alarm(
            self,
            name,
            alarm_name=self._config.name(name),
            alarm_description=f"{severity}: {RUNBOOK}#{section.lower()}",
            metric=metric,
            threshold=threshold,
            evaluation_periods=periods,
            comparison_operator=operator.LESS_THAN_THRESHOLD
            if below
            else operator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=missing,
        )
        alarm.add_alarm_action(self._action)
        alarm.add_ok_action(self._action)

    def _of_functions(self, app: AppStack) -> None:
        for name, fn in app.functions.items():
            self._alarm(
                "FunctionErrors",
                fn.function.metric_errors(period=FIVE_MINUTES),
                severity="critical",
                threshold=3,
                subject=name,
            )
            self._alarm(
                "FunctionThrottles",
                fn.function.metric_throttles(period=FIVE_MINUTES),
                severity="critical",
                threshold=1,
                subject=name,
            )

    def _of_the_cycle(self, app: AppStack) -> None:
        machine = app.cycle.machine
        self._alarm(
            "CycleLag",
            own(self._config, Metric.CYCLE_LAG, "p95", FIVE_MINUTES),
            severity="critical",
            threshold=120,
            periods=2,
        )
        ended_badly = cloudwatch.MathExpression(
            expression="failed + timed_out + aborted",
            using_metrics={
                "failed": machine.metric_failed(statistic="Sum"),
                "timed_out": machine.metric_timed_out(statistic="Sum"),
                "aborted": machine.metric_aborted(statistic="Sum"),
            },
            period=Duration.minutes(10),
            label="cycles that did not end well",
        )
        self._alarm("CycleFailed", ended_badly, severity="critical", threshold=3)
        self._alarm(
            "NoCycle",
            machine.metric_started(statistic="Sum", period=FIVE_MINUTES),
            severity="critical",
            threshold=1,
            below=True,
            missing=cloudwatch.TreatMissingData.BREACHING,
        )

    def _of_the_stop(self, app: AppStack) -> None:
        self._alarm(
            "StopUnfinished",
            app.stop.machine.metric_timed_out(statistic="Sum", period=FIVE_MINUTES),
            severity="critical",
            threshold=1,
        )

    def _of_our_numbers(self) -> None:
        for section, metric, severity, threshold in (
            ("LedgerBroken", Metric.LEDGER_BROKEN, "critical", 1),
            ("SubmitUnknown", Metric.SUBMIT_UNKNOWN, "critical", 1),
            ("DatabaseErrors", Metric.DATABASE_ERRORS, "critical", 6),
            ("StopNotStarted", Metric.STOP_NOT_STARTED, "critical", 1),
            ("AuthAttack", Metric.AUTH_FAILURES, "warning", 101),
            ("AuditBroken", Metric.AUDIT_BROKEN, "critical", 1),
            ("SealBroken", Metric.SEAL_BROKEN, "critical", 1),
            ("AuditWriteFailed", Metric.AUDIT_WRITE_FAILED, "warning", 1),
        ):
            self._alarm(
                section,
                own(self._config, metric, "Sum", FIVE_MINUTES),
                severity=severity,
                threshold=threshold,
            )

    def _of_the_api(self, app: AppStack) -> None:
        stage = app.api.stage
        share = cloudwatch.MathExpression(
            expression="IF(calls >= 20, 100 * errors / calls, 0)",
            using_metrics={
                "errors": stage.metric_server_error(statistic="Sum"),
                "calls": stage.metric_count(statistic="Sum"),
            },
            period=FIVE_MINUTES,
            label="5xx in percent",
        )
        self._alarm("ApiErrors", share, severity="critical", threshold=1)
        self._alarm(
            "ApiLatency",
            stage.metric_latency(statistic="p95", period=FIVE_MINUTES),
            severity="warning",
            threshold=1000,
            periods=2,
        )


def own(config: StageConfig, metric: Metric, statistic: str, period: Duration) -> cloudwatch.Metric:
    """Return a metric that the desk's own code counts, with the dimensions it has there."""
    return cloudwatch.Metric(
        namespace=NAMESPACE,
        metric_name=metric,
        dimensions_map={"service": SERVICE, "stage": config.stage},
        statistic=statistic,
        period=period,
    )
