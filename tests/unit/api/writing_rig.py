"""What two traders write, behind the app."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from nightdesk import bootstrap
from nightdesk.accounts.identity import Profile
from nightdesk.core.ids import TradeId, UserId
from nightdesk.journal.book_stats import Played
from nightdesk.journal.entry_writing import (
    AddInsight,
    ChangeEntry,
    FindEntries,
    ReadEntry,
    WriteEntry,
)
from nightdesk.journal.insight import Seen
from nightdesk.journal.merged import MergedPlans, MergedPlaybooks, MergedTrades
from nightdesk.journal.metric_keeping import RemoveMetric, SaveMetric, ShowMetrics
from nightdesk.journal.picturing import (
    AskToUpload,
    Develop,
    RemoveEntry,
    RemoveScreenshot,
    ShowScreenshots,
)
from nightdesk.journal.planning import LockPlan, NotePlan, ReadPlan, WritePlan
from nightdesk.journal.playing import (
    ArchivePlaybook,
    ChangePlaybook,
    CreatePlaybook,
    ReadBookStats,
    ReadPlaybooks,
)
from nightdesk.journal.preferring import ReadPlace, ReadPreferences, SetPreferences
from nightdesk.journal.saved_metric import Group, Reading, SavedMetric, Span
from nightdesk.journal.search import Find
from nightdesk.journal.tagging import (
    ChangeTag,
    CreateTag,
    ListTags,
    MergeTag,
    NamedBeside,
    RemoveTag,
)
from nightdesk.journal.trade import JournalTrade
from nightdesk.performance.figure import known
from nightdesk.trading.order import Mode
from tests.builders.accounts import NOW
from tests.builders.writing import a_closed_trade, played
from tests.fakes.journal import (
    FakeEntries,
    FakePlans,
    FakePlaybooks,
    FakePreferences,
    FakeSavedMetrics,
    FakeScreenshotFiles,
    FakeScreenshots,
    FakeTags,
    FakeWrittenTrades,
    plain_darkroom,
)
from tests.unit.api.conftest import Api


@dataclass
class Measured:
    """The port Measure: every figure is 2 over 40 days, and so is that of a group."""

    spans: list[Span] = field(default_factory=list)

    def __call__(
        self, owner: UserId, metric: SavedMetric, span: Span, before: Span | None = None, /
    ) -> Reading:
        self.spans.append(span)
        figure = known(2.0, 40)
        groups = [Group(key="09", name="09", figure=figure, thin=False)] * bool(metric.breakdown)
        return Reading(
            figure=figure,
            modes=(Mode.LIVE,),
            currency="EUR",
            groups=tuple(groups),
            hidden=len(groups),
            previous=figure if before else None,
        )


def found(trade: JournalTrade) -> list[Seen]:
    """The port FoundOfTrade."""
    return [Seen(detector="REVENGE", severity="medium", text="Entered soon after a loss.")]


class Unmoved:
    """Trades that have the id that they began with."""

    def ids(self, owner: UserId, trade_id: TradeId) -> tuple[TradeId, ...]:
        return (trade_id,)


class Desk:
    """The journals of Alice and Bob; `zone` is that of both."""

    def __init__(self, api: Api) -> None:
        self.api, self.zone = api, "UTC"
        self.alice, self.bob = api.alice(), api.bob()
        entries, tags = FakeEntries(), FakeTags()
        self.entries, self.metrics = entries, FakeSavedMetrics()
        plans, self.books = MergedPlans(FakePlans(), tags), MergedPlaybooks(FakePlaybooks(), tags)
        self.trades, self.files = FakeWrittenTrades(), FakeScreenshotFiles()
        merged = MergedTrades(self.trades, tags)
        self.shots, self.measured = FakeScreenshots(), Measured()
        preferences = ReadPreferences(FakePreferences(), self.profile)
        place, show_tags = ReadPlace(preferences), ListTags(tags, entries.postings)
        remove_shot = RemoveScreenshot(entries, self.shots, self.files)
        self.develop = Develop(self.shots, self.files, plain_darkroom)
        api.give(
            {
                bootstrap.find_entries: FindEntries(Find(entries.postings), entries, tags),
                bootstrap.read_trade: Unmoved(),
                bootstrap.read_entry: ReadEntry(entries, tags),
                bootstrap.write_entry: WriteEntry(entries, tags, self.trades),
                bootstrap.change_entry: ChangeEntry(entries, tags, self.trades),
                bootstrap.remove_entry: RemoveEntry(entries, remove_shot),
                bootstrap.add_insight: AddInsight(entries, merged, self.books, found, place),
                bootstrap.ask_to_upload: AskToUpload(entries, self.shots, self.files),
                bootstrap.show_screenshots: ShowScreenshots(self.shots, self.files),
                bootstrap.remove_screenshot: remove_shot,
                bootstrap.list_tags: show_tags,
                bootstrap.create_tag: CreateTag(tags),
                bootstrap.change_tag: ChangeTag(tags),
                bootstrap.remove_tag: RemoveTag(
                    tags, show_tags, NamedBeside(plans, self.books, self.metrics)
                ),
                bootstrap.merge_tag: MergeTag(tags),
                bootstrap.read_plan: ReadPlan(plans, merged),
                bootstrap.write_plan: WritePlan(plans, self.trades, tags, place),
                bootstrap.lock_plan: LockPlan(plans),
                bootstrap.note_plan: NotePlan(plans),
                bootstrap.read_playbooks: ReadPlaybooks(self.books),
                bootstrap.create_playbook: CreatePlaybook(self.books),
                bootstrap.change_playbook: ChangePlaybook(self.books),
                bootstrap.archive_playbook: ArchivePlaybook(self.books),
                bootstrap.read_book_stats: ReadBookStats(self.books, merged, tags, place),
                bootstrap.show_metrics: ShowMetrics(self.metrics, self.measured, place),
                bootstrap.save_metric: SaveMetric(self.metrics),
                bootstrap.remove_metric: RemoveMetric(self.metrics),
                bootstrap.read_preferences: preferences,
                bootstrap.set_preferences: SetPreferences(preferences),
            }
        )

    def profile(self, owner: UserId) -> Profile:
        return Profile(
            owner=owner,
            username="somebody",
            email="somebody@example.com",
            created_at=NOW,
            time_zone=self.zone,
        )

    @property
    def owner(self) -> UserId:
        """Return whose journal Alice's is."""
        account = self.api.client.get("/api/account", headers=self.alice).json()
        return UserId(account["id"])

    def trade(
        self,
        trade_id: str = "jt_1",
        *,
        at: datetime = NOW,
        mode: Mode = Mode.LIVE,
        **labels: Any,
    ) -> Played:
        """Let Alice have a closed trade."""
        trade = a_closed_trade(trade_id, owner=self.owner, opened_at=at, mode=mode)
        self.trades.kept.append(played(trade, **labels))
        return self.trades.kept[-1]

    def call(self, method: str, path: str, *, as_bob: bool = False, **more: Any) -> Any:
        headers = (self.bob if as_bob else self.alice) | more.pop("headers", {})
        return self.api.client.request(method, f"/api/journal{path}", headers=headers, **more)

    def made(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Return what a POST made."""
        answer = self.call("POST", path, json=body)
        assert answer.status_code == 201, answer.text
        out: dict[str, Any] = answer.json()
        return out

    def later(self, **time: float) -> None:
        self.api.clock.moment += timedelta(**time)


ENTRY = {"kind": "free", "title": "A quiet morning", "body": "Waited for the range to break."}
OF_TRADE = {"kind": "trade", "trade_id": "jt_1", "title": "Too early"}
BOOK = {
    "name": "Breakouts",
    "rules": [
        {"id": "wait", "text": "Wait for the close.", "phase": "entry"},
        {
            "id": "rr",
            "text": "Two to one.",
            "phase": "risk",
            "check": {"field": "planned_rr", "op": "ge", "value": 2},
        },
    ],
}
METRIC = {"name": "Winners", "metric": "win_rate", "goal": {"bound": "ge", "value": "0.6"}}
SETTINGS = {
    "breakeven_r": "0.2",
    "cooldown_minutes": 30,
    "thin_n": 20,
    "default_timeframe": "1h",
    "version": 1,
}
NOBODYS = TradeId("jt_of_nobody")


def refused(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def without_id(answer: Any) -> dict[str, Any]:
    error: dict[str, Any] = answer.json()["error"]
    del error["request_id"]
    return error
