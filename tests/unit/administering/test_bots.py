"""What administrators see and do of other people's bots."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal

import pytest

from nightdesk.accounts.audit import (
    ActorKind,
    Origin,
    Record,
    Source,
    account_chain,
    bot_chain,
)
from nightdesk.accounts.directory import Listed
from nightdesk.accounts.identity import Profile, Security
from nightdesk.adapters.dynamo import keys, tables
from nightdesk.adapters.dynamo.audit_records import DynamoAuditRecords
from nightdesk.adapters.dynamo.bookings import BookItem
from nightdesk.adapters.dynamo.connection import measured
from nightdesk.adapters.dynamo.leases import DynamoLeases
from nightdesk.bots.bot import Bot, BotStatus, PauseCode
from nightdesk.bots.lifecycle import Trigger
from nightdesk.bots.overseeing import (
    KeepPaper,
    LiftPause,
    ListAllBots,
    MoveBot,
    PauseByAdmin,
    RestartBot,
    ShowBots,
)
from nightdesk.bots.switching import StartChecks
from nightdesk.bots.usage import BotsOfBlocked, BotUsage
from nightdesk.bots.wanted import Wanted
from nightdesk.core.errors import Conflict, Invalid, Missing, Refused
from nightdesk.core.ids import BotId, InstrumentId, UserId
from nightdesk.trading.order import Mode
from nightdesk.trading.proving import ProveAccount
from tests.builders.accounts import a_profile, a_security
from tests.builders.bots import NOW, STRANGER, TRADER
from tests.builders.market import some_rules
from tests.unit.bots.holding import hold
from tests.unit.bots.rig import Rig, a_rig

ADA = UserId("usr_ada")
BY = Origin(kind=ActorKind.ADMIN, actor=str(ADA), source=Source.API, request_id="r1")
LATER = NOW + timedelta(minutes=1)
REASON = "it behaves oddly"
KRAKEN = InstrumentId("BTC/USD@kraken")
ANY = Wanted()


@dataclass
class FakeDirectory:
    """The port Directory, of two traders."""

    def since(self, after: UserId | None) -> Iterator[Listed]:
        return iter(())

    def accounts(self, owners: list[UserId]) -> dict[UserId, tuple[Profile, Security]]:
        there = [one for one in owners if one in {TRADER, STRANGER}]
        return {one: (a_profile(owner=one), a_security(owner=one)) for one in there}


class Desk:
    """An administrator's use cases over the rig of the bots."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        bots, desk = rig.bots, rig.desk
        self.leases = DynamoLeases(rig.clock)
        show = ShowBots(desk, rig.equity)
        self.list = ListAllBots(bots, bots, show, FakeDirectory(), rig.audit)  # type: ignore[arg-type]
        self.paper = KeepPaper(bots, bots, rig.audit)
        self.pause = PauseByAdmin(bots, bots, rig.pause)
        self.lift = LiftPause(bots, bots)
        self.restart = RestartBot(bots, bots, desk, self.leases, ProveAccount(desk, rig.pool))
        self.move = MoveBot(bots, bots, desk, StartChecks(rig.rules, rig.versions))
        self.blocked = BotsOfBlocked(bots, rig.pause)
        self.usage = BotUsage(bots, bots, desk)

    def running(self, owner: UserId = TRADER, name: str = "Alpha") -> Bot:
        bot = self.rig.create(owner=owner, name=name)
        return self.rig.start(owner, bot.bot_id, NOW + timedelta(seconds=1))

    def told(self, bot: Bot) -> list[Record]:
        """Return what administrators did to a bot, of its chain; and the same of their own."""
        records = DynamoAuditRecords()
        found = [
            one
            for one in records.chain(bot_chain(bot.owner, bot.bot_id))
            if one.action == "bot_changed_by_admin"
        ]
        his = [
            one
            for one in records.chain(account_chain(ADA))
            if one.target == {"kind": "bot", "id": bot.bot_id}
        ]
        assert [one.details for one in his] == [one.details for one in found]
        return found


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    with a_rig(monkeypatch) as rig:
        tables.bind_runtime("runtime-bots")
        tables.RuntimeItem.create_table(billing_mode="PAY_PER_REQUEST")
        yield Desk(rig)


