"""What every AuditRecords keeps to."""

from datetime import datetime, timedelta

import pytest

from nightdesk.accounts.audit import Action, Entry, Severity, Target, first_break
from nightdesk.accounts.ports import AuditRecords, AuditTrail
from nightdesk.accounts.sought import Sought
from nightdesk.core.ids import UserId
from tests.builders.audit import ANN, AT, BEN, an_entry, an_origin

CHAIN = "U#01ANN#ACCOUNT"
DAY = timedelta(days=1)


def sought(**changes: object) -> Sought:
    values: dict[str, object] = {"since": AT - 400 * DAY, "until": AT + DAY}
    return Sought(**values | changes)  # type: ignore[arg-type]


def numbered(n: int, at: datetime, owner: UserId = ANN, action: Action = Action.LOGIN) -> Entry:
    return an_entry(action, owner=owner, at=at, details={"n": n})


class AuditRecordsContract:
    """Subclasses give `records` and `trail` over the same store."""

    def walk(self, records: AuditRecords, limit: int, **changes: object) -> list[object]:
        """Return the numbers of all entries of ANN, page by page."""
        found: list[object] = []
        after: str | None = None
        while True:
            page = records.of_owner(ANN, sought(**changes), limit=limit, after=after)
            assert len(page.items) <= limit
            found.extend(one.details["n"] for one in page.items)
            after = page.next_key
            if after is None:
                return found

    @pytest.mark.parametrize("limit", [1, 2, 3, 50])
    def test_entries_come_newest_first_over_months_in_pages(
        self, records: AuditRecords, trail: AuditTrail, limit: int
    ) -> None:
        moments = [AT - 300 * DAY, AT - 40 * DAY, AT - DAY, AT, AT]
        trail.record([numbered(n, at) for n, at in enumerate(moments)])
        trail.record([numbered(99, AT, owner=BEN)])
        assert self.walk(records, limit) == [4, 3, 2, 1, 0]

    def test_the_last_page_knows_that_it_is_the_last(
        self, records: AuditRecords, trail: AuditTrail
    ) -> None:
        trail.record([numbered(n, AT) for n in range(2)])
        page = records.of_owner(ANN, sought(), limit=2, after=None)
        assert (len(page.items), page.next_key) == (2, None)

    def test_from_is_in_and_to_is_not(self, records: AuditRecords, trail: AuditTrail) -> None:
        trail.record([numbered(n, AT + timedelta(milliseconds=n)) for n in range(4)])
        since, until = AT + timedelta(milliseconds=1), AT + timedelta(milliseconds=3)
        assert self.walk(records, 10, since=since, until=until) == [2, 1]

    @pytest.mark.parametrize("limit", [1, 10])
    def test_filters_join(self, records: AuditRecords, trail: AuditTrail, limit: int) -> None:
        bot = Target(kind="bot", id="b1")
        other = an_origin("01TOKEN")
        trail.record(
            [
                an_entry(Action.BOT_CREATED, target=bot, details={"n": 0}),
                an_entry(Action.BOT_CREATED, details={"n": 1}),
                an_entry(Action.BOT_RETIRED, target=bot, details={"n": 2}),
                an_entry(Action.LOGIN, origin=other, details={"n": 3}),
            ]
        )
        assert self.walk(records, limit, action=Action.BOT_CREATED) == [1, 0]
        assert self.walk(records, limit, target="b1") == [2, 0]
        assert self.walk(records, limit, severity=Severity.INFO) == [3]
        assert self.walk(records, limit, actor="01TOKEN") == [3]
        assert self.walk(records, limit, action=Action.BOT_CREATED, target="b1") == [0]

    def test_alarming_entries_of_all_owners_are_merged_by_time(
        self, records: AuditRecords, trail: AuditTrail
    ) -> None:
        plan = [
            (Action.BOT_CREATED, ANN, AT - 3 * DAY),
            (Action.USER_INVITED, BEN, AT - 2 * timedelta(hours=1)),
            (Action.LOGIN, ANN, AT - timedelta(hours=1)),
            (Action.USER_BLOCKED, BEN, AT),
        ]
        trail.record([numbered(n, at, who, what) for n, (what, who, at) in enumerate(plan)])
        for severity, wanted in (
            (None, [3, 1, 0]),
            (Severity.CRITICAL, [3, 0]),
            (Severity.WARNING, [1]),
        ):
            found: list[object] = []
            after: str | None = None
            while True:
                month = sought(since=AT - 20 * DAY, severity=severity)
                page = records.alarming(month, limit=1, after=after)
                found.extend(one.details["n"] for one in page.items)
                after = page.next_key
                if after is None:
                    break
            assert found == wanted

    def test_a_chain_is_read_in_order_with_its_head(
        self, records: AuditRecords, trail: AuditTrail
    ) -> None:
        trail.record([numbered(n, AT) for n in range(3)])
        found = list(records.chain(CHAIN))
        assert [one.seq for one in found] == [1, 2, 3]
        assert records.head(CHAIN) == found[-1]
        assert first_break(CHAIN, found, anchors={}) is None
        assert (list(records.chain("U#none#ACCOUNT")), records.head("U#none#ACCOUNT")) == ([], None)

    def test_the_chains_that_grew_on_a_day_are_known(
        self, records: AuditRecords, trail: AuditTrail
    ) -> None:
        trail.record([numbered(0, AT - 500 * DAY), numbered(1, AT, owner=BEN)])
        assert set(records.changed(AT.date())) == {CHAIN, "U#01BEN#ACCOUNT"}
        assert records.changed((AT - DAY).date()) == []
