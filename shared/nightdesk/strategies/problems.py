"""What can be wrong with a definition, and where: a JSON pointer, a code, what would do."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Self

MAX_PROBLEMS = 50


class Code(StrEnum):
    """Why a definition is refused."""

    UNKNOWN_FIELD = "UNKNOWN_FIELD"
    UNKNOWN_FUNCTION = "UNKNOWN_FUNCTION"
    UNKNOWN_OUTPUT = "UNKNOWN_OUTPUT"
    UNDEFINED_FEATURE = "UNDEFINED_FEATURE"
    UNDEFINED_PARAM = "UNDEFINED_PARAM"
    BAD_PARAM = "BAD_PARAM"
    OUT_OF_RANGE = "OUT_OF_RANGE"
    TYPE_MISMATCH = "TYPE_MISMATCH"
    TF_TOO_FINE = "TF_TOO_FINE"
    FUTURE_REFERENCE = "FUTURE_REFERENCE"
    LEVEL_OF_CUMULATIVE = "LEVEL_OF_CUMULATIVE"
    NO_ENTRY = "NO_ENTRY"
    NO_STOP = "NO_STOP"
    STOP_TOO_TIGHT = "STOP_TOO_TIGHT"
    TARGET_BELOW_COST = "TARGET_BELOW_COST"
    CONSTRAINT_BROKEN = "CONSTRAINT_BROKEN"
    CONSTANT_CONDITION = "CONSTANT_CONDITION"
    EXIT_ONLY_TERM = "EXIT_ONLY_TERM"
    TOO_DEEP = "TOO_DEEP"
    TOO_LARGE = "TOO_LARGE"
    WARMUP_TOO_LONG = "WARMUP_TOO_LONG"


class Caution(StrEnum):
    """What is allowed and probably not meant."""

    UNUSED_FEATURE = "UNUSED_FEATURE"
    WEEKLY_GATE_OFF = "WEEKLY_GATE_OFF"
    NO_EXIT = "NO_EXIT"
    ENTRY_NEVER_TRUE = "ENTRY_NEVER_TRUE"


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding. `path` is a JSON pointer into the definition, `allowed` is JSON-able."""

    path: str
    code: Code | Caution
    message: str
    allowed: object = None

    def under(self, *parents: str | int) -> Self:
        """Return it as seen from further up."""
        return replace(self, path=pointer(*parents) + self.path)


def pointer(*parts: str | int) -> str:
    """Return the JSON pointer (RFC 6901) to these keys and indices."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)
