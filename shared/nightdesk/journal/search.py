"""Search and lists: postings by first letter, newest first, joined by place.

A document (an entry, or a trade that somebody wrote of) has one posting for each letter that its
words begin with: never more than `MOST_POSTINGS`, so they fit into the transaction that stores the
document, and the index is never behind it. A posting keeps the words themselves; a word asks the
bucket of its letter, so nothing is scanned, and the last word may be the beginning of one.
"""

import re
import unicodedata
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from heapq import merge
from itertools import islice

from nightdesk.core.clock import utc
from nightdesk.core.errors import Invalid
from nightdesk.core.ids import TradeId, UserId, digest
from nightdesk.core.pages import BadCursor, Page
from nightdesk.journal.entry import EntryKind, JournalEntry
from nightdesk.journal.ports.words import Posting, Postings
from nightdesk.journal.tag import TagBook
from nightdesk.journal.trade import JournalTrade, Labels

WORD = re.compile(r"[^\W_]+")
MAX_WORD = 40
MAX_QUERY_WORDS = 20
"""As many as a sentence of 100 characters has: each is one more reading for every batch."""
OTHERS = 5
"""Buckets of the letters that are not a to z."""
EVERYTHING, TAGGED, OF_TRADE = "*", "#", "@"
MOST_POSTINGS = 26 + 1 + OTHERS + 3
SWEPT = 3_000
"""Postings that one request looks at; a page may then be short, and its cursor goes on."""
BATCH = 100


def words_of(text: str) -> frozenset[str]:
    """Return the words of a text: without case and accents, cut at 40 characters."""
    return frozenset(_words(text))


def _words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    bare = "".join(one for one in plain if not unicodedata.combining(one))
    return [word[:MAX_WORD] for word in WORD.findall(unicodedata.normalize("NFC", bare))]


def bucket(word: str) -> str:
    """Return where a word's postings stand: its letter, `0` for digits, one of five for others."""
    first = word[0]
    if "a" <= first <= "z":
        return first
    if first.isdigit():
        return "0"
    return f"~{zlib.crc32(first.encode()) % OTHERS}"


def place_of(at: datetime, ref: str) -> str:
    """Return where a document stands in time; places sort as their moments pass."""
    return f"{utc(at).isoformat(timespec='milliseconds').removesuffix('+00:00')}Z#{ref}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What is found: `ref` is `e:<entry id>` or `t:<trade id>`, `tags` as they are stored."""

    ref: str
    at: datetime
    kind: EntryKind
    mood: int | None = None
    trade_id: TradeId | None = None
    tags: tuple[str, ...] = ()
    words: frozenset[str] = frozenset()

    @property
    def postings(self) -> Mapping[str, Posting]:
        """Return its postings by bucket. Lists without a filter are of entries alone."""
        entry = self.ref.startswith("e:")
        terms: dict[str, list[str]] = {EVERYTHING: []} if entry else {}
        for word in sorted(self.words):
            terms.setdefault(bucket(word), []).append(word)
        if self.tags:
            terms[TAGGED] = sorted(self.tags)
        if self.trade_id is not None:
            terms[f"{OF_TRADE}{self.trade_id}"] = []
        place = place_of(self.at, self.ref)
        return {
            name: Posting(place=place, kind=self.kind.value, mood=self.mood, terms=tuple(found))
            for name, found in terms.items()
        }


def of_entry(entry: JournalEntry) -> Document:
    """Return an entry as it is found: by title, body, and instrument of its trade."""
    return Document(
        ref=f"e:{entry.id}",
        at=entry.occurred_at,
        kind=entry.kind,
        mood=entry.mood,
        trade_id=entry.trade_id,
        tags=entry.tags,
        words=words_of(f"{entry.title}\n{entry.body}\n{entry.instrument or ''}"),
    )


