"""Who may try a password: locks for an account from one network, an account, a network.

An attempt is counted first and forgiven if it was good, so that a thousand at once are answered
no more often than a thousand in turn. Accounts that do not exist are counted as those that do.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from nightdesk.accounts.audit import Action, Entry, Origin, Outcome, Target, entries
from nightdesk.accounts.notice import notified
from nightdesk.accounts.ports import AuditTrail, Digests, KnownNetworks, LoginThrottle
from nightdesk.accounts.tally import RULES, Subject, Tally, network_of
from nightdesk.core.clock import from_millis, millis
from nightdesk.core.errors import StoreUnavailable, TooMany
from nightdesk.core.events import Event
from nightdesk.core.ids import SYSTEM, UserId

KNOWN_FOR = timedelta(days=30)
"""How long after a success a network is still the owner's own."""
TRIES = 120
"""More than all subjects take up together before they are full."""
QUIET = timedelta(minutes=5)
"""One entry about unknown accounts per network and this long."""

NOBODY = UserId("00000000000000000000000000")
"""Stands in the place of whoever does not exist, so that the same reads are made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One attempt that was let in and counted. `known`: the network is one of the owner's own."""

    owner: UserId | None
    keys: Mapping[Subject, str]
    counted: Mapping[Subject, datetime]
    network: str
    mark: str
    known: bool
    first: bool


@dataclass(frozen=True, slots=True)
class Throttle:
    """Let attempts in, learn how they ended."""

    tallies: LoginThrottle
    networks: KnownNetworks
    digests: Digests
    audit: AuditTrail

    def enter(self, account: str, address: str, owner: UserId | None, now: datetime) -> Trial:
        """Count an attempt on `account` (an address as typed) from `address`, and let it in.

        `owner` is whose account it is, if there is one. Raises TooMany `TOO_MANY_ATTEMPTS`.
        """
        now = from_millis(millis(now))  # as it is stored: an attempt is found by its moment
        network = network_of(address)
        mark = self._hash("login-network", network)
        keys = {
            Subject.NETWORK: mark,
            Subject.ACCOUNT: self._hash("login-account", account),
            Subject.PAIR: self._pair(account, network),
        }
        own = self.networks.of(owner or NOBODY, now)
        known = owner is not None and self._place(owner, network) in own
        tallies = self.tallies.read(list(keys.values()))
        for subject, key in keys.items():
            if not (known and subject is Subject.ACCOUNT):
                _admit(subject, tallies.get(key, Tally()), now)
        counted = self._count(keys, tallies, known=known, now=now)
        return Trial(
            owner=owner,
            keys=keys,
            counted=counted,
            network=network,
            mark=mark,
            known=known,
            first=not own,
        )

    def failed(self, trial: Trial, origin: Origin, now: datetime) -> None:
        """Let the attempt stand as a failure; set the locks that it earned, and say so."""
        for subject in trial.counted:
            self._settle(subject, trial, origin, now)
        if trial.owner is not None or self.tallies.first(f"{trial.mark}#quiet", now, now + QUIET):
            self.audit.record(_failure(trial, origin, now))

    def passed(self, trial: Trial, now: datetime) -> None:
        """Take the attempt off: the pair begins anew, account and network lose this one."""
        for subject, at in trial.counted.items():
            self._forgive(subject, trial.keys[subject], at, clear=subject is Subject.PAIR)
        if trial.owner is not None:
            self._remember(trial, trial.owner, now)

    def undone(self, trial: Trial) -> None:
        """Take the attempt off and change nothing else: it was neither good nor bad."""
        for subject, at in trial.counted.items():
            self._forgive(subject, trial.keys[subject], at)

    def trust(self, owner: UserId, account: str, address: str, now: datetime) -> None:
        """Make this network one of the owner's own: who has it has proven to be the owner."""
        network = network_of(address)
        self._forgive(Subject.PAIR, self._pair(account, network), now, clear=True)
        self.networks.remember(owner, self._place(owner, network), now, now + KNOWN_FOR)

    def _count(
        self,
        keys: Mapping[Subject, str],
        tallies: Mapping[str, Tally],
        *,
        known: bool,
        now: datetime,
    ) -> dict[Subject, datetime]:
        counted: dict[Subject, datetime] = {}
        try:
            for subject, key in keys.items():
                if known and subject is Subject.ACCOUNT and tallies.get(key, Tally()).locked(now):
                    continue  # the guarded account counts strangers alone
                self._add(subject, key, tallies.get(key), now, known=known)
                counted[subject] = now
        except TooMany:
            for subject, at in counted.items():
                self._forgive(subject, keys[subject], at)
            raise
        return counted

    def _add(
        self, subject: Subject, key: str, seen: Tally | None, now: datetime, *, known: bool
    ) -> None:
        tally = seen or Tally()
        for _ in range(TRIES):
            if not (known and subject is Subject.ACCOUNT):
                _admit(subject, tally, now)
            if self.tallies.replace(key, tally.counted(RULES[subject], now), tally):
                return
            tally = self._read(key)
        raise StoreUnavailable(f"a {subject} is tried by too many at once")

    def _settle(self, subject: Subject, trial: Trial, origin: Origin, now: datetime) -> None:
        key = trial.keys[subject]
        for _ in range(TRIES):
            tally = self._read(key)
            locked = tally.settled(RULES[subject], now)
            if locked == tally:
                return
            told, event = _lock(subject, trial, locked, origin, now)
            if self.tallies.replace(key, locked, tally, entries=told, events=event):
                return
        raise StoreUnavailable(f"a {subject} is tried by too many at once")

    def _forgive(self, subject: Subject, key: str, at: datetime, *, clear: bool = False) -> None:
        for _ in range(TRIES):
            tally = self._read(key)
            left = Tally() if clear else tally.forgiven(RULES[subject], at)
            if left == tally or self.tallies.replace(key, left, tally):
                return
        raise StoreUnavailable(f"a {subject} is tried by too many at once")

    def _remember(self, trial: Trial, owner: UserId, now: datetime) -> None:
        news: tuple[Event, ...] = ()
        if not (trial.known or trial.first):
            news = (
                notified(
                    owner,
                    "login_new_network",
                    now,
                    title="Login from a new network",
                    text=f"Somebody signed in from {trial.network}. If it was not you, change "
                    "your password: that ends every other session.",
                    cause=f"{trial.mark}|{now.isoformat()}",
                ),
            )
        place = self._place(owner, trial.network)
        self.networks.remember(owner, place, now, now + KNOWN_FOR, events=news)

    def _read(self, key: str) -> Tally:
        return self.tallies.read([key]).get(key, Tally())

    def _pair(self, account: str, network: str) -> str:
        return self._hash("login-pair", f"{network}|{account}")

    def _place(self, owner: UserId, network: str) -> str:
        return self._hash("known-network", f"{owner}|{network}")

    def _hash(self, kind: str, text: str) -> str:
        return self.digests.digest(kind, text).hex()


