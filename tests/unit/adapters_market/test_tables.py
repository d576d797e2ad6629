from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    NoRegionError,
    ReadTimeoutError,
)
from hypothesis import given
from hypothesis import strategies as st
from pynamodb.attributes import UnicodeAttribute
from pynamodb.exceptions import CancellationReason, PutError, TransactWriteError, VerboseClientError
from pynamodb.transactions import TransactWrite

from nightdesk.adapters.dynamo import keys, tables
from nightdesk.adapters.dynamo.attributes import (
    DecimalAttribute,
    IntegerAttribute,
    JsonAttribute,
    MomentAttribute,
)
from nightdesk.adapters.dynamo.connection import connection, measured, translated
from nightdesk.core.errors import Fault, Misconfigured, Missing, StaleWrite, StoreUnavailable
from nightdesk.core.ids import SYSTEM, BotId, UserId


class SampleItem(tables.DeskItem, discriminator="SAMPLE_OF_TESTS"):
    amount = DecimalAttribute(null=True)
    number = IntegerAttribute(null=True)
    at = MomentAttribute(null=True)
    data = JsonAttribute(null=True)


class OtherItem(tables.DeskItem, discriminator="OTHER_OF_TESTS"):
    name = UnicodeAttribute(null=True)


FINITE = st.decimals(allow_nan=False, allow_infinity=False, places=12, min_value=-(10**18)).filter(
    lambda value: abs(value) < 10**18
)


@given(value=FINITE)
def test_decimal_comes_back_equal(value: Decimal) -> None:
    attribute = DecimalAttribute()
    text = attribute.serialize(value)
    assert "E" not in text.upper()
    assert attribute.deserialize(text) == value


@pytest.mark.parametrize("value", [0.1, 2, "1", None, Decimal("NaN"), Decimal("Infinity")])
def test_decimal_refuses_what_is_no_finite_decimal(value: object) -> None:
    with pytest.raises(TypeError):
        DecimalAttribute().serialize(value)


def test_decimal_refuses_more_digits_than_dynamodb_keeps() -> None:
    with pytest.raises(ValueError, match="38 digits"):
        DecimalAttribute().serialize(Decimal("1." + "1" * 38))
    assert DecimalAttribute().serialize(Decimal("0." + "0" * 20 + "1" * 38)).endswith("1")


@pytest.mark.parametrize("value", [True, 2.0, "1"])
def test_integer_refuses_what_is_no_int(value: object) -> None:
    with pytest.raises(TypeError):
        IntegerAttribute().serialize(value)


def test_moment_is_iso_with_z_and_refuses_naive_ones() -> None:
    attribute = MomentAttribute()
    there = datetime(2024, 3, 1, 2, 0, tzinfo=timezone(timedelta(hours=2)))
    assert attribute.serialize(there) == "2024-03-01T00:00:00Z"
    assert attribute.deserialize("2024-03-01T00:00:00Z") == there
    with pytest.raises(ValueError, match="zone"):
        attribute.serialize(datetime(2024, 3, 1))  # noqa: DTZ001
    with pytest.raises(TypeError):
        attribute.serialize("2024-03-01T00:00:00Z")


def test_json_is_canonical_and_refuses_nan_and_decimals() -> None:
    attribute = JsonAttribute()
    assert attribute.serialize({"b": 1, "a": ["x"]}) == '{"a":["x"],"b":1}'
    with pytest.raises(ValueError, match="JSON"):
        attribute.serialize(float("nan"))
    with pytest.raises(TypeError):
        attribute.serialize(Decimal(1))


def test_owner_keys_name_the_owner_first() -> None:
    assert keys.owner(UserId("u1")) == "U#u1"
    assert keys.bot(UserId("u1"), BotId("b1")) == "U#u1#BOT#b1"
    assert keys.owner(SYSTEM) == keys.SYSTEM == "SYSTEM"


@pytest.mark.usefixtures("desk_table")
def test_item_round_trip_keeps_every_attribute() -> None:
    at = datetime(2024, 3, 1, tzinfo=UTC)
    SampleItem("U#1", "S", amount=Decimal("60000.10"), number=3, at=at, data={"a": 1}).save()
    item = SampleItem.get("U#1", "S")
    assert (item.amount, item.number, item.at, item.data) == (Decimal("60000.1"), 3, at, {"a": 1})


@pytest.mark.usefixtures("desk_table")
def test_query_through_the_base_builds_each_kind_and_index_finds_the_sparse_ones() -> None:
    SampleItem("U#1", "A", market="BTC/USD@bitstamp#1d", market_sk="U#1#b").save()
    OtherItem("U#1", "B", name="x").save()
    assert [type(item) for item in tables.DeskItem.query("U#1")] == [SampleItem, OtherItem]
    found = list(tables.DeskItem.by_market.query("BTC/USD@bitstamp#1d"))
    assert [item.sk for item in found] == ["A"]


