"""Which function opens which kind of sealed thing: the table, and that nobody else is in it."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from infra.cdk.assets.layout import FUNCTIONS
from nightdesk.accounts.providers import Kind
from nightdesk.names import Env
from tests.infrastructure.templates import (
    Synthesised,
    functions,
    listed,
    resources,
    role_of,
    statements,
)

StageOf = Callable[[str], Synthesised]

PROVIDERS = {kind.value for kind in Kind}
OPENS: dict[str, set[str]] = {
    "api": {"audit", "totp"},
    "probe_key": PROVIDERS,
    "sync_accounts": {Kind.VENUE.value},
    "export": {"audit"},
}
"""Trading, reconciling and the analysts join with the rooms that bring their calls."""
SEALS: dict[str, set[str]] = {"api": PROVIDERS | {"audit", "totp"}}
KIND = "kms:EncryptionContext:kind"


def kinds(app: dict[str, Any], name: str, action: str) -> set[str]:
    """Return the kinds that a function may use an action on. Fails where none is named."""
    found: set[str] = set()
    for statement in statements(app, role_of(functions(app)[name])):
        if action not in listed(statement["Action"]):
            continue
        conditions = statement["Condition"]["StringEquals"]
        if "kms:ViaService" in conditions:
            assert "secretsmanager." in json.dumps(conditions["kms:ViaService"])
            continue
        found |= set(listed(conditions[KIND]))
    return found


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_a_function_opens_only_the_kinds_of_the_table(stage_of: StageOf, name: str) -> None:
    app = stage_of("prod").app
    assert kinds(app, name, "kms:Decrypt") == OPENS.get(name, set())
    assert kinds(app, name, "kms:GenerateDataKey") == SEALS.get(name, set())


def test_the_emulator_knows_no_kinds_but_who_opens_anything(stage_of: StageOf) -> None:
    app = stage_of("local").app
    opening = {
        name
        for name, one in functions(app).items()
        for statement in statements(app, role_of(one))
        if "kms:Decrypt" in listed(statement["Action"])
        and "kms:ViaService" not in json.dumps(statement.get("Condition", {}))
    }
    assert opening == OPENS.keys()


def test_no_function_of_ours_wraps_anew_or_grants(stage_of: StageOf) -> None:
    app = stage_of("prod").app
    allowed = {"kms:Decrypt", "kms:GenerateDataKey"}
    for function in functions(app).values():
        for statement in statements(app, role_of(function)):
            used = {one for one in listed(statement["Action"]) if one.startswith("kms:")}
            assert used <= allowed


def test_what_tests_keys_has_no_other_right(stage_of: StageOf) -> None:
    app = stage_of("prod").app
    probe = functions(app)["probe_key"]
    used = {action for one in statements(app, role_of(probe)) for action in listed(one["Action"])}
    logs = {"logs:CreateLogStream", "logs:PutLogEvents"}
    traces = {"xray:PutTelemetryRecords", "xray:PutTraceSegments"}
    assert used == logs | traces | {"kms:Decrypt"}
    assert Env.DESK_TABLE not in probe["Environment"]["Variables"]


def test_the_api_and_the_daily_look_alone_call_what_tests_keys(stage_of: StageOf) -> None:
    app = stage_of("prod").app
    (probe,) = [
        name
        for name, one in resources(app, "AWS::Lambda::Function").items()
        if one["Properties"]["Handler"] == "functions.probe_key.handler.lambda_handler"
    ]
    callers = {
        name
        for name, one in functions(app).items()
        for statement in statements(app, role_of(one))
        if "lambda:InvokeFunction" in listed(statement["Action"])
        and probe in json.dumps(statement["Resource"])
    }
    assert callers == {"api", "recheck_keys"}
