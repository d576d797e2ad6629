"""What a stage is made of, and how far `local` may differ from it."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from nightdesk.adapters.dynamo.leases import LIFE
from nightdesk.core.errors import retried
from tests.infrastructure.templates import Synthesised, Template, functions, resources

StageOf = Callable[[str], Synthesised]


@pytest.mark.parametrize("stage", ["local", "dev", "staging", "prod"])
def test_every_stage_synthesises_without_an_unacknowledged_finding(
    stage_of: StageOf, stage: str
) -> None:
    assert all(template["Resources"] for template in stage_of(stage).templates.values())


@pytest.mark.parametrize("stage", ["dev", "staging", "prod"])
def test_outside_local_data_outlives_its_stack(stage_of: StageOf, stage: str) -> None:
    data = stage_of(stage).data
    for found in data["Resources"].values():
        if found["Type"] in {
            "AWS::DynamoDB::GlobalTable",
            "AWS::KMS::Key",
            "AWS::S3::Bucket",
            "AWS::SecretsManager::Secret",
        }:
            assert found["DeletionPolicy"] == found["UpdateReplacePolicy"] == "Retain"
    for table in resources(data, "AWS::DynamoDB::GlobalTable").values():
        assert table["Properties"]["Replicas"][0]["DeletionProtectionEnabled"] is True


def test_the_tables_are_as_the_rooms_expect_them(stage_of: StageOf) -> None:
    tables = {
        name[: -len("12345678")]: found["Properties"]
        for name, found in resources(stage_of("prod").data, "AWS::DynamoDB::GlobalTable").items()
    }
    assert tables.keys() == {"Desk", "Market", "Audit", "Runtime"}
    for table in tables.values():
        assert table["BillingMode"] == "PAY_PER_REQUEST"
        assert [key["AttributeName"] for key in table["KeySchema"]] == ["pk", "sk"]
    assert tables["Desk"]["StreamSpecification"] == {"StreamViewType": "NEW_IMAGE"}
    indexes = {
        index["IndexName"]: (
            [key["AttributeName"] for key in index["KeySchema"]],
            index["Projection"]["ProjectionType"],
        )
        for index in tables["Desk"]["GlobalSecondaryIndexes"]
    }
    assert indexes == {
        "by_market": (["market", "market_sk"], "ALL"),
        "by_owner": (["feed", "feed_sk"], "ALL"),
    }
    audit = {
        index["IndexName"]: [key["AttributeName"] for key in index["KeySchema"]]
        for index in tables["Audit"]["GlobalSecondaryIndexes"]
    }
    assert audit == {
        "by_month": ["owner_month", "moment"],
        "by_severity": ["severity_day", "moment"],
    }
    recoverable = {
        name
        for name, table in tables.items()
        if table["Replicas"][0]["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"]
    }
    assert recoverable == {"Desk", "Audit"}
    expiring = {
        name
        for name, table in tables.items()
        if table.get("TimeToLiveSpecification", {}).get("AttributeName") == "expires_at"
    }
    assert expiring == {"Desk", "Market", "Audit", "Runtime"}


def test_anchors_are_locked_for_as_long_as_entries_are_kept(stage_of: StageOf) -> None:
    data = stage_of("prod").data
    (bucket,) = [
        one
        for one in resources(data, "AWS::S3::Bucket").values()
        if "ObjectLockEnabled" in one["Properties"]
    ]
    found = bucket["Properties"]
    assert found["ObjectLockEnabled"] is True
    rule = found["ObjectLockConfiguration"]["Rule"]["DefaultRetention"]
    assert rule["Mode"] == "GOVERNANCE"
    assert rule["Days"] >= 7 * 365 + 2
    assert found["VersioningConfiguration"] == {"Status": "Enabled"}
    assert all(found["PublicAccessBlockConfiguration"].values())
    assert bucket["DeletionPolicy"] == "Retain"


def test_functions_run_on_arm_traced_and_only_the_api_is_snapped(stage_of: StageOf) -> None:
    for name, function in functions(stage_of("prod").app).items():
        assert function["Runtime"] == "python3.13"
        assert function["Architectures"] == ["arm64"]
        assert function["TracingConfig"] == {"Mode": "Active"}
        assert ("SnapStart" in function) is (name == "api")


def test_the_api_is_throttled_and_calls_the_alias(stage_of: StageOf) -> None:
    app = stage_of("prod").app
    (stage,) = resources(app, "AWS::ApiGatewayV2::Stage").values()
    assert stage["Properties"]["DefaultRouteSettings"] == {
        "ThrottlingBurstLimit": 400,
        "ThrottlingRateLimit": 200,
    }
    (alias,) = resources(app, "AWS::Lambda::Alias")
    (integration,) = resources(app, "AWS::ApiGatewayV2::Integration").values()
    assert integration["Properties"]["IntegrationUri"] == {"Ref": alias}


def test_schedules_start_on_the_minute_and_give_up_into_a_queue(stage_of: StageOf) -> None:
    schedules = [
        one["Properties"]
        for one in resources(stage_of("prod").app, "AWS::Scheduler::Schedule").values()
    ]
    started = {one["ScheduleExpression"]: json.loads(one["Target"]["Input"]) for one in schedules}
    as_of = "<aws.scheduler.scheduled-time>"
    assert started == {
        "cron(* * * * ? *)": {"as_of": as_of},
        "cron(5 * * * ? *)": {"as_of": as_of, "scheduled": True},
        "cron(15 * * * ? *)": {"as_of": as_of, "scheduled": True},
        "cron(2 * * * ? *)": {"as_of": as_of, "task": {"kind": "hour"}},
        "cron(20 3 * * ? *)": {"as_of": as_of},
        "cron(20 4 * * ? *)": {"as_of": as_of},
        "cron(10 0 * * ? *)": {"as_of": as_of},
        "cron(40 0 ? * SUN *)": {"as_of": as_of, "verify": True},
    }
    assert all("DeadLetterConfig" in one["Target"] for one in schedules)
    assert all(one["State"] == "ENABLED" for one in schedules)


def machine(app: Template) -> Template:
    """Return the definition of the cycle, with what it refers to as plain text."""
    (found,) = [
        one
        for one in resources(app, "AWS::StepFunctions::StateMachine").values()
        if one["Properties"]["StateMachineName"].endswith("-cycle")
    ]
    parts = found["Properties"]["DefinitionString"]["Fn::Join"][1]
    text = "".join(part if isinstance(part, str) else "arn:x" for part in parts)
    definition: Template = json.loads(text)
    return definition


def tasks(states: Template) -> Iterator[Template]:
    """Yield the tasks of a level."""
    yield from (state for state in states.values() if state["Type"] == "Task")


def test_every_step_tries_transient_faults_again_with_jitter(stage_of: StageOf) -> None:
    states = machine(stage_of("prod").app)["States"]
    children = states["Batches"]["ItemProcessor"]["States"]
    for task in [*tasks(states), *tasks(children)]:
        (retry,) = task["Retry"]
        assert set(retried()) <= set(retry["ErrorEquals"])
        assert retry["JitterStrategy"] == "FULL"
        assert task["TimeoutSeconds"] > 0


def test_an_execution_holds_its_leases_by_its_own_name(stage_of: StageOf) -> None:
    """A retry after a hard kill then goes on at once; by a request id it would wait 90 seconds."""
    selected = machine(stage_of("prod").app)["States"]["Batches"]["ItemSelector"]
    assert selected.pop("worker.$") == "$$.Execution.Name"
    assert selected == {
        f"{name}.$": f"$$.Map.Item.Value.{name}"
        for name in ("as_of", "now", "markets", "protect_only")
    }


def test_no_worker_outlives_its_lease(stage_of: StageOf) -> None:
    """So no lease is renewed: who works a bot has at least 30 s of it left."""
    (worker,) = [
        one for one in functions(stage_of("prod").app).values() if "trade_bots" in one["Handler"]
    ]
    assert timedelta(seconds=worker["Timeout"] + 30) <= LIFE


def test_a_child_that_fails_ends_in_its_own_state(stage_of: StageOf) -> None:
    batches = machine(stage_of("prod").app)["States"]["Batches"]
    assert batches["ToleratedFailurePercentage"] == 100
    assert batches["ItemProcessor"]["ProcessorConfig"] == {
        "Mode": "DISTRIBUTED",
        "ExecutionType": "EXPRESS",
    }
    children = batches["ItemProcessor"]["States"]
    for task in tasks(children):
        (catch,) = task["Catch"]
        assert catch["ErrorEquals"] == ["States.ALL"]
        assert children[catch["Next"]]["Parameters"]["skipped"] is True


# What `local` may do otherwise than `dev`: resource type, and the path of the property.
LOCAL_DIFFERS = {
    ("AWS::CloudWatch::Alarm", "absent"),
    ("AWS::DynamoDB::GlobalTable", "DeletionPolicy"),
    ("AWS::DynamoDB::GlobalTable", "Replicas"),
    ("AWS::DynamoDB::GlobalTable", "UpdateReplacePolicy"),
    ("AWS::KMS::Key", "DeletionPolicy"),
    ("AWS::KMS::Key", "UpdateReplacePolicy"),
    ("AWS::Lambda::Function", "Code"),
    ("AWS::Lambda::Function", "Environment"),
    ("AWS::Lambda::Function", "Layers"),
    ("AWS::Lambda::Function", "ReservedConcurrentExecutions"),
    ("AWS::Lambda::Function", "Runtime"),
    ("AWS::Lambda::Function", "SnapStart"),
    ("AWS::Lambda::LayerVersion", "absent"),
    ("AWS::S3::Bucket", "DeletionPolicy"),
    ("AWS::S3::BucketPolicy", "absent"),  # it speaks plain HTTP
    ("AWS::S3::Bucket", "UpdateReplacePolicy"),
    ("AWS::S3::BucketPolicy", "absent"),  # it would refuse the emulator's plain HTTP
    ("AWS::SQS::QueuePolicy", "absent"),  # as that of buckets
    ("AWS::Scheduler::Schedule", "State"),
    ("AWS::SecretsManager::Secret", "DeletionPolicy"),
    ("AWS::SecretsManager::Secret", "UpdateReplacePolicy"),
    ("AWS::StepFunctions::StateMachine", "DefinitionString"),
}
LOCAL_VARIABLES = {
    "NIGHTDESK_ENABLED_VENUES",
    "NIGHTDESK_MAIL_FROM",
    "NIGHTDESK_REPLAY_FOLDER",
    "NIGHTDESK_PUBLIC_URL",
}


def neutral(synthesised: Synthesised) -> Template:
    """Return the app's template with the stage's name taken out."""
    text = json.dumps(synthesised.app).replace(synthesised.stage, "STAGE")
    template: Template = json.loads(text)
    return template


def comparable(synthesised: Synthesised) -> dict[str, Template]:
    """Return all resources with the stage's name and content hashes taken out."""
    found: dict[str, Template] = {}
    for stack, template in synthesised.templates.items():
        text = json.dumps(template["Resources"]).replace(synthesised.stage, "STAGE")
        for name, resource in json.loads(text).items():
            if resource["Type"] != "AWS::Lambda::Version":
                resource.pop("Metadata", None)
                if resource["Type"] == "AWS::IAM::Policy":
                    policy = resource["Properties"]["PolicyDocument"]
                    policy["Statement"] = list(shared(policy["Statement"]))
                found[f"{stack}/{name}"] = resource
    return found


