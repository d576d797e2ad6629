"""What each code, event and variable means, where the code itself keeps no sentence of it.

A name without a sentence fails `make docs` and its test, so a new one cannot go undocumented.
"""

from nightdesk.bots.bot import PauseCode
from nightdesk.market.quality import FindingCode
from nightdesk.names import Env, EventType
from nightdesk.strategies.problems import Caution, Code

VARIABLES: dict[Env, str] = {
    Env.STAGE: "The stage that this function belongs to.",
    Env.VERSION: "The desk's version.",
    Env.COMMIT: "The commit it was deployed from, 40 hex digits.",
    Env.DESK_TABLE: "Table of all user data.",
    Env.MARKET_TABLE: "Table of candles, rules and snapshots.",
    Env.AUDIT_TABLE: "Table of the audit trail.",
    Env.RUNTIME_TABLE: "Table of leases, planned minutes and kept replies.",
    Env.PEPPER_SECRET: "Name of the secret that keys the digests of what people type.",
    Env.SIGNING_SECRET: "Name of the secret with the signing keys of access tokens.",
    Env.OPERATOR_SECRET: "Name of the secret that registers the first admin, once.",
    Env.ANCHOR_BUCKET: "Bucket of the audit log's anchors.",
    Env.VAULT_KEY: "Alias of the KMS key that wraps the keys which people's secrets and words are "
    "sealed under.",
    Env.PROBE_FUNCTION: "Name of the function that asks providers about keys.",
    Env.CORS_ORIGINS: "Exact origins that browsers may call from, separated by commas. No `*`.",
    Env.PUBLIC_URL: "Address under which people reach the desk.",
    Env.MAIL_FROM: "Address that the desk's mail comes from, of an identity that SES has "
    "verified. Without it no mail is sent.",
    Env.ENABLED_VENUES: "Venues that are asked for prices and rules, separated by commas.",
    Env.VENUE_TIMEOUT_SECONDS: "How long a venue may take to answer, in seconds.",
    Env.REPLAY_FOLDER: "Folder of recorded candles that stand in for venues; `recorded` names "
    "the desk's own. Stage `local` alone.",
    Env.LOG_LEVEL: "The least severe line that is logged.",
    Env.TRACE_RATE: "Share of requests that are traced.",
    Env.DEAD_LETTERS: "URLs of the queues of dead letters, separated by commas.",
    Env.EMERGENCY_STOP_MACHINE: "ARN of the machine that carries out an emergency stop.",
}

EVENTS: dict[EventType, str] = {
    EventType.KEY_SAVED: "A version of a key was stored.",
    EventType.KEY_TESTED: "A provider was asked about a key; its status may have changed.",
    EventType.KEY_DELETED: "A key was destroyed.",
    EventType.KEY_EXPIRING: "A key ends in fourteen days.",
    EventType.SESSION_REVOKED: "A refresh token was used twice: its session has ended.",
    EventType.EMERGENCY_STOP_ENGAGED: "Trading was stopped; no entry after this.",
    EventType.EMERGENCY_STOP_PROGRESS: "How far an emergency stop has come.",
    EventType.EMERGENCY_STOP_RESUMED: "An emergency stop was lifted.",
    EventType.SYSTEM_MODE_UPDATED: "Maintenance began, changed or ended.",
    EventType.NOTIFICATION: "Something that the owner should know at once, in words.",
    EventType.BOT_CREATED: "A bot was made, with its money in it.",
    EventType.BOT_UPDATED: "Name, limits, risk mode or parameters of a bot changed.",
    EventType.BOT_STATUS_CHANGED: "A bot was made, started, paused, resumed or retired.",
    EventType.BOT_RETIRED: "A bot has ended for good.",
    EventType.DECISION_MADE: "A bot asked for an entry or an exit; a refusal carries its code.",
    EventType.ORDER_UPDATED: "An order has a new state.",
    EventType.FILL_BOOKED: "A fill is in the ledger.",
    EventType.POSITION_UPDATED: "What a bot holds, or what protects it, changed.",
    EventType.ROUND_TRIP_CLOSED: "A position went from first buy to last sale.",
    EventType.STATE_CHANGED: "Trading was halted: the figures of a bot contradict each other.",
    EventType.CAPITAL_POSTED: "Money moved between the pool and a bot.",
}

