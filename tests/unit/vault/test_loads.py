"""What sealing and testing keys load: the API no exchange, the probe no exchange before a venue."""

import subprocess
import sys
from pathlib import Path

import pytest

from nightdesk.names import Env

ROOT = Path(__file__).parents[3]
HEAVY = {"ccxt", "requests", "aiohttp", "httpx", "urllib3", "boto3", "openai"}


def loaded(*lines: str) -> set[str]:
    """Return the packages of a clean interpreter after these lines."""
    code = ["import sys", *lines, "print('loaded', *{n.split('.')[0] for n in sys.modules})"]
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(code)],
        env={
            Env.STAGE.value: "prod",
            Env.VAULT_KEY.value: "alias/nightdesk/prod",
            "AWS_DEFAULT_REGION": "eu-west-1",
            "PATH": "/usr/bin:/bin",
            "PYTHONPATH": f"{ROOT}:{ROOT / 'shared'}",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-800:]
    return set(done.stdout.split("loaded ")[-1].split())


def test_the_routes_of_keys_load_no_exchange_and_no_client() -> None:
    found = loaded("import functions.api.routers.keys")
    assert found & (HEAVY | {"cryptography", "pynamodb"}) == set()


@pytest.mark.parametrize("wired", [False, True])
def test_what_tests_keys_loads_no_exchange_until_a_venue_is_asked(wired: bool) -> None:
    lines = ["import functions.probe_key.handler", "from nightdesk import bootstrap"]
    found = loaded(*lines, *["bootstrap.probe_here()"] * wired)
    assert found & (HEAVY | {"cryptography", "pynamodb", "fastapi", "numpy"}) == set()
