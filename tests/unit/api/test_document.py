import re

from functions.api.docs_page import STYLE, page
from functions.api.document import operations
from functions.api.openapi import TARGET, rendered
from tests.e2e.document import DOCUMENT
from tests.unit.api.conftest import Api


def test_stored_document_is_that_of_the_routes() -> None:
    assert TARGET.read_text("utf-8") == rendered(), "python -m functions.api.openapi"


def test_document_is_openapi_3_1_with_one_error_form() -> None:
    assert DOCUMENT["openapi"].startswith("3.1")
    assert "HTTPValidationError" not in str(DOCUMENT)
    for _, operation in operations(DOCUMENT):
        assert {"4XX", "5XX"} <= set(operation["responses"])
        assert operation["description"]
        assert operation["tags"]


def test_operation_ids_are_unique() -> None:
    names = [each["operationId"] for _, each in operations(DOCUMENT)]
    assert len(names) == len(set(names))


def test_guarded_posts_and_whatever_is_done_once_name_the_idempotency_key() -> None:
    for method, operation in operations(DOCUMENT):
        named = [each for each in operation.get("parameters", []) if each["in"] == "header"]
        wanted = operation.get("x-access", {"once": False})
        assert bool(named) == (wanted["once"] or (method == "post" and "x-access" in operation))
        assert all(each["required"] is wanted["once"] for each in named)


def test_docs_page_needs_no_script_and_its_style_is_allowed(api: Api) -> None:
    answer = api.client.get("/api/docs")
    assert answer.headers["content-type"].startswith("text/html")
    assert "<script" not in answer.text
    assert "http" not in re.sub(r"https?_", "", answer.text.replace(STYLE, ""))
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "style-src 'sha256-" in answer.headers["content-security-policy"]


def test_docs_page_shows_every_path_and_escapes_texts() -> None:
    text = page(DOCUMENT)
    assert all(f"<code>{path}</code>" in text for path in DOCUMENT["paths"])
    assert "<b>x</b>" not in page(DOCUMENT | {"info": {"title": "<b>x</b>", "version": "1"}})