def listed(desk: Desk, wanted: Wanted = ANY, owner: UserId | None = None) -> list[str]:
    found, after = [], None
    while True:
        page = desk.list(wanted, owner=owner, origin=BY, now=NOW, limit=2, after=after)
        found += [view.bot.name for view in page.items]
        after = page.next_key
        if after is None:
            return found


def test_bots_of_all_owners_are_listed_page_by_page(desk: Desk) -> None:
    for n in range(3):
        desk.running(TRADER, f"mine {n}")
        desk.rig.create(owner=STRANGER, name=f"theirs {n}")
    assert sorted(listed(desk)) == sorted(
        [f"mine {n}" for n in range(3)] + [f"theirs {n}" for n in range(3)]
    )
    assert sorted(listed(desk, Wanted(status=BotStatus.ACTIVE))) == [f"mine {n}" for n in range(3)]
    assert sorted(listed(desk, owner=STRANGER)) == [f"theirs {n}" for n in range(3)]
    assert listed(desk, Wanted(venue="kraken")) == []
    assert listed(desk, Wanted(mode=Mode.LIVE)) == []


def test_a_page_of_bots_that_hold_nothing_is_one_query_and_one_batch(desk: Desk) -> None:
    for n in range(4):
        desk.running(TRADER, f"bot {n}")
    with measured() as units:
        desk.list(Wanted(), owner=None, origin=BY, now=NOW, limit=50, after=None)
    assert units.calls == {"Query": 1, "BatchGetItem": 1}


def test_real_profit_is_equity_less_what_was_put_in(desk: Desk) -> None:
    bot = desk.running()
    hold(desk.rig, bot)
    (view,) = desk.list(Wanted(), owner=None, origin=BY, now=NOW, limit=5, after=None).items
    assert view.figures.net_capital == Decimal(1000)
    # 0.01 bought at 10,000 of which the desk knows no price yet: at cost, less the fee
    assert view.figures.equity - view.figures.net_capital == -view.figures.fees
    assert view.figures.stale


def test_a_look_at_one_owner_s_bots_is_told(desk: Desk) -> None:
    listed(desk, owner=TRADER)
    chains = DynamoAuditRecords()
    assert [one.action for one in chains.chain(account_chain(TRADER))] == ["admin_read"]
    assert [one.action for one in chains.chain(account_chain(ADA))] == ["admin_read"]
    with pytest.raises(Missing):
        listed(desk, owner=UserId("usr_nobody"))
    assert list(chains.chain(account_chain(UserId("usr_nobody")))) == []


def test_what_an_administrator_pauses_only_an_administrator_lifts(desk: Desk) -> None:
    bot = desk.running()
    paused = desk.pause(bot.bot_id, REASON, BY, LATER)
    assert (paused.status, paused.pause_code) == (BotStatus.PAUSED, PauseCode.MANUAL_ADMIN_PAUSE)
    assert desk.rig.desk.book(TRADER, bot.bot_id).entries_blocked == "BOT_NOT_ACTIVE"
    with pytest.raises(Conflict) as refused:
        desk.rig.start(TRADER, bot.bot_id, LATER, Trigger.RESUME)
    assert refused.value.code == "STATUS_CONFLICT"
    lifted = desk.lift(bot.bot_id, BY, LATER + timedelta(minutes=1))
    assert (lifted.status, lifted.pause_code) == (BotStatus.PAUSED, PauseCode.USER_PAUSED)
    resumed = desk.rig.start(TRADER, bot.bot_id, LATER + timedelta(minutes=2), Trigger.RESUME)
    assert resumed.status is BotStatus.ACTIVE
    paused_by, lifted_by = desk.told(bot)
    assert (paused_by.severity, paused_by.details) == ("warning", {"change": "pause"})
    assert desk.rig.audit.sealer.open(paused_by) == {"reason": REASON}
    assert lifted_by.details == {"change": "resume"}


def test_a_command_repeated_is_done_and_told_once(desk: Desk) -> None:
    bot = desk.running()
    for _ in range(2):
        desk.pause(bot.bot_id, REASON, BY, LATER)
    for _ in range(2):
        desk.restart(bot.bot_id, REASON, BY, LATER + timedelta(minutes=1))
    for _ in range(2):
        desk.lift(bot.bot_id, BY, LATER + timedelta(minutes=2))
    assert [one.details["change"] for one in desk.told(bot)] == ["pause", "restart", "resume"]


