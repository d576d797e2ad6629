"""``python -m nightdesk.bootstrap.rotating``: turn the ring of signing keys by hand.

`make rotate-signing-key` calls it, with the AWS credentials of whoever calls that. By itself the
ring turns in `functions.rotate_keys`.
"""

import sys
from collections.abc import Sequence

from nightdesk.bootstrap.parts import clock
from nightdesk.bootstrap.signing import rotate_by_hand

GENTLY = "--gently"


def main(arguments: Sequence[str]) -> int:
    """Turn it and say so; 1 if it is too early for the next step."""
    gently = GENTLY in arguments
    if not rotate_by_hand(clock().now(), gently=gently):
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
