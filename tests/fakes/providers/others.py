"""Models, feeds and channels, as each documents its calls and its errors."""

import base64
from collections.abc import Callable
from typing import Any

from tests.builders.vault import some_fields
from tests.fakes.providers.server import Asked, Routes, Said
from tests.fakes.providers.venues import bearer

UNAUTHORISED = {"error": {"message": "Incorrect API key provided.", "code": "invalid_api_key"}}
MODELS = {"object": "list", "data": [{"id": "small-1", "object": "model"}]}


def headed(provider: str, header: str, path: str, body: Any, wrong: Any, **more: str) -> Routes:
    """The key in a header of its own; `more` are headers that must be there as well."""
    key = some_fields(provider)["api_key"]

    def routes(asked: Asked) -> Said:
        if asked.headers.get(header) != key:
            return Said(401, wrong)
        if any(asked.headers.get(name.replace("_", "-")) != value for name, value in more.items()):
            return Said(400, {"error": {"message": "a header is missing"}})
        return Said(200, body) if asked.path == path else Said(404, {"message": "no such path"})

    return routes


def azure(asked: Asked) -> Said:
    fields = some_fields("azure_openai")
    if asked.headers.get("api-key") != fields["api_key"]:
        wrong = "Access denied due to invalid subscription key"
        return Said(401, {"error": {"code": "401", "message": wrong}})
    if asked.path != f"/openai/deployments/{fields['deployment']}/chat/completions":
        gone = "The API deployment for this resource does not exist."
        return Said(404, {"error": {"code": "DeploymentNotFound", "message": gone}})
    if "api-version" not in asked.params or asked.json["max_completion_tokens"] != 1:
        return Said(400, {"error": {"message": "bad request"}})
    return Said(200, {"choices": [{"message": {"role": "assistant", "content": "p"}}]})


def ollama(asked: Asked) -> Said:
    return Said(200, {"models": []}) if asked.path == "/api/tags" else Said(404, {"error": "no"})


def alphavantage(asked: Asked) -> Said:
    if asked.params.get("apikey") != some_fields("alphavantage")["api_key"]:
        return Said(200, {"Error Message": "the parameter apikey is invalid or missing."})
    if asked.path != "/query" or asked.params["function"] != "GLOBAL_QUOTE":
        return Said(404, {})
    return Said(200, {"Global Quote": {"01. symbol": "IBM"}})


def cryptocompare(asked: Asked) -> Said:
    if asked.headers.get("authorization") != f"Apikey {some_fields('cryptocompare')['api_key']}":
        wrong = "This api key is invalid"
        return Said(200, {"Response": "Error", "Message": wrong, "Type": 99})
    return Said(200, {"USD": 60000.1}) if asked.path == "/data/price" else Said(404, {})


def reddit(asked: Asked) -> Said:
    fields = some_fields("reddit")
    pair = f"{fields['client_id']}:{fields['client_secret']}"
    if asked.headers.get("authorization") != "Basic " + base64.b64encode(pair.encode()).decode():
        return Said(401, {"message": "Unauthorized", "error": 401})
    if asked.path != "/api/v1/access_token" or asked.form != {"grant_type": "client_credentials"}:
        return Said(400, {"error": "unsupported_grant_type"})
    if not asked.headers.get("user-agent"):
        return Said(429, {"message": "Too Many Requests"})
    return Said(200, {"access_token": "t", "token_type": "bearer", "expires_in": 86400})


def fred(asked: Asked) -> Said:
    if asked.params.get("api_key") != some_fields("fred")["api_key"]:
        wrong = "Bad Request. The value for variable api_key is not registered."
        return Said(400, {"error_code": 400, "error_message": wrong, "message": wrong})
    return Said(200, {"seriess": []}) if asked.path == "/fred/series" else Said(404, {})


def telegram(asked: Asked) -> Said:
    fields = some_fields("telegram")
    if asked.path != f"/bot{fields['bot_token']}/sendMessage":
        return Said(401, {"ok": False, "error_code": 401, "description": "Unauthorized"})
    if asked.json["chat_id"] != fields["chat_id"]:
        wrong = "Bad Request: chat not found"
        return Said(400, {"ok": False, "error_code": 400, "description": wrong})
    return Said(200, {"ok": True, "result": {"message_id": 1, "text": asked.json["text"]}})


def discord(asked: Asked) -> Said:
    if asked.path != "/api/webhooks/123/webhook-secret-0123":
        return Said(404, {"message": "Unknown Webhook", "code": 10015})
    if not asked.json["content"] or asked.json["allowed_mentions"] != {"parse": []}:
        return Said(400, {"message": "Cannot send an empty message", "code": 50006})
    return Said(204)


FIXED: dict[str, Routes] = {
    "openai": bearer("openai", "/v1/models", MODELS),
    "deepseek": bearer("deepseek", "/models", MODELS),
    "gemini": headed(
        "gemini",
        "x-goog-api-key",
        "/v1beta/models",
        {"models": []},
        {"error": {"code": 400, "message": "API key not valid."}},
    ),
    "anthropic": headed(
        "anthropic",
        "x-api-key",
        "/v1/models",
        {"data": []},
        {"type": "error", "error": {"type": "authentication_error", "message": "invalid key"}},
        anthropic_version="2023-06-01",
    ),
    "newsapi": headed(
        "newsapi",
        "x-api-key",
        "/v2/top-headlines",
        {"status": "ok", "articles": []},
        {"status": "error", "code": "apiKeyInvalid", "message": "Your API key is invalid."},
    ),
    "alphavantage": alphavantage,
    "coingecko": headed(
        "coingecko",
        "x-cg-demo-api-key",
        "/api/v3/ping",
        {"gecko_says": "(V3) To the Moon!"},
        {"status": {"error_code": 10002}, "error": "API Key Missing"},
    ),
    "cryptocompare": cryptocompare,
    "reddit": reddit,
    "x": bearer("x", "/2/usage/tweets", {"data": {"project_usage": "1"}}),
    "fred": fred,
    "telegram": telegram,
}
"""Providers whose address the desk knows."""

OWN: dict[str, tuple[str, Callable[[Asked], Said]]] = {
    "azure_openai": ("endpoint", azure),
    "ollama": ("base_url", ollama),
    "openai_compatible": ("base_url", bearer("openai_compatible", "/v1/models", MODELS)),
    "discord": ("webhook_url", discord),
}
"""Providers whose address the owner gives, in which field."""
