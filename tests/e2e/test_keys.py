"""A key on the deployed desk: sealed by the API, opened and tried by `probe_key` alone."""

import secrets

from tests.deployed import PASSWORD, Desk
from tests.fakes.providers.server import Asked, Said, served

KEY = f"ollama-{secrets.token_hex(12)}"


def ollama(asked: Asked) -> Said:
    if asked.headers.get("authorization") != f"Bearer {KEY}":
        return Said(401, {"error": f"not {asked.headers.get('authorization')}"})
    return Said(200, {"models": []}) if asked.path == "/api/tags" else Said(404, {"error": "no"})


def test_a_key_is_saved_tested_and_deleted(desk: Desk) -> None:
    trader = desk.trader("ada")
    trader.step_up(PASSWORD)
    with served(ollama) as server:
        once = {"Idempotency-Key": secrets.token_hex(16)}
        fields = {"base_url": server.url, "api_key": KEY}
        saved = trader.http.post("/api/keys/ollama", json={"fields": fields}, headers=once)
        assert saved.status_code == 201, saved.text
        assert saved.json()["key"]["status"] == "saved_untested"
        tested = trader.post("/api/keys/test", {"provider": "ollama"})
        assert (tested["ok"], tested["status"]) == (True, "test_ok")
        wrong = {"provider": "ollama", "fields": fields | {"api_key": f"wrong-{KEY}"}}
        refused = trader.post("/api/keys/test", wrong)
        assert (refused["ok"], refused["message"]) == (False, "not Bearer ***")
        assert len(server.asked) == 2
    shown = trader.get("/api/keys/ollama")
    assert (shown["status"], KEY in str(shown)) == ("test_ok", False)
    assert trader.http.delete("/api/keys/ollama").status_code == 204
    assert trader.items("/api/keys") == []
