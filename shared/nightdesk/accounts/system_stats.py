"""The desk in figures, for administrators. What cannot be had just now is None, and no error."""

import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TypeVar

from nightdesk.accounts.directory import BotCounts, TableSize
from nightdesk.accounts.ports import Directory, Machinery, Usage
from nightdesk.core.errors import Fault

logger = logging.getLogger(__name__)

T = TypeVar("T")

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemStats:
    """How the desk does. `users` by status; money in USD, None until the room that counts it."""

    as_of: datetime
    version: str
    commit: str
    users: Mapping[str, int] | None
    bots: BotCounts | None
    cycles_1h: int | None
    lag_p95: timedelta | None
    dead_letters: int | None
    tables: Mapping[str, TableSize] | None
    errors_1h: int | None = None
    cost_month_usd: Decimal | None = None
    llm_usd_month: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadSystemStats:
    """Put the figures together."""

    directory: Directory
    usage: Usage
    machinery: Machinery
    version: str
    commit: str

    def __call__(self, now: datetime) -> SystemStats:
        """Return them: users and bots by reading them all, the rest by one call each."""
        lags = known("cycles", lambda: self.machinery.lags(now - HOUR, now))
        return SystemStats(
            as_of=now,
            version=self.version,
            commit=self.commit,
            users=known("users", self._users),
            bots=known("bots", self.usage.bots),
            cycles_1h=None if lags is None else len(lags),
            lag_p95=percentile(lags, 95) if lags else None,
            dead_letters=known("dead letters", self.machinery.dead_letters),
            tables=known("tables", self.machinery.tables),
        )

    def _users(self) -> Mapping[str, int]:
        found = Counter(one.status.value for one in self.directory.since(None))
        return dict(sorted(found.items()))


def known(what: str, read: Callable[[], T]) -> T | None:
    """Return what was read, or None if it cannot be had now."""
    try:
        return read()
    except Fault:
        logger.warning("no figures of %s", what, exc_info=True)
        return None


def percentile(lags: Sequence[timedelta], share: int) -> timedelta:
    """Return the nearest-rank percentile: the least value that `share` % do not exceed."""
    rank = -(-share * len(lags) // 100)
    return sorted(lags)[max(rank, 1) - 1]
