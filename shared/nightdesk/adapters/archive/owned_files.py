"""All files of an owner, in whatever bucket they lie."""

from collections.abc import Sequence
from dataclasses import dataclass

from nightdesk.accounts.privacy_ports import OwnedFiles
from nightdesk.core.ids import UserId


@dataclass(frozen=True, slots=True)
class AllFiles:
    """The port OwnedFiles over files of every kind."""

    kinds: Sequence[OwnedFiles]

    def destroy(self, owner: UserId) -> int:
        """Delete them all."""
        return sum(files.destroy(owner) for files in self.kinds)
