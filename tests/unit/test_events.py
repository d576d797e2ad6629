"""Each function has sample events, and its `messages.Input` reads every one of them."""

import importlib
import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from infra.cdk.assets.layout import FUNCTIONS

EVENTS = Path(__file__).parents[2] / "events"
MESSAGES = sorted(path for path in EVENTS.glob("*/*.json") if path.parent.name != "api")


def named(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


def test_each_function_has_a_sample_event_and_each_folder_a_function() -> None:
    assert {path.parent.name for path in EVENTS.glob("*/*.json")} == set(FUNCTIONS)


@pytest.mark.parametrize("path", MESSAGES, ids=named)
def test_a_functions_input_reads_its_sample_event(path: Path) -> None:
    messages = importlib.import_module(f"functions.{path.parent.name}.messages")
    message = messages.Input.model_validate(json.loads(path.read_text()))
    assert message.as_of.utcoffset() is not None


@pytest.mark.parametrize("path", MESSAGES, ids=named)
def test_an_event_without_its_moment_is_refused(path: Path) -> None:
    messages = importlib.import_module(f"functions.{path.parent.name}.messages")
    event = json.loads(path.read_text())
    for wrong in ({}, {"as_of": "2019-02-03T00:00:00"}, {"as_of": None}):
        with pytest.raises(ValidationError, match="as_of"):
            messages.Input.model_validate({**event, "as_of": None} | wrong)


@pytest.mark.parametrize("path", sorted(EVENTS.glob("api/*.json")), ids=named)
def test_the_apis_events_are_of_the_gateways_second_format(path: Path) -> None:
    event = json.loads(path.read_text())
    assert event["version"] == "2.0"
    assert event["requestContext"]["http"]["method"]
    assert event["rawPath"].startswith("/")
