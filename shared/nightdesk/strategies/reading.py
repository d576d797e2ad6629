"""From a JSON document to a definition, with everything that does not fit named at once."""

import copy
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from nightdesk.strategies.definition import MAX_BYTES, Definition
from nightdesk.strategies.problems import Code, Problem, pointer

MAX_DEPTH = 8
MAX_NODES = 200
_MAX_NESTING = 48
"""Of the whole document: a rule of depth 8 with its lists and features stays far below."""

_CODES: Mapping[str, Code] = {
    "extra_forbidden": Code.UNKNOWN_FIELD,
    "union_tag_invalid": Code.UNKNOWN_FIELD,
    "enum": Code.OUT_OF_RANGE,
    "literal_error": Code.OUT_OF_RANGE,
    "greater_than": Code.OUT_OF_RANGE,
    "greater_than_equal": Code.OUT_OF_RANGE,
    "less_than": Code.OUT_OF_RANGE,
    "less_than_equal": Code.OUT_OF_RANGE,
    "too_long": Code.OUT_OF_RANGE,
    "too_short": Code.OUT_OF_RANGE,
    "string_too_long": Code.OUT_OF_RANGE,
    "string_too_short": Code.OUT_OF_RANGE,
    "string_pattern_mismatch": Code.OUT_OF_RANGE,
}
_STAND_INS: Mapping[str, object] = {
    "schema": 1,
    "name": "unnamed",
    "kind": "rules",
    "timeframe": "1h",
}
_TAGGED = frozenset({"entry", "exit", "stop", "target"})
_PLAIN_TERMS = frozenset(
    {"regime", "trend", "pattern", "candlestick", "level", "consensus", "time", "position", "param"}
)


@dataclass(frozen=True, slots=True)
class Reading:
    """What could be read. With problems, `definition` holds the sound parts, or is None.

    `broken` names the top-level fields, features (`features/x`) and inputs (`inputs/p`) that are
    there but were left out, so that nobody reports them as missing.
    """

    definition: Definition | None
    problems: list[Problem] = field(default_factory=list)
    broken: frozenset[str] = frozenset()


def read(document: object) -> Reading:
    """Read a definition from parsed JSON. Never raises."""
    early = list(_too_large(document))
    if early:
        return Reading(None, early)
    try:
        return Reading(Definition.model_validate(document))
    except ValidationError as error:
        problems = _problems(document, error)
    if not isinstance(document, dict):
        return Reading(None, problems)
    sound, broken = _sound_parts(document, problems)
    try:
        return Reading(Definition.model_validate(sound), problems, broken)
    except ValidationError:
        return Reading(None, problems, broken)


def _too_large(document: object) -> Iterator[Problem]:
    """Yield what forbids even parsing: nesting is measured without recursion."""
    if _nesting(document) > _MAX_NESTING:
        yield Problem("", Code.TOO_DEEP, "the document is nested too deeply", MAX_DEPTH)
        return
    try:
        text = json.dumps(document, ensure_ascii=False, allow_nan=False)
        size = len(text.encode())
    except (TypeError, ValueError):
        yield Problem("", Code.TYPE_MISMATCH, "a definition is JSON; NaN and infinity are not")
        return
    if size > MAX_BYTES:
        yield Problem("", Code.TOO_LARGE, f"the definition has {size} bytes", MAX_BYTES)
        return
    if isinstance(document, dict):
        for name in ("entry", "exit"):
            yield from _overgrown(name, document.get(name))


def _nesting(document: object) -> int:
    level, deepest = [document], 0
    while level and deepest <= _MAX_NESTING:
        deepest += 1
        level = [inner for outer in level for inner in _inside(outer)]
    return deepest


def _inside(part: object) -> list[Any]:
    if isinstance(part, dict):
        return list(part.values())
    return list(part) if isinstance(part, list | tuple) else []


def _overgrown(name: str, rule: object) -> Iterator[Problem]:
    depth, nodes = _measure(rule)
    if depth > MAX_DEPTH:
        yield Problem(pointer(name), Code.TOO_DEEP, f"the rule has a depth of {depth}", MAX_DEPTH)
    if nodes > MAX_NODES:
        yield Problem(pointer(name), Code.TOO_LARGE, f"the rule has {nodes} nodes", MAX_NODES)


