"""The app: routers per room, one guard before them, one edge around everything."""

from typing import Any

from fastapi import APIRouter, Depends, FastAPI
from fastapi.responses import HTMLResponse
from fastapi.routing import APIRoute

import nightdesk
from functions.api import docs_page, errors
from functions.api.document import complete
from functions.api.edge import Edge
from functions.api.guard import Replayed, guard, on_replayed
from functions.api.routers import (
    accounts,
    bots,
    decisions,
    fills,
    health,
    ledger,
    market,
    orders,
    portfolio,
    positions,
    settings,
    strategies,
)

DOCUMENT_PATH = "/api/openapi.json"
DOCS_PATH = "/api/docs"

PUBLIC: tuple[APIRouter, ...] = (accounts.public, health.public)
"""Routes that ask for nobody: each one is named on the accounts page."""

GUARDED: tuple[APIRouter, ...] = (
    accounts.router,
    accounts.admin,
    bots.router,
    market.router,
    strategies.router,
    orders.router,
    positions.router,
    portfolio.router,
    fills.router,
    ledger.router,
    decisions.router,
    settings.router,
)
"""Routers of the rooms. What they contain is closed unless the guard opens it."""


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


def create_app() -> FastAPI:
    """Build the app. It reads no setting, no secret and no clock: a snapshot may hold it."""
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
    for router in PUBLIC:
        app.include_router(router)
    for router in GUARDED:
        app.include_router(router, dependencies=[Depends(guard)])
    app.add_middleware(Edge)

    @app.get(DOCS_PATH, include_in_schema=False)
    async def docs() -> HTMLResponse:
        """Show the document to people."""
        headers = {"Content-Security-Policy": docs_page.POLICY}
        return HTMLResponse(docs_page.page(app.openapi()), headers=headers)

    return app
