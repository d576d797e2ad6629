"""Synthesised templates, and how to ask them questions."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Template = dict[str, Any]
TABLES = ("Desk", "Market", "Audit", "Runtime")


@dataclass(frozen=True)
class Synthesised:
    """The three templates of a stage."""

    stage: str
    data: Template
    app: Template
    ops: Template

    @property
    def templates(self) -> dict[str, Template]:
        return {"data": self.data, "app": self.app, "ops": self.ops}


def synthesise(stage: str, assets: Path, outdir: Path, **options: str) -> Synthesised:
    """Build a stage with cdk-nag on: a finding without its reason fails here."""
    from infra.cdk.app import create_app  # it starts a process: not for who synthesises nothing

    context = {"stage": stage, "assets": str(assets), **options}
    if stage == "local":
        context["endpoint"] = "http://127.0.0.1:4566"
    create_app(context, outdir).synth()
    return Synthesised(
        stage,
        *(
            json.loads((outdir / f"nightdesk-{stage}-{name}.template.json").read_text())
            for name in ("data", "app", "ops")
        ),
    )


def resources(template: Template, kind: str) -> dict[str, Template]:
    """Return the resources of one CloudFormation type by logical id."""
    return {name: found for name, found in template["Resources"].items() if found["Type"] == kind}


def functions(app: Template) -> dict[str, Template]:
    """Return our functions' properties by the name of their folder."""
    found = resources(app, "AWS::Lambda::Function").values()
    return {
        one["Properties"]["Handler"].split(".")[1]: one["Properties"]
        for one in found
        if str(one["Properties"]["Handler"]).startswith("functions.")
    }


def statements(app: Template, role: str) -> Iterator[Template]:
    """Yield every statement of the policies of a role."""
    for policy in resources(app, "AWS::IAM::Policy").values():
        if {"Ref": role} in policy["Properties"]["Roles"]:
            yield from policy["Properties"]["PolicyDocument"]["Statement"]


def role_of(function: Template) -> str:
    """Return the logical id of a function's role."""
    return str(function["Role"]["Fn::GetAtt"][0])


def listed(value: Any) -> list[Any]:
    """Return a value that a policy may hold alone or in a list, as a list."""
    return value if isinstance(value, list) else [value]


STREAM = {"DescribeStream", "GetRecords", "GetShardIterator", "ListStreams"}
"""What reads the stream of a table, and none of its items."""


def table_grants(app: Template, function: Template) -> dict[str, set[str]]:
    """Return what a function may do: actions by table, or by `Table/index`."""
    found: dict[str, set[str]] = {}
    for statement in statements(app, role_of(function)):
        actions = {
            action.removeprefix("dynamodb:")
            for action in listed(statement["Action"])
            if action.startswith("dynamodb:")
        } - STREAM
        if not actions:
            continue
        for resource in listed(statement["Resource"]):
            found.setdefault(table_named(resource), set()).update(actions)
    return found


def table_named(resource: Any) -> str:
    """Return the table, or `Table/index`, that a resource of a policy stands for."""
    text = json.dumps(resource)
    (table,) = (name for name in TABLES if f"FnGetAtt{name}" in text)
    return (
        f"{table}/{text.rsplit('/index/', 1)[1].split(chr(34))[0]}" if "/index/" in text else table
    )
