"""The journal as files of text: trades, fills, cash and findings as CSV, entries as Markdown.

CSV is UTF-8 with a byte order mark, RFC 4180, lines ended by CRLF; moments are ISO 8601 with the
offset of the owner's zone, amounts of full precision, 0 is `0` and what is absent is empty. Texts
of several parts are joined by `|`. Rows come in the order in which they are read, so that a long
journal is never held whole; equal input makes equal bytes.
"""

import codecs
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType

from nightdesk.core.cells import Cell, line
from nightdesk.core.ids import TradeId
from nightdesk.core.money import as_written
from nightdesk.journal.book_stats import Played
from nightdesk.journal.cash_row import CashRow
from nightdesk.journal.export_options import ExportOptions
from nightdesk.journal.finding import Finding, Scope
from nightdesk.journal.movement import Movement
from nightdesk.journal.tag import TagBook
from nightdesk.journal.trade import Check, Leg

TRADES = (
    *("trade_id", "instrument", "side", "status", "opened_at", "avg_entry", "qty_entered"),
    *("closed_at", "avg_exit", "qty_exited", "gross", "fees", "funding", "net", "net_account"),
    *("return_on_notional", "initial_stop", "target", "initial_risk", "r", "planned_rr"),
    *("outcome", "exit_reason", "setup", "playbook_version", "market_condition", "emotions"),
    *("tags", "mae", "mfe", "mae_r", "mfe_r", "given_back", "capture", "hold_seconds"),
    *("scale_ins", "partial_exits", "size", "planned", "rules_kept", "rules_broken", "regime"),
    *("session", "source", "origin", "bot_id", "account", "mode", "findings", "note"),
)
"""Columns of trades.csv: one line for each trade."""
FILLS = (
    *("fill_id", "trade_id", "order_id", "at", "account", "instrument", "side", "leg"),
    *("quantity", "price", "fee_quote", "fee_asset", "realised", "stop", "target"),
    "account_rate",
)
"""Columns of fills.csv: one line for each fill, or the part of one that is the trade's.

`fee_quote` is its value in quote currency, `account_rate` account currency per quote currency.
"""
CASH = (
    *("id", "at", "account", "kind", "asset", "amount", "fee", "instrument", "source"),
    *("equity_before", "note"),
)
"""Columns of cash.csv: what came in is positive, what went out negative."""
FINDINGS = (
    *("finding_id", "detector", "detector_version", "scope", "severity", "at", "text", "trades"),
    *("x", "n", "base", "p", "measured", "thresholds", "bot_id", "answer", "answer_note"),
    "found_at",
)
"""Columns of findings.csv: one line for each finding that is shown."""


def ticked(one: Played) -> Mapping[str, Check]:
    """Return what became of the rules of a trade's playbook, as far as they were ticked."""
    return one.labels.checklist


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeWords:
    """What a line of a trade says in words: names of its tags, what was found of it, its rules.

    `found`: names of detectors by trade; `checks`: what became of each rule.
    """

    tags: TagBook
    found: Mapping[TradeId, Sequence[str]] = field(default_factory=lambda: MappingProxyType({}))
    checks: Callable[[Played], Mapping[str, Check]] = ticked

    def setup(self, tag_id: str | None) -> str | None:
        """Return the name of a setup; None for none."""
        return self._joined(() if tag_id is None else (tag_id,))

    def named(self, tag_ids: Sequence[str]) -> str | None:
        """Return the names of tags in their order; a merged one is called as what it became."""
        return self._joined(tag_ids)

    def detectors(self, trade_id: TradeId) -> str | None:
        """Return the detectors that say something of a trade."""
        return joined(sorted(self.found.get(trade_id, ())))

    def _joined(self, tag_ids: Sequence[str]) -> str | None:
        return joined(self.tags.every[one].name for one in self.tags.shown(tag_ids))


def found_of(findings: Iterable[Finding]) -> Mapping[TradeId, Sequence[str]]:
    """Return which detectors judged which trade, those in shadow left out."""
    found: dict[TradeId, tuple[str, ...]] = {}
    for one in findings:
        if one.scope is Scope.TRADE and not one.shadow:
            known = found.get(one.trades[0], ())
            if one.detector.value not in known:
                found[one.trades[0]] = (*known, one.detector.value)
    return found


def trades_csv(
    played: Iterable[Played], words: TradeWords, options: ExportOptions
) -> Iterator[bytes]:
    """Yield trades.csv line by line, in the order of the trades."""
    return csv(TRADES, (trade_row(one, words, options) for one in played), options)


def fills_csv(played: Iterable[Played], options: ExportOptions) -> Iterator[bytes]:
    """Yield fills.csv line by line, trade after trade. Trades come whole, with all legs."""
    legs = ((leg, one) for one in played for leg in one.trade.legs)
    return csv(FILLS, (fill_row(leg, one, options) for leg, one in legs), options)


