"""The page that people read: the OpenAPI document as one HTML page without a script.

Nothing is loaded from elsewhere, so it works on a laptop without network and under a policy that
allows no script at all. Programs read `/api/openapi.json`.
"""

import base64
import hashlib
import json
from collections import defaultdict
from html import escape
from typing import Any

from functions.api.document import METHODS

MAX_DEPTH = 8

Json = dict[str, Any]

STYLE = """
body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem;
color:#1b1f24;background:#fff}
h1{margin-bottom:0}h2{margin-top:2.5rem;text-transform:capitalize;border-bottom:1px solid #d0d7de}
details{border:1px solid #d0d7de;border-radius:6px;margin:.5rem 0;padding:.5rem .8rem}
summary{cursor:pointer}code,pre{font:13px/1.5 ui-monospace,monospace}
pre{background:#f6f8fa;padding:.8rem;overflow:auto;border-radius:6px}
b.get{color:#0969da}b.post{color:#1a7f37}b.delete{color:#cf222e}b.patch,b.put{color:#9a6700}
.asks{color:#57606a;float:right}
@media(prefers-color-scheme:dark){body{color:#e6edf3;background:#0d1117}pre{background:#161b22}
details,h2{border-color:#30363d}.asks{color:#8b949e}}
"""

_DIGEST = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
POLICY = f"default-src 'none'; frame-ancestors 'none'; style-src 'sha256-{_DIGEST}'"
"""As on every answer, and this one style."""


def page(document: Json) -> str:
    """Return the document as HTML; every text is escaped."""
    info = document["info"]
    by_tag: dict[str, list[str]] = defaultdict(list)
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if method in METHODS:
                tag = operation.get("tags", ["other"])[0]
                by_tag[tag].append(_operation(path, method, operation, document))
    sections = [f"<h2>{escape(tag)}</h2>{''.join(rows)}" for tag, rows in by_tag.items()]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{escape(info['title'])} API</title><style>{STYLE}</style></head><body>"
        f"<h1>{escape(info['title'])} {escape(info['version'])}</h1>"
        f"<p>{escape(info.get('summary', ''))} For programs: "
        '<a href="openapi.json">openapi.json</a>. Send <code>Authorization: Bearer</code> with the '
        "access token that <code>POST /api/auth/login</code> returns.</p>"
        f"{''.join(sections)}</body></html>"
    )


def _operation(path: str, method: str, operation: Json, document: Json) -> str:
    parts = [f"<p>{escape(operation.get('description', ''))}</p>"]
    if operation.get("parameters"):
        rows = "".join(_parameter(each) for each in operation["parameters"])
        parts.append(f"<ul>{rows}</ul>")
    body = operation.get("requestBody", {}).get("content", {})
    parts.extend(_example("Body", each["schema"], document) for each in body.values())
    for status, answer in operation["responses"].items():
        contents = answer.get("content", {}).values()
        parts.extend(_example(status, each.get("schema", {}), document) for each in contents)
    return (
        f'<details><summary><b class="{method}">{method.upper()}</b> '
        f'<code>{escape(path)}</code> <span class="asks">{escape(_asks(operation))}</span>'
        f"</summary>{''.join(parts)}</details>"
    )


def _asks(operation: Json) -> str:
    wanted = operation.get("x-access")
    if wanted is None:
        return "public"
    words = ["admin" if wanted["role"] == "admin" else "signed in"]
    return " · ".join(words + ["Idempotency-Key"] * wanted["once"])


def _parameter(parameter: Json) -> str:
    need = "required" if parameter.get("required") else "optional"
    text = parameter.get("description", "")
    name = f"<code>{escape(parameter['name'])}</code>"
    return f"<li>{name} ({escape(parameter['in'])}, {need}) {escape(text)}</li>"


def _example(title: str, schema: Json, document: Json) -> str:
    shape = json.dumps(_shape(schema, document, 0), indent=2, ensure_ascii=False)
    return f"<p>{escape(title)}</p><pre>{escape(shape)}</pre>"


def _shape(schema: Json, document: Json, depth: int) -> Any:
    """Return a skeleton of what fits `schema`: names with types, one item per list."""
    if depth > MAX_DEPTH:
        return "…"
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return _shape(document["components"]["schemas"][name], document, depth + 1)
    if "anyOf" in schema or "oneOf" in schema:
        each = schema.get("anyOf") or schema["oneOf"]
        return _either([_shape(one, document, depth + 1) for one in each])
    if "properties" in schema:
        properties = schema["properties"].items()
        return {name: _shape(each, document, depth + 1) for name, each in properties}
    if schema.get("type") == "array":
        return [_shape(schema.get("items", {}), document, depth + 1)]
    return _word(schema)


def _either(shapes: list[Any]) -> Any:
    """Return words side by side; of larger shapes the first stands for all."""
    words = [each for each in shapes if isinstance(each, str)]
    larger = [each for each in shapes if not isinstance(each, str)]
    return larger[0] if larger else " | ".join(words)


def _word(schema: Json) -> str:
    if "enum" in schema:
        return " | ".join(str(each) for each in schema["enum"])
    return str(schema.get("const") or schema.get("format") or schema.get("type", "anything"))
