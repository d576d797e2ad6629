"""What `make run` shows: a demo trader's bots, a replay with a progress bar, and its table."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from infra.cdk.local import demo, replay, report
from infra.cdk.local.cloud import Cloud
from infra.cdk.local.guard import records

SINCE = datetime(2018, 12, 20, tzinfo=UTC)
UNTIL = datetime(2019, 3, 10, tzinfo=UTC)
"""A stretch of the product's own recordings with entries, exits, stops and denials in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What to replay. No `since` or `until`: the demo's own, or where the last run ended."""

    bots: tuple[demo.DemoBot, ...] = demo.BOTS
    since: datetime | None = None
    until: datetime | None = None
    speed: float | None = None


@dataclass(frozen=True, slots=True)
class Show:
    """One run of the demo on a deployed desk. `folder` remembers how far it has come."""

    cloud: Cloud
    folder: Path
    console: Console

    def __call__(self, wish: Wish) -> None:
        """Seed, replay, and print the table. Raises CycleFailed, Refusal, TimeoutError."""
        done = self._done()
        since = wish.since or (done + timedelta(minutes=1) if done else SINCE)
        until = wish.until or max(UNTIL, since)
        first = min(since, SINCE) if wish.since is None else since
        trader = demo.demo_trader(self.cloud)
        bots = demo.seed(self.cloud, trader, wish.bots, since)
        moments = list(replay.closes([bot.timeframe for bot in wish.bots], since, until))
        if moments:
            self._replay(moments, wish.speed)
        else:
            self.console.print(f"already replayed up to {until:%Y-%m-%d}; --fresh starts anew")
        found = report.rows(trader, bots, first, until)
        self.console.print(report.table(found, first, until))

    def sign_off(self) -> None:
        """Say where everything is."""
        url = self.cloud.deployment.api_url
        self.console.print(f"API           {url}", highlight=False, soft_wrap=True)
        self.console.print(f"OpenAPI page  {url}/api/docs", highlight=False, soft_wrap=True)
        self.console.print(f"Login         {demo.EMAIL} / {demo.PASSWORD}", highlight=False)

    def _replay(self, moments: Sequence[datetime], speed: float | None) -> None:
        with Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[news]}"),
            TimeRemainingColumn(),
            console=self.console,
        ) as bar:
            task = bar.add_task("replaying", total=len(moments), news="")

            def told(moment: datetime, total: replay.Replayed) -> None:
                self._remember(moment)
                news = f"{moment:%Y-%m-%d} · {total.fills} fills · {total.denied} denied"
                bar.update(task, advance=1, news=news)

            total = replay.replay(self.cloud, moments, progress=told, speed=speed)
        if total.skipped:
            reasons = ", ".join(sorted(set(total.skipped)))
            self.console.print(f"{len(total.skipped)} batches were skipped: {reasons}")

    @property
    def _record(self) -> Path:
        return records(self.folder) / "replayed.json"

    def _done(self) -> datetime | None:
        try:
            return datetime.fromisoformat(json.loads(self._record.read_text())["until"])
        except (OSError, ValueError, KeyError):
            return None

    def _remember(self, moment: datetime) -> None:
        self._record.write_text(json.dumps({"until": moment.isoformat()}))
