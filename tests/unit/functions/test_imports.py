"""What a worker of the cycle loads before its first market: its handler and what it wires."""

import subprocess
import sys
from pathlib import Path

import pytest

from nightdesk.names import Env

ROOT = Path(__file__).parents[3]

TABLES = {Env.DESK_TABLE: "desk", Env.MARKET_TABLE: "market", Env.RUNTIME_TABLE: "runtime"}
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
ALLOWED = {
    "plan": STORE,
    "sync_market": STORE | {"numpy"},
    "analyse": STORE | NUMBERS,
    "trade_bots": STORE | NUMBERS,
    "watch": STORE | NUMBERS,
    "settle": STORE | NUMBERS,
    "emergency_stop": STORE | NUMBERS,
    "export": STORE,
    "notify": STORE,
    "journal": STORE | NUMBERS,
    "import_trades": STORE | NUMBERS,
    "sync_accounts": STORE | NUMBERS,
    "delete_account": STORE,
    "review": STORE | NUMBERS,
    "screenshot": STORE,
}
FACTORIES = {
    "plan": ("plan_cycle",),
    "sync_market": ("sync_market", "refresh_rules", "backfill_gaps"),
    "analyse": ("analyse",),
    "trade_bots": ("trade_bots",),
    "watch": ("watch",),
    "settle": ("settle",),
    "emergency_stop": ("carry_out_stop", "market_moment"),
    "export": ("collect_export", "fail_journal_export"),
    "notify": ("route_events",),
    "journal": ("capture_trip", "measure_stored"),
    "import_trades": ("check_import", "commit_import", "undo_import", "fail_import"),
    "sync_accounts": ("start_hourly_syncs", "sync_account", "fail_sync"),
    "delete_account": ("delete_account",),
    "review": ("call_reviews", "work_review"),
    "screenshot": ("develop_screenshot",),
}
GRANTED = {
    "plan": (Env.DESK_TABLE, Env.RUNTIME_TABLE),
    "sync_market": (Env.DESK_TABLE, Env.MARKET_TABLE),
    "analyse": (Env.MARKET_TABLE,),
    "trade_bots": tuple(TABLES),
    "watch": (Env.DESK_TABLE, Env.MARKET_TABLE),
    "settle": (Env.DESK_TABLE, Env.MARKET_TABLE),
    "emergency_stop": (*TABLES, Env.AUDIT_TABLE),
    "notify": (Env.JOURNAL_QUEUE,),
    "journal": (Env.DESK_TABLE, Env.MARKET_TABLE, Env.JOURNAL_QUEUE),
    "import_trades": (
        *(Env.DESK_TABLE, Env.MARKET_TABLE),
        *(Env.UPLOADS_BUCKET, Env.IMPORT_QUEUE, Env.JOURNAL_QUEUE),
    ),
    "review": (Env.DESK_TABLE, Env.MARKET_TABLE, Env.REVIEW_QUEUE),
    "export": (
        *(Env.DESK_TABLE, Env.MARKET_TABLE, Env.AUDIT_TABLE),
        *(Env.VAULT_KEY, Env.ANCHOR_BUCKET, Env.EXPORTS_BUCKET),
    ),
    "sync_accounts": (
        *(Env.DESK_TABLE, Env.MARKET_TABLE, Env.RUNTIME_TABLE),
        *(Env.VAULT_KEY, Env.SYNC_QUEUE, Env.JOURNAL_QUEUE),
    ),
    "screenshot": (Env.DESK_TABLE, Env.UPLOADS_BUCKET),
    "delete_account": (
        *(Env.DESK_TABLE, Env.RUNTIME_TABLE, Env.AUDIT_TABLE),
        *(Env.EXPORTS_BUCKET, Env.UPLOADS_BUCKET),
    ),
}


def loaded(function: str, *, wired: bool) -> set[str]:
    """Return the packages that a clean interpreter has after the handler, or its factories too."""
    lines = [
        "import sys",
        f"import functions.{function}.handler",
        "from nightdesk import bootstrap",
    ]
    lines += [f"bootstrap.{factory}()" for factory in FACTORIES[function] if wired]
    lines += ["print('loaded', *sorted({name.split('.')[0] for name in sys.modules}))"]
    environment = {name.value: TABLES.get(name, "audit") for name in GRANTED[function]}
    environment |= {
        Env.STAGE.value: "prod",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "PATH": "/usr/bin:/bin",
        "PYTHONPATH": f"{ROOT}:{ROOT / 'shared'}",
    }
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-500:] + done.stderr[-500:]
    return set(done.stdout.split("loaded ")[-1].split())


@pytest.mark.parametrize("function", sorted(ALLOWED))
def test_a_worker_wired_for_real_venues_loads_no_more_than_it_uses(function: str) -> None:
    assert loaded(function, wired=True) & HEAVY <= ALLOWED[function]


def test_a_handler_alone_loads_no_store_and_no_exchange() -> None:
    assert loaded("plan", wired=False) & HEAVY == set()
