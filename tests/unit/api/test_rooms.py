"""The API that loads its routers as they are asked for is the API that loads them all."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from functions.api.app import DOCS_PATH, DOCUMENT_PATH, EVERY, PREFIX, ROUTERS, Desk
from tests.e2e.document import DOCUMENT

ROOT = Path(__file__).parents[3]
ROUTE_FILES = {
    path.stem
    for path in (ROOT / "functions/api/routers").glob("*.py")
    if not path.stem.endswith("_schemas") and path.stem != "__init__"
}
DESK = Desk()


def test_every_router_module_has_its_place() -> None:
    assert set(EVERY) == ROUTE_FILES


@pytest.mark.parametrize("path", sorted(DOCUMENT["paths"]))
def test_every_route_is_found_under_its_own_room(path: str) -> None:
    room = path.removeprefix(PREFIX).partition("/")[0]
    app = DESK.app_of(path)
    assert room in ROUTERS
    assert json.loads(json.dumps(app.openapi()["paths"][path])) == DOCUMENT["paths"][path]


@pytest.mark.parametrize("path", ["/", "/api", "/api/", "/api/nothing", "/apis/bots", "/api/bots2"])
def test_what_belongs_to_no_room_is_404_in_the_one_form(path: str) -> None:
    with TestClient(DESK) as client:
        answer = client.get(path)
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "NOT_FOUND")
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_the_document_and_its_page_show_every_route() -> None:
    with TestClient(DESK) as client:
        assert client.get(DOCUMENT_PATH).json() == DOCUMENT
        assert client.get(DOCS_PATH).status_code == 200


def test_a_room_loads_its_own_routers_alone() -> None:
    assert loaded("") & ROUTE_FILES == set()
    assert loaded("handler.desk.app_of('/api/health/live')") & ROUTE_FILES == {"health"}


def test_a_snapshot_holds_them_all() -> None:
    assert loaded("", AWS_LAMBDA_INITIALIZATION_TYPE="snap-start") >= ROUTE_FILES


def loaded(more: str, **variables: str) -> set[str]:
    """Return the router modules that a new process has loaded."""
    code = f"import sys\nfrom functions.api import handler\n{more}\nprint(*sys.modules)"
    found = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": f"{ROOT}:{ROOT / 'shared'}", "PATH": os.defpath, **variables},
        capture_output=True,
        text=True,
        check=True,
    )
    return {
        name.rpartition(".")[2]
        for name in found.stdout.split()
        if name.startswith("functions.api.routers.") and not name.endswith("_schemas")
    }
