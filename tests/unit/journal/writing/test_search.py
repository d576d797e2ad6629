from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nightdesk.core.errors import Invalid
from nightdesk.core.pages import BadCursor
from nightdesk.journal import search
from nightdesk.journal.entry import EntryKind, JournalEntry
from nightdesk.journal.entry_writing import ReadEntry
from nightdesk.journal.search import (
    MOST_POSTINGS,
    Find,
    Wanted,
    bucket,
    in_order,
    of_entry,
    of_trade,
    words_of,
)
from nightdesk.journal.tag import Tag, TagBook
from nightdesk.journal.tagging import ListTags
from nightdesk.journal.trade import MAX_TAGS, Labels
from tests.builders.writing import NOON, OTHER, OWNER, a_closed_trade, a_tag, an_entry
from tests.fakes.journal import FakeEntries, FakePostings, FakeTags

WORDS = ["range", "rang", "break", "broke", "b", "stop", "stopped", "Übung", "42", "日本"]


def stored(*entries: JournalEntry) -> FakeEntries:
    kept = FakeEntries()
    for entry in entries:
        kept.save(entry, None, NOON)
    return kept


def found(
    kept: FakeEntries, wanted: Wanted, tags: tuple[Tag, ...] = (), limit: int = 200
) -> list[str]:
    find, book = Find(kept.postings), TagBook(OWNER, tags)
    refs: list[str] = []
    after: str | None = None
    while True:
        page = find(OWNER, wanted, book, limit=limit, after=after)
        refs += page.items
        after = page.next_key
        if after is None:
            return [ref[2:] for ref in refs]


def test_words_have_no_case_accents_or_signs() -> None:
    text = "**Break-out** at the RÄNGE's high: 1.5R; _café_ \uff21\uff22 Straße"
    assert words_of(text) == {
        *("break", "out", "at", "the", "range", "s", "high"),
        *("1", "5r", "cafe", "ab", "strasse"),
    }
    assert words_of("") == frozenset()
    assert max(map(len, words_of("x" * 500))) == 40


def test_the_words_of_a_query_keep_their_order_and_the_last_its_place() -> None:
    assert in_order("Stop the stop") == ["the", "stop"]
    assert in_order("break-out") == ["break", "out"]
    assert in_order("ETH/BTC-USD Ärger/Übung/Range") == [
        *("eth", "btc", "usd"),
        *("arger", "ubung", "range"),
    ]
    assert in_order("!?") == []


def test_of_capitals_between_signs_the_last_is_the_beginning_of_a_word() -> None:
    kept = stored(an_entry(title="Long BTC/USDT"))
    assert found(kept, Wanted(text="BTC/USD")) == ["01ENTRY"]
    assert found(kept, Wanted(text="USDT/BT")) == ["01ENTRY"]
    assert found(kept, Wanted(text="BT/USDT")) == []


def test_all_of_twenty_words_must_match_and_more_are_refused() -> None:
    words = [chr(ord("a") + n) for n in range(20)]
    kept = stored(an_entry(body=" ".join(words)))
    assert found(kept, Wanted(text=" ".join(words))) == ["01ENTRY"]
    assert found(kept, Wanted(text=" ".join(["z", *words[1:]]))) == []
    with pytest.raises(Invalid) as refused:
        found(kept, Wanted(text=" ".join([*words, "z"])))
    assert (refused.value.code, refused.value.field) == ("OUT_OF_RANGE", "q")


def test_letters_outside_a_to_z_share_five_buckets() -> None:
    assert bucket("apple") == "a"
    assert bucket("7up") == "0"
    assert {bucket(chr(one)) for one in range(0x400, 0x500)} == {f"~{n}" for n in range(5)}


@settings(max_examples=50)
@given(
    title=st.text(min_size=1, max_size=200),
    body=st.text(max_size=5_000),
    tags=st.lists(st.uuids().map(str), max_size=MAX_TAGS, unique=True),
)
def test_no_document_has_more_postings_than_fit_into_a_transaction(
    title: str, body: str, tags: list[str]
) -> None:
    words = words_of(f"{title} {body}")
    document = search.Document(
        ref="e:1", at=NOON, kind=EntryKind.TRADE, trade_id=a_closed_trade().id,
        tags=tuple(tags), words=words,
    )  # fmt: skip
    assert len(document.postings) <= MOST_POSTINGS
    assert 2 * MOST_POSTINGS + 2 <= 100
    terms = {term for one in document.postings.values() for term in one.terms}
    assert terms == words | set(tags)


@settings(max_examples=60, deadline=None)
@given(
    bodies=st.lists(st.lists(st.sampled_from(WORDS), max_size=6), max_size=8),
    query=st.lists(st.sampled_from(WORDS), min_size=1, max_size=3),
    limit=st.integers(1, 3),
)
def test_what_is_found_is_what_looking_through_every_entry_would_find(
    bodies: list[list[str]], query: list[str], limit: int
) -> None:
    entries = [
        an_entry(id=f"e{n}", title="T", body=" ".join(words), occurred_at=NOON - timedelta(hours=n))
        for n, words in enumerate(bodies)
    ]
    *full, last = in_order(" ".join(query))
    expected = [
        entry.id
        for entry in entries
        if set(full) <= words_of(f"t {entry.body}")
        and any(word.startswith(last) for word in words_of(f"t {entry.body}"))
    ]
    assert found(stored(*entries), Wanted(text=" ".join(query)), limit=limit) == expected


