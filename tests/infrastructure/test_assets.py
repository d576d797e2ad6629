"""The folders that are deployed hold all that a function imports, and little else.

Of what they hold a function loads what it uses: a cold start waits for each library.
"""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from infra.cdk.assets import build
from infra.cdk.assets.layout import FUNCTIONS, LAMBDA_LIMIT, LAYERS, MEBIBYTE, Assets, Platform

# What a handler's use case loads late, on its first call.
FACTORIES = {
    "api": ("create_bot", "read_bot", "pause_all", "login"),
    "plan": ("plan_cycle",),
    "sync_market": ("sync_market", "backfill_gaps", "refresh_rules"),
    "analyse": ("analyse",),
    "trade_bots": ("trade_bots",),
    "watch": ("watch",),
    "settle": ("settle",),
    "emergency_stop": ("carry_out_stop", "market_moment"),
    "audit": ("anchor_heads", "verify_chain", "verify_all"),
    "probe_key": ("probe_here",),
    "recheck_keys": ("recheck_keys",),
    "rotate_keys": ("rotate_keys",),
    "notify": ("route_events",),
    "journal": ("capture_trip", "look_again"),
    "import_trades": ("check_import", "commit_import", "undo_import", "fail_import"),
    "sync_accounts": ("start_hourly_syncs", "sync_account", "fail_sync"),
    "review": ("call_reviews", "work_review"),
    "screenshot": ("develop_screenshot",),
    "export": ("collect_export", "make_journal_export", "fail_journal_export"),
    "delete_account": ("delete_account",),
}
ALL_VARIABLES = {
    "STAGE": "prod",
    "DESK_TABLE": "desk",
    "MARKET_TABLE": "market",
    "AUDIT_TABLE": "audit",
    "RUNTIME_TABLE": "runtime",
    "PEPPER_SECRET": "pepper",
    "SIGNING_SECRET": "signing",
    "OPERATOR_SECRET": "operator",
    "ANCHOR_BUCKET": "anchors",
    "VAULT_KEY": "alias/nightdesk/test",
    "PROBE_FUNCTION": "probe_key",
    "EXPORTS_BUCKET": "exports",
    "UPLOADS_BUCKET": "uploads",
    "IMPORT_QUEUE": "https://sqs.eu-west-1.amazonaws.com/000000000000/import-trades",
    "SYNC_QUEUE": "https://sqs.eu-west-1.amazonaws.com/000000000000/sync-accounts",
    "JOURNAL_QUEUE": "https://sqs.eu-west-1.amazonaws.com/000000000000/journal",
    "REVIEW_QUEUE": "https://sqs.eu-west-1.amazonaws.com/000000000000/review",
    "EXPORT_WORKFLOW": "arn:aws:states:eu-west-1:000000000000:stateMachine:export",
    "DELETION_WORKFLOW": "arn:aws:states:eu-west-1:000000000000:stateMachine:deletion",
    "EMERGENCY_STOP_MACHINE": "arn:aws:states:eu-west-1:000000000000:stateMachine:stop",
}
TABLES = {
    "api": ("DESK", "MARKET", "AUDIT", "RUNTIME"),
    "plan": ("DESK", "RUNTIME"),
    "sync_market": ("DESK", "MARKET"),
    "analyse": ("MARKET",),
    "trade_bots": ("DESK", "MARKET", "RUNTIME"),
    "watch": ("DESK", "MARKET"),
    "settle": ("DESK", "MARKET"),
    "emergency_stop": ("DESK", "MARKET", "AUDIT", "RUNTIME"),
    "audit": ("AUDIT",),
    "probe_key": (),
    "recheck_keys": ("DESK", "AUDIT"),
    "rotate_keys": ("AUDIT",),
    "notify": (),
    "journal": ("DESK", "MARKET"),
    "import_trades": ("DESK", "MARKET"),
    "sync_accounts": ("DESK", "MARKET", "RUNTIME"),
    "review": ("DESK", "MARKET"),
    "screenshot": ("DESK",),
    "export": ("DESK", "MARKET", "AUDIT"),
    "delete_account": ("DESK", "AUDIT", "RUNTIME"),
}
VARIABLES = {
    "api": ALL_VARIABLES.keys() - {"ANCHOR_BUCKET"},
    "audit": {"ANCHOR_BUCKET"},
    "probe_key": {"VAULT_KEY"},
    "recheck_keys": {"PROBE_FUNCTION"},
    "rotate_keys": {"SIGNING_SECRET"},
    "notify": {"JOURNAL_QUEUE"},
    "journal": {"JOURNAL_QUEUE"},
    "import_trades": {"JOURNAL_QUEUE", "IMPORT_QUEUE", "UPLOADS_BUCKET"},
    "sync_accounts": {"JOURNAL_QUEUE", "SYNC_QUEUE", "VAULT_KEY"},
    "review": {"REVIEW_QUEUE"},
    "screenshot": {"UPLOADS_BUCKET"},
    "export": {"VAULT_KEY", "ANCHOR_BUCKET", "EXPORTS_BUCKET"},
    "delete_account": {"EXPORTS_BUCKET", "UPLOADS_BUCKET"},
}
"""What a function is told beside its tables."""

