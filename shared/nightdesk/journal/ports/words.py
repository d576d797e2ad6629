"""The index of words: postings by bucket, in the order of their documents' moments."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from nightdesk.core.ids import UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """One document in one bucket. `place` is its moment and ref: unique, and sorts by time."""

    place: str
    kind: str
    mood: int | None = None
    terms: tuple[str, ...] = ()
    bucket: str = ""


class Postings(Protocol):
    """The postings of an owner. They are written with the documents that they are of."""

    def newest(
        self, owner: UserId, bucket: str, *, low: str, below: str | None, limit: int
    ) -> Sequence[Posting]:
        """Return up to `limit` postings with ``low <= place < below``, newest first."""
        ...

    def at(self, owner: UserId, bucket: str, places: Sequence[str]) -> Sequence[Posting]:
        """Return those of these places that the bucket has, in no order."""
        ...

    def put(
        self, owner: UserId, before: Mapping[str, Posting], after: Mapping[str, Posting]
    ) -> None:
        """Write what is new of a document that is not stored with its postings; remove the rest."""
        ...
