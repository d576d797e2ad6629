from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nightdesk.core.clock import ceil_millis, from_iso, from_millis, iso, millis, utc
from nightdesk.core.events import event
from nightdesk.core.ids import UserId, digest, instrument_id, ulid
from nightdesk.names import EventType, Topic

SPAN = timedelta(days=80_000)
MOMENTS = st.timedeltas(min_value=timedelta(0), max_value=SPAN).map(
    lambda since: datetime(1970, 1, 1, tzinfo=UTC) + since
)
AT = datetime(2019, 2, 3, tzinfo=UTC)


@given(MOMENTS)
def test_millis_and_back_keep_the_millisecond(moment: datetime) -> None:
    back = from_millis(millis(moment))
    assert timedelta(0) <= moment - back < timedelta(milliseconds=1)


@given(MOMENTS)
def test_the_first_millisecond_from_a_moment_on_is_never_before_it(moment: datetime) -> None:
    first = from_millis(ceil_millis(moment))
    assert timedelta(0) <= first - moment < timedelta(milliseconds=1)


@given(MOMENTS)
def test_iso_reads_back(moment: datetime) -> None:
    kept = moment.replace(microsecond=moment.microsecond // 1_000 * 1_000)
    assert from_iso(iso(kept)) == kept
    assert iso(kept).endswith("Z")


def test_iso_is_utc_whatever_the_zone() -> None:
    vienna = timezone(timedelta(hours=1))
    assert iso(datetime(2019, 2, 3, 1, tzinfo=vienna)) == "2019-02-03T00:00:00Z"


def test_a_naive_moment_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        utc(datetime(2019, 2, 3))  # noqa: DTZ001 - that is the point


def test_the_same_cause_makes_the_same_ulid_and_another_another() -> None:
    assert ulid(AT, "a", "b") == ulid(AT, "a", "b")
    assert ulid(AT, "a", "b") != ulid(AT, "a", "c")
    assert ulid(AT, "x") < ulid(AT + timedelta(milliseconds=1), "x")


def test_digest_does_not_confuse_where_parts_end() -> None:
    assert digest("a", "bc") != digest("ab", "c")


@pytest.mark.parametrize("text", ["BTC/USDT@binance", "1INCH/EUR@kraken"])
def test_instrument_ids_are_base_quote_venue(text: str) -> None:
    assert instrument_id(text) == text


@pytest.mark.parametrize(
    "text",
    ["btc/usdt@binance", "BTCUSDT@binance", "BTC/USDT", "BTC/USDT@B", "BTC/USDT@binance ", "/@abc"],
)
def test_other_spellings_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="BASE/QUOTE@venue"):
        instrument_id(text)


def test_an_event_knows_its_topic_and_repeats_its_id() -> None:
    def told(cause: str) -> object:
        return event(UserId("u"), EventType.FILL_BOOKED, AT, {"a": 1}, cause=cause)

    assert told("fill-1") == told("fill-1")
    assert told("fill-1") != told("fill-2")
    made = event(UserId("u"), EventType.FILL_BOOKED, AT, {}, cause="x")
    assert (made.type, made.topic) == ("fill_booked", Topic.TRADES)
