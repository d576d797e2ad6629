"""What every store of second looks keeps."""

from datetime import UTC, date, datetime, timedelta

from nightdesk.core.ids import TradeId, UserId
from nightdesk.journal.owed import Owed, OwedLooks
from nightdesk.trading.order import Mode

OWNER, OTHER = UserId("usr_1"), UserId("usr_2")
AT = datetime(2025, 3, 10, 6, tzinfo=UTC)
HOUR = timedelta(hours=1)


def at_trade(name: str, at: datetime, owner: UserId = OWNER) -> Owed:
    return Owed(owner=owner, at=at, trade_id=TradeId(name))


def at_day(at: datetime, mode: Mode = Mode.LIVE) -> Owed:
    return Owed(owner=OWNER, at=at, day=date(2025, 3, 9), mode=mode)


def all_due(looks: OwedLooks, now: datetime, limit: int = 50) -> list[Owed]:
    found: list[Owed] = []
    after = None
    while True:
        page = looks.due(now, limit=limit, after=after)
        found += page.items
        after = page.next_key
        if after is None:
            return found


class OwedLooksContract:
    """Subclasses give the fixture `looks`: empty."""

    def test_what_is_due_comes_by_time_over_all_owners(self, looks: OwedLooks) -> None:
        wanted = [
            at_trade("jt_1", AT, OTHER),
            at_trade("jt_1", AT + HOUR),
            at_day(AT + 2 * HOUR, Mode.PAPER),
            at_day(AT + 3 * HOUR),
        ]
        for one in (*reversed(wanted), at_trade("jt_2", AT + 9 * HOUR)):
            looks.put(one)
        assert all_due(looks, AT + 3 * HOUR, limit=2) == wanted
        assert all_due(looks, AT - HOUR) == []

    def test_one_thing_is_owed_one_look(self, looks: OwedLooks) -> None:
        for hours in (1, 1, 3, 2):
            looks.put(at_trade("jt_1", AT + hours * HOUR))
        assert all_due(looks, AT + 9 * HOUR) == [at_trade("jt_1", AT + 2 * HOUR)]

    def test_a_dropped_one_is_gone_and_no_other(self, looks: OwedLooks) -> None:
        for one in (at_trade("jt_1", AT), at_trade("jt_1", AT, OTHER), at_day(AT)):
            looks.put(one)
        for _ in range(2):
            looks.drop(at_trade("jt_1", AT + 5 * HOUR))
        assert set(all_due(looks, AT)) == {at_trade("jt_1", AT, OTHER), at_day(AT)}