DEFINITIONS: dict[Code, str] = {
    Code.UNKNOWN_FIELD: "The grammar has no such field here.",
    Code.UNKNOWN_FUNCTION: "There is no such function, or it is not available yet.",
    Code.UNKNOWN_OUTPUT: "The function has no output of this name.",
    Code.UNDEFINED_FEATURE: "No feature has this name.",
    Code.UNDEFINED_PARAM: "No input has this name.",
    Code.BAD_PARAM: "The value is not of the kind that is wanted, or not among the choices.",
    Code.OUT_OF_RANGE: "The number is below the least or above the greatest allowed.",
    Code.TYPE_MISMATCH: "Something of another kind is wanted here.",
    Code.TF_TOO_FINE: "A rule reads candles shorter than those the strategy runs on.",
    Code.FUTURE_REFERENCE: "A rule reads a candle that has not closed yet.",
    Code.LEVEL_OF_CUMULATIVE: "The level of a running total means nothing; its changes do.",
    Code.NO_ENTRY: "There is no entry condition.",
    Code.NO_STOP: "There is no stop.",
    Code.STOP_TOO_TIGHT: "Noise alone would reach the stop.",
    Code.TARGET_BELOW_COST: "The target earns less than a round trip costs.",
    Code.CONSTRAINT_BROKEN: "The inputs' values break a constraint of the definition.",
    Code.CONSTANT_CONDITION: "The condition is the same at every candle.",
    Code.EXIT_ONLY_TERM: "Only an exit may ask about the position.",
    Code.TOO_DEEP: "Conditions are nested too deeply.",
    Code.TOO_LARGE: "The definition has too many parts or bytes.",
    Code.WARMUP_TOO_LONG: "More candles are needed than a bot loads.",
}

CAUTIONS: dict[Caution, str] = {
    Caution.UNUSED_FEATURE: "Nothing reads this feature.",
    Caution.WEEKLY_GATE_OFF: "Entries are not held back in a falling week.",
    Caution.NO_EXIT: "A position ends at its stop alone.",
    Caution.ENTRY_NEVER_TRUE: "The entry was never true in a thousand candles or more.",
}

FINDINGS: dict[FindingCode, str] = {
    FindingCode.CANDLE_REFUSED: "A row that no market made was left out.",
    FindingCode.CANDLE_REVISED: "The venue tells a stored candle otherwise; the stored one stays.",
    FindingCode.GAP: "Candles are missing; `confirmed=1` says a second source lacks them too.",
    FindingCode.SINCE_IGNORED: "The venue did not begin where it was asked to.",
    FindingCode.RESAMPLE_MISMATCH: "The venue's candle differs from the sum of its parts.",
    FindingCode.DATA_GAP: "Too many candles are missing, of the last 20 or of the window.",
    FindingCode.DATA_STALE: "The newest closed candle is too old.",
    FindingCode.ILLIQUID: "Too many candles are without volume.",
    FindingCode.OUTLIER: "The newest candle moved far beyond what is usual; nothing confirmed it.",
    FindingCode.PRICE_REFUSED: "The price jumped and no second source confirmed it.",
}

PAUSES: dict[PauseCode, str] = {
    PauseCode.USER_PAUSED: "Its owner paused it.",
    PauseCode.GRADUATED: "It finished its training.",
    PauseCode.TRAINING_FAILED: "It did not pass its training.",
    PauseCode.TRAINING_STOPPED: "Its training was stopped.",
    PauseCode.MODE_CHANGE: "Its trading mode changed.",
    PauseCode.MANUAL_ADMIN_PAUSE: "An admin paused it.",
    PauseCode.USER_BLOCKED_BY_ADMIN: "Its owner is blocked.",
    PauseCode.EMERGENCY_STOP: "The emergency stop was engaged.",
    PauseCode.RISK_STOP: "A risk limit stopped it.",
    PauseCode.NO_VENUE_KEY: "There is no key for its venue.",
    PauseCode.KEY_FAILED: "The venue refuses its key.",
    PauseCode.UNSUPPORTED_VENUE: "Its venue is not supported.",
    PauseCode.MODE_DISABLED: "Its trading mode is switched off.",
    PauseCode.INSUFFICIENT_FUNDS: "Its account at the venue lacks the money.",
}

