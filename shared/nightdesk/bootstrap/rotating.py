"""``python -m nightdesk.bootstrap.rotating``: turn the ring of signing keys.

`make rotate-signing-key` calls it, with the AWS credentials of whoever calls that: no function may
write the ring.
"""

import sys
from collections.abc import Sequence
from datetime import datetime

from nightdesk import settings
from nightdesk.bootstrap.parts import audit_log, clock, started
from nightdesk.core.errors import Conflict

GENTLY = "--gently"


def rotate(now: datetime, *, gently: bool) -> None:
    """Write the entry, then the ring: no entry, no change. Raises Conflict `TOO_EARLY`."""
    from nightdesk.accounts.audit import Action, ActorKind, Origin, Source, entries
    from nightdesk.adapters.dynamo.transactions import Write
    from nightdesk.adapters.secrets.rotation import replaced, turned
    from nightdesk.adapters.secrets.store import StoredSecret
    from nightdesk.core.ids import SYSTEM

    found = started(settings.RotateSettings)
    secret = StoredSecret(found.signing_secret)
    ring = turned(secret.read(), now) if gently else replaced(now)
    origin = Origin(kind=ActorKind.OPERATOR, actor="operator", source=Source.CLI)
    told = entries(
        Action.SIGNING_KEY_ROTATED, origin, now, owner=SYSTEM, details={"gently": gently}
    )
    audit_log(settings.RotateSettings).commit(Write, told)
    secret.write(ring)


def main(arguments: Sequence[str]) -> int:
    """Turn it and say so; 1 if it is too early for the next step."""
    gently = GENTLY in arguments
    try:
        rotate(clock().now(), gently=gently)
    except Conflict as error:
        sys.stdout.write(f"{error}\n")
        return 1
    sys.stdout.write(
        "the ring is one step on; call again after 24 hours\n"
        if gently
        else "old keys are gone; within five minutes no process knows them\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
