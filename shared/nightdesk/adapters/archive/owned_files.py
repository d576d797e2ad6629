"""All files of an owner, in whatever bucket they lie."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from nightdesk.core.ids import UserId


class Files(Protocol):
    """The files of one kind."""

    def destroy(self, owner: UserId) -> int:
        """Delete all files of an owner; return how many there were."""
        ...


@dataclass(frozen=True, slots=True)
class AllFiles:
    """Files of every kind."""

    kinds: Sequence[Files]

    def destroy(self, owner: UserId) -> int:
        """Delete them all; cut off half way, the rest goes when it is asked again."""
        return sum(files.destroy(owner) for files in self.kinds)
