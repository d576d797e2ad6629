"""A server for one provider: routes that check what they are sent, and moods that break it."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Asked:
    """One request as it came."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes

    @property
    def params(self) -> dict[str, str]:
        return dict(parse_qsl(self.query, keep_blank_values=True))

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Said:
    """One answer. `body` bytes go out as they are."""

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


Routes = Callable[[Asked], Said]


@dataclass
class Server:
    """A provider. `mood` answers in its place when it is set; `asked` is all that came."""

    routes: Routes
    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    mood: Callable[[Asked], Said] | None = None

    def answer(self, asked: Asked) -> Said:
        self.asked.append(asked)
        return (self.mood or self.routes)(asked)


@contextmanager
def served(routes: Routes) -> Iterator[Server]:
    """Serve on a free port of the loopback until the block ends."""
    server = Server(routes)
    http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(server))
    http.daemon_threads = True
    server.url = f"http://127.0.0.1:{http.server_port}"
    thread = threading.Thread(target=http.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()
        thread.join()


def _handler(server: Server) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            parts = urlsplit(self.path)
            length = int(self.headers.get("content-length") or 0)
            asked = Asked(
                method=self.command,
                path=parts.path,
                query=parts.query,
                headers={name.lower(): value for name, value in self.headers.items()},
                body=self.rfile.read(length),
            )
            said = server.answer(asked)
            raw = said.body if isinstance(said.body, bytes) else json.dumps(said.body).encode()
            if said.body is None:
                raw = b""
            try:
                self.send_response(said.status)
                self.send_header("Content-Type", "application/json")
                for name, value in said.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)
            except OSError:
                self.close_connection = True

        do_GET = do_POST = _serve  # noqa: N815 - the library's names

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Say nothing."""

    return Handler


def silence(seconds: float) -> Callable[[Asked], Said]:
    """Return the mood of a provider that does not answer in time."""

    def mood(asked: Asked) -> Said:
        time.sleep(seconds)
        return Said(200, {})

    return mood


def always(status: int, body: Any = None, **headers: str) -> Callable[[Asked], Said]:
    """Return the mood of a provider that answers the same to everything."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda asked: Said(status, body, named)