def test_an_owner_s_own_pause_is_not_lifted(desk: Desk) -> None:
    bot = desk.running()
    desk.rig.pause(TRADER, bot.bot_id, LATER)
    with pytest.raises(Conflict) as refused:
        desk.lift(bot.bot_id, BY, LATER + timedelta(minutes=1))
    assert refused.value.code == "STATUS_CONFLICT"
    assert desk.told(bot) == []


def test_to_paper_it_goes_and_never_to_live(desk: Desk) -> None:
    bot = desk.running()
    assert desk.paper(bot.bot_id, Mode.PAPER, BY, LATER).mode is Mode.PAPER
    with pytest.raises(Refused) as refused:
        desk.paper(bot.bot_id, Mode.LIVE, BY, LATER)
    assert (refused.value.code, refused.value.status) == ("OWNER_ONLY", 403)
    assert [(one.outcome, one.code) for one in desk.told(bot)] == [
        ("ok", None),
        ("refused", "OWNER_ONLY"),
    ]


def test_restart_drops_a_lapsed_lease_and_no_other(desk: Desk) -> None:
    bot = desk.running()
    desk.leases.take(TRADER, bot.bot_id, "worker", NOW)
    desk.restart(bot.bot_id, REASON, BY, LATER)
    desk.rig.clock.forward(seconds=90)
    desk.restart(bot.bot_id, REASON, BY, LATER + timedelta(minutes=1))
    assert [one.details["lease_dropped"] for one in desk.told(bot)] == [False, True]
    assert desk.rig.bots.get(TRADER, bot.bot_id).status is BotStatus.ACTIVE


def test_restart_ends_a_halt_once_the_ledger_is_proven(desk: Desk) -> None:
    bot = desk.running()
    book = desk.rig.desk.book(TRADER, bot.bot_id)
    BookItem.from_domain(replace(book, doubt="(5) equity"), book.fence).save()
    desk.restart(bot.bot_id, REASON, BY, LATER)
    assert desk.rig.desk.book(TRADER, bot.bot_id).doubt == ""
    assert desk.told(bot)[0].details["doubt_lifted"] is True


def test_restart_of_a_book_that_contradicts_itself_is_refused(desk: Desk) -> None:
    bot = desk.running()
    more, _ = desk.rig.desk.book(TRADER, bot.bot_id).funded("nowhere", Decimal(5), NOW)
    BookItem.from_domain(replace(more, doubt="(6) rebuilt"), more.fence).save()
    with pytest.raises(Conflict) as refused:
        desk.restart(bot.bot_id, REASON, BY, LATER)
    assert refused.value.code == "LEDGER_BROKEN"
    assert {one["invariant"] for one in refused.value.details} == {6, 7}
    assert desk.rig.desk.book(TRADER, bot.bot_id).doubt
    assert desk.told(bot) == []


def test_a_draft_is_not_restarted(desk: Desk) -> None:
    bot = desk.rig.create()
    with pytest.raises(Conflict, match="draft"):
        desk.restart(bot.bot_id, REASON, BY, LATER)


def test_a_flat_bot_moves_with_its_counts_and_its_place(desk: Desk) -> None:
    bot = desk.running()
    desk.rig.rules.put([some_rules(KRAKEN, observed_at=NOW)])
    moved = desk.move(bot.bot_id, "kraken", "second", BY, LATER)
    assert (moved.instrument_id, moved.key_label) == (KRAKEN, "second")
    assert moved.status is BotStatus.ACTIVE
    assert desk.rig.desk.book(TRADER, bot.bot_id).instrument_id == KRAKEN
    assert desk.rig.bots.used(TRADER) == {"kraken": 1}
    assert list(desk.rig.bots.markets()) == [KRAKEN]
    assert [one.bot_id for one in desk.rig.bots.bots(KRAKEN, bot.timeframe)] == [bot.bot_id]
    assert desk.told(bot)[0].details == {
        "change": "exchange",
        "from": bot.instrument_id,
        "instrument": KRAKEN,
        "key_label": "second",
    }


def test_a_move_to_an_unknown_venue_or_of_a_bot_that_holds_is_refused(desk: Desk) -> None:
    bot = desk.running()
    with pytest.raises(Invalid) as unknown:
        desk.move(bot.bot_id, "kraken", "main", BY, LATER)
    assert (unknown.value.code, unknown.value.field) == ("UNSUPPORTED_VENUE", "venue")
    desk.rig.rules.put([some_rules(KRAKEN, observed_at=NOW)])
    hold(desk.rig, bot)
    with pytest.raises(Conflict) as refused:
        desk.move(bot.bot_id, "kraken", "main", BY, LATER)
    assert refused.value.code == "NOT_FLAT"
    assert desk.told(bot) == []


