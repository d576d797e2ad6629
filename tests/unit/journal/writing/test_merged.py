from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from nightdesk.core.errors import StaleWrite
from nightdesk.core.ids import UserId
from nightdesk.journal.book_stats import Played
from nightdesk.journal.merged import (
    MergedPlans,
    MergedTrades,
    book_counting,
    labels_counting,
    played_counting,
)
from nightdesk.journal.place import Place
from nightdesk.journal.plan import Wish
from nightdesk.journal.planning import ReadPlan
from nightdesk.journal.playbook import checked
from nightdesk.journal.predicate import Compare, Predicate
from nightdesk.journal.tag import Tag, TagBook
from nightdesk.journal.tagging import MergeTag
from nightdesk.journal.trade import Check, Labels
from nightdesk.journal.verdict import State
from tests.builders.writing import (
    OWNER,
    a_book,
    a_closed_trade,
    a_plan,
    a_rule,
    a_tag,
    played,
)
from tests.fakes.journal import FakePlans, FakeTags, FakeWrittenTrades

TAGS = (
    a_tag(id="coil", name="Coil", merged_into="squeeze", version=2),
    a_tag(id="squeeze", name="Squeeze", version=1),
)
BOOK = TagBook(OWNER, TAGS)


def kept() -> FakeTags:
    return FakeTags({(OWNER, one.id): one for one in TAGS})


def test_of_two_merges_at_once_that_would_make_a_ring_one_is_refused() -> None:
    @dataclass
    class Busy(FakeTags):
        rival: MergeTag | None = None

        def all(self, owner: UserId) -> Sequence[Tag]:
            seen, rival, self.rival = super().all(owner), self.rival, None
            if rival is not None:
                rival(owner, "squeeze", "coil", version=1)
            return seen

    tags = Busy()
    for name in ("coil", "squeeze"):
        tags.save(a_tag(id=name, name=name), None)
    merge = MergeTag(tags)
    tags.rival = merge
    with pytest.raises(StaleWrite):
        merge(OWNER, "coil", "squeeze", version=1)
    book = TagBook(OWNER, tags.all(OWNER))
    assert (book.of("coil"), book.of("squeeze")) == ("coil", "coil")


def with_setups(*setups: str | None) -> Sequence[Played]:
    return [
        played(a_closed_trade(f"jt_{n}"), setup_id=setup) for n, setup in enumerate(setups, start=1)
    ]


def test_a_plan_that_named_the_merged_setup_is_kept_by_trades_of_either_name() -> None:
    plan = a_plan(wish=Wish(setups=("coil", "squeeze")))
    plans = FakePlans({(OWNER, plan.day): plan})
    trades = FakeWrittenTrades(list(with_setups("coil", "squeeze")))
    read = ReadPlan(MergedPlans(plans, kept()), MergedTrades(trades, kept()))
    shown = read(OWNER, plan.day, plan.ends)
    assert shown.plan is not None
    assert shown.plan.wish.setups == ("squeeze",)
    assert shown.verdict.state is State.JUDGED
    assert [(one.name, one.check) for one in shown.verdict.items] == [("setups", Check.KEPT)]
    trades.kept += [*with_setups("coil", "squeeze", "scalp")][2:]
    (item,) = (
        read.page(OWNER, None, None, now=plan.ends, limit=9, after=None).items[0].verdict.items
    )
    assert (item.check, item.trades) == (Check.BROKEN, ("jt_3",))


def test_a_rule_that_lists_both_names_asks_for_one_and_other_rules_stay() -> None:
    asked = Predicate(field="setup_id", compare=Compare.NOT_IN, values=("coil", "squeeze", "gap"))
    book = a_book(rules=(a_rule(id="not", predicate=asked), a_rule(id="by_hand", predicate=None)))
    counting = book_counting(book, BOOK)
    assert counting.rules[0].predicate is not None
    assert counting.rules[0].predicate.values == ("squeeze", "gap")
    assert counting.rules[1] == book.rules[1]
    checks = [
        checked(counting, one.trade, one.labels, Place())["not"]
        for one in played_counting(with_setups("coil", "squeeze", "scalp", None), BOOK)
    ]
    assert checks == [Check.BROKEN, Check.BROKEN, Check.KEPT, Check.UNKNOWN]


def test_labels_name_each_tag_once_and_a_name_that_leads_nowhere_stays() -> None:
    labels = Labels(
        owner=OWNER, trade_id=a_closed_trade().id, setup_id="gone", tags=("coil", "gap", "squeeze")
    )
    counted = labels_counting(labels, BOOK)
    assert (counted.setup_id, counted.tags) == ("gone", ("squeeze", "gap"))
    plain = TagBook(OWNER, ())
    assert labels_counting(labels, plain) is labels
    trades = with_setups("coil")
    assert played_counting(trades, plain) is trades
