"""The vault's use cases over fakes."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from nightdesk.accounts.audit import Entry
from nightdesk.accounts.credential import Slot
from nightdesk.accounts.offers import CheckUrls, Offer
from nightdesk.accounts.probing import TestKey, TryKey
from nightdesk.accounts.vault import DeleteKey, ListKeys, OpenKey, Saved, SaveKey
from nightdesk.adapters.secrets.pepper import Pepper
from nightdesk.core.ids import UserId
from tests.builders.vault import ADA, NOW, ORIGIN, an_offer
from tests.fakes.vault import FakeCipher, FakeCredentials, FakeNames, FakeProbe, FakeUses
from tests.unit.accounts.fakes import FixedSecret

PUBLIC = {
    "models.example.com": [["93.184.216.34"]],
    "desk.openai.azure.com": [["20.1.2.3"]],
    "discord.com": [["162.159.128.233"]],
}


@dataclass
class FakeTrail:
    entries: list[Entry] = field(default_factory=list)

    def record(self, entries: Sequence[Entry]) -> None:
        self.entries.extend(entries)


@dataclass
class Vault:
    credentials: FakeCredentials = field(default_factory=FakeCredentials)
    cipher: FakeCipher = field(default_factory=FakeCipher)
    probe: FakeProbe = field(default_factory=FakeProbe)
    names: FakeNames = field(default_factory=lambda: FakeNames(PUBLIC))
    trail: FakeTrail = field(default_factory=FakeTrail)
    uses: FakeUses = field(default_factory=FakeUses)
    hosts: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        digests = Pepper(FixedSecret("pepper-of-the-tests-0123456789abcdef"))
        check = CheckUrls(self.names, private_hosts=lambda: tuple(self.hosts))
        self.save_key = SaveKey(
            credentials=self.credentials,
            cipher=self.cipher,
            probe=self.probe,
            digests=digests,
            check_urls=check,
            trail=self.trail,
        )
        self.test_key = TestKey(
            credentials=self.credentials,
            probe=self.probe,
            digests=digests,
            trail=self.trail,
            private_hosts=lambda: tuple(self.hosts),
        )
        self.try_key = TryKey(cipher=self.cipher, probe=self.probe, check_urls=check)
        self.delete_key = DeleteKey(credentials=self.credentials, uses=self.uses)
        self.list_keys = ListKeys(self.credentials)
        self.open_key = OpenKey(self.credentials, self.cipher)

    def save(self, provider: str = "kraken", **changes: object) -> Saved:
        return self.offer(an_offer(provider, **changes))

    def offer(self, offer: Offer, owner: UserId = ADA) -> Saved:
        return self.save_key(owner, offer, ORIGIN, NOW)

    def slot(self, provider: str = "kraken", label: str = "main") -> Slot:
        slot = self.credentials.slot(ADA, provider, label)
        assert slot is not None
        return slot
