"""Who changes something says which version they read."""

from nightdesk.core.errors import Conflict


def expect(present: int, version: int) -> None:
    """Refuse a change that was made to something older. Raises Conflict `STALE_VERSION`."""
    if present != version:
        raise Conflict(
            "STALE_VERSION",
            f"The present version is {present}.",
            [{"field": "version", "rule": "STALE_VERSION", "allowed": present}],
        )
