"""The trader's word on an experiment: another text, a note, or to drop it."""

from dataclasses import dataclass
from datetime import datetime

from nightdesk.core.errors import Invalid, Missing, StaleWrite
from nightdesk.core.ids import UserId
from nightdesk.journal.experiment import Standing, edited, locked_at
from nightdesk.journal.period import ReviewKind, period_named
from nightdesk.journal.ports.reviews import Reviews
from nightdesk.journal.ports.trades import PreferencesOf
from nightdesk.journal.review import Review, ReviewStatus
from nightdesk.journal.reviewing.claims import running
from nightdesk.journal.reviewing.rules_text import on_experiment
from nightdesk.journal.reviewing.telling import tried


@dataclass(frozen=True, slots=True)
class EditExperiment:
    """Change the experiment that the newest review of a week proposes, until Tuesday 24:00.

    What the review shows and says of it changes with it, whoever worded the rest. A version that
    failed proposes none: the one before it stands.
    """

    reviews: Reviews
    preferences: PreferencesOf

    def __call__(
        self,
        owner: UserId,
        label: str,
        *,
        revision: int,
        text: str | None = None,
        standing: Standing | None = None,
        note: str | None = None,
        now: datetime,
    ) -> Review:
        """Return the review with its experiment changed; what is None stays.

        Raises Invalid, Missing, StaleWrite unless `revision` is what stands there, Conflict
        `EXPERIMENT_LOCKED`, `REVIEW_RUNNING`.
        """
        places = self.preferences(owner).places
        period = period_named(ReviewKind.WEEK, label, places)
        there = self.reviews.versions(owner, ReviewKind.WEEK, period.label)
        lasting = [one for one in there if one.status is ReviewStatus.READY or one.running(now)]
        if not lasting:
            raise Missing("no such review")
        review = lasting[-1]
        if review.revision != revision:
            raise StaleWrite(f"the review is at revision {review.revision}")
        if review.experiment is None:
            raise running()
        try:
            experiment = edited(
                review.experiment,
                text=text,
                standing=standing,
                note=note,
                now=now,
                locked=locked_at(period, places),
            )
        except ValueError as error:
            raise Invalid("VALIDATION_FAILED", str(error), field="text") from error
        shown = tried(experiment)
        comment = on_experiment({**(review.numbers or {}), "experiment": shown})
        return self.reviews.save(review.trying(experiment, shown, comment), now=now)
