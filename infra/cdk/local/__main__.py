"""`make run`: the desk on this machine, until Ctrl-C.

Starts the emulator, deploys the stacks, seeds a demo trader with bots, replays recorded candles
through the deployed state machine, prints what came of it, and goes on serving the API.
"""

import argparse
import re
import signal
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import NoReturn

import httpx
from rich.console import Console

from infra.cdk.assets.layout import ROOT
from infra.cdk.local import show
from infra.cdk.local.cloud import Cloud
from infra.cdk.local.demo import BOTS, bots_on
from infra.cdk.local.deploy import deploy, deployed_before, last_port
from infra.cdk.local.desk_client import Refusal
from infra.cdk.local.ministack import LocalError, MiniStack, listening
from infra.cdk.local.replay import LENGTHS, CycleFailed

FOLDER = ROOT / ".nightdesk"
MAX_PORT = 65_535
INSTRUMENT = re.compile(r"[A-Z0-9]+/[A-Z0-9]+@[a-z0-9]+")
INTERRUPTED = 130
"""What a shell calls the end by Ctrl-C."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Start, deploy, replay, say where everything is, and stay until somebody ends it."""
    options = read(arguments)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    folder: Path = options.folder
    stack = MiniStack(
        folder=folder, port=options.port or usable_port(last_port(folder)), keep_state=True
    )
    try:
        run(stack, options)
    except (LocalError, CycleFailed, Refusal, TimeoutError, httpx.HTTPError) as error:
        print(f"nightdesk: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nstopped")
        return INTERRUPTED if options.once else 0
    return 0


def run(stack: MiniStack, options: argparse.Namespace) -> None:
    """Bring the desk up, show it, and keep it up. Raises LocalError, KeyboardInterrupt."""
    console = Console()
    if options.fresh or not deployed_before(stack.folder):
        stack.forget_state()
    with stack:
        console.print("deploying to the emulator …")
        deployment = deploy(stack.endpoint, stack.folder, replay_folder=options.candles)
        shown = show.Show(Cloud(deployment), stack.folder, console)
        shown(wish(options))
        if options.once:
            return
        shown.sign_off()
        console.print("Ctrl-C stops everything.")
        while True:
            if not stack.alive():
                raise LocalError(f"the emulator ended by itself; see {stack.log}")
            time.sleep(1)


def read(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return the options; a wrong one is explained and ends the process with 2."""
    reader = parser()
    options = reader.parse_args(arguments)
    if options.since and options.until and options.since > options.until:
        reader.error("argument --to: it is before --from")
    return options


def wish(options: argparse.Namespace) -> show.Wish:
    """Return what the options ask to see."""
    bots = bots_on(options.instruments, options.timeframe) if options.instruments else BOTS
    return show.Wish(bots=bots, since=options.since, until=options.until, speed=options.speed)


def parser() -> argparse.ArgumentParser:
    """Return the command's options."""
    made = argparse.ArgumentParser(
        prog="make run ARGS=…",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument("--once", action="store_true", help="end after the table")
    made.add_argument("--port", type=port, help="port of the emulator (default: a free one)")
    made.add_argument(
        "--fresh", action="store_true", help="forget what earlier runs left (default: go on)"
    )
    made.add_argument(
        "--instruments",
        type=instruments,
        help="replay one bot on each, say BTC/USD@bitstamp,BTC/USD@coinbase",
    )
    made.add_argument(
        "--timeframe", choices=sorted(LENGTHS), default="1d", help="of those bots (default: 1d)"
    )
    made.add_argument(
        "--from", dest="since", type=moment, help="first day or moment, UTC, say 2019-01-31"
    )
    made.add_argument("--to", dest="until", type=moment, help="last day or moment, UTC")
    made.add_argument("--speed", type=rate, help="most cycles per second (default: no limit)")
    made.add_argument(
        "--candles",
        type=folder_of_candles,
        help="a folder of recorded candles, named like bitstamp_BTC-USD_1d.csv.gz",
    )
    made.add_argument("--folder", type=Path, default=FOLDER, help=argparse.SUPPRESS)
    return made


def port(text: str) -> int:
    """Read the number of a port. Raises ArgumentTypeError."""
    if not (text.isascii() and text.isdigit() and 0 < int(text) <= MAX_PORT):
        raise argparse.ArgumentTypeError(f"not a port from 1 to {MAX_PORT}: {text}")
    return int(text)


def instruments(text: str) -> list[str]:
    """Read instruments with commas between them. Raises ArgumentTypeError."""
    read = text.split(",")
    for one in read:
        if not INSTRUMENT.fullmatch(one):
            raise argparse.ArgumentTypeError(f"not a BASE/QUOTE@venue: {one!r}")
    return read


def moment(text: str) -> datetime:
    """Read a day or moment; without a zone it is UTC. Raises ArgumentTypeError."""
    try:
        read = datetime.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"not a day or moment: {text}") from error
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)


def rate(text: str) -> float:
    """Read a number above zero. Raises ArgumentTypeError."""
    try:
        read = float(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"not a number: {text}") from error
    if not read > 0:
        raise argparse.ArgumentTypeError("a speed is above zero")
    return read


def folder_of_candles(text: str) -> Path:
    """Read the path of a folder with recordings. Raises ArgumentTypeError."""
    path = Path(text).resolve()
    if not any(path.glob("*.csv.gz")):
        raise argparse.ArgumentTypeError(f"no candles (*.csv.gz) in {path}")
    return path


def usable_port(port: int | None) -> int | None:
    """Return the port of the last run if it is free: then nothing needs a new deploy."""
    return port if port and not listening(port) else None


def interrupt(number: int, frame: FrameType | None) -> NoReturn:  # noqa: ARG001
    """End as by Ctrl-C, so that everything is stopped on the way out."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
