"""What mypy reads of the CDK is what the stacks are made of."""

import ast
import tomllib

from infra.cdk.assets.layout import ROOT


def test_every_service_that_is_imported_is_typed_and_no_other() -> None:
    """One that mypy does not follow is Any: nothing would be said of how it is used."""
    config = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["mypy"]
    (followed,) = (
        set(one["module"]) for one in config["overrides"] if one.get("follow_imports") == "normal"
    )
    assert followed == services() | {"aws_cdk"}


def services() -> set[str]:
    """Return the modules of services that `infra` and the tests import."""
    found = set()
    for folder in ("infra", "tests", "bench"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.ImportFrom) and node.module:
                    if node.module == "aws_cdk":
                        found |= {f"aws_cdk.{one.name}" for one in node.names}
                    elif node.module.startswith("aws_cdk."):
                        found.add(node.module)
    return {name for name in found if name.startswith("aws_cdk.aws_")}
