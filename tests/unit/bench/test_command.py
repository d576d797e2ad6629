"""The command, at its quickest."""

import subprocess
import sys

from infra.cdk.assets.layout import ROOT


def test_quick_measures_what_needs_no_desk_and_writes_nothing() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench", "--quick"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert "bare FastAPI on Mangum" in done.stdout
    assert "donchian" in done.stdout
    assert "everything" in done.stdout
