"""What a route asks of its caller: written at the route, read by the guard and the document."""

from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, Self

from nightdesk.accounts.identity import Role

ByToken = Literal["read", "trade", "admin", "never"]
"""The least scope of an API token that opens a route; `never`: a session alone does."""

ADMIN_PATHS = "/api/admin/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What one route asks, beside somebody who is signed in.

    `once`: the Idempotency-Key is required (K). `secret`: the answer shows a secret. `elevated`:
    the session has stepped up (↑). `limit`: the class of its rate limit. `open_early`: answers
    before the two-factor duty is met. `changes_password`: the one route that a forced change of
    the password opens; `cancels_deletion`: the one that an account opens which is being deleted.
    """

    role: Role = Role.TRADER
    once: bool = False
    secret: bool = False
    token: ByToken | None = None
    elevated: bool = False
    limit: str | None = None
    open_early: bool = False
    changes_password: bool = False
    cancels_deletion: bool = False

    def on(self, method: str, path: str) -> Self:
        """Return this with what was left open settled by method and path.

        A GET is read by any token, everything else is for `trade`; admin routes are read with
        `admin` and written by a session alone. Step-up is something that only sessions have.
        """
        reads = method.upper() == "GET"
        admin = path.startswith(ADMIN_PATHS)
        token: ByToken = "read" if reads else "trade"
        limit = "read" if reads else "write"
        if admin:
            token, limit = ("admin" if reads else "never"), "admin"
        if self.elevated:
            token = "never"
        return replace(self, token=self.token or token, limit=self.limit or limit)

    def shown(self) -> dict[str, Any]:
        """Return it as the document shows it."""
        return asdict(self) | {"role": self.role.value}


def access(
    *,
    role: Role = Role.TRADER,
    once: bool = False,
    secret: bool = False,
    token: ByToken | None = None,
    elevated: bool = False,
    limit: str | None = None,
    open_early: bool = False,
    changes_password: bool = False,
    cancels_deletion: bool = False,
) -> dict[str, Any]:
    """Return `openapi_extra` for a route: ``@router.post("", openapi_extra=access(once=True))``.

    A route without it wants a session or a token. Public routes stand on a router of their own.
    """
    wanted = Access(
        role=role,
        once=once,
        secret=secret,
        token=token,
        elevated=elevated,
        limit=limit,
        open_early=open_early,
        changes_password=changes_password,
        cancels_deletion=cancels_deletion,
    )
    return {"x-access": wanted.shown()}


def of_route(extra: dict[str, Any] | None, method: str, path: str) -> Access:
    """Return what the route with these extras asks for."""
    wanted: dict[str, Any] = (extra or {}).get("x-access") or {}
    found = Access(**wanted | {"role": Role(wanted.get("role", Role.TRADER))})
    return found.on(method, path)
