"""The ring turns: at once, or in steps that sign nobody out."""

import json
import subprocess
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import boto3
import jwt
import pytest

from functions.rotate_keys.handler import lambda_handler
from infra.cdk import rotate_signing_key
from infra.cdk.assets.layout import ROOT
from nightdesk.accounts.audit import Action, Entry
from nightdesk.adapters.secrets.ring import KeyRing, read_ring
from nightdesk.adapters.secrets.rotation import LIFE, due, replaced, turned
from nightdesk.adapters.secrets.store import StoredSecret
from nightdesk.adapters.secrets.tokens import JwtSigner
from nightdesk.bootstrap import rotating, signing
from nightdesk.core.errors import Misconfigured, Refused, StoreUnavailable
from nightdesk.names import Env
from tests.builders.accounts import NOW
from tests.unit.accounts.rig import SEED
from tests.unit.accounts.test_tokens import TurningSecret, the_claims

DAY = timedelta(hours=24)
CONTEXT: Any = SimpleNamespace(
    function_name="rotate_keys",
    memory_limit_in_mb=512,
    invoked_function_arn="arn:aws:lambda:eu-west-1:0:function:rotate_keys",
    aws_request_id="1",
)


def states(ring: str) -> list[str]:
    return sorted(key.state for key in read_ring(ring).values())


def step(ring: str, now: datetime) -> str:
    found = turned(ring, now)
    assert found is not None
    return found


def test_steps_publish_a_key_let_it_sign_and_drop_the_old_one() -> None:
    ring, seen = SEED, []
    for day in range(4):
        ring = step(ring, NOW + day * DAY)
        seen.append(states(ring))
    assert seen == [["current", "next"], ["current", "previous"], ["current"], ["current", "next"]]


def test_a_step_is_too_early_before_24_hours() -> None:
    second = timedelta(seconds=1)
    published = step(SEED, NOW)
    assert turned(published, NOW + DAY - second) is None
    signs = step(published, NOW + DAY)
    assert turned(signs, NOW + 2 * DAY - second) is None
    assert states(step(signs, NOW + 2 * DAY)) == ["current"]


def test_whoever_is_signed_in_stays_so_through_a_whole_turn() -> None:
    secret = TurningSecret(SEED)
    signers = [JwtSigner(KeyRing(secret), "nightdesk-test") for _ in "ab"]
    now = NOW
    for hour in range(1, 80):
        token = signers[hour % 2].sign(the_claims(), now)
        if hour % 25 == 0:
            secret.text = step(secret.text, now)
        now += timedelta(hours=1)
        for signer in signers:
            assert signer.verify(token, now)


def test_replaced_drops_every_old_key() -> None:
    secret = TurningSecret(step(SEED, NOW))
    signer = JwtSigner(KeyRing(secret), "nightdesk-test")
    token = signer.sign(the_claims(), NOW)
    secret.text = replaced(NOW)
    later = NOW + timedelta(minutes=5)
    with pytest.raises(Refused):
        signer.verify(token, later)
    fresh = signer.sign(the_claims(), later)
    assert jwt.get_unverified_header(fresh)["kid"] in read_ring(secret.text)
    assert states(secret.text) == ["current"]


def test_two_new_keys_differ() -> None:
    assert set(read_ring(replaced(NOW))) != set(read_ring(replaced(NOW)))


def test_each_day_a_step_is_due_only_in_a_turn_and_ninety_days_after_the_last() -> None:
    ring, steps = SEED, []
    for day in range(95):
        if (turn := due(ring, NOW + day * DAY)) is not None:
            ring = turn
            steps.append((day, states(ring)))
    assert steps == [
        (0, ["current", "next"]),  # the age of a deployment's own key is unknown
        (1, ["current", "previous"]),
        (2, ["current"]),
        (90, ["current", "next"]),
        (91, ["current", "previous"]),
        (92, ["current"]),
    ]
    assert timedelta(days=90) == LIFE


