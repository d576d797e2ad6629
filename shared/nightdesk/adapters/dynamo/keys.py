"""Every key of every table. What belongs to a trader starts with the trader; the desk is SYSTEM.

Times in sort keys are ISO text or zero-padded milliseconds: both sort as they pass.
"""

from nightdesk.core.ids import SYSTEM as DESK
from nightdesk.core.ids import BotId, InstrumentId, SessionId, UserId, digest

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


# accounts

PROFILE = "PROFILE"
SECURITY = "SECURITY"
LOOKUP = "LOOKUP"
FIRST_ADMIN = "FIRST_ADMIN"
SESSIONS = "SESSION#"
INVITATIONS = "INVITATION#"


def session(session_id: SessionId) -> str:
    """Return the sort key of one signed-in device."""
    return f"{SESSIONS}{session_id}"


def invitation(invitation_id: str) -> str:
    """Return the sort key of one invitation, under SYSTEM."""
    return f"{INVITATIONS}{invitation_id}"


def lookup(kind: str, hashed: bytes) -> str:
    """Return the partition that leads from a digest under the pepper to an owner."""
    return f"LOOKUP#{kind}#{hashed.hex()}"


def reply(route: str, key: str) -> str:
    """Return the sort key of a kept reply: the route is a path of any length, so its digest."""
    return f"REPLY#{digest(route, key).hex()}"
