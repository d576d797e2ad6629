import pytest
from pydantic import Field, field_validator

from functions.api.errors import status_of
from functions.api.schemas import DecimalText, Request
from nightdesk.core import errors as faults
from nightdesk.core.pages import BadCursor
from nightdesk.observability import metrics
from nightdesk.strategies.problems import Code, Problem
from nightdesk.strategies.versions import InvalidDefinition
from tests.unit.api.conftest import Api

TABLE = [
    (faults.Missing("x"), 404, "NOT_FOUND"),
    (faults.UnknownInstrument("x"), 404, "UNKNOWN_INSTRUMENT"),
    (faults.Conflict("NOT_FLAT", "The position is open."), 409, "NOT_FLAT"),
    (faults.StaleWrite("x"), 409, "STALE_VERSION"),
    (faults.Fenced("x"), 409, "FENCED"),
    (faults.IllegalTransition("x"), 409, "ILLEGAL_TRANSITION"),
    (faults.Invalid("OUT_OF_RANGE", "Too much."), 422, "OUT_OF_RANGE"),
    (faults.Permanent("x"), 422, "INVALID"),
    (BadCursor("x"), 400, "BAD_CURSOR"),
    (faults.Refused("FORBIDDEN", "No."), 403, "FORBIDDEN"),
    (faults.Refused("UNAUTHENTICATED", "No.", status=401), 401, "UNAUTHENTICATED"),
    (faults.TooMany("RATE_LIMITED", "Wait.", retry_after=7), 429, "RATE_LIMITED"),
    (faults.StoreUnavailable("x"), 503, "STORE_UNAVAILABLE"),
    (faults.VenueUnavailable("x"), 503, "VENUE_UNAVAILABLE"),
    (faults.RateLimited("x", retry_after=2.6), 503, "VENUE_RATE_LIMITED"),
    (faults.LeaseTaken("x"), 503, "LEASE_TAKEN"),
    (faults.OutcomeUnknown("x"), 503, "OUTCOME_UNKNOWN"),
    (faults.InvariantBroken("x"), 500, "INTERNAL"),
    (faults.Misconfigured("NIGHTDESK_PEPPER_SECRET"), 500, "INTERNAL"),
    (faults.Fault("x"), 500, "INTERNAL"),
]


class BodyIn(Request):
    amount: DecimalText = Field()
    name: str = Field(max_length=5)

    @field_validator("name")
    @classmethod
    def known(cls, value: str) -> str:
        if value == "bad":
            raise ValueError(f"this is not known: {value!r}")
        return value


def raising(api: Api, fault: Exception) -> None:
    @api.app.get("/fault")
    async def route() -> None:
        raise fault


def taking(api: Api) -> None:
    @api.app.post("/take/{number}")
    async def route(number: int, body: BodyIn, limit: int = 1) -> None: ...


@pytest.mark.parametrize(("fault", "status", "code"), TABLE)
def test_fault_answers_its_status_and_code(
    api: Api, fault: faults.Fault, status: int, code: str
) -> None:
    raising(api, fault)
    answer = api.client.get("/fault")
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (status, code)
    assert set(error) == {"code", "message", "details", "request_id"}
    assert "NIGHTDESK_" not in answer.text


def test_every_fault_of_the_core_has_a_status() -> None:
    leaves = [kind for kind in vars(faults).values() if isinstance(kind, type)]
    for kind in leaves:
        if issubclass(kind, faults.Fault) and kind is not faults.Refused:
            assert status_of(kind.__new__(kind)) in {400, 404, 409, 422, 429, 500, 503}


def test_messages_of_rooms_for_callers_pass_and_others_do_not(api: Api) -> None:
    raising(api, faults.Missing("no item U#alice/BOT#7"))
    assert "alice" not in api.client.get("/fault").text


def test_patience_is_told_in_whole_seconds(api: Api) -> None:
    raising(api, faults.RateLimited("x", retry_after=2.6))
    assert api.client.get("/fault").headers["retry-after"] == "3"


def test_401_names_the_scheme(api: Api) -> None:
    assert api.client.get("/api/account").headers["www-authenticate"] == "Bearer"


