"""Joins what turns the ring of signing keys: each day by itself, and by hand."""

from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING

from nightdesk import settings
from nightdesk.bootstrap.parts import audit_log, started

if TYPE_CHECKING:
    from nightdesk.accounts.audit import Origin

Turn = Callable[[str, datetime], str | None]
"""From a ring's text to its next one; None if it stays as it is."""


@cache
def rotate_keys() -> Callable[[datetime], bool]:
    """Wire the daily look: it tells whether the ring was turned."""
    from nightdesk.accounts.audit import ActorKind, Origin, Source
    from nightdesk.adapters.secrets.rotation import due

    origin = Origin(kind=ActorKind.SYSTEM, actor="rotate_keys", source=Source.SCHEDULE)
    kind = settings.RotateKeysSettings
    name = started(kind).signing_secret
    return lambda now: _turn(kind, name, due, origin, now, gently=True)


def rotate_by_hand(now: datetime, *, gently: bool) -> bool:
    """Turn the ring; False: too early for the next step."""
    from nightdesk.accounts.audit import ActorKind, Origin, Source
    from nightdesk.adapters.secrets.rotation import replaced, turned

    origin = Origin(kind=ActorKind.OPERATOR, actor="operator", source=Source.CLI)
    kind = settings.RotateSettings
    turn: Turn = turned if gently else lambda _, at: replaced(at)
    return _turn(kind, started(kind).signing_secret, turn, origin, now, gently=gently)


def _turn(
    kind: type[settings.Settings],
    name: str,
    turn: Turn,
    origin: "Origin",
    now: datetime,
    *,
    gently: bool,
) -> bool:
    """Write the entry, then the ring: no entry, no change."""
    from nightdesk.accounts.audit import Action, entries
    from nightdesk.adapters.dynamo.transactions import Write
    from nightdesk.adapters.secrets.store import StoredSecret
    from nightdesk.core.ids import SYSTEM

    secret = StoredSecret(name)
    ring = turn(secret.read(), now)
    if ring is None:
        return False
    told = entries(
        Action.SIGNING_KEY_ROTATED, origin, now, owner=SYSTEM, details={"gently": gently}
    )
    audit_log(kind).commit(Write, told)
    secret.write(ring)
    return True
