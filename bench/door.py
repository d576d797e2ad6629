"""What it costs to be let in: the guard of every request, and signing in."""

import json
from collections.abc import Mapping
from typing import Any

from bench.capacity import Meter, metered
from bench.figures import Section, Spread, Table, Target
from bench.local import EMAIL, PASSWORD, Called, LocalDesk

REQUESTS, LOGINS = 100, 15
GUARD_MS, LOGIN_MS = 25.0, 400.0
GET_READ, GET_WRITE = 2.0, 1.0
OK = 200


def measure(desk: LocalDesk, client: Any) -> Section:
    """Ask for what needs nobody, for one's own sessions, and for a session, again and again.

    A route behind the guard is asked under its own work: what is left is the guard.
    """
    trader = desk.trader()
    headers = {"authorization": trader.http.headers["Authorization"]}
    credentials = {"email": EMAIL, "password": PASSWORD}
    with metered(client) as meter:
        open_door = repeated(desk, meter, "GET", "/api/health/live")
        guarded = repeated(desk, meter, "GET", "/api/strategies/{strategy_id}", headers=headers)
        signed_in = repeated(desk, meter, "POST", "/api/auth/login", body=credentials, times=LOGINS)
    guard = [
        max(0.0, with_it - without)
        for with_it, without in zip(guarded.seconds, open_door.seconds, strict=True)
    ]
    return Section(
        name="door",
        title="The door",
        how=(
            "The API's handler in this process on the emulator's tables, warm. The guard is what a "
            f"request of a signed-in trader takes beyond one that needs nobody, {REQUESTS} of "
            "each; the emulator answers a table call in some milliseconds of its own."
        ),
        tables=(
            Table(
                heads=("request", "ms (p10 to p90)", "p95, ms", "read units", "write units"),
                rows=(open_door.row(), guarded.row(), signed_in.row()),
            ),
        ),
        targets=(
            Target(
                name="guard, p95", value=Spread.of(guard).late * 1_000, limit=GUARD_MS, unit="ms"
            ),
            Target(
                name="login, p95",
                value=Spread.of(signed_in.seconds).late * 1_000,
                limit=LOGIN_MS,
                unit="ms",
            ),
            Target(name="a GET", value=guarded.read, limit=GET_READ, unit="RU"),
            Target(name="a GET", value=guarded.write, limit=GET_WRITE, unit="WU"),
        ),
    )


class Asked:
    """One request again and again: its seconds, and the units of the last."""

    def __init__(self, name: str, seconds: list[float], read: float, write: float) -> None:
        self.name, self.seconds, self.read, self.write = name, seconds, read, write

    def row(self) -> tuple[str, ...]:
        """Return it as a row of a table."""
        spread = Spread.of(self.seconds)
        late = f"{spread.late * 1_000:.1f}"
        return (self.name, spread.show(1, 1_000), late, f"{self.read:.1f}", f"{self.write:.1f}")


def repeated(
    desk: LocalDesk,
    meter: Meter,
    method: str,
    path: str,
    *,
    headers: Mapping[str, str] | None = None,
    body: Mapping[str, str] | None = None,
    times: int = REQUESTS,
) -> Asked:
    """Ask so often, after once that is not counted. Raises RuntimeError for a refusal."""
    event = request(method, path.format(strategy_id="donchian"), headers or {}, body)
    asked(desk, event)
    seconds = []
    for _ in range(times):
        meter.clear()
        seconds.append(asked(desk, event).seconds)
    read = sum(use.read for use in meter.uses)
    write = sum(use.write for use in meter.uses)
    return Asked(f"{method} {path}", seconds, read, write)


def asked(desk: LocalDesk, event: Mapping[str, Any]) -> Called:
    """Ask once."""
    called = desk.call("api", event)
    if called.answer["statusCode"] != OK:
        raise RuntimeError(f"{event['rawPath']}: {called.answer}")
    return called


def request(
    method: str, path: str, headers: Mapping[str, str], body: Mapping[str, str] | None
) -> dict[str, Any]:
    """Return a request as API Gateway hands it over (payload version 2.0)."""
    typed = {} if body is None else {"content-type": "application/json"}
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"host": "bench", **typed, **headers},
        "requestContext": {
            "http": {
                "method": method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "203.0.113.9",
                "userAgent": "bench",
            },
            "requestId": "bench",
            "stage": "$default",
        },
        "body": None if body is None else json.dumps(body),
        "isBase64Encoded": False,
    }
