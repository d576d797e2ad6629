"""Every key of every table. What belongs to a trader starts with the trader; the desk is SYSTEM.

Times in sort keys are ISO text or zero-padded milliseconds: both sort as they pass.
"""

from nightdesk.core.ids import SYSTEM as DESK
from nightdesk.core.ids import BotId, InstrumentId, UserId

SYSTEM = str(DESK)
"""Partition of what belongs to the desk itself."""


def owner(user: UserId) -> str:
    """Return the partition of what one trader owns."""
    return SYSTEM if user == DESK else f"U#{user}"


def bot(user: UserId, bot_id: BotId) -> str:
    """Return the partition of what one bot decided, ordered, booked."""
    return f"{owner(user)}#BOT#{bot_id}"


# market table: shared by all owners, so no key names one


def candles(instrument: InstrumentId, timeframe: str) -> str:
    """Return the partition of one series of candles."""
    return f"C#{instrument}#{timeframe}"


def candle_block(start_ms: int) -> str:
    """Return the sort key of the block that starts at `start_ms`: before all its candles."""
    return f"{start_ms:013d}#B"


def candle(open_ms: int) -> str:
    """Return the sort key of one candle that is not in a block yet."""
    return f"{open_ms:013d}#T"


def rules(venue: str) -> str:
    """Return the partition of one venue's trading rules; the sort key is the instrument id."""
    return f"RULES#{venue}"
