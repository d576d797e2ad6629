"""The documents are fresh, and what they name is there."""

import ast
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest

from docs.pages import FUNCTIONS, PAGES, ROOT, sources
from infra.cdk.local.__main__ import parser
from nightdesk.bots.bot import RiskMode
from nightdesk.bots.profiles import PROFILES
from nightdesk.core.ids import InstrumentId
from nightdesk.core.money import fixed
from nightdesk.market.fees import venues
from nightdesk.market.instruments import ASSUMED, Instrument, Rules, TradingStatus
from nightdesk.risk.checks import CAPS, FINAL, GATES, assess
from nightdesk.risk.limits import OwnerLimits
from nightdesk.risk.sizing import final_stop, loss_per_unit, round_trip_cost
from nightdesk.risk.verdict import Conditions, Exposure, Proposal, Verdict
from nightdesk.strategies.catalogue import BUILT_IN_IDS, built_ins
from nightdesk.strategies.validation import validate
from nightdesk.trading.assumptions import Assumptions
from nightdesk.trading.costs import expected_costs
from nightdesk.trading.order import NEXT

DOCS = ROOT / "docs"
PROSE = sorted({ROOT / "README.md", ROOT / "CHANGELOG.md", *DOCS.rglob("*.md")})
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
MAKE = re.compile(r"`make ([a-z-]+)|^make ([a-z-]+)", re.MULTILINE)
ROUTE = re.compile(r"(?<!\w)/api/[A-Za-z0-9_{}$<>./-]*[A-Za-z0-9_}>]")
CODE = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)

NOT_A_REASON = {
    "AES_256", "GLOBAL_QUOTE",  # a kind of data key, a question to a provider
    "ALL_NEW", "ALL_OLD",  # DynamoDB's
    "MARGIN_TRADE", "MARGIN_ISOLATED_TRADE",  # KuCoin's kinds of fills
    "API_TOKEN", "FIRST_ADMIN",  # kinds of items
    "JOURNAL_BALANCE", "JOURNAL_SYNC", "JOURNAL_SYNCED", "VENUE_HOLD",
    "JOURNAL_CASH", "JOURNAL_LABELS", "JOURNAL_PART", "JOURNAL_ROW", "JOURNAL_TRADE",
    "EXTERNAL_LEG", "JOURNAL_IMPORT", "JOURNAL_IMPORT_MAP", "JOURNAL_UNPLACED",
    "BANDWIDTH_PERCENTILE", "VOLUME_RATIO",  # functions of the strategy grammar
    "SEAL_BROKEN",  # told to callers as INTERNAL
    "PARTIALLY_FILLED", "PENDING_CANCEL", "SUBMIT_UNKNOWN",  # states of an order
}  # fmt: skip
VARIABLES = ("NIGHTDESK_", "POWERTOOLS_", "LAMBDA_", "AWS_")
UNLISTED = {"/api/docs", "/api/openapi.json"}
"""Served, and not in the document that they show."""

AT = datetime(2019, 6, 1, tzinfo=UTC)
ENTRY = Decimal(8_000)
BITSTAMP = Rules(
    instrument=Instrument(id=InstrumentId("BTC/USD@bitstamp"), symbol="BTC/USD"),
    version="1",
    status=TradingStatus.TRADING,
    tick=Decimal("0.01"),
    lot=Decimal("0.00000001"),
    min_quantity=Decimal(0),
    min_notional=Decimal(10),
    observed_at=AT,
    source=ASSUMED,
)
COSTS = expected_costs(BITSTAMP, AT, Assumptions(seed="page"))


def names(paths: list[Path]) -> list[str]:
    return [str(path.relative_to(ROOT)) for path in paths]


def slug(heading: str) -> str:
    """The anchor that GitHub gives a heading."""
    kept = re.sub(r"[^\w\- ]", "", heading.strip().lower())
    return kept.replace(" ", "-")


def anchors(path: Path) -> set[str]:
    return {slug(line.lstrip("#")) for line in path.read_text().splitlines() if line[:1] == "#"}


def blocks(path: Path, language: str) -> Iterator[str]:
    for found, text in FENCE.findall(path.read_text()):
        if found == language:
            yield text


@pytest.mark.parametrize("name", PAGES)
def test_a_generated_page_is_what_the_code_says(name: str) -> None:
    assert (DOCS / name).read_text() == PAGES[name](), "run `make docs`"


@pytest.mark.parametrize("path", PROSE, ids=names(PROSE))
def test_a_relative_link_leads_somewhere(path: Path) -> None:
    for target in LINK.findall(path.read_text()):
        if target.startswith(("https://", "http://", "mailto:")):
            continue
        file, _, anchor = target.partition("#")
        leads_to = (path.parent / file).resolve() if file else path
        assert leads_to.exists(), target
        assert not anchor or anchor in anchors(leads_to), target


@pytest.mark.parametrize("path", PROSE, ids=names(PROSE))
def test_a_make_target_that_is_named_exists(path: Path) -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z][a-z -]*):", makefile, re.MULTILINE))
    known = {word for line in targets for word in line.split()}
    named = {first or second for first, second in MAKE.findall(path.read_text())}
    assert named <= known


@pytest.mark.parametrize("path", PROSE, ids=names(PROSE))
def test_a_route_that_is_named_exists(path: Path) -> None:
    named = {shape(route) for route in ROUTE.findall(path.read_text())}
    assert named - served() == set()


@cache
def served() -> frozenset[str]:
    document = json.loads((DOCS / "openapi.json").read_text())
    return frozenset({shape(route) for route in document["paths"]} | UNLISTED)


