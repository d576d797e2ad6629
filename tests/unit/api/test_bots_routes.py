from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from nightdesk import bootstrap
from nightdesk.accounts.tokens import TokenScope
from nightdesk.bots.editing import ChangeMode
from nightdesk.bots.reading import BotLimitsUsed
from nightdesk.core.ids import BotId, UserId
from tests.builders.bots import BTC
from tests.builders.market import some_rules
from tests.unit.accounts.doors import api_token, enrolled
from tests.unit.accounts.rig import ORIGIN, an_attempt
from tests.unit.api.conftest import Api
from tests.unit.bots.holding import hold
from tests.unit.bots.rig import Rig, a_rig

BODY: dict[str, Any] = {
    "name": "Alpha",
    "instrument": BTC,
    "timeframe": "1h",
    "strategy": "ma_cross@1",
    "capital": "1000",
}
NOBODY = "bot_01HKZZZZZZZZZZZZZZZZZZZZZZ"


class Desk:
    """The bots room behind the app: Alice is signed in, Bob is another trader."""

    def __init__(self, api: Api, rig: Rig) -> None:
        self.api, self.rig = api, rig
        self.headers = api.alice()
        self.other = api.bob()
        rig.rules.put([some_rules(BTC, observed_at=api.clock.now())])
        rig.clock.at = api.clock.now()
        self.keys = 0
        parts: dict[Any, Any] = {
            bootstrap.create_bot: rig.create_bot,
            bootstrap.read_bot: rig.read,
            bootstrap.list_bots: rig.list,
            bootstrap.bot_history: rig.history,
            bootstrap.bot_limits_used: BotLimitsUsed(rig.bots),
            bootstrap.update_bot: rig.update,
            bootstrap.change_mode: ChangeMode(rig.bots),
            bootstrap.start_bot: rig.start,
            bootstrap.pause_bot: rig.pause,
            bootstrap.pause_all: rig.pause_all,
            bootstrap.resume_all: rig.resume_all,
            bootstrap.retire_bot: rig.retire,
        }
        for factory, part in parts.items():
            api.app.dependency_overrides[factory] = lambda part=part: part

    def call(self, method: str, path: str = "", body: Any = None, **more: Any) -> Any:
        headers = more.pop("headers", self.headers) | more.pop("extra", {})
        if method == "DELETE":
            self.keys += 1
            headers = {"Idempotency-Key": f"retire-a-bot-{self.keys:04d}"} | headers
        url = f"/api/bots{path}"
        return self.api.client.request(method, url, json=body, headers=headers, **more)

    def create(self, key: str | None = None, **changes: Any) -> Any:
        self.keys += 1
        extra = {"Idempotency-Key": key or f"create-a-bot-{self.keys:04d}"}
        return self.call("POST", "", BODY | changes, extra=extra)

    def later(self, **span: int) -> None:
        self.api.clock.moment += timedelta(**span)

    def made(self, **changes: Any) -> Any:
        answer = self.create(**changes)
        assert answer.status_code == 201, answer.text
        return answer.json()


