"""What crosses a border: frozen messages between steps, money as fixed-notation text."""

import re
from decimal import Decimal
from typing import Annotated

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    PlainSerializer,
    WithJsonSchema,
)

from nightdesk.core.clock import iso
from nightdesk.core.money import fixed

AMOUNT = r"^\d{1,18}(\.\d{1,18})?$"
SIGNED = r"^-?\d{1,18}(\.\d{1,18})?$"


def _amount(pattern: str) -> BeforeValidator:
    wanted = re.compile(pattern, re.ASCII)  # \d alone takes the digits of every script

    def read(value: object) -> Decimal:
        if isinstance(value, Decimal):
            return value
        if not isinstance(value, str):
            raise ValueError('money is text like "12.50", never a JSON number')  # noqa: TRY004
        if not wanted.fullmatch(value):
            raise ValueError('money is digits with at most 18 decimals, like "12.50"')
        return Decimal(value)

    return BeforeValidator(read)


def _schema(pattern: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": pattern, "examples": ["12.5"]})


DecimalText = Annotated[
    Decimal, _amount(AMOUNT), PlainSerializer(fixed, return_type=str), _schema(AMOUNT)
]
"""An amount that cannot be negative, as text in fixed notation."""

SignedDecimalText = Annotated[
    Decimal, _amount(SIGNED), PlainSerializer(fixed, return_type=str), _schema(SIGNED)
]
"""An amount that may be negative (P&L, postings), as text in fixed notation."""


Moment = Annotated[AwareDatetime, PlainSerializer(iso, return_type=str)]
"""A moment with its zone, written as ISO 8601 UTC with `Z`."""


class Message(BaseModel):
    """What one step hands to the next: frozen; unknown fields are ignored, so a step can grow."""

    model_config = ConfigDict(frozen=True, extra="ignore")
