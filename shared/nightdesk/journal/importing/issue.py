"""What is wrong with a row, so that its owner can find and mend it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

SHOWN = 40
"""How many characters of a value are shown."""


class IssueCode(StrEnum):
    """Why a row was not taken, or taken with a doubt."""

    BAD_TIME = "BAD_TIME"
    BAD_NUMBER = "BAD_NUMBER"
    BAD_SIDE = "BAD_SIDE"
    MISSING_COLUMN = "MISSING_COLUMN"
    UNKNOWN_INSTRUMENT = "UNKNOWN_INSTRUMENT"
    UNKNOWN_ASSET = "UNKNOWN_ASSET"
    NEGATIVE_QUANTITY = "NEGATIVE_QUANTITY"
    ZERO_PRICE = "ZERO_PRICE"
    FUTURE_TIME = "FUTURE_TIME"
    UNBALANCED_GROUP = "UNBALANCED_GROUP"
    FORMULA_CELL = "FORMULA_CELL"
    DUPLICATE_IN_FILE = "DUPLICATE_IN_FILE"
    ALREADY_KNOWN = "ALREADY_KNOWN"
    POSSIBLE_DUPLICATE = "POSSIBLE_DUPLICATE"


class Severity(StrEnum):
    """What an issue costs."""

    ERROR = "error"
    """The row was left out."""
    WARNING = "warning"
    """The row was taken."""
    NOTE = "note"
    """The row is there already, or may be: nothing is wrong with it."""


HINTS: Mapping[IssueCode, str] = MappingProxyType(
    {
        IssueCode.BAD_TIME: "Write the time as 2024-03-05 14:30:00, or choose the file's zone.",
        IssueCode.BAD_NUMBER: "Write a plain number; check decimal and thousands marks.",
        IssueCode.BAD_SIDE: "Write buy or sell, or a kind of row that the preset knows.",
        IssueCode.MISSING_COLUMN: "The row lacks a value that is needed, or has cells too many.",
        IssueCode.UNKNOWN_INSTRUMENT: "Write base and quote, as in BTC/EUR.",
        IssueCode.UNKNOWN_ASSET: "Write the asset's code: letters and digits, at most 15.",
        IssueCode.NEGATIVE_QUANTITY: "Write the quantity without a sign and the side beside it.",
        IssueCode.ZERO_PRICE: "A fill has a price above zero.",
        IssueCode.FUTURE_TIME: "The time has not come yet; choose the file's zone.",
        IssueCode.UNBALANCED_GROUP: "A leg of this trade is missing or belongs to two trades; "
        "export the whole period, or the venue's trade history.",
        IssueCode.FORMULA_CELL: "The cell begins like a formula; write it as plain text.",
        IssueCode.DUPLICATE_IN_FILE: "The file holds this id twice; it counts once.",
        IssueCode.ALREADY_KNOWN: "It was brought before; nothing is added.",
        IssueCode.POSSIBLE_DUPLICATE: "A known fill looks the same; accept it if it is another.",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """One finding: line of the file (the first is 1), column, the value shortened, what to do."""

    row: int
    column: str
    value: str
    code: IssueCode
    hint: str
    severity: Severity = Severity.ERROR


def issue(
    row: int,
    code: IssueCode,
    *,
    column: str = "",
    value: str = "",
    hint: str = "",
    severity: Severity = Severity.ERROR,
) -> Issue:
    """Build one, with the value cut to what is shown and the code's own hint unless another."""
    plain = "".join(one if one.isprintable() else "�" for one in value[: SHOWN + 1])
    shown = plain if len(plain) <= SHOWN else plain[: SHOWN - 1] + "…"
    return Issue(
        row=row, column=column, value=shown, code=code, hint=hint or HINTS[code], severity=severity
    )


class BadRow(Exception):
    """A row that cannot be taken: why, and which of its cells says so."""

    def __init__(self, code: IssueCode, column: str = "", value: str = "", hint: str = "") -> None:
        super().__init__(code)
        self.code, self.column, self.value, self.hint = code, column, value, hint

    def issue(self, row: int) -> Issue:
        """Return it as an issue of this row."""
        return issue(row, self.code, column=self.column, value=self.value, hint=self.hint)
