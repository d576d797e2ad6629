"""Which pages may read our answers: those of listed origins, compared whole, and no others."""

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from functions.api.app import create_app
from nightdesk import bootstrap, settings
from nightdesk.core.errors import Misconfigured
from nightdesk.names import Env

DESK = "https://desk.example.com"
LIVE = "/api/health/live"
ASKED = {"Origin": DESK, "Access-Control-Request-Method": "POST"}


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    listed = frozenset({DESK, "http://localhost:5173"})
    monkeypatch.setattr(bootstrap, "cors_origins", lambda: listed)
    with TestClient(create_app(["health", "bots"])) as client:
        yield client


def cors(headers: object) -> set[str]:
    return {name for name in dict(headers) if name.startswith("access-control-")}  # type: ignore[call-overload]


@pytest.mark.parametrize("path", ["/nowhere", "/api/bots"])
def test_a_listed_origin_reads_every_answer_without_credentials(
    client: TestClient, path: str
) -> None:
    answer = client.request("PATCH", path, headers={"Origin": DESK}, content=b"{")
    assert answer.headers["access-control-allow-origin"] == DESK
    assert answer.headers["access-control-expose-headers"].split(", ") == [
        *("RateLimit", "RateLimit-Policy", "Retry-After", "X-Request-Id", "Idempotency-Replayed")
    ]
    assert cors(answer.headers) == {
        *("access-control-allow-origin", "access-control-expose-headers")
    }
    assert answer.headers["vary"] == "Origin"


@pytest.mark.parametrize("path", ["/api/bots", "/api/bots/01/start", "/nowhere"])
def test_a_preflight_is_answered_without_signing_in(client: TestClient, path: str) -> None:
    answer = client.options(path, headers=ASKED)
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["access-control-allow-origin"] == DESK
    assert "POST" in answer.headers["access-control-allow-methods"]
    assert "Authorization" in answer.headers["access-control-allow-headers"]
    assert "Idempotency-Key" in answer.headers["access-control-allow-headers"]
    assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "*",
        "",
        "https://evil.example.com",
        "https://desk.example.com.evil.test",
        "https://a.desk.example.com",
        "https://example.com",
        "https://xdesk.example.com",
        "http://desk.example.com",
        "https://desk.example.com:8443",
        "https://desk.example.com/",
        "https://desk.example.com\t",
        "HTTPS://DESK.EXAMPLE.COM",
        "https://user@desk.example.com",
        "https://desk.example.com, https://evil.example.com",
        "https://deskXexample.com",
    ],
)
def test_any_other_origin_gets_no_cors_header(client: TestClient, origin: str) -> None:
    for answer in (
        client.get("/nowhere", headers={"Origin": origin}),
        client.options("/api/bots", headers=ASKED | {"Origin": origin}),
    ):
        assert cors(answer.headers) == set()
        assert answer.headers["vary"] == "Origin"


def test_options_without_a_preflight_is_a_method_like_any_other(client: TestClient) -> None:
    assert client.options(LIVE, headers={"Origin": DESK}).status_code == 405


def test_without_an_origin_nobody_is_asked_which_are_listed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def asked() -> frozenset[str]:
        raise AssertionError("asked")

    monkeypatch.setattr(bootstrap, "cors_origins", asked)
    with TestClient(create_app(())) as client:
        assert cors(client.get("/nowhere").headers) == set()


def an_environment(**changes: str) -> dict[str, str]:
    fields = settings.ApiSettings.model_fields.values()
    names = [str(field.alias) for field in fields if field.is_required()]
    return dict.fromkeys(names, "name") | {Env.STAGE: "prod"} | changes


def load(monkeypatch: pytest.MonkeyPatch, origins: str) -> tuple[str, ...]:
    for name, value in an_environment(**{Env.CORS_ORIGINS: origins}).items():
        monkeypatch.setenv(name, value)
    settings.load.cache_clear()
    try:
        found: tuple[str, ...] = settings.load(settings.ApiSettings).cors_origins
        return found
    finally:
        settings.load.cache_clear()


def test_origins_are_read_from_the_environment_and_empty_means_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert load(monkeypatch, f"{DESK}, http://[::1]:5173") == (DESK, "http://[::1]:5173")
    assert load(monkeypatch, "") == ()


@pytest.mark.parametrize(
    "origins",
    [
        *("*", "null", "https://*.example.com", "https://desk.example.com/", "desk.example.com"),
        *(f"{DESK},*", f"{DESK},null", "https://DESK.example.com", "ftp://desk.example.com"),
        "https://user@desk.example.com",
    ],
)
def test_what_is_no_exact_origin_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, origins: str
) -> None:
    with pytest.raises(Misconfigured, match="exact origins"):
        load(monkeypatch, origins)
