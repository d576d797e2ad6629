"""The app: routers per room, one guard before them, one edge around everything.

A process that starts serves one route of many. So its first request of a kind loads the routers
of that kind alone, and the cold start stays what it is however many routes there are.
"""

import importlib
from collections.abc import Iterable
from typing import Any

from fastapi import Depends, FastAPI
from fastapi.responses import HTMLResponse
from fastapi.routing import APIRoute
from starlette.types import Receive, Scope, Send

import nightdesk
from functions.api import docs_page, errors
from functions.api.document import complete
from functions.api.edge import Edge
from functions.api.guard import Replayed, guard, on_replayed
from nightdesk import bootstrap

PREFIX = "/api/"
DOCUMENT_PATH = "/api/openapi.json"
DOCS_PATH = "/api/docs"

ROUTERS: dict[str, tuple[str, ...]] = {
    "account": ("accounts", "privacy"),
    "admin": (
        "admin_bots",
        "admin_stats",
        "admin_users",
        "accounts",
        "audit",
        "emergency_stop",
        "settings",
    ),
    "audit": ("audit", "privacy"),
    "auth": ("accounts", "passwords", "sessions", "two_factor"),
    "bots": ("bots",),
    "decisions": ("decisions",),
    "fills": ("fills",),
    "health": ("health",),
    "journal": (
        "journal_writing",
        "journal_tags",
        "journal_plans",
        "journal_playbooks",
        "journal_metrics",
        "journal_analytics",
        "journal_trades",
        "journal_cash",
        "journal_imports",
        "journal_syncs",
        "journal_behaviour",
        "journal_exports",
        "journal_reviews",
    ),
    "keys": ("keys",),
    "ledger": ("ledger",),
    "market": ("market",),
    "orders": ("orders",),
    "portfolio": ("portfolio",),
    "positions": ("positions",),
    "strategies": ("strategies",),
    "system": ("emergency_stop",),
    "tokens": ("api_tokens",),
}
"""The modules of `functions.api.routers` that have routes under `/api/<this>`.

Of a module `public` asks for nobody (each such route is named on the accounts page), `router` and
`admin` stand behind the guard.
"""

EVERY = tuple(dict.fromkeys(name for names in ROUTERS.values() for name in names))


class DeskApi(FastAPI):
    """FastAPI with our document."""

    def openapi(self) -> dict[str, Any]:
        """Return the OpenAPI document, made once."""
        if self.openapi_schema is None:
            self.openapi_schema = complete(super().openapi())
        return self.openapi_schema


def operation_id(route: APIRoute) -> str:
    """Return a short name for generated clients: tag and function."""
    return "_".join([*map(str, route.tags[:1]), route.name])


def create_app(modules: Iterable[str] = EVERY) -> FastAPI:
    """Build the app of these router modules: of all, as the document shows them.

    It reads no setting, no secret and no clock: a snapshot may hold it.
    """
    app = DeskApi(
        title="Nightdesk",
        summary="A trading desk that runs in its owner's AWS account, or on one laptop.",
        version=nightdesk.__version__,
        openapi_url=DOCUMENT_PATH,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=operation_id,
    )
    errors.install(app)
    app.add_exception_handler(Replayed, on_replayed)
    for name in modules:
        module = importlib.import_module(f"functions.api.routers.{name}")
        if public := getattr(module, "public", None):
            app.include_router(public)
        for router in (getattr(module, "router", None), getattr(module, "admin", None)):
            if router is not None:
                app.include_router(router, dependencies=[Depends(guard)])
    app.add_middleware(Edge, origins=bootstrap.cors_origins)

    @app.get(DOCS_PATH, include_in_schema=False)
    async def docs() -> HTMLResponse:
        """Show the document to people."""
        headers = {"Content-Security-Policy": docs_page.POLICY}
        return HTMLResponse(docs_page.page(app.openapi()), headers=headers)

    return app


class Desk:
    """The whole API as one ASGI app, which builds what a path needs at its first request."""

    def __init__(self) -> None:
        self._apps: dict[tuple[str, ...], FastAPI] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        await self.app_of(scope.get("path", ""))(scope, receive, send)

    def app_of(self, path: str) -> FastAPI:
        """Return the app that serves `path`; of no room it is one that knows no route."""
        room = path.removeprefix(PREFIX).partition("/")[0] if path.startswith(PREFIX) else ""
        modules = EVERY if path in {DOCUMENT_PATH, DOCS_PATH} else ROUTERS.get(room, ())
        if modules not in self._apps:
            self._apps[modules] = create_app(modules)
        return self._apps[modules]

    def build(self) -> None:
        """Build everything now: a snapshot of the process then has it."""
        for room in ROUTERS:
            self.app_of(f"{PREFIX}{room}")
