"""``python -m nightdesk.bootstrap.resetting``: a one-time password for an admin.

`make reset-admin` runs it with the AWS credentials of whoever calls, for a desk whose only admin
cannot sign in.
"""

import argparse
import sys
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

from nightdesk import settings
from nightdesk.bootstrap.parts import audit_log, clock, started

if TYPE_CHECKING:
    from nightdesk.accounts.resetting import ResetAdmin


@cache
def reset_admin() -> "ResetAdmin":
    """Wire ResetAdmin."""
    from nightdesk.accounts.password_change import ResetPasswordByAdmin
    from nightdesk.accounts.resetting import ResetAdmin
    from nightdesk.adapters.dynamo.accounts import DynamoUsers
    from nightdesk.adapters.dynamo.passwords import DynamoPasswords
    from nightdesk.adapters.dynamo.sessions import DynamoSessions
    from nightdesk.adapters.mail.ses import NoMail
    from nightdesk.adapters.secrets.passwords import Argon2Hasher
    from nightdesk.adapters.secrets.pepper import Pepper
    from nightdesk.adapters.secrets.store import KeptSecret, StoredSecret

    found = started(settings.ResetAdminSettings)
    log = audit_log(settings.ResetAdminSettings)
    pepper = Pepper(KeptSecret(StoredSecret(found.pepper_secret)))
    users = DynamoUsers(pepper, log)
    reset = ResetPasswordByAdmin(
        users=users,
        sessions=DynamoSessions(log),
        passwords=DynamoPasswords(log),
        hasher=Argon2Hasher(),
        mailer=NoMail(),
    )
    return ResetAdmin(users, reset)


def main(arguments: Sequence[str]) -> int:
    """Reset it and show the password, this once; 1 if there is no such admin."""
    from nightdesk.core.errors import Permanent

    parser = argparse.ArgumentParser(description="A one-time password for an admin.")
    parser.add_argument("--email", help="of the admin; the first one by default")
    asked = parser.parse_args(arguments)
    try:
        username, password = reset_admin()(asked.email, clock().now())
    except Permanent as refusal:
        sys.stderr.write(f"{refusal}\n")
        return 1
    sys.stdout.write(f"one-time password of {username}: {password}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
