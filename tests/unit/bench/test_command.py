"""The command, at its quickest. CI runs all that needs no desk (`make bench ARGS=--quick`)."""

import subprocess
import sys

from infra.cdk.assets.layout import ROOT


def test_quick_measures_what_is_asked_for_and_writes_nothing() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench", "--quick", "--only", "decide", "analytics"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert "bare FastAPI on Mangum" not in done.stdout
    assert "donchian" in done.stdout
    assert "everything" in done.stdout
