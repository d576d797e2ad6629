"""Generated requests against the running API: every answer is one that the document promises.

Of the systematic ones a fifth is sent, the same in each run: wrong bodies `test_malformed.py` makes
too, and the filters of lists are right or wrong alike on a dozen routes, each of which gets another
fifth of them. `NIGHTDESK_SCHEMATHESIS=all` sends them all.
"""

import os
import re
import zlib
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import checks
from schemathesis.generation.meta import TestPhase
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from infra.cdk.local.desk_client import DeskClient
from tests.deployed import PASSWORD
from tests.e2e.document import DOCUMENT
from tests.e2e.story import Story

EVERY = os.environ.get("NIGHTDESK_SCHEMATHESIS") == "all"
EXAMPLES = 50 if EVERY else 4
SHARE = 5
CHECKS = [
    checks.not_a_server_error,
    status_code_conformance,
    response_schema_conformance,
    content_type_conformance,
]
ENDS_SESSIONS = ("/api/auth/logout", "/api/auth/logout-all", "/api/auth/sessions/{sid}")

schema = schemathesis.openapi.from_dict(DOCUMENT)


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
    if not EVERY and systematic(case) and checksum(case) % SHARE:
        return
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


def systematic(case: schemathesis.Case[Any]) -> bool:
    """Whether it is one of those that are gone through step by step, not of the drawn ones."""
    return case.meta is not None and case.meta.phase.name is TestPhase.COVERAGE


def real(case: schemathesis.Case[Any]) -> bool:
    """Whether to ask for things that exist: in half of the cases, the same in each run."""
    return checksum(case) % 2 == 0


def checksum(case: schemathesis.Case[Any]) -> int:
    """Return a figure that is the same in each run."""
    told: Any = (case.method, case.path, case.path_parameters, case.query, case.body)
    return zlib.crc32(repr(told).encode())