def test_a_day_that_was_missed_is_made_up_for() -> None:
    resting = step(step(step(SEED, NOW), NOW + DAY), NOW + 2 * DAY)
    late = due(resting, NOW + timedelta(days=200))
    assert late is not None
    assert states(late) == ["current", "next"]


@pytest.mark.parametrize("text", ["", "short", '{"keys": []}', "{"])
def test_what_is_no_ring_is_not_turned(text: str) -> None:
    with pytest.raises(Misconfigured):
        turned(text, NOW)


def test_command_finds_the_stage_and_asks_for_the_step(monkeypatch: pytest.MonkeyPatch) -> None:
    outputs = {"DeskTable": "d", "AuditTable": "a", "SigningSecretName": "s"}
    calls: list[tuple[list[str], dict[str, str]]] = []

    class Client:
        def describe_stacks(self, StackName: str) -> dict[str, Any]:  # noqa: N803
            rows = [{"OutputKey": key, "OutputValue": value} for key, value in outputs.items()]
            return {"Stacks": [{"Outputs": rows}]}

    def run(command: list[str], *, env: dict[str, str], check: bool) -> Any:
        calls.append((command, env))
        return subprocess.CompletedProcess(command, 1)

    monkeypatch.setenv("NIGHTDESK_DESK_TABLE", "of another stage")
    monkeypatch.setattr(boto3, "client", lambda _: Client())
    monkeypatch.setattr(subprocess, "run", run)
    assert rotate_signing_key.main(["--stage", "dev", "--gently"]) == 1
    ((command, env),) = calls
    assert command[-2:] == ["nightdesk.bootstrap.rotating", "--gently"]
    assert (env[Env.DESK_TABLE], env[Env.SIGNING_SECRET]) == ("d", "s")


class Kept:
    """A secret, and an audit log that may be down."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, fault: Exception | None = None) -> None:
        self.text, self.fault = SEED, fault
        self.told: list[Entry] = []
        found = SimpleNamespace(signing_secret="s")
        monkeypatch.setattr(signing, "started", lambda _: found)
        monkeypatch.setattr(signing, "audit_log", lambda _: self)
        monkeypatch.setattr(StoredSecret, "read", lambda _: self.text)
        monkeypatch.setattr(StoredSecret, "write", lambda _, text: setattr(self, "text", text))

    def commit(self, build: Any, entries: Any) -> None:
        if self.fault:
            raise self.fault
        self.told.extend(entries)


@pytest.mark.parametrize(
    ("arguments", "wanted"), [([], ["current"]), (["--gently"], ["current", "next"])]
)
def test_a_turn_is_written_down(
    monkeypatch: pytest.MonkeyPatch, arguments: list[str], wanted: list[str]
) -> None:
    kept = Kept(monkeypatch)
    assert rotating.main(arguments) == 0
    assert states(kept.text) == wanted
    assert [entry.action for entry in kept.told] == [Action.SIGNING_KEY_ROTATED]


def test_the_daily_look_turns_once_and_names_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = Kept(monkeypatch)
    signing.rotate_keys.cache_clear()
    event = json.loads((ROOT / "events/rotate_keys/daily.json").read_text())
    answers = [lambda_handler(event, CONTEXT) for _ in "ab"]
    assert answers == [{"turned": True}, {"turned": False}]
    assert [(one.action, one.origin.actor) for one in kept.told] == [
        (Action.SIGNING_KEY_ROTATED, "rotate_keys")
    ]


def test_without_an_entry_nothing_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = Kept(monkeypatch, StoreUnavailable("down"))
    with pytest.raises(StoreUnavailable):
        rotating.main([])
    assert kept.text == SEED


def test_a_step_too_early_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Kept(monkeypatch)
    assert [rotating.main(["--gently"]) for _ in "ab"] == [0, 1]
    assert "24 hours" in capsys.readouterr().out


def test_moments_are_kept_with_the_keys() -> None:
    rows = json.loads(step(SEED, NOW))["keys"]
    assert [datetime.fromisoformat(row["since"]) for row in rows if row["since"]] == [NOW]
