"""A desk in memory: the real cycle over recorded candles, fast enough to replay years."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from nightdesk.analysis.taking import LookAtMarket
from nightdesk.core.clock import from_iso
from nightdesk.core.ids import BotId, InstrumentId, UserId, instrument_id
from nightdesk.market.timeframe import Timeframe
from nightdesk.risk.limits import BotLimits, OwnerLimits
from nightdesk.strategies.catalogue import built_in
from nightdesk.strategies.parameters import resolve
from nightdesk.strategies.strategy import read_ref
from nightdesk.trading.assumptions import Assumptions
from nightdesk.trading.book import opened
from nightdesk.trading.costs import expected_costs
from nightdesk.trading.mandate import Mandate
from nightdesk.trading.order import Mode
from nightdesk.trading.ports import BotKey, Exchange
from nightdesk.trading.settle import Settle
from nightdesk.trading.simulated import SimulatedExchange
from nightdesk.trading.trade_bots import TradeBots, Traded
from nightdesk.trading.watch import Watch
from tests.fakes.clock import FakeClock
from tests.fakes.market import Recorded, RecordedRules
from tests.fakes.trading import (
    FakeDecisions,
    FakeDesk,
    FakeEquity,
    FakeGates,
    FakeLeases,
    FakePool,
)

OWNER = UserId("01OWNER")
START = from_iso("2018-11-01T00:00:00Z")


@dataclass
class FakeBots:
    """The port DueBots over a list of mandates."""

    desk: FakeDesk
    mandates: list[Mandate] = field(default_factory=list)

    def markets(self) -> Mapping[InstrumentId, Sequence[Timeframe]]:
        found: dict[InstrumentId, set[Timeframe]] = {}
        for one in self.mandates:
            found.setdefault(one.instrument_id, set()).add(one.timeframe)
        return {key: sorted(tfs, key=lambda tf: tf.ms) for key, tfs in sorted(found.items())}

    def of(self, instrument_id: InstrumentId, timeframe: Timeframe) -> Sequence[Mandate]:
        return [
            one
            for one in self.mandates
            if (one.instrument_id, one.timeframe) == (instrument_id, timeframe)
        ]

    def holding(self) -> Sequence[BotKey]:
        return self.desk.holding()

    def leave(self, owner: UserId, bot_id: BotId) -> bool:
        book = self.desk.book(owner, bot_id)
        staying = [one for one in self.mandates if (one.owner, one.bot_id) != (owner, bot_id)]
        left = bool(book.entries_blocked) and book.flat and len(staying) < len(self.mandates)
        if left:
            self.mandates[:] = staying
        return left


@dataclass
class MemoryDesk:
    """Bots and what they did. `trade` is the use case, with every port a fake or the record."""

    assumptions: Assumptions = field(default_factory=lambda: Assumptions(seed="test"))
    recorded: Recorded = field(default_factory=Recorded)
    clock: FakeClock = field(default_factory=FakeClock)

    def __post_init__(self) -> None:
        self.leases = FakeLeases(self.clock)
        self.gates = FakeGates()
        self.desk = FakeDesk(self.leases, self.gates)
        self.bots = FakeBots(self.desk)
        self.decisions = FakeDecisions()
        self.equity = FakeEquity()
        self.pools = FakePool()
        self.rules = RecordedRules(self.recorded, START)
        self.trade = TradeBots(
            desk=self.desk,
            leases=self.leases,
            bots=self.bots,
            decisions=self.decisions,
            equity=self.equity,
            gates=self.gates,
            pools=self.pools,
            rules=self.rules,
            look=LookAtMarket(self.recorded),
            quotes=self.recorded.quote,
            costs=lambda rules, at: expected_costs(rules, at, self.assumptions),
            exchange=self.exchange,
        )
        self.settle = Settle(
            desk=self.desk,
            bots=self.bots,
            equity=self.equity,
            candles=self.recorded,
            rules=self.rules,
            leave=self.bots.leave,
        )
        self.watch = Watch(desk=self.desk, bots=self.bots, quotes=self.recorded.quote)

    def exchange(self, timeframe: Timeframe) -> Exchange:
        return SimulatedExchange(
            quotes=self.recorded.quote,
            history=lambda instrument_id, since, until: self.recorded.between(
                instrument_id, timeframe, since, until
            ),
            assumptions=self.assumptions,
        )

    def bot(
        self,
        strategy: str = "donchian@1",
        instrument: str = "ETH/USD@bitstamp",
        *,
        bot_id: str = "bot_1",
        owner: UserId = OWNER,
        timeframe: Timeframe = Timeframe.D1,
        capital: str = "1000",
        limits: BotLimits | None = None,
        at: datetime = START,
    ) -> Mandate:
        """Put a bot with a funded book on the desk."""
        version = built_in(*read_ref(strategy))
        definition = version.definition.on(timeframe)
        mandate = Mandate(
            owner=owner,
            bot_id=BotId(bot_id),
            bot_name=bot_id,
            instrument_id=instrument_id(instrument),
            timeframe=timeframe,
            strategy=strategy,
            definition=definition,
            definition_hash=version.definition.hash,
            parameters=resolve(definition, {}),
            limits=limits or BotLimits(),
            owner_limits=OwnerLimits(),
            mode=Mode.PAPER,
        )
        book = opened(
            owner=owner,
            bot_id=mandate.bot_id,
            mode=Mode.PAPER,
            instrument_id=mandate.instrument_id,
            timeframe=timeframe,
            at=at,
        )
        book, posting = book.funded(f"fund:{bot_id}", Decimal(capital), at)
        self.desk.kept[owner, mandate.bot_id] = book
        self.desk.kept_postings[owner, mandate.bot_id, posting.posting_id] = posting
        self.bots.mandates.append(mandate)
        return mandate

    def cycle(
        self, as_of: datetime, *, holder: str = "worker", protect_only: bool = False
    ) -> Traded:
        """Trade and settle every market at one close."""
        self.rules.as_of = as_of
        markets = [(one, tf) for one, tfs in self.bots.markets().items() for tf in tfs]
        due = [market for market in markets if market[1].closes_at(as_of)]
        traded = self.trade(
            dict.fromkeys(markets if protect_only else due, ()),
            as_of=as_of,
            now=as_of,
            holder=holder,
            protect_only=protect_only,
        )
        if not protect_only:
            self.settle(due, as_of=as_of)
        return traded

    def replay(self, since: datetime, days: int) -> None:
        """Run a cycle at each midnight."""
        for day in range(days):
            self.cycle(since + day * Timeframe.D1.length)
