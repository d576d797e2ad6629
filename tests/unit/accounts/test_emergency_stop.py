"""Who stops what, how far, and who lifts it."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightdesk.accounts.audit import ActorKind, Origin, Severity, Source
from nightdesk.accounts.emergency_stop import PHRASE, CarryToOwner, Engage, ReadStop, Resume
from nightdesk.accounts.stop import Level, Progress, Stop
from nightdesk.core.errors import (
    Conflict,
    Fault,
    Invalid,
    Misconfigured,
    Refused,
    StaleWrite,
    StoreUnavailable,
)
from nightdesk.core.ids import SYSTEM, UserId
from tests.builders.accounts import ALICE, BOB, NOW
from tests.fakes.stops import FakePeaks, FakeStopGates, FakeStopProgress, FakeStopRunner


def by(owner: UserId, kind: ActorKind = ActorKind.USER, request: str = "r1") -> Origin:
    return Origin(kind=kind, actor=str(owner), source=Source.API, request_id=request)


@dataclass
class Rig:
    gates: FakeStopGates = field(default_factory=FakeStopGates)
    progress: FakeStopProgress = field(default_factory=FakeStopProgress)
    runner: FakeStopRunner = field(default_factory=FakeStopRunner)
    peaks: FakePeaks = field(default_factory=FakePeaks)

    def engage(
        self,
        owner: UserId = BOB,
        level: Level = Level.BLOCK,
        *,
        admin: bool = False,
        request: str = "r1",
    ) -> Stop:
        who = by(ALICE, ActorKind.ADMIN, request) if admin else by(owner, request=request)
        return Engage(self.gates, self.runner)(
            owner, level=level, reason="a bad feeling", admin=admin, origin=who, now=NOW
        )

    def resume(
        self,
        owner: UserId = BOB,
        *,
        admin: bool = False,
        confirm: str = PHRASE,
        restart: bool = False,
    ) -> Stop:
        return Resume(self.gates, self.peaks, self.runner)(
            owner,
            reason="over",
            confirm=confirm,
            restart=restart,
            admin=admin,
            origin=by(ALICE if admin else owner, ActorKind.ADMIN if admin else ActorKind.USER),
            now=NOW,
        )

    @property
    def carry(self) -> CarryToOwner:
        return CarryToOwner(self.gates, self.peaks)


@pytest.fixture
def rig() -> Rig:
    return Rig()


def test_a_stop_is_at_the_gate_audited_and_told_before_it_is_carried_out(rig: Rig) -> None:
    stop = rig.engage()
    assert rig.gates.gates.shut(BOB) == "EMERGENCY_STOP"
    assert rig.gates.gates.shut(ALICE) is None
    (entry,) = rig.gates.entries
    assert (entry.action.value, entry.action.severity) == (
        "emergency_stop_engaged",
        Severity.CRITICAL,
    )
    assert entry.words == {"reason": "a bad feeling"}
    assert "bad feeling" not in str(entry.details)
    (told,) = rig.gates.events
    assert told.data == {
        "stop_id": stop.stop_id,
        "scope": "owner",
        "level": "block",
        "reason": "a bad feeling",
        "by": str(BOB),
    }
    assert rig.runner.asked == [(stop.stop_id, "block", "engage")]


def test_engaged_again_it_is_the_same_stop_and_nothing_is_written(rig: Rig) -> None:
    first = rig.engage()
    again = rig.engage(request="r2")
    assert again == first
    assert len(rig.gates.entries) == 1
    assert rig.runner.asked == [(first.stop_id, "block", "engage")] * 2


def test_engaged_further_it_is_the_same_stop_raised_and_never_lowered(rig: Rig) -> None:
    first = rig.engage()
    raised = rig.engage(level=Level.FLATTEN, request="r2")
    assert (raised.stop_id, raised.level) == (first.stop_id, Level.FLATTEN)
    assert rig.engage(level=Level.BLOCK, request="r3").level is Level.FLATTEN
    assert [entry.details["level"] for entry in rig.gates.entries] == ["block", "flatten"]


@pytest.mark.parametrize("fault", [StaleWrite("moved"), StoreUnavailable("conflict")])
def test_entries_that_get_in_the_way_of_the_write_do_not_keep_it_out(
    rig: Rig, fault: Fault
) -> None:
    rig.gates.faults = [fault] * 7
    rig.engage()
    assert rig.gates.gates.shut(BOB) == "EMERGENCY_STOP"


@pytest.mark.parametrize("fault", [StoreUnavailable("down"), Misconfigured("no machine")])
def test_a_stop_that_cannot_be_carried_out_yet_is_no_error(rig: Rig, fault: Fault) -> None:
    rig.runner.fault = fault
    stop = rig.engage()
    assert rig.gates.stop(BOB) == stop
    rig.runner.fault = None
    rig.engage(request="r2")
    assert rig.runner.asked == [(stop.stop_id, "block", "engage")]


def test_its_owner_lifts_an_own_stop_and_drawdowns_are_counted_anew_before(rig: Rig) -> None:
    stop = rig.engage()
    assert rig.resume() == stop
    assert rig.gates.gates.shut(BOB) is None
    assert rig.peaks.reset_for == [BOB]
    entry = rig.gates.entries[-1]
    assert (entry.action.value, entry.details["peaks_reset"]) == ("emergency_stop_resumed", 2)
    assert rig.gates.events[-1].data["by"] == str(BOB)
    with pytest.raises(Conflict) as refusal:
        rig.resume()
    assert refusal.value.code == "NOT_STOPPED"


def test_a_stop_after_a_resumed_one_is_another(rig: Rig) -> None:
    first = rig.engage()
    rig.resume()
    assert rig.engage(request="r2").stop_id != first.stop_id


@pytest.mark.parametrize("phrase", ["", "resume trading", "RESUME TRADING ", "RESUME"])
def test_without_the_exact_phrase_nothing_is_lifted(rig: Rig, phrase: str) -> None:
    rig.engage()
    with pytest.raises(Invalid) as refusal:
        rig.resume(confirm=phrase)
    assert refusal.value.code == "CONFIRMATION_WRONG"
    assert rig.gates.gates.shut(BOB) == "EMERGENCY_STOP"
    assert not rig.peaks.reset_for


def test_an_administrators_stop_is_lifted_by_administrators_alone(rig: Rig) -> None:
    rig.engage(admin=True)
    with pytest.raises(Refused) as refusal:
        rig.resume()
    assert (refusal.value.code, refusal.value.status) == ("NOT_YOURS_TO_LIFT", 403)
    rig.resume(admin=True)
    assert rig.gates.stop(BOB) is None
    assert {entry.chain for entry in rig.gates.entries} == {
        f"U#{BOB}#ACCOUNT",
        f"U#{ALICE}#ACCOUNT",
    }


def test_an_own_stop_that_an_administrator_joins_is_no_longer_its_owners_to_lift(rig: Rig) -> None:
    own = rig.engage()
    assert rig.engage(admin=True, request="r2").stop_id == own.stop_id
    with pytest.raises(Refused):
        rig.resume()


def test_an_administrator_lifts_an_own_stop_too(rig: Rig) -> None:
    rig.engage()
    rig.resume(admin=True)
    assert rig.gates.stop(BOB) is None


def test_the_desks_stop_meets_everybody_and_no_trader_lifts_it(rig: Rig) -> None:
    stop = rig.engage(SYSTEM, admin=True)
    assert rig.gates.gates.shut(BOB) == "EMERGENCY_STOP"
    with pytest.raises(Refused) as refusal:
        rig.resume()
    assert refusal.value.code == "NOT_YOURS_TO_LIFT"
    rig.carry.engage(BOB, stop, origin=by(SYSTEM, ActorKind.SYSTEM), now=NOW)
    with pytest.raises(Refused):
        rig.resume()
    with pytest.raises(Conflict):  # not one by one, while the whole desk is stopped
        rig.resume(admin=True)


def test_the_desks_stop_is_lifted_at_its_gate_and_then_owner_by_owner(rig: Rig) -> None:
    stop = rig.engage(SYSTEM, admin=True)
    machine = by(SYSTEM, ActorKind.SYSTEM)
    rig.carry.engage(BOB, stop, origin=machine, now=NOW)
    rig.carry.engage(BOB, stop, origin=machine, now=NOW)
    assert len(rig.gates.entries) == 3  # the desk's chain, the administrator's, the owner's
    rig.resume(SYSTEM, admin=True, restart=True)
    assert rig.runner.restarts == [True]
    assert rig.gates.gates.shut(BOB) == "EMERGENCY_STOP"  # until it is lifted there
    assert rig.gates.copies(stop.stop_id, None) == ([BOB], None)
    assert rig.carry.lift(BOB, stop.stop_id, origin=machine, now=NOW)
    assert not rig.carry.lift(BOB, stop.stop_id, origin=machine, now=NOW)
    assert rig.gates.gates.shut(BOB) is None
    assert rig.peaks.reset_for == [BOB]


def test_an_own_stop_outlasts_the_desks(rig: Rig) -> None:
    desk = rig.engage(SYSTEM, admin=True)
    machine = by(SYSTEM, ActorKind.SYSTEM)
    rig.carry.engage(BOB, desk, origin=machine, now=NOW)
    own = rig.engage(request="r2")
    assert own.stop_id != desk.stop_id
    rig.carry.engage(BOB, desk, origin=machine, now=NOW)
    assert rig.gates.stop(BOB) == own
    rig.resume(SYSTEM, admin=True)
    assert not rig.carry.lift(BOB, desk.stop_id, origin=machine, now=NOW)
    assert rig.gates.stop(BOB) == own
    rig.resume()
    assert rig.gates.stop(BOB) is None


def test_a_left_over_copy_is_lifted_by_an_administrator(rig: Rig) -> None:
    desk = rig.engage(SYSTEM, admin=True)
    rig.carry.engage(BOB, desk, origin=by(SYSTEM, ActorKind.SYSTEM), now=NOW)
    rig.resume(SYSTEM, admin=True)
    rig.resume(BOB, admin=True)
    assert rig.gates.stop(BOB) is None


def test_what_stands_is_the_desks_before_ones_own(rig: Rig) -> None:
    read = ReadStop(rig.gates, rig.progress)
    assert read(BOB).stop is None
    own = rig.engage()
    rig.progress.add(own, Progress(orders_cancelled=3))
    assert (read(BOB).stop, read(BOB).progress.orders_cancelled) == (own, 3)
    desk = rig.engage(SYSTEM, admin=True, request="r2")
    assert read(BOB).stop == desk
    assert read(SYSTEM).stop == desk
    assert read(ALICE).stop == desk


asks = st.lists(
    st.tuples(
        st.sampled_from(["engage", "resume"]),
        st.sampled_from([BOB, SYSTEM]),
        st.sampled_from(list(Level)),
        st.booleans(),
    ),
    max_size=12,
)


@given(asks=asks)
def test_only_a_resume_ever_lowers_a_gate(
    asks: list[tuple[str, UserId, Level, bool]],
) -> None:
    rig = Rig()
    for n, (what, owner, level, as_admin) in enumerate(asks):
        before = rig.gates.stop(owner)
        admin = as_admin or owner == SYSTEM
        if what == "engage":
            rig.engage(owner, level, admin=admin, request=f"r{n}")
            after = rig.gates.stop(owner)
            assert after is not None
            assert after.level.rank >= level.rank
            if before is not None:
                assert after.stop_id == before.stop_id
                assert after.level.rank >= before.level.rank
                assert after.admin >= before.admin
            continue
        try:
            rig.resume(owner, admin=admin)
        except Fault:
            assert rig.gates.stop(owner) == before
        else:
            assert before is not None
            assert admin or not before.admin
            assert rig.gates.stop(owner) is None
