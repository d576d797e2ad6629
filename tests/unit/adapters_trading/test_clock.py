from datetime import UTC, datetime

from nightdesk.adapters.clock import WallClock
from nightdesk.core.clock import from_iso, iso


def test_wall_clock_is_utc_and_survives_being_written() -> None:
    before = datetime.now(UTC)  # noqa: TID251 - what the clock is held against
    now = WallClock().now()
    assert now.tzinfo is UTC
    assert abs(now - before).total_seconds() < 5
    assert from_iso(iso(now)) == now
