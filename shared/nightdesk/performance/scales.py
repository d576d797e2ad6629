"""Words for figures that have a published scale."""

SQN_SCALE = (
    (5.0, "superb"),
    (3.0, "excellent"),
    (2.5, "good"),
    (2.0, "average"),
    (1.6, "below_average"),
)
"""From which value on a word holds. V. K. Tharp, The Definitive Guide to Position Sizing (2008)."""


def sqn_grade(value: float) -> str:
    """Return the word for a system quality number; below 1.6 it is `poor`."""
    return next((word for bound, word in SQN_SCALE if value >= bound), "poor")
