"""The files of text: columns of the page, numbers that add up, equal bytes."""

import csv
import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from nightdesk.core.ids import TradeId
from nightdesk.journal.book_stats import Played
from nightdesk.journal.cash_row import CashKind, CashRow
from nightdesk.journal.export import (
    TradeWords,
    cash_csv,
    fills_csv,
    findings_csv,
    found_of,
    trades_csv,
)
from nightdesk.journal.export_options import ExportOptions, Numbers
from nightdesk.journal.movement import Movement
from nightdesk.journal.tag import TagBook
from nightdesk.journal.trade import Check, Emotion, ExitReason, MarketCondition, Source
from nightdesk.trading.external import RecordKind
from tests.builders.behaviour import a_claim, a_finding
from tests.builders.journal_trades import ACCOUNT, AT, OWNER, a_trade, some_labels
from tests.builders.writing import a_tag

D = Decimal
PAGE = (
    "trade_id, instrument, side, status, opened_at, avg_entry, qty_entered, closed_at, avg_exit,"
    " qty_exited, gross, fees, funding, net, net_account, return_on_notional, initial_stop, target,"
    " initial_risk, r, planned_rr, outcome, exit_reason, setup, playbook_version,"
    " market_condition, emotions, tags, mae, mfe, mae_r, mfe_r, given_back, capture, hold_seconds,"
    " scale_ins, partial_exits, size, planned, rules_kept, rules_broken, regime, session, source,"
    " origin, bot_id, account, mode, findings, note"
)
"""As the specification of the journal lists them."""
TAGS = TagBook(OWNER, (a_tag(), a_tag(id="tag_2", name="=late")))


def options(**changes: Any) -> ExportOptions:
    wanted = ExportOptions(
        since=datetime(2025, 1, 1, tzinfo=UTC),
        until=datetime(2026, 1, 1, tzinfo=UTC),
        zone="Europe/Vienna",
    )
    return replace(wanted, **changes)


def played(**labels: Any) -> Played:
    trade = a_trade()
    return Played(trade=trade, labels=some_labels(trade, **labels))


def read(content: bytes, delimiter: str = ",") -> list[dict[str, str]]:
    text = content.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))


def test_trades_have_the_columns_of_the_page_in_its_order() -> None:
    content = b"".join(trades_csv([], TradeWords(tags=TAGS), options()))
    assert content == b"\xef\xbb\xbf" + PAGE.replace(", ", ",").encode() + b"\r\n"


def test_a_trade_is_written_with_its_figures_and_what_was_said_of_it() -> None:
    one = played(
        setup_id="breakout",
        tags=("tag_1", "tag_2"),
        emotions=(Emotion.CALM, Emotion.FOMO),
        market_condition=MarketCondition.RANGING,
        checklist={"a": Check.KEPT, "b": Check.KEPT, "c": Check.BROKEN},
        planned=True,
        playbook_version=3,
        note="+ sold \u201eearly\u201c, again",
    )
    about = (one.trade.id, TradeId("jt_1"))
    found = found_of([a_finding(trades=about), a_finding(id="x", trades=about), a_claim()])
    words = TradeWords(tags=TAGS, found=found)

    (row,) = read(b"".join(trades_csv([one], words, options())))

    shown = {name: row[name] for name in ("opened_at", "closed_at", "hold_seconds", "mode")}
    assert shown == {
        "opened_at": "2025-03-03T11:00:00+01:00",
        "closed_at": "2025-03-03T13:00:00+01:00",
        "hold_seconds": "7200",
        "mode": "live",
    }
    money = ("gross", "fees", "funding", "net", "initial_risk", "r", "target", "return_on_notional")
    # bought 0.5 at 40,000 with a stop at 39,000, sold at 45,000, fees 20 and 22
    assert {name: D(row[name]) for name in money} == {
        "gross": D(2_500),
        "fees": D(42),
        "funding": D(0),
        "net": D(2_458),
        "initial_risk": D(500),
        "r": D("4.916"),
        "target": D(43_000),
        "return_on_notional": D("0.1229"),
    }
    assert (row["mae"], row["capture"], row["bot_id"], row["scale_ins"]) == ("", "", "", "0")
    assert (row["setup"], row["tags"], row["emotions"]) == ("breakout", "Chased|=late", "calm|fomo")
    assert (row["planned"], row["rules_kept"], row["rules_broken"]) == ("true", "2", "1")
    assert (row["findings"], row["playbook_version"]) == ("REVENGE", "3")
    assert row["note"] == "'+ sold \u201eearly\u201c, again"


