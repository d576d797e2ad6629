"""Every reason code of this room: its row in the table of entry checks, and what it means.

The page of reason codes is rendered from here. A code of a later wave is added beside its check.
"""

from enum import StrEnum

EXIT = 0
"""The row of a code that refuses an exit: exits are not in the table of entry checks."""


class Reason(StrEnum):
    """Why risk refused or shrank an order. `number` is the row of the table in trading §4."""

    number: int
    meaning: str

    def __new__(cls, value: str, number: int, meaning: str) -> "Reason":
        """Build a member that knows its row and its meaning."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.number = number
        member.meaning = meaning
        return member

    EMERGENCY_STOP = "EMERGENCY_STOP", 1, "The emergency stop is engaged."
    USER_BLOCKED = "USER_BLOCKED", 1, "The owner is blocked from trading."
    MAINTENANCE = "MAINTENANCE", 1, "The desk is under maintenance."
    STATE_REDUCING = "STATE_REDUCING", 3, "Only orders that reduce are allowed now."
    STATE_HALTED = "STATE_HALTED", 3, "Trading is halted until a person has looked."
    BOT_NOT_ACTIVE = "BOT_NOT_ACTIVE", 3, "The bot is not in a status that enters."
    LOCKED = "LOCKED", 5, "Entries are locked for a while; `by` names the lock."
    DATA_STALE = "DATA_STALE", 6, "The newest closed candle is too old."
    DATA_GAP = "DATA_GAP", 6, "Too many candles are missing."
    OUTLIER = "OUTLIER", 6, "The newest candle is an outlier that nothing confirmed."
    PRICE_REFUSED = "PRICE_REFUSED", 6, "The price jumped and no second source confirmed it."
    RULES_STALE = "RULES_STALE", 6, "The venue's rules were not refreshed in time."
    WARMING = "WARMING", 6, "There are too few candles for the indicators."
    NOT_TRADING = "NOT_TRADING", 7, "The venue does not trade this instrument now."
    SPREAD_WIDE = "SPREAD_WIDE", 7, "The spread between bid and ask is too wide."
    ILLIQUID = "ILLIQUID", 7, "Too many candles are without volume."
    WEEKLY_BEARISH = "WEEKLY_BEARISH", 8, "The week is bearish, and the strategy obeys it."
    ALREADY_HELD = "ALREADY_HELD", 9, "The bot holds a position."
    ENTRY_PENDING = "ENTRY_PENDING", 9, "The bot has an open entry order."
    UNKNOWN_ORDER_OPEN = "UNKNOWN_ORDER_OPEN", 9, "The outcome of an order is not known yet."
    THROTTLED = "THROTTLED", 10, "There were too many entries; `of` and `per` say whose and when."
    DAILY_LOSS = "DAILY_LOSS", 11, "The loss of the UTC day has reached its limit."
    BOT_DRAWDOWN = "BOT_DRAWDOWN", 14, "The bot is too far below its peak."
    LOSS_STREAK = "LOSS_STREAK", 14, "Too many losses in a row: the size is halved."
    MAX_POSITIONS = "MAX_POSITIONS", 15, "The owner holds as many positions as allowed."
    NO_STOP = "NO_STOP", 16, "There is no stop below the entry."
    STOP_TOO_TIGHT = "STOP_TOO_TIGHT", 16, "The stop is too near to the entry."
    STOP_TOO_WIDE = "STOP_TOO_WIDE", 16, "The stop is too far from the entry."
    RR_TOO_LOW = "RR_TOO_LOW", 17, "The target earns too little for the risk, net of costs."
    EDGE_BELOW_COST = (
        "EDGE_BELOW_COST",
        17,
        "The expected move is too small for a round trip's cost.",
    )
    TRADE_RISK = "TRADE_RISK", 18, "Too much of the owner's equity would be lost at the stop."
    POSITION_CAP = "POSITION_CAP", 18, "The position would be too large for owner or bot."
    INSUFFICIENT_CAPITAL = "INSUFFICIENT_CAPITAL", 24, "The bot's free cash does not cover it."
    BELOW_MINIMUM = "BELOW_MINIMUM", 25, "The entry or its exit would be below the venue's minimum."
    ABOVE_MAXIMUM = "ABOVE_MAXIMUM", 25, "The size is above the venue's maximum."
    SIZE_TOO_SMALL = "SIZE_TOO_SMALL", 25, "The caps leave too little of the size first planned."
    NOTHING_TO_SELL = "NOTHING_TO_SELL", EXIT, "Nothing is held that could be sold."
    EXIT_PENDING = "EXIT_PENDING", EXIT, "An exit is under way."
