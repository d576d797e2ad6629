"""Stopping and resuming over HTTP; settings and what maintenance closes."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest

from nightdesk import bootstrap
from nightdesk.accounts.emergency_stop import Engage, ReadStop, Resume
from nightdesk.accounts.identity import Role
from nightdesk.accounts.runtime_settings import ChangeSetting, ReadSettings, ResetSetting
from nightdesk.accounts.tokens import TokenScope
from nightdesk.bots.bot import PauseCode
from nightdesk.bots.switching import Switched
from nightdesk.core.ids import SYSTEM, BotId, UserId
from tests.builders.accounts import ALICE, BOB, PASSWORD
from tests.fakes.stops import FakePeaks, FakeStopGates, FakeStopProgress, FakeStopRunner
from tests.unit.accounts.doors import api_token, bearer, member, session_of
from tests.unit.api.conftest import Api

OWN = "/api/system/emergency-stop"
ADMINS = "/api/admin/emergency-stop"
RESUME = {"reason": "it is over", "confirm": "RESUME TRADING"}


@dataclass
class Restarts:
    asked: list[tuple[UserId, PauseCode]] = field(default_factory=list)

    def __call__(self, owner: UserId, at: datetime, *, code: PauseCode) -> Switched:
        self.asked.append((owner, code))
        return Switched(changed=(BotId("bot_1"),), unchanged=())


@dataclass
class Stops:
    api: Api
    gates: FakeStopGates = field(default_factory=FakeStopGates)
    runner: FakeStopRunner = field(default_factory=FakeStopRunner)
    restarts: Restarts = field(default_factory=Restarts)

    def __post_init__(self) -> None:
        settings = self.api.rig.settings
        self.api.give(
            {
                bootstrap.read_stop: ReadStop(self.gates, FakeStopProgress()),
                bootstrap.engage_stop: Engage(self.gates, self.runner),
                bootstrap.resume_stop: Resume(self.gates, FakePeaks(), self.runner),
                bootstrap.stopped_bots: lambda owner: 3,
                bootstrap.resume_all: self.restarts,
                bootstrap.read_settings: ReadSettings(settings),
                bootstrap.change_setting: ChangeSetting(settings),
                bootstrap.reset_setting: ResetSetting(settings),
            }
        )

    def session(
        self, owner: UserId, role: Role = Role.TRADER, *, up: bool = True
    ) -> dict[str, str]:
        member(self.api.rig, owner, role=role)
        head = {"Authorization": f"Bearer {bearer(self.api.rig, session_of(self.api.rig, owner))}"}
        if up:
            self.ask("POST", "/api/auth/step-up", head, {"password": PASSWORD})
        return head

    def ask(
        self, method: str, path: str, head: dict[str, str], body: dict[str, Any] | None = None
    ) -> Any:
        answer = self.api.client.request(method, path, headers=head, json=body)
        assert answer.is_success, answer.text
        return answer.json()

    def refused(
        self, method: str, path: str, head: dict[str, str], body: dict[str, Any] | None = None
    ) -> tuple[int, str]:
        answer = self.api.client.request(method, path, headers=head, json=body)
        return answer.status_code, answer.json()["error"]["code"]


@pytest.fixture
def stops(api: Api) -> Stops:
    return Stops(api)


def test_a_stop_needs_no_body_and_says_what_stands(stops: Stops) -> None:
    head = stops.session(BOB, up=False)
    assert stops.ask("GET", OWN, head)["enabled"] is False
    answer = stops.ask("POST", OWN, head)
    assert (answer["enabled"], answer["scope"], answer["level"]) == (True, "owner", "block")
    assert (answer["by"], answer["bots_paused"], answer["trading_state"]) == (
        str(BOB),
        3,
        "REDUCING",
    )
    assert stops.ask("POST", OWN, head, {"level": "flatten", "reason": "now"})["level"] == "flatten"
    assert stops.ask("GET", OWN, head)["reason"] == ""


def test_a_token_that_may_trade_stops_and_none_resumes(stops: Stops) -> None:
    stops.session(BOB)
    read, trade = (
        {"Authorization": f"Bearer {api_token(stops.api.rig, BOB, scope)}"}
        for scope in (TokenScope.READ, TokenScope.TRADE)
    )
    assert stops.refused("POST", OWN, read) == (403, "SCOPE_REQUIRED")
    assert stops.ask("POST", OWN, trade)["enabled"]
    assert stops.refused("POST", f"{OWN}/resume", trade, RESUME) == (403, "SCOPE_REQUIRED")
    assert stops.gates.stop(BOB) is not None


def test_a_spent_bucket_of_trades_or_writes_keeps_no_stop_out(stops: Stops) -> None:
    head = stops.session(BOB, up=False)
    for _ in range(61):
        stops.api.client.post("/api/strategies/validate", headers=head, json={})
    found = stops.refused("POST", "/api/strategies/validate", head, {})
    assert found == (429, "RATE_LIMITED")
    assert stops.ask("POST", OWN, head)["enabled"]


def test_resuming_takes_a_step_up_the_phrase_and_ones_own_stop(stops: Stops) -> None:
    calm = stops.session(BOB, up=False)
    stops.ask("POST", OWN, calm)
    assert stops.refused("POST", f"{OWN}/resume", calm, RESUME) == (403, "STEP_UP_REQUIRED")
    head = stops.session(BOB)
    wrong = RESUME | {"confirm": "resume trading"}
    assert stops.refused("POST", f"{OWN}/resume", head, wrong) == (422, "CONFIRMATION_WRONG")
    answer = stops.ask("POST", f"{OWN}/resume", head, RESUME)
    assert (answer["enabled"], answer["restarted"]) == (False, None)
    assert stops.restarts.asked == []
    assert stops.refused("POST", f"{OWN}/resume", head, RESUME) == (409, "NOT_STOPPED")


def test_another_user_lifts_nothing(stops: Stops) -> None:
    bob, other = stops.session(BOB), stops.session(ALICE)
    stops.ask("POST", OWN, bob)
    assert stops.refused("POST", f"{OWN}/resume", other, RESUME) == (409, "NOT_STOPPED")
    foreign = RESUME | {"scope": str(BOB)}
    assert stops.refused("POST", f"{OWN}/resume", other, foreign) == (422, "VALIDATION_FAILED")
    assert stops.refused("POST", f"{ADMINS}/resume", other, foreign) == (403, "FORBIDDEN")
    assert stops.ask("GET", OWN, bob)["enabled"]


def test_bots_are_started_again_if_so_asked(stops: Stops) -> None:
    head = stops.session(BOB)
    stops.ask("POST", OWN, head)
    answer = stops.ask("POST", f"{OWN}/resume", head, RESUME | {"restart_bots": True})
    assert answer["restarted"] == {"changed": ["bot_1"], "unchanged": []}
    assert stops.restarts.asked == [(BOB, PauseCode.EMERGENCY_STOP)]


def test_an_administrators_stop_is_not_a_traders_to_lift(stops: Stops) -> None:
    admin, bob = stops.session(ALICE, Role.ADMIN), stops.session(BOB)
    body = {"scope": str(BOB), "level": "block", "reason": "suspicious"}
    assert stops.ask("POST", ADMINS, admin, body)["by"] == "administrator"
    assert stops.refused("POST", f"{OWN}/resume", bob, RESUME) == (403, "NOT_YOURS_TO_LIFT")
    assert stops.refused("POST", f"{ADMINS}/resume", bob, RESUME)[0] == 403
    assert not stops.ask("POST", f"{ADMINS}/resume", admin, RESUME | {"scope": str(BOB)})["enabled"]


def test_the_desks_stop_is_for_administrators_with_a_session(stops: Stops) -> None:
    admin, bob = stops.session(ALICE, Role.ADMIN), stops.session(BOB)
    body = {"scope": "global", "level": "flatten", "reason": "drill"}
    assert stops.refused("POST", ADMINS, bob, body) == (403, "FORBIDDEN")
    token = {"Authorization": f"Bearer {api_token(stops.api.rig, ALICE, TokenScope.ADMIN)}"}
    assert stops.refused("POST", ADMINS, token, body) == (403, "SCOPE_REQUIRED")
    stops.ask("POST", ADMINS, admin, body)
    assert stops.gates.stop(SYSTEM) is not None
    assert stops.ask("GET", OWN, bob)["scope"] == "global"
    lift = RESUME | {"scope": "global", "restart_bots": True}
    assert not stops.ask("POST", f"{ADMINS}/resume", admin, lift)["enabled"]
    assert stops.runner.restarts == [True]
    assert stops.restarts.asked == [], "the workflow starts them, owner by owner"


def test_an_unknown_account_is_not_stopped(stops: Stops) -> None:
    admin = stops.session(ALICE, Role.ADMIN)
    body = {"scope": "01J9Z3K4M5N6P7Q8R9S0T1V2ZZ", "reason": "enough"}
    assert stops.refused("POST", ADMINS, admin, body) == (404, "NOT_FOUND")
    assert stops.refused("POST", ADMINS, admin, body | {"scope": "everybody"})[0] == 422


def test_settings_are_read_and_changed_by_administrators(stops: Stops) -> None:
    admin = stops.session(ALICE, Role.ADMIN)
    path = "/api/admin/settings"
    found = {one["name"]: one for one in stops.ask("GET", path, admin)["items"]}
    assert (found["max_users"]["value"], found["max_users"]["version"]) == (50, 0)
    changed = stops.ask("PUT", f"{path}/max_users", admin, {"value": 60, "version": 0})
    assert (changed["value"], changed["version"], changed["set_by"]) == (60, 1, str(ALICE))
    for body, answer in (
        ({"value": 60, "version": 0}, (409, "STALE_VERSION")),
        ({"value": 0, "version": 1}, (422, "OUT_OF_RANGE")),
        ({"value": 1.5, "version": 1}, (422, "VALIDATION_FAILED")),
    ):
        assert stops.refused("PUT", f"{path}/max_users", admin, body) == answer
    unknown = stops.refused("PUT", f"{path}/min_users", admin, {"value": 1, "version": 0})
    assert unknown == (422, "UNKNOWN_SETTING")
    assert stops.ask("DELETE", f"{path}/max_users", admin)["value"] == 50


def test_a_read_only_desk_answers_reads_stops_and_administrators(stops: Stops) -> None:
    admin, bob = stops.session(ALICE, Role.ADMIN), stops.session(BOB)
    path = "/api/admin/settings/maintenance"
    stops.ask("PUT", f"{path}.message", admin, {"value": "Back at nine.", "version": 0})
    stops.ask("PUT", path, admin, {"value": "api_read_only", "version": 0})
    answer = stops.api.client.post("/api/strategies/validate", headers=bob, json={})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")
    error = answer.json()["error"]
    assert (error["code"], error["message"]) == ("MAINTENANCE", "Back at nine.")
    assert stops.ask("GET", "/api/account", bob)
    assert stops.ask("POST", OWN, bob)["enabled"]
    assert stops.ask("POST", "/api/auth/step-up", bob, {"password": PASSWORD})
    assert stops.ask("DELETE", path, admin)["value"] == "off"
    assert stops.refused("POST", "/api/strategies/validate", bob, {})[0] == 422
