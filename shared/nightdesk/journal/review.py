"""A review: what the numbers of a week, a month or a day say, in figures and in words.

One noun for all three kinds: a weekly review, a monthly one and a daily digest have the same
states, the same uniqueness and the same check. Only a weekly one carries an experiment.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from nightdesk.core.errors import Conflict, IllegalTransition
from nightdesk.core.events import Event, event
from nightdesk.core.ids import UserId
from nightdesk.core.money import ZERO, not_negative
from nightdesk.journal.experiment import Experiment
from nightdesk.journal.finding import Json
from nightdesk.journal.period import Period, ReviewKind
from nightdesk.names import EventType

MOST_POINTS = 3
GIVEN_UP = timedelta(minutes=15)
"""A computation that began longer ago was cut off: longer than any worker lives."""


class ReviewStatus(StrEnum):
    """Where a review stands."""

    COMPUTING = "computing"
    READY = "ready"
    FAILED = "failed"


class TextSource(StrEnum):
    """Who worded it."""

    MODEL = "model"
    RULES = "rules"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewText:
    """The words: at most three things that went well, at most three that did not."""

    opening: str
    went_well: tuple[str, ...] = ()
    went_badly: tuple[str, ...] = ()
    question: str
    experiment_comment: str = ""

    def __post_init__(self) -> None:
        if max(len(self.went_well), len(self.went_badly)) > MOST_POINTS:
            raise ValueError(f"at most {MOST_POINTS} points of each kind")

    @property
    def sentences(self) -> tuple[str, ...]:
        """Return all that is said."""
        points = (*self.went_well, *self.went_badly)
        return (self.opening, *points, self.question, self.experiment_comment)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """A text and where it comes from; `refused` are the faults of drafts that were not taken.

    `cost` in USD is what all drafts cost, taken or not.
    """

    text: ReviewText
    source: TextSource
    model: str | None = None
    prompt_hash: str | None = None
    cost: Decimal = ZERO
    refused: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        not_negative("cost", self.cost)
        if (self.source is TextSource.MODEL) != (self.model is not None):
            raise ValueError("a model's text names it, and rules have none")


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """One version of a review. `revision` rises with each save, `version` with each new making.

    `stale`: a trade came into the period after its making began. `numbers` are plain JSON, there
    once it is ready; so is `wording`. `failure` is the code of what went wrong.
    """

    owner: UserId
    kind: ReviewKind
    label: str
    version: int
    since: datetime
    until: datetime
    status: ReviewStatus = ReviewStatus.COMPUTING
    started_at: datetime
    made_at: datetime | None = None
    stale: bool = False
    failure: str | None = None
    wording: Wording | None = None
    experiment: Experiment | None = None
    numbers: Mapping[str, Json] | None = None
    revision: int = 0

    def __post_init__(self) -> None:
        if self.version < 1:
            raise ValueError(f"versions begin with 1, was {self.version}")
        ready = self.status is ReviewStatus.READY
        if any((one is not None) != ready for one in (self.numbers, self.wording, self.made_at)):
            raise ValueError("a review has numbers and words once it is ready, not before")
        if (self.failure is not None) != (self.status is ReviewStatus.FAILED):
            raise ValueError("a failed review says why, and no other does")
        if self.experiment is not None and self.kind is not ReviewKind.WEEK:
            raise ValueError("experiments are of weeks")

    @classmethod
    def begun(cls, owner: UserId, period: Period, version: int, now: datetime) -> "Review":
        """Return a version that is being computed from now on."""
        return cls(
            owner=owner,
            kind=period.kind,
            label=period.label,
            version=version,
            since=period.since,
            until=period.until,
            started_at=now,
        )

    def again(self, now: datetime) -> "Review":
        """Return it begun anew, after a cut or a failure. Raises IllegalTransition if ready."""
        if self.status is ReviewStatus.READY:
            raise IllegalTransition(f"{self.kind} {self.label}: a ready review is not begun again")
        return replace(
            self, status=ReviewStatus.COMPUTING, failure=None, stale=False, started_at=now
        )

    def running(self, now: datetime) -> bool:
        """Whether a worker may still be computing it."""
        return self.status is ReviewStatus.COMPUTING and now - self.started_at < GIVEN_UP

    def claimed_as(self, other: "Review") -> bool:
        """Whether it is still computed under the claim that `other` was."""
        claim = ReviewStatus.COMPUTING, other.version, other.started_at
        return (self.status, self.version, self.started_at) == claim

    def ready(
        self,
        numbers: Mapping[str, Json],
        wording: Wording,
        experiment: Experiment | None,
        now: datetime,
    ) -> "Review":
        """Return it complete. Raises IllegalTransition unless it is being computed."""
        self._computing()
        return replace(
            self,
            status=ReviewStatus.READY,
            numbers=numbers,
            wording=wording,
            experiment=experiment,
            made_at=now,
        )

    def failed(self, code: str) -> "Review":
        """Return it failed. Raises IllegalTransition unless it is being computed."""
        self._computing()
        return replace(self, status=ReviewStatus.FAILED, failure=code)

    def trying(self, experiment: Experiment, shown: Json, comment: str) -> "Review":
        """Return it with its experiment changed, in its numbers and words as well.

        Raises Conflict `REVIEW_RUNNING` unless it is ready.
        """
        if self.numbers is None or self.wording is None:
            raise Conflict("REVIEW_RUNNING", "The review is not ready yet.")
        text = replace(self.wording.text, experiment_comment=comment)
        return replace(
            self,
            experiment=experiment,
            numbers={**self.numbers, "experiment": shown},
            wording=replace(self.wording, text=text),
        )

    def outdated(self) -> "Review":
        """Return it marked: a trade came into its period after its making began."""
        return replace(self, stale=True)

    def reread(self) -> "Review":
        """Return it without its mark, before its making reads once more."""
        return replace(self, stale=False)

    def told(self, now: datetime) -> Event:
        """Return the event of a version that is ready."""
        data = {"kind": self.kind.value, "label": self.label}
        cause = f"review:{self.kind.value}:{self.label}:{self.version}"
        return event(self.owner, EventType.REVIEW_READY, now, data, cause=cause)

    def _computing(self) -> None:
        if self.status is not ReviewStatus.COMPUTING:
            raise IllegalTransition(f"{self.kind} {self.label} is {self.status}")
