"""Between the API and `probe_key`: what is asked, what comes back, and what is in neither."""

import io
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from functions.probe_key import handler, messages
from nightdesk import bootstrap
from nightdesk.accounts.credential import Answer, Finding, SealBroken
from nightdesk.adapters.probes import wire
from nightdesk.adapters.probes.here import ProbeHere
from nightdesk.adapters.probes.remote import RemoteProbe
from nightdesk.core.errors import Misconfigured, StoreUnavailable
from tests.builders.vault import NOW, a_credential, some_fields
from tests.fakes.providers.server import always, served
from tests.fakes.providers.venues import Rights, kraken
from tests.fakes.vault import FakeCipher, found

ONE = a_credential()
CIPHER = FakeCipher()
SEALED = CIPHER.seal(ONE.context, some_fields("kraken"))


class Lambda:
    """Answers an invocation; or hands it to the handler itself."""

    def __init__(self, answer: Any = None, error: str | None = None) -> None:
        self.answer, self.error = answer, error
        self.payloads: list[bytes] = []

    def invoke(self, FunctionName: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803 - boto's
        self.payloads.append(Payload)
        raw = self.answer(json.loads(Payload)) if callable(self.answer) else self.answer
        body = raw if isinstance(raw, bytes) else json.dumps(raw).encode()
        said: dict[str, Any] = {"Payload": io.BytesIO(body)}
        return said | ({"FunctionError": self.error} if self.error else {})


def ask(client: Any, **changes: Any) -> Finding:
    probe = RemoteProbe("probe", _client=client)
    return probe(ONE.context, SEALED, now=NOW, **changes)


class Context:
    function_name = "probe_key"
    memory_limit_in_mb = 512
    invoked_function_arn = "arn:aws:lambda:eu-west-1:1:function:probe_key"
    aws_request_id = "r"


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a Lambda whose function is the handler, over a server of Kraken's."""
    with served(kraken(Rights())) as server:
        probe = ProbeHere(opener=CIPHER, local=True, base_urls={"kraken": server.url})
        monkeypatch.setattr(bootstrap, "probe_here", lambda: probe)
        client = Lambda(lambda event: handler.lambda_handler(event, Context()))
        client.server = server  # type: ignore[attr-defined]
        yield client


def test_a_probe_goes_there_and_back(here: Any) -> None:
    finding = ask(here, private_hosts=["ollama.lan.example"])
    assert finding.passed
    assert finding.ip_restricted is True


def test_row_15_neither_question_nor_answer_nor_log_holds_a_field(
    here: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    here.server.mood = always(200, {"error": [f"EAPI:bad {some_fields('kraken')['api_key']}"]})
    finding = ask(here)
    logged = capsys.readouterr()
    told = f"{here.payloads} {finding} {logged.out} {logged.err}"
    for value in some_fields("kraken").values():
        assert value not in told


def test_a_moved_key_breaks_there_and_is_told_here(here: Any) -> None:
    with pytest.raises(SealBroken):
        RemoteProbe("probe", _client=here)(a_credential(label="other").context, SEALED, now=NOW)
    with pytest.raises(SealBroken):
        ask(Lambda({"errorType": "SealBroken"}, "Unhandled"))


def test_a_broken_seal_is_counted(here: Any, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SealBroken):
        RemoteProbe("probe", _client=here)(a_credential(version=9).context, SEALED, now=NOW)
    assert '"SealBroken":[1.0]' in capsys.readouterr().out.replace(" ", "")


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ({"errorType": "Runtime.ExitError", "errorMessage": "x"}, "Unhandled"),
        ("Task timed out", "Unhandled"),
        (b"{cut", None),
    ],
)
def test_a_test_that_could_not_be_run_says_nothing_about_the_key(
    said: Any, error: str | None
) -> None:
    assert ask(Lambda(said, error)).answer is Answer.UNREACHABLE


def test_faults_of_the_way_are_faults_of_ours() -> None:
    from botocore.exceptions import ClientError, ReadTimeoutError

    class Broken:
        def __init__(self, error: Exception) -> None:
            self.error = error

        def invoke(self, **arguments: Any) -> None:
            raise self.error

    def refusal(code: str) -> ClientError:
        return ClientError({"Error": {"Code": code, "Message": ""}}, "Invoke")

    with pytest.raises(StoreUnavailable):
        ask(Broken(refusal("TooManyRequestsException")))
    with pytest.raises(Misconfigured):
        ask(Broken(refusal("AccessDeniedException")))
    assert ask(Broken(ReadTimeoutError(endpoint_url="x"))).answer is Answer.UNREACHABLE
    with pytest.raises(StoreUnavailable):
        ask(Lambda({"errorType": "StoreUnavailable"}, "Unhandled"))


def test_a_finding_survives_the_wire() -> None:
    until = datetime(2027, 1, 1, tzinfo=UTC)
    finding = found(expires_at=until, message="m")
    said = messages.Output.from_domain(finding).model_dump(mode="json")
    assert wire.heard(json.loads(json.dumps(said))) == finding
    bare = found(Answer.REFUSED)
    said = messages.Output.from_domain(bare).model_dump(mode="json")
    assert wire.heard(said) == bare


@pytest.mark.parametrize("kind", ["totp", "audit", "identity", ""])
def test_what_is_no_key_of_a_provider_is_not_even_asked_for(kind: str) -> None:
    event = wire.question(ONE.context, SEALED, now=NOW, private_hosts=(), code=None)
    with pytest.raises(ValueError, match="kind"):
        messages.Input.model_validate(event | {"kind": kind})
