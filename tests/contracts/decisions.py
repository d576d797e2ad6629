"""What every Decisions keeps to."""

from datetime import timedelta

import pytest

from nightdesk.core.errors import Missing
from nightdesk.core.ids import BotId, DecisionId, UserId
from nightdesk.trading.ports import Decisions
from tests.builders.decisions import a_hold, an_entry
from tests.builders.trading import AS_OF, BOT, OWNER

HOUR = timedelta(hours=1)


class DecisionsContract:
    def test_put_then_get_gives_the_whole_record(self, decisions: Decisions) -> None:
        decision = an_entry()
        assert decisions.put(decision) == decision
        assert decisions.get(OWNER, decision.decision_id) == decision

    def test_put_at_a_decided_moment_gives_what_stands(self, decisions: Decisions) -> None:
        first = decisions.put(an_entry())
        assert decisions.put(a_hold()) == first
        assert decisions.put(first) == first
        assert decisions.get(OWNER, first.decision_id) == first

    def test_at_gives_what_was_decided_at_that_moment_or_none(self, decisions: Decisions) -> None:
        decision = decisions.put(an_entry())
        assert decisions.at(OWNER, BOT, decision.as_of) == decision
        assert decisions.at(OWNER, BOT, decision.as_of + HOUR) is None
        assert decisions.at(OWNER, BotId("bot_2"), decision.as_of) is None
        assert decisions.at(UserId("usr_2"), BOT, decision.as_of) is None

    def test_another_owners_decision_is_missing(self, decisions: Decisions) -> None:
        decision = decisions.put(a_hold())
        with pytest.raises(Missing):
            decisions.get(UserId("usr_2"), decision.decision_id)
        assert decisions.page(UserId("usr_2"), BOT, limit=5, after=None).items == []

    @pytest.mark.parametrize("wrong", ["", "x", "bot_1.1519905600000", "bot_1.abc.x", "bot_1.1.x"])
    def test_an_id_that_is_none_is_missing(self, decisions: Decisions, wrong: str) -> None:
        with pytest.raises(Missing):
            decisions.get(OWNER, DecisionId(wrong))

    def test_an_id_of_the_same_moment_with_another_mark_is_missing(
        self, decisions: Decisions
    ) -> None:
        decision = decisions.put(a_hold())
        with pytest.raises(Missing):
            decisions.get(OWNER, DecisionId(decision.decision_id[:-1] + "~"))

    def test_pages_run_from_newest_to_oldest_without_gap_or_repeat(
        self, decisions: Decisions
    ) -> None:
        for hour in range(5):
            decisions.put(a_hold(AS_OF + hour * HOUR))
        decisions.put(a_hold(AS_OF, bot_id=BotId("bot_2")))
        after, seen = None, []
        for expected in (2, 2, 1):
            page = decisions.page(OWNER, BOT, limit=2, after=after)
            assert len(page.items) == expected
            seen += [decision.as_of for decision in page.items]
            after = page.next_key
        assert after is None
        assert seen == [AS_OF + hour * HOUR for hour in (4, 3, 2, 1, 0)]

    def test_a_page_until_a_moment_has_what_was_decided_before_it(
        self, decisions: Decisions
    ) -> None:
        moments = [AS_OF, AS_OF + timedelta(milliseconds=250), AS_OF + HOUR]
        for moment in moments:
            decisions.put(a_hold(moment))
        for number, until in enumerate(moments):
            page = decisions.page(OWNER, BOT, limit=9, after=None, until=until)
            assert {decision.as_of for decision in page.items} == set(moments[:number])

    def test_a_full_last_page_says_that_it_is_the_last(self, decisions: Decisions) -> None:
        for hour in range(2):
            decisions.put(a_hold(AS_OF + hour * HOUR))
        assert decisions.page(OWNER, BOT, limit=2, after=None).next_key is None
