"""Ids derived from what they stand for."""

import base64
import hashlib
import re
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightdesk.core.errors import Missing
from nightdesk.core.ids import BotId, ClientOrderId, DecisionId
from nightdesk.trading.identity import (
    client_order_id,
    decided_by,
    decision_id,
    position_id,
    protective_decision,
)
from nightdesk.trading.order import Leg
from tests.builders.trading import AS_OF, BOT, BTC, OWNER

DECISION = decision_id(BOT, BTC, AS_OF, "hash", "cycle")


def test_client_order_id_is_the_digest_of_its_parts_in_26_characters() -> None:
    # the formula of the specification, worked here with the standard library
    raw = hashlib.sha256(f"{OWNER}|{BOT}|{DECISION}|entry|0".encode()).digest()
    expected = "nd" + base64.b32encode(raw).decode().lower()[:26]
    assert client_order_id(OWNER, BOT, DECISION, Leg.ENTRY) == expected
    assert re.fullmatch(r"nd[a-z2-7]{26}", expected)


def test_client_order_ids_differ_by_leg_and_by_logical_try() -> None:
    ids = {client_order_id(OWNER, BOT, DECISION, leg, n) for leg in Leg for n in range(3)}
    assert len(ids) == 3 * len(Leg)


def test_decision_id_differs_by_every_part() -> None:
    others = {
        decision_id(BotId("bot_2"), BTC, AS_OF, "hash", "cycle"),
        decision_id(BOT, BTC, AS_OF + timedelta(minutes=1), "hash", "cycle"),
        decision_id(BOT, BTC, AS_OF, "other", "cycle"),
        decision_id(BOT, BTC, AS_OF, "hash", "hand"),
    }
    assert len(others | {DECISION}) == 5
    assert decision_id(BOT, BTC, AS_OF, "hash", "cycle") == DECISION


def test_decision_id_tells_bot_and_moment() -> None:
    assert decided_by(DECISION) == (BOT, AS_OF)


@given(text=st.text(max_size=40))
def test_decision_id_from_outside_is_read_or_missing(text: str) -> None:
    try:
        bot, moment = decided_by(DecisionId(text))
    except Missing:
        return
    assert text.startswith(bot)
    assert moment.tzinfo is not None


@pytest.mark.parametrize("text", ["", "bot", "bot.1", "bot..x", "bot.-1.x", "bot.²1.x", ".1.x"])
def test_text_that_is_no_decision_id_is_missing(text: str) -> None:
    with pytest.raises(Missing):
        decided_by(DecisionId(text))


def test_protective_decision_is_one_per_version_and_leg_whoever_fires_it() -> None:
    position = position_id(ClientOrderId("nd1"))
    ids = {protective_decision(position, version, leg) for version in (1, 2) for leg in Leg}
    assert len(ids) == 2 * len(Leg)
    assert protective_decision(position, 1, Leg.STOP) in ids
