"""Leaving: at once shut, for seven days to be had back, then nothing personal is left (row 25)."""

import json
import zlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from unittest import mock

import pytest

from nightdesk.accounts import deletion as deleting
from nightdesk.accounts.audit import Action, ActorKind, Origin, account_chain, entries, first_break
from nightdesk.accounts.deletion import Departing, Next
from nightdesk.accounts.departure import Deletion, Phase
from nightdesk.accounts.identity import AccountStatus, Block, Role
from nightdesk.accounts.privacy import pseudonym
from nightdesk.adapters.dynamo.gates import DynamoGates
from nightdesk.adapters.dynamo.tables import AuditItem, DeskItem, RuntimeItem
from nightdesk.bots.bot import BotStatus
from nightdesk.core.errors import Conflict, Invalid, StoreUnavailable
from nightdesk.core.ids import UserId
from nightdesk.trading.order import Mode
from tests.builders.accounts import ALICE, BOB, NOW, a_profile, a_security
from tests.builders.household import DAY, EMAIL, PERSONAL, USERNAME, Household
from tests.builders.trading import a_holding_book
from tests.unit.privacy.conftest import Room

DUE = NOW + timedelta(days=7)


def ask(room: Room, home: Household, **changes: Any) -> Deletion:
    wanted: dict[str, Any] = {
        "confirm": USERNAME,
        "flatten": False,
        "origin": home.origin,
        "cause": "c1",
        "now": NOW,
    }
    return room.request_deletion(ALICE, **wanted | changes)


def run(room: Room, deletion: Deletion, at: datetime = DUE) -> Departing:
    room.clock.moment = at
    state = Departing.begun(deletion)
    while state.next is Next.MORE:
        state = room.delete(state, at)
    return state


def rows() -> Iterator[dict[str, Any]]:
    for table in (DeskItem, RuntimeItem, AuditItem):
        for item in table.scan():
            yield item.serialize()


def texts(row: dict[str, Any]) -> Iterator[str]:
    """Yield every value of an item as text, packed bodies unpacked."""
    for name, value in row.items():
        ((kind, content),) = value.items()
        if kind == "B":
            raw = content if isinstance(content, bytes) else bytes(content)
            yield (zlib.decompress(raw) if name == "deflated" else raw).decode(errors="replace")
        else:
            yield json.dumps(content, ensure_ascii=False)


def personal() -> list[tuple[str, str, str]]:
    return [
        (row["pk"]["S"], row["sk"]["S"], word)
        for row in rows()
        for text in texts(row)
        for word in PERSONAL
        if word in text
    ]


def test_an_account_is_shut_at_once(room: Room, ada: Household) -> None:
    deletion = ask(room, ada)

    security = room.users.security(ALICE)
    assert security is not None
    assert (security.status, security.epoch) == (AccountStatus.DELETING, 2)
    assert room.sessions.of(ALICE) == []
    assert room.tokens.of(ALICE) == []
    assert DynamoGates().shut(ALICE) is not None
    assert deletion.effective_at == DUE
    assert [stop.level for stop in room.runner.engaged] == ["block"]
    ((workflow, name, state),) = room.machines.started
    assert (workflow, name) == ("deletion", deletion.request_id)
    assert state["effective_at"] == "2026-03-08T12:00:00Z"
    chain = [one.action for one in room.records.chain(account_chain(ALICE))]
    assert chain[-1] == Action.DELETION_ASKED


def test_nothing_personal_is_left_and_the_trades_stay(room: Room, ada: Household) -> None:
    assert personal()  # else this test would find nothing ever
    run(room, ask(room, ada))

    assert personal() == []
    kinds = {row["kind"]["S"] for row in rows() if row["pk"]["S"].startswith(f"U#{ALICE}")}
    assert {"ORDER", "FILL", "POSTING", "DECISION", "EQUITY", "BOOK", "STRATEGY"} <= kinds
    gone = {"SESSION", "API_TOKEN", "CREDENTIAL", "SHELF", "AUDITKEY", "NETWORK", "REPLY", "EVENT"}
    assert not gone & kinds
    assert room.files.destroy(ALICE) == 0
    for record in room.records.chain(account_chain(ALICE)):
        assert not room.audit.sealer.open(record)
    profile, security = room.users.profile(ALICE), room.users.security(ALICE)
    assert profile.username == pseudonym(ALICE)
    assert security is not None
    assert (security.status, security.two_factor) == (AccountStatus.DELETED, None)


def test_the_audit_chain_holds_and_ends_with_the_counts(room: Room, ada: Household) -> None:
    done = run(room, ask(room, ada))

    records = list(room.records.chain(account_chain(ALICE)))
    assert first_break(account_chain(ALICE), records, anchors={}) is None
    last = records[-1]
    assert (last.action, last.severity) == ("user_deleted", "critical")
    assert last.details["counts"] == dict(done.counts)
    assert done.counts["kept.FILL"] == 1
    assert done.counts["destroyed.SESSION"] == 1
    assert done.counts["retired.BOT"] == 1


