"""A trader's client of the API, as a program would write one: plain HTTP and JSON."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

UNAUTHORIZED = 401


class Refusal(Exception):
    """The API said no. `code` is its stable word for why, `details` name fields and rules."""

    def __init__(
        self, status: int, code: str, message: str, details: Sequence[Mapping[str, Any]] = ()
    ) -> None:
        words = [", ".join(f"{name} {value}" for name, value in one.items()) for one in details]
        super().__init__("; ".join([f"{status} {code}: {message}", *words]))
        self.status = status
        self.code = code
        self.details = tuple(details)


@dataclass
class DeskClient:
    """One signed-in trader. An expired access token is renewed once and the call repeated."""

    base_url: str
    refresh_token: str = ""
    http: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        self.http = httpx.Client(base_url=self.base_url, timeout=60)

    def register(self, *, username: str, email: str, password: str, operator_token: str) -> None:
        """Create the first user."""
        body = {
            "username": username,
            "email": email,
            "password": password,
            "operator_token": operator_token,
        }
        self._checked(self.http.post("/api/auth/register", json=body))

    def login(self, *, email: str, password: str) -> None:
        """Sign in; later calls carry the token."""
        answer = self._checked(
            self.http.post("/api/auth/login", json={"email": email, "password": password})
        )
        self._signed_in(answer)

    def step_up(self, password: str, otp: str | None = None) -> None:
        """Show the password once more: for ten minutes this session may do what needs it."""
        code = {} if otp is None else {"otp": otp}
        self._call("POST", "/api/auth/step-up", json={"password": password, **code})

    def refresh(self) -> None:
        """Take a new access token."""
        token = {"refresh_token": self.refresh_token}
        self._signed_in(self._checked(self.http.post("/api/auth/refresh", json=token)))

    def get(self, path: str, **query: str | int) -> Any:
        """Read one thing."""
        return self._call("GET", path, params=query)

    def post(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """Do one thing, once, however often the network repeats it."""
        key = secrets.token_hex(16)
        return self._call("POST", path, json=body or {}, headers={"Idempotency-Key": key})

    def items(self, path: str, **query: str | int) -> list[dict[str, Any]]:
        """Read all pages of a list."""
        found: list[dict[str, Any]] = []
        cursor: dict[str, str] = {}
        while True:
            page = self.get(path, **query, **cursor)
            found += page["items"]
            if not page["next_cursor"]:
                return found
            cursor = {"cursor": page["next_cursor"]}

    def _call(self, method: str, path: str, **more: Any) -> Any:
        answer = self.http.request(method, path, **more)
        if answer.status_code == UNAUTHORIZED and self.refresh_token:
            self.refresh()
            answer = self.http.request(method, path, **more)
        return self._checked(answer)

    def _signed_in(self, answer: dict[str, Any]) -> None:
        self.http.headers["Authorization"] = f"Bearer {answer['access_token']}"
        self.refresh_token = answer["refresh_token"]

    def _checked(self, answer: httpx.Response) -> Any:
        if answer.is_success:
            return answer.json() if answer.content else None
        try:
            error = answer.json()["error"]
        except (ValueError, KeyError, TypeError):
            raise Refusal(answer.status_code, "NO_ANSWER", answer.text[:200]) from None
        raise Refusal(answer.status_code, error["code"], error["message"], error.get("details", ()))