def test_the_name_of_a_tag_and_of_what_was_merged_into_it_are_found() -> None:
    tags = (a_tag(id="t1", name="Chased late"), a_tag(id="t2", name="Hunted", merged_into="t1"))
    kept = stored(
        an_entry(id="a", tags=("t1",)),
        an_entry(id="b", tags=("t2",), occurred_at=NOON - timedelta(hours=1)),
        an_entry(id="c", body="chased it", occurred_at=NOON - timedelta(hours=2)),
        an_entry(id="d", body="chased", tags=("t1",), occurred_at=NOON - timedelta(hours=3)),
    )
    assert found(kept, Wanted(text="chas"), tags, limit=1) == ["a", "b", "c", "d"]
    assert found(kept, Wanted(text="quiet hunted"), tags) == ["a", "b", "d"]
    assert found(kept, Wanted(text="chased it"), tags) == ["c"]
    assert found(kept, Wanted(tag="t2"), tags) == ["a", "b", "d"]
    assert found(kept, Wanted(tag="t1", text="chased"), tags) == ["a", "b", "d"]


def test_notes_on_trades_are_found_and_stand_in_no_list() -> None:
    kept, trade = FakeEntries(), a_closed_trade()
    assert of_trade(trade, Labels(owner=OWNER, trade_id=trade.id)) is None
    document = of_trade(trade, Labels(owner=OWNER, trade_id=trade.id, note="Held through news"))
    assert document is not None
    kept.postings.put(OWNER, {}, document.postings)
    assert found(kept, Wanted(text="news btc")) == ["jt_1"]
    assert found(kept, Wanted()) == []


def test_a_trades_setup_is_a_use_of_it_and_finds_it_by_all_its_names() -> None:
    kept, trade = FakeEntries(), a_closed_trade()
    tags = (a_tag(id="t1", name="Squeeze"), a_tag(id="t2", name="Coil", merged_into="t1"))
    document = of_trade(
        trade, Labels(owner=OWNER, trade_id=trade.id, setup_id="t2", tags=("t2", "scalp"))
    )
    assert document is not None
    assert document.tags == ("t2", "scalp")
    kept.postings.put(OWNER, {}, document.postings)
    assert found(kept, Wanted(text="squeeze"), tags) == ["jt_1"]
    shown = ListTags(FakeTags({(OWNER, one.id): one for one in tags}), kept.postings)
    assert {one.tag.id: one.uses for one in shown(OWNER) if one.uses} == {"t1": 1, "scalp": 1}


def test_another_owner_finds_nothing() -> None:
    kept = stored(an_entry())
    page = Find(kept.postings)(OTHER, Wanted(text="quiet"), TagBook(OTHER, ()), limit=9, after=None)
    assert page.items == []


def test_a_key_of_another_question_is_refused() -> None:
    kept = stored(*(an_entry(id=f"e{n}") for n in range(3)))
    find, book = Find(kept.postings), TagBook(OWNER, ())
    key = find(OWNER, Wanted(text="quiet"), book, limit=1, after=None).next_key
    assert key is not None
    with pytest.raises(BadCursor):
        find(OWNER, Wanted(text="quie"), book, limit=1, after=key)


def test_a_request_looks_at_so_many_postings_and_goes_on_where_it_stopped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(search, "SWEPT", 100)
    entries = [
        an_entry(
            id=f"e{n:03d}",
            body="needle" if n == 249 else "nothing",
            occurred_at=NOON - timedelta(minutes=n),
        )
        for n in range(250)
    ]
    kept = stored(*entries)
    first = Find(kept.postings)(
        OWNER, Wanted(text="needle"), TagBook(OWNER, ()), limit=9, after=None
    )
    assert first.items == []
    assert first.next_key is not None
    assert found(kept, Wanted(text="needle")) == ["e249"]


def test_what_a_tag_finds_is_not_lost_where_a_request_stops(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The hundredth posting is of its other words, the next one of the tag that is asked for."""
    monkeypatch.setattr(search, "SWEPT", 100)
    tags = (a_tag(id="t1", name="Needle"),)
    entries = [
        an_entry(
            id=f"e{n:03d}",
            body="nothing",
            tags=("t1",) if n == 99 else (),
            occurred_at=NOON - timedelta(minutes=n),
        )
        for n in range(250)
    ]
    assert found(stored(*entries), Wanted(text="needle"), tags) == ["e099"]


def test_an_index_never_scans_more_than_its_bucket() -> None:
    asked: list[str] = []

    class Counting(FakePostings):
        def newest(self, owner, bucket, *, low, below, limit):  # type: ignore[no-untyped-def]
            asked.append(bucket)
            return super().newest(owner, bucket, low=low, below=below, limit=limit)

    kept = FakeEntries(Counting())
    kept.save(an_entry(body="zebra stop"), None, NOON)
    assert found(kept, Wanted(text="zebra st")) == ["01ENTRY"]
    assert set(asked) == {"z"}
    assert of_entry(an_entry()).postings["q"].terms == ("quiet",)


def test_a_former_text_is_gone_after_thirty_days_though_its_store_may_be_late() -> None:
    entries = FakeEntries()
    first = entries.save(an_entry(title="First"), None, NOON)
    entries.save(replace(first, title="Second"), first, NOON)
    read, over = ReadEntry(entries, FakeTags()), NOON + timedelta(days=30)
    (kept,) = read.former(OWNER, first.id, now=over - timedelta(seconds=1))
    assert kept.title == "First"
    assert read.former(OWNER, first.id, now=over) == []
