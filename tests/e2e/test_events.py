"""The API's sample events, handed to the deployed function as the gateway would."""

import json
from pathlib import Path

import pytest

from tests.deployed import Desk

EVENTS = sorted((Path(__file__).parents[2] / "events" / "api").glob("*.json"))
WANTED = {"live": 200, "account": 401, "candles": 401, "unknown_path": 404}
NOBODY = 401
"""A login of somebody whom this desk does not know."""


@pytest.mark.parametrize("path", EVENTS, ids=lambda path: path.stem)
def test_the_deployed_function_answers_each_sample_event(shared_desk: Desk, path: Path) -> None:
    answer = shared_desk.cloud.invoke("api", json.loads(path.read_text()))
    assert answer.error is None
    assert answer.payload["statusCode"] == WANTED.get(path.stem, NOBODY)
    assert answer.payload["headers"]["content-type"] == "application/json"
