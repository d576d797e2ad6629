"""Mail leaves from one address, where one is set, and from the API alone."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from infra.cdk.assets.layout import Assets, Platform
from infra.cdk.stages import StageConfig
from nightdesk.names import Env
from tests.infrastructure.conftest import stand_in
from tests.infrastructure.templates import (
    Synthesised,
    functions,
    listed,
    role_of,
    statements,
    synthesise,
)

StageOf = Callable[[str], Synthesised]


def mail_rights(stage: Synthesised, name: str) -> list[str]:
    """Return the resources that a function may send mail for."""
    return [
        json.dumps(resource)
        for statement in statements(stage.app, role_of(functions(stage.app)[name]))
        if "ses:SendEmail" in listed(statement["Action"])
        for resource in statement["Resource"]
    ]


def test_the_api_may_send_for_the_senders_identity_alone(tmp_path: Path) -> None:
    root = tmp_path / "assets"
    for platform in Platform:
        stand_in(Assets(platform=platform, root=root))
    dev = synthesise("dev", root, tmp_path / "out", mail_from="desk@nightdesk.example")
    address, domain = mail_rights(dev, "api")
    assert ":identity/desk@nightdesk.example" in address
    assert ":identity/nightdesk.example" in domain
    assert "*" not in address + domain
    variables = functions(dev.app)["api"]["Environment"]["Variables"]
    assert variables[Env.MAIL_FROM] == "desk@nightdesk.example"
    assert not any(mail_rights(dev, name) for name in functions(dev.app) if name != "api")


def test_a_stage_without_an_address_sends_none(stage_of: StageOf) -> None:
    prod = stage_of("prod")
    assert not mail_rights(prod, "api")
    assert Env.MAIL_FROM not in functions(prod.app)["api"]["Environment"]["Variables"]


@pytest.mark.parametrize(
    "address", ["", "desk", "a@b c.example", "Desk <a@b.example>", "a@B.example"]
)
def test_a_sender_that_is_no_plain_address_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="mail_from"):
        StageConfig(stage="dev", mail_from=address)
