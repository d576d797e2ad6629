"""How much is sent of what is generated: of each kind a share, the same in each run.

A wrong field is wrong in the same way on every route, so a share of them finds what all would.
With `NIGHTDESK_GENERATED=all`, as once a week, everything is sent.
"""

import os
import zlib

EVERY = os.environ.get("NIGHTDESK_GENERATED") == "all"


def one_in(share: int, *told: object) -> bool:
    """Whether this one is sent; `told` is what it is."""
    return EVERY or checksum(*told) % share == 0


def checksum(*told: object) -> int:
    """Return a figure that is the same in each run."""
    return zlib.crc32(repr(told).encode())
