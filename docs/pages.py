"""Renders the pages that follow from the code. The same code gives the same bytes."""

import ast
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from docs import behaviour, meanings
from functions.api.errors import status_of
from nightdesk import settings
from nightdesk.core import errors
from nightdesk.journal import report_reasons
from nightdesk.market.quality import BLOCKING
from nightdesk.names import Env, EventType, Topic
from nightdesk.risk.codes import EXIT, Reason

ROOT = Path(__file__).parents[1]
SOURCES = ("shared/nightdesk", "functions")
WRITTEN = "Written by `make docs`: edit the code that it follows from, or `docs/meanings.py`."

OUTBOX = (
    "Every change writes its events in the same transaction (the outbox): an item `EVENT#<ulid>` in"
    " table `desk`, kept seven days. The id is derived from its cause, so a change that is tried"
    " twice says it once. Names and topics are frozen. One reader of the table's stream, `notify`,"
    " hands the journal the fills and closed round trips of bots. There are no sockets and no"
    " notifications yet: nothing else hears of an event, so ask the route that it is about."
)

FUNCTIONS: Mapping[str, type[settings.Settings]] = {
    "plan": settings.PlanSettings,
    "sync_market": settings.SyncMarketSettings,
    "analyse": settings.AnalyseSettings,
    "trade_bots": settings.TradeBotsSettings,
    "watch": settings.WatchSettings,
    "settle": settings.SettleSettings,
    "emergency_stop": settings.EmergencyStopSettings,
    "audit": settings.AuditSettings,
    "probe_key": settings.ProbeKeySettings,
    "recheck_keys": settings.RecheckKeysSettings,
    "rotate_keys": settings.RotateKeysSettings,
    "export": settings.ExportSettings,
    "delete_account": settings.DeleteAccountSettings,
    "notify": settings.NotifySettings,
    "journal": settings.JournalSettings,
    "import_trades": settings.ImportTradesSettings,
    "sync_accounts": settings.SyncAccountsSettings,
    "review": settings.ReviewSettings,
    "screenshot": settings.ScreenshotSettings,
    "api": settings.ApiSettings,
}


def environment_variables() -> str:
    """Return the page of settings: who reads a variable, its default and its rule."""
    schemas = {
        name: kind.model_json_schema(by_alias=True)["properties"]
        for name, kind in FUNCTIONS.items()
    }
    rows = []
    for variable in Env:
        readers = [name for name, properties in schemas.items() if variable.value in properties]
        rule = schemas[readers[0]][variable.value] if readers else {}
        rows.append(
            (
                f"`{variable.value}`",
                _readers(readers),
                _default(rule) if readers else "-",
                _rule(rule),
                meanings.VARIABLES[variable],
            )
        )
    return _page(
        "Environment variables",
        "A function reads its environment once, when it is first used. A missing variable, one"
        " that breaks its rule, or an unknown one that begins with `NIGHTDESK_` stops it there, by"
        " name. CDK sets all of them; what differs between stages stands in"
        " `infra/cdk/stages.py`. A function has the tables and secrets that it was granted, and"
        " lacks the variables of all others. Secrets are named here and read when they are used.",
        _table(("variable", "read by", "default", "rule", "meaning"), rows),
        "Without our prefix: `POWERTOOLS_SERVICE_NAME` and `POWERTOOLS_METRICS_NAMESPACE` name the"
        " service and the metrics, `AWS_ENDPOINT_URL` is the emulator's address on stage `local`.",
        "## For tests and benchmarks",
        "`NIGHTDESK_DATA` names a folder of recorded data. Tests that want it skip without it, and"
        " no function knows it.",
    )


def reason_codes() -> str:
    """Return the page of codes: why something was refused, shrunk, ended or answered so."""
    return _page(
        "Reason codes",
        "A refusal is a value with a code, stored and shown as `CODE: key=value limit=value`. The"
        " code is stable, the sentence beside it may change. One word can stand on several tables:"
        " what it refuses is then another thing.",
        "## Entries and exits",
        "The risk desk's checks in their order. The first that fails decides; all that can be"
        " computed are listed. See [risk features](risk_features.md).",
        _table(("row", "code", "meaning"), _risk()),
        "## Orders",
        "Why an order ended otherwise than filled. `DENIED` orders carry the risk desk's code."
        " Rejected is the venue's word, denied is ours.",
        _codes(meanings.ORDERS),
        "## Exits of positions",
        "`exit_reason` of a round trip.",
        _codes(meanings.DECISIONS),
        "## Cycle",
        _codes(meanings.CYCLES),
        "## Rows of imported files",
        _codes(meanings.ROWS),
        "## Syncs of exchange accounts",
        "`reason` of a sync that has failed. Rows that could not be taken have the codes of rows of"
        " files. See [the journal](journal.md#exchange-accounts).",
        _codes(meanings.SYNCS),
        "## Market data",
        "Findings on candles. Exits never wait for data.",
        _table(("code", "blocks entries", "meaning"), _findings()),
        "## Strategy definitions",
        "Errors: the definition is not stored.",
        _codes(meanings.DEFINITIONS),
        "Warnings: it is stored.",
        _codes(meanings.CAUTIONS),
        "## Bots",
        "`pause_code` of a paused bot. Only the first is given by the desk as it stands.",
        _codes(meanings.PAUSES),
        "`code` in a bot's history, beside the pause codes.",
        _codes(meanings.HISTORY),
        "## Figures",
        "Why a figure has no value, and what to keep in mind of one that has. See"
        " [metrics](metrics.md).",
        _codes({**report_reasons.UNDEFINED, **report_reasons.DOUBTS}),
        "## Trades of the journal",
        "Why a field of a trade has no value, and what was met while trades were built.",
        _codes(meanings.TRADES),
        "## Writing in the journal",
        "Why a figure or a verdict is missing, what an entry's insight says, and why an image was"
        " not kept.",
        _codes(meanings.WRITING),
        "## Behaviour",
        "Detectors, as findings name them. See [behaviour](behaviour.md).",
        _codes(behaviour.codes()),
        "## API",
        'Answers are `{"error": {"code", "message", "details", "request_id"}}`. A 409'
        " `START_REFUSED` lists violations by codes of this page.",
        _table(
            ("code", "status", "meaning"),
            [(f"`{code}`", status, text) for code, (status, text) in sorted(meanings.HTTP.items())],
        ),
        "## Faults",
        "What did not go as promised, in logs and in the errors of Step Functions. The class"
        " decides who tries again; the API answers with this status.",
        _table(("class", "code", "tried again", "status", "meaning"), _faults()),
    )


