"""Entries as Markdown: one block each, and no text that passes for one."""

from datetime import timedelta

import pytest

from nightdesk.journal.export_text import journal_text
from nightdesk.journal.tag import TagBook
from nightdesk.journal.trade import Emotion
from tests.builders.writing import NOON, OWNER, a_tag, an_entry
from tests.unit.journal.exports.test_csv import options

TAGS = TagBook(OWNER, (a_tag(),))


def test_entries_are_blocks_by_time() -> None:
    later = an_entry(
        id="2",
        title="*After* lunch",
        body="One.\n\n## Not a block",
        occurred_at=NOON + timedelta(hours=1),
        mood=7,
        emotions=(Emotion.CALM,),
        tags=("tag_1",),
    )
    text = b"".join(journal_text([an_entry(), later], TAGS, options())).decode()
    assert text == (
        "# Journal\n"
        "\n"
        "2025-01-01T01:00:00+01:00 to 2026-01-01T01:00:00+01:00, Europe/Vienna\n"
        "\n"
        "## 2025-03-05T13:00:00+01:00 · A quiet morning\n"
        "\n"
        "free\n"
        "\n"
        "> Waited for the range to break.\n"
        "\n"
        "## 2025-03-05T14:00:00+01:00 · \\*After\\* lunch\n"
        "\n"
        "free · mood 7 · felt calm · tags Chased\n"
        "\n"
        "> One.\n"
        ">\n"
        "> ## Not a block\n"
    )


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("AT&T &copy; 2025", r"AT\&T \&copy; 2025"),
        ("~~held~~", r"\~\~held\~\~"),
        ("[a](b) <i> #1|2", r"\[a\](b) \<i\> \#1\|2"),
    ],
)
def test_a_title_is_shown_as_it_was_written(title: str, text: str) -> None:
    """A backslash before a sign takes its meaning away: CommonMark 0.31, part 2.4."""
    said = b"".join(journal_text([an_entry(title=title)], TAGS, options())).decode()
    assert f"+01:00 · {text}\n" in said
