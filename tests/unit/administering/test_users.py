"""What administrators do to accounts, and what follows from it."""

from datetime import timedelta

import pytest

from nightdesk.accounts.administering import LimitUser
from nightdesk.accounts.directory import Sifted
from nightdesk.accounts.identity import AccountStatus, Role
from nightdesk.accounts.limits import LimitClass
from nightdesk.accounts.overview import ListUsers, ShowUsers
from nightdesk.accounts.records import ApiToken
from nightdesk.accounts.tokens import TokenScope, new_token_id
from nightdesk.adapters.dynamo import keys
from nightdesk.adapters.dynamo.connection import measured
from nightdesk.adapters.dynamo.gates import DynamoGates
from nightdesk.adapters.dynamo.listed import UserItem
from nightdesk.adapters.dynamo.outbox import EventItem
from nightdesk.adapters.dynamo.tables import AuditItem
from nightdesk.core.errors import Conflict, Fault, Missing
from nightdesk.core.ids import UserId
from tests.builders.accounts import NOW, a_session
from tests.unit.administering.rig import REASON, Rig

NOBODY = UserId("01HZZZZZZZZZZZZZZZZZZZZZZZ")


def test_block_shuts_out_ends_sessions_and_halts_in_one_write(rig: Rig) -> None:
    eve = rig.enter("eve")
    session = a_session(eve)
    rig.sessions.open(session, now=NOW)
    assert rig.block(eve, REASON, rig.by(rig.admin), NOW) == 3
    after = rig.security(eve)
    assert after.status is AccountStatus.BLOCKED
    assert after.epoch == 2
    assert after.block is not None
    assert (after.block.by, after.block.reason) == (rig.admin, REASON)
    assert DynamoGates().shut(eve) == "USER_BLOCKED"
    standing = rig.sessions.standing(session.session_id)
    assert standing.session is not None
    assert standing.session.revoked_at == NOW
    assert rig.bots.asked == [(eve, str(rig.admin))]
    assert [one.status for one in rig.directory.since(None) if one.owner == eve] == [
        AccountStatus.BLOCKED
    ]
    events = [item for item in EventItem.query(keys.owner(eve)) if isinstance(item, EventItem)]
    assert [(one.type, one.data) for one in events] == [("session_revoked", {"reason": "blocked"})]


def test_block_is_told_on_both_chains_and_only_the_user_s_has_the_words(rig: Rig) -> None:
    eve = rig.enter("eve")
    rig.block(eve, REASON, rig.by(rig.admin), NOW)
    (hers,), (his,) = rig.told(eve), rig.told(rig.admin)
    for one in (hers, his):
        assert (one.action, one.severity) == ("user_blocked", "critical")
        assert one.target == {"kind": "user", "id": eve}
        assert one.actor == {"kind": "admin", "id": rig.admin}
    assert rig.audit.sealer.open(hers) == {"reason": REASON}
    assert rig.audit.sealer.open(his) == {"network": "192.0.2.9"}


def test_block_without_its_entry_does_not_happen(rig: Rig) -> None:
    eve = rig.enter("eve")
    AuditItem.delete_table()
    with pytest.raises(Fault):
        rig.block(eve, REASON, rig.by(rig.admin), NOW)
    assert rig.security(eve).active
    assert DynamoGates().shut(eve) is None


def test_block_again_changes_nothing_and_goes_on_pausing(rig: Rig) -> None:
    eve = rig.enter("eve")
    for _ in range(2):
        rig.block(eve, REASON, rig.by(rig.admin), NOW)
    assert rig.security(eve).epoch == 2
    assert len(rig.told(eve)) == 1
    assert len(rig.bots.asked) == 2


def test_nobody_blocks_themselves_or_nobody(rig: Rig) -> None:
    with pytest.raises(Conflict) as refused:
        rig.block(rig.admin, REASON, rig.by(rig.admin), NOW)
    assert refused.value.code == "SELF"
    with pytest.raises(Missing):
        rig.block(NOBODY, REASON, rig.by(rig.admin), NOW)
    assert rig.told(NOBODY) == []


def test_unblock_opens_account_and_gate_and_old_tokens_stay_dead(rig: Rig) -> None:
    eve = rig.enter("eve")
    rig.block(eve, REASON, rig.by(rig.admin), NOW)
    for _ in range(2):
        _, after = rig.unblock(eve, REASON, rig.by(rig.admin), NOW)
    assert after.active
    assert rig.security(eve).block is None
    assert rig.security(eve).epoch == 2
    assert DynamoGates().shut(eve) is None
    assert [one.action for one in rig.told(eve)] == ["user_blocked", "user_unblocked"]


def test_a_gate_that_is_stopped_too_stays_shut_after_unblock(rig: Rig) -> None:
    from nightdesk.adapters.dynamo.gates import GateItem

    eve = rig.enter("eve")
    rig.block(eve, REASON, rig.by(rig.admin), NOW)
    GateItem(keys.owner(eve), keys.GATE).update([GateItem.stop.set({"level": "block"})])
    rig.unblock(eve, REASON, rig.by(rig.admin), NOW)
    assert DynamoGates().shut(eve) == "EMERGENCY_STOP"