HEAVY = {
    "aiohttp",
    "anthropic",
    "argon2",
    "aws_xray_sdk",
    "boto3",
    "ccxt",
    "cryptography",
    "fastapi",
    "httpx",
    "jwt",
    "mangum",
    "moto",
    "numpy",
    "openai",
    "pynamodb",
    "requests",
    "starlette",
    "talib",
}
"""Web frameworks, venues, models, keys, and what costs most of the rest."""
STORE = {"pynamodb"}
NUMBERS = {"numpy", "talib"}
WEB = {"fastapi", "mangum", "starlette"}
AT_ONCE = {"api": WEB, "sync_market": {"numpy"}, "analyse": NUMBERS, "trade_bots": NUMBERS}
"""What a handler loads before it is called, at most; one that is not named loads none of it."""
WIRED = {
    "api": STORE | WEB | {"argon2", "cryptography", "jwt"},
    "plan": STORE,
    "sync_market": STORE | {"numpy"},
    "analyse": STORE | NUMBERS,
    "trade_bots": STORE | NUMBERS,
    "watch": STORE | {"numpy"},
    "settle": STORE | {"numpy"},
    "emergency_stop": STORE | {"numpy"},
    "audit": STORE,
    "probe_key": set(),
    "recheck_keys": STORE,
    "rotate_keys": STORE | {"cryptography"},
    "notify": STORE,
    "journal": STORE | NUMBERS,
    "import_trades": STORE | {"numpy"},
    "sync_accounts": STORE | {"numpy"},
    "review": STORE | NUMBERS,
    "screenshot": STORE,
    "export": STORE | NUMBERS,
    "delete_account": STORE,
}
"""What it has loaded when its use cases are wired for real venues, before their first call."""


PROBE = """
import importlib, json, sys
folders, handler, factories = json.loads(sys.stdin.read())
sys.path = folders + [path for path in sys.path if "site-packages" not in path]
importlib.import_module(handler)
at_once = sorted({name.split(".")[0] for name in sys.modules})
from nightdesk import bootstrap
for factory in factories:
    getattr(bootstrap, factory)()
ours = [module.__file__ for name, module in sys.modules.items()
        if name.startswith(("functions", "nightdesk", "numpy", "pydantic", "boto3"))]
assert all(path is None or path.startswith(tuple(folders)) for path in ours), ours
print(json.dumps([at_once, sorted({name.split(".")[0] for name in sys.modules})]))
"""


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Platform], Assets]:
    """Build a platform once. Wheels come from uv's cache, or from the registry."""
    root = tmp_path_factory.mktemp("build")
    done: dict[Platform, Assets] = {}

    def of(platform: Platform) -> Assets:
        if platform not in done:
            done[platform] = build.build(platform, root)
        return done[platform]

    return of


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_a_handler_imports_from_its_own_folders_alone_and_no_more_than_it_uses(
    built: Callable[[Platform], Assets], name: str, tmp_path: Path
) -> None:
    assets = built(Platform.LOCAL)
    folders = [str(assets.code), *(str(assets.layer(one) / "python") for one in FUNCTIONS[name])]
    asked = json.dumps([folders, f"functions.{name}.handler", FACTORIES[name]])
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", PROBE],
        input=asked,
        env=environment(name),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    at_once, wired = (HEAVY & set(found) for found in json.loads(done.stdout.splitlines()[-1]))
    assert at_once <= AT_ONCE.get(name, set())
    assert wired <= WIRED[name]


def environment(name: str) -> dict[str, str]:
    """Return the variables that a function has on a stage."""
    mine = {f"{table}_TABLE" for table in TABLES[name]} | {"STAGE"}
    mine |= VARIABLES.get(name, set())
    ours = {f"NIGHTDESK_{key}": ALL_VARIABLES[key] for key in mine}
    return ours | {"AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1"}


@pytest.mark.parametrize("platform", list(Platform))
def test_every_folder_is_within_its_budget(
    built: Callable[[Platform], Assets], platform: Platform
) -> None:
    assets = built(platform)  # a folder over its budget raises
    for layer in LAYERS:
        assert 0 < build.size(assets.layer(layer.name)) <= layer.budget * MEBIBYTE


def test_a_function_unpacks_within_lambdas_limit(built: Callable[[Platform], Assets]) -> None:
    assets = built(Platform.LAMBDA)
    for needed in FUNCTIONS.values():
        total = sum(build.size(assets.layer(layer)) for layer in needed)
        assert total + build.size(assets.code) <= LAMBDA_LIMIT


def test_layers_for_lambda_hold_arm_code_for_python_3_13(
    built: Callable[[Platform], Assets],
) -> None:
    libraries = list(built(Platform.LAMBDA).layer("base").rglob("*.so"))
    versioned = [path.name for path in libraries if "cpython" in path.name]
    assert versioned
    assert all("cpython-313-aarch64" in name for name in versioned)


def test_a_folder_over_its_budget_stops_the_build() -> None:
    sizes = {"code": 0} | {layer.name: 0 for layer in LAYERS}
    with pytest.raises(build.OverBudget, match="base is"):
        build.weigh(sizes | {"base": 81 * MEBIBYTE})


def test_a_function_over_lambdas_limit_stops_the_build(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "LAMBDA_LIMIT", 100)
    sizes = {"code": 50} | {layer.name: 30 for layer in LAYERS}
    with pytest.raises(build.OverBudget, match="Lambda's limit"):
        build.weigh(sizes)


def test_a_layer_leaves_out_what_the_base_brings() -> None:
    base = "numpy==2 \\\n    --hash=sha256:a\nsix==1 \\\n    --hash=sha256:b\n"
    wanted = base + "ta-lib==1 \\\n    --hash=sha256:c\n"
    assert build.without(wanted, base) == "ta-lib==1 \\\n    --hash=sha256:c\n"
