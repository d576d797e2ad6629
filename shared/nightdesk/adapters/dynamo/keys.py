"""Every key of every table. What belongs to a trader starts with the trader; the desk is SYSTEM.

Times in sort keys are ISO text or zero-padded milliseconds: both sort as they pass.
"""

from datetime import date, datetime

from nightdesk.core.clock import iso, utc
from nightdesk.core.ids import SYSTEM as DESK
from nightdesk.core.ids import (
    BotId,
    ClientOrderId,
    EventId,
    FillId,
    InstrumentId,
    PostingId,
    SessionId,
    StrategyId,
    TradeId,
    UserId,
    digest,
)

SYSTEM = str(DESK)
"""Partition of what belongs to the desk itself."""


def owner(user: UserId) -> str:
    """Return the partition of what one trader owns."""
    return SYSTEM if user == DESK else f"U#{user}"


def bot(user: UserId, bot_id: BotId) -> str:
    """Return the partition of what one bot decided, ordered, booked."""
    return f"{owner(user)}#BOT#{bot_id}"


# market table: shared by all owners, so no key names one


def candles(instrument: InstrumentId, timeframe: str) -> str:
    """Return the partition of one series of candles."""
    return f"C#{instrument}#{timeframe}"


def candle_block(start_ms: int) -> str:
    """Return the sort key of the block that starts at `start_ms`: before all its candles."""
    return f"{start_ms:013d}#B"


def candle(open_ms: int) -> str:
    """Return the sort key of one candle that is not in a block yet."""
    return f"{open_ms:013d}#T"


def rules(venue: str) -> str:
    """Return the partition of one venue's trading rules; the sort key is the instrument id."""
    return f"RULES#{venue}"


# accounts

PROFILE = "PROFILE"
SECURITY = "SECURITY"
LOOKUP = "LOOKUP"
FIRST_ADMIN = "FIRST_ADMIN"
SESSIONS = "SESSION#"
INVITATIONS = "INVITATION#"
INVITING = "INVITING"
TOKENS = "TOKEN#"
USERS = "USER#"


def session(session_id: SessionId) -> str:
    """Return the sort key of one signed-in device."""
    return f"{SESSIONS}{session_id}"


def user(owner_id: UserId) -> str:
    """Return the sort key of one line of the list of users, under SYSTEM."""
    return f"{USERS}{owner_id}"


def api_token(token_id: str) -> str:
    """Return the sort key of one key for programs."""
    return f"{TOKENS}{token_id}"


def invitation(invitation_id: str) -> str:
    """Return the sort key of one invitation, under SYSTEM."""
    return f"{INVITATIONS}{invitation_id}"


def lookup(kind: str, hashed: bytes) -> str:
    """Return the partition that leads from a digest under the pepper to an owner."""
    return f"LOOKUP#{kind}#{hashed.hex()}"


def limited(subject: str) -> str:
    """Return the partition of a rate limit's subject: `user:<id>…` or `network:<network>`.

    Networks belong to the desk, but each is a partition: one flood makes no other wait.
    """
    kind, _, name = subject.partition(":")
    user, _, part = name.partition(":")
    if kind != "user":
        return f"{SYSTEM}#{subject}"
    return f"{owner(UserId(user))}#{part}" if part else owner(UserId(user))


VENUE_HOLD = "HOLD"


def limit(kind: str) -> str:
    """Return the sort key of the counts of one class of requests."""
    return f"LIMIT#{kind}"


def reply(route: str, key: str) -> str:
    """Return the sort key of a kept reply: the route is a path of any length, so its digest."""
    return f"REPLY#{digest(route, key).hex()}"


# trading: what a bot decided, ordered, booked

POSITION = "POSITION"
GATE = "GATE"
LEASE = "LEASE"
BOTS = "BOT#"
DECISIONS = "DECISION#"
ORDERS = "ORDER#"
FILLS = "FILL#"
POSTINGS = "POSTING#"
EQUITY = "EQUITY#"
SNAPSHOT = "SNAPSHOT"
HOLDING = "HOLDING"
"""Partition of index `by_market` with the books that the watch must look at."""


def bot_of(partition: str) -> tuple[UserId, BotId]:
    """Return owner and bot of a bot's partition."""
    user, _, bot_id = partition.removeprefix("U#").partition("#BOT#")
    return UserId(user), BotId(bot_id)


def decision(as_of: datetime) -> str:
    """Return the sort key of what a bot decided at one moment."""
    return f"{DECISIONS}{iso(as_of)}"


def order(order_id: ClientOrderId) -> str:
    """Return the sort key of one order."""
    return f"{ORDERS}{order_id}"


def fills(order_id: ClientOrderId) -> str:
    """Return what the sort keys of an order's fills begin with."""
    return f"{FILLS}{order_id}#"


