"""The system dashboard: does the desk decide, on time, and without faults."""

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from infra.cdk.constructs.alarms import own
from infra.cdk.stacks.app_stack import AppStack
from infra.cdk.stacks.data_stack import DataStack
from infra.cdk.stages import StageConfig
from nightdesk.names import Metric

HALF = 12


def desk_dashboard(
    scope: Construct, *, config: StageConfig, data: DataStack, app: AppStack
) -> cloudwatch.Dashboard:
    """Build the dashboard: cycle, functions, API, tables, what waits for a person."""
    return cloudwatch.Dashboard(
        scope,
        "Dashboard",
        dashboard_name=config.name("system"),
        default_interval=Duration.hours(3),
        widgets=[
            _cycle(config, app),
            _functions(app),
            _api(app),
            _tables(data),
            _attention(config, app),
        ],
    )


def _graph(title: str, *metrics: cloudwatch.IMetric) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(title=title, left=list(metrics), width=HALF)


def _cycle(config: StageConfig, app: AppStack) -> list[cloudwatch.IWidget]:
    machine = app.cycle.machine
    return [
        _graph(
            "Cycle lag (s)",
            *(own(config, Metric.CYCLE_LAG, p, Duration.minutes(1)) for p in ("p50", "p95")),
        ),
        _graph(
            "Cycles",
            machine.metric_started(),
            machine.metric_succeeded(),
            machine.metric_failed(),
            machine.metric_timed_out(),
        ),
    ]


def _functions(app: AppStack) -> list[cloudwatch.IWidget]:
    functions = [fn.function for fn in app.functions.values()]
    return [
        _graph("Function errors", *(fn.metric_errors() for fn in functions)),
        _graph(
            "Function duration p95 (ms)", *(fn.metric_duration(statistic="p95") for fn in functions)
        ),
    ]


def _api(app: AppStack) -> list[cloudwatch.IWidget]:
    stage = app.api.stage
    return [
        _graph(
            "API answers",
            stage.metric_count(),
            stage.metric_client_error(),
            stage.metric_server_error(),
        ),
        _graph("API latency (ms)", *(stage.metric_latency(statistic=p) for p in ("p50", "p95"))),
    ]


def _tables(data: DataStack) -> list[cloudwatch.IWidget]:
    tables = [table.table for table in data.tables]
    return [
        _graph("Read units", *(table.metric_consumed_read_capacity_units() for table in tables)),
        _graph("Write units", *(table.metric_consumed_write_capacity_units() for table in tables)),
    ]


def _attention(config: StageConfig, app: AppStack) -> list[cloudwatch.IWidget]:
    minutes = Duration.minutes(5)
    ours = (Metric.LEDGER_BROKEN, Metric.SUBMIT_UNKNOWN, Metric.DATABASE_ERRORS)
    return [
        _graph("Needs a person", *(own(config, metric, "Sum", minutes) for metric in ours)),
        _graph(
            "Dead letters",
            *(
                queue.metric_approximate_number_of_messages_visible()
                for queue in app.dead_letters.values()
            ),
        ),
    ]
