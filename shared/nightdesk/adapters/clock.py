"""The one place that asks what time it is."""

from datetime import UTC, datetime


class WallClock:
    """The present. Milliseconds, as everything stored and sent has them."""

    def now(self) -> datetime:
        """Return the present moment, aware, in UTC."""
        moment = datetime.now(UTC)
        return moment.replace(microsecond=moment.microsecond // 1_000 * 1_000)
