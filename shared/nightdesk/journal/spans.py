"""Ranges of time that callers ask for."""

from datetime import UTC, datetime, timedelta

from nightdesk.core.errors import Invalid

LONGEST = timedelta(days=3_653)
"""Ten years."""
FIRST = datetime(2009, 1, 1, tzinfo=UTC)
"""No coin was traded before."""
LAST = datetime(2200, 1, 1, tzinfo=UTC)
"""Far enough: near the end of all time clocks cannot be read in every zone."""


def in_range(since: datetime | None, until: datetime | None) -> None:
    """Refuse a range that is empty or longer than ten years; an end that is None is open.

    Raises Invalid `BAD_RANGE`.
    """
    sound = (since is None or FIRST <= since < LAST) and (until is None or FIRST < until <= LAST)
    if sound and since is not None and until is not None:
        sound = since < until and until - since <= LONGEST
    if not sound:
        raise Invalid("BAD_RANGE", "`from` lies before `to`, ten years at most.", field="from")
