"""What the analysis room needs from outside."""

from typing import Protocol

from nightdesk.analysis.record import SnapshotRecord


class Snapshots(Protocol):
    """Snapshots by the hash of their content, shared by all owners."""

    def put(self, snapshot: SnapshotRecord) -> None:
        """Store it unless its hash is there already."""
        ...

    def get(self, content_hash: str) -> SnapshotRecord:
        """Return the snapshot of this hash. Raises Missing."""
        ...