def test_address_and_username_are_free_again(room: Room, ada: Household) -> None:
    run(room, ask(room, ada))

    assert room.users.by_email(EMAIL) is None
    profile = replace(ada.profile, owner=BOB)
    security = a_security(owner=BOB, role=Role.TRADER)
    told = entries(Action.USER_REGISTERED, ada.origin, DUE, owner=BOB)
    room.users.create(profile, security, open_until=DUE + DAY, entries=told)
    assert room.users.by_email(EMAIL) == BOB


def test_bots_are_retired_also_one_that_holds_a_paper_position(room: Room, ada: Household) -> None:
    _hold(room, ada, Mode.PAPER)
    run(room, ask(room, ada))

    (bot,) = room.bots.list(ALICE)
    assert bot.status is BotStatus.RETIRED
    assert room.bots.markets() == {}
    assert room.desk.holding() == []
    assert room.desk.book(ALICE, ada.bot_id).position is not None


def _hold(room: Room, home: Household, mode: Mode) -> None:
    """Let the bot's book hold a position."""
    from nightdesk.adapters.dynamo.bookings import BookItem

    stands = room.desk.book(ALICE, home.bot_id)
    book = replace(
        a_holding_book(), owner=ALICE, bot_id=home.bot_id, mode=mode, version=stands.version
    )
    BookItem.from_domain(book, 0).save()


def test_open_live_positions_refuse_unless_they_are_to_be_closed(
    room: Room, ada: Household
) -> None:
    _hold(room, ada, Mode.LIVE)
    with pytest.raises(Conflict) as refusal:
        ask(room, ada)
    assert refusal.value.code == "OPEN_POSITIONS"
    assert refusal.value.details == [{"bot_id": ada.bot_id}]
    assert room.machines.started == []
    assert DynamoGates().shut(ALICE) == "EMERGENCY_STOP"  # her own, of before

    deletion = ask(room, ada, flatten=True)
    assert [stop.level for stop in room.runner.engaged] == ["flatten"]
    # not before all is closed does anything go
    assert run(room, deletion).next is Next.HELD
    assert personal()


def test_a_deletion_can_be_cancelled_for_seven_days(room: Room, ada: Household) -> None:
    deletion = ask(room, ada)
    room.cancel(ALICE, ada.origin, DUE - timedelta(seconds=1))

    security = room.users.security(ALICE)
    assert security is not None
    assert security.active
    assert run(room, deletion).next is Next.DONE
    assert room.users.profile(ALICE).username == USERNAME
    assert [one.action for one in room.records.chain(account_chain(ALICE))][-1] == (
        "deletion_cancelled"
    )
    # asked for again it is another one
    again = ask(room, ada, cause="c2", now=DUE)
    assert again.request_id != deletion.request_id
    assert again.effective_at == DUE + timedelta(days=7)


def test_a_deletion_whose_time_has_come_is_not_cancelled(room: Room, ada: Household) -> None:
    deletion = ask(room, ada)
    for moment in (DUE, DUE + DAY):
        with pytest.raises(Conflict) as refusal:
            room.cancel(ALICE, ada.origin, moment)
        assert refusal.value.code == "NOT_DELETING"
    room.delete(Departing.begun(deletion), DUE)
    with pytest.raises(Conflict):
        room.cancel(ALICE, ada.origin, NOW)


def test_an_account_that_was_blocked_is_blocked_again_after_a_cancel(
    room: Room, ada: Household
) -> None:
    security = room.users.security(ALICE)
    assert security is not None
    block = Block(at=NOW, by=BOB, reason="rules")
    room.users.save_security(replace(security, status=AccountStatus.BLOCKED, block=block))
    admin = Origin(kind=ActorKind.ADMIN, actor=BOB, source=ada.origin.source)
    ask(room, ada, origin=admin)
    assert not _security(room).leaving  # no login opens the way back

    room.cancel(ALICE, ada.origin, NOW)
    assert _security(room).status is AccountStatus.BLOCKED
    assert DynamoGates().shut(ALICE) is not None


def _security(room: Room) -> Any:
    return room.users.security(ALICE)


def test_too_early_nothing_is_erased(room: Room, ada: Household) -> None:
    deletion = ask(room, ada)
    assert run(room, deletion, DUE - timedelta(seconds=1)).next is Next.HELD
    assert personal()


def test_an_execution_whose_deletion_was_never_stored_does_nothing(
    room: Room, ada: Household
) -> None:
    lost = StoreUnavailable("cut off")
    broken = mock.patch.object(type(room.deletions), "begin", side_effect=lost)
    with broken, pytest.raises(StoreUnavailable):
        ask(room, ada)
    ((_, name, state),) = room.machines.started
    stored = Departing(owner=ALICE, request_id=name, as_of=NOW, effective_at=DUE)
    assert stored.state == state
    assert room.delete(stored, DUE).next is Next.DONE
    assert _security(room).active
    # the same command, asked again, finds its way
    assert ask(room, ada).request_id == name
    assert _security(room).status is AccountStatus.DELETING


