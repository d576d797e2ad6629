"""The four tables. Each has a base item; its items are subclasses told apart by `kind`.

An item class says ``class OrderItem(DeskItem, discriminator="ORDER")``. `bind_desk` and its
siblings set a table's name; one connection serves them all. In tests ``DeskItem.create_table(
billing_mode="PAY_PER_REQUEST", wait=False)`` makes the table, index included.
"""

from collections.abc import Callable
from functools import cache
from typing import Any, ClassVar

from pynamodb._schema import ModelSchema
from pynamodb.attributes import DiscriminatorAttribute, TTLAttribute, UnicodeAttribute
from pynamodb.connection.base import MetaTable
from pynamodb.connection.table import TableConnection
from pynamodb.exceptions import AttributeNullError
from pynamodb.expressions.condition import Condition
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex
from pynamodb.models import Model

from nightdesk.accounts.privacy import Handling
from nightdesk.adapters.dynamo.connection import connection
from nightdesk.core.errors import Misconfigured

_bound: dict[str, TableConnection] = {}


class Item(Model):
    """What all items share: the one connection, and how they become DynamoDB's JSON.

    PynamoDB makes a botocore client for every item class, at some 60 ms and a socket pool each.
    """

    privacy: ClassVar[Handling]
    """What an export shows of this kind and what deletion does with it: each kind says so."""

    def serialize(self, null_check: bool = True) -> dict[str, dict[str, Any]]:  # noqa: FBT001, FBT002 - PynamoDB's
        """Return what PynamoDB itself would: it asks each attribute many times what it is.

        Attributes that hold others, lists and maps, are not among ours.
        """
        values, found = self.attribute_values, dict[str, dict[str, Any]]()
        for name, place, kind, write, optional in _attributes(type(self)):
            raw = values.get(name)
            if raw is not None and write is not None:
                raw = write(raw)
            if raw is not None:
                found[place] = {kind: raw}
            elif null_check and not optional:
                raise AttributeNullError(name)
        return found

    def get_save_kwargs_from_instance(
        self,
        condition: Condition | None = None,
        return_values_on_condition_failure: str | None = None,
    ) -> dict[str, Any]:
        """Return the put of this item as PynamoDB itself does, which takes it apart first."""
        if self._version_attribute_name is not None:
            request: dict[str, Any] = super().get_save_kwargs_from_instance(
                condition, return_values_on_condition_failure
            )
            return request
        names, values = dict[str, str](), dict[str, Any]()
        request = {
            "TableName": self._get_connection().table_name,
            "Item": self.serialize(),
        }
        if condition is not None:
            request["ConditionExpression"] = condition.serialize(names, values)
        if return_values_on_condition_failure is not None:
            request["ReturnValuesOnConditionCheckFailure"] = return_values_on_condition_failure
        if names:
            request["ExpressionAttributeNames"] = {mark: name for name, mark in names.items()}
        if values:
            request["ExpressionAttributeValues"] = values
        return request

    @classmethod
    def _get_connection(cls) -> TableConnection:
        name = cls.Meta.table_name
        if not name:
            raise Misconfigured(f"{cls.__name__} is not bound to a table")
        if name not in _bound:
            _bound[name] = _table_connection(name, cls._get_schema())
        return _bound[name]

    def _set_discriminator(self) -> None:
        for name in _told_apart_by(type(self)):
            self.attribute_values[name] = type(self)

    def _set_defaults(self, _user_instantiated: bool = True) -> None:  # noqa: FBT001, FBT002
        for name, default in _defaults(type(self), new=_user_instantiated):
            self.attribute_values[name] = default() if callable(default) else default

    def _set_attributes(self, **attributes: Any) -> None:
        """Take values where PynamoDB's descriptors would put them, one by one."""
        unknown = attributes.keys() - self.get_attributes().keys()
        if unknown:
            raise ValueError(f"{type(self).__name__} has no {', '.join(sorted(unknown))}")
        self.attribute_values.update(attributes)


@cache
def _defaults(kind: type[Item], *, new: bool) -> tuple[tuple[str, Any], ...]:
    """Return what attributes have a default, and that."""
    found = (
        (name, one.default if one.default_for_new is None or not new else one.default_for_new)
        for name, one in kind.get_attributes().items()
    )
    return tuple((name, default) for name, default in found if default is not None)


@cache
def _told_apart_by(kind: type[Item]) -> tuple[str, ...]:
    """Return the attribute that says which kind an item is, if this class is a kind."""
    return tuple(
        name
        for name, one in kind.get_attributes().items()
        if isinstance(one, DiscriminatorAttribute) and one.get_discriminator(kind) is not None
    )