def events() -> str:
    """Return the page of events, by topic."""
    senders = _senders()
    parts = [OUTBOX]
    for topic in Topic:
        kinds = [kind for kind in EventType if kind.topic == topic]
        rows = [
            (f"`{kind.value}`", meanings.EVENTS[kind], ", ".join(senders[kind]) or "nobody yet")
            for kind in kinds
        ]
        text = _table(("event", "meaning", "told by"), rows) if rows else "None yet."
        parts += [f"## {topic.value}", text]
    return _page("Events", *parts)


def behaviour_page() -> str:
    """Return the page of detectors: rules, base rates, limits, thresholds."""
    return _page(
        "Behaviour",
        *behaviour.BEFORE,
        _table(behaviour.HEADS, behaviour.rows()),
        *behaviour.BETWEEN,
        _table(behaviour.THRESHOLD_HEADS, behaviour.thresholds()),
        *behaviour.AFTER,
        _table(behaviour.LABEL_HEADS, behaviour.labels()),
        behaviour.TOLD,
    )


PAGES: Mapping[str, Callable[[], str]] = {
    "behaviour.md": behaviour_page,
    "environment_variables.md": environment_variables,
    "events.md": events,
    "reason_codes.md": reason_codes,
}
"""File name in this folder, and what writes it."""


def _risk() -> list[Sequence[str]]:
    return [
        ("exit" if reason.number == EXIT else str(reason.number), f"`{reason}`", reason.meaning)
        for reason in Reason
    ]


def _findings() -> list[Sequence[str]]:
    return [
        (f"`{code}`", "yes" if code in BLOCKING else "no", text)
        for code, text in meanings.FINDINGS.items()
    ]


def _faults() -> list[Sequence[str]]:
    return [
        (
            f"`{kind.__name__}`",
            f"`{kind.code}`" if "code" in vars(kind) else "its own",
            "yes" if issubclass(kind, errors.Transient) else "no",
            "its own" if kind is errors.Refused else str(status_of(_blank(kind))),
            (kind.__doc__ or "").partition("\n")[0],
        )
        for kind in _below(errors.Fault)
    ]


def _blank(kind: type[errors.Fault]) -> errors.Fault:
    """Return an instance without its particulars: only its class counts here."""
    return kind.__new__(kind)


def _below(kind: type[errors.Fault]) -> Iterable[type[errors.Fault]]:
    for below in kind.__subclasses__():
        if below.__module__ == errors.__name__:
            yield below
            yield from _below(below)


@cache
def _senders() -> Mapping[EventType, list[str]]:
    """Return the modules that name each event in code."""
    found: dict[EventType, list[str]] = {kind: [] for kind in EventType}
    for path in sources():
        tree = ast.parse(path.read_text("utf-8"))
        asked = {  # whoever compares an event's type has been told of it
            id(part)
            for node in ast.walk(tree)
            if isinstance(node, ast.Compare)
            for part in ast.walk(node)
        }
        named = {
            node.attr
            for node in ast.walk(tree)
            if id(node) not in asked
            and isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.value.id == EventType.__name__
        }
        for kind in EventType:
            if kind.name in named:
                found[kind].append(f"`{_module(path)}`")
    return found


def sources() -> list[Path]:
    """Return the product's modules, sorted."""
    return sorted(path for folder in SOURCES for path in (ROOT / folder).rglob("*.py"))


def _module(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(part for part in parts if part != "shared")


def _readers(readers: Sequence[str]) -> str:
    if not readers:
        return "nobody yet"
    return "all" if len(readers) == len(FUNCTIONS) else ", ".join(readers)


def _default(rule: Mapping[str, Any]) -> str:
    if "default" not in rule:
        return "required"
    value = rule["default"]
    if value in ("", None, []):
        return "none"
    return f"`{','.join(value) if isinstance(value, list) else value}`"


def _rule(rule: Mapping[str, Any]) -> str:
    if "enum" in rule:
        return ", ".join(f"`{one}`" for one in rule["enum"])
    if "minimum" in rule:
        return f"{_number(rule['minimum'])} to {_number(rule['maximum'])}"
    if "maxLength" in rule:
        return f"{rule['minLength']} to {rule['maxLength']} characters"
    if any(one.get("format") == "uri" for one in rule.get("anyOf", ())):
        return "a URL"
    return "a list" if rule.get("type") == "array" else ""


def _number(value: float) -> str:
    return format(Decimal(str(value)).normalize(), "f")


def _codes(found: Mapping[Any, str]) -> str:
    return _table(("code", "meaning"), [(f"`{code}`", text) for code, text in found.items()])


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _page(title: str, *parts: str) -> str:
    return "\n\n".join((f"# {title}", WRITTEN, *parts)) + "\n"
