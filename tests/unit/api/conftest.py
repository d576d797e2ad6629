from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.dependencies import utils
from fastapi.dependencies.models import Dependant
from starlette.testclient import TestClient

from functions.api.app import create_app
from nightdesk import bootstrap
from nightdesk.accounts.idempotency import Begin, Finish
from nightdesk.accounts.session import Pair
from nightdesk.core.pages import Cursors
from tests.builders.accounts import NOW
from tests.unit.accounts.fakes import HandClock
from tests.unit.accounts.rig import Rig

read_dependant = utils.get_dependant
reread = lru_cache(maxsize=2_000)(read_dependant)
SCOPES = ("own_oauth_scopes", "parent_oauth_scopes")


def dependant(**asked: Any) -> Dependant:
    """Return what a dependency needs, read once: an app with overrides reads it in each request.

    That of a route itself, which has no name, is changed by who asks for it.
    """
    if asked.get("name") is None or any(asked.get(scopes) for scopes in SCOPES):
        return read_dependant(**asked)
    return reread(**{name: one for name, one in asked.items() if name not in SCOPES})


utils.get_dependant = dependant


@dataclass
class Api:
    """The app over the room's fakes, and who is signed in."""

    app: FastAPI
    client: TestClient
    rig: Rig
    clock: HandClock
    parts: dict[str, Any] = field(default_factory=dict)

    def give(self, parts: dict[Any, Any]) -> None:
        """Let each factory of bootstrap give this part; FastAPI reads no parameter of it."""
        for factory, part in parts.items():
            self.app.dependency_overrides[factory] = _giver(part)

    def bearer(self, pair: Pair) -> dict[str, str]:
        return {"Authorization": f"Bearer {pair.access_token}"}

    def alice(self) -> dict[str, str]:
        """Return the headers of the admin, registered and signed in."""
        return self.bearer(self.rig.alice())

    def alice_up(self) -> dict[str, str]:
        """Return the headers of the admin, whose session has stepped up."""
        headers = self.alice()
        for session_id in self.rig.desk.sessions:
            self.rig.sessions.elevate(session_id, NOW + timedelta(minutes=10))
        return headers

    def bob(self) -> dict[str, str]:
        """Return the headers of a trader; the admin is there already."""
        return self.bearer(self.rig.bob())


def _giver(part: Any) -> Callable[[], Any]:
    return lambda: part


def overrides(rig: Rig, clock: HandClock, parts: dict[str, Any]) -> dict[Any, Any]:
    """Return what bootstrap would give, over the fakes."""
    begin, finish = Begin(rig.replies), Finish(rig.replies)
    return {
        bootstrap.clock: lambda: clock,
        bootstrap.cursors: lambda: Cursors(b"cursor-secret-of-the-tests-01234"),
        bootstrap.authenticate: lambda: rig.authenticate,
        bootstrap.take_request: lambda: rig.take_request,
        bootstrap.two_factor_duty: lambda: rig.duty,
        bootstrap.audit_trail: lambda: rig.audit,
        bootstrap.step_up: lambda: rig.step_up,
        bootstrap.enrol_two_factor: lambda: rig.enrol,
        bootstrap.confirm_two_factor: lambda: rig.confirm,
        bootstrap.disable_two_factor: lambda: rig.disable,
        bootstrap.renew_recovery_codes: lambda: rig.renew,
        bootstrap.issue_token: lambda: rig.issue_token,
        bootstrap.revoke_token: lambda: rig.revoke_token,
        bootstrap.list_tokens: lambda: rig.list_tokens,
        bootstrap.begin_reply: lambda: begin,
        bootstrap.finish_reply: lambda: finish,
        bootstrap.register: lambda: rig.register,
        bootstrap.login: lambda: rig.login,
        bootstrap.refresh: lambda: rig.refresh,
        bootstrap.logout: lambda: rig.logout,
        bootstrap.logout_everywhere: lambda: rig.logout_everywhere,
        bootstrap.list_sessions: lambda: rig.list_sessions,
        bootstrap.read_account: lambda: rig.read_account,
        bootstrap.invite: lambda: rig.invite,
        bootstrap.list_invitations: lambda: rig.list_invitations,
        bootstrap.withdraw_invitation: lambda: rig.withdraw_invitation,
        bootstrap.update_account: lambda: rig.update_account,
        bootstrap.verify_email: lambda: rig.verify_email,
        bootstrap.change_password: lambda: rig.change_password,
        bootstrap.forgot_password: lambda: rig.forgot_password,
        bootstrap.reset_password: lambda: rig.reset_password,
        bootstrap.mailer: lambda: rig.mailer,
        bootstrap.token_signer: lambda: rig.signer,
        bootstrap.readiness: lambda: parts,
        bootstrap.runtime_settings: lambda: rig.settings,
        bootstrap.desk_stopped: lambda: lambda: rig.stopped,
    }


@pytest.fixture(scope="session")
def built() -> FastAPI:
    """Return the app with all its routes: building them takes longer than most tests."""
    return create_app()


@pytest.fixture
def api(built: FastAPI) -> Iterator[Api]:
    """Return the app over fresh fakes. Routes that a test adds go with it."""
    rig, clock, routes = Rig(), HandClock(NOW), list(built.router.routes)
    parts: dict[str, Any] = {}
    built.dependency_overrides = overrides(rig, clock, parts)
    with TestClient(built) as client:
        yield Api(built, client, rig, clock, parts)
    built.dependency_overrides = {}
    built.router.routes[:] = routes


@pytest.fixture
def floor(api: Api) -> Any:
    """Return the app over a desk on which two traders' bots trade."""
    from tests.unit.api.trading_rig import Floor

    return Floor(api)
