"""Ids derived from what they stand for, so that doing a thing twice makes one thing."""

import base64
from datetime import datetime

from nightdesk.core.clock import from_millis, iso, millis
from nightdesk.core.errors import Missing
from nightdesk.core.ids import BotId, ClientOrderId, DecisionId, InstrumentId, UserId, digest
from nightdesk.trading.order import Leg

_MAX_DIGITS = 13  # milliseconds until the year 2286


def decision_id(
    bot_id: BotId, instrument_id: InstrumentId, as_of: datetime, definition: str, kind: str
) -> DecisionId:
    """Return the one id of what this bot decides now under this definition (its hash).

    Bot and moment stand in it in clear, so that the record is found by its id alone.
    """
    mark = _text(digest(bot_id, instrument_id, iso(as_of), definition, kind))
    return DecisionId(f"{bot_id}.{millis(as_of)}.{mark}")


def decided_by(decision: DecisionId) -> tuple[BotId, datetime]:
    """Return bot and moment of a decision id. Raises Missing for what is not one."""
    bot, _, rest = decision.partition(".")
    moment, _, mark = rest.partition(".")
    if not (bot and mark and moment.isascii() and moment.isdigit() and len(moment) <= _MAX_DIGITS):
        raise Missing(f"no decision {decision!r}")
    return BotId(bot), from_millis(int(moment))


def position_id(entry: ClientOrderId) -> str:
    """Return the id of the position that this entry order opens."""
    return "pos_" + _text(digest("position", entry))


def protective_decision(position: str, protection_version: int, kind: str) -> DecisionId:
    """Return the decision behind a protective exit: whoever fires it, cycle or watch, same id."""
    return DecisionId("dec_" + _text(digest(position, str(protection_version), kind)))


def exit_kind(at: datetime) -> str:
    """Return the kind of an exit at the market: a later pass that tries again makes one anew."""
    return f"{Leg.EXIT}@{iso(at)}"


def client_order_id(
    owner: UserId, bot_id: BotId, decision: DecisionId, leg: Leg, n: int = 0
) -> ClientOrderId:
    """Return the one id of this leg. `n` counts logical re-prices, never technical retries."""
    return ClientOrderId("nd" + _text(digest(owner, bot_id, decision, leg, str(n))))


def _text(raw: bytes) -> str:
    return base64.b32encode(raw).decode().lower()[:26]
