"""Quickly built nouns are the nouns that their own class builds, and as strictly checked."""

import pickle
from dataclasses import FrozenInstanceError, dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from types import MappingProxyType

import pytest

from nightdesk.core.ids import TradeId, UserId
from nightdesk.core.quick import altered, quick
from nightdesk.journal.trade import JournalTrade, Labels, Leg, Money, StopMark
from tests.builders.journal_trades import AT, a_trade

D = Decimal
OWNER = UserId("usr_1")


def test_what_is_built_is_the_noun_itself() -> None:
    slow = StopMark(at=AT, price=D("0.5"))
    made = quick(StopMark, ("price", "at"))(D("0.5"), AT)
    assert type(made) is StopMark
    assert (made, hash(made), repr(made)) == (slow, hash(slow), repr(slow))
    assert replace(made, price=D(2)) == StopMark(at=AT, price=D(2))
    assert pickle.loads(pickle.dumps(made)) == slow
    with pytest.raises(FrozenInstanceError):
        made.price = D(3)  # type: ignore[misc]


def test_fields_that_are_not_named_have_their_defaults() -> None:
    made = quick(Labels, ("owner", "trade_id"))(OWNER, TradeId("jt_1"))
    assert made == Labels(owner=OWNER, trade_id=TradeId("jt_1"))
    assert isinstance(made.checklist, MappingProxyType)
    money = quick(Money, ("gross", "fees", "funding", "net"))(D(1), None, D(0), None)
    assert money == Money(gross=D(1), fees=None, funding=D(0), net=None)


def test_each_has_defaults_of_its_own() -> None:
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Held:
        name: str
        many: list[int] = field(default_factory=list)

    build = quick(Held, ("name",))
    build("one").many.append(1)
    assert build("two") == Held(name="two")


def test_a_wrong_one_cannot_be_built() -> None:
    leg = a_trade().legs[0]
    build = quick(Leg, ("fill_id", "order", "at", "action", "entry", "quantity", "price"))
    with pytest.raises(ValueError, match="quantity"):
        build(leg.fill_id, leg.order, leg.at, leg.action, leg.entry, D(0), leg.price)
    with pytest.raises(TypeError):
        build(leg.fill_id)


def test_a_field_without_default_must_be_named() -> None:
    with pytest.raises(TypeError, match="price has no default and is not named"):
        quick(StopMark, ("at",))


def test_an_altered_noun_is_what_replace_makes() -> None:
    mark, later = StopMark(at=AT, price=D(1)), AT + timedelta(seconds=1)
    assert altered(StopMark, "price", "at")(mark, D(2), later) == replace(
        mark, at=later, price=D(2)
    )
    trade = a_trade()
    assert altered(JournalTrade, "version")(trade, 7) == replace(trade, version=7)
    with pytest.raises(ValueError, match="price"):
        altered(StopMark, "price")(mark, D(0))


def test_a_kind_without_slots_is_refused() -> None:
    @dataclass(frozen=True)
    class Loose:
        name: str

    with pytest.raises(TypeError, match="Loose has no slots"):
        quick(Loose, ("name",))
