import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from mangum import Mangum

from tests.unit.api.conftest import Api

ROOT = Path(__file__).parents[3]
EVENTS = sorted((ROOT / "events" / "api").glob("*.json"))

HEAVY = {
    "argon2",
    "aws_xray_sdk",
    "boto3",
    "botocore.session",
    "ccxt",
    "cryptography",
    "httpx",
    "jwt",
    "moto",
    "nightdesk.adapters",
    "nightdesk.bots.switching",
    "nightdesk.market.candles",
    "nightdesk.strategies.definition",
    "nightdesk.trading.ports",
    "numpy",
    "openai",
    "pydantic_settings",
    "pynamodb",
    "requests",
    "talib",
    "urllib3",
}
"""What belongs to adapters or to one route. X-Ray comes with Lambda alone (`observability`)."""

WANTED = {
    "account": (401, "UNAUTHENTICATED"),
    "candles": (401, "UNAUTHENTICATED"),
    "live": (200, None),
    "login": (200, None),
    "login_base64": (200, None),
    "unknown_path": (404, "NOT_FOUND"),
}


@pytest.mark.parametrize("path", EVENTS, ids=lambda path: path.stem)
def test_each_sample_event_is_answered(api: Api, path: Path) -> None:
    api.rig.alice()
    event: dict[str, Any] = json.loads(path.read_text())
    answer = Mangum(api.app, lifespan="off")(event, None)  # type: ignore[arg-type]
    body = json.loads(answer["body"])
    assert (answer["statusCode"], body.get("error", {}).get("code")) == WANTED[path.stem]
    assert answer["headers"]["x-request-id"] == event["requestContext"]["requestId"]


def test_network_is_the_gateways_and_forwarding_headers_are_not_read(api: Api) -> None:
    api.rig.alice()
    api.rig.desk.sessions.clear()
    event = json.loads((ROOT / "events/api/login.json").read_text())
    Mangum(api.app, lifespan="off")(event, None)  # type: ignore[arg-type]
    (session,) = api.rig.desk.sessions.values()
    assert session.network == "203.0.113.9"


@dataclass
class Context:
    """What Lambda passes beside the event."""

    function_name: str = "api"
    memory_limit_in_mb: int = 1024
    invoked_function_arn: str = "arn:aws:lambda:eu-west-1:123456789012:function:api"
    aws_request_id: str = "request-1"


def test_lambda_handler_answers_and_logs_no_body(capsys: pytest.CaptureFixture[str]) -> None:
    from functions.api.handler import lambda_handler

    event = json.loads((ROOT / "events/api/unknown_path.json").read_text())
    answer = lambda_handler(event, Context())
    assert answer["statusCode"] == 404
    event = json.loads((ROOT / "events/api/login.json").read_text()) | {"body": "{"}
    assert lambda_handler(event, Context())["statusCode"] == 400
    assert "battery staple" not in capsys.readouterr().out


def test_import_of_the_handler_loads_nothing_heavy_and_reads_no_setting() -> None:
    code = "import sys, functions.api.handler; print(*sys.modules)"
    environment = {"PYTHONPATH": f"{ROOT}:{ROOT / 'shared'}", "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert set(done.stdout.split()) & HEAVY == set()


def test_the_garbage_collector_rests_while_the_handler_is_imported_and_only_then() -> None:
    code = (
        "import gc, sys\n"
        "import functions.api.handler\n"
        "done = sum(one['collections'] for one in gc.get_stats())\n"
        "print(gc.isenabled(), gc.get_freeze_count() > 10_000, done)"
    )
    environment = {"PYTHONPATH": f"{ROOT}:{ROOT / 'shared'}", "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    enabled, frozen, collections = done.stdout.split()
    assert (enabled, frozen) == ("True", "True")
    assert int(collections) < 50, "an import that is looked through takes hundreds"


@pytest.mark.parametrize(
    ("task_root", "disabled", "traced"),
    [("/var/task", "", True), ("/var/task", "true", False), ("", "", False)],
)
def test_traces_are_made_on_lambda_unless_they_are_switched_off(
    task_root: str, disabled: str, *, traced: bool
) -> None:
    code = "import sys, nightdesk.observability; print('aws_xray_sdk' in sys.modules)"
    wanted = {"LAMBDA_TASK_ROOT": task_root, "POWERTOOLS_TRACE_DISABLED": disabled}
    environment = {name: value for name, value in wanted.items() if value}
    environment["PYTHONPATH"] = str(ROOT / "shared")
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.split()[-1] == str(traced)
