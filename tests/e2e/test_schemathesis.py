"""Generated requests against the running API: every answer is one that the document promises.

They are drawn, the same in each run. The systematic ones are for the weekly search: wrong bodies
`test_malformed.py` makes too, and making them all takes longer than sending what is drawn.
"""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import checks
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from infra.cdk.local.desk_client import DeskClient
from tests.deployed import PASSWORD
from tests.e2e.document import DOCUMENT
from tests.e2e.share import EVERY, checksum
from tests.e2e.story import Story

EXAMPLES = 50 if EVERY else 3
CHECKS = [
    checks.not_a_server_error,
    status_code_conformance,
    response_schema_conformance,
    content_type_conformance,
]
ENDS_SESSIONS = ("/api/auth/logout", "/api/auth/logout-all", "/api/auth/sessions/{sid}")

schema = schemathesis.openapi.from_dict(DOCUMENT)
schema.config.phases.coverage.enabled = EVERY


@pytest.fixture(scope="module")
def connection() -> Iterator[requests.Session]:
    """Return one connection that stays open over all requests."""
    with requests.Session() as found:
        yield found


@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
def test_the_api_keeps_what_its_document_promises(
    case: schemathesis.Case[Any], story: Story, connection: requests.Session
) -> None:
    client = session_for(case.path, story)
    for name, ident in (case.path_parameters or {}).items():
        # the emulator's gateway knows no route with a line break in it, encoded or not
        case.path_parameters[name] = re.sub("\n|%0A", "", str(ident)) or "x"
    if case.path_parameters and real(case):
        known = {name: ident for name, ident in story.ids.items() if name in case.path_parameters}
        case.path_parameters.update(known)
    case.call_and_validate(
        base_url=story.desk.url,
        headers={"Authorization": client.http.headers["Authorization"]},
        checks=CHECKS,
        session=connection,
        timeout=30,
    )


def session_for(path: str, story: Story) -> DeskClient:
    """Return the trader; another session of theirs where it may be ended."""
    if path not in ENDS_SESSIONS:
        return story.ada
    story.desk.forgive()  # made-up passwords lock an account
    client = story.desk.client()
    client.login(email="ada@nightdesk.example", password=PASSWORD)
    return client


def real(case: schemathesis.Case[Any]) -> bool:
    """Whether to ask for things that exist: in half of the cases, the same in each run."""
    asked = (case.method, case.path, case.path_parameters, case.query, case.body)
    return checksum(*asked) % 2 == 0