@pytest.fixture
def desk(api: Api, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    with a_rig(monkeypatch) as rig:
        yield Desk(api, rig)


def refusal(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def test_a_bot_is_made_with_money_as_text(desk: Desk) -> None:
    bot = desk.made(parameters={"fast": 5, "adx_min": "22.50"}, limits={"cooldown_minutes": 45})
    assert (bot["status"], bot["mode"], bot["version"]) == ("draft", "paper", 1)
    assert bot["parameters"] == {"kind": "EMA", "fast": 5, "slow": 21, "adx_min": "22.5"}
    assert bot["limits"]["cooldown_minutes"] == 45
    assert bot["own_limits"]["trades_per_day"] is None
    capital = bot["capital"]
    assert (capital["cash"], capital["equity"], capital["currency"]) == ("1000", "1000", "USD")
    assert capital["unrealised"] == "0"
    assert desk.call("GET", f"/{bot['bot_id']}").json() == bot


def test_the_same_key_makes_one_bot_even_when_the_first_answer_was_lost(desk: Desk) -> None:
    first = desk.create(key="the-same-key-0001").json()
    again = desk.create(key="the-same-key-0001")
    assert (again.status_code, again.json()) == (201, first)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert len(desk.call("GET").json()["items"]) == 1


def test_a_bot_is_not_made_without_a_key(desk: Desk) -> None:
    assert refusal(desk.call("POST", "", BODY)) == (400, "IDEMPOTENCY_KEY_REQUIRED")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": 7}, "name"),
        ({"name": "a\u0001b"}, "name"),
        ({"name": "x" * 41}, "name"),
        ({"instrument": "btc/usd@bitstamp"}, "instrument"),
        ({"instrument": "XRP/USD@bitstamp"}, "instrument"),
        ({"timeframe": "1w"}, "timeframe"),
        ({"timeframe": "1H"}, "timeframe"),
        ({"strategy": "ma_cross"}, "strategy"),
        ({"strategy": "nobody@1"}, "strategy"),
        ({"capital": 1000}, "capital"),
        ({"capital": "1e3"}, "capital"),
        ({"capital": "-5"}, "capital"),
        ({"capital": "99"}, "capital"),
        ({"risk_mode": "wild"}, "risk_mode"),
        ({"limits": {"cooldown_minutes": 4}}, "limits.cooldown_minutes"),
        ({"limits": {"daily_loss": "0.001"}}, "limits.daily_loss"),
        ({"limits": {"daily_loss": 0.05}}, "limits.daily_loss"),
        ({"limits": {"leverage": 3}}, "limits.leverage"),
        ({"parameters": {"fastt": 3}}, "parameters.fastt"),
        ({"parameters": {"fast": 101}}, "parameters.fast"),
        ({"key_label": "MAIN"}, "key_label"),
        ({"mode": "live"}, "mode"),
        ({"owner": "usr_2"}, "owner"),
    ],
)
def test_a_malformed_body_is_422_with_its_field(
    desk: Desk, changes: dict[str, Any], field: str
) -> None:
    answer = desk.create(**changes)
    assert answer.status_code == 422, answer.text
    assert answer.json()["error"]["details"][0]["field"] == field


def test_a_parameter_that_names_a_gigantic_number_is_refused_at_once(desk: Desk) -> None:
    for value in ("1e999999999", 10**400, True, None, [1]):
        answer = desk.create(parameters={"adx_min": value})
        assert answer.status_code in {400, 422}


def test_a_missing_field_is_named(desk: Desk) -> None:
    extra = {"Idempotency-Key": "missing-a-field-1"}
    answer = desk.call("POST", "", {"name": "Alpha"}, extra=extra)
    fields = {one["field"] for one in answer.json()["error"]["details"]}
    assert (answer.status_code, fields) == (422, {"instrument", "timeframe", "strategy"})


def test_a_life_from_start_to_retirement(desk: Desk) -> None:
    bot = desk.made()
    path = f"/{bot['bot_id']}"
    assert desk.call("POST", f"{path}/start").json()["status"] == "active"
    desk.later(minutes=1)
    paused = desk.call("POST", f"{path}/pause", {"reason": "holiday"}).json()
    assert (paused["status"], paused["pause_code"]) == ("paused", "USER_PAUSED")
    desk.later(minutes=1)
    assert desk.call("POST", f"{path}/resume").json()["status"] == "active"
    desk.later(minutes=1)
    assert desk.call("DELETE", path).status_code == 204
    assert desk.call("GET", path).json()["status"] == "retired"
    history = desk.call("GET", f"{path}/history").json()["items"]
    assert [one["to"] for one in history] == ["retired", "active", "paused", "active", "draft"]
    assert (history[2]["code"], history[2]["detail"]) == ("USER_PAUSED", "holiday")
    assert desk.call("GET").json()["items"] == []
    assert len(desk.call("GET", params={"status": "retired"}).json()["items"]) == 1


def test_history_comes_in_pages_bound_to_the_bot(desk: Desk) -> None:
    first, second = desk.made(), desk.made(name="Beta")
    desk.call("POST", f"/{first['bot_id']}/start")
    page = desk.call("GET", f"/{first['bot_id']}/history", params={"limit": 1}).json()
    rest = {"limit": 1, "cursor": page["next_cursor"]}
    older = desk.call("GET", f"/{first['bot_id']}/history", params=rest).json()
    assert [page["items"][0]["to"], older["items"][0]["to"]] == ["active", "draft"]
    assert refusal(desk.call("GET", f"/{second['bot_id']}/history", params=rest))[0] == 400