def _admit(subject: Subject, tally: Tally, now: datetime) -> None:
    closed = tally.closed_for(RULES[subject], now)
    if closed is not None:
        seconds = max(1, -(-closed // timedelta(seconds=1)))
        raise TooMany(
            "TOO_MANY_ATTEMPTS", "Too many failed logins; wait a while.", retry_after=seconds
        )


def _failure(trial: Trial, origin: Origin, now: datetime) -> Sequence[Entry]:
    return entries(
        Action.LOGIN_FAILED,
        origin,
        now,
        owner=trial.owner or SYSTEM,
        outcome=Outcome.REFUSED,
        code="INVALID_CREDENTIALS",
    )


def _lock(
    subject: Subject, trial: Trial, tally: Tally, origin: Origin, now: datetime
) -> tuple[Sequence[Entry], Sequence[Event]]:
    """Return what a lock is written down as; an account that does not exist has no chain."""
    owner = SYSTEM if subject is Subject.NETWORK else trial.owner
    if owner is None:
        return (), ()
    until = tally.locked_until or now
    told = entries(
        Action.LOGIN_LOCKED,
        origin,
        now,
        owner=owner,
        target=Target(kind=subject.value, id=trial.keys[subject][:16]),
        outcome=Outcome.REFUSED,
        code="TOO_MANY_ATTEMPTS",
        details={"seconds": int((until - now).total_seconds()), "locks": tally.locks},
    )
    if subject is not Subject.ACCOUNT:
        return told, ()
    event = notified(
        owner,
        "login_guarded",
        now,
        title="Somebody tries your password",
        text="For one hour only networks from which you signed in within 30 days may try.",
        cause=now.isoformat(),
    )
    return told, (event,)
