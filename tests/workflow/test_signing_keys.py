"""The daily look at the ring of signing keys, as deployed."""

import json
from typing import Any

from nightdesk.adapters.clock import WallClock
from nightdesk.core.clock import iso
from tests.deployed import Desk


def states(desk: Desk) -> list[str]:
    """Return the states of the keys in the stored ring."""
    ring: dict[str, Any] = json.loads(desk.cloud.secret(desk.cloud.deployment.signing_secret))
    return sorted(key["state"] for key in ring["keys"])


def test_the_ring_turns_once_and_nobody_is_signed_out(desk: Desk) -> None:
    trader = desk.trader()
    event = {"as_of": iso(WallClock().now())}
    answers = [desk.cloud.invoke("rotate_keys", event) for _ in "ab"]
    assert [(one.error, one.payload) for one in answers] == [
        (None, {"turned": True}),
        (None, {"turned": False}),
    ]
    assert states(desk) == ["current", "next"]
    assert trader.get("/api/account")["username"] == "ada"
    assert desk.trader("ben").get("/api/account")["username"] == "ben"
