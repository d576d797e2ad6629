"""How the ring of signing keys turns: a key is published, signs, verifies a while longer, goes."""

import json
from datetime import datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from nightdesk.adapters.secrets.ring import KeyState, RingKey, key_text, read_ring, thumbprint
from nightdesk.core.clock import from_iso, iso

OVERLAP = timedelta(hours=24)
"""How long a key is published before it signs, and verifies after it has signed."""

LIFE = timedelta(days=90)
"""How long a key signs."""

Row = dict[str, Any]


def replaced(now: datetime) -> str:
    """Return a ring of one new key: what older ones have signed is void as soon as it is read."""
    return _text([_fresh(KeyState.CURRENT, now)])


def due(ring: str, now: datetime) -> str | None:
    """Return the ring one step on where it is time for one, else None; to be asked each day.

    The next key is published so that it signs when the present one has done so for 90 days; one of
    unknown age, as a deployment makes it, goes first of all. A turn that has begun goes on.
    Raises Misconfigured for what is no ring.
    """
    rows = [_row(key, ring) for key in read_ring(ring).values()]
    resting = all(row["state"] == KeyState.CURRENT for row in rows)
    since = min(row["since"] for row in rows)
    if resting and since and now - from_iso(since) < LIFE - OVERLAP:
        return None
    return turned(ring, now)


def turned(ring: str, now: datetime) -> str | None:
    """Return the ring one step on; who is signed in stays so.

    Without a `next` key one is published; 24 h later it signs, and the one that signed only
    verifies; 24 h after that the old one goes. None while the last step has less than its 24 h.
    Raises Misconfigured for what is no ring.
    """
    rows = [_row(key, ring) for key in read_ring(ring).values()]
    done = [row for row in rows if row["state"] == KeyState.PREVIOUS]
    coming = [row for row in rows if row["state"] == KeyState.NEXT]
    if not done and not coming:
        return _text([*rows, _fresh(KeyState.NEXT, now)])
    waited = [now - from_iso(row["since"]) for row in done or coming if row["since"]]
    if min(waited, default=OVERLAP) < OVERLAP:
        return None
    if done:
        return _text([row for row in rows if row not in done])
    return _text([_moved(row, now) for row in rows])


def _moved(row: Row, now: datetime) -> Row:
    after = {
        KeyState.NEXT: KeyState.CURRENT,
        KeyState.CURRENT: KeyState.PREVIOUS,
        KeyState.PREVIOUS: KeyState.PREVIOUS,
    }
    return {**row, "state": after[KeyState(row["state"])].value, "since": iso(now)}


def _fresh(state: KeyState, now: datetime) -> Row:
    private = Ed25519PrivateKey.generate()
    public = private.public_key()
    key = RingKey(kid=thumbprint(public), private=private, public=public, state=state)
    return _written(key, iso(now))


def _row(key: RingKey, ring: str) -> Row:
    """Return a key as it is stored; one that was derived from a seed is written out."""
    since = ""
    if ring.lstrip().startswith("{"):
        stored = {row["kid"]: row for row in json.loads(ring)["keys"]}
        since = str(stored[key.kid].get("since", ""))
    return _written(key, since)


def _written(key: RingKey, since: str) -> Row:
    return {
        "kid": key.kid,
        "private": key_text(key.private.private_bytes_raw()),
        "public": key_text(key.public.public_bytes_raw()),
        "state": key.state.value,
        "since": since,
    }


def _text(rows: list[Row]) -> str:
    return json.dumps({"keys": rows}, separators=(",", ":"))
