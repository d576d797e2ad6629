"""Try again what somebody else's write came before: read anew, decide anew."""

import logging
from collections.abc import Callable
from typing import TypeVar

from nightdesk.core.errors import StaleWrite, StoreUnavailable

T = TypeVar("T")

TRIES = 5

logger = logging.getLogger(__name__)


def undisturbed(attempt: Callable[[], T]) -> T:
    """Return what `attempt` returns, once nobody wrote between its read and its write.

    A busy cycle writes a bot's book all the time; a halt must get through all the same. Raises
    StaleWrite or StoreUnavailable after `TRIES`.
    """
    for _ in range(TRIES - 1):
        try:
            return attempt()
        except (StaleWrite, StoreUnavailable) as fault:
            logger.info("decided anew after %s", type(fault).__name__)
    return attempt()
