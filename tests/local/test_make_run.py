"""`make run` as a newcomer meets it: what it prints, how it ends, what it leaves behind."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from infra.cdk.assets.layout import ROOT
from infra.cdk.local import demo
from infra.cdk.local.ministack import HOST, listening

pytestmark = pytest.mark.xdist_group("make run")

RECORDED = ROOT / "shared" / "nightdesk" / "adapters" / "venues" / "replay" / "recorded"
PATIENCE = 400
DAYS = ("--from", "2019-02-02", "--to", "2019-02-04")
"""Three closes, at the second of which litecoin breaks out."""
LATER = ("--from", "2019-02-10", "--to", "2019-02-12")


def command(*options: object) -> list[str]:
    return [sys.executable, "-m", "infra.cdk.local", *map(str, options)]


def run(*options: object) -> subprocess.CompletedProcess[str]:
    """Run the command to its end, as in a terminal of 80 columns."""
    return subprocess.run(
        command(*options), cwd=ROOT, env=terminal(), capture_output=True, text=True,
        timeout=PATIENCE, check=False,
    )  # fmt: skip


def terminal() -> dict[str, str]:
    runners_own = ("COV_CORE_", "PYTEST_")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(runners_own)}
    return kept | {"COLUMNS": "80", "PYTHONUNBUFFERED": "1"}


@contextmanager
def running(*options: object) -> Iterator[subprocess.Popen[str]]:
    """Start the command; however the test ends, it ends, too."""
    started = subprocess.Popen(
        command(*options), cwd=ROOT, env=terminal(), stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    with started:
        try:
            yield started
        finally:
            if started.poll() is None:
                started.send_signal(signal.SIGINT)
                started.wait(60)


def until(started: subprocess.Popen[str], text: str) -> str:
    """Read what it prints up to a line with `text`."""
    said = ""
    assert started.stdout is not None
    for line in started.stdout:
        said += line
        if text in line:
            return said
    raise AssertionError(said)


def strays(folder: Path, seconds: float = 30) -> list[str]:
    """Return the processes that work in a folder once its run has had time to end."""
    deadline = time.monotonic() + seconds
    while (found := list(working_in(folder))) and time.monotonic() < deadline:
        time.sleep(0.2)
    return found


def working_in(folder: Path) -> Iterator[str]:
    mark = f"TMPDIR={folder / 'tmp'}".encode()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (process / "environ").read_bytes().split(b"\0"):
                yield f"{process.name} {(process / 'cmdline').read_bytes().decode()}"
        except OSError:
            continue  # it has just ended, or is not ours


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a desk that was killed while it was deployed, and then run once."""
    made = tmp_path_factory.mktemp("run")
    with running("--folder", made, *DAYS) as started:
        until(started, "deploying")
        time.sleep(2)
        started.kill()
        started.wait(10)
    assert strays(made) == []
    first = run("--folder", made, "--once", *DAYS)
    (made / "first.txt").write_text(first.stdout + first.stderr)
    assert first.returncode == 0, first.stdout + first.stderr
    assert strays(made) == []
    return made


def test_once_ends_after_the_table_also_behind_a_killed_run(folder: Path) -> None:
    said = (folder / "first.txt").read_text()
    for bot in demo.BOTS:
        assert bot.name.split()[0] in said
    for row in ("Trades", "Win rate", "Fees", "Realised", "Unrealised", "Equity", "Buy and hold"):
        assert row.lower() in said.lower(), said
    assert "drawdown" in said.lower()
    assert "Traceback" not in said
    assert max(len(line) for line in said.splitlines()) <= 80


def test_the_desk_goes_on_serves_and_ends_by_ctrl_c(folder: Path) -> None:
    with running("--folder", folder, "--from", "2019-02-05", "--to", "2019-02-05") as started:
        said = until(started, "Ctrl-C")
        url = re.search(r"^API +(\S+)$", said, re.MULTILINE)
        assert url is not None, said
        assert demo.EMAIL in said
        with httpx.Client(base_url=url[1], timeout=60) as client:
            assert client.get("/api/docs").status_code == 200
            login = {"email": demo.EMAIL, "password": demo.PASSWORD}
            token = client.post("/api/auth/login", json=login).json()["access_token"]
            headers = {"Authorization": f"Bearer {token}"}
            bots = client.get("/api/bots", headers=headers).json()["items"]
            fills = client.get("/api/fills", headers=headers).json()["items"]
        # what the first run made is kept
        assert {bot["name"] for bot in bots} == {bot.name for bot in demo.BOTS}
        assert "2019-02-03T00:00:00.250Z" in [fill["at"] for fill in fills]

        second = run("--folder", folder, "--once")
        assert second.returncode == 1
        assert "already runs" in second.stderr
        assert "Traceback" not in second.stderr

        started.send_signal(signal.SIGINT)
        assert started.wait(60) == 0
    assert strays(folder) == []


def test_a_run_on_own_candles(folder: Path, tmp_path: Path) -> None:
    shutil.copy(RECORDED / "bitstamp_LTC-USD_1d.csv.gz", tmp_path)
    own = ("--candles", tmp_path, "--instruments", "LTC/USD@bitstamp")

    done = run("--folder", folder, "--once", *own, *LATER)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "LTC/USD@bitstamp" in done.stdout.replace("\n", "")
    assert strays(folder) == []


def test_a_port_in_use_is_named_and_nothing_is_started(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind((HOST, 0))
        other.listen()
        port = other.getsockname()[1]
        done = run("--folder", tmp_path, "--once", "--port", port)
        assert listening(port)
    assert done.returncode == 1
    assert str(port) in done.stderr
    assert "--port" in done.stderr
    assert "Traceback" not in done.stderr
    assert strays(tmp_path, seconds=0) == []


def test_help_names_every_option() -> None:
    done = run("--help")
    assert done.returncode == 0
    for option in (
        *("--once", "--port", "--fresh", "--instruments", "--timeframe"),
        *("--from", "--to", "--speed", "--candles"),
    ):
        assert option in done.stdout


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--from", "yesterday"], "not a day or moment: yesterday"),
        (["--to", "2019-13-01"], "not a day or moment"),
        (["--from", "2019-02-03", "--to", "2019-02-01"], "--to"),
        (["--speed", "0"], "above zero"),
        (["--speed", "fast"], "not a number: fast"),
        (["--speed", "nan"], "above zero"),
        (["--timeframe", "7m"], "invalid choice"),
        (["--port", "none"], "--port"),
        (["--port", "70000"], "--port"),
        (["--port", "-1"], "--port"),
        (["--instruments", "bitcoin"], "BASE/QUOTE@venue"),
        (["--instruments", ""], "BASE/QUOTE@venue"),
        (["--candles", "nowhere"], "no candles"),
        (["--faster"], "unrecognized"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_bad_option_is_explained_and_nothing_is_started(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    options: list[str],
    told: str,
) -> None:
    from infra.cdk.local import __main__ as command

    def started(*_: object) -> None:
        raise AssertionError("something was started")

    monkeypatch.setattr(command, "run", started)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    with pytest.raises(SystemExit) as ended:
        command.main(["--folder", str(tmp_path), *options])
    assert ended.value.code == 2
    assert told in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