@pytest.mark.parametrize(("trigger", "status"), [("resume", 409), ("pause", 409), ("start", 200)])
def test_a_draft_takes_only_the_step_that_it_has(desk: Desk, trigger: str, status: int) -> None:
    answer = desk.call("POST", f"/{desk.made()['bot_id']}/{trigger}")
    assert answer.status_code == status
    if status == 409:
        assert refusal(answer) == (409, "STATUS_CONFLICT")


def test_a_start_refused_tells_its_violations(desk: Desk) -> None:
    bot = desk.made()
    desk.later(hours=73)
    desk.headers = desk.api.bearer(desk.api.rig.login(an_attempt(), ORIGIN, desk.api.clock.now()))
    answer = desk.call("POST", f"/{bot['bot_id']}/start")
    assert refusal(answer) == (409, "START_REFUSED")
    assert answer.json()["error"]["details"][0]["code"] == "RULES_STALE"


def test_conflicts_of_making_a_bot_are_told_apart(desk: Desk) -> None:
    desk.made(capital="9000")
    assert refusal(desk.create()) == (409, "NAME_TAKEN")
    assert refusal(desk.create(name="Beta", capital="1001")) == (409, "INSUFFICIENT_CAPITAL")


def test_an_edit_needs_the_version_that_was_read(desk: Desk) -> None:
    bot = desk.made()
    path = f"/{bot['bot_id']}"
    after = desk.call("PATCH", path, {"version": 1, "name": "Omega", "risk_mode": "safe"}).json()
    assert (after["name"], after["risk_mode"], after["version"]) == ("Omega", "safe", 2)
    assert refusal(desk.call("PATCH", path, {"version": 1, "name": "Late"})) == (
        409,
        "STALE_VERSION",
    )
    for body, field in (
        ({"name": "Omega"}, "version"),
        ({"version": 2, "status": "active"}, "status"),
        ({"version": "2"}, "version"),
        ({"version": 2, "parameters": {"fast": 999}}, "parameters.fast"),
    ):
        answer = desk.call("PATCH", path, body)
        assert answer.status_code == 422
        assert answer.json()["error"]["details"][0]["field"] == field


def test_a_bot_that_holds_something_shows_it_and_does_not_retire(desk: Desk) -> None:
    bot = desk.made()
    desk.call("POST", f"/{bot['bot_id']}/start")
    owner = desk.rig.bots.bots(BTC, desk.rig.due.markets()[BTC][0])[0].owner
    hold(desk.rig, desk.rig.bots.get(UserId(owner), BotId(bot["bot_id"])))
    shown = desk.call("GET", f"/{bot['bot_id']}").json()["capital"]
    assert (shown["holding"], shown["stale"]) == ("0.01", True)
    assert refusal(desk.call("DELETE", f"/{bot['bot_id']}")) == (409, "OPEN_POSITIONS")


def test_retiring_is_one_command_in_every_repetition(desk: Desk) -> None:
    path = f"/{desk.made()['bot_id']}"
    keyed = {"Idempotency-Key": "retire-once-0001"}
    assert [desk.call("DELETE", path, extra=keyed).status_code for _ in "ab"] == [204, 204]
    desk.later(minutes=1)
    assert refusal(desk.call("DELETE", path)) == (409, "STATUS_CONFLICT")
    bare = desk.api.client.delete(f"/api/bots{path}", headers=desk.headers)
    assert refusal(bare) == (400, "IDEMPOTENCY_KEY_REQUIRED")


def test_live_is_refused_and_paper_granted(desk: Desk) -> None:
    path = f"/{desk.made()['bot_id']}/mode"
    assert desk.call("POST", path, {"mode": "paper"}).json()["mode"] == "paper"
    body = {"mode": "live", "confirm": "ENABLE LIVE Alpha"}
    assert refusal(desk.call("POST", path, body)) == (403, "STEP_UP_REQUIRED")
    rig = desk.api.rig
    for session_id in rig.desk.sessions:
        rig.sessions.elevate(session_id, desk.api.clock.moment + timedelta(minutes=10))
    assert refusal(desk.call("POST", path, body)) == (403, "MFA_REQUIRED")
    for owner in rig.desk.securities:
        enrolled(rig, owner)
    assert refusal(desk.call("POST", path, body)) == (409, "LIVE_GATE_REFUSED")