def test_promotion_keeps_sessions_and_demotion_ends_them_with_admin_tokens(rig: Rig) -> None:
    eve = rig.enter("eve")
    rig.change_role(eve, Role.ADMIN, rig.by(rig.admin), NOW)
    assert (rig.security(eve).role, rig.security(eve).epoch) == (Role.ADMIN, 1)
    session = a_session(eve)
    rig.sessions.open(session, now=NOW)
    for scope in (TokenScope.READ, TokenScope.ADMIN):
        rig.tokens.create(_token(eve, scope), limit=20, now=NOW)
    profile, after = rig.change_role(eve, Role.TRADER, rig.by(rig.admin), NOW)
    assert (profile.username, after.role) == ("eve", Role.TRADER)
    assert rig.security(eve).epoch == 2
    standing = rig.sessions.standing(session.session_id)
    assert standing.session is not None
    assert standing.session.revoked_at == NOW
    assert [one.scopes for one in rig.tokens.of(eve)] == [frozenset({TokenScope.READ})]
    assert [one.details for one in rig.told(eve) if one.action == "role_changed"] == [
        {"before": "trader", "after": "admin"},
        {"before": "admin", "after": "trader"},
    ]


def test_the_role_one_has_is_given_without_a_write(rig: Rig) -> None:
    eve = rig.enter("eve")
    rig.change_role(eve, Role.TRADER, rig.by(rig.admin), NOW)
    assert rig.told(eve) == []


def test_limits_are_loosened_critically_and_tightened_with_a_warning(rig: Rig) -> None:
    eve, by = rig.enter("eve"), rig.by(rig.admin)
    assert rig.limit(eve, LimitClass.TRADE, 100, by, NOW) == {"trade": 100}
    assert rig.limit(eve, LimitClass.READ, 5, by, NOW) == {"trade": 100, "read": 5}
    assert rig.limit(eve, LimitClass.TRADE, None, by, NOW) == {"read": 5}
    assert rig.limit(eve, LimitClass.TRADE, None, by, NOW) == {"read": 5}
    assert rig.security(eve).limits == {"read": 5}
    assert [(one.action, one.severity, one.details) for one in rig.told(eve)] == [
        ("limits_loosened", "critical", {"class": "trade", "before": 50, "after": 100}),
        ("limits_changed", "warning", {"class": "read", "before": 120, "after": 5}),
        ("limits_changed", "warning", {"class": "trade", "before": 100, "after": 50}),
    ]


def test_to_lift_a_tight_limit_is_to_loosen_it(rig: Rig) -> None:
    eve, by = rig.enter("eve"), rig.by(rig.admin)
    limit: LimitUser = rig.limit
    limit(eve, LimitClass.AI, 2, by, NOW)
    limit(eve, LimitClass.AI, None, by, NOW)
    assert [one.action for one in rig.told(eve)] == ["limits_changed", "limits_loosened"]


def test_users_are_listed_by_name_and_status_page_by_page(rig: Rig) -> None:
    names = [f"trader{n}" for n in range(5)]
    owners = {name: rig.enter(name) for name in names}
    rig.block(owners["trader3"], REASON, rig.by(rig.admin), NOW)
    found, after = [], None
    while True:
        page = rig.list(Sifted(query="Trader"), NOW, limit=2, after=after)
        found += [view.profile.username for view in page.items]
        after = page.next_key
        if after is None:
            break
    assert sorted(found) == names
    assert found == [one.username for one in rig.directory.since(None) if one.username != "root"]
    blocked = rig.list(Sifted(status=AccountStatus.BLOCKED), NOW, limit=50, after=None)
    assert [view.profile.username for view in blocked.items] == ["trader3"]
    assert rig.list(Sifted(query="nobody"), NOW, limit=50, after=None).items == []


def test_a_page_of_users_is_one_query_and_one_batch_beside_their_figures(rig: Rig) -> None:
    for n in range(5):
        rig.enter(f"trader{n}")
    listing: ListUsers = rig.list
    show: ShowUsers = listing.show
    assert show.directory is rig.directory
    with measured() as units:
        listing(Sifted(), NOW, limit=3, after=None)
    assert units.calls == {"Query": 1, "BatchGetItem": 1}


def test_a_look_at_one_user_is_told_on_both_chains(rig: Rig) -> None:
    eve = rig.enter("eve")
    view = rig.show(eve, rig.by(rig.admin), NOW)
    assert (view.profile.username, view.figures.trades) == ("eve", 7)
    for owner in (eve, rig.admin):
        (one,) = rig.told(owner)
        assert (one.action, one.severity, one.target) == (
            "admin_read",
            "info",
            {"kind": "user", "id": eve},
        )
    with pytest.raises(Missing):
        rig.show(NOBODY, rig.by(rig.admin), NOW)


def test_an_account_is_listed_with_the_records_it_repeats(rig: Rig) -> None:
    eve = rig.enter("eve")
    (line,) = UserItem.query(keys.SYSTEM, UserItem.sk == keys.user(eve))
    assert set(line.attribute_values) == {
        "pk",
        "sk",
        "kind",
        "username",
        "role",
        "status",
        "created_at",
    }


def _token(owner: UserId, scope: TokenScope) -> ApiToken:
    return ApiToken(
        token_id=new_token_id(owner, NOW),
        name=scope.value,
        digest="d" * 64,
        scopes=frozenset({scope}),
        created_at=NOW,
        expires_at=NOW + timedelta(days=30),
    )
