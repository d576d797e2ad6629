"""The vault's ports in memory: they keep the contracts that the adapters keep."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from nightdesk.accounts.audit import Entry
from nightdesk.accounts.credential import (
    Answer,
    Fields,
    Finding,
    Permissions,
    SealBroken,
    SealContext,
    Sealed,
    Shelf,
    Slot,
    Withdraw,
)
from nightdesk.core.errors import StaleWrite
from nightdesk.core.events import Event
from nightdesk.core.ids import UserId

Place = tuple[UserId, str, str]


@dataclass
class FakeCredentials:
    slots: dict[Place, Slot] = field(default_factory=dict)
    revisions: dict[tuple[UserId, str], int] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    overtaken: int = 0
    """How many of the next writes another writer comes before."""

    def shelf(self, owner: UserId, provider: str) -> Shelf:
        mine = [
            slot for place, slot in sorted(self.slots.items()) if place[:2] == (owner, provider)
        ]
        revision = self.revisions.get((owner, provider), 0)
        return Shelf(owner=owner, provider=provider, slots=tuple(mine), revision=revision)

    def slot(self, owner: UserId, provider: str, label: str) -> Slot | None:
        return self.slots.get((owner, provider, label))

    def all(self, owner: UserId) -> Sequence[Slot]:
        return [slot for place, slot in sorted(self.slots.items()) if place[0] == owner]

    def everywhere(self) -> Sequence[Slot]:
        return list(self.slots.values())

    def place(
        self,
        slot: Slot,
        shelf: Shelf,
        *,
        entries: Sequence[Entry] = (),
        events: Sequence[Event] = (),
        now: datetime,
    ) -> Slot:
        self._turn(slot)
        self._shelve(shelf)
        return self._put(slot, entries, events)

    def settle(self, slot: Slot, *, events: Sequence[Event] = (), now: datetime) -> Slot:
        self._turn(slot)
        return self._put(slot, (), events)

    def remove(
        self,
        slot: Slot,
        shelf: Shelf,
        *,
        entries: Sequence[Entry] = (),
        events: Sequence[Event] = (),
        now: datetime,
    ) -> None:
        self._turn(slot)
        self._shelve(shelf)
        del self.slots[place_of(slot)]
        self.entries.extend(entries)
        self.events.extend(events)

    def _turn(self, slot: Slot) -> None:
        if self.overtaken:
            self.overtaken -= 1
            raise StaleWrite("another writer")
        stored = self.slots.get(place_of(slot))
        if (stored.revision if stored else 0) != slot.revision:
            raise StaleWrite("slot")

    def _shelve(self, shelf: Shelf) -> None:
        name = shelf.owner, shelf.provider
        if self.revisions.get(name, 0) != shelf.revision:
            raise StaleWrite("shelf")
        self.revisions[name] = shelf.revision + 1

    def _put(self, slot: Slot, entries: Sequence[Entry], events: Sequence[Event]) -> Slot:
        stored = replace(slot, revision=slot.revision + 1)
        self.slots[place_of(slot)] = stored
        self.entries.extend(entries)
        self.events.extend(events)
        return stored


def place_of(slot: Slot) -> Place:
    return slot.serving.owner, slot.serving.provider, slot.serving.label


@dataclass
class FakeCipher:
    """Opens only in its own context; what it seals is not readable by eye."""

    opened: int = 0
    wrapping: str = "1"

    def seal(self, context: SealContext, fields: Fields) -> Sealed:
        text = json.dumps([str(context), dict(fields)])
        hidden = bytes(one ^ 0x5A for one in text.encode())
        return Sealed(ciphertext=hidden, wrapped=f"{self.wrapping}:{context.outer}".encode())

    def open(self, context: SealContext, sealed: Sealed) -> Fields:
        self.opened += 1
        place, fields = json.loads(bytes(one ^ 0x5A for one in sealed.ciphertext))
        if place != str(context):
            raise SealBroken("moved")
        found: dict[str, str] = fields
        return found

    def reseal(self, context: SealContext, sealed: Sealed) -> Sealed:
        if not sealed.wrapped.endswith(f":{context.outer}".encode()):
            raise SealBroken("moved")
        return Sealed(
            ciphertext=sealed.ciphertext, wrapped=f"{self.wrapping}:{context.outer}".encode()
        )


def may(withdraw: Withdraw = Withdraw.NO, *, read: bool = True, trade: bool = True) -> Permissions:
    return Permissions(read=read, trade=trade, withdraw=withdraw)


def found(answer: Answer = Answer.OK, **changes: object) -> Finding:
    base: dict[str, object] = {"answer": answer, "latency_ms": 12}
    if answer is Answer.OK:
        base |= {"permissions": may(), "ip_restricted": True}
    return Finding(**base | changes)  # type: ignore[arg-type]


@dataclass
class FakeProbe:
    """Answers what a test has told it, by provider; and remembers what it was asked."""

    answers: dict[str, Finding] = field(default_factory=dict)
    asked: list[SealContext] = field(default_factory=list)
    codes: list[str | None] = field(default_factory=list)
    private_hosts: list[Sequence[str]] = field(default_factory=list)
    meanwhile: list[object] = field(default_factory=list)
    """What happens while it asks: calls without arguments."""

    def __call__(
        self,
        context: SealContext,
        sealed: Sealed,
        *,
        now: datetime,
        private_hosts: Sequence[str] = (),
        code: str | None = None,
    ) -> Finding:
        self.asked.append(context)
        self.codes.append(code)
        self.private_hosts.append(private_hosts)
        while self.meanwhile:
            happens = self.meanwhile.pop(0)
            assert callable(happens)
            happens()
        return self.answers.get(context.provider, found())


@dataclass
class FakeUses:
    live: set[Place] = field(default_factory=set)

    def held(self, owner: UserId, provider: str, label: str) -> bool:
        return (owner, provider, label) in self.live


@dataclass
class FakeNames:
    """A resolver: names to the answers of look-ups in turn, the last one for ever."""

    hosts: Mapping[str, Sequence[Sequence[str]]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def __call__(self, host: str, port: int) -> Sequence[str]:
        turn = self.asked.count(host)
        self.asked.append(host)
        answers = self.hosts.get(host)
        if answers is None:
            raise OSError("no such name")
        return answers[min(turn, len(answers) - 1)]