def test_what_nobody_said_is_empty() -> None:
    (row,) = read(b"".join(trades_csv([played()], TradeWords(tags=TAGS), options())))
    unsaid = ("setup", "tags", "emotions", "planned", "rules_kept", "rules_broken", "note")
    assert {row[name] for name in (*unsaid, "findings", "market_condition")} == {""}


def test_what_the_trader_wrote_completes_the_fills() -> None:
    one = played(exit_reason=ExitReason.TIME, target=D(44_000))
    (row,) = read(b"".join(trades_csv([one], TradeWords(tags=TAGS), options())))
    assert (row["exit_reason"], row["target"]) == ("time", "44000")


def test_de_at_has_semicolons_and_decimal_commas() -> None:
    wanted = options(numbers=Numbers.DE_AT)
    content = b"".join(trades_csv([played()], TradeWords(tags=TAGS), wanted))
    (row,) = read(content, ";")
    assert (row["r"], row["net"], row["funding"]) == ("4,916", "2458", "0")
    assert row["opened_at"] == "2025-03-03T11:00:00+01:00"


def test_what_is_in_shadow_is_found_of_no_trade() -> None:
    one = played()
    assert found_of([a_finding(trades=(one.trade.id,), shadow=True)]) == {}


def test_rules_count_as_they_were_judged() -> None:
    words = TradeWords(
        tags=TAGS, checks=lambda _: {"a": Check.KEPT, "b": Check.BROKEN, "c": Check.KEPT}
    )
    (row,) = read(b"".join(trades_csv([played()], words, options())))
    assert (row["rules_kept"], row["rules_broken"]) == ("2", "1")


def test_fills_are_one_line_each() -> None:
    first, second = read(b"".join(fills_csv([played()], options())))
    assert (first["fill_id"], first["side"], first["leg"], first["realised"]) == (
        *("1", "BUY", "entry"),
        "",
    )
    assert (second["price"], second["fee_quote"], second["realised"]) == ("45000", "22", "2500")


def test_cash_has_what_was_written_and_what_was_synced_by_time() -> None:
    by_hand = CashRow(
        id="b",
        owner=OWNER,
        account=ACCOUNT,
        at=AT,
        asset="USDT",
        amount=D(500),
        kind=CashKind.WITHDRAWAL,
        note="@rent",
        created_at=AT,
    )
    synced = Movement(
        id="a",
        account=ACCOUNT,
        kind=RecordKind.DEPOSIT,
        at=AT - timedelta(days=1),
        asset="USDT",
        amount=D("1000.10"),
        source=Source.SYNC,
    )
    first, second = read(b"".join(cash_csv([by_hand], [synced], options())))
    assert (first["amount"], first["source"], first["equity_before"]) == ("1000.1", "sync", "")
    assert (second["amount"], second["fee"], second["note"]) == ("-500", "", "'@rent")


def test_findings_leave_out_those_in_shadow() -> None:
    shown, hidden = a_finding(), a_claim(shadow=True)
    (row,) = read(b"".join(findings_csv([hidden, shown], options())))
    assert (row["detector"], row["trades"], row["x"]) == ("REVENGE", "jt_2|jt_1", "")
    assert '"size_factor": 0.30000000000000004' in row["measured"]


def test_a_claim_tells_its_base_rate() -> None:
    claim = a_claim()
    (row,) = read(b"".join(findings_csv([claim], options())))
    assert claim.chance is not None
    assert (int(row["x"]), int(row["n"])) == (claim.chance.x, claim.chance.n)
    assert float(row["p"]) == claim.chance.p


@pytest.mark.parametrize(
    "changes",
    [
        {"until": datetime(2025, 1, 1, tzinfo=UTC)},
        {"since": datetime(2010, 1, 1, tzinfo=UTC)},
        {"since": datetime(2025, 1, 1)},  # noqa: DTZ001
        {"zone": "Nowhere/Land"},
    ],
)
def test_options_that_make_no_sense_are_refused(changes: dict[str, object]) -> None:
    with pytest.raises((ValueError, KeyError)):
        options(**changes)


def test_options_that_ask_for_the_same_share_their_key() -> None:
    one = options(filters={"tag": ("a", "b"), "side": ("long",)})
    same = options(filters={"side": ("long",), "tag": ("b", "a")})
    assert one.key == same.key
    assert one.key != options(filters={"side": ("short",)}).key
