"""The desk is never without an administrator, whoever does what at once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import pytest

from nightdesk.accounts.identity import Role
from nightdesk.core.errors import Conflict, Fault, StaleWrite
from nightdesk.core.ids import UserId
from tests.builders.accounts import NOW
from tests.unit.administering.rig import REASON, Rig


def rulers(rig: Rig) -> list[UserId]:
    """Return who rules, by the records themselves; the directory must say the same."""
    lines = list(rig.directory.since(None))
    found = [
        one.owner
        for one in lines
        if (at := rig.security(one.owner)).active and at.role is Role.ADMIN
    ]
    assert [one.owner for one in lines if one.rules] == found
    return found


def test_the_last_one_does_not_step_down(rig: Rig) -> None:
    rig.enter("eve")
    with pytest.raises(Conflict) as refused:
        rig.change_role(rig.admin, Role.TRADER, rig.by(rig.admin), NOW)
    assert refused.value.code == "LAST_ADMIN"
    assert rulers(rig) == [rig.admin]


def test_one_of_two_may_step_down_and_a_blocked_other_does_not_count(rig: Rig) -> None:
    eve = rig.enter("eve", Role.ADMIN)
    rig.block(eve, REASON, rig.by(rig.admin), NOW)
    with pytest.raises(Conflict, match="no administrator"):
        rig.change_role(rig.admin, Role.TRADER, rig.by(rig.admin), NOW)
    rig.unblock(eve, REASON, rig.by(rig.admin), NOW)
    rig.change_role(rig.admin, Role.TRADER, rig.by(rig.admin), NOW)
    assert rulers(rig) == [eve]


def test_who_was_demoted_meanwhile_demotes_no_last_one(rig: Rig) -> None:
    """Both have read that the other rules; the second's write comes after the first's."""
    eve = rig.enter("eve", Role.ADMIN)
    before = rig.security(rig.admin)
    rig.change_role(eve, Role.TRADER, rig.by(rig.admin), NOW)
    with pytest.raises(StaleWrite):
        rig.standings.change(
            rig.users.profile(rig.admin),
            before,
            replace(before, role=Role.TRADER),
            NOW,
            witness=eve,
        )
    with pytest.raises(Conflict) as refused:
        rig.change_role(rig.admin, Role.TRADER, rig.by(eve), NOW)
    assert refused.value.code == "LAST_ADMIN"
    assert rulers(rig) == [rig.admin]


def test_who_was_demoted_meanwhile_blocks_no_last_one(rig: Rig) -> None:
    eve = rig.enter("eve", Role.ADMIN)
    rig.change_role(eve, Role.TRADER, rig.by(rig.admin), NOW)
    with pytest.raises(Conflict) as refused:
        rig.block(rig.admin, REASON, rig.by(eve), NOW)
    assert refused.value.code == "LAST_ADMIN"
    assert rulers(rig) == [rig.admin]


@pytest.mark.parametrize("count", [2, 3])
def test_all_who_demote_one_another_at_once_leave_one(rig: Rig, cloud: None, count: int) -> None:

    def demoting(by: UserId, of: UserId) -> Callable[[], object]:
        return lambda: rig.change_role(of, Role.TRADER, rig.by(by), NOW)

    for attempt in range(5):
        admins = rulers(rig)
        while len(admins) < count:
            admins.append(rig.enter(f"admin{attempt}-{len(admins)}", Role.ADMIN))
        others = [*admins[1:], admins[0]]
        together([demoting(by, of) for by, of in zip(admins, others, strict=True)])
        assert rulers(rig)


def together(acts: list[Callable[[], object]]) -> None:
    """Do all at the same moment; a refusal is an answer."""
    start = Barrier(len(acts))

    def one(act: Callable[[], object]) -> None:
        start.wait()
        try:
            act()
        except Fault:
            return

    with ThreadPoolExecutor(len(acts)) as pool:
        list(pool.map(one, acts))
