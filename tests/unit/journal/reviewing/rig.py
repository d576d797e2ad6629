"""Everything that makes reviews, in memory; it may be cut off before any step."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from nightdesk.core.errors import Missing
from nightdesk.core.events import Event
from nightdesk.core.ids import UserId
from nightdesk.journal.claim import Claim
from nightdesk.journal.finding import Finding
from nightdesk.journal.period import Period
from nightdesk.journal.place import Place
from nightdesk.journal.ports.reviews import Appointment
from nightdesk.journal.preferences import Preferences
from nightdesk.journal.review import Review
from nightdesk.journal.review_material import Material
from nightdesk.journal.review_task import Asked, Due, Expect, ReviewTask
from nightdesk.journal.reviewing.appointing import KeepAppointment, KeepAppointments
from nightdesk.journal.reviewing.asking import AskReview
from nightdesk.journal.reviewing.making import MakeReview
from nightdesk.journal.reviewing.staling import MarkStale
from nightdesk.journal.reviewing.writing import RulesWriter
from nightdesk.journal.tag import TagBook
from nightdesk.trading.order import Mode
from tests.builders.reviews import VIENNA, a_played
from tests.fakes.reviews import FakeAppointments, FakeReviewQueue, FakeReviews

ZONES = (
    *("Pacific/Kiritimati", "Pacific/Apia", "Pacific/Auckland", "Pacific/Chatham"),
    *("Australia/Sydney", "Australia/Adelaide", "Australia/Lord_Howe", "Asia/Tokyo"),
    *("Asia/Kathmandu", "Asia/Kolkata", "Asia/Tehran", "Asia/Beirut", "Asia/Jerusalem"),
    *("Africa/Cairo", "Africa/Johannesburg", "Africa/Casablanca", "Europe/Moscow"),
    *("Europe/Vienna", "Europe/London", "Europe/Lisbon", "UTC", "Atlantic/Azores"),
    *("America/Sao_Paulo", "America/St_Johns", "America/New_York", "America/Havana"),
    *("America/Santiago", "America/Denver", "America/Los_Angeles", "Pacific/Pago_Pago"),
)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class Cut(Exception):
    """The worker was killed."""


def calm(owner: UserId, day: date, mode: Mode, *, now: datetime) -> Finding | None:
    """Find every day calm."""
    return None


def claimless(
    owner: UserId, mode: Mode, until: datetime, *, now: datetime, keeping: bool
) -> Sequence[Claim]:
    """Claim nothing."""
    return ()


@dataclass
class Rig:
    """Everything that makes reviews, in memory; `fuse` says before which step it is cut off."""

    places: dict[UserId, Sequence[Place]] = field(default_factory=dict)
    reviews: "CutReviews" = field(init=False)
    appointments: "CutAppointments" = field(init=False)
    material: Material | None = None
    fault: Exception | None = None
    fuse: int | None = None
    queue: FakeReviewQueue = field(default_factory=FakeReviewQueue)
    gone: set[UserId] = field(default_factory=set)
    meanwhile: list[Callable[[], object]] = field(default_factory=list)
    """What happens while the material is read, one at each reading."""

    def __post_init__(self) -> None:
        self.reviews, self.appointments = CutReviews(rig=self), CutAppointments(rig=self)

    def preferences(self, owner: UserId) -> Preferences:
        if owner in self.gone:
            raise Missing("no such account")
        return Preferences(owner=owner, places=tuple(self.places.get(owner, [VIENNA])))

    def gather(self, own: Preferences, period: Period, *, now: datetime) -> Material:
        owner = own.owner
        self.step()
        if self.fault:
            raise self.fault
        if self.meanwhile:
            self.meanwhile.pop(0)()
        if self.material:
            return replace(self.material, owner=owner, period=period)
        trade = a_played("1", day=period.first)
        return Material(
            owner=owner,
            period=period,
            mode=Mode.LIVE,
            opened=(trade,),
            tags=TagBook(owner, ()),
            verdicts={},
            tilts={},
            moods={},
        )

    @property
    def make(self) -> MakeReview:
        return MakeReview(
            reviews=self.reviews,
            preferences=self.preferences,
            gather=self.gather,
            judge=calm,
            claims=claimless,
            writer=RulesWriter(),
        )

    @property
    def keep(self) -> KeepAppointment:
        return KeepAppointment(make=self.make, appointments=self.appointments)

    @property
    def ask(self) -> AskReview:
        return AskReview(reviews=self.reviews, queue=self.queue, preferences=self.preferences)

    @property
    def mark(self) -> MarkStale:
        return MarkStale(reviews=self.reviews, preferences=self.preferences)

    def begin(self, owner: UserId, now: datetime) -> None:
        KeepAppointments(appointments=self.appointments, preferences=self.preferences)(
            owner, now=now
        )

    def work(self, task: ReviewTask, now: datetime) -> object:
        """Do a task as the worker does."""
        if isinstance(task, Due):
            return self.keep(task.owner, task.kind, now=now)
        if isinstance(task, Asked):
            return self.make.asked(task, now=now)
        assert isinstance(task, Expect)
        for owner in task.owners:
            self.begin(owner, now)
        return None

    def run(self, now: datetime) -> None:
        """Work what is due as the hourly schedule does; a cut ends the whole pass."""
        try:
            for one in self.appointments.due(now, limit=1_000).items:
                self.keep(one.owner, one.kind, now=now)
        except Cut:
            self.fuse = None

    def step(self) -> None:
        if self.fuse is not None:
            self.fuse -= 1
            if self.fuse < 0:
                raise Cut


@dataclass
class CutReviews(FakeReviews):
    rig: Rig = field(kw_only=True)

    def begin(self, review: Review) -> Review | None:
        self.rig.step()
        return super().begin(review)

    def save(self, review: Review, *, events: Sequence[Event] = (), now: datetime) -> Review:
        self.rig.step()
        return super().save(review, events=events, now=now)


@dataclass
class CutAppointments(FakeAppointments):
    rig: Rig = field(kw_only=True)

    def put(self, appointment: Appointment) -> bool:
        self.rig.step()
        return super().put(appointment)
