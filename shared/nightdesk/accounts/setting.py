"""A runtime setting, and the table of them all: kind, default, bounds, meaning.

A setting that nobody has set has its default and version 0. Values are plain: texts, whole
numbers, flags, amounts, and lists of names (accounts, part 11).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from types import MappingProxyType

from nightdesk.core.errors import Invalid
from nightdesk.core.ids import UserId
from nightdesk.core.money import fixed

Value = bool | int | str | Decimal | tuple[str, ...] | None

MAX_NAMES = 50
"""Names in one list."""


class Kind(StrEnum):
    """What a value is. On the wire amounts are text, names a list."""

    CHOICE = "choice"
    WHOLE = "whole"
    FLAG = "flag"
    AMOUNT = "amount"
    TEXT = "text"
    NAMES = "names"


class Maintenance(StrEnum):
    """How far the desk is closed."""

    OFF = "off"
    ENTRIES_OFF = "entries_off"
    """Like a stop of the whole desk, but no bot is paused."""
    API_READ_ONLY = "api_read_only"
    """Whatever is safe or an administrator's is answered; other writes are not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One setting: its kind, its default, what it may be, what it means.

    `low` and `high` bound a number, or the length of a text; `choices` are all values of a
    choice; `item` is what each name of a list looks like.
    """

    name: str
    kind: Kind
    default: Value
    meaning: str
    low: int = 0
    high: int = 0
    choices: tuple[str, ...] = ()
    item: str = ""

    @property
    def allowed(self) -> Mapping[str, object]:
        """What would do, for people: JSON-able."""
        if self.kind is Kind.CHOICE:
            return {"one_of": list(self.choices)}
        if self.kind is Kind.FLAG:
            return {"one_of": [False, True]}
        if self.kind is Kind.NAMES:
            return {"names_like": self.item, "max_names": MAX_NAMES}
        lengths = self.kind is Kind.TEXT
        return {"max_length": self.high} if lengths else {"min": self.low, "max": self.high}

    def read(self, raw: object) -> Value:
        """Return a value from the wire or the store. Raises Invalid `OUT_OF_RANGE`."""
        value = self._read(raw)
        if value is None:
            raise Invalid(
                "OUT_OF_RANGE",
                f"This is not a value of {self.name}.",
                field="value",
                allowed=dict(self.allowed),
            )
        return value

    def _read(self, raw: object) -> Value:
        """Return the value, or None if it is none of this setting."""
        found: Value = None
        if self.kind is Kind.FLAG:
            found = raw if isinstance(raw, bool) else None
        elif self.kind is Kind.WHOLE:
            whole = isinstance(raw, int) and not isinstance(raw, bool)
            found = raw if whole and self.low <= raw <= self.high else None  # type: ignore[operator,assignment]
        elif self.kind is Kind.AMOUNT:
            found = self._amount(raw)
        elif self.kind is Kind.CHOICE:
            found = raw if isinstance(raw, str) and raw in self.choices else None
        elif self.kind is Kind.TEXT:
            found = raw if isinstance(raw, str) and self._line(raw) else None
        elif isinstance(raw, list | tuple):
            found = self._names(raw)
        return found

    def _amount(self, raw: object) -> Decimal | None:
        if not isinstance(raw, str) or not re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,2})?", raw):
            return None
        try:
            amount = Decimal(raw)
        except InvalidOperation:
            return None
        return amount if self.low <= amount <= self.high else None

    def _line(self, raw: str) -> bool:
        return len(raw) <= self.high and raw.isprintable()

    def _names(self, raw: Sequence[object]) -> tuple[str, ...] | None:
        names = [one for one in raw if isinstance(one, str) and re.fullmatch(self.item, one)]
        if len(names) != len(raw) or len(raw) > MAX_NAMES or len(set(names)) != len(names):
            return None
        return tuple(names)


def plain(value: Value) -> object:
    """Return a value as JSON has it."""
    if isinstance(value, Decimal):
        return fixed(value)
    return list(value) if isinstance(value, tuple) else value


REGISTRATION = "registration"
MAX_USERS = "max_users"
LIVE_TRADING = "live_trading_enabled"
MAINTENANCE = "maintenance"
MAINTENANCE_MESSAGE = "maintenance.message"
LLM_HOSTS = "llm.allowed_hosts"
BOTS_PER_USER = "limits.bots_per_user"
RATE = "limits.rate."
"""With the name of a class behind it."""
METRICS_PER_OWNER = "metrics.per_owner"

RATE_CLASSES = (
    *("auth", "public", "read", "write", "trade", "ai"),
    *("probe", "ticket", "heavy", "admin", "safety"),
)

_VENUE = "[a-z]{3,16}"
_PROVIDER = "[a-z][a-z0-9_]{1,30}"
_HOST = r"[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?"


def _names(name: str, item: str, meaning: str) -> Rule:
    return Rule(name=name, kind=Kind.NAMES, default=(), item=item, meaning=meaning)


def _whole(name: str, default: int | None, low: int, high: int, meaning: str) -> Rule:
    return Rule(name=name, kind=Kind.WHOLE, default=default, low=low, high=high, meaning=meaning)


def _choice(name: str, choices: tuple[str, ...], default: str, meaning: str) -> Rule:
    return Rule(name=name, kind=Kind.CHOICE, default=default, choices=choices, meaning=meaning)


def _flag(name: str, meaning: str) -> Rule:
    return Rule(name=name, kind=Kind.FLAG, default=False, meaning=meaning)


_TABLE = (
    _choice(
        REGISTRATION,
        ("closed", "invite", "open"),
        "invite",
        "Who may register. `open` needs a desk that sends mail.",
    ),
    _whole(MAX_USERS, 50, 1, 10_000, "How many accounts there may be."),
    _flag(LIVE_TRADING, "Whether bots may trade live, where the stage allows it at all."),
    _names("venues.enabled", _VENUE, "Venues that bots may use; none: all of the stage."),
    _names("providers.enabled", _PROVIDER, "Providers whose keys may be stored; none: all."),
    _names("providers.shared", _PROVIDER, "Providers whose operator key serves all owners."),
    _names(LLM_HOSTS, _HOST, "Private hosts on which a model server may stand."),
    _whole(BOTS_PER_USER, 45, 1, 500, "How many bots an owner may have."),
    *(
        _whole(
            f"{RATE}{name}", None, 1, 10_000, f"Requests of class {name}; none: the class's own."
        )
        for name in RATE_CLASSES
    ),
    _choice("feed.mode", ("auto", "on", "off"), "auto", "Whether prices are fed between closes."),
    _names("feed.venues", _VENUE, "Venues whose prices are fed; none: all enabled ones."),
    _whole("opinion.refresh_minutes", 60, 0, 1_440, "How old an opinion may be; 0: never reused."),
    _choice(MAINTENANCE, tuple(Maintenance), Maintenance.OFF, "How far the desk is closed."),
    Rule(
        name=MAINTENANCE_MESSAGE,
        kind=Kind.TEXT,
        default="",
        high=200,
        meaning="What people are told while the desk is closed.",
    ),
    _names(
        "log.levels",
        "[a-z_]{2,30}=(?:DEBUG|INFO|WARNING|ERROR)",
        "Levels of single functions, as `function=LEVEL`.",
    ),
    _names("notify.operator_channels", _PROVIDER, "Where the operator is told."),
    _flag(METRICS_PER_OWNER, "Whether metrics name their owner."),
    _whole("websocket.connections", 2_000, 1, 100_000, "How many sockets may be open."),
    Rule(
        name="budget.monthly_usd",
        kind=Kind.AMOUNT,
        default=None,
        high=1_000_000,
        meaning="What a month may cost before the operator is told; none: no budget.",
    ),
)

RULES: Mapping[str, Rule] = MappingProxyType({rule.name: rule for rule in _TABLE})
"""Every setting there is, by name."""


def rule_of(name: str) -> Rule:
    """Return the rule of a setting. Raises Invalid `UNKNOWN_SETTING`."""
    if name not in RULES:
        raise Invalid("UNKNOWN_SETTING", "There is no such setting.", field="name")
    return RULES[name]


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A setting as it stands. `version` 0 is the default, which nobody has set."""

    name: str
    value: Value
    version: int = 0
    set_by: UserId | None = None
    set_at: datetime | None = None

    @property
    def rule(self) -> Rule:
        """What it may be."""
        return rule_of(self.name)


def default(name: str) -> Setting:
    """Return a setting that nobody has set. Raises Invalid `UNKNOWN_SETTING`."""
    return Setting(name=name, value=rule_of(name).default)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ceiling:
    """What this deployment cannot do, whatever an administrator sets."""

    live: bool = False
    mail: bool = False

    def check(self, name: str, value: Value) -> None:
        """Refuse what is above it. Raises Invalid `OUT_OF_RANGE`."""
        if name == LIVE_TRADING and value is True and not self.live:
            raise _above(name, "This stage does not trade live.", [False])
        if name == REGISTRATION and value == "open" and not self.mail:
            raise _above(name, "Open registration needs mail.", ["closed", "invite"])


def _above(name: str, message: str, choices: list[object]) -> Invalid:
    allowed = {"one_of": choices}
    return Invalid("OUT_OF_RANGE", f"{name}: {message}", field="value", allowed=allowed)
