"""The routes as docs/openapi.json has them: tests made from it meet a new route by themselves."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PATH = Path(__file__).parents[2] / "docs" / "openapi.json"
DOCUMENT: dict[str, Any] = json.loads(PATH.read_text())
METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One operation."""

    method: str
    path: str
    operation: dict[str, Any]

    def __str__(self) -> str:
        """Name it as a test's id."""
        return f"{self.method.upper()} {self.path}"

    @property
    def public(self) -> bool:
        """Whether it asks for nobody."""
        return not self.operation.get("security")

    def names(self, place: str) -> list[str]:
        """Return its parameters in `path` or `query`."""
        found = self.operation.get("parameters", [])
        return [one["name"] for one in found if one["in"] == place]

    @property
    def body(self) -> dict[str, Any] | None:
        """Return the schema of its body, references followed; None where it takes none."""
        wanted = self.operation.get("requestBody")
        return None if wanted is None else model(wanted["content"]["application/json"]["schema"])

    @property
    def body_required(self) -> bool:
        """Whether it refuses a request without a body."""
        return bool(self.operation.get("requestBody", {}).get("required"))


def model(schema: dict[str, Any]) -> dict[str, Any]:
    """Follow a reference, also that of an optional thing."""
    for one in schema.get("anyOf", []):
        if one.get("type") != "null":
            return model(one)
    if "$ref" in schema:
        found: dict[str, Any] = DOCUMENT["components"]["schemas"][schema["$ref"].split("/")[-1]]
        return found
    return schema


ROUTES = [
    Route(method=method, path=path, operation=operation)
    for path, methods in sorted(DOCUMENT["paths"].items())
    for method, operation in methods.items()
    if method in METHODS
]

STRATEGY = {
    "schema": 1,
    "name": "Average cross",
    "kind": "rules",
    "timeframe": "1d",
    "entry": {"gt": ["close", 0]},
    "exit": {"lt": ["close", 0]},
    "stop": {"pct": 0.05},
}

ENTRY = {
    "kind": "day",
    "day": "2026-02-02",
    "title": "A quiet day",
    "mood": 6,
    "confidence": 5,
    "discipline": 7,
    "emotions": ["calm"],
    "tags": ["breakout"],
    "occurred_at": "2026-02-02T12:00:00Z",
}
PLAYBOOK = {
    "name": "Breakouts",
    "description": "Ranges that break.",
    "status": "active",
    "rules": [
        {"id": "wait", "text": "Wait for the close.", "phase": "entry", "check": "manual"},
        {
            "id": "two",
            "text": "Two to one.",
            "phase": "risk",
            "check": {"field": "planned_rr", "op": "ge", "value": "2"},
        },
    ],
}
HAND_FILL = {
    "at": "2026-01-05T10:00:00Z",
    "side": "BUY",
    "quantity": "2",
    "price": "100",
    "fee": "0.2",
    "fee_asset": "USD",
    "order": "o1",
}
TRADE = {
    "account": "my ledger",
    "instrument": "BTC/USD@bitstamp",
    "kind": "spot",
    "mode": "live",
    "fills": [HAND_FILL],
    "stop": "95",
    "target": "120",
    "labels": {
        "setup_id": "breakout",
        "tags": ["range"],
        "emotions": ["calm"],
        "market_condition": "ranging",
        "note": "Waited for the close.",
        "no_stop_declared": False,
    },
}
CASH = {
    "account": "my ledger",
    "at": "2026-01-04T10:00:00Z",
    "asset": "USD",
    "amount": "1000",
    "kind": "deposit",
    "equity_before": "0",
    "note": "First deposit",
}
IMPORT = {
    "filename": "trades.csv",
    "bytes": 2048,
    "account": "old account",
    "preset": "",
    "mapping": {"at": "Time", "instrument": "Pair", "quantity": "Amount", "price": "Price"},
    "zone": "UTC",
}
METRIC = {
    "name": "Winners",
    "metric": "win_rate",
    "filters": {"instrument": ["LTC/USD@bitstamp"]},
    "breakdown": "hour",
    "window": "30d",
    "unit": "percent",
    "basis": "net",
    "goal": {"bound": "ge", "value": "0.55"},
    "pinned": True,
    "position": 1,
}

