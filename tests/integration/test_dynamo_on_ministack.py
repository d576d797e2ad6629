"""Trading's tables on an emulator that counts units and isolates writes as DynamoDB does.

The tests stand in `tests/unit/adapters_trading`, where moto answers; those that moto cannot answer
want an emulator's address. Here one is started for them.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from infra.cdk.local.ministack import MiniStack

ROOT = Path(__file__).parents[2]
RUNNERS_OWN = ("PYTEST_", "COV_CORE_", "AWS_")


@pytest.mark.skipif("NIGHTDESK_TEST_ENDPOINT" in os.environ, reason="the tests run by themselves")
def test_contracts_faults_and_units_of_trading_hold_on_an_emulator(tmp_path: Path) -> None:
    environment = {k: v for k, v in os.environ.items() if not k.startswith(RUNNERS_OWN)}
    with MiniStack(folder=tmp_path / "ministack") as emulator:
        done = subprocess.run(
            [
                *(sys.executable, "-m", "pytest", "-q", "-n", "0", "--no-cov"),
                *("-p", "no:cacheprovider", "-k", "emulator", "tests/unit/adapters_trading"),
            ],
            cwd=ROOT,
            env=environment | {"NIGHTDESK_TEST_ENDPOINT": emulator.endpoint},
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stdout[-4_000:] + done.stderr[-1_000:]
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed is not None
    assert int(passed[1]) >= 50
    assert "skipped" not in done.stdout
