"""The operator's way in: `make reset-admin`."""

from typing import Any

import pytest

from infra.cdk import reset_admin
from nightdesk.accounts.audit import Action, ActorKind, Source
from nightdesk.accounts.login import PasswordChangeRequired
from nightdesk.accounts.resetting import ResetAdmin
from nightdesk.bootstrap import resetting
from nightdesk.core.errors import Missing
from tests.builders.accounts import NOW, a_candidate
from tests.unit.accounts.rig import ORIGIN, Rig, an_attempt


@pytest.fixture
def rig() -> Rig:
    rig = Rig()
    rig.register(a_candidate(), ORIGIN, NOW)
    return rig


def operator(rig: Rig) -> ResetAdmin:
    return ResetAdmin(rig.users, rig.reset_password_by_admin)


@pytest.mark.parametrize("email", [None, "alice@EXAMPLE.com"])
def test_the_first_admin_gets_a_password_that_must_be_changed(rig: Rig, email: str | None) -> None:
    username, password = operator(rig)(email, NOW)
    assert username == "alice"
    with pytest.raises(PasswordChangeRequired):
        rig.login(an_attempt(password=password), ORIGIN, NOW)
    (entry,) = [e for e in rig.desk.entries if e.action is Action.PASSWORD_RESET_BY_ADMIN]
    assert (entry.origin.kind, entry.origin.source) == (ActorKind.OPERATOR, Source.CLI)


def test_traders_and_nobody_are_no_admins(rig: Rig) -> None:
    rig.bob()
    for email in ("bob@example.com", "nobody@example.com"):
        with pytest.raises(Missing):
            operator(rig)(email, NOW)
    with pytest.raises(Missing):
        operator(Rig())(None, NOW)


def test_the_command_shows_the_password_once_or_says_that_there_is_none(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(resetting, "reset_admin", lambda: operator(rig))
    assert resetting.main([]) == 0
    assert capsys.readouterr().out.startswith("one-time password of alice: ")
    assert resetting.main(["--email", "nobody@example.com"]) == 1
    assert capsys.readouterr().err == "there is no such admin\n"


class Stacks:
    """CloudFormation, as far as the command asks it."""

    def describe_stacks(self, StackName: str) -> dict[str, Any]:  # noqa: N803 - boto3
        assert StackName == "nightdesk-prod-data"
        found = {"DeskTable": "desk", "AuditTable": "audit", "PepperSecretName": "pepper"}
        outputs = [{"OutputKey": key, "OutputValue": value} for key, value in found.items()]
        return {"Stacks": [{"Outputs": outputs}]}


def test_the_desk_is_found_by_its_stack() -> None:
    assert reset_admin.environment("prod", Stacks()) == {
        "NIGHTDESK_STAGE": "prod",
        "NIGHTDESK_DESK_TABLE": "desk",
        "NIGHTDESK_AUDIT_TABLE": "audit",
        "NIGHTDESK_PEPPER_SECRET": "pepper",
        "NIGHTDESK_VAULT_KEY": "alias/nightdesk/prod",
    }


def test_every_session_of_the_admin_ends(rig: Rig) -> None:
    rig.login(an_attempt(), ORIGIN, NOW)
    operator(rig)(None, NOW)
    assert not [each for each in rig.desk.sessions.values() if not each.revoked_at]
