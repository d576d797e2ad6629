"""Names that cross borders: metrics, event types and topics, environment variables. Stdlib only."""

from enum import StrEnum


class Env(StrEnum):
    """Environment variables of our functions."""

    STAGE = "NIGHTDESK_STAGE"
    VERSION = "NIGHTDESK_VERSION"
    COMMIT = "NIGHTDESK_COMMIT"
    DESK_TABLE = "NIGHTDESK_DESK_TABLE"
    MARKET_TABLE = "NIGHTDESK_MARKET_TABLE"
    AUDIT_TABLE = "NIGHTDESK_AUDIT_TABLE"
    RUNTIME_TABLE = "NIGHTDESK_RUNTIME_TABLE"
    PEPPER_SECRET = "NIGHTDESK_PEPPER_SECRET"  # noqa: S105 - the name of a secret
    SIGNING_SECRET = "NIGHTDESK_SIGNING_SECRET"  # noqa: S105
    OPERATOR_SECRET = "NIGHTDESK_OPERATOR_SECRET"  # noqa: S105
    ANCHOR_BUCKET = "NIGHTDESK_ANCHOR_BUCKET"
    VAULT_KEY = "NIGHTDESK_VAULT_KEY"
    EXPORTS_BUCKET = "NIGHTDESK_EXPORTS_BUCKET"
    UPLOADS_BUCKET = "NIGHTDESK_UPLOADS_BUCKET"
    IMPORT_QUEUE = "NIGHTDESK_IMPORT_QUEUE"
    SYNC_QUEUE = "NIGHTDESK_SYNC_QUEUE"
    JOURNAL_QUEUE = "NIGHTDESK_JOURNAL_QUEUE"
    REVIEW_QUEUE = "NIGHTDESK_REVIEW_QUEUE"
    EXPORT_WORKFLOW = "NIGHTDESK_EXPORT_WORKFLOW"
    DELETION_WORKFLOW = "NIGHTDESK_DELETION_WORKFLOW"
    PROBE_FUNCTION = "NIGHTDESK_PROBE_FUNCTION"
    CORS_ORIGINS = "NIGHTDESK_CORS_ORIGINS"
    PUBLIC_URL = "NIGHTDESK_PUBLIC_URL"
    MAIL_FROM = "NIGHTDESK_MAIL_FROM"
    ENABLED_VENUES = "NIGHTDESK_ENABLED_VENUES"
    VENUE_TIMEOUT_SECONDS = "NIGHTDESK_VENUE_TIMEOUT_SECONDS"
    REPLAY_FOLDER = "NIGHTDESK_REPLAY_FOLDER"
    LOG_LEVEL = "NIGHTDESK_LOG_LEVEL"
    TRACE_RATE = "NIGHTDESK_TRACE_RATE"
    DEAD_LETTERS = "NIGHTDESK_DEAD_LETTERS"
    EMERGENCY_STOP_MACHINE = "NIGHTDESK_EMERGENCY_STOP_MACHINE"


class Topic(StrEnum):
    """Groups of event types, as clients subscribe to and read them."""

    ACCOUNT = "account"
    SYSTEM = "system"
    BOTS = "bots"
    ORDERS = "orders"
    TRADES = "trades"
    CAPITAL = "capital"
    RISK = "risk"
    JOURNAL = "journal"


class EventType(StrEnum):
    """What can happen. The wire names are frozen; each belongs to one topic."""

    topic: Topic

    def __new__(cls, value: str, topic: Topic) -> "EventType":
        """Build a member that knows its topic."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.topic = topic
        return member

    SESSION_REVOKED = "session_revoked", Topic.ACCOUNT
    KEY_SAVED = "key_saved", Topic.ACCOUNT
    KEY_TESTED = "key_tested", Topic.ACCOUNT
    KEY_DELETED = "key_deleted", Topic.ACCOUNT
    KEY_EXPIRING = "key_expiring", Topic.ACCOUNT
    NOTIFICATION = "notification", Topic.ACCOUNT
    EMERGENCY_STOP_ENGAGED = "emergency_stop_engaged", Topic.SYSTEM
    EMERGENCY_STOP_PROGRESS = "emergency_stop_progress", Topic.SYSTEM
    EMERGENCY_STOP_RESUMED = "emergency_stop_resumed", Topic.SYSTEM
    SYSTEM_MODE_UPDATED = "system_mode_updated", Topic.SYSTEM
    BOT_CREATED = "bot_created", Topic.BOTS
    BOT_UPDATED = "bot_updated", Topic.BOTS
    BOT_STATUS_CHANGED = "bot_status_changed", Topic.BOTS
    BOT_RETIRED = "bot_retired", Topic.BOTS
    DECISION_MADE = "decision_made", Topic.ORDERS
    ORDER_UPDATED = "order_updated", Topic.ORDERS
    FILL_BOOKED = "fill_booked", Topic.TRADES
    POSITION_UPDATED = "position_updated", Topic.TRADES
    ROUND_TRIP_CLOSED = "round_trip_closed", Topic.TRADES
    EXPORT_READY = "export_ready", Topic.JOURNAL
    BEHAVIOUR_FLAGGED = "behaviour_flagged", Topic.JOURNAL
    IMPORT_UPDATED = "import_updated", Topic.JOURNAL
    ACCOUNT_SYNCED = "account_synced", Topic.JOURNAL
    REVIEW_READY = "review_ready", Topic.JOURNAL
    STATE_CHANGED = "state_changed", Topic.RISK
    CAPITAL_POSTED = "capital_posted", Topic.CAPITAL


class Metric(StrEnum):
    """Metrics that alarms and dashboards read: namespace `Nightdesk`, dimension stage."""

    CYCLE_LAG = "CycleLag"
    CYCLE_FAILED = "CycleFailed"
    LATE_CYCLES = "LateCycles"
    SUBMIT_UNKNOWN = "SubmitUnknown"
    LEDGER_BROKEN = "LedgerBroken"
    DATABASE_ERRORS = "DatabaseErrors"
    AUTH_FAILURES = "AuthFailures"
    VENUE_CALLS = "VenueCalls"
    VENUE_ERRORS = "VenueErrors"
    STOP_NOT_STARTED = "StopNotStarted"
    RATE_LIMITER_FAILED = "RateLimiterFailed"
    AUDIT_WRITE_FAILED = "AuditWriteFailed"
    AUDIT_BROKEN = "AuditBroken"
    SEAL_BROKEN = "SealBroken"


NAMESPACE = "Nightdesk"
