"""MiniStack, quicker where a partition has many items: `python -m infra.cdk.local.emulator`.

A query there looks at every item of its partition, and checks the grammar of its condition anew for
each of them, six sevenths of its time. What an expression comes to depends on its text alone: it is
checked once here. A journal of some thousand trades would let requests run out of time otherwise.
"""

from functools import lru_cache

from ministack.app import main
from ministack.services import dynamodb

REMEMBERED = 4_096
"""Expressions: the product has some hundred."""


def check_expressions_once() -> None:
    """Remember what MiniStack found wrong with a text, or that nothing is."""
    once = lru_cache(maxsize=REMEMBERED)
    dynamodb._condition_syntax_error = once(dynamodb._condition_syntax_error)  # noqa: SLF001


if __name__ == "__main__":
    check_expressions_once()
    main()