def of_trade(trade: JournalTrade, labels: Labels) -> Document | None:
    """Return a trade as it is found: by note, tags, setup and instrument; None if nobody wrote.

    A setup is a tag like the others here: its uses are counted, and its name finds the trade.
    """
    tags = tuple(dict.fromkeys((*labels.tags, *filter(None, [labels.setup_id]))))
    if not labels.note and not tags:
        return None
    return Document(
        ref=f"t:{trade.id}",
        at=trade.opened_at,
        kind=EntryKind.TRADE,
        trade_id=trade.id,
        tags=tags,
        words=words_of(f"{labels.note}\n{trade.instrument}"),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is looked for: all words, the last one as a beginning, and every filter that is set.

    `trade_ids` are those of one trade, which had others before it moved.
    """

    text: str = ""
    kind: EntryKind | None = None
    trade_ids: tuple[TradeId, ...] = ()
    tag: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    mood_min: int | None = None
    mood_max: int | None = None

    def saying(self, text: str) -> "Wanted":
        """Return the same filters with words."""
        return replace(self, text=text)

    @property
    def mark(self) -> str:
        """Return what tells a cursor of this question from one of another."""
        return digest("wanted", repr(self)).hex()[:16]


_Test = Callable[[Posting], bool]


@dataclass(frozen=True, slots=True)
class _Condition:
    """One thing that must be true: a posting in any of these buckets passes its test."""

    ways: tuple[tuple[str, _Test], ...]
    weight: int
    """The greater, the fewer postings are likely to pass."""


@dataclass(frozen=True, slots=True)
class Find:
    """Find documents newest first. Lists are searches without words."""

    postings: Postings

    def __call__(
        self, owner: UserId, wanted: Wanted, tags: TagBook, *, limit: int, after: str | None
    ) -> Page[str]:
        """Return the refs of a page.

        Raises BadCursor for a key of another question, Invalid `OUT_OF_RANGE` for too many words.
        """
        mark, _, below = (after or f"{wanted.mark}~").partition("~")
        if mark != wanted.mark:
            raise BadCursor("the cursor belongs to another question")
        conditions = _conditions(wanted, tags)
        if conditions is None:
            return Page([])
        driver, *others = sorted(conditions, key=lambda one: -one.weight)
        found: list[str] = []
        last = ""
        sweep = _swept(self._driven(owner, driver, wanted, below or None))
        swept = 0
        while batch := list(islice(sweep, BATCH)):
            swept += len(batch)
            places = [one.place for one in batch if _passes(one, wanted, driver)]
            for place in self._joined(owner, places, others):
                if found and place == found[-1]:
                    continue  # by its words and by its tags: the same document
                if len(found) == limit:
                    return Page(_refs(found), f"{mark}~{found[-1]}")
                found.append(place)
            last = batch[-1].place
        return Page(_refs(found), f"{mark}~{last}" if swept >= SWEPT else None)

    def _driven(
        self, owner: UserId, driver: _Condition, wanted: Wanted, below: str | None
    ) -> Iterator[Posting]:
        """Yield the postings of the driver's buckets, newest first; ones of one place together."""
        low = place_of(wanted.since, "") if wanted.since else ""
        high = place_of(wanted.until, "") if wanted.until else None
        top = min((one for one in (below, high) if one is not None), default=None)
        streams = [self._stream(owner, name, low, top) for name, _ in driver.ways]
        return merge(*streams, key=lambda one: one.place, reverse=True)

    def _stream(self, owner: UserId, name: str, low: str, below: str | None) -> Iterator[Posting]:
        while True:
            page = self.postings.newest(owner, name, low=low, below=below, limit=BATCH)
            for one in page:
                yield Posting(
                    place=one.place, kind=one.kind, mood=one.mood, terms=one.terms, bucket=name
                )
            if len(page) < BATCH:
                return
            below = page[-1].place

    def _joined(
        self, owner: UserId, places: Sequence[str], others: Sequence[_Condition]
    ) -> Iterator[str]:
        left = list(dict.fromkeys(places))
        for condition in others:
            passing: set[str] = set()
            for name, test in condition.ways:
                there = self.postings.at(owner, name, [one for one in left if one not in passing])
                passing |= {one.place for one in there if test(one)}
            left = [one for one in left if one in passing]
        yield from left


def _swept(postings: Iterator[Posting]) -> Iterator[Posting]:
    """Yield as many as one request looks at, and those left of the last one's place.

    The next request begins below that place, and would not see them.
    """
    last = ""
    for count, one in enumerate(postings):
        if count >= SWEPT and one.place != last:
            return
        last = one.place
        yield one


def _passes(one: Posting, wanted: Wanted, driver: _Condition) -> bool:
    if wanted.kind is not None and one.kind != wanted.kind.value:
        return False
    low, high = wanted.mood_min, wanted.mood_max
    if (low is not None or high is not None) and one.mood is None:
        return False
    if one.mood is not None and not (low or 0) <= one.mood <= (high or one.mood):
        return False
    return any(name == one.bucket and test(one) for name, test in driver.ways)


def _conditions(wanted: Wanted, tags: TagBook) -> list[_Condition] | None:
    """Return what must be true; None where nothing can be."""
    found = []
    if wanted.trade_ids:
        ways = tuple((f"{OF_TRADE}{one}", _any) for one in wanted.trade_ids)
        found.append(_Condition(ways, 1_000))
    if wanted.tag is not None:
        family = tags.family(wanted.tag)
        if not family:
            return None
        found.append(_Condition(((TAGGED, _one_of(family)),), 1))
    words = in_order(wanted.text)
    if wanted.text and not words:
        return None
    found += [_word(word, tags, whole=True) for word in words[:-1]]
    found += [_word(word, tags, whole=False) for word in words[-1:]]
    return found or [_Condition(((EVERYTHING, _any),), 0)]


def in_order(text: str) -> list[str]:
    """Return the words of a query, each once, the last one last.

    Raises Invalid `OUT_OF_RANGE` for more than twenty.
    """
    found = list(dict.fromkeys(reversed(_words(text))))[::-1]
    if len(found) > MAX_QUERY_WORDS:
        raise Invalid("OUT_OF_RANGE", f"At most {MAX_QUERY_WORDS} different words.", field="q")
    return found


def _word(word: str, tags: TagBook, *, whole: bool) -> _Condition:
    def said(term: str) -> bool:
        return term == word if whole else term.startswith(word)

    ways: list[tuple[str, _Test]] = [(bucket(word), lambda one: any(map(said, one.terms)))]
    named = frozenset(tag.id for tag in tags.every.values() if any(map(said, words_of(tag.name))))
    ids = frozenset(one for name in named for one in tags.family(name))
    if ids:
        ways.append((TAGGED, _one_of(ids)))
    return _Condition(tuple(ways), len(word) if len(ways) == 1 else 1)


def _any(_: Posting) -> bool:
    return True


def _one_of(ids: frozenset[str]) -> _Test:
    return lambda one: not ids.isdisjoint(one.terms)


def _refs(places: Sequence[str]) -> list[str]:
    return [place.partition("#")[2] for place in places]