ORDERS: dict[str, str] = {
    "NOT_TRADING": "rejected: the venue does not trade the instrument now.",
    "UNKNOWN_INSTRUMENT": "rejected: the venue does not know the instrument.",
    "BAD_LOT": "rejected: the quantity is no multiple of the lot.",
    "BAD_TICK": "rejected: a price is no multiple of the tick.",
    "BELOW_MINIMUM": "rejected: below the venue's least quantity or value.",
    "ABOVE_MAXIMUM": "rejected: above the venue's greatest quantity or value.",
    "BAD_COMBINATION": "rejected: stop, target and entry do not fit together.",
    "INSUFFICIENT_BALANCE": "rejected: nothing was set aside to pay for it.",
    "SIMULATED_REJECTION": "rejected: one of the refusals at random that paper trading assumes.",
    "NO_PRICE": "expired: there is a gap in the record, and nothing fills in a gap.",
    "NO_LIQUIDITY": "expired: the candle had less volume to give; what it gave is filled.",
    "PRICE_BEYOND_BOUND": "expired: the price was worse than what the reservation pays for.",
    "PRICE_BEYOND_LIMIT": "expired: the price was worse than the order's limit.",
    "NEVER_REACHED_VENUE": "cancelled: three look-ups over a minute did not find it.",
    "EXPIRED_DECISION": "denied: it was approved and not placed while its candle was current.",
    "PROTECTION_CHANGED": "cancelled: another stop or target took its place.",
    "BOT_NOT_ACTIVE": "cancelled: the bot was paused while the buy rested.",
    "POSITION_CLOSED": "cancelled: what it protected has been sold.",
    "LATE_FILL": "a tag: it filled after it had been final.",
}