def fill(order_id: ClientOrderId, fill_id: FillId) -> str:
    """Return the sort key of one fill."""
    return f"{fills(order_id)}{fill_id}"


def posting(posting_id: PostingId) -> str:
    """Return the sort key of one posting: its cause."""
    return f"{POSTINGS}{posting_id}"


def event(event_id: EventId) -> str:
    """Return the sort key of one event of the outbox."""
    return f"{EVENTS}{event_id}"


def equity(as_of: datetime) -> str:
    """Return the sort key of one equity point."""
    return f"{EQUITY}{iso(as_of)}"


def orders_feed(user: UserId) -> str:
    """Return the partition of index `by_owner` with an owner's orders."""
    return f"{owner(user)}#ORDERS"


def fills_feed(user: UserId) -> str:
    """Return the partition of index `by_owner` with an owner's fills."""
    return f"{owner(user)}#FILLS"


def feed(at: datetime, ident: str = "") -> str:
    """Return the place in a feed; without an id it stands before all of that moment.

    Always with milliseconds: `iso` leaves out zeros, and then `.250Z` would sort before `Z`.
    """
    text = utc(at).isoformat(timespec="milliseconds").removesuffix("+00:00")
    return f"{text}Z#{ident}" if ident else f"{text}Z"


EVENTS = "EVENT#"
CYCLES = "CYCLE#"


def cycle(as_of: datetime) -> str:
    """Return the sort key of one planned minute, under SYSTEM."""
    return f"{CYCLES}{iso(as_of)}"


def pool(mode: str, currency: str) -> str:
    """Return the sort key of an owner's free money in one currency."""
    return f"POOL#{mode}#{currency}"


def snapshot(content_hash: str) -> str:
    """Return the partition of one snapshot, by what it says."""
    return f"{SNAPSHOT}#{content_hash}"


def hash_of(partition: str) -> str:
    """Return the hash of a snapshot's partition."""
    return partition.removeprefix(f"{SNAPSHOT}#")


# bots

STATUSES = "STATUS#"
NAMES = "BOTNAME#"
COUNTS = "BOTCOUNT#"
ALL_BOTS = f"{SYSTEM}#BOTS"
"""Partition of index `by_owner` with the bots of all owners, by id."""
COUNT_ALL = f"{COUNTS}*"
"""How many bots count against the owner's limit, over all venues."""
MARKETS = "MARKET#"


def bot_record(bot_id: BotId) -> str:
    """Return the sort key of a bot in its owner's partition."""
    return f"{BOTS}{bot_id}"


def status_record(number: int) -> str:
    """Return the sort key of one line of a bot's history, in the bot's partition."""
    return f"{STATUSES}{number:010d}"


def bot_name(name: str) -> str:
    """Return the sort key that one name of an owner's bots takes."""
    return f"{NAMES}{name}"


def bot_count(venue: str) -> str:
    """Return the sort key of how many of an owner's bots count at one venue."""
    return f"{COUNTS}{venue}"


def market(instrument: InstrumentId, timeframe: str) -> str:
    """Return the partition of index `by_market` with the bots of one market."""
    return f"{instrument}#{timeframe}"


def market_count(instrument: InstrumentId, timeframe: str) -> str:
    """Return the sort key of how many bots a market has, under SYSTEM."""
    return f"{MARKETS}{instrument}#{timeframe}"


# strategies

STRATEGIES = "STRATEGY#"


def strategy(strategy_id: StrategyId, version: int) -> str:
    """Return the sort key of one version; they sort as they count."""
    return f"{strategy_versions(strategy_id)}{version:06d}"


def strategy_versions(strategy_id: StrategyId) -> str:
    """Return what the sort keys of a strategy's versions begin with."""
    return f"{STRATEGIES}{strategy_id}#"


# audit: the partition of an entry is its chain, as accounts.audit names it

AUDIT_KEY = "AUDITKEY"


def audit_entry(seq: int) -> str:
    """Return the sort key of the entry at `seq`: they sort as they count."""
    return f"{seq:012d}"


def audit_month(user: UserId, month: str) -> str:
    """Return the partition of index `by_month` with what concerns an owner; month as 2026-11."""
    return f"{owner(user)}#{month}"


def audit_day(severity: str, day: str) -> str:
    """Return the partition of index `by_severity`; day as 2026-11-21."""
    return f"{severity}#{day}"


def audit_changed(day: str) -> str:
    """Return the partition with the chains that were appended to on a day."""
    return f"CHANGED#{day}"


# what administrators set, and stops

SETTINGS = "SETTING#"


def setting(name: str) -> str:
    """Return the sort key of one runtime setting, under SYSTEM."""
    return f"{SETTINGS}{name}"


def stop(stop_id: str) -> str:
    """Return the sort key of what one emergency stop has come to, under its gate's owner."""
    return f"STOP#{stop_id}"