def _measure(part: object) -> tuple[int, int]:
    """Return depth and number of terms; a plain value adds a node and no depth."""
    if isinstance(part, list | tuple):
        sizes = [_measure(item) for item in part]
        return max((d for d, _ in sizes), default=0), sum(n for _, n in sizes)
    if not isinstance(part, dict):
        return 0, 1
    sizes = [_measure(item) for key, item in part.items() if key not in _PLAIN_TERMS]
    return 1 + max((d for d, _ in sizes), default=0), 1 + sum(n for _, n in sizes)


def _problems(document: object, error: ValidationError) -> list[Problem]:
    found: list[Problem] = []
    for details in error.errors(include_url=False):
        path = _path(document, details)
        followed = details["type"] == "too_short" and any(
            problem.path.startswith(pointer(*path) + "/") for problem in found
        )
        if not followed:  # a list is also "too short" once its faulty items are left out
            found.append(
                Problem(pointer(*path), _code(details), _message(details), _allowed(details))
            )
    return found


def _path(document: object, details: ErrorDetails) -> list[str | int]:
    """Drop from a location what is not in the document: the tags of unions."""
    loc = _without_tags(details["loc"])
    if details["type"] == "extra_forbidden" and len(loc) > 1:
        shorter = _resolved(document, (*loc[:-2], loc[-1]))
        if len(shorter) == len(loc) - 1:
            return shorter
    path = _resolved(document, loc)
    return [*path, loc[-1]] if details["type"] == "missing" else path


def _without_tags(loc: tuple[str | int, ...]) -> tuple[str | int, ...]:
    """Drop the tag of each term in a rule; it comes before the key of the same name."""
    if not loc or loc[0] not in _TAGGED:
        return loc
    kept: list[str | int] = []
    paired = True
    for step in loc:
        paired = not paired and isinstance(step, str) and kept[-1] == step
        if not paired:
            kept.append(step)
    return tuple(kept)


def _resolved(document: object, loc: tuple[str | int, ...]) -> list[str | int]:
    path: list[str | int] = []
    part = document
    for step in loc:
        inside = isinstance(part, dict) and step in part
        if inside or (isinstance(step, int) and isinstance(part, list) and step < len(part)):
            part = cast("Any", part)[step]
            path.append(step)
    return path


def _code(details: ErrorDetails) -> Code:
    return _CODES.get(details["type"], Code.TYPE_MISMATCH)


def _message(details: ErrorDetails) -> str:
    match details["type"]:
        case "extra_forbidden":
            return "there is no such field"
        case "union_tag_invalid":
            return f"there is no term {details['ctx']['tag']!r}"
        case "union_tag_not_found":
            return "an object with one key is wanted"
        case "missing":
            return "this is required"
        case _:
            return details["msg"].removeprefix("Value error, ")[:200]


def _allowed(details: ErrorDetails) -> object:
    context = details.get("ctx", {})
    if "expected_tags" in context:
        return [tag.strip(" '") for tag in str(context["expected_tags"]).split(",")]
    if "expected" in context:
        return str(context["expected"]).replace("'", "")
    limits = {key: str(context[key]) for key in ("gt", "ge", "lt", "le") if key in context}
    lengths = {key: context[key] for key in ("min_length", "max_length") if key in context}
    return limits or lengths or context.get("pattern")


def _sound_parts(
    document: Mapping[str, object], problems: list[Problem]
) -> tuple[dict[str, object], frozenset[str]]:
    """Return the document without what is faulty, and the names of what was left out."""
    sound: dict[str, Any] = copy.deepcopy(dict(document))
    broken: set[str] = set()
    for problem in problems:
        top, *rest = [
            step.replace("~1", "/").replace("~0", "~") for step in problem.path.split("/")[1:]
        ] or [""]
        section = sound.get(top)
        if top in {"features", "inputs"} and rest and isinstance(section, dict):
            section.pop(rest[0], None)
            broken.add(f"{top}/{rest[0]}")
        else:
            sound.pop(top, None)
            broken.add(top)
    return {**_STAND_INS, **sound}, frozenset(broken)
