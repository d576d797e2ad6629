"""Starts and stops the emulator."""

import fcntl
import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from infra.cdk.assets.layout import ROOT
from infra.cdk.local.guard import restore_records

HOST = "127.0.0.1"
REGION = "us-east-1"
ACCOUNT = "000000000000"
START_SECONDS = 30
STOP_SECONDS = 30
ATTEMPTS = 3
"""A free port can be taken by another process before MiniStack binds it."""


class LocalError(Exception):
    """Something on this machine is in the way. The message tells a person what, and what to do."""


class PortTaken(LocalError):
    """Another process listens on the port that was asked for."""


class AlreadyRunning(LocalError):
    """Another run works on the same folder."""


@dataclass(slots=True, kw_only=True)
class MiniStack:
    """One emulator with its own folder. Use it as a context manager: leaving stops everything.

    Without a `port` it takes a free one. With `keep_state` it continues what the folder holds
    and saves it on a clean stop, with the records of what was done to it (`guard.records`).
    """

    folder: Path
    port: int | None = None
    keep_state: bool = False
    _guard: subprocess.Popen[bytes] | None = field(default=None, init=False)
    _lock: IO[str] | None = field(default=None, init=False)

    @property
    def endpoint(self) -> str:
        """Return the address of every service."""
        return f"http://{HOST}:{self.port}"

    @property
    def log(self) -> Path:
        """The file with what MiniStack and the functions print."""
        return self.folder / "ministack.log"

    def __enter__(self) -> Self:
        """Start. Raises AlreadyRunning, PortTaken, LocalError."""
        self._take_lock()
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop MiniStack and every worker."""
        self.stop()

    def stop(self) -> None:
        """End the whole process group; with `keep_state` MiniStack saves first. Repeatable."""
        self._end_group()
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def alive(self) -> bool:
        """Whether MiniStack runs."""
        return self._guard is not None and self._guard.poll() is None

    def forget_state(self) -> None:
        """Drop what earlier runs saved. Raises AlreadyRunning."""
        self._take_lock()
        try:
            shutil.rmtree(self.folder / "state", ignore_errors=True)
        finally:
            self.stop()

    def _end_group(self) -> None:
        """Let go of the guard's pipe and wait until it has ended the group."""
        if self._guard is None:
            return
        assert self._guard.stdin is not None  # noqa: S101 - it was opened as a pipe
        self._guard.stdin.close()
        try:
            self._guard.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self._guard.pid, signal.SIGKILL)
            self._guard.wait()
        self._guard = None

    def _take_lock(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        lock = (self.folder / "lock").open("a+")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.seek(0)
            holder = lock.read().strip() or "another process"
            lock.close()
            raise AlreadyRunning(
                f"the desk already runs here ({holder}); stop it with Ctrl-C in its terminal"
            ) from None
        lock.truncate(0)
        lock.write(f"process {os.getpid()}")
        lock.flush()
        self._lock = lock

    def _start(self) -> None:
        wanted = self.port
        for attempt in range(ATTEMPTS):
            self.port = wanted or free_port()
            if listening(self.port):
                if wanted:
                    raise PortTaken(
                        f"port {wanted} is in use by another process; "
                        f"choose another with --port, or none for a free one"
                    )
                continue
            self._spawn()
            if self._healthy():
                return
            self._end_group()
            if wanted or attempt == ATTEMPTS - 1:
                raise LocalError(f"MiniStack did not start; its last words in {self._last_words()}")

    def _spawn(self) -> None:
        if not self.keep_state:
            shutil.rmtree(self.folder / "state", ignore_errors=True)
        restore_records(self.folder)
        temporary = self.folder / "tmp"
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir(parents=True)
        with self.log.open("wb") as log:
            self._guard = subprocess.Popen(
                [sys.executable, "-m", "infra.cdk.local.guard"],
                cwd=ROOT,
                env=self._environment(temporary),
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _environment(self, temporary: Path) -> dict[str, str]:
        """Return what MiniStack and, through it, every function sees."""
        state = self.folder / "state"
        keep = "1" if self.keep_state else "0"
        return client_environment() | {
            "AUTH": "true",  # roles are enforced: a missing grant fails here, too
            "AWS_ENDPOINT_URL": self.endpoint,
            "BIND_HOST": HOST,
            "GATEWAY_PORT": str(self.port),
            "IOT_MTLS_ENABLED": "0",
            "LOG_LEVEL": "WARNING",
            "MINISTACK_ACCOUNT_ID": ACCOUNT,
            "MINISTACK_REGION": REGION,
            "PERSIST_STATE": keep,
            "PYTHONUNBUFFERED": "1",
            "S3_DATA_DIR": str(state / "s3"),
            "S3_PERSIST": keep,
            "SFTP_ENABLED": "0",
            "STATE_DIR": str(state),
            "TMPDIR": str(temporary),
        }

    def _healthy(self) -> bool:
        """Wait until MiniStack answers. False when it died, also if somebody else answers."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if not self.alive():
                return False
            if answers(self.port or 0):
                time.sleep(0.1)  # one that found its port taken ends at once
                return self.alive()
            time.sleep(0.05)
        return False

    def _last_words(self) -> str:
        lines = (
            self.log.read_text(errors="replace").strip().splitlines() if self.log.exists() else []
        )
        return "\n".join([str(self.log), *lines[-10:]])


def client_environment() -> dict[str, str]:
    """Return this process's environment with the emulator's credentials, and nobody else's.

    The interpreter that runs this comes first on PATH: functions run in it, too.
    """
    kept = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("AWS_", "NIGHTDESK_")) and key not in ("PYTHONPATH", "PYTHONHOME")
    }
    return kept | {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), kept.get("PATH", os.defpath)]),
    }


def free_port() -> int:
    """Return a port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def listening(port: int) -> bool:
    """Whether somebody answers on the port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, port)) == 0


def answers(port: int) -> bool:
    """Whether an emulator, ours or another, calls itself healthy."""
    connection = http.client.HTTPConnection(HOST, port, timeout=2)
    try:
        connection.request("GET", "/_ministack/health")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
