"""How the journal counts: exact sums, and quotients that keep enough digits."""

from decimal import Context, Decimal

EXACTLY = Context(prec=76)
"""Products and sums of stored amounts stay inside: nothing is rounded but by name."""
PLACES_18 = Decimal("1e-18")
"""Places of a share of a cost or fee; what the division leaves stays with the rest."""
RATIO = Context(prec=18)
"""Digits of a mean or a ratio."""


def ratio(part: Decimal, whole: Decimal) -> Decimal:
    """Return the quotient with 18 digits. Raises ZeroDivisionError."""
    return RATIO.divide(part, whole)
