"""``python -m nightdesk.bootstrap.resealing``: wrap the vault's keys anew (`make reseal-keys`).

With the AWS credentials of whoever calls: it scans and re-encrypts, and no function may do either.
"""

import sys
from functools import cache
from typing import TYPE_CHECKING

from nightdesk import settings
from nightdesk.bootstrap.parts import audit_log, clock, started

if TYPE_CHECKING:
    from nightdesk.accounts.resealing import Reseal


@cache
def reseal() -> "Reseal":
    """Wire Reseal."""
    from nightdesk.accounts.resealing import Reseal
    from nightdesk.adapters.dynamo.credentials import DynamoCredentials, ScannedCredentials
    from nightdesk.adapters.secrets.vault_cipher import KmsCipher

    found = started(settings.ResealSettings)
    return Reseal(
        everywhere=ScannedCredentials(),
        credentials=DynamoCredentials(audit_log(settings.ResealSettings)),
        cipher=KmsCipher(found.vault_key),
    )


def main() -> int:
    """Wrap them, say how many; 1 if some do not open where they lie."""
    done = reseal()(clock().now())
    sys.stdout.write(f"keys wrapped anew: {done.done}\n")
    for place in done.broken:
        sys.stdout.write(f"does not open where it lies: {place}\n")
    return int(bool(done.broken))


if __name__ == "__main__":
    sys.exit(main())
