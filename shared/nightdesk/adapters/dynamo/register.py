"""The register of item kinds: what each says of itself in `privacy`, found by importing all."""

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from pynamodb.attributes import DiscriminatorAttribute

import nightdesk.adapters.dynamo as here
from nightdesk.accounts.privacy import Handling
from nightdesk.adapters.dynamo.tables import Item
from nightdesk.core.errors import Misconfigured

OF_NOBODY = frozenset({"market"})
"""Modules whose items are no owner's and that load what a walk over an owner does not need."""


@cache
def kinds(*, whole: bool = False) -> Mapping[str, type[Item]]:
    """Return the item classes by kind; `whole`: also those that are nobody's."""
    for module in pkgutil.iter_modules(here.__path__):
        if whole or module.name not in OF_NOBODY:
            importlib.import_module(f"{here.__name__}.{module.name}")
    return {str(kind): item for item in _below(Item) if (kind := _discriminator(item)) is not None}


def kind_of(row: Mapping[str, Any]) -> tuple[str, type[Item]]:
    """Return kind and class of an item as DynamoDB has it. Raises Misconfigured for another."""
    name = row.get("kind", {}).get("S", "")
    item = kinds().get(name)
    if item is None or not isinstance(vars(item).get("privacy"), Handling):
        raise Misconfigured(f"items of kind {name!r} are not in the register of privacy")
    return name, item


def _discriminator(item: type[Item]) -> object:
    attribute = item.get_attributes()["kind"]
    assert isinstance(attribute, DiscriminatorAttribute)  # noqa: S101 - as the base items have it
    return attribute.get_discriminator(item)


def _below(item: type[Item]) -> Iterator[type[Item]]:
    for one in item.__subclasses__():
        if "kind" in one.get_attributes() and one.__module__.startswith(here.__name__):
            yield one
        yield from _below(one)
