"""What every Leases, Gates and Cycles keeps to."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from nightdesk.core.errors import Fenced, LeaseTaken, OutOfOrder
from nightdesk.core.ids import SYSTEM, BotId, UserId
from nightdesk.trading.ports import Cycles, Gates, Leases
from tests.builders.trading import AS_OF, BOT, OWNER
from tests.fakes.clock import FakeClock


class LeasesContract:
    def test_take_gives_ninety_seconds_from_now(self, leases: Leases, clock: FakeClock) -> None:
        lease = leases.take(OWNER, BOT, "one", AS_OF)
        assert (lease.owner, lease.bot_id, lease.holder) == (OWNER, BOT, "one")
        assert lease.expires_at == clock.now() + timedelta(seconds=90)

    def test_take_while_another_holds_it_is_refused(self, leases: Leases) -> None:
        leases.take(OWNER, BOT, "one", AS_OF)
        with pytest.raises(LeaseTaken):
            leases.take(OWNER, BOT, "two", AS_OF)

    def test_take_of_what_has_expired_raises_the_fence(
        self, leases: Leases, clock: FakeClock
    ) -> None:
        first = leases.take(OWNER, BOT, "one", AS_OF)
        clock.forward(89.999)
        with pytest.raises(LeaseTaken):
            leases.take(OWNER, BOT, "two", AS_OF)
        clock.forward(0.001)
        assert leases.take(OWNER, BOT, "two", AS_OF).fence == first.fence + 1

    def test_take_again_by_its_holder_works_because_an_answer_may_be_lost(
        self, leases: Leases
    ) -> None:
        first = leases.take(OWNER, BOT, "one", AS_OF)
        again = leases.take(OWNER, BOT, "one", AS_OF)
        assert again.fence == first.fence + 1
        with pytest.raises(Fenced):
            leases.renew(first)

    def test_a_bot_that_was_worked_later_is_out_of_order(self, leases: Leases) -> None:
        leases.free(leases.take(OWNER, BOT, "one", AS_OF))
        again = leases.take(OWNER, BOT, "two", AS_OF)
        for holder in ("two", "three"):
            with pytest.raises(OutOfOrder):
                leases.take(OWNER, BOT, holder, AS_OF - timedelta(minutes=1))
        leases.renew(again)
        leases.free(again)
        with pytest.raises(OutOfOrder):
            leases.take(OWNER, BOT, "three", AS_OF - timedelta(minutes=1))
        leases.take(OWNER, BOT, "three", AS_OF + timedelta(minutes=1))

    def test_what_was_refused_leaves_no_trace(self, leases: Leases) -> None:
        leases.take(OWNER, BOT, "one", AS_OF)
        with pytest.raises(LeaseTaken):
            leases.take(OWNER, BOT, "two", AS_OF + timedelta(minutes=1))
        leases.take(OWNER, BOT, "one", AS_OF)

    def test_free_lets_the_next_one_in_with_a_higher_fence(self, leases: Leases) -> None:
        first = leases.take(OWNER, BOT, "one", AS_OF)
        leases.free(first)
        assert leases.take(OWNER, BOT, "two", AS_OF).fence == first.fence + 1

    def test_free_of_what_has_passed_on_leaves_the_new_holder_alone(
        self, leases: Leases, clock: FakeClock
    ) -> None:
        old = leases.take(OWNER, BOT, "one", AS_OF)
        clock.forward(90)
        new = leases.take(OWNER, BOT, "two", AS_OF)
        leases.free(old)
        leases.renew(new)

    def test_free_twice_is_free_once(self, leases: Leases) -> None:
        lease = leases.take(OWNER, BOT, "one", AS_OF)
        leases.free(lease)
        leases.free(lease)

    def test_renew_extends_from_now_at_the_same_fence(
        self, leases: Leases, clock: FakeClock
    ) -> None:
        lease = leases.take(OWNER, BOT, "one", AS_OF)
        clock.forward(30)
        longer = leases.renew(lease)
        assert (longer.fence, longer.expires_at) == (
            lease.fence,
            clock.now() + timedelta(seconds=90),
        )
        clock.forward(89)
        with pytest.raises(LeaseTaken):
            leases.take(OWNER, BOT, "two", AS_OF)

    def test_renew_of_what_has_passed_on_is_fenced(self, leases: Leases, clock: FakeClock) -> None:
        lease = leases.take(OWNER, BOT, "one", AS_OF)
        clock.forward(90)
        leases.take(OWNER, BOT, "two", AS_OF)
        with pytest.raises(Fenced):
            leases.renew(lease)

    def test_renew_after_free_is_fenced(self, leases: Leases) -> None:
        lease = leases.take(OWNER, BOT, "one", AS_OF)
        leases.free(lease)
        with pytest.raises(Fenced):
            leases.renew(lease)

    def test_bots_and_owners_have_leases_of_their_own(self, leases: Leases) -> None:
        leases.take(OWNER, BOT, "one", AS_OF)
        leases.take(OWNER, BotId("bot_2"), "two", AS_OF)
        leases.take(UserId("usr_2"), BOT, "three", AS_OF)


class LeaseRaces:
    """Two workers at once. Moto does not isolate threads: for stores that do."""

    def test_two_threads_race_and_one_holds_it(self, leases: Leases) -> None:
        leases.free(leases.take(OWNER, BOT, "before", AS_OF))

        def attempt(number: int) -> int | None:
            try:
                return leases.take(OWNER, BOT, f"worker-{number}", AS_OF).fence
            except LeaseTaken:
                return None

        with ThreadPoolExecutor(2) as pool:
            fences = list(pool.map(attempt, range(8)))
        assert len([fence for fence in fences if fence is not None]) == 1

    def test_one_holder_that_takes_many_times_gets_a_fence_of_its_own_each_time(
        self, leases: Leases
    ) -> None:
        with ThreadPoolExecutor(2) as pool:
            taken = list(pool.map(lambda _: leases.take(OWNER, BOT, "one", AS_OF).fence, range(8)))
        assert len(set(taken)) == 8


class GatesContract:
    def test_a_gate_that_was_never_shut_is_open(self, gates: Gates) -> None:
        assert gates.shut(OWNER) is None

    def test_a_stopped_owner_is_shut_and_another_is_not(
        self, gates: Gates, shut_gate: Callable[[UserId, str], None]
    ) -> None:
        shut_gate(OWNER, "EMERGENCY_STOP")
        assert gates.shut(OWNER) == "EMERGENCY_STOP"
        assert gates.shut(UserId("usr_2")) is None

    def test_a_blocked_owner_is_shut(
        self, gates: Gates, shut_gate: Callable[[UserId, str], None]
    ) -> None:
        shut_gate(OWNER, "USER_BLOCKED")
        assert gates.shut(OWNER) == "USER_BLOCKED"

    @pytest.mark.parametrize("code", ["EMERGENCY_STOP", "MAINTENANCE"])
    def test_the_desks_gate_shuts_everybody_and_is_named_first(
        self, gates: Gates, shut_gate: Callable[[UserId, str], None], code: str
    ) -> None:
        shut_gate(OWNER, "USER_BLOCKED")
        shut_gate(SYSTEM, code)
        assert gates.shut(OWNER) == code
        assert gates.shut(UserId("usr_2")) == code


class CyclesContract:
    def test_a_minute_begins_once(self, cycles: Cycles) -> None:
        assert cycles.begin(AS_OF)
        assert not cycles.begin(AS_OF)
        assert cycles.begin(AS_OF + timedelta(minutes=1))
