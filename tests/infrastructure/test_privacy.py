"""Owners' copies: where they lie, who reaches them, and the machines that make and erase."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.infrastructure.templates import (
    Synthesised,
    functions,
    listed,
    resources,
    role_of,
    statements,
)

StageOf = Callable[[str], Synthesised]


def bucket(data: dict[str, Any], named: str = "Exports") -> dict[str, Any]:
    (found,) = (
        one["Properties"]
        for name, one in resources(data, "AWS::S3::Bucket").items()
        if name.startswith(named)
    )
    return dict(found)


def definition(app: dict[str, Any], name: str) -> str:
    (found,) = (
        one["Properties"]["DefinitionString"]
        for one in resources(app, "AWS::StepFunctions::StateMachine").values()
        if str(one["Properties"]["StateMachineName"]).endswith(name)
    )
    return json.dumps(found)


def test_copies_lie_private_encrypted_and_for_seven_days(stage_of: StageOf) -> None:
    data = stage_of("prod").data
    found = bucket(data)
    assert set(found["PublicAccessBlockConfiguration"].values()) == {True}
    (rule,) = found["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    (life,) = found["LifecycleConfiguration"]["Rules"]
    assert (life["ExpirationInDays"], life["Status"]) == (7, "Enabled")
    assert life["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 1}
    policies = resources(data, "AWS::S3::BucketPolicy").values()
    (policy,) = (one for one in policies if "Exports" in json.dumps(one["Properties"]["Bucket"]))
    (denied,) = policy["Properties"]["PolicyDocument"]["Statement"]
    assert denied["Effect"] == "Deny"
    assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_uploaded_files_go_by_themselves_and_what_an_undo_needs_stays(stage_of: StageOf) -> None:
    rules = bucket(stage_of("prod").data, "Uploads")["LifecycleConfiguration"]["Rules"]
    lives = {one["Prefix"]: one["ExpirationInDays"] for one in rules}
    assert lives == {"screenshots/new/": 1, "imports/files/": 90}


@pytest.mark.parametrize(
    ("name", "names", "may"),
    [
        ("api", "/*.zip", {"s3:GetObject"}),
        ("api", "/*/journal/*", {"s3:GetObject", "s3:DeleteObject"}),
        ("delete_account", "/*", {"s3:DeleteObject"}),
        (
            "export",
            "/*",
            {"s3:PutObject", "s3:GetObject", "s3:DeleteObject", "s3:AbortMultipartUpload"},
        ),
    ],
)
def test_only_three_functions_reach_copies(
    stage_of: StageOf, name: str, names: str, may: set[str]
) -> None:
    app = stage_of("prod").app
    found: dict[str, set[str]] = {}
    for function, properties in functions(app).items():
        for statement in statements(app, role_of(properties)):
            text = json.dumps(statement["Resource"])
            if "nightdesk-prod-exports" in text and names in text:
                found.setdefault(function, set()).update(listed(statement["Action"]))
    assert found[name] == may
    assert set(found) <= {"api", "export", "delete_account"}


def test_the_worker_that_exports_opens_the_audit_and_no_key_of_a_provider(
    stage_of: StageOf,
) -> None:
    app = stage_of("prod").app
    (opened,) = (
        statement
        for statement in statements(app, role_of(functions(app)["export"]))
        if "kms:Decrypt" in listed(statement["Action"])
    )
    kinds = opened["Condition"]["StringEquals"]["kms:EncryptionContext:kind"]
    assert listed(kinds) == ["audit"]


def test_a_deletion_waits_for_its_moment_and_is_never_given_up(stage_of: StageOf) -> None:
    text = definition(stage_of("prod").app, "account-deletion")
    assert '\\"TimestampPath\\":\\"$.effective_at\\"' in text
    assert '\\"Next\\":\\"Later\\"' in text
    assert "Fail" not in text.replace("TaskFailed", "")


def test_an_export_that_fails_says_so_to_its_owner(stage_of: StageOf) -> None:
    text = definition(stage_of("prod").app, "export")
    assert '\\"Next\\":\\"Give Up\\"' in text
    assert '\\"failed\\":true' in text


def test_a_file_of_a_journal_takes_one_step_and_fails_by_its_own(stage_of: StageOf) -> None:
    text = definition(stage_of("prod").app, "export")
    assert '\\"StartAt\\":\\"What Is Wanted\\"' in text
    assert (
        '\\"Variable\\":\\"$.journal\\",\\"IsPresent\\":true,\\"Next\\":\\"Make Journal File\\"'
        in text
    )
    assert '\\"Next\\":\\"Give Up Journal File\\"' in text
    assert '\\"journal\\":true' in text
