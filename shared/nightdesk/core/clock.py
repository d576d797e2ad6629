"""Time as an argument: who needs the present takes a clock, who needs a moment takes `as_of`."""

from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """The present."""

    def now(self) -> datetime:
        """Return the present moment, aware, in UTC."""
        ...


def utc(moment: datetime) -> datetime:
    """Return `moment` in UTC. Raises ValueError for a naive one."""
    if moment.tzinfo is UTC:
        return moment
    if moment.tzinfo is None:
        raise ValueError(f"a moment needs its time zone: {moment.isoformat()}")
    return moment.astimezone(UTC)


def millis(moment: datetime) -> int:
    """Return whole milliseconds since the epoch, as venues and candles count."""
    delta = utc(moment) - datetime(1970, 1, 1, tzinfo=UTC)
    return (delta.days * 86_400 + delta.seconds) * 1_000 + delta.microseconds // 1_000


def ceil_millis(moment: datetime) -> int:
    """Return the first whole millisecond at or after `moment`: where a span begins or ends.

    An open time is a whole millisecond, so it is at or after `moment` if it is at or after this.
    """
    return millis(moment) + (moment.microsecond % 1_000 > 0)


def from_millis(value: int) -> datetime:
    """Return the UTC moment of `value` milliseconds since the epoch, without float error."""
    seconds, rest = divmod(value, 1_000)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest * 1_000)


def iso(moment: datetime) -> str:
    """Return ISO 8601 with `Z`; whole seconds unless there are milliseconds. Sorts as text."""
    bare = utc(moment).replace(tzinfo=None)  # Python takes twice as long to write a zone
    text = bare.isoformat(timespec="milliseconds") if bare.microsecond else bare.isoformat()
    return f"{text}Z"


def from_iso(text: str) -> datetime:
    """Read what `iso` wrote. Raises ValueError."""
    return utc(datetime.fromisoformat(text))
