"""What `make verify-audit` says, and how it exits."""

import io
import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from infra.cdk.verify_audit import main


@dataclass
class Lambda:
    """Answers an invocation."""

    answer: dict[str, Any]
    error: str | None = None
    asked: list[dict[str, Any]] = field(default_factory=list)

    def invoke(self, FunctionName: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803 - boto3's
        self.asked.append({"name": FunctionName, **json.loads(Payload)})
        if self.error == "unreachable":
            raise EndpointConnectionError(endpoint_url="https://example.com")
        failed = {"FunctionError": self.error} if self.error else {}
        return {"Payload": io.BytesIO(json.dumps(self.answer).encode()), **failed}


def test_chains_that_hold_exit_with_0(capsys: pytest.CaptureFixture[str]) -> None:
    client = Lambda({"verified": 7, "broken": []})
    assert main(["--stage", "prod"], client) == 0
    (asked,) = client.asked
    assert datetime.fromisoformat(asked.pop("as_of")).tzinfo is not None
    assert asked == {"name": "nightdesk-prod-audit", "verify": True}
    assert "7" in capsys.readouterr().out


def test_a_broken_chain_is_named_with_its_first_bad_number(
    capsys: pytest.CaptureFixture[str],
) -> None:
    broken = {"chain": "U#01ANN#ACCOUNT", "seq": 12, "reason": "changed"}
    client = Lambda({"verified": 1, "broken": [broken]})
    assert main(["--chain", "U#01ANN#ACCOUNT"], client) == 1
    assert client.asked[0]["chain"] == "U#01ANN#ACCOUNT"
    assert capsys.readouterr().out == "U#01ANN#ACCOUNT 12: changed\n"


@pytest.mark.parametrize("error", ["Unhandled", "unreachable"])
def test_no_answer_is_neither(error: str, capsys: pytest.CaptureFixture[str]) -> None:
    client = Lambda({"errorType": "StoreUnavailable", "errorMessage": "busy"}, error)
    assert main([], client) == 2
    assert "not verified" in capsys.readouterr().err
