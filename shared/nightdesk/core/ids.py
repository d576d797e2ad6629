"""Ids. Types tell a bot from an order; ULIDs sort by time and can be derived from a cause."""

import base64
import hashlib
import re
from datetime import datetime
from functools import lru_cache
from typing import NewType

from nightdesk.core.clock import millis

UserId = NewType("UserId", str)
BotId = NewType("BotId", str)
InstrumentId = NewType("InstrumentId", str)
StrategyId = NewType("StrategyId", str)
DecisionId = NewType("DecisionId", str)
ClientOrderId = NewType("ClientOrderId", str)
VenueOrderId = NewType("VenueOrderId", str)
FillId = NewType("FillId", str)
PostingId = NewType("PostingId", str)
SessionId = NewType("SessionId", str)
EventId = NewType("EventId", str)
TradeId = NewType("TradeId", str)

SYSTEM = UserId("SYSTEM")
"""The desk itself, as the owner of what belongs to no trader."""

INSTRUMENT_ID = re.compile(r"^[A-Z0-9]{1,15}/[A-Z0-9]{1,15}@[a-z]{3,12}$")


def digest(*parts: str) -> bytes:
    """Return the SHA-256 of `parts` joined by `|`."""
    return hashlib.sha256("|".join(parts).encode()).digest()


def ulid(at: datetime, *cause: str) -> str:
    """Return the one ULID of this cause at this moment: a repeat makes no second id."""
    from ulid import ULID  # noqa: PLC0415 - an export is verified by the standard library alone

    return str(ULID(millis(at).to_bytes(6, "big") + digest(*cause)[:10]))


def account_name(venue: str, mode: str, label: str = "main") -> str:
    """Return what the journal calls an account at a venue; paper money has no key, so no label."""
    return f"{venue}:{mode}" if mode == "paper" else f"{venue}:{label}:{mode}"


def journal_trade_id(
    owner: UserId, account: str, instrument: InstrumentId, first_fill: str
) -> TradeId:
    """Return the one id of the trade that this fill opened: building it again gives the same.

    `account` is the account's name in the journal; `trading/` names the trade by it, too. A fill
    that crosses zero opens the later of its two trades.
    """
    text = base64.b32encode(digest("trade", owner, account, instrument, first_fill))
    return TradeId("jt_" + text.decode().lower()[:26])


@lru_cache(maxsize=1_000)
def instrument_id(text: str) -> InstrumentId:
    """Return `text` as an instrument id. Raises ValueError unless it is `BASE/QUOTE@venue`."""
    if not INSTRUMENT_ID.fullmatch(text):
        raise ValueError(f"an instrument id is BASE/QUOTE@venue, was {text!r}")
    return InstrumentId(text)