def stop_copies(stop_id: str) -> str:
    """Return what the sort keys of the owners begin with at whose gates the desk's stop stands."""
    return f"STOPPED#{stop_id}#"


# failed logins, and what an account has proven

TALLY = "TALLY"
MARK = "MARK"
NETWORKS = "NETWORK#"


def throttle(key: str) -> str:
    """Return the partition of one subject's failed logins; `key` is a digest."""
    return f"THROTTLE#{key}"


def network(hashed: str) -> str:
    """Return the sort key of a network from which an owner has signed in."""
    return f"{NETWORKS}{hashed}"


# the key vault

CREDENTIALS = "KEY#"
PROBED = "KEYS"
"""Partition of index `by_market` with the venue keys that are tested again each day."""


def shelf(provider: str) -> str:
    """Return the sort key of a shelf, and what those of its slots begin with."""
    return f"{CREDENTIALS}{provider}#"


def credential(provider: str, label: str) -> str:
    """Return the sort key of one slot."""
    return f"{shelf(provider)}{label}"


# what happened outside the desk, and imports of it

EXTERNAL = "FILLX#"
JOURNAL_IMPORTS = "JIMP#"
IMPORT_MAPS = "JIMPMAP#"


def external(fingerprint: str) -> str:
    """Return the sort key of one fill or movement outside the desk, or of a row of one."""
    return f"{EXTERNAL}{fingerprint}"


def external_feed(user: UserId) -> str:
    """Return the partition of index `by_owner` with an owner's external records."""
    return f"{owner(user)}#EXTERNAL"


def journal_import(import_id: str) -> str:
    """Return the sort key of one import."""
    return f"{JOURNAL_IMPORTS}{import_id}"


def import_map(map_id: str) -> str:
    """Return the sort key of one map of a file's columns."""
    return f"{IMPORT_MAPS}{map_id}"


# privacy

EXPORTS = "EXPORT#"
EXPORTING = "EXPORTING"
"""Names the export of an owner that began last: one runs at a time."""
DELETION = "DELETION"


def export(export_id: str) -> str:
    """Return the sort key of one export."""
    return f"{EXPORTS}{export_id}"


# the journal: what a trader wrote

TRADES = "JT#"
OPEN_TRADES = "~"
"""Sorts behind every date."""
TRADE_DETAILS = "JTD#"
CASH = "JCASH#"
UNPLACED = "JUNPLACED#"
SYNCS = "JSYNC#"
SYNCED_ACCOUNTS = "JSYNCED#"
BALANCES = "JBALANCE#"
ENTRIES = "JE#"
TAGS = "JTAG#"
PLANS = "JPLAN#"
BOOKS = "JBOOK#"
BOOK_HEADS = "JBOOKHEAD#"
SAVED_METRICS = "JMETRIC#"
SAVED_METRIC_COUNT = "JMETRICS"
JOURNAL_SETTINGS = "JSET"
FINDINGS = "JFIND#"
DETECTORS = "JDETECTOR#"
JOURNAL_EXPORTS = "JEXP#"
SCREENSHOTS = "JSHOT#"
REVIEWS = "JREV#"
APPOINTMENTS = "JDUE#"
DUE_REVIEWS = "REVIEWS"
"""Partition of index `by_market` with every owner's next reviews by the time that they are due."""
OWED = "JOWED#"
DUE_LOOKS = "LOOKS"
"""Partition of index `by_market` with every second look that is owed, by its time."""


def journal_row(opened_at: datetime, trade_id: TradeId) -> str:
    """Return the sort key of what lists show of a trade."""
    return f"{TRADES}{feed(opened_at, trade_id)}"


def journal_trade(trade_id: TradeId) -> str:
    """Return the sort key of a whole trade."""
    return f"{TRADE_DETAILS}{trade_id}"


def journal_part(trade_id: TradeId, number: int) -> str:
    """Return the sort key of a further part of a trade with very many fills."""
    return f"{TRADE_DETAILS}{trade_id}#{number:04d}"


def labels_beside(row: str) -> str:
    """Return the key of what was written of a trade, in table or index: right after its row."""
    return f"{row}#L"


def trades_feed(user: UserId) -> str:
    """Return the partition of index `by_owner` with an owner's trades by close."""
    return f"{owner(user)}#TRADES"


def open_place(opened_at: datetime, trade_id: TradeId) -> str:
    """Return the place of an open trade in that feed: behind all that have closed."""
    return f"{OPEN_TRADES}{feed(opened_at, trade_id)}"


def hidden_feed(user: UserId) -> str:
    """Return the partition of index `by_owner` with an owner's hidden trades by opening."""
    return f"{owner(user)}#HIDDEN"