@pytest.mark.parametrize("confirm", ["", "somebody", USERNAME.upper(), EMAIL])
def test_another_word_than_the_username_confirms_nothing(
    room: Room, ada: Household, confirm: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        ask(room, ada, confirm=confirm)
    assert (refusal.value.code, refusal.value.field) == ("CONFIRMATION_WRONG", "confirm")
    assert _security(room).active


def test_asked_twice_it_is_one_deletion(room: Room, ada: Household) -> None:
    assert ask(room, ada) == ask(room, ada, cause="c2", now=NOW + timedelta(hours=1))


def test_the_last_admin_stays(room: Room, ada: Household) -> None:
    _make_admin(room, ALICE)
    with pytest.raises(Conflict) as refusal:
        ask(room, ada)
    assert refusal.value.code == "LAST_ADMIN"
    assert room.runner.engaged == []
    assert _security(room).active

    _other_admin(room)
    assert ask(room, ada).phase is Phase.WAITING


def _make_admin(room: Room, owner: UserId) -> None:
    security = room.users.security(owner)
    assert security is not None
    room.users.save_security(replace(security, role=Role.ADMIN))


def _other_admin(room: Room) -> None:
    profile = a_profile(owner=BOB, username="bob", email="bob@mail.example")
    security = a_security(owner=BOB, role=Role.ADMIN)
    by = Origin(kind=ActorKind.OPERATOR, actor="make", source=Household(ALICE, NOW).origin.source)
    told = entries(Action.USER_REGISTERED_ADMIN, by, NOW, owner=BOB)
    # as the operator token is used up already
    room.users.create(profile, security, open_until=DUE + 99 * DAY, entries=told)


def test_an_admin_deletes_another_at_once_and_never_himself(room: Room, ada: Household) -> None:
    _other_admin(room)
    admin = Origin(kind=ActorKind.ADMIN, actor=BOB, source=ada.origin.source, request_id="r")
    with pytest.raises(Conflict) as refusal:
        room.request_deletion(BOB, confirm="bob", flatten=False, origin=admin, cause="c", now=NOW)
    assert refusal.value.code == "SELF"

    deletion = ask(room, ada, origin=admin, immediate=True, reason="asked by letter")
    assert deletion.effective_at == NOW
    run(room, deletion, NOW)
    assert personal() == []
    asked = [one.action for one in room.records.chain(account_chain(BOB))]
    assert asked == ["user_registered_admin", "emergency_stop_engaged", "deletion_asked"]


def test_cut_off_at_every_call_and_repeated_it_ends_the_same(room: Room, ada: Household) -> None:
    """Every use of a store dies once before it has an effect, and once after it."""
    deletion = ask(room, ada)
    room.clock.moment = DUE
    state = Departing.begun(deletion)
    with (
        mock.patch.object(deleting, "PAGE_ITEMS", 4),
        mock.patch.object(deleting, "STEP_PAGES", 1),
        Dying() as dying,
    ):
        for _ in range(500):
            try:
                state = room.delete(state, DUE)
            except StoreUnavailable:
                continue
            if state.next is not Next.MORE:
                break
    assert state.next is Next.DONE
    assert dying.deaths >= 20
    assert personal() == []
    told = [one.action for one in room.records.chain(account_chain(ALICE))]
    assert told.count("user_deleted") == 1


class Dying:
    """Makes every write to the tables fail once before and once after it is done."""

    def __init__(self) -> None:
        self.deaths = 0
        self._calls = 0

    def __enter__(self) -> "Dying":
        from nightdesk.adapters.dynamo.connection import connection

        self._connection = connection()
        self._dispatch = self._connection.dispatch
        self._connection.dispatch = self._dying  # type: ignore[method-assign, assignment]
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.dispatch = self._dispatch  # type: ignore[method-assign]

    def _dying(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        if operation in {"Query", "GetItem", "BatchGetItem"}:
            return self._dispatch(operation, request)
        self._calls += 1
        turn = self._calls % 3
        if turn == 1:
            self.deaths += 1
            raise StoreUnavailable("died before")
        answer = self._dispatch(operation, request)
        if turn == 2:
            self.deaths += 1
            raise StoreUnavailable("died after")
        return answer


def test_twice_changes_nothing(room: Room, ada: Household) -> None:
    deletion = ask(room, ada)
    first = run(room, deletion)
    before = sorted(json.dumps(row, default=repr, sort_keys=True) for row in rows())
    again = run(room, deletion, DUE + DAY)
    assert again.counts == first.counts
    assert sorted(json.dumps(row, default=repr, sort_keys=True) for row in rows()) == before


def test_nobody_else_loses_anything(room: Room, ada: Household) -> None:
    _other_admin(room)
    before = [row for row in rows() if BOB in row["pk"]["S"] or BOB in row["sk"]["S"]]
    run(room, ask(room, ada))
    after = [row for row in rows() if BOB in row["pk"]["S"] or BOB in row["sk"]["S"]]
    assert sorted(map(str, before)) == sorted(map(str, after))
