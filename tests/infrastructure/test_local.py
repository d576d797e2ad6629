"""The emulator is started once, says clearly what is in the way, and leaves nothing behind."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from ministack.services import dynamodb

from infra.cdk.assets.layout import ROOT
from infra.cdk.local.emulator import check_expressions_once
from infra.cdk.local.guard import records
from infra.cdk.local.ministack import HOST, AlreadyRunning, MiniStack, PortTaken, listening

PARENT = """
import sys, time
from pathlib import Path
from infra.cdk.local.ministack import MiniStack
with MiniStack(folder=Path(sys.argv[1])) as stack:
    print(stack.port, flush=True)
    time.sleep(600)
"""


def gone(port: int, seconds: float = 25) -> bool:
    """Wait until nobody listens on a port any more."""
    deadline = time.monotonic() + seconds
    while listening(port):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind((HOST, 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(PortTaken, match=str(port)), MiniStack(folder=tmp_path, port=port):
            pass


def test_a_second_run_in_the_same_folder_is_refused_and_the_first_goes_on(tmp_path: Path) -> None:
    with MiniStack(folder=tmp_path) as first:
        with pytest.raises(AlreadyRunning, match=f"process {os.getpid()}"):
            MiniStack(folder=tmp_path).__enter__()
        assert first.alive()
        assert first.port is not None
        port = first.port
    assert gone(port)


def test_state_is_kept_only_on_request(tmp_path: Path) -> None:
    with MiniStack(folder=tmp_path, keep_state=True):
        pass
    assert list((tmp_path / "state").glob("*.json"))
    with MiniStack(folder=tmp_path):
        pass
    assert not list((tmp_path / "state").glob("*.json"))


def test_records_never_run_ahead_of_the_state_that_is_saved(tmp_path: Path) -> None:
    with MiniStack(folder=tmp_path, keep_state=True):
        (records(tmp_path) / "first.json").write_text("1")
    with MiniStack(folder=tmp_path, keep_state=True) as cut_off:
        assert [one.name for one in records(tmp_path).iterdir()] == ["first.json"]
        (records(tmp_path) / "first.json").write_text("2")
        (records(tmp_path) / "second.json").write_text("2")
        guard = cut_off._guard
        assert guard is not None
        os.killpg(guard.pid, signal.SIGKILL)
        guard.wait()
    with MiniStack(folder=tmp_path, keep_state=True):
        assert [one.name for one in records(tmp_path).iterdir()] == ["first.json"]
        assert (records(tmp_path) / "first.json").read_text() == "1"
    with MiniStack(folder=tmp_path):
        assert list(records(tmp_path).iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_parent_that_dies_takes_the_emulator_along(tmp_path: Path, number: int) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    with parent:
        assert parent.stdout is not None
        port = int(parent.stdout.readline())
        assert listening(port)
        parent.send_signal(number)
        parent.wait(10)
    assert gone(port)


def test_an_expression_is_checked_once_and_means_what_it_did(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []
    checks = dynamodb._condition_syntax_error

    def checked(expression: str, slot: str) -> str | None:
        asked.append(expression)
        found: str | None = checks(expression, slot)
        return found

    monkeypatch.setattr(dynamodb, "_condition_syntax_error", checked)
    check_expressions_once()
    items = [{"sk": {"S": f"JT#{year}"}} for year in range(2020, 2030)]
    between = {":a": {"S": "JT#2023"}, ":b": {"S": "JT#2025"}}
    met = [
        dynamodb._evaluate_condition("#k BETWEEN :a AND :b", item, between, {"#k": "sk"})
        for item in items
    ]
    assert [item["sk"]["S"][3:] for item, one in zip(items, met, strict=True) if one] == [
        "2023",
        "2024",
        "2025",
    ]
    assert asked == ["#k BETWEEN :a AND :b"]
    for item in items:
        with pytest.raises(ValueError, match="Syntax error"):
            dynamodb._evaluate_condition("#k BETWEEN AND :b", item, between, {"#k": "sk"})
