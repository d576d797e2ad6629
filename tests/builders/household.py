"""An owner with one thing of every kind, each as personal as it can be: marked words everywhere.

What a later room stores of an owner joins in `everything`; a test counts the kinds.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal

from nightdesk.accounts.audit import ActorKind, Origin, Source
from nightdesk.accounts.credential import Sealed, Slot
from nightdesk.accounts.exported import Export, Scope
from nightdesk.accounts.identity import Profile, Role, Security, TwoFactor
from nightdesk.adapters.dynamo import keys
from nightdesk.adapters.dynamo.api_tokens import ApiTokenItem
from nightdesk.adapters.dynamo.bookings import FillItem, OrderItem, PostingItem
from nightdesk.adapters.dynamo.bots import DynamoBots
from nightdesk.adapters.dynamo.credentials import CredentialItem, ShelfItem
from nightdesk.adapters.dynamo.decisions import DecisionItem
from nightdesk.adapters.dynamo.equity import EquityItem
from nightdesk.adapters.dynamo.exports import ExportingItem, ExportItem
from nightdesk.adapters.dynamo.external_records import ExternalItem, ExternalLegItem
from nightdesk.adapters.dynamo.gates import GateItem
from nightdesk.adapters.dynamo.journal_books import BookHeadItem, BookItem, BookNameItem
from nightdesk.adapters.dynamo.journal_cash import CashItem
from nightdesk.adapters.dynamo.journal_exports import JournalExportingItem, JournalExportItem
from nightdesk.adapters.dynamo.journal_findings import DetectorSettingItem, FindingItem
from nightdesk.adapters.dynamo.journal_imports import ImportItem, ImportMapItem
from nightdesk.adapters.dynamo.journal_items import (
    LabelsItem,
    TradeItem,
    TradePartItem,
    TradeRowItem,
)
from nightdesk.adapters.dynamo.journal_metrics import SavedMetricCountItem, SavedMetricItem
from nightdesk.adapters.dynamo.journal_owed import OwedItem
from nightdesk.adapters.dynamo.journal_plans import JournalSettingsItem, PlanItem
from nightdesk.adapters.dynamo.journal_reviews import AppointmentItem, ReviewItem
from nightdesk.adapters.dynamo.journal_shots import ScreenshotItem
from nightdesk.adapters.dynamo.journal_syncs import BalanceItem, SyncedAccountItem, SyncItem
from nightdesk.adapters.dynamo.journal_tags import TagItem, TagNameItem
from nightdesk.adapters.dynamo.journal_unplaced import Book, UnplacedItem
from nightdesk.adapters.dynamo.journal_writing import EntryItem, FormerTextItem, WordItem
from nightdesk.adapters.dynamo.leases import LeaseItem
from nightdesk.adapters.dynamo.limits import LimitItem, VenueHoldItem
from nightdesk.adapters.dynamo.outbox import EventItem
from nightdesk.adapters.dynamo.pool import PoolItem
from nightdesk.adapters.dynamo.replies import ReplyItem
from nightdesk.adapters.dynamo.sessions import SessionItem
from nightdesk.adapters.dynamo.stops import StopItem
from nightdesk.adapters.dynamo.strategies import StrategyItem
from nightdesk.adapters.dynamo.tables import Item
from nightdesk.adapters.dynamo.throttle import NetworkItem
from nightdesk.bots import lifecycle
from nightdesk.bots.bot import Bot
from nightdesk.bots.capital import funded
from nightdesk.bots.lifecycle import Trigger
from nightdesk.bots.ports import Change
from nightdesk.core.clock import millis
from nightdesk.core.events import event
from nightdesk.core.ids import BotId, StrategyId, UserId
from nightdesk.journal.cash_row import CashKind, CashRow
from nightdesk.journal.entry import FormerText
from nightdesk.journal.export_job import ExportJob, ExportKind
from nightdesk.journal.export_options import ExportOptions
from nightdesk.journal.finding import DetectorId, DetectorSetting
from nightdesk.journal.imported import SavedMap
from nightdesk.journal.owed import Owed
from nightdesk.journal.period import ReviewKind
from nightdesk.journal.plan import Wish
from nightdesk.journal.ports.reviews import Appointment
from nightdesk.journal.preferences import Preferences
from nightdesk.journal.search import of_entry
from nightdesk.journal.stored import Stored, built_from
from nightdesk.journal.synced import SyncedAccount
from nightdesk.names import EventType
from nightdesk.trading.ledger import deposit
from nightdesk.trading.order import Mode
from tests.builders.accounts import a_reply, a_session, an_api_token
from tests.builders.behaviour import a_finding
from tests.builders.bots import a_bot
from tests.builders.decisions import a_hold, an_equity_point
from tests.builders.imports import a_fill_outside, an_import
from tests.builders.journal_trades import a_trade, an_unplaced, some_labels
from tests.builders.reviews import a_ready_review
from tests.builders.strategies import a_definition
from tests.builders.syncs import a_sync
from tests.builders.trading import a_buy, a_trading_fill
from tests.builders.vault import a_credential
from tests.builders.writing import (
    a_book,
    a_plan,
    a_saved_metric,
    a_screenshot,
    a_tag,
    an_entry,
)

USERNAME = "lovelace-personal"
EMAIL = "lovelace.personal@mail.example"
DEVICE = "Lovelace's telephone"
NETWORK = "203.0.113.77"
NOTE = "words that Lovelace typed"
PERSONAL = (USERNAME, EMAIL, DEVICE, NETWORK, NOTE, "Lovelace")
"""What nobody may find any more once she has left."""
SECRETS = ("argon-of-hers", "sealed-totp-of-hers", "recovery-of-hers", "digest-of-hers")
"""What no export may show."""
D = Decimal


@dataclass(frozen=True)
class Household:
    """Everything of one owner at one moment."""

    owner: UserId
    at: datetime
    bot_id: BotId = field(default=BotId("bot_01HKZZZZZZZZZZZZZZZZZZZZZA"))

    @property
    def profile(self) -> Profile:
        return Profile(
            owner=self.owner,
            username=USERNAME,
            email=EMAIL,
            created_at=self.at,
            verified_at=self.at,
            display_name=f"{NOTE}: my name",
            locale="de-AT",
            new_email=f"new.{EMAIL}",
        )

    @property
    def security(self) -> Security:
        factor = TwoFactor(
            sealed=SECRETS[1], confirmed_at=self.at, last_step=7, recovery=(SECRETS[2],)
        )
        return Security(
            owner=self.owner, role=Role.TRADER, password_hash=SECRETS[0], two_factor=factor
        )

    @property
    def origin(self) -> Origin:
        return Origin(
            kind=ActorKind.USER,
            actor=self.owner,
            source=Source.API,
            network=NETWORK,
            agent=DEVICE,
        )

    def bot(self) -> Bot:
        name = f"{NOTE}: bot"
        lineage = replace(a_bot().lineage, root=self.bot_id)
        draft = a_bot(
            owner=self.owner, bot_id=self.bot_id, name=name, lineage=lineage, created_at=self.at
        )
        return replace(draft, version=0, updated_at=self.at)

    def move_in(self, bots: DynamoBots) -> None:
        """Store all of it; the account itself is stored by `Users.create`."""
        step = lifecycle.created(self.bot(), by=self.owner)
        moved = funded(step.bot, self.at)
        record = replace(step.record, detail=NOTE, changes={"name": NOTE, "parameters": {}})
        change = Change(
            before=None,
            bot=step.bot,
            record=record,
            events=(*step.events, moved.event),
            book=moved.book,
            flow=moved.flow,
        )
        draft = bots.commit(change)
        started = lifecycle.started(draft, Trigger.START, self.at + DAY, by=self.owner)
        bots.commit(
            Change(before=draft, bot=started.bot, record=started.record, events=started.events)
        )
        for item in self.everything():
            item.save()

    def everything(self) -> Iterator[Item]:
        """Yield the rest, item by item."""
        owner, at, partition = self.owner, self.at, keys.owner(self.owner)
        session = a_session(owner, at, device=DEVICE, network=NETWORK)
        yield SessionItem.from_domain(
            replace(session, refresh_digest=SECRETS[3], previous_digest=SECRETS[3])
        )
        token = an_api_token(owner, at, name=NOTE, digest=SECRETS[3], last_network=NETWORK)
        yield ApiTokenItem.from_domain(token)
        sealed = Sealed(ciphertext=b"sealed-key-of-hers", wrapped=b"wrapped-key-of-hers")
        key = a_credential(owner=owner, sealed=sealed, fingerprint=SECRETS[3], last_error=NOTE)
        yield CredentialItem.from_domain(Slot(serving=key))
        yield ShelfItem(
            partition, keys.shelf(key.provider), owner=owner, provider=key.provider, revision=1
        )
        yield NetworkItem(partition, keys.network("ab12"), until=at, expires_at=at + DAY)
        yield StrategyItem(
            partition,
            keys.strategy(StrategyId("str_1"), 1),
            owner=owner,
            strategy_id="str_1",
            version=1,
            definition=a_definition().canonical,
            created_at=at,
        )
        stop = {"stop_id": "s", "scope": owner, "level": "block", "by": owner, "admin": False}
        gate = {**stop, "reason": NOTE, "at": "2026-11-21T12:00:00Z"}
        yield GateItem(partition, keys.GATE, stop=gate)
        yield StopItem(partition, keys.stop("s"), bots_paused=1)
        yield PoolItem(partition, keys.pool("live", "EUR"), free=D("12.5"))
        told = event(
            owner, EventType.NOTIFICATION, at, {"title": NOTE, "text": EMAIL}, cause="told"
        )
        yield EventItem.from_domain(told, at)
        export = Export(
            export_id="01J00000000000000000000OLD",
            owner=owner,
            scope=Scope.ALL,
            asked_at=at - DAY,
            held_until=at - DAY,
        )
        yield ExportItem.from_domain(export)
        wanted = ExportOptions(since=at - DAY, until=at, filters={"account": (NOTE,)})
        job = ExportJob.asked(owner, ExportKind.ALL, wanted, cause="c", now=at)
        yield JournalExportItem.from_domain(job)
        place = keys.journal_exporting(job.kind.value)
        yield JournalExportingItem(partition, place, export_id=job.id)
        yield ExportingItem(partition, keys.EXPORTING, export_id=export.export_id)
        yield ReplyItem.from_domain(replace(a_reply(owner=owner), body=EMAIL.encode()))
        yield LimitItem(partition, keys.limit("read"))
        until = millis(at + DAY)
        yield VenueHoldItem(partition, keys.VENUE_HOLD, until=until, expires_at=at + DAY)
        yield from self._written()
        yield LeaseItem(keys.bot(owner, self.bot_id), keys.LEASE, fence=1)
        found = FindingItem.from_domain(a_finding(owner=owner, found_at=at))
        found.answer = {"opinion": "note", "note": NOTE, "at": "2026-11-21T12:00:00Z"}
        yield found
        tuned = DetectorSetting(owner=owner, detector=DetectorId.REVENGE)
        yield DetectorSettingItem.from_domain(tuned)
        yield from self._traded()
        yield from self._imported()
        yield from self._synced()
        yield from self._journaled()
        yield from self._reviewed()

    def _written(self) -> Iterator[Item]:
        """Yield what she wrote in the journal."""
        owner, at, partition = self.owner, self.at, keys.owner(self.owner)
        entry = an_entry(owner=owner, title=NOTE, body=NOTE, tags=("tag_1",))
        yield EntryItem.from_domain(entry)
        yield FormerTextItem.from_domain(FormerText.of(entry, at))
        for bucket, posting in of_entry(entry).postings.items():
            yield WordItem.from_domain(owner, bucket, posting)
        tag = a_tag(owner=owner, name=NOTE)
        yield TagItem.from_domain(tag)
        yield TagNameItem(partition, keys.tag_name(tag.key), tag_id=tag.id)
        yield PlanItem.from_domain(a_plan(owner=owner, wish=Wish(intent=NOTE)))
        book = a_book(owner=owner, name=NOTE)
        yield BookItem.from_domain(book)
        yield BookHeadItem.from_domain(book)
        yield BookNameItem(partition, keys.book_name(book.key), book_id=book.id)
        yield SavedMetricItem.from_domain(a_saved_metric(owner=owner, name=NOTE))
        yield SavedMetricCountItem(partition, keys.SAVED_METRIC_COUNT, metrics=1)
        yield JournalSettingsItem.from_domain(Preferences(owner=owner))
        yield ScreenshotItem.from_domain(a_screenshot(owner=owner, caption=NOTE))

    def _imported(self) -> Iterator[Item]:
        owner, at, partition = self.owner, self.at, keys.owner(self.owner)
        yield ImportItem.from_domain(an_import(owner=owner, filename=NOTE, version=1))
        kept = SavedMap(
            map_id="m", owner=owner, name=NOTE, header=("a",), mapping={"at": "a"}, created_at=at
        )
        yield ImportMapItem.from_domain(kept)
        yield ExternalItem.from_domain(a_fill_outside("1", owner=owner, note=NOTE))
        yield ExternalLegItem(partition, keys.external("ab12"), record="cd34")

    def _traded(self) -> Iterator[Item]:
        owner, at, bot_id = self.owner, self.at, self.bot_id
        order = a_buy(owner=owner, bot_id=bot_id)
        yield OrderItem.from_domain(order)
        yield FillItem.from_domain(a_trading_fill(order))
        yield PostingItem.from_domain(owner, bot_id, deposit("capital:more", at, "USD", D("-5")))
        yield DecisionItem.from_domain(replace(a_hold(bot_id=bot_id), owner=owner), at)
        yield EquityItem.from_domain(replace(an_equity_point(), owner=owner, bot_id=bot_id))

    def _synced(self) -> Iterator[Item]:
        """Yield a sync of an account of hers, and what the venue said that she has."""
        sync = a_sync(owner=self.owner, until=self.at, created_at=self.at, updated_at=self.at)
        yield SyncItem.from_domain(sync)
        yield SyncedAccountItem.from_domain(
            SyncedAccount(owner=self.owner, account=sync.account, synced_at=self.at)
        )
        partition, day = keys.owner(self.owner), self.at.date()
        amounts = {"BTC": "0.5"}
        yield BalanceItem(partition, keys.balance(sync.account, day), at=self.at, amounts=amounts)

    def _reviewed(self) -> Iterator[Item]:
        """Yield a review that she got, and when the next one is due."""
        yield ReviewItem.from_domain(a_ready_review(owner=self.owner, revision=1))
        yield AppointmentItem.from_domain(
            Appointment(owner=self.owner, kind=ReviewKind.WEEK, label="2025-W11", at=self.at)
        )
        yield OwedItem.from_domain(
            Owed(owner=self.owner, at=self.at, day=self.at.date(), mode=Mode.LIVE)
        )

    def _journaled(self) -> Iterator[Item]:
        """Yield a trade that she wrote down, and what she wrote of it."""
        trade = replace(a_trade(), owner=self.owner, account=NOTE)
        stored = Stored(trade=trade, fills_hash=built_from(trade))
        item, _ = TradeItem.of(stored)
        yield item
        yield TradePartItem(item.pk, keys.journal_part(trade.id, 1), part=b"-")
        yield TradeRowItem.of(stored)
        yield LabelsItem.of(some_labels(trade, note=NOTE), stored)
        unplaced = UnplacedItem(item.pk, keys.unplaced(NOTE, trade.instrument))
        unplaced.hold(Book(rows=(an_unplaced(account=NOTE),)))
        yield unplaced
        yield CashItem.from_domain(
            CashRow(
                id="01J0000000000000000000CASH",
                owner=self.owner,
                account=NOTE,
                at=self.at,
                asset="EUR",
                amount=D("12.5"),
                kind=CashKind.DEPOSIT,
                note=NOTE,
                created_at=self.at,
            )
        )


DAY = timedelta(days=1)