@pytest.mark.usefixtures("desk_table")
def test_all_items_of_all_tables_share_one_client() -> None:
    tables.bind_runtime("runtime-test")
    tables.RuntimeItem.create_table(billing_mode="PAY_PER_REQUEST")
    SampleItem("U#1", "A").save()
    OtherItem("U#1", "B").save()
    used = {
        id(item._get_connection().connection.client)
        for item in (SampleItem, OtherItem, tables.RuntimeItem)
    }
    assert used == {id(connection().client)}
    config: Any = connection().client.meta.config
    assert (config.connect_timeout, config.read_timeout) == (2, 3)


@pytest.mark.usefixtures("desk_table")
def test_unbound_table_is_misconfigured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables.AuditItem.Meta, "table_name", "")
    with pytest.raises(Misconfigured):
        tables.AuditItem.exists()


@pytest.mark.usefixtures("desk_table")
def test_measured_counts_units_by_table_and_calls_by_operation() -> None:
    with measured() as used:
        SampleItem("U#1", "A").save()
        with TransactWrite(connection=connection()) as write:
            write.save(OtherItem("U#1", "B"))
        list(SampleItem.query("U#1"))
    OtherItem("U#1", "C").save()
    assert used.calls == {"PutItem": 1, "TransactWriteItems": 1, "Query": 1}
    assert set(used.write) == set(used.read) == {"desk-test"}
    assert used.write_units >= 1  # moto does not say what a transaction used
    assert used.read_units > 0


@pytest.mark.usefixtures("desk_table")
def test_failed_condition_alone_or_in_a_transaction_is_a_stale_write() -> None:
    SampleItem("U#1", "A").save()
    with pytest.raises(StaleWrite), translated():
        SampleItem("U#1", "A").save(condition=SampleItem.pk.does_not_exist())
    with pytest.raises(StaleWrite):
        _save_both()
    assert [item.sk for item in tables.DeskItem.query("U#1")] == ["A"]


@translated()
def _save_both() -> None:
    with TransactWrite(connection=connection()) as write:
        write.save(OtherItem("U#1", "B"))
        write.save(SampleItem("U#1", "A"), condition=SampleItem.pk.does_not_exist())


@pytest.mark.usefixtures("desk_table")
def test_missing_item_and_missing_table_are_told_apart() -> None:
    with pytest.raises(Missing), translated():
        SampleItem.get("U#1", "none")
    tables.bind_audit("no-such-table")
    with pytest.raises(Misconfigured), translated():
        tables.AuditItem.get("U#1", "none")


def _answer(code: str, reasons: tuple[str, ...] = ()) -> ClientError:
    return VerboseClientError(
        {"Error": {"Code": code, "Message": "m"}},
        "PutItem",
        {},
        cancellation_reasons=[CancellationReason(code=reason) for reason in reasons],
    )


CANCELED = "TransactionCanceledException"


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (PutError("m", _answer("ThrottlingException")), StoreUnavailable),
        (PutError("m", _answer("ProvisionedThroughputExceededException")), StoreUnavailable),
        (PutError("m", _answer("InternalServerError")), StoreUnavailable),
        (PutError("m", ReadTimeoutError(endpoint_url="x")), StoreUnavailable),
        (PutError("m", ConnectTimeoutError(endpoint_url="x")), StoreUnavailable),
        (ReadTimeoutError(endpoint_url="x"), StoreUnavailable),
        (_answer("ConditionalCheckFailedException"), StaleWrite),
        (PutError("m", NoRegionError()), Misconfigured),
        (PutError("m", _answer("AccessDeniedException")), Misconfigured),
        (TransactWriteError("m", _answer(CANCELED, ("TransactionConflict",))), StoreUnavailable),
        (TransactWriteError("m", _answer(CANCELED, ("ThrottlingError",))), StoreUnavailable),
        (TransactWriteError("m", _answer(CANCELED, ("ConditionalCheckFailed",))), StaleWrite),
        (PutError("m", _answer("ValidationException")), PutError),
    ],
)
def test_each_vendor_error_becomes_the_fault_that_says_what_to_do(
    error: Exception, fault: type[Fault]
) -> None:
    with pytest.raises(fault) as caught, translated():
        raise error
    if fault is not type(error):
        assert caught.value.__cause__ is error


def test_other_errors_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> Any:
        raise KeyError("x")

    with pytest.raises(KeyError), translated():
        broken()
