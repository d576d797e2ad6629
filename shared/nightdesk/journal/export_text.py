"""Entries of the journal as Markdown: one block for each, by time."""

import re
from collections.abc import Iterable, Iterator

from nightdesk.core.cells import visible
from nightdesk.journal.entry import JournalEntry
from nightdesk.journal.export_options import ExportOptions
from nightdesk.journal.tag import TagBook

MARKS = re.compile(r"([\\`*_\[\]<>#|&~])")
"""What Markdown would read as more than a character."""


def journal_text(
    entries: Iterable[JournalEntry], tags: TagBook, options: ExportOptions
) -> Iterator[bytes]:
    """Yield the text block by block, in the order of the entries: UTF-8, lines ended by LF.

    What the trader wrote is quoted line by line, so that nothing in it can pass for a block.
    """
    begin, end = (options.local(one) for one in (options.since, options.until))
    yield f"# Journal\n\n{begin} to {end}, {options.zone}\n".encode()
    for entry in entries:
        yield block(entry, tags, options).encode()


def block(entry: JournalEntry, tags: TagBook, options: ExportOptions) -> str:
    """Return an entry as a heading, what it is about, and its body."""
    parts = [f"## {options.local(entry.occurred_at)} · {plain(entry.title)}", about(entry, tags)]
    if entry.body:
        parts.append("\n".join(f"> {one}".rstrip() for one in entry.body.split("\n")))
    return "\n" + "\n\n".join(parts) + "\n"


def about(entry: JournalEntry, tags: TagBook) -> str:
    """Return one line: kind, trade or day, ratings, emotions and tags."""
    subject = [entry.kind.value, entry.instrument, entry.trade_id]
    subject.append(entry.day.isoformat() if entry.day else None)
    ratings = {"mood": entry.mood, "confidence": entry.confidence, "discipline": entry.discipline}
    named = [tags.every[one].name for one in tags.shown(entry.tags)]
    words = [
        plain(" ".join(one for one in subject if one)),
        *(f"{name} {value}" for name, value in ratings.items() if value is not None),
        *([f"felt {', '.join(entry.emotions)}"] if entry.emotions else []),
        *([f"tags {', '.join(plain(one) for one in named)}"] if named else []),
    ]
    return " · ".join(words)


def plain(text: str) -> str:
    """Return a text on one line that Markdown shows as it is."""
    return MARKS.sub(r"\\\1", visible(text))
