"""What every RateCounters does."""

from datetime import timedelta

from nightdesk.accounts.limits import of_network, of_user
from nightdesk.accounts.ports import RateCounters
from tests.builders.accounts import ALICE, BOB, NOW

UNTIL = NOW + timedelta(minutes=2)
HERS = of_user(ALICE)


class RateCountersContract:
    def test_requests_of_a_window_are_numbered(self, counters: RateCounters) -> None:
        found = [counters.count(HERS, "read", 7, most=4, keep_until=UNTIL) for _ in range(3)]
        assert [each.count for each in found] == [1, 2, 3]
        assert {(each.previous, each.counted) for each in found} == {(0, True)}

    def test_a_heavier_request_counts_as_many(self, counters: RateCounters) -> None:
        for weight, count in ((20, 20), (1, 21), (5, 26)):
            found = counters.count(HERS, "history", 7, most=30, keep_until=UNTIL, weight=weight)
            assert (found.count, found.counted) == (count, True)

    def test_a_full_bucket_says_so_and_stays_as_it_is(self, counters: RateCounters) -> None:
        for _ in range(4):
            full = counters.count(HERS, "read", 7, most=2, keep_until=UNTIL)
        assert (full.count, full.previous, full.counted) == (2, 0, False)

    def test_the_next_window_knows_the_one_before_and_no_other(
        self, counters: RateCounters
    ) -> None:
        for window, times in ((7, 3), (8, 2), (9, 1)):
            for _ in range(times):
                found = counters.count(HERS, "read", window, most=9, keep_until=UNTIL)
        assert (found.count, found.previous) == (1, 2)

    def test_after_a_pause_nothing_is_remembered(self, counters: RateCounters) -> None:
        counters.count(HERS, "read", 7, most=9, keep_until=UNTIL)
        found = counters.count(HERS, "read", 9, most=9, keep_until=UNTIL)
        assert (found.count, found.previous) == (1, 0)

    def test_a_clock_that_lags_counts_in_its_own_window(self, counters: RateCounters) -> None:
        counters.count(HERS, "read", 7, most=9, keep_until=UNTIL)
        counters.count(HERS, "read", 8, most=9, keep_until=UNTIL)
        assert counters.count(HERS, "read", 7, most=9, keep_until=UNTIL).count == 2
        assert counters.count(HERS, "read", 8, most=9, keep_until=UNTIL).previous == 2

    def test_subjects_classes_and_parts_are_apart(self, counters: RateCounters) -> None:
        counters.count(HERS, "read", 7, most=9, keep_until=UNTIL)
        for subject, kind in (
            (of_user(BOB), "read"),
            (HERS, "write"),
            (of_user(ALICE, "kraken"), "read"),
            (of_network("192.0.2.1"), "read"),
            (of_network("198.51.100.1"), "read"),
        ):
            assert counters.count(subject, kind, 7, most=9, keep_until=UNTIL).count == 1
