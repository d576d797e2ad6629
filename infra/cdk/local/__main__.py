"""`make run`: the desk on this machine, until Ctrl-C."""

import argparse
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from types import FrameType
from typing import NoReturn

from infra.cdk.assets.layout import ROOT
from infra.cdk.local.cloud import Cloud
from infra.cdk.local.deploy import deploy, forget, last_port
from infra.cdk.local.ministack import LocalError, MiniStack, listening

FOLDER = ROOT / ".nightdesk"
INTERRUPTED = 130
"""What a shell calls the end by Ctrl-C."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Start, deploy, say where everything is, and stay until somebody ends it."""
    options = parser().parse_args(arguments)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    folder: Path = options.folder
    stack = MiniStack(
        folder=folder, port=options.port or usable_port(last_port(folder)), keep_state=True
    )
    try:
        run(stack, fresh=options.fresh, once=options.once)
    except LocalError as error:
        print(f"nightdesk: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nstopped")
        return INTERRUPTED if options.once else 0
    return 0


def run(stack: MiniStack, *, fresh: bool, once: bool) -> None:
    """Bring the desk up and keep it up. Raises LocalError, KeyboardInterrupt."""
    if fresh:
        stack.forget_state()
    with stack:
        if not (stack.folder / "state").exists():
            forget(stack.folder)
        deployment = deploy(stack.endpoint, stack.folder)
        for name, value in asdict(deployment).items():
            print(f"{name:<16} {value}")
        print(f"{'operator token':<16} {Cloud(deployment).secret(deployment.operator_secret)}")
        while not once:
            if not stack.alive():
                raise LocalError(f"the emulator ended by itself; see {stack.log}")
            time.sleep(1)


def parser() -> argparse.ArgumentParser:
    """Return the command's options."""
    made = argparse.ArgumentParser(prog="make run ARGS=…", description=__doc__)
    made.add_argument("--once", action="store_true", help="end when everything stands")
    made.add_argument("--port", type=int, help="port of the emulator (default: a free one)")
    made.add_argument("--fresh", action="store_true", help="forget what earlier runs left")
    made.add_argument("--folder", type=Path, default=FOLDER, help=argparse.SUPPRESS)
    return made


def usable_port(port: int | None) -> int | None:
    """Return the port of the last run if it is free: then nothing needs a new deploy."""
    return port if port and not listening(port) else None


def interrupt(number: int, frame: FrameType | None) -> NoReturn:  # noqa: ARG001
    """End as by Ctrl-C, so that everything is stopped on the way out."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