def shared(statements: list[Template]) -> Iterator[Template]:
    """Yield what all stages grant alike.

    The emulator knows no condition on the context of a data key, and takes mail by itself. A batch
    of messages is to it an action of its own, which AWS does not have: there `sqs:SendMessage`
    allows both.
    """
    for statement in statements:
        actions = statement["Action"]
        named = [actions] if isinstance(actions, str) else actions
        if left := [one for one in named if not unlike(one)]:
            yield {**statement, "Action": left}


def unlike(action: str) -> bool:
    """Tell whether an action is granted in one way locally and in another one elsewhere."""
    return action == "sqs:SendMessageBatch" or action.startswith(("kms:", "ses:"))


def differences(one: Template, other: Template) -> Iterator[tuple[str, str]]:
    """Yield the type and the first property of every difference."""
    for name in one.keys() | other.keys():
        if name not in one or name not in other:
            yield (one.get(name) or other[name])["Type"], "absent"
            continue
        left, right = one[name], other[name]
        for part in ("DeletionPolicy", "UpdateReplacePolicy"):
            if left.get(part) != right.get(part):
                yield left["Type"], part
        ours, theirs = left.get("Properties", {}), right.get("Properties", {})
        for key in ours.keys() | theirs.keys():
            if stripped(ours.get(key)) != stripped(theirs.get(key)):
                yield left["Type"], key


