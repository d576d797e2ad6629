"""Bodies and answers of the review routes."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from fastapi import Path
from pydantic import Field, model_validator

from functions.api.routers.journal_schemas import one_line, several_lines
from functions.api.schemas import Answer, DecimalText, Moment, Request
from nightdesk.journal.experiment import MAX_TEXT, Metric
from nightdesk.journal.period import ReviewKind
from nightdesk.journal.review import ReviewStatus

if TYPE_CHECKING:
    from nightdesk.journal.experiment import Experiment
    from nightdesk.journal.review import Review, Wording

Label = Annotated[str, Field(max_length=10, examples=["2025-W10"])]
Wanted = Literal["open", "dropped"]
"""Whether the trader still wants an experiment."""
LabelPath = Annotated[str, Path(description="`2025-W10`, `2025-03` or `2025-03-05`, by its kind.")]


class ReviewIn(Request):
    """Which review to make: the latest complete period unless `label` names one.

    With `force` a new version is made of one that is there.
    """

    label: Label | None = None
    force: bool = False


class ExperimentIn(Request):
    """What you say to the experiment; `revision` is that of the review as you read it."""

    revision: int = Field(ge=1, le=10**9)
    text: Annotated[str, one_line(MAX_TEXT)] | None = Field(default=None, max_length=MAX_TEXT)
    status: Wanted | None = None
    note: Annotated[str, several_lines(MAX_TEXT)] | None = Field(default=None, max_length=MAX_TEXT)

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.text is None and self.status is None and self.note is None:
            raise ValueError("nothing is changed: text, status or note")
        return self


class ExperimentOut(Answer):
    """What to try in `week`: a share of trades or days, and where it shall be."""

    text: str
    metric: Metric
    filter: dict[str, str]
    baseline: DecimalText | None
    target: DecimalText
    week: str
    status: Wanted
    note: str

    @classmethod
    def from_domain(cls, one: "Experiment") -> Self:
        """Show it."""
        return cls(
            text=one.text,
            metric=one.metric,
            filter=dict(one.filter),
            baseline=one.baseline,
            target=one.target,
            week=one.week,
            status=one.standing.value,
            note=one.note,
        )


class ReviewTextOut(Answer):
    """The words, who wrote them, and what drafts of a model were refused for; `cost` in USD."""

    opening: str
    went_well: list[str]
    went_badly: list[str]
    question: str
    experiment_comment: str
    text_source: Literal["model", "rules"]
    model: str | None
    prompt_hash: str | None
    cost: DecimalText
    refused: list[str]

    @classmethod
    def from_domain(cls, wording: "Wording") -> Self:
        """Show them."""
        text = wording.text
        return cls(
            opening=text.opening,
            went_well=list(text.went_well),
            went_badly=list(text.went_badly),
            question=text.question,
            experiment_comment=text.experiment_comment,
            text_source=wording.source.value,
            model=wording.model,
            prompt_hash=wording.prompt_hash,
            cost=wording.cost,
            refused=list(wording.refused),
        )


class ReviewOut(Answer):
    """One version of a review. `stale`: a trade came into its period after it was made.

    `text` and `experiment` are there once it is `ready`; `failure` is the code of one that failed.
    """

    kind: ReviewKind
    label: str
    version: int
    revision: int
    status: ReviewStatus
    since: Moment
    until: Moment
    started_at: Moment
    made_at: Moment | None
    stale: bool
    failure: str | None
    text: ReviewTextOut | None
    experiment: ExperimentOut | None

    @classmethod
    def from_domain(cls, review: "Review") -> Self:
        """Show it."""
        return cls(**_shown(review))


class ReviewDetailOut(ReviewOut):
    """A review with its numbers, each with its unit, and all versions there are."""

    numbers: dict[str, Any] | None
    versions: list[int]

    @classmethod
    def of(cls, there: "Sequence[Review]", shown: "Review") -> Self:
        """Show one of them."""
        numbers = None if shown.numbers is None else dict(shown.numbers)
        return cls(**_shown(shown), numbers=numbers, versions=[one.version for one in there])


def _shown(review: "Review") -> dict[str, Any]:
    return {
        "kind": review.kind,
        "label": review.label,
        "version": review.version,
        "revision": review.revision,
        "status": review.status,
        "since": review.since,
        "until": review.until,
        "started_at": review.started_at,
        "made_at": review.made_at,
        "stale": review.stale,
        "failure": review.failure,
        "text": ReviewTextOut.from_domain(review.wording) if review.wording else None,
        "experiment": ExperimentOut.from_domain(review.experiment) if review.experiment else None,
    }
