"""How figures read in a finding's text: few digits, plain units."""

MINUTE, HOUR, DAY = 60, 3_600, 86_400
EXACT = 100


def span(seconds: float) -> str:
    """Return a length of time: `45 s`, `12 min`, `3.5 h`, `2.0 days`."""
    if seconds < 2 * MINUTE:
        return f"{seconds:.0f} s"
    if seconds < 2 * HOUR:
        return f"{seconds / MINUTE:.0f} min"
    if seconds < 2 * DAY:
        return f"{seconds / HOUR:.1f} h"
    return f"{seconds / DAY:.1f} days"


def amount(value: float) -> str:
    """Return money, with cents where they weigh."""
    return f"{value:,.0f}" if abs(value) >= EXACT else f"{value:,.2f}"


def percent(share: float) -> str:
    """Return a share in percent."""
    return f"{share * 100:.1f} %"


def chance(p: float) -> str:
    """Return a p-value."""
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"  # noqa: PLR2004