def trades_of_book(user: UserId, account: str, instrument: InstrumentId) -> str:
    """Return the partition of index `by_market` with an account's trades in one instrument."""
    return f"{owner(user)}#TRADES#{instrument}#{account}"


def sync(sync_id: str) -> str:
    """Return the sort key of one sync of an exchange account."""
    return f"{SYNCS}{sync_id}"


def synced_account(account: str) -> str:
    """Return the sort key of what is known of an account between its syncs."""
    return f"{SYNCED_ACCOUNTS}{account}"


def balances(account: str) -> str:
    """Return what the sort keys of a venue's answers about one account begin with."""
    return f"{BALANCES}{account}#"


def balance(account: str, day: date) -> str:
    """Return the sort key of what a venue said of an account on one UTC day."""
    return f"{balances(account)}{day.isoformat()}"


def cash(row_id: str) -> str:
    """Return the sort key of a row of cash that was written by hand."""
    return f"{CASH}{row_id}"


def unplaced(account: str, instrument: InstrumentId) -> str:
    """Return the sort key of what is in no trade of an account in one instrument."""
    return f"{UNPLACED}{instrument}#{account}"


def entry(entry_id: str) -> str:
    """Return the sort key of one entry."""
    return f"{ENTRIES}{entry_id}"


def former_texts(entry_id: str) -> str:
    """Return what the sort keys of an entry's former texts begin with."""
    return f"JEOLD#{entry_id}#"


def former_text(entry_id: str, version: int) -> str:
    """Return the sort key of what an entry said at a version."""
    return f"{former_texts(entry_id)}{version:08d}"


def postings(bucket: str) -> str:
    """Return what the sort keys of one bucket of words begin with."""
    return f"JEW#{bucket}#"


def posting_of(bucket: str, place: str) -> str:
    """Return the sort key of one document in a bucket; places sort as their moments pass."""
    return f"{postings(bucket)}{place}"


def tag(tag_id: str) -> str:
    """Return the sort key of one tag."""
    return f"{TAGS}{tag_id}"


def tag_name(name: str) -> str:
    """Return the sort key that one name of a tag takes, in the form that has no case."""
    return f"JTAGNAME#{name}"


def day_plan(day: date) -> str:
    """Return the sort key of a day's plan."""
    return f"{PLANS}{day.isoformat()}"


def book(book_id: str) -> str:
    """Return the sort key of a playbook's newest version."""
    return f"{BOOK_HEADS}{book_id}"


def book_versions(book_id: str) -> str:
    """Return what the sort keys of a playbook's versions begin with."""
    return f"{BOOKS}{book_id}#"


def book_version(book_id: str, version: int) -> str:
    """Return the sort key of one version; they sort as they count."""
    return f"{book_versions(book_id)}{version:06d}"


def book_name(name: str) -> str:
    """Return the sort key that one name of a playbook takes, in the form that has no case."""
    return f"JBOOKNAME#{name}"


def saved_metric(metric_id: str) -> str:
    """Return the sort key of one saved metric."""
    return f"{SAVED_METRICS}{metric_id}"


def screenshots(entry_id: str) -> str:
    """Return what the sort keys of an entry's screenshots begin with."""
    return f"{SCREENSHOTS}{entry_id}#"


def screenshot(entry_id: str, slot: int) -> str:
    """Return the sort key of one of an entry's places for screenshots."""
    return f"{screenshots(entry_id)}{slot:02d}"


def finding(finding_id: str) -> str:
    """Return the sort key of one finding; ids sort by the moment that they speak of."""
    return f"{FINDINGS}{finding_id}"


def detector(name: str) -> str:
    """Return the sort key of what an owner set of one detector."""
    return f"{DETECTORS}{name}"


def journal_export(export_id: str) -> str:
    """Return the sort key of one export of the journal."""
    return f"{JOURNAL_EXPORTS}{export_id}"


def journal_exporting(kind: str) -> str:
    """Return the sort key of what names the export of a kind that began last."""
    return f"JEXPING#{kind}"


def reviews_of(kind: str, label: str = "") -> str:
    """Return what the sort keys of reviews of a kind, or of one period, begin with."""
    return f"{REVIEWS}{kind}#{label}#" if label else f"{REVIEWS}{kind}#"


def review(kind: str, label: str, version: int) -> str:
    """Return the sort key of one version of a review; they sort by period, then as they count."""
    return f"{reviews_of(kind, label)}{version:06d}"


def appointment(kind: str) -> str:
    """Return the sort key of an owner's next review of a kind."""
    return f"{APPOINTMENTS}{kind}"


def owed_look(what: str) -> str:
    """Return the sort key of a second look that an owner is owed."""
    return f"{OWED}{what}"


def due_place(at: datetime, user: UserId, kind: str) -> str:
    """Return the place of an appointment among all that are due."""
    return f"{feed(at, user)}#{kind}"