BODIES: dict[str, Any] = {
    "POST /api/account/delete": {"confirm": "nobody", "flatten": False},
    "POST /api/admin/invitations": {
        "email": "guest@nightdesk.example",
        "role": "trader",
        "hours": 72,
    },
    "POST /api/admin/bots/{bot_id}/mode": {"mode": "paper"},
    "POST /api/admin/bots/{bot_id}/pause": {"reason": "it behaves oddly"},
    "POST /api/admin/bots/{bot_id}/restart": {"reason": "it behaves oddly"},
    "POST /api/admin/bots/{bot_id}/exchange": {"venue": "kraken", "key_label": "main"},
    "POST /api/admin/users/{user_id}/block": {"reason": "asked for in a letter"},
    "POST /api/admin/users/{user_id}/unblock": {"reason": "asked for in a letter"},
    "POST /api/admin/users/{user_id}/logout": {"include_tokens": False},
    "POST /api/admin/users/{user_id}/role": {"role": "trader"},
    "POST /api/admin/users/{user_id}/limits": {"class": "ai", "per_minute": 20},
    "DELETE /api/admin/users/{user_id}": {
        "confirm": "nobody",
        "reason": "asked for in a letter",
        "flatten": False,
        "immediate": False,
    },
    "POST /api/admin/emergency-stop": {
        "scope": "01J9Z3K4M5N6P7Q8R9S0T1V2W3",
        "level": "block",
        "reason": "enough",
    },
    "POST /api/admin/emergency-stop/resume": {
        "scope": "01J9Z3K4M5N6P7Q8R9S0T1V2W3",
        "reason": "it is over",
        "confirm": "RESUME TRADING",
        "restart_bots": False,
    },
    "POST /api/system/emergency-stop": {"level": "block", "reason": "enough"},
    "POST /api/system/emergency-stop/resume": {
        "reason": "it is over",
        "confirm": "RESUME TRADING",
        "restart_bots": False,
    },
    "PUT /api/admin/settings/{name}": {"value": "invite", "version": 0},
    "POST /api/auth/step-up": {"password": "not this one", "otp": "123456"},
    "POST /api/auth/logout-all": {"include_tokens": False},
    "POST /api/auth/2fa/confirm": {"code": "123456"},
    "POST /api/auth/2fa/disable": {"password": "not this one", "code": "123456"},
    "POST /api/auth/2fa/recovery-codes": {"code": "ABCD-EFGH-IJKL-MNOP"},
    "POST /api/tokens": {
        "name": "bench",
        "scopes": ["read"],
        "paper_only": True,
        "cidrs": ["192.0.2.0/24"],
    },
    "PATCH /api/account": {
        "version": 1,
        "display_name": "Ada",
        "locale": "en",
        "time_zone": "UTC",
        "currency": "USD",
        "email": "else@nightdesk.example",
    },
    "POST /api/auth/email/verify": {"token": "none"},
    "POST /api/auth/password/change": {"current": "not this one", "new": "another long phrase"},
    "POST /api/auth/password/forgot": {"email": "nobody@nightdesk.example"},
    "POST /api/auth/password/reset": {"token": "none", "new": "another long phrase"},
    "POST /api/auth/login": {"email": "nobody@nightdesk.example", "password": "not this one"},
    "POST /api/auth/refresh": {"refresh_token": "none"},
    "POST /api/auth/register": {
        "username": "eve",
        "email": "eve@nightdesk.example",
        "password": "correct horse battery staple",
        "invitation": "none",
    },
    "POST /api/keys/test": {
        "provider": "openai_compatible",
        "fields": {
            "base_url": "https://169.254.169.254/v1",
            "api_key": "compatible-key-0123",
            "model": "small-1",
        },
        "label": "main",
    },
    "POST /api/keys/{provider}": {
        "fields": {"api_key": "4SDrDBcOOPnm3nPl", "api_secret": "a3Jha2VuLXNlY3JldA=="},
        "label": "main",
        "declares_no_withdrawal": True,
        "expires_at": "2030-01-01T00:00:00Z",
        "shared": False,
    },
    "POST /api/bots": {
        "name": "Another",
        "instrument": "ETH/USD@bitstamp",
        "timeframe": "1d",
        "strategy": "donchian@1",
        "parameters": {"enter_bars": 30},
        "risk_mode": "balanced",
        "limits": {"trades_per_day": 5, "daily_loss": "0.02"},
        "capital": "1000",
        "key_label": "main",
    },
    "POST /api/bots/pause-all": {"mode": "paper", "reason": "enough"},
    "POST /api/bots/resume-all": {"pause_code": "USER_PAUSED"},
    "PATCH /api/bots/{bot_id}": {
        "version": 1,
        "name": "Renamed",
        "limits": {"trades_per_day": 5, "daily_loss": "0.02"},
        "risk_mode": "balanced",
        "parameters": {"enter_bars": 30},
        "auto_regenerate": False,
        "auto_promote_paper": False,
    },
    "POST /api/bots/{bot_id}/mode": {"mode": "paper", "confirm": "yes"},
    "POST /api/bots/{bot_id}/pause": {"reason": "enough"},
    "POST /api/journal/entries": ENTRY,
    "PUT /api/journal/entries/{entry_id}": ENTRY | {"version": 1},
    "POST /api/journal/entries/{entry_id}/screenshots": {
        "type": "image/png",
        "bytes": 2048,
        "sha256": "ab" * 32,
        "caption": "Entry",
    },
    "POST /api/journal/trades": TRADE,
    "PATCH /api/journal/trades/{trade_id}": {
        "version": 2,
        "note": "Waited.",
        "emotions": ["calm"],
        "exit_reason": "manual",
        "stop": "96",
        "fills": [HAND_FILL],
    },
    "POST /api/journal/trades/{trade_id}/close": {
        "at": "2026-01-06T10:00:00Z",
        "price": "110",
        "quantity": "1",
        "fee": "0.1",
        "fee_asset": "USD",
    },
    "POST /api/journal/cash": CASH,
    "POST /api/journal/sync": {"account": "kraken:main:live", "days": 7},
    "POST /api/journal/imports": IMPORT,
    "POST /api/journal/imports/{import_id}/check": {
        "preset": "",
        "mapping": IMPORT["mapping"],
        "overrides": {
            "delimiter": ";",
            "quote": '"',
            "encoding": "utf-8",
            "decimal": ",",
            "zone": "UTC",
            "dates": "day",
        },
        "save_as": "Old account",
    },
    "POST /api/journal/imports/{import_id}/commit": {"accept_possible": [2]},
    "PATCH /api/journal/behaviour/detectors/{detector_id}": {
        "version": 0,
        "status": "on",
        "thresholds": {},
    },
    "POST /api/journal/behaviour/findings/{finding_id}/answer": {
        "answer": "disagree",
        "note": "The plan said so.",
    },
    "POST /api/journal/exports": {
        "kind": "trades",
        "from": "2026-01-01T00:00:00Z",
        "filters": {"side": ["long"], "min_r": ["-2"]},
        "zone": "Europe/Vienna",
        "numbers": "de-AT",
    },
    "POST /api/journal/reviews/{kind}": {"label": "2026-W02", "force": False},
    "PATCH /api/journal/reviews/week/{label}/experiment": {
        "revision": 2,
        "text": "Wait for the close.",
        "status": "open",
        "note": "Twice is enough.",
    },
    "POST /api/journal/tags": {
        "name": "Chased",
        "category": "mistake",
        "colour": "#aa0000",
        "description": "Entered late",
    },
    "PATCH /api/journal/tags/{tag_id}": {"version": 1, "name": "Hunted", "archived": False},
    "POST /api/journal/tags/{tag_id}/merge": {"into": "breakout", "version": 1},
    "PUT /api/journal/plans/{day}": {
        "version": 0,
        "max_trades": 3,
        "max_loss": {"amount": "150", "unit": "money"},
        "instruments": ["LTC/USD@bitstamp"],
        "setups": ["breakout"],
        "intent": "Wait for the break.",
        "market_view": "Ranging.",
    },
    "POST /api/journal/plans/{day}/note": {"text": "News at noon."},
    "POST /api/journal/playbooks": PLAYBOOK,
    "PUT /api/journal/playbooks/{playbook_id}": PLAYBOOK | {"version": 1},
    "POST /api/journal/metrics/saved": METRIC,
    "PUT /api/journal/metrics/saved/{metric_id}": METRIC | {"version": 1},
    "PUT /api/journal/settings": {
        "breakeven_r": "0.1",
        "cooldown_minutes": 15,
        "thin_n": 10,
        "default_timeframe": "15m",
        "version": 1,
    },
    "POST /api/strategies": {"definition": STRATEGY},
    "POST /api/strategies/validate": {"definition": STRATEGY},
    "PUT /api/strategies/{strategy_id}": {"definition": STRATEGY, "base_version": 1},
    "POST /api/strategies/{strategy_id}/signals": {
        "instrument": "LTC/USD@bitstamp",
        "timeframe": "1d",
        "parameters": {},
        "last": 10,
    },
}
"""A body that each route accepts. A route that is missing here is named by a test."""
