"""Keeps the emulator from outliving whoever started it: `python -m infra.cdk.local.guard`.

The guard leads a process group of its own: itself, MiniStack, and the workers that MiniStack
starts. It holds the reading end of a pipe from its parent. When the parent dies, however it dies,
the pipe closes; the guard then lets MiniStack save its state and ends the whole group.
"""

import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path
from types import FrameType

SAVE_SECONDS = 20
"""How long MiniStack may take to write its state."""


def records(folder: Path) -> Path:
    """Return the place of what is written down about the emulator's state: deployed, replayed."""
    return folder / "records"


def saved_records(folder: Path) -> Path:
    """Return the place of the records that belong to the state that is saved."""
    return folder / "state" / "records"


def save_records(folder: Path) -> None:
    """Keep the records beside the state that was saved just now."""
    if records(folder).exists():
        shutil.copytree(records(folder), saved_records(folder), dirs_exist_ok=True)


def restore_records(folder: Path) -> None:
    """Put the records back to the state that is saved; none without one.

    A run that was cut off before it could save has written down more than was kept.
    """
    shutil.rmtree(records(folder), ignore_errors=True)
    if saved_records(folder).exists():
        shutil.copytree(saved_records(folder), records(folder))
    else:
        records(folder).mkdir(parents=True)


def main() -> None:
    """Run MiniStack until it ends, the parent goes, or somebody asks for the end."""
    stop = threading.Event()

    def asked(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, asked)
    emulator = subprocess.Popen(
        [sys.executable, "-m", "infra.cdk.local.emulator"], stdin=subprocess.DEVNULL
    )
    threading.Thread(target=wait_for_parent, args=(stop,), daemon=True).start()
    threading.Thread(target=wait_for_emulator, args=(emulator, stop), daemon=True).start()
    while not stop.wait(3600):
        pass  # a plain wait() would not let the handlers run
    if emulator.poll() is None:
        emulator.terminate()
        try:
            emulator.wait(SAVE_SECONDS)
            save_records(Path(os.environ["STATE_DIR"]).parent)
        except subprocess.TimeoutExpired:
            print(f"no end within {SAVE_SECONDS} s: state not saved", file=sys.stderr, flush=True)
    os.killpg(os.getpgrp(), signal.SIGKILL)  # workers that are left, and this process


def wait_for_parent(stop: threading.Event) -> None:
    """Set `stop` when nobody holds the other end of standard input any more."""
    while sys.stdin.buffer.read(1):
        pass
    stop.set()


def wait_for_emulator(emulator: subprocess.Popen[bytes], stop: threading.Event) -> None:
    """Set `stop` when MiniStack ended by itself."""
    emulator.wait()
    stop.set()


if __name__ == "__main__":
    main()