def test_invalid_says_field_and_what_would_do(api: Api) -> None:
    raising(api, faults.Invalid("OUT_OF_RANGE", "Too much.", field="risk.size", allowed=[1, 5]))
    (detail,) = api.client.get("/fault").json()["error"]["details"]
    assert detail == {
        "field": "risk.size",
        "rule": "OUT_OF_RANGE",
        "message": "Too much.",
        "allowed": [1, 5],
    }


def test_conflict_brings_its_details(api: Api) -> None:
    raising(api, faults.Conflict("NOT_FLAT", "Open.", [{"bot": "b1"}]))
    assert api.client.get("/fault").json()["error"]["details"] == [{"bot": "b1"}]


@pytest.mark.parametrize(
    ("body", "field", "rule"),
    [
        ({"name": "x"}, "amount", "missing"),
        ({"amount": "1", "name": "x" * 6}, "name", "string_too_long"),
        ({"amount": "1", "name": "x", "owner": "u2"}, "owner", "extra_forbidden"),
        ({"amount": 1.5, "name": "x"}, "amount", "value_error"),
        ({"amount": "NaN", "name": "x"}, "amount", "value_error"),
        ({"amount": "1", "name": 7}, "name", "string_type"),
    ],
)
def test_validation_names_field_and_rule(
    api: Api, body: dict[str, object], field: str, rule: str
) -> None:
    taking(api)
    answer = api.client.post("/take/1", json=body)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (422, "VALIDATION_FAILED")
    (detail,) = error["details"]
    assert (detail["field"], detail["rule"]) == (field, rule)
    assert set(detail) == {"field", "rule", "message"}


def test_validation_echoes_no_value(api: Api) -> None:
    taking(api)
    for body in ({"amount": "hunter2", "name": "bad"}, {"amount": "1", "name": "hunter2"}):
        answer = api.client.post("/take/1", json=body)
        assert "hunter2" not in answer.text
        assert "'bad'" not in answer.text


def test_query_errors_name_the_parameter(api: Api) -> None:
    taking(api)
    answer = api.client.post("/take/1?limit=x", json={"amount": "1", "name": "x"})
    assert answer.json()["error"]["details"][0]["field"] == "limit"


def test_missing_body_is_422(api: Api) -> None:
    taking(api)
    assert api.client.post("/take/1").json()["error"]["details"][0]["rule"] == "missing"


def test_impossible_id_is_404_like_an_unknown_one(api: Api) -> None:
    taking(api)
    answer = api.client.post("/take/x", json={"amount": "1", "name": "x"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "NOT_FOUND")


def test_a_thousand_unknown_fields_are_answered_briefly(api: Api) -> None:
    taking(api)
    body = {f"field{n}" * 20: 1 for n in range(1000)}
    error = api.client.post("/take/1", json=body).json()["error"]
    assert len(error["details"]) == 50
    assert all(len(each["field"]) <= 100 for each in error["details"])


def test_every_problem_of_a_definition_is_named(api: Api) -> None:
    problems = [Problem(f"/features/f{n}", Code.UNDEFINED_FEATURE, "no such") for n in range(50)]

    @api.app.post("/define")
    async def define() -> None:
        raise InvalidDefinition(problems)

    error = api.client.post("/define").json()["error"]
    assert error["code"] == "INVALID_DEFINITION"
    assert [each["field"] for each in error["details"]] == [one.path for one in problems]


@pytest.mark.parametrize(
    ("fault", "counted"),
    [
        (faults.Refused("INVALID_CREDENTIALS", "No.", status=401), ["AuthFailures"]),
        (faults.StoreUnavailable("throttled"), ["DatabaseErrors"]),
        (faults.Missing("x"), []),
    ],
)
def test_what_alarms_ask_for_is_counted(
    api: Api, monkeypatch: pytest.MonkeyPatch, fault: faults.Fault, counted: list[str]
) -> None:
    names: list[str] = []

    def add(name: str, unit: str, value: float) -> None:
        names.append(str(name))

    monkeypatch.setattr(metrics, "add_metric", add)
    raising(api, fault)
    api.client.get("/fault")
    assert names == counted
