"""Exact amounts: Decimal inside, fixed notation outside, every rounding named.

The border between float64 indicator values and money stands here alone: `exact`.
"""

from decimal import (
    ROUND_CEILING,
    ROUND_FLOOR,
    ROUND_HALF_EVEN,
    ROUND_UP,
    Context,
    Decimal,
    localcontext,
)

ZERO = Decimal(0)
ONE = Decimal(1)
BPS = Decimal(10_000)
PLACES_12 = Decimal("1e-12")
PLACES_8 = Decimal("1e-8")

EXACT = Context(prec=38)
"""DynamoDB keeps 38 digits; sums and products of tick- and lot-sized values stay inside."""


def positive(name: str, value: object) -> None:
    """Refuse what is not a finite Decimal above zero. Raises TypeError, ValueError."""
    _finite(name, value)
    if value <= ZERO:  # type: ignore[operator]
        raise ValueError(f"{name} must be positive, was {value}")


def not_negative(name: str, value: object) -> None:
    """Refuse what is not a finite Decimal of at least zero. Raises TypeError, ValueError."""
    _finite(name, value)
    if value < ZERO:  # type: ignore[operator]
        raise ValueError(f"{name} must not be negative, was {value}")


def _finite(name: str, value: object) -> None:
    if not isinstance(value, Decimal):
        raise TypeError(f"{name} takes a Decimal, was {value!r}")
    if not value.is_finite():
        raise ValueError(f"{name} must be finite, was {value}")


def fixed(value: Decimal) -> str:
    """Return the one text of this amount: no exponent, no trailing zeros, no negative zero."""
    if not value.is_finite():
        raise ValueError(f"an amount must be finite, was {value}")
    text = str(value)
    if "E" in text:  # `str` is twice as fast, and most amounts have no exponent
        text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text


def floor_to(value: Decimal, step: Decimal) -> Decimal:
    """Round towards minus infinity to a multiple of `step`."""
    return _to(value, step, ROUND_FLOOR)


def ceil_to(value: Decimal, step: Decimal) -> Decimal:
    """Round towards plus infinity to a multiple of `step`."""
    return _to(value, step, ROUND_CEILING)


def nearest(value: Decimal, step: Decimal) -> Decimal:
    """Round to the nearest multiple of `step`, ties to even."""
    return _to(value, step, ROUND_HALF_EVEN)


def up_at_8(value: Decimal) -> Decimal:
    """Round away from zero at eight places: how fees are charged."""
    with localcontext(EXACT):
        return value.quantize(PLACES_8, rounding=ROUND_UP)


def exact(value: float, step: Decimal) -> Decimal:
    """Cross the border from float64: the shortest text of the float, nearest to `step`."""
    return nearest(as_written(value), step)


def as_written(value: float) -> Decimal:
    """Return the shortest text of a float as a Decimal: for numbers that people wrote."""
    return Decimal(repr(float(value)))


def approximate(value: Decimal) -> float:
    """Cross the border to float64, for indicators and statistics; never back to money."""
    return float(value)


def _to(value: Decimal, step: Decimal, rounding: str) -> Decimal:
    positive("step", step)
    with localcontext(EXACT):
        return (value / step).quantize(ONE, rounding=rounding) * step