def shape(route: str) -> str:
    """A path with its parameters blank, however they are written."""
    return re.sub(r"\{[^}]*\}|<[^>]*>|\$\w+", "{}", route)


def test_every_code_in_the_product_has_its_meaning() -> None:
    written = (DOCS / "reason_codes.md").read_text()
    spoken = {
        node.value
        for path in sources()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and CODE.fullmatch(node.value)
        and not node.value.startswith(VARIABLES)
    }
    missing = {code for code in spoken - NOT_A_REASON if f"`{code}`" not in written}
    assert missing == set(), "say what it means in docs/meanings.py and run `make docs`"


def test_every_step_of_an_order_is_drawn() -> None:
    written = (DOCS / "architecture.md").read_text()
    drawn = set(re.findall(r"^ +(\w+) --> (\w+)", written, re.MULTILINE))
    for before, later in NEXT.items():
        for after in later:
            assert (before.value, after.value) in drawn


def test_every_check_of_risk_stands_in_its_row() -> None:
    written = (DOCS / "risk_features.md").read_text()
    rows = {int(row) for row in re.findall(r"^\| (\d+) \|", written, re.MULTILINE)}
    assert rows == {number for number, _ in (*GATES, *CAPS, *FINAL)}


def test_the_sizing_example_is_what_the_desk_does() -> None:
    written = (DOCS / "risk_features.md").read_text().replace(",", "")
    approved, reduced, denied = (example(Decimal(atr)) for atr in (200, 100, 60))
    assert (approved.outcome, approved.reason) == ("approved", None)
    assert (reduced.outcome, reduced.reason) == ("reduced", "POSITION_CAP")
    assert (denied.outcome, denied.reason) == ("denied", "EDGE_BELOW_COST")
    for figure in (
        approved.quantity,
        approved.reserve,
        *(Decimal(one.figures["allowed"]) for one in approved.checks if "allowed" in one.figures),
        reduced.first_quantity,
        reduced.quantity,
        loss_per_unit(ENTRY, Decimal(7680), COSTS),
        loss_per_unit(ENTRY, Decimal(7840), COSTS),
        round_trip_cost(ENTRY, COSTS),
    ):
        assert fixed(figure) in written


def example(atr: Decimal) -> Verdict:
    """The page's bot: 3000 of 10000 USD, a stop at two ATR in a ranging market."""
    proposal = Proposal(
        rules=BITSTAMP,
        entry=ENTRY,
        stop=final_stop(ENTRY, ENTRY - 2 * atr, "ranging", BITSTAMP),
        atr=atr,
        costs=COSTS,
    )
    owner, bot = Decimal(10_000), Decimal(3_000)
    exposure = Exposure(
        user_equity=owner,
        user_day_start=owner,
        bot_equity=bot,
        bot_day_start=bot,
        bot_capital=bot,
        bot_peak=bot,
        available=bot,
        open_positions=0,
        user_entries_today=0,
    )
    conditions = Conditions(regime="ranging", weekly_gate="neutral")
    limits = PROFILES[RiskMode.BALANCED].limits
    return assess(proposal, exposure, conditions, limits, OwnerLimits(), AT)


def test_the_risk_modes_are_those_of_the_desk() -> None:
    written = (DOCS / "risk_features.md").read_text()
    for mode, profile in PROFILES.items():
        limits = profile.limits
        shares = (limits.position, limits.risk_per_trade, limits.daily_loss, limits.drawdown)
        cells = [mode.value, *(f"{fixed(share * 100)} %" for share in shares)]
        cells += [str(limits.reward_to_risk), str(limits.entries_per_day)]
        cells += [f"{int(limits.cooldown.total_seconds() // 60)} min"]
        assert f"| {' | '.join(cells)} |" in written


def test_the_options_of_make_run_are_all_in_the_readme() -> None:
    shown = set(re.findall(r"--[a-z]+", parser().format_help())) - {"--help"}
    table = re.findall(r"^\| (`--.*?) \|", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert {word for row in table for word in re.findall(r"--[a-z]+", row)} == shown


def test_every_function_stands_in_the_architecture() -> None:
    written = (DOCS / "architecture.md").read_text()
    folders = {path.parent.name for path in (ROOT / "functions").glob("*/handler.py")}
    assert folders == set(FUNCTIONS)
    assert all(f"\n| `{name}` |" in written for name in folders)


def test_definitions_in_the_strategy_guide_are_valid() -> None:
    found = [json.loads(text) for text in blocks(DOCS / "strategy_guide.md", "json")]
    whole = [one for one in found if "schema" in one]
    assert whole
    assert all(validate(one).ok for one in whole)


def test_the_strategy_guide_names_every_built_in_and_its_inputs() -> None:
    written = (DOCS / "strategy_guide.md").read_text()
    for name in BUILT_IN_IDS:
        assert f"`{name}@1`" in written
    for version in built_ins().values():
        assert all(f"`{name}`" in written for name in version.definition.inputs)


def test_the_fees_that_are_told_are_those_of_the_desk() -> None:
    written = (DOCS / "paper_trading.md").read_text()
    for venue in venues().values():
        for row in venue.fees:
            assert f"| {venue.name} | {row.quote_class or 'any'} | {row.maker_bps} |" in written


def test_no_document_has_an_emoji() -> None:
    for path in PROSE:
        assert not re.search(r"[\U0001F300-\U0001FAFF\u2600-\u27BF]", path.read_text()), path
