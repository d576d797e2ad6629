"""Make reviews: each once, whatever is cut off or asked for twice."""

from dataclasses import dataclass, replace
from datetime import datetime

from nightdesk.core.errors import Permanent, StaleWrite
from nightdesk.core.ids import UserId
from nightdesk.journal.experiment import Experiment, locked_at
from nightdesk.journal.period import Period, ReviewKind, latest_complete, period_named
from nightdesk.journal.ports.reviews import (
    GatherMaterial,
    JudgeClaims,
    JudgeDays,
    Reviews,
    ReviewWriter,
)
from nightdesk.journal.ports.trades import PreferencesOf
from nightdesk.journal.preferences import Preferences
from nightdesk.journal.review import Review, ReviewStatus
from nightdesk.journal.review_material import Material
from nightdesk.journal.review_task import Asked
from nightdesk.journal.reviewing.claims import BeginReview, running
from nightdesk.journal.reviewing.habits import persons
from nightdesk.journal.reviewing.numbers import numbers_of
from nightdesk.journal.reviewing.trying import proposed
from nightdesk.journal.reviewing.writing import worded

READINGS = 3
"""How often a review is read anew because trades came into its period meanwhile."""


@dataclass(frozen=True, slots=True)
class MakeReview:
    """Make the review of one period."""

    reviews: Reviews
    preferences: PreferencesOf
    gather: GatherMaterial
    judge: JudgeDays
    claims: JudgeClaims
    writer: ReviewWriter

    def __call__(
        self, owner: UserId, kind: ReviewKind, label: str | None = None, *, now: datetime
    ) -> Review | None:
        """Return it ready or failed; None for a digest of a day on which nothing happened.

        Without a label it is the latest complete period. Raises Invalid, Conflict as
        `BeginReview`, and Transient: then it stays claimed until the claim is too old.
        """
        own = self.preferences(owner)
        period = (
            period_named(kind, label, own.places)
            if label
            else latest_complete(kind, own.places, now)
        )
        return self.scheduled(own, period, now=now)

    def scheduled(self, own: Preferences, period: Period, *, now: datetime) -> Review | None:
        """Return the review of a period as `__call__` does."""
        if period.kind is ReviewKind.DAY and period.until <= now:
            # looked at before it is claimed: an empty day leaves nothing behind
            there = self.reviews.versions(own.owner, period.kind, period.label)
            if not there and self.gather(own, period, now=now).empty:
                return None
        return self._made(own, period, now)

    def asked(self, asked: Asked, *, now: datetime) -> Review:
        """Return the version that was asked for, also of an empty day. Raises as `__call__`."""
        own = self.preferences(asked.owner)
        period = period_named(asked.kind, asked.label, own.places)
        return self._made(own, period, now, asked)

    def _made(
        self, own: Preferences, period: Period, now: datetime, asked: Asked | None = None
    ) -> Review:
        begin = BeginReview(self.reviews)
        review, mine = begin(own.owner, period, now=now, asked=asked)
        if not mine:
            return review
        for _ in range(READINGS):
            try:
                done = self._computed(own, period, review, now)
                events = [done.told(now)] if done.status is ReviewStatus.READY else []
                return self.reviews.save(done, events=events, now=now)
            except StaleWrite:
                review = self._marked(review, now)
        raise running()

    def _computed(self, own: Preferences, period: Period, review: Review, now: datetime) -> Review:
        """Return it ready, or failed with the code of what cannot be mended."""
        try:
            material = self._material(own, period, now)
            experiment = self._experiment(own, material, review, now)
            numbers = numbers_of(material, experiment)
            wording = worded(self.writer, numbers, material.notes)
        except Permanent as error:
            return review.failed(error.code)
        return review.ready(numbers, wording, experiment, now)

    def _experiment(
        self, own: Preferences, material: Material, review: Review, now: datetime
    ) -> Experiment | None:
        """Return a week's one experiment: a version made anew keeps what the trader has.

        That is what stood in the version before, once the trader has said something to it, or may
        not any more.
        """
        if review.kind is not ReviewKind.WEEK:
            return None
        there = self.reviews.versions(review.owner, review.kind, review.label)
        former = [one.experiment for one in there if one.version < review.version]
        kept = next((one for one in reversed(former) if one is not None), None)
        locked = now >= locked_at(material.period, own.places)
        return kept if kept is not None and (kept.touched or locked) else proposed(material)

    def _material(self, own: Preferences, period: Period, now: datetime) -> Material:
        """Return what there is, the period's last day judged: the others were by their digests.

        A week's claims are kept: a month tells those of its own end, and leaves no more of them.
        """
        material = self.gather(own, period, now=now)
        last = material.last_day
        found = self.judge(own.owner, last, material.mode, now=now) if last else None
        material = material.judged(found) if found else material
        if period.kind is ReviewKind.DAY or not persons((*material.closed, *material.opened)):
            return material
        keeping = period.kind is ReviewKind.WEEK
        claims = self.claims(own.owner, material.mode, period.until, now=now, keeping=keeping)
        return replace(material, claims=tuple(claims))

    def _marked(self, review: Review, now: datetime) -> Review:
        """Return a claimed review that was marked stale meanwhile, to be read once more.

        The mark is taken off first: a trade that comes now sets it again. Raises Conflict if the
        claim is another's by now.
        """
        there = self.reviews.versions(review.owner, review.kind, review.label)
        for one in there:
            if one.stale and one.claimed_as(review):
                try:
                    return self.reviews.save(one.reread(), now=now)
                except StaleWrite as error:
                    raise running() from error
        raise running()
