"""Reviews of weeks and months, digests of days (journal, page part 7)."""

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Query, Response, status

from functions.api.dependencies import CauseDep, Now, Owner, access
from functions.api.pages import PagingDep
from functions.api.routers.journal_review_schemas import (
    ExperimentIn,
    LabelPath,
    ReviewDetailOut,
    ReviewIn,
    ReviewOut,
)
from functions.api.schemas import PageOut
from nightdesk import bootstrap
from nightdesk.journal.experiment import Standing
from nightdesk.journal.period import ReviewKind

if TYPE_CHECKING:
    from nightdesk.journal.reviewing.asking import AskReview, ReadReviews
    from nightdesk.journal.reviewing.editing import EditExperiment

router = APIRouter(prefix="/api/journal/reviews", tags=["journal"])

AskReviewCall = Annotated["AskReview", Depends(bootstrap.ask_review)]
ReadReviewsCall = Annotated["ReadReviews", Depends(bootstrap.read_reviews)]
EditExperimentCall = Annotated["EditExperiment", Depends(bootstrap.edit_experiment)]

Which = Annotated[ReviewKind, Query(description="Weeks, months, or digests of days.")]
Version = Annotated[int | None, Query(ge=1, le=10**6, description="The newest unless you say so.")]


@router.get("")
async def reviews(
    owner: Owner, call: ReadReviewsCall, paging: PagingDep, kind: Which = ReviewKind.WEEK
) -> PageOut[ReviewOut]:
    """List reviews of a kind with all their versions, the latest period first."""
    found = call.page(owner, kind, limit=paging.limit, after=paging.after)
    return paging.out(found, ReviewOut.from_domain)


@router.get("/{kind}/{label}")
async def review(
    kind: ReviewKind,
    label: LabelPath,
    owner: Owner,
    call: ReadReviewsCall,
    version: Version = None,
) -> ReviewDetailOut:
    """Show a review with its numbers and text."""
    there, shown = call.one(owner, kind, label, version)
    return ReviewDetailOut.of(there, shown)


@router.post(
    "/{kind}",
    status_code=status.HTTP_202_ACCEPTED,
    openapi_extra=access(once=True, limit="ai"),
    responses={200: {"model": ReviewOut}},
)
async def make_review(
    *,
    kind: ReviewKind,
    body: ReviewIn,
    owner: Owner,
    call: AskReviewCall,
    cause: CauseDep,
    response: Response,
) -> ReviewOut:
    """Ask for a review, or a new version of it; 200 with the one that is there.

    One that has failed is made again without `force`. `PERIOD_NOT_OVER` before its end,
    `REVIEW_RUNNING` while it is being made.
    """
    found, asked = call(owner, kind, body.label, force=body.force, now=cause.at)
    if not asked:
        response.status_code = status.HTTP_200_OK
    return ReviewOut.from_domain(found)


@router.patch("/week/{label}/experiment")
async def edit_experiment(
    *, label: LabelPath, body: ExperimentIn, owner: Owner, call: EditExperimentCall, now: Now
) -> ReviewOut:
    """Reword the experiment, note something, or drop it: until Tuesday 24:00 of your clock.

    Later it is `EXPERIMENT_LOCKED`: the next review says what became of it.
    """
    edited = call(
        owner,
        label,
        revision=body.revision,
        text=body.text,
        standing=Standing(body.status) if body.status else None,
        note=body.note,
        now=now,
    )
    return ReviewOut.from_domain(edited)
