"""Accounts are opened here: the key goes from the vault to what signs, and nowhere else."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from nightdesk.accounts import urls
from nightdesk.accounts.credential import Fields
from nightdesk.accounts.limits import TakeWeight
from nightdesk.accounts.ports import VenueHolds
from nightdesk.accounts.vault import OpenKey
from nightdesk.adapters.histories import binance, kraken, kucoin
from nightdesk.adapters.histories.client import SignedClient
from nightdesk.adapters.outbound import Outbound, SystemResolver
from nightdesk.adapters.probes.asking import Ask
from nightdesk.adapters.venues.ccxt import exchange_class
from nightdesk.core.clock import Clock
from nightdesk.core.errors import Misconfigured, VenueUnavailable
from nightdesk.core.ids import ClientOrderId, InstrumentId, UserId
from nightdesk.journal.ports.syncs import AccountHistory
from nightdesk.journal.synced import HistoryPage
from nightdesk.market.budget import VenueBudget
from nightdesk.market.ports import RulesStore

READ_SECONDS = 20.0
SERVER_TIME = {"binance": binance.server_time, "kucoin": kucoin.server_time}

UNREADABLE = (
    *(LookupError, TypeError, ValueError, AttributeError, ArithmeticError),
    RecursionError,  # JSON in JSON in JSON
)

Opened = Callable[[SignedClient, str, RulesStore, Clock], AccountHistory]
HISTORIES: Mapping[str, Opened] = {
    "binance": lambda client, account, rules, clock: binance.BinanceHistory(
        client=client, account=account, rules=rules, clock=clock
    ),
    "kraken": lambda client, account, _rules, clock: kraken.KrakenHistory(
        client=client, account=account, clock=clock
    ),
    "kucoin": lambda client, account, _rules, clock: kucoin.KucoinHistory(
        client=client, account=account, clock=clock
    ),
}
"""What understands the private history of each of `journal.synced.VENUES`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenHistory:
    """The port Histories. `base_urls` lead a venue's calls elsewhere, in tests alone."""

    open_key: OpenKey
    take_weight: TakeWeight
    holds: VenueHolds
    rules: RulesStore
    clock: Clock
    base_urls: Mapping[str, str] = field(default_factory=dict)

    def __call__(
        self, owner: UserId, venue: str, label: str, account: str, now: datetime
    ) -> AccountHistory:
        """Return the account of this key. Raises Misconfigured for a venue without a history."""
        history = HISTORIES.get(venue)
        if history is None:
            raise Misconfigured(f"the history of {venue} is not understood")
        opened = self.open_key(owner, venue, label, now)
        client = SignedClient(
            venue=venue,
            exchange=exchange_class(venue)(_credentials(opened.fields)),
            ask=Ask(http=self._outbound(), base_urls=self.base_urls),
            budget=VenueBudget(
                take_weight=self.take_weight,
                holds=self.holds,
                clock=self.clock,
                owner=owner,
                venue=venue,
                label=label,
            ),
            server_time=SERVER_TIME.get(venue),
        )
        return Understood(history(client, account, self.rules, self.clock), venue)

    def _outbound(self) -> Outbound:
        rules = urls.Rules(local=bool(self.base_urls))
        return Outbound(rules=rules, resolver=SystemResolver(), read_seconds=READ_SECONDS)


@dataclass(frozen=True, slots=True)
class Understood:
    """The port AccountHistory: an answer of another shape than expected is no answer."""

    history: AccountHistory
    venue: str

    def parts(self, assets: Collection[str], /) -> Sequence[str]:
        """Return what there is to ask."""
        with self._readable():
            return self.history.parts(assets)

    def page(self, part: str, since: datetime, until: datetime, mark: str) -> HistoryPage:
        """Return one page of a part."""
        with self._readable():
            return self.history.page(part, since, until, mark)

    def balances(self) -> Mapping[str, Decimal]:
        """Return what the account has."""
        with self._readable():
            return self.history.balances()

    def client_order_ids(
        self, orders: Sequence[tuple[InstrumentId, str]]
    ) -> Mapping[str, ClientOrderId]:
        """Return the ids that clients gave."""
        with self._readable():
            return self.history.client_order_ids(orders)

    @contextmanager
    def _readable(self) -> Iterator[None]:
        try:
            yield
        except UNREADABLE as error:
            raise VenueUnavailable(f"{self.venue} answered what nobody can read") from error


def _credentials(fields: Fields) -> dict[str, Any]:
    return {
        "apiKey": fields["api_key"],
        "secret": fields.get("api_secret") or "-",
        "password": fields.get("passphrase", ""),
    }
