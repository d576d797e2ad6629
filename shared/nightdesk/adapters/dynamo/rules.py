"""Trading rules in the `market` table: the newest version of each instrument's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pynamodb.attributes import UnicodeAttribute
from pynamodb.exceptions import DoesNotExist

from nightdesk.accounts.privacy import nobodys
from nightdesk.adapters.dynamo import keys
from nightdesk.adapters.dynamo.attributes import DecimalAttribute, MomentAttribute
from nightdesk.adapters.dynamo.connection import translated
from nightdesk.adapters.dynamo.tables import MarketItem
from nightdesk.core.clock import Clock
from nightdesk.core.errors import UnknownInstrument
from nightdesk.core.ids import InstrumentId
from nightdesk.market.instruments import (
    FeeAsset,
    Instrument,
    QuoteClass,
    Rules,
    TradingStatus,
)

FEW = 8
RULES_MEMORY = timedelta(minutes=5)
RULES_RENEWAL = timedelta(hours=12)


class RulesItem(MarketItem, discriminator="RULES"):
    """The newest rules of one instrument. `version` is of the rules, not of this item."""

    privacy = nobodys()

    symbol = UnicodeAttribute()
    version = UnicodeAttribute()
    status = UnicodeAttribute()
    tick = DecimalAttribute()
    lot = DecimalAttribute()
    min_quantity = DecimalAttribute()
    min_notional = DecimalAttribute()
    max_quantity = DecimalAttribute(null=True)
    max_notional = DecimalAttribute(null=True)
    fee_asset = UnicodeAttribute()
    quote_class = UnicodeAttribute()
    observed_at = MomentAttribute()
    source = UnicodeAttribute()

    @classmethod
    def from_domain(cls, rules: Rules) -> "RulesItem":
        """Build the row."""
        instrument = rules.instrument
        return cls(
            keys.rules(instrument.venue),
            instrument.id,
            symbol=instrument.symbol,
            version=rules.version,
            status=rules.status.value,
            tick=rules.tick,
            lot=rules.lot,
            min_quantity=rules.min_quantity,
            min_notional=rules.min_notional,
            max_quantity=rules.max_quantity,
            max_notional=rules.max_notional,
            fee_asset=rules.fee_asset.value,
            quote_class=rules.quote_class.value,
            observed_at=rules.observed_at,
            source=rules.source,
        )

    def to_domain(self) -> Rules:
        """Build the noun, which checks it again."""
        return Rules(
            instrument=Instrument(id=InstrumentId(self.sk), symbol=self.symbol),
            version=self.version,
            status=TradingStatus(self.status),
            tick=self.tick,
            lot=self.lot,
            min_quantity=self.min_quantity,
            min_notional=self.min_notional,
            max_quantity=self.max_quantity,
            max_notional=self.max_notional,
            fee_asset=FeeAsset(self.fee_asset),
            quote_class=QuoteClass(self.quote_class),
            observed_at=self.observed_at,
            source=self.source,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DynamoRules:
    """The port RulesStore, remembering for five minutes what it has read."""

    clock: Clock
    _read: dict[InstrumentId, tuple[datetime, Rules]] = field(default_factory=dict, init=False)

    @translated()
    def get(self, instrument_id: InstrumentId) -> Rules:
        """Return the newest version. Raises UnknownInstrument."""
        now = self.clock.now()
        known = self._read.get(instrument_id)
        if known is not None and now - known[0] < RULES_MEMORY:
            return known[1]
        try:
            item = RulesItem.get(keys.rules(instrument_id.partition("@")[2]), instrument_id)
        except DoesNotExist as error:
            raise UnknownInstrument(f"no rules of {instrument_id} are known") from error
        rules = item.to_domain()
        self._read[instrument_id] = (now, rules)
        return rules

    @translated()
    def put(self, rules: Sequence[Rules]) -> None:
        """Store these as the newest versions.

        An equal version is not written again, unless it was observed 12 hours later than the one
        stored: that it still holds is news, too.
        """
        stored = self._stored(rules)
        with MarketItem.batch_write() as batch:
            for one in rules:
                if _news(one, stored.get(one.instrument.id)):
                    batch.save(RulesItem.from_domain(one))
                    self._read[one.instrument.id] = (self.clock.now(), one)

    def _stored(self, rules: Sequence[Rules]) -> Mapping[InstrumentId, Rules]:
        """Read a few one by one, many with their whole venue."""
        if len(rules) <= FEW:
            pairs = [(keys.rules(one.instrument.venue), one.instrument.id) for one in rules]
            found = [item.to_domain() for item in RulesItem.batch_get(pairs)]
        else:
            venues = sorted({one.instrument.venue for one in rules})
            found = [one for venue in venues for one in self.list(venue)]
        return {one.instrument.id: one for one in found}

    @translated()
    def list(self, venue: str) -> Sequence[Rules]:
        """Return the newest rules of a venue's instruments, by instrument id."""
        return [item.to_domain() for item in RulesItem.query(keys.rules(venue))]


def _news(rules: Rules, stored: Rules | None) -> bool:
    if stored is None or stored.version != rules.version:
        return True
    return rules.observed_at - stored.observed_at >= RULES_RENEWAL
