"""The scanners of `make scan` are awake, and nothing is excepted without a reason."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
BASELINE = ROOT / ".secrets.baseline"
BIN = Path(sys.executable).parent


def scan(tool: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(BIN / tool), *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_a_planted_secret_is_found(tmp_path: Path) -> None:
    planted = tmp_path / "planted.py"
    # in two parts, or this file were the finding
    planted.write_text("KEY = '-----BEGIN RSA PRIVATE " + "KEY-----'\n")
    done = scan(*("detect-secrets-hook", "--no-verify", "--baseline", str(BASELINE)), str(planted))
    assert (done.returncode, "Private Key" in done.stdout) == (1, True), done.stderr


def test_an_unsafe_pattern_is_found(tmp_path: Path) -> None:
    planted = tmp_path / "planted.py"
    planted.write_text("import subprocess\nsubprocess.run('ls', shell=True)\n")
    done = scan("bandit", "--quiet", "--configfile", "pyproject.toml", str(planted))
    assert (done.returncode, "B602" in done.stdout) == (1, True), done.stderr


def test_what_the_baseline_excepts_is_explained() -> None:
    explained = (ROOT / "docs/adr/0037-scanners.md").read_text()
    excepted = json.loads(BASELINE.read_text())["results"]
    assert excepted
    assert [name for name in excepted if f"`{name}`" not in explained] == []