def stripped(value: Any) -> str:
    """Return a value as text without the hashes in logical ids of versions."""
    text = json.dumps(value, sort_keys=True)
    marker = "ApiFunctionCurrentVersion"
    if marker not in text:
        return text
    head, _, rest = text.partition(marker)
    return head + marker + rest[rest.index('"') :]


def test_local_differs_from_dev_only_as_listed(stage_of: StageOf) -> None:
    local, dev = comparable(stage_of("local")), comparable(stage_of("dev"))
    found = set(differences(local, dev))
    assert found <= LOCAL_DIFFERS, found - LOCAL_DIFFERS


def test_local_lacks_only_layers_and_alarms_on_metric_math(stage_of: StageOf) -> None:
    local, dev = comparable(stage_of("local")), comparable(stage_of("dev"))
    assert not local.keys() - dev.keys()
    absent = [dev[name] for name in dev.keys() - local.keys()]
    assert {one["Type"] for one in absent} == {
        "AWS::Lambda::LayerVersion",
        "AWS::CloudWatch::Alarm",
        "AWS::S3::BucketPolicy",
        "AWS::SQS::QueuePolicy",
    }
    alarms = [one for one in absent if one["Type"] == "AWS::CloudWatch::Alarm"]
    assert all("Metrics" in alarm["Properties"] for alarm in alarms)