def test_a_full_venue_takes_no_more(desk: Desk) -> None:
    bot = desk.running()
    luno = InstrumentId("BTC/USD@luno")
    desk.rig.rules.put([some_rules(luno, observed_at=NOW)])
    for n in range(5):
        other = desk.rig.create(name=f"other {n}", instrument_id=luno)
        desk.rig.start(TRADER, other.bot_id, NOW)
    with pytest.raises(Conflict) as refused:
        desk.move(bot.bot_id, "luno", "main", BY, LATER)
    assert refused.value.code == "BOT_LIMIT"
    assert desk.rig.bots.used(TRADER) == {"bitstamp": 1, "luno": 5}


def test_nobody_s_bot_is_missing_for_every_act(desk: Desk) -> None:
    nobody = BotId("bot_01HKZZZZZZZZZZZZZZZZZZZZZZ")
    acts: list[Callable[[], Bot]] = [
        lambda: desk.pause(nobody, REASON, BY, LATER),
        lambda: desk.lift(nobody, BY, LATER),
        lambda: desk.restart(nobody, REASON, BY, LATER),
        lambda: desk.move(nobody, "kraken", "main", BY, LATER),
        lambda: desk.paper(nobody, Mode.PAPER, BY, LATER),
    ]
    for act in acts:
        with pytest.raises(Missing):
            act()


def test_a_retired_bot_stays_as_it_was(desk: Desk) -> None:
    bot = desk.rig.create()
    desk.rig.retire(TRADER, bot.bot_id, LATER)
    acts: list[Callable[[], Bot]] = [
        lambda: desk.restart(bot.bot_id, REASON, BY, LATER),
        lambda: desk.move(bot.bot_id, "kraken", "main", BY, LATER),
        lambda: desk.paper(bot.bot_id, Mode.PAPER, BY, LATER),
        lambda: desk.pause(bot.bot_id, REASON, BY, LATER),
    ]
    for act in acts:
        with pytest.raises(Conflict) as refused:
            act()
        assert refused.value.code == "STATUS_CONFLICT"


def test_bots_of_a_blocked_owner_are_paused_and_theirs_to_resume(desk: Desk) -> None:
    first, second = desk.running(name="one"), desk.running(name="two")
    desk.rig.create(name="draft")
    desk.running(STRANGER, "else")
    assert desk.blocked.pause(TRADER, LATER, by=str(ADA)) == 2
    assert desk.blocked.pause(TRADER, LATER, by=str(ADA)) == 0
    for bot in (first, second):
        found = desk.rig.bots.get(TRADER, bot.bot_id)
        assert found.pause_code is PauseCode.USER_BLOCKED_BY_ADMIN
    at = LATER + timedelta(minutes=1)
    assert desk.rig.start(TRADER, first.bot_id, at, Trigger.RESUME).status is BotStatus.ACTIVE


def test_usage_counts_bots_and_trades(desk: Desk) -> None:
    bot = desk.running(name="one")
    desk.rig.create(name="draft")
    gone = desk.rig.create(name="gone")
    desk.rig.retire(TRADER, gone.bot_id, LATER)
    hold(desk.rig, bot)
    found = desk.usage.of([TRADER, STRANGER], NOW + timedelta(hours=1))
    mine, theirs = found[TRADER], found[STRANGER]
    assert mine.bots is not None
    assert theirs.bots is not None
    assert (mine.bots.total, theirs.bots.total) == (2, 0)
    assert mine.bots.by_venue == {"bitstamp": 2}
    assert mine.bots.by_mode == {"paper": 2}
    assert (mine.trades, mine.trades_24h) == (1, 1)
    assert (theirs.trades, theirs.trades_24h) == (0, 0)
    assert (mine.requests_24h, mine.llm_usd_30d) == (None, None)
    later = desk.usage.of([TRADER], NOW + timedelta(days=2))[TRADER]
    assert (later.trades, later.trades_24h) == (1, 0)
    assert desk.usage.bots().by_status == {"active": 1, "draft": 1}
    assert keys.ALL_BOTS == "SYSTEM#BOTS"
