import logging
from typing import Any

import pytest
from pydantic import ValidationError

from nightdesk.core.queued import Output
from nightdesk.core.wire import Message


class Word(Message):
    word: str


def batch(*bodies: str) -> dict[str, Any]:
    """Return what SQS sends, with fields that nobody here reads."""
    return {
        "Records": [
            {"messageId": f"m{n}", "body": body, "attributes": {"ApproximateReceiveCount": "1"}}
            for n, body in enumerate(bodies)
        ]
    }


@pytest.mark.parametrize("unreadable", ["", "{", "[]", '{"word": 7}', '{"word": null}', "\x00"])
def test_a_message_that_nobody_can_read_comes_again_and_keeps_no_other(unreadable: str) -> None:
    output = Output()
    read = list(output.read(batch('{"word": "a"}', unreadable, '{"word": "b"}'), Word))
    assert read == [("m0", Word(word="a")), ("m2", Word(word="b"))]
    answer = output.model_dump(mode="json", by_alias=True)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m1"}]}


def test_what_an_unreadable_message_says_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        list(Output().read(batch('{"word": ["my diary"]}'), Word))
    assert "m0" in caplog.text
    assert "my diary" not in caplog.text


@pytest.mark.parametrize("event", [{}, {"Records": []}, {"Records": [{"messageId": "m0"}]}])
def test_what_is_no_batch_is_refused(event: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        list(Output().read(event, Word))