def test_local_functions_get_the_same_variables_but_the_replay(stage_of: StageOf) -> None:
    local, dev = functions(neutral(stage_of("local"))), functions(neutral(stage_of("dev")))
    for name, function in dev.items():
        theirs = function["Environment"]["Variables"]
        ours = local[name]["Environment"]["Variables"]
        differ = {key for key in ours.keys() | theirs.keys() if ours.get(key) != theirs.get(key)}
        assert differ <= LOCAL_VARIABLES


def test_the_local_machine_differs_in_concurrency_alone(stage_of: StageOf) -> None:
    local, dev = machine(stage_of("local").app), machine(stage_of("dev").app)
    assert local["States"]["Batches"].pop("MaxConcurrency") == 4
    assert dev["States"]["Batches"].pop("MaxConcurrency") == 250
    assert local == dev


@pytest.mark.parametrize(
    ("context", "message"),
    [
        ({"stage": "test"}, "stage is one of"),
        ({"stage": "dev", "endpoint": "http://127.0.0.1:1"}, "endpoint is for stage local"),
        ({"stage": "prod", "replay_folder": "recorded"}, "replay_folder is for stage local"),
        ({"stage": "dev", "commit": "abc"}, "commit takes 40 hex digits"),
        ({"stage": "dev", "cors_origins": "*"}, "exact origins"),
    ],
)
def test_a_wrong_context_is_refused_by_name(context: dict[str, str], message: str) -> None:
    from infra.cdk.stages import stage_config

    with pytest.raises(ValueError, match=message):
        stage_config(context.get)