HTTP: dict[str, tuple[str, str]] = {
    "ACCOUNT_BLOCKED": ("403", "This account is blocked."),
    "BAD_AMOUNT": ("422", "Capital is 100 to 1,000,000 of the quote currency."),
    "BAD_CURSOR": ("400", "The cursor was not given out for this route and owner."),
    "BAD_FORMAT": ("422", "What was given is not of its form: username, e-mail address, key."),
    "BAD_JSON": ("400", "The body is not strict JSON in UTF-8, or nested too deeply."),
    "BAD_KEY_LABEL": ("422", "A key label has 1 to 20 of a-z, 0-9 and -."),
    "BAD_NAME": ("422", "A name has 1 to 40 characters and no control characters."),
    "BAD_RANGE": ("422", "`from` and `to` do not fit together, or span too much."),
    "BAD_REQUEST": ("400", "The request could not be read."),
    "BELOW_MIN_NOTIONAL": ("422", "No position the risk mode allows reaches the venue's minimum."),
    "RATE_LIMITED": (
        "429",
        "A bucket of requests is spent: wait as long as `Retry-After` says. See rate limits.",
    ),
    "BODY_TOO_LARGE": ("413", "A body has at most 256 KiB."),
    "BOT_LIMIT": ("409", "The owner has as many bots as allowed, in all or at this venue."),
    "BUILT_IN": ("403", "A built-in strategy cannot be changed; create a copy."),
    "CODE_WRONG": ("422", "The code is not the one that was sent, or its ten minutes are over."),
    "DECLARATION_REQUIRED": ("422", "Declare that the key cannot withdraw: nobody else tells."),
    "EMAIL_TAKEN": ("409", "Another account has this address."),
    "FORBIDDEN": ("403", "This is for administrators."),
    "IDEMPOTENCY_IN_PROGRESS": ("409", "The first request under this key still runs."),
    "IDEMPOTENCY_KEY_REQUIRED": ("400", "This request needs an `Idempotency-Key`."),
    "IDEMPOTENCY_KEY_REUSED": ("422", "This key was used for another request."),
    "INSUFFICIENT_CAPITAL": ("409", "The pool of this currency has less free money."),
    "INTERNAL": ("500", "Something went wrong on our side; name the `request_id`."),
    "INVALID_CREDENTIALS": ("401", "E-mail, password or code is wrong."),
    "INVALID_DEFINITION": ("422", "The definition has errors; each is listed with its place."),
    "INVITATION_INVALID": ("403", "The invitation is unknown, used or expired."),
    "INVITATION_LIMIT": ("409", "Too many invitations are open."),
    "IN_USE": ("409", "Bots hold this strategy; they are listed."),
    "KEY_CAN_WITHDRAW": ("422", "The key may withdraw. Nothing was stored."),
    "KEY_DUPLICATE": ("409", "This key is kept under another label."),
    "KEY_IN_USE": ("409", "A live bot has a position open on this key."),
    "KEY_LIMIT": ("409", "There are five keys of this provider."),
    "LIVE_GATE_REFUSED": ("409", "This desk trades on paper only."),
    "METHOD_NOT_ALLOWED": ("405", "This path does not take that method."),
    "MODE_DISABLED": ("409", "Beside `LIVE_GATE_REFUSED`: live trading is not available."),
    "NAME_TAKEN": ("409", "Another bot or strategy of yours has this name."),
    "NOT_CONFIGURED": ("404", "There is no key of yours under this provider and label."),
    "NOT_FLAT": ("409", "The bot holds something or has orders open."),
    "NOT_FOUND": ("404", "There is no such thing; another trader's thing is none, either."),
    "NOT_TRADING": ("409", "Beside `START_REFUSED`: the venue does not trade the instrument."),
    "OPEN_POSITIONS": ("409", "The bot still holds a position."),
    "OPERATOR_TOKEN_USED": ("403", "The operator token has registered its one admin."),
    "OUT_OF_RANGE": ("422", "The number is outside what `allowed` says."),
    "PROVIDER_UNREACHABLE": ("424", "The provider did not answer, or said nothing about the key."),
    "REFRESH_RACED": ("409", "Another request refreshed this session just now."),
    "REGISTRATION_CLOSED": ("403", "Registration takes the operator token or an invitation."),
    "RULES_STALE": ("409", "Beside `START_REFUSED`: the venue's rules are older than 72 hours."),
    "SECRET_ALREADY_SHOWN": ("409", "The answer to this request showed a secret, once."),
    "STALE_VERSION": ("409", "It has changed since it was read: read again."),
    "START_REFUSED": ("409", "The bot cannot start; every violation is listed."),
    "STATUS_CONFLICT": ("409", "The bot's status does not allow this step."),
    "TF_TOO_FINE": ("422", "The strategy reads candles shorter than the bot's."),
    "TOKEN_EXPIRED": ("401", "The access token has expired; refresh it."),
    "TOKEN_REVOKED": ("401", "This session has ended; sign in again."),
    "UNAUTHENTICATED": ("401", "Sign in first."),
    "UNKNOWN_INSTRUMENT": ("404, 422", "This desk does not trade that instrument."),
    "UNKNOWN_PROVIDER": ("404", "There is no such provider."),
    "UNKNOWN_STRATEGY": ("422", "There is no such strategy version."),
    "UNKNOWN_TIMEFRAME": ("422", "There is no such timeframe here."),
    "UNKNOWN_VENUE": ("422", "This desk does not know that venue."),
    "UNSUPPORTED_MEDIA_TYPE": ("415", "Bodies are application/json in UTF-8."),
    "URL_NOT_ALLOWED": ("422", "The address may not be called."),
    "USERNAME_TAKEN": ("409", "Another account has this name."),
    "VALIDATION_FAILED": ("422", "Fields break rules; each is listed with its rule."),
    "WARMING": ("409", "There are too few candles for the strategy's first value."),
    "WEAK_PASSWORD": ("422", "The password is too short, common, or contains your name."),
}

DECISIONS: dict[str, str] = {
    "signal": "The strategy's exit condition was true.",
    "stop": "The stop was reached.",
    "target": "The target was reached.",
    "trail": "The stop was reached after it had been raised.",
    "time_stop": "The position had been held as long as the strategy allows.",
}

HISTORY: dict[str, str] = {
    "UPDATED": "An owner's edit.",
    "OWNER_RETIRED": "Its owner retired it.",
}

CYCLES: dict[str, str] = {
    "LATE_CYCLE": "The minute was planned more than 120 s late: it protects and opens nothing.",
}
