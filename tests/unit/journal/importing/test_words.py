"""What rows say beside their fills, where a trade comes in more than one file."""

import pytest

from nightdesk.core.money import ZERO
from nightdesk.journal.labelling import LabelChanges, changed
from nightdesk.journal.trade import Labels
from nightdesk.trading.order import Side
from tests.builders.journal_trades import AT, BTC, HOUR, OWNER
from tests.fakes.imports import FakeExternalRecords
from tests.unit.journal.trades.rig import NOW, Rig
from tests.unit.journal.trades.test_rebuilding import ACCOUNT, rebuild_over, told

FIRST, SECOND = "import:imp_1", "import:imp_2"


class Journal:
    """A trade of two fills, and what is written of it."""

    def __init__(self) -> None:
        self.rig, self.records = Rig(), FakeExternalRecords()
        self.bought = told("a", Side.BUY, 100, AT, note="first", setup="breakout")
        self.sold = told("b", Side.SELL, 110, AT + HOUR, note="second", tags=("late",))

    def bring(self, source: str, *names: str) -> None:
        rows = [getattr(self, name) for name in names]
        self.records.put(OWNER, rows, source)
        self.build()

    def build(self) -> None:
        rebuild_over(self.rig, self.records)(OWNER, ACCOUNT, BTC, now=NOW)

    @property
    def labels(self) -> Labels:
        (played,) = self.rig.trades.of_book(OWNER, ACCOUNT, BTC)
        assert played.trade.quantity.qty_entered > ZERO
        return played.labels

    def write(self, **changes: object) -> None:
        self.rig.trades.save_labels(
            changed(self.labels, LabelChanges(**changes), NOW)  # type: ignore[arg-type]
        )


@pytest.fixture
def journal() -> Journal:
    return Journal()


@pytest.mark.parametrize("order", [("bought", "sold"), ("sold", "bought")])
def test_a_later_file_adds_what_it_says_of_a_trade_once(
    journal: Journal, order: tuple[str, str]
) -> None:
    """A sale that comes first makes no trade: the buy brings both, each in its import's turn."""
    for source, name in zip((FIRST, SECOND), order, strict=True):
        journal.bring(source, name)
    journal.build()
    said = [{"bought": "first", "sold": "second\n#late"}[one] for one in order]
    assert journal.labels.note == "\n\n".join(said)
    assert journal.labels.setup_id == "breakout"


def test_a_later_file_adds_nothing_to_what_its_owner_has_edited(journal: Journal) -> None:
    journal.bring(FIRST, "bought")
    journal.write(note="my own")
    journal.bring(SECOND, "sold")
    assert journal.labels.note == "my own"


def test_what_a_later_file_says_is_written_where_that_was_cut_off_before(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal.bring(FIRST, "bought")
    with monkeypatch.context() as cut:
        cut.setattr(journal.rig.trades, "save_labels", lambda labels: labels)
        journal.bring(SECOND, "sold")
    assert journal.labels.note == "first"
    journal.build()
    assert journal.labels.note == "first\n\nsecond\n#late"


def test_labels_that_say_all_already_are_not_written_again(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal.bring(FIRST, "bought", "sold")
    monkeypatch.setattr(journal.rig.trades, "save_labels", None)
    journal.build()
    assert journal.labels.note == "first\nsecond\n#late"
