"""``python -m nightdesk.bootstrap.rotating``: turn the ring of signing keys.

`make rotate-signing-key` calls it, with the AWS credentials of whoever calls that: no function may
write the ring.
"""

import sys
from collections.abc import Sequence
from datetime import datetime

from nightdesk import settings
from nightdesk.bootstrap.parts import audit_log, clock, started

GENTLY = "--gently"


def rotate(now: datetime, *, gently: bool) -> bool:
    """Write the entry, then the ring: no entry, no change. False: too early for the next step."""
    from nightdesk.accounts.audit import Action, ActorKind, Origin, Source, entries
    from nightdesk.adapters.dynamo.transactions import Write
    from nightdesk.adapters.secrets.rotation import replaced, turned
    from nightdesk.adapters.secrets.store import StoredSecret
    from nightdesk.core.ids import SYSTEM

    found = started(settings.RotateSettings)
    secret = StoredSecret(found.signing_secret)
    ring = turned(secret.read(), now) if gently else replaced(now)
    if ring is None:
        return False
    origin = Origin(kind=ActorKind.OPERATOR, actor="operator", source=Source.CLI)
    told = entries(
        Action.SIGNING_KEY_ROTATED, origin, now, owner=SYSTEM, details={"gently": gently}
    )
    audit_log(settings.RotateSettings).commit(Write, told)
    secret.write(ring)
    return True


def main(arguments: Sequence[str]) -> int:
    """Turn it and say so; 1 if it is too early for the next step."""
    gently = GENTLY in arguments
    if not rotate(clock().now(), gently=gently):
        sys.stdout.write("the last step is less than 24 hours old\n")
        return 1
    sys.stdout.write(
        "the ring is one step on; call again after 24 hours\n"
        if gently
        else "old keys are gone; within five minutes no process knows them\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
