"""Ranges of time that callers ask for."""

from datetime import datetime, timedelta

from nightdesk.core.errors import Invalid

LONGEST = timedelta(days=3_653)
"""Ten years."""


def in_range(since: datetime, until: datetime) -> None:
    """Refuse a range that is empty or longer than ten years. Raises Invalid `BAD_RANGE`."""
    if not since < until <= since + LONGEST:
        raise Invalid("BAD_RANGE", "`from` lies before `to`, ten years at most.", field="from")
