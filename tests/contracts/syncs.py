"""What every Syncs, and every store of balances, keeps to."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from nightdesk.core.errors import Missing, StaleWrite
from nightdesk.core.ids import InstrumentId, UserId
from nightdesk.journal.account_sync import told
from nightdesk.journal.ports.syncs import Syncs
from nightdesk.journal.synced import RowError, Status, SyncedAccount
from tests.builders.imports import AT, OWNER
from tests.builders.syncs import a_sync

ELSE = UserId("usr_2")
D = Decimal


class SyncsContract:
    def test_a_sync_begins_with_its_account_or_not_at_all(self, syncs: Syncs) -> None:
        blank = syncs.account(OWNER, "kraken:main:live")
        assert blank == SyncedAccount(owner=OWNER, account="kraken:main:live")
        begun = syncs.begin(a_sync(), replace(blank, running="1"))
        assert begun == replace(a_sync(), version=1)
        assert syncs.get(OWNER, begun.sync_id) == begun
        assert syncs.account(OWNER, begun.account).running == "1"
        other = a_sync(sync_id="01KAK8E5G00000000000000001")
        with pytest.raises(StaleWrite):
            syncs.begin(other, blank)
        with pytest.raises(Missing):
            syncs.get(OWNER, other.sync_id)
        with pytest.raises(Missing):
            syncs.get(ELSE, begun.sync_id)

    def test_save_keeps_everything_and_goes_over_the_version_that_was_read(
        self, syncs: Syncs
    ) -> None:
        begun = syncs.begin(a_sync(), SyncedAccount(owner=OWNER, account="kraken:main:live"))
        wrong = RowError(part="t", ref="T1", column="at", value="x", code="BAD_TIME", hint="h")
        full = replace(
            begun,
            scheduled=True,
            days=7,
            wide=True,
            status=Status.RUNNING,
            counts={"new": 3, "errors": 0},
            parts=("ledger", "trades"),
            at=1,
            page="50",
            counted=True,
            noted=2,
            assets=("BTC", "EUR"),
            lively=("trades",),
            touched=(InstrumentId("BTC/EUR@kraken"),),
            rebuilt=1,
            errors=(wrong,),
            tries=2,
            reason="KEY_REFUSED",
            held_until=AT + timedelta(minutes=20),
        )
        saved = syncs.save(full)
        assert saved == replace(full, version=2)
        assert syncs.get(OWNER, full.sync_id) == saved
        with pytest.raises(StaleWrite):
            syncs.save(full)

    def test_an_end_is_of_both_or_of_neither(self, syncs: Syncs) -> None:
        begun = syncs.begin(a_sync(), SyncedAccount(owner=OWNER, account="kraken:main:live"))
        account = syncs.account(OWNER, begun.account)
        done = replace(begun, status=Status.DONE)
        left = replace(
            account,
            marks={"trades": AT},
            wide_at=AT,
            synced_at=AT,
            assets=("BTC",),
            owing=(InstrumentId("BTC/EUR@kraken"),),
            running="",
        )
        events = [told(done, AT)]
        with pytest.raises(StaleWrite):
            syncs.end(done, replace(left, version=7), events=events, now=AT)
        assert syncs.get(OWNER, begun.sync_id) == begun
        ended = syncs.end(done, left, events=events, now=AT)
        assert syncs.get(OWNER, begun.sync_id) == ended
        assert syncs.account(OWNER, begun.account) == replace(left, version=2)
        with pytest.raises(StaleWrite):
            syncs.end(done, left, events=events, now=AT)

    def test_pages_are_newest_first_and_of_one_owner(self, syncs: Syncs) -> None:
        ids = [f"01KAK8E5G0000000000000000{n}" for n in range(3)]
        for n, one in enumerate(ids):
            account = SyncedAccount(owner=OWNER, account=f"kraken:l{n}:live")
            syncs.begin(a_sync(sync_id=one, label=f"l{n}"), account)
        other = a_sync(owner=ELSE)
        syncs.begin(other, SyncedAccount(owner=ELSE, account=other.account))
        page = syncs.page(OWNER, limit=2, after=None)
        assert [one.sync_id for one in page.items] == ids[:0:-1]
        rest = syncs.page(OWNER, limit=2, after=page.next_key)
        assert [one.sync_id for one in rest.items] == ids[:1]
        assert rest.next_key is None


class BalancesContract:
    def test_the_last_answer_of_each_day_counts_also_one_of_nothing(self, balances: Any) -> None:
        day, hour = timedelta(days=1), timedelta(hours=1)
        balances.put(OWNER, "a", AT, {"BTC": D(1), "EUR": D("2.50")})
        balances.put(OWNER, "a", AT + hour, {"BTC": D(1), "EUR": D(3), "X": D(0)})
        balances.put(OWNER, "a", AT + day, {"EUR": D(4)})
        balances.put(OWNER, "a", AT + 2 * day, {})
        balances.put(OWNER, "ab", AT, {"ADA": D(1)})
        balances.put(ELSE, "a", AT, {"ADA": D(1)})
        assert list(balances(OWNER, "a")) == [
            (AT + hour, {"BTC": D(1), "EUR": D(3)}),
            (AT + day, {"EUR": D(4)}),
            (AT + 2 * day, {}),
        ]
        assert list(balances(OWNER, "nobodys")) == []
