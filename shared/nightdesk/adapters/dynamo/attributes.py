"""Attributes that keep what they are given: exact amounts, moments with a zone, plain JSON."""

import json
from datetime import datetime
from decimal import Decimal
from typing import Any

from pynamodb.attributes import Attribute
from pynamodb.constants import NUMBER, STRING

from nightdesk.core.clock import from_iso, iso
from nightdesk.core.money import fixed

MAX_DIGITS = 38  # DynamoDB keeps no more, and rounds nothing for us

_CANONICAL = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), allow_nan=False, ensure_ascii=False
)


class DecimalAttribute(Attribute[Decimal]):
    """A finite Decimal as a DynamoDB number, exact: PynamoDB's own goes through float."""

    attr_type = NUMBER

    def serialize(self, value: Any) -> str:
        """Return fixed notation. Raises TypeError unless a finite Decimal, or ValueError."""
        if not isinstance(value, Decimal) or not value.is_finite():
            raise TypeError(f"{self.attr_name} takes a finite Decimal, was {value!r}")
        text = fixed(value)
        digits = text.lstrip("-").replace(".", "").strip("0")
        if len(digits) > MAX_DIGITS:
            raise ValueError(f"{self.attr_name} has more than {MAX_DIGITS} digits: {text}")
        return text

    def deserialize(self, value: Any) -> Decimal:
        """Return the Decimal; trailing zeros are not kept, precision comes from the rules."""
        return Decimal(value)


class IntegerAttribute(Attribute[int]):
    """A whole number; floats and booleans are refused."""

    attr_type = NUMBER

    def serialize(self, value: Any) -> str:
        """Return digits. Raises TypeError for what is no int."""
        if not isinstance(value, int) or isinstance(value, bool):
            raise TypeError(f"{self.attr_name} takes an int, was {value!r}")
        return str(value)

    def deserialize(self, value: Any) -> int:
        """Return the int. Raises ValueError if the stored number has a fraction."""
        return int(value)


class MomentAttribute(Attribute[datetime]):
    """An aware moment as ISO 8601 UTC with `Z`."""

    attr_type = STRING

    def serialize(self, value: Any) -> str:
        """Return ISO text. Raises TypeError for what is no moment, ValueError for a naive one."""
        if not isinstance(value, datetime):
            raise TypeError(f"{self.attr_name} takes a datetime, was {value!r}")
        return iso(value)

    def deserialize(self, value: Any) -> datetime:
        """Return the moment, in UTC."""
        return from_iso(value)


class JsonAttribute(Attribute[Any]):
    """Plain JSON as canonical text (sorted keys, no blanks): equal values are equal bytes.

    Amounts go in as text. A Decimal, NaN or an unknown type raises TypeError or ValueError.
    """

    attr_type = STRING

    def serialize(self, value: Any) -> str:
        """Return canonical JSON."""
        return _CANONICAL.encode(value)

    def deserialize(self, value: Any) -> Any:
        """Return what was stored."""
        return json.loads(value)
