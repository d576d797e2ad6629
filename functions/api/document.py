"""The OpenAPI document: what FastAPI finds in the routes, and what holds for all of them."""

from collections.abc import Iterator, Mapping
from typing import Any

from functions.api.access import of_route
from functions.api.schemas import ErrorOut

Json = dict[str, Any]

KEY_PARAMETER: Json = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Names this command. A repeat within 24 hours gets the first answer again.",
    "schema": {"type": "string", "pattern": "^[A-Za-z0-9_-]{16,64}$"},
}
METHODS = frozenset({"get", "put", "post", "delete", "patch"})
SCHEMA_PREFIX = "#/components/schemas/"


def complete(document: Json) -> Json:
    """Add the error body, what each route asks of its caller, and the Idempotency-Key."""
    schemas: Json = document.setdefault("components", {}).setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    error = ErrorOut.model_json_schema(ref_template=SCHEMA_PREFIX + "{model}")
    schemas.update(error.pop("$defs"))
    schemas["ErrorOut"] = error
    named = {name: one for name, one in schemas.items() if "enum" not in one}
    document = _inlined(document, {name: one for name, one in schemas.items() if "enum" in one})
    document["components"]["schemas"] = {
        name: document["components"]["schemas"][name] for name in sorted(named)
    }
    document["components"]["responses"] = {"Error": _error_response()}
    for path, methods in document["paths"].items():
        for method in METHODS & methods.keys():
            _complete(method, path, methods[method])
    return document


def operations(document: Json) -> Iterator[tuple[str, Json]]:
    """Yield every operation with its method."""
    for path in document["paths"].values():
        for method, operation in path.items():
            if method in METHODS:
                yield method, operation


def _inlined(part: Any, enums: Mapping[str, Json]) -> Any:
    """Write enums where they stand: rooms have an `Outcome` each, and no name for all to share.

    Models keep theirs, which are unique.
    """
    if isinstance(part, list):
        return [_inlined(one, enums) for one in part]
    if not isinstance(part, dict):
        return part
    meant = enums.get(str(part.get("$ref")).removeprefix(SCHEMA_PREFIX), {})
    own = {name: one for name, one in part.items() if not (meant and name == "$ref")}
    return {**meant, **{name: _inlined(one, enums) for name, one in own.items()}}


def _error_response() -> Json:
    content = {"application/json": {"schema": {"$ref": SCHEMA_PREFIX + "ErrorOut"}}}
    return {"description": "What went wrong; `code` is stable.", "content": content}


def _complete(method: str, path: str, operation: Json) -> None:
    answers: Json = operation["responses"]
    if SCHEMA_PREFIX + "HTTPValidationError" in str(answers.get("422")):
        del answers["422"]
    for status in ("4XX", "5XX"):
        answers.setdefault(status, {"$ref": "#/components/responses/Error"})
    if not operation.get("security"):
        return
    wanted: Json = of_route(operation, method, path).shown()
    operation["x-access"] = wanted
    if method == "post" or wanted["once"]:
        key = KEY_PARAMETER | {"required": wanted["once"]}
        operation.setdefault("parameters", []).append(key)
