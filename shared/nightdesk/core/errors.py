"""Faults: the class decides who tries again. A refusal is a value, never one of these."""


class Fault(Exception):
    """Something that did not go as promised. Subclasses say what may be done about it."""

    code = "INTERNAL"


class Transient(Fault):
    """Nothing has happened yet. Step Functions tries again, with backoff and jitter."""

    code = "TRY_AGAIN"


class Permanent(Fault):
    """Trying again changes nothing: the input or the stored state is at fault."""

    code = "INVALID"


class OutcomeUnknown(Fault):
    """The other side may or may not have acted. It is asked; the call is never just repeated."""

    code = "OUTCOME_UNKNOWN"


class OperatorNeeded(Fault):
    """A person must act: configuration, permissions, broken invariants."""

    code = "OPERATOR_NEEDED"


class VenueUnavailable(Transient):
    """The venue did not answer, or answered that it cannot."""

    code = "VENUE_UNAVAILABLE"


class RateLimited(Transient):
    """The venue asks for patience. `retry_after` is in seconds, if it said how much."""

    code = "VENUE_RATE_LIMITED"

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class StoreUnavailable(Transient):
    """A table throttled, timed out or failed before anything was written."""

    code = "STORE_UNAVAILABLE"


class LeaseTaken(Transient):
    """Another worker holds this bot."""

    code = "LEASE_TAKEN"


class Missing(Permanent):
    """There is no such thing for this owner. Another owner's thing is missing, too."""

    code = "NOT_FOUND"


class UnknownInstrument(Permanent):
    """The venue does not trade this instrument."""

    code = "UNKNOWN_INSTRUMENT"


class Conflict(Permanent):
    """The stored state does not allow this. `code` names the rule, `details` the particulars."""

    def __init__(
        self, code: str, message: str, details: list[dict[str, object]] | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.details = details or []


class StaleWrite(Permanent):
    """Somebody else wrote first: read again and decide anew."""

    code = "STALE_VERSION"


class Fenced(Permanent):
    """The worker's lease has passed to another; it must stop."""

    code = "FENCED"


class Invalid(Permanent):
    """Input that breaks a rule. `field` is the path of the offender, `allowed` what would do."""

    def __init__(
        self, code: str, message: str, *, field: str | None = None, allowed: object | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.field = field
        self.allowed = allowed


class Refused(Permanent):
    """The caller may not do this (401 and 403). `code` is what the caller is told."""

    def __init__(self, code: str, message: str, *, status: int = 403) -> None:
        super().__init__(message)
        self.code = code
        self.status = status


class TooMany(Permanent):
    """The caller has asked too often. `retry_after` in seconds."""

    def __init__(self, code: str, message: str, *, retry_after: int) -> None:
        super().__init__(message)
        self.code = code
        self.retry_after = retry_after


class OutOfOrder(Permanent):
    """An event of the past: what came after it has been worked already."""

    code = "OUT_OF_ORDER"


class IllegalTransition(Permanent):
    """A state machine was asked for a step that its table lacks."""

    code = "ILLEGAL_TRANSITION"


class InvariantBroken(OperatorNeeded):
    """Our own numbers contradict each other. Trading stops until a person has looked."""

    code = "LEDGER_BROKEN"


class Misconfigured(OperatorNeeded):
    """A setting or secret is missing or wrong. The message names it."""

    code = "MISCONFIGURED"


def retried() -> list[str]:
    """Return the names for `ErrorEquals`: it compares strings and knows no base classes."""
    return sorted(fault.__name__ for fault in Transient.__subclasses__())