@pytest.mark.parametrize(
    ("paper_only", "code"), [(True, "PAPER_ONLY_TOKEN"), (False, "SCOPE_REQUIRED")]
)
def test_no_api_token_goes_live(desk: Desk, *, paper_only: bool, code: str) -> None:
    path = f"/{desk.made()['bot_id']}/mode"
    rig = desk.api.rig
    for owner in list(rig.desk.securities):
        text = api_token(rig, owner, TokenScope.TRADE, paper_only=paper_only)
        desk.headers = {"Authorization": f"Bearer {text}"}
        body = {"mode": "live", "confirm": "ENABLE LIVE Alpha"}
        assert refusal(desk.call("POST", path, body)) == (403, code)


def test_pause_all_halts_and_resume_all_goes_on(desk: Desk) -> None:
    made = [desk.made(name=f"Bot {n}", capital="100")["bot_id"] for n in range(3)]
    for bot_id in made[:2]:
        desk.call("POST", f"/{bot_id}/start")
    desk.later(minutes=1)
    halted = desk.call("POST", "/pause-all").json()
    assert sorted(halted["changed"]) == sorted(made[:2])
    assert halted["unchanged"] == [{"id": made[2], "code": "STATUS_CONFLICT"}]
    desk.later(minutes=1)
    resumed = desk.call("POST", "/resume-all", {"pause_code": "USER_PAUSED"}).json()
    assert sorted(resumed["changed"]) == sorted(made[:2])
    bad = desk.call("POST", "/pause-all", {"mode": "paper", "why": "x"})
    assert bad.json()["error"]["details"][0]["field"] == "why"


def test_profiles_and_limits_are_shown(desk: Desk) -> None:
    profiles = desk.call("GET", "/profiles").json()["items"]
    assert [one["risk_mode"] for one in profiles] == ["safe", "balanced", "risky", "aggressive"]
    assert (profiles[0]["position"], profiles[0]["cooldown_minutes"]) == ("0.2", 60)
    desk.call("POST", f"/{desk.made()['bot_id']}/start")
    items = desk.call("GET", "/limits").json()["items"]
    assert items == [
        {"scope": "owner", "limit": 45, "used": 1},
        {"scope": "bitstamp", "limit": 10, "used": 1},
    ]


ROUTES = [
    ("GET", "", None),
    ("GET", "/history", None),
    ("PATCH", "", {"version": 1, "name": "Mine"}),
    ("POST", "/start", None),
    ("POST", "/pause", None),
    ("POST", "/resume", None),
    ("POST", "/mode", {"mode": "paper"}),
    ("DELETE", "", None),
]


@pytest.mark.parametrize(("method", "tail", "body"), ROUTES)
def test_another_trader_s_bot_is_404_on_every_route(
    desk: Desk, method: str, tail: str, body: Any
) -> None:
    bot_id = desk.made()["bot_id"]
    for known in (bot_id, NOBODY, "bot_1"):
        answer = desk.call(method, f"/{known}{tail}", body, headers=desk.other)
        assert refusal(answer) == (404, "NOT_FOUND")
    assert desk.call("GET", f"/{bot_id}").json()["status"] == "draft"


def test_another_trader_sees_and_halts_nothing_of_mine(desk: Desk) -> None:
    bot_id = desk.made()["bot_id"]
    desk.call("POST", f"/{bot_id}/start")
    assert desk.call("GET", headers=desk.other).json()["items"] == []
    halted = desk.call("POST", "/pause-all", headers=desk.other).json()
    assert halted == {"changed": [], "unchanged": []}
    assert desk.call("GET", f"/{bot_id}").json()["status"] == "active"


def test_nobody_gets_in_without_a_session(desk: Desk) -> None:
    for method, tail, body in ROUTES:
        assert desk.call(method, f"/{NOBODY}{tail}", body, headers={}).status_code == 401
