"""Who may do what: the whole table, and the rules that it must never break."""

import json
from collections.abc import Callable

import pytest

from infra.cdk.assets.layout import FUNCTIONS
from nightdesk.names import Env
from tests.infrastructure.templates import (
    Synthesised,
    Template,
    functions,
    listed,
    resources,
    role_of,
    statements,
    table_grants,
)

StageOf = Callable[[str], Synthesised]

READ = {"GetItem", "BatchGetItem", "Query"}
WRITE = {"PutItem", "UpdateItem", "ConditionCheckItem"}
DELETE = {"DeleteItem"}
MANY = {"BatchWriteItem"}
QUERY = {"Query"}
SIZE = {"DescribeTable"}

GRANTS: dict[str, dict[str, set[str]]] = {
    "plan": {"Desk": QUERY, "Desk/by_market": QUERY, "Runtime": {"PutItem"}},
    "sync_market": {"Desk": QUERY, "Market": READ | WRITE | DELETE | MANY},
    "analyse": {"Market": READ | WRITE},
    "trade_bots": {
        "Desk": READ | WRITE,
        "Desk/by_market": QUERY,
        "Market": READ,
        "Runtime": {"GetItem"} | WRITE,
    },
    "watch": {"Desk": {"BatchGetItem", "Query"}, "Desk/by_market": QUERY, "Market": READ},
    "settle": {"Desk": READ | WRITE | MANY, "Desk/by_market": QUERY, "Market": READ},
    "audit": {"Audit": QUERY},
    "probe_key": {},
    "recheck_keys": {
        "Desk": {"BatchGetItem", "PutItem"},
        "Desk/by_market": QUERY,
        "Audit": {"GetItem", "PutItem", "Query"},
    },
    "rotate_keys": {"Audit": {"PutItem", "Query"}},
    "notify": {},
    "journal": {
        "Desk": READ | WRITE | DELETE,
        "Desk/by_owner": QUERY,
        "Desk/by_market": QUERY,
        "Market": READ,
    },
    "import_trades": {
        "Desk": READ | WRITE | DELETE | MANY,
        "Desk/by_market": QUERY,
        "Desk/by_owner": QUERY,
        "Market": READ,
    },
    "sync_accounts": {
        "Desk": READ | WRITE | DELETE | MANY,
        "Desk/by_market": QUERY,
        "Desk/by_owner": QUERY,
        "Market": READ,
        "Runtime": {"BatchGetItem", "PutItem", "UpdateItem"},
    },
    "review": {
        "Desk": READ | WRITE | DELETE,
        "Desk/by_market": QUERY,
        "Desk/by_owner": QUERY,
        "Market": READ,
    },
    "screenshot": {"Desk": READ | WRITE | DELETE},
    "emergency_stop": {
        "Desk": READ | WRITE | DELETE | MANY,
        "Desk/by_market": QUERY,
        "Market": READ,
        "Runtime": {"GetItem", "Query"} | WRITE,
        "Audit": {"PutItem", "Query"},
    },
    "export": {"Desk": READ | {"PutItem"}, "Desk/by_owner": QUERY, "Market": READ, "Audit": QUERY},
    "delete_account": {
        "Desk": READ | WRITE | DELETE | MANY,
        "Runtime": QUERY | MANY,
        "Audit": {"PutItem", "Query"},
    },
    "api": {
        "Desk": READ | WRITE | DELETE | SIZE,
        "Desk/by_owner": QUERY,
        "Market": READ | SIZE,
        "Runtime": READ | WRITE | DELETE | SIZE,
        "Audit": {"GetItem", "PutItem", "Query"},
        "Audit/by_month": QUERY,
        "Audit/by_severity": QUERY,
    },
}

VARIABLES = {
    "Desk": Env.DESK_TABLE,
    "Market": Env.MARKET_TABLE,
    "Audit": Env.AUDIT_TABLE,
    "Runtime": Env.RUNTIME_TABLE,
}