@cache
def _attributes(
    kind: type[Item],
) -> tuple[tuple[str, str, str, Callable[[Any], Any] | None, bool], ...]:
    """Return of each: name here, name there, type, how it is written, whether it may be missing.

    Text is written as it is: there None stands for how.
    """
    return tuple(
        (
            name,
            one.attr_name,
            one.attr_type,
            None if type(one) is UnicodeAttribute else one.serialize,
            one.null,
        )
        for name, one in kind.get_attributes().items()
    )


class ByMarket(GlobalSecondaryIndex["DeskItem"]):  # type: ignore[no-untyped-call]
    """Bots by what they trade: `market` is `<instrument>#<timeframe>`. Sparse."""

    class Meta:
        """Index name and projection."""

        index_name = "by_market"
        projection = AllProjection()

    market = UnicodeAttribute(hash_key=True)
    market_sk = UnicodeAttribute(range_key=True)


class ByOwner(GlobalSecondaryIndex["DeskItem"]):  # type: ignore[no-untyped-call]
    """An owner's orders and fills over all bots by time: `feed` is one owner's kind. Sparse."""

    class Meta:
        """Index name and projection."""

        index_name = "by_owner"
        projection = AllProjection()

    feed = UnicodeAttribute(hash_key=True)
    feed_sk = UnicodeAttribute(range_key=True)


class DeskItem(Item):
    """Table `desk`: all user data, and the outbox that its stream reads."""

    class Meta:
        """Set by `bind_desk`."""

        table_name = ""

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    kind = DiscriminatorAttribute()
    expires_at = TTLAttribute(null=True)
    market = UnicodeAttribute(null=True)
    market_sk = UnicodeAttribute(null=True)
    by_market = ByMarket()
    feed = UnicodeAttribute(null=True)
    feed_sk = UnicodeAttribute(null=True)
    by_owner = ByOwner()


class MarketItem(Item):
    """Table `market`: candles, rules, analyses; no owner."""

    class Meta:
        """Set by `bind_market`."""

        table_name = ""

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    kind = DiscriminatorAttribute()
    expires_at = TTLAttribute(null=True)


class RuntimeItem(Item):
    """Table `runtime`: leases, replies, rate limits; disposable."""

    class Meta:
        """Set by `bind_runtime`."""

        table_name = ""

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    kind = DiscriminatorAttribute()
    expires_at = TTLAttribute(null=True)


class ByMonth(GlobalSecondaryIndex["AuditItem"]):  # type: ignore[no-untyped-call]
    """Audit entries by time: `owner_month` is `<owner>#<month>`."""

    class Meta:
        """Index name and projection."""

        index_name = "by_month"
        projection = AllProjection()

    owner_month = UnicodeAttribute(hash_key=True)
    moment = UnicodeAttribute(range_key=True)


class BySeverity(GlobalSecondaryIndex["AuditItem"]):  # type: ignore[no-untyped-call]
    """Warning and critical entries of all owners by time: `severity_day` says of when. Sparse."""

    class Meta:
        """Index name and projection."""

        index_name = "by_severity"
        projection = AllProjection()

    severity_day = UnicodeAttribute(hash_key=True)
    moment = UnicodeAttribute(range_key=True)


class AuditItem(Item):
    """Table `audit`: put and read, never updated or deleted; TTL takes entries after 7 years."""

    class Meta:
        """Set by `bind_audit`."""

        table_name = ""

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    kind = DiscriminatorAttribute()
    expires_at = TTLAttribute(null=True)
    owner_month = UnicodeAttribute(null=True)
    severity_day = UnicodeAttribute(null=True)
    moment = UnicodeAttribute(null=True)
    by_month = ByMonth()
    by_severity = BySeverity()


def bind_desk(name: str) -> None:
    """Name the desk table."""
    DeskItem.Meta.table_name = name


def bind_market(name: str) -> None:
    """Name the market table."""
    MarketItem.Meta.table_name = name


def bind_runtime(name: str) -> None:
    """Name the runtime table."""
    RuntimeItem.Meta.table_name = name


def bind_audit(name: str) -> None:
    """Name the audit table."""
    AuditItem.Meta.table_name = name


def disconnect() -> None:
    """Drop the connection; the next call makes one anew, from the environment as it is then."""
    connection.cache_clear()
    _bound.clear()


def _table_connection(name: str, schema: ModelSchema) -> TableConnection:
    keys = {
        "TableName": name,
        "KeySchema": schema["key_schema"],
        "AttributeDefinitions": schema["attribute_definitions"],
        "GlobalSecondaryIndexes": [
            {"IndexName": index["index_name"], "KeySchema": index["key_schema"]}
            for index in schema["global_secondary_indexes"]
        ],
    }
    table = TableConnection(name)
    table.connection = connection()
    table.connection.add_meta_table(MetaTable(keys))
    return table