def cash_csv(
    rows: Iterable[CashRow], movements: Iterable[Movement], options: ExportOptions
) -> Iterator[bytes]:
    """Yield cash.csv line by line, by (at, id): what was written by hand and what was synced."""
    by_hand = [(one.at, one.id, cash_row(one, options)) for one in rows]
    others = [(one.at, one.id, movement_row(one, options)) for one in movements]
    ordered = sorted([*by_hand, *others], key=lambda one: one[:2])
    return csv(CASH, (one[2] for one in ordered), options)


def findings_csv(findings: Iterable[Finding], options: ExportOptions) -> Iterator[bytes]:
    """Yield findings.csv line by line, in their order; those in shadow are left out."""
    shown = (one for one in findings if not one.shadow)
    return csv(FINDINGS, (finding_row(one, options) for one in shown), options)


def csv(
    heads: Sequence[str], rows: Iterable[Sequence[Cell]], options: ExportOptions
) -> Iterator[bytes]:
    """Yield a file of CSV: byte order mark and head first."""
    dialect = options.numbers.dialect
    yield codecs.BOM_UTF8 + line(heads, dialect).encode()
    for row in rows:
        yield line(row, dialect).encode()


def trade_row(played: Played, words: TradeWords, options: ExportOptions) -> tuple[Cell, ...]:
    """Return the cells of a trade in the order of `TRADES`."""
    trade, labels = played.trade, played.labels
    quantity, money, risk, seen = trade.quantity, trade.money, trade.risk, trade.excursion
    context, checks = trade.context, list(words.checks(played).values())
    kept, broken = (checks.count(one) if checks else None for one in (Check.KEPT, Check.BROKEN))
    return (
        *(trade.id, trade.instrument, trade.side.value, trade.status.value),
        *(options.local(trade.opened_at), quantity.avg_entry, quantity.qty_entered),
        *(options.local(trade.closed_at), quantity.avg_exit, quantity.qty_exited),
        *(money.gross, money.fees, money.funding, money.net, money.net_account),
        *(money.return_on_notional, risk.initial_stop, labels.target or risk.target),
        *(risk.initial_risk, risk.r, risk.planned_rr, trade.outcome),
        *(labels.exit_reason or trade.exit_reason, words.setup(labels.setup_id)),
        *(labels.playbook_version, labels.market_condition, joined(labels.emotions)),
        *(words.named(labels.tags), seen.mae, seen.mfe, seen.mae_r, seen.mfe_r),
        *(seen.given_back, seen.capture, trade.hold_seconds, quantity.scale_ins),
        *(quantity.partial_exits, quantity.size, labels.planned, kept, broken),
        *(context.regime, context.session, trade.source.value, trade.origin.value),
        *(trade.bot_id, trade.account, trade.mode.value, words.detectors(trade.id)),
        labels.note or None,
    )


def fill_row(leg: Leg, played: Played, options: ExportOptions) -> tuple[Cell, ...]:
    """Return the cells of a fill in the order of `FILLS`."""
    trade = played.trade
    return (
        *(leg.fill_id, trade.id, leg.order, options.local(leg.at), trade.account),
        *(trade.instrument, leg.action.value, "entry" if leg.entry else "exit", leg.quantity),
        *(leg.price, leg.fee, leg.fee_asset, None if leg.entry else leg.realised, leg.stop),
        *(leg.target, None if leg.rate is None else leg.rate.value),
    )


def cash_row(row: CashRow, options: ExportOptions) -> tuple[Cell, ...]:
    """Return the cells of what an owner wrote down, in the order of `CASH`."""
    return (
        *(row.id, options.local(row.at), row.account, row.kind.value, row.asset, row.moved),
        *(None, None, "manual", row.equity_before, row.note or None),
    )


def movement_row(moved: Movement, options: ExportOptions) -> tuple[Cell, ...]:
    """Return the cells of a movement in the order of `CASH`."""
    return (
        *(moved.id, options.local(moved.at), moved.account, moved.kind.value, moved.asset),
        *(moved.amount, moved.fee, moved.instrument, moved.source.value, None, moved.ref or None),
    )


def finding_row(found: Finding, options: ExportOptions) -> tuple[Cell, ...]:
    """Return the cells of a finding in the order of `FINDINGS`."""
    chance, answer = found.chance, found.answer
    return (
        *(found.id, found.detector.value, found.detector_version, found.scope.value),
        *(found.severity.value, options.local(found.at), found.text, joined(found.trades)),
        *((None, None) if chance is None else (chance.x, chance.n)),
        *((None, None) if chance is None else (written(chance.base), written(chance.p))),
        *(_json(found.measured), _json(found.thresholds), found.bot_id),
        *((None, None) if answer is None else (answer.opinion.value, answer.note or None)),
        options.local(found.found_at),
    )


def joined(parts: Iterable[str]) -> str | None:
    """Return texts as one cell; None for none."""
    return "|".join(parts) or None


def written(value: float | None) -> Decimal | None:
    """Return a statistic as a cell: the shortest digits that are this float."""
    return None if value is None else as_written(value)


def _json(values: Mapping[str, float]) -> str | None:
    return json.dumps(dict(values), sort_keys=True) if values else None