OTHERS = {
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
}
WORKER = {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"}
MORE = {
    "api": {
        "secretsmanager:GetSecretValue",
        "kms:Decrypt",
        "kms:GenerateDataKey",
        "lambda:InvokeFunction",
        "states:StartExecution",
        "sqs:GetQueueAttributes",
        "sqs:SendMessage",
        "s3:GetObject",
        "s3:PutObject",
        "s3:DeleteObject",
        "s3:ListBucket",
    },
    "notify": {"sqs:SendMessage"},
    "journal": WORKER | {"sqs:SendMessage"},
    "review": WORKER | {"sqs:SendMessage"},
    "import_trades": WORKER | {"sqs:SendMessage", "s3:GetObject", "s3:PutObject", "s3:ListBucket"},
    "sync_accounts": WORKER | {"sqs:SendMessage", "kms:Decrypt"},
    "screenshot": {"s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:ListBucket"},
    "export": {
        "kms:Decrypt",
        "s3:PutObject",
        "s3:GetObject",
        "s3:DeleteObject",
        "s3:AbortMultipartUpload",
        "s3:ListBucket",
        "s3:ListBucketVersions",
    },
    "delete_account": {"s3:DeleteObject", "s3:ListBucket"},
    "probe_key": {"kms:Decrypt"},
    "recheck_keys": {"lambda:InvokeFunction"},
    "rotate_keys": {
        "secretsmanager:GetSecretValue",
        "secretsmanager:PutSecretValue",
        "kms:Decrypt",
        "kms:GenerateDataKey",
    },
    "audit": {"s3:PutObject", "s3:ListBucketVersions"},
}


@pytest.mark.parametrize("stage", ["local", "prod"])
@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_a_function_may_touch_exactly_its_tables(stage_of: StageOf, stage: str, name: str) -> None:
    app = stage_of(stage).app
    assert table_grants(app, functions(app)[name]) == GRANTS[name]


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_a_function_without_a_grant_lacks_the_variable(stage_of: StageOf, name: str) -> None:
    found = functions(stage_of("prod").app)[name]["Environment"]["Variables"]
    granted = {table.partition("/")[0] for table in GRANTS[name]}
    assert {table for table, variable in VARIABLES.items() if variable in found} == granted


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_a_function_may_do_nothing_else(stage_of: StageOf, name: str) -> None:
    app = stage_of("prod").app
    actions = {
        action
        for statement in statements(app, role_of(functions(app)[name]))
        for action in listed(statement["Action"])
        if not action.startswith("dynamodb:")
    }
    assert actions == OTHERS | MORE.get(name, set())


def test_every_function_has_a_role_of_its_own(stage_of: StageOf) -> None:
    found = functions(stage_of("prod").app)
    assert len({role_of(function) for function in found.values()}) == len(found) == len(FUNCTIONS)


def test_nobody_scans_and_nobody_changes_the_audit(stage_of: StageOf) -> None:
    app = stage_of("prod").app
    for function in functions(app).values():
        grants = table_grants(app, function)
        assert not any("Scan" in actions for actions in grants.values())
        assert not grants.get("Audit", set()) - {"GetItem", "PutItem", "Query"}


def test_only_workers_find_bots_of_all_owners(stage_of: StageOf) -> None:
    app = stage_of("prod").app
    found = functions(app)
    may = {name for name, fn in found.items() if "Desk/by_market" in table_grants(app, fn)}
    trading = {"plan", "trade_bots", "watch", "settle", "emergency_stop"}
    books = {"journal", "import_trades", "sync_accounts"}  # trades of an account, in that index too
    assert may == trading | books | {"recheck_keys", "review"}


def test_no_policy_has_a_wildcard_in_an_action(stage_of: StageOf) -> None:
    app = stage_of("prod").app
    for policy in resources(app, "AWS::IAM::Policy").values():
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
            assert not any("*" in action for action in listed(statement["Action"]))


def test_the_api_wraps_its_own_kinds_of_keys_and_opens_no_provider_s(stage_of: StageOf) -> None:
    app = stage_of("prod").app
    opened: set[str] = set()
    for statement in statements(app, role_of(functions(app)["api"])):
        if "kms:Decrypt" not in listed(statement["Action"]):
            continue
        conditions = statement["Condition"]["StringEquals"]
        if "kms:ViaService" in conditions:
            assert "secretsmanager." in json.dumps(conditions["kms:ViaService"])
        else:
            opened |= set(listed(conditions["kms:EncryptionContext:kind"]))
    assert "audit" in opened
    assert not opened - {"audit", "totp"}


def test_the_api_counts_dead_letters_and_reads_none(stage_of: StageOf) -> None:
    app = stage_of("prod").app
    dead = {name for name in resources(app, "AWS::SQS::Queue") if "DeadLetters" in name}
    may = queue_grants(app)
    assert {who: asked & dead for who, asked in may["GetQueueAttributes"].items()}["api"] == dead
    for action in ("ReceiveMessage", "DeleteMessage"):
        assert not any(asked & dead for asked in may[action].values())
    assert Env.DEAD_LETTERS in functions(app)["api"]["Environment"]["Variables"]


def queue_grants(app: Template) -> dict[str, dict[str, set[str]]]:
    """Return who may do what with which queues: queues by function, by action."""
    found: dict[str, dict[str, set[str]]] = {}
    for name, function in functions(app).items():
        for statement in statements(app, role_of(function)):
            for action in listed(statement["Action"]):
                if action.startswith("sqs:"):
                    queues = {arn["Fn::GetAtt"][0] for arn in listed(statement["Resource"])}
                    of_action = found.setdefault(action.removeprefix("sqs:"), {})
                    of_action.setdefault(name, set()).update(queues)
    return found


def test_each_queue_has_one_reader_and_few_writers(stage_of: StageOf) -> None:
    app = stage_of("prod").app
    waiting = {name for name in resources(app, "AWS::SQS::Queue") if "DeadLetters" not in name}
    (journal,) = (name for name in waiting if name.startswith("JournalWork"))
    (imports,) = (name for name in waiting if name.startswith("ImportTradesWork"))
    (reviews,) = (name for name in waiting if name.startswith("ReviewWork"))
    (syncs,) = (name for name in waiting if name.startswith("SyncAccountsWork"))
    may = queue_grants(app)
    assert waiting == {journal, imports, reviews, syncs}
    assert may["ReceiveMessage"] == {
        "journal": {journal},
        "import_trades": {imports},
        "review": {reviews},
        "sync_accounts": {syncs},
    }
    sends = {who: asked & waiting for who, asked in may["SendMessage"].items()}
    assert sends == {
        "notify": {journal},
        "journal": {journal},
        "import_trades": {journal, imports},
        "review": {reviews},
        "sync_accounts": {journal, syncs},
        "api": {journal, imports, reviews, syncs},
    }


def test_one_function_reads_the_stream_and_sees_events_alone(stage_of: StageOf) -> None:
    app = stage_of("prod").app
    for name, function in functions(app).items():
        actions = {
            action
            for statement in statements(app, role_of(function))
            for action in listed(statement["Action"])
        }
        assert ("dynamodb:GetRecords" in actions) == (name == "notify")
    (mapping,) = (
        one["Properties"]
        for one in resources(app, "AWS::Lambda::EventSourceMapping").values()
        if "StartingPosition" in one["Properties"]
    )
    (wanted,) = mapping["FilterCriteria"]["Filters"]
    assert json.loads(wanted["Pattern"]) == {
        "eventName": ["INSERT"],
        "dynamodb": {"NewImage": {"kind": {"S": ["EVENT"]}}},
    }
    assert mapping["BisectBatchOnFunctionError"]
    assert mapping["DestinationConfig"]["OnFailure"]["Destination"]
