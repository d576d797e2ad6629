"""What `Audit` is handed, and what it answers."""

from collections.abc import Sequence
from typing import Self

from pydantic import AwareDatetime

from nightdesk.accounts.audit import Break
from nightdesk.core.wire import Message


class Input(Message):
    """Anchor the heads of the day before `as_of`, or verify: all chains, or the one named."""

    as_of: AwareDatetime
    verify: bool = False
    chain: str | None = None


class Broken(Message):
    """Where a chain does not hold."""

    chain: str
    seq: int
    reason: str


class Output(Message):
    """How many heads were written down, how many chains walked, and what is broken."""

    anchored: int = 0
    verified: int = 0
    broken: tuple[Broken, ...] = ()

    @classmethod
    def of_walk(cls, verified: int, broken: Sequence[Break]) -> Self:
        """Build the answer of a verification."""
        found = tuple(Broken(chain=one.chain, seq=one.seq, reason=one.reason) for one in broken)
        return cls(verified=verified, broken=found)
